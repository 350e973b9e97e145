"""What a visitor gives, as documents: a text, a file, an address."""

from __future__ import annotations

import tempfile
from contextlib import closing
from dataclasses import dataclass, replace
from pathlib import Path, PurePath
from typing import TYPE_CHECKING, BinaryIO, cast

from starlette.exceptions import HTTPException

from classifier.errors import EscError, InputError
from classifier.schema import Document
from classifier.text import Reading, read_documents
from classifier.text.formats import PACKED, SUFFIXES
from classifier.text.language import detect_language

if TYPE_CHECKING:
    from collections.abc import Generator

    from classifier.web.settings import WebSettings
    from classifier.web.work import Workers

_CHUNK = 1 << 20
_MAX_NAME = 120
_SHARE = 0.9
_MOST_PROBLEMS = 100


@dataclass(frozen=True)
class Given:
    """What was read: documents, and what could not be."""

    documents: tuple[Document, ...]
    problems: tuple[str, ...] = ()


def read_text(text: str, settings: WebSettings, title: str = "", date: str = "") -> Document:
    """Take a text that was typed or sent.

    Raises
    ------
    InputError
        It is empty, too long, or no text.
    """
    text = text.replace("\r\n", "\n")
    if not text.strip():
        raise InputError("no text in it; expected an article")
    if "\0" in text:
        raise InputError("the text has NUL characters; expected an article")
    try:
        text.encode()
        title.encode()
        date.encode()
    except UnicodeEncodeError as error:
        raise InputError("the text has a lone surrogate: it was decoded wrongly") from error
    if said := _too_long(text, "the text", settings):
        raise InputError(said)
    return Document("", text, title=title, date=date, language=detect_language(text))


def read_file(name: str, data: BinaryIO, settings: WebSettings, workers: Workers) -> Given:
    """Read a file that was sent.

    Its name says at most the format; it never becomes a path.

    Raises
    ------
    InputError
        Nothing in it can be read.
    HTTPException
        Nothing was read in the time.
    """
    shown = _shown(name)
    with tempfile.TemporaryDirectory(prefix="esc-") as folder:
        path = Path(folder) / f"given{_suffix(shown)}"
        with path.open("wb") as stream:
            while chunk := data.read(_CHUNK):
                stream.write(chunk)
        return _read(str(path), shown, settings, workers)


def read_address(url: str, settings: WebSettings, workers: Workers) -> Given:
    """Fetch a page.

    Raises
    ------
    InputError
        It cannot be had, or nothing in it can be read.
    HTTPException
        Nothing was read in the time.
    """
    if not url.lower().startswith(("http://", "https://")):
        raise InputError(f"{url[:_MAX_NAME]}: expected an address that begins with https://")
    return _read(url, url, settings, workers)


def _read(path: str, shown: str, settings: WebSettings, workers: Workers) -> Given:
    problems: list[str] = []

    def problem(error: EscError) -> None:
        deadline.left()
        if len(problems) < _MOST_PROBLEMS:
            problems.append(str(error).replace(path, shown))

    found: list[Document] = []
    # Some of the time is left for keeping what was read.
    deadline = workers.deadline(_SHARE)
    full = False
    with workers.parsers() as parsers:
        reading = Reading(
            any_language=True, allow_private=settings.allow_private, left=deadline.left
        )
        read = read_documents([path], problem, reading, parsers)
        # Closed also when we stop early.
        with closing(cast("Generator[Document]", read)) as documents:
            try:
                for document in deadline(documents):
                    full = len(found) == settings.max_documents
                    if full:
                        break
                    source = document.id.replace(path, shown)
                    if said := _too_long(document.text, source, settings):
                        problem(InputError(said))
                    else:
                        found.append(replace(document, id="", source=source))
            except HTTPException:  # no time is left
                if not found:
                    raise
                full = True
    if full:
        problems.append(
            f"{shown}: only its first {len(found)} articles were read; esc score reads all"
        )
    if not found:
        raise InputError(problems[0] if problems else f"{shown}: no article in it")
    return Given(tuple(found), tuple(problems))


def _too_long(text: str, what: str, settings: WebSettings) -> str:
    """Return what is said of a text that is too long; empty if it is not."""
    if len(text) <= settings.max_characters:
        return ""
    return (
        f"{what}: {len(text):,} characters, at most {settings.max_characters:,} here; "
        "esc score takes more"
    )


def _shown(name: str) -> str:
    last = name.replace("\\", "/").rsplit("/", 1)[-1]
    plain = "".join(c for c in last if c.isprintable())
    return plain[-_MAX_NAME:] or "file"


def _suffix(name: str) -> str:
    """Return the ending of a file name as far as it is one that we know."""
    path = PurePath(name.lower())
    packed = path.suffix if path.suffix in PACKED else ""
    inner = PurePath(path.stem).suffix if packed else path.suffix
    return (inner if inner in SUFFIXES else "") + packed
