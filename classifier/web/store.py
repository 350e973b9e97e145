"""Articles on disk, each under the checksum of what it says."""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import orjson

from classifier import disk
from classifier.errors import InputError
from classifier.schema import Document

_ID = re.compile(r"[0-9a-f]{32}")
_FIELDS = ("text", "title", "date", "author", "outlet", "url", "language", "source")
_MAX_BYTES = 64 << 20
_LONGEST_NAME = 100


@dataclass(frozen=True)
class Kept:
    """An article in the list: ``saved`` is a day, ``characters`` the length of its text."""

    id: str
    name: str
    source: str
    saved: str
    characters: int


class Articles:
    """The articles that visitors gave, in a folder of JSON files.

    The name of a file is made here of a checksum and never of what a visitor sent, so no address
    leads out of the folder. The same article gets the same address again.

    Parameters
    ----------
    folder : Path
    """

    def __init__(self, folder: Path) -> None:
        self._folder = folder

    def put(self, document: Document) -> str:
        """Keep an article; return its id.

        Raises
        ------
        UsageError
            The folder cannot be written.
        """
        row = {name: getattr(document, name) for name in _FIELDS}
        identity = orjson.dumps([row[name] for name in _FIELDS])
        found = disk.sha256(identity)[:32]
        row["saved"] = datetime.now(UTC).isoformat(timespec="seconds")
        disk.write_atomic(self._path(found), orjson.dumps(row))
        return found

    def get(self, article: str) -> Document | None:
        """Return an article whose id is that of the file; None if there is none."""
        row = self._row(article)
        return None if row is None else _document(article, row)

    def recent(self, most: int) -> list[Kept]:
        """Return the articles that were kept last, the newest first."""
        paths = sorted(self._folder.glob("??/*.json"), key=_age)[:most]
        return self._kept(path.stem for path in paths)

    def _kept(self, articles: Iterable[str]) -> list[Kept]:
        found = []
        for article in articles:
            row = self._row(article)
            if row is not None:
                document, day = _document(article, row), str(row.get("saved", ""))[:10]
                name, size = name_of(document), len(document.text)
                found.append(Kept(article, name, document.source, day, size))
        return found

    def delete(self, article: str) -> None:
        """Forget an article."""
        if _ID.fullmatch(article):
            self._path(article).unlink(missing_ok=True)

    def put_collection(self, name: str, articles: list[str], problems: list[str]) -> str:
        """Keep which articles came in one file, and what could not be read; return its id."""
        value = {"name": name, "articles": articles, "problems": problems}
        data = orjson.dumps(value)
        found = disk.sha256(data)[:32]
        disk.write_atomic(self._folder / "collections" / f"{found}.json", data)
        return found

    def get_collection(self, collection: str) -> tuple[str, list[Kept], list[str]] | None:
        """Return the name, the articles that are still there, and the problems of a file."""
        if not _ID.fullmatch(collection):
            return None
        value = _read(self._folder / "collections" / f"{collection}.json")
        if value is None:
            return None
        return value["name"], self._kept(value["articles"]), value["problems"]

    def _row(self, article: str) -> dict[str, Any] | None:
        return _read(self._path(article)) if _ID.fullmatch(article) else None

    def _path(self, article: str) -> Path:
        return self._folder / article[:2] / f"{article}.json"


def name_of(document: Document) -> str:
    """Return what people call an article: its title, its file or how it begins."""
    if document.title:
        return document.title
    if document.source:
        return re.split(r"[/\\]", document.source)[-1] or document.source
    first = next((line for line in document.text.splitlines() if line.strip()), "")
    begin = " ".join(first[:_LONGEST_NAME].split())
    return begin if len(first) <= _LONGEST_NAME else begin.rsplit(" ", 1)[0] + " …"


def _document(article: str, row: dict[str, Any]) -> Document:
    return Document(id=article, **{name: str(row.get(name, "")) for name in _FIELDS})


def _age(path: Path) -> float:
    try:
        return -path.stat().st_mtime
    except OSError:  # deleted meanwhile
        return 0.0


def _read(path: Path) -> dict[str, Any] | None:
    try:
        value = orjson.loads(disk.read_bytes(path, _MAX_BYTES))
    except (InputError, orjson.JSONDecodeError):
        return None
    return value if isinstance(value, dict) else None
