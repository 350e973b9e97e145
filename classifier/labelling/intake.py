"""What there is to label: articles, split into sentences here, or files of sentences."""

from __future__ import annotations

from collections import defaultdict
from pathlib import Path
from typing import TYPE_CHECKING, Any

import orjson

from classifier.corpus.records import TEXT_FIELDS, parse_record
from classifier.errors import EscError, InputError
from classifier.labelling.items import Item, item_id
from classifier.text import read_documents, segment

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence

    from classifier.schema import Document
    from classifier.text import Reading

BEFORE, AFTER = 2, 1
# Articles are of the press unless their file says something else.
ORIGIN = "real"
_MAX_NAME = 160
_HEAD = 1 << 16
# What says of a row of JSON that it is a sentence and not an article.
_PLACES = ("position", "index")
_KEPT = tuple(name for name in TEXT_FIELDS if name != "annotator")


def read_items(
    paths: Sequence[str],
    problem: Callable[[EscError], None] | None = None,
    reading: Reading | None = None,
) -> Iterator[Item]:
    """Yield the sentences of some inputs, each with its context.

    Parameters
    ----------
    paths : sequence of str
        What `classifier.text.read_documents` reads. A ``.jsonl`` file whose rows have a ``text``
        and a ``position`` (or the ``index`` that ``esc score`` writes) holds sentences already;
        labels in it are not looked at.
    problem : callable, optional
        Told of each input that cannot be used; without it the error is raised.
    reading : Reading, optional
        How articles are read.

    Raises
    ------
    InputError
        Something cannot be read, and no `problem` was given.
    """
    for path in _expanded(paths, problem):
        if _holds_sentences(path):
            try:
                yield from _sentence_file(Path(path))
            except EscError as error:
                if problem is None:
                    raise
                problem(error)
        else:
            for document in read_documents([path], problem, reading):
                yield from document_items(document)


def _expanded(paths: Sequence[str], problem: Callable[[EscError], None] | None) -> Iterator[str]:
    from classifier.text.sources import expand

    for name in paths:
        try:
            yield from expand(name)
        except EscError as error:
            if problem is None:
                raise
            problem(error)


def document_items(document: Document) -> Iterator[Item]:
    """Yield the sentences of an article."""
    name = _name(document.id)
    fields = {"origin": ORIGIN}
    for field in ("author", "outlet", "date", "language"):
        if value := getattr(document, field):
            fields[field] = value
    texts = [" ".join(s.text.split()) for s in segment(document.text)]
    yield from _with_context(
        [(item_id(name, text), position, text, fields) for position, text in enumerate(texts)],
        name,
        " ".join(document.title.split()),
    )


def _name(identifier: str) -> str:
    """Return a document's id in the form that labelled files allow."""
    name = "".join(c if c.isprintable() else " " for c in identifier).strip() or "document"
    if len(name) <= _MAX_NAME:
        return name
    return f"...{name[-_MAX_NAME:]}#{item_id(identifier, '')[:8]}"


def _with_context(
    rows: Sequence[tuple[str, int, str, dict[str, str]]], document: str, headline: str
) -> Iterator[Item]:
    texts = [text for _, _, text, _ in rows]
    # A headline that the text begins with is shown once.
    first = 1 if texts and texts[0] == headline else 0
    for place, (identifier, position, text, fields) in enumerate(rows):
        yield Item(
            id=identifier,
            document=document,
            position=position,
            text=text,
            headline=headline if headline != text else "",
            before=tuple(texts[max(place - BEFORE, first) : place]),
            after=tuple(texts[place + 1 : place + 1 + AFTER]),
            fields=fields,
        )


def _holds_sentences(path: str) -> bool:
    if not path.lower().endswith(".jsonl"):
        return False
    try:
        with Path(path).open("rb") as stream:
            head = stream.read(_HEAD).lstrip()
        first = orjson.loads(head.split(b"\n", 1)[0])
    except (OSError, orjson.JSONDecodeError):
        return False
    return isinstance(first, dict) and "text" in first and any(place in first for place in _PLACES)


def _sentence_file(path: Path) -> Iterator[Item]:
    from classifier.corpus.read import read_json_lines

    documents: dict[str, list[tuple[str, int, str, dict[str, str]]]] = defaultdict(list)
    headlines: dict[str, str] = {}
    for where, value in read_json_lines(path):
        if not isinstance(value, dict):
            raise InputError(f"{where}: expected an object")
        record = parse_record(_as_record(value), where, "")
        if not record.text:
            raise InputError(f"{where}, field text: missing, expected a sentence to label")
        identifier = record.id if "id" in value else item_id(record.document, record.text)
        fields = {name: record.fields[name] for name in _KEPT if record.fields[name]}
        documents[record.document].append((identifier, record.position, record.text, fields))
        title = value.get("title") or value.get("headline")
        if isinstance(title, str):
            headlines[record.document] = " ".join(title.split())
    for name, rows in documents.items():
        rows.sort(key=lambda row: row[1])
        yield from _with_context(rows, name, headlines.get(name, ""))


def _as_record(value: dict[str, Any]) -> dict[str, Any]:
    """Return a row of ``esc score --format jsonl`` in the names of labelled files."""
    row = {name: found for name, found in value.items() if name != "labels"}
    if "index" in row and "position" not in row:
        row["position"] = row["index"]
    if isinstance(row.get("document"), str):
        row["document"] = _name(row["document"])
    return row
