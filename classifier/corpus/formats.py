"""Labelled files of other tools, in and out without loss.

=========== =========================== ============================== =======================
format      labels                      reviewed, none                 not reviewed
=========== =========================== ============================== =======================
jsonl       ``labels``                  ``[]``                         no ``labels``, or null
csv         a 0/1 column for each       0 in every column              every column empty
prodigy     ``accept``                  ``[]``, answer accept          answer ignore
doccano     ``label``                   ``[]``                         no ``label``, or null
labelstudio choices of an annotation    an annotation without result   no annotation
fasttext    ``__label__`` prefixes      no prefix                      left out, said
=========== =========================== ============================== =======================

fastText's format has room for text and labels only; every other one keeps all fields.
"""

from __future__ import annotations

import csv
import io
from typing import TYPE_CHECKING, Any

import orjson

from classifier import disk
from classifier.corpus.order import in_reading_order
from classifier.corpus.records import TEXT_FIELDS, Record, parse_record, record_json
from classifier.corpus.tools import LINE_FORMATS, object_of
from classifier.errors import InputError, UsageError

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Sequence
    from pathlib import Path

_PREFIX = "__label__"
_OWN = ("id", "document", "position", "text", "labels")


def write_jsonl(records: Iterable[Record]) -> bytes:
    """Return records in the project's own format, sorted by document and place in it."""
    rows = list(records)
    places = [(r.document, r.position, r.id) for r in in_reading_order(rows)]
    ordered = [rows[row] for row in sorted(range(len(rows)), key=places.__getitem__)]
    return b"".join(orjson.dumps(record_json(r)) + b"\n" for r in ordered)


def _lines(path: Path) -> Iterator[tuple[str, Any]]:
    text = disk.decode(disk.read_bytes(path), path)
    for number, line in enumerate(text.split("\n"), 1):
        if line.strip():
            where = f"{path}, line {number}"
            try:
                yield where, orjson.loads(line)
            except orjson.JSONDecodeError as error:
                raise InputError(f"{where}: not JSON: {error}") from error


def _write_lines(rows: Iterable[dict[str, Any]]) -> bytes:
    return b"".join(orjson.dumps(row) + b"\n" for row in rows)


def _write_csv(records: Sequence[Record], names: Sequence[str]) -> bytes:
    rows = []
    names = [*names, *sorted({n for r in records for n in r.labels or () if n not in names})]
    if taken := {*_OWN, *TEXT_FIELDS, "extra"} & {*names}:
        raise UsageError(f"label {min(taken)!r} is called like a column of the table; use jsonl")
    for record in records:
        value = record_json(record)
        # Without a column for any label, what was reviewed is told by the last one.
        labels = value.pop("labels", None) if names else None
        row = {name: value.pop(name, "") for name in _OWN if name != "labels"}
        for name in names:
            row[name] = "" if labels is None else int(name in labels)
        row |= {name: value.pop(name, "") for name in record.fields}
        # What has no column of its own still travels.
        row["extra"] = orjson.dumps(value).decode() if value else ""
        rows.append(row)
    buffer = io.StringIO()
    writer = csv.DictWriter(buffer, list(rows[0]) if rows else list(_OWN))
    writer.writeheader()
    writer.writerows(rows)
    return buffer.getvalue().encode()


def _write_fasttext(records: Sequence[Record]) -> bytes:
    lines = []
    for record in records:
        if record.labels is not None and record.text:
            prefix = "".join(f"{_PREFIX}{name} " for name in record.labels)
            lines.append(f"{prefix}{record.text}\n")
    return "".join(lines).encode()


def _read_fasttext(path: Path) -> Iterator[tuple[str, dict[str, Any]]]:
    text = disk.decode(disk.read_bytes(path), path)
    for number, line in enumerate(text.split("\n"), 1):
        words = line.split()
        labels: list[str] = []
        while words and words[0].startswith(_PREFIX):
            labels.append(words.pop(0).removeprefix(_PREFIX))
        if words or labels:
            yield f"{path}, line {number}", {"text": " ".join(words), "labels": labels}


FORMATS = ("jsonl", "csv", "prodigy", "doccano", "labelstudio", "fasttext")


def write_format(
    records: Sequence[Record],
    form: str,
    names: Sequence[str],
    notice: Callable[[str], None] = lambda _: None,
) -> bytes:
    """Return records in one of the `FORMATS`.

    Parameters
    ----------
    records : sequence of Record
    form : str
    names : sequence of str
        All labels there are.
    notice : callable
        Told what the format has no room for.

    Raises
    ------
    UsageError
        No such format.
    """
    if form == "jsonl":
        return write_jsonl(records)
    if form == "csv":
        return _write_csv(records, names)
    if form == "fasttext":
        unreviewed = sum(record.labels is None for record in records)
        if unreviewed:
            notice(f"{unreviewed} sentences are not reviewed: left out of fastText's format")
        textless = sum(record.labels is not None and not record.text for record in records)
        if textless:
            notice(f"{textless} sentences are references without text: left out of it too")
        return _write_fasttext(records)
    if form not in LINE_FORMATS:
        raise UsageError(f"format {form!r}: expected one of {', '.join(FORMATS)}")
    rows = [LINE_FORMATS[form][0](record, names) for record in records]
    if form == "labelstudio":
        return orjson.dumps(rows, option=orjson.OPT_INDENT_2) + b"\n"
    return _write_lines(rows)


def read_format(path: Path, form: str, notice: Callable[[str], None]) -> list[Record]:
    """Read the records of a file in one of the `FORMATS`.

    Raises
    ------
    InputError
        A row is not of the format; the message names it.
    UsageError
        No such format.
    """
    if form not in FORMATS:
        raise UsageError(f"format {form!r}: expected one of {', '.join(FORMATS)}")
    if form == "csv":
        from classifier.corpus.tables import read_table

        return [parse_record(value, where, "") for where, value in read_table(path, notice)]
    if form == "fasttext":
        return [parse_record(value, where, "") for where, value in _read_fasttext(path)]
    if form == "jsonl":
        return [parse_record(value, where, "") for where, value in _lines(path)]
    read = LINE_FORMATS[form][1]
    rows = _array(path) if form == "labelstudio" else _lines(path)
    return [parse_record(read(object_of(v, where), where), where, "") for where, v in rows]


def _array(path: Path) -> Iterator[tuple[str, Any]]:
    try:
        value = orjson.loads(disk.read_bytes(path))
    except orjson.JSONDecodeError as error:
        raise InputError(f"{path}: not JSON: {error}") from error
    if not isinstance(value, list):
        raise InputError(f"{path}: expected an array of tasks")
    yield from ((f"{path}, task {number}", task) for number, task in enumerate(value, 1))


def guess_format(path: Path) -> str:
    """Say in which format a file is, by its ending and its first lines.

    Raises
    ------
    InputError
        It looks like none of them.
    """
    if path.suffix.lower() in (".csv", ".tsv"):
        return "csv"
    head = disk.decode(disk.read_bytes(path), path).lstrip()
    if head.startswith("["):
        return "labelstudio"
    if not head.startswith("{"):
        if _PREFIX in head.split("\n", 1)[0] or path.suffix.lower() in (".txt", ".ft"):
            return "fasttext"
        raise InputError(f"{path}: format not recognised; give --format {'|'.join(FORMATS)}")
    try:
        first = orjson.loads(head.split("\n", 1)[0])
    except orjson.JSONDecodeError as error:
        raise InputError(f"{path}, line 1: not JSON: {error}") from error
    if "answer" in first or "accept" in first:
        return "prodigy"
    return "doccano" if "label" in first else "jsonl"
