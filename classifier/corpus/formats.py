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
from classifier.corpus.records import TEXT_FIELDS, Record, parse_record
from classifier.errors import InputError, UsageError

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Sequence
    from pathlib import Path

_PREFIX = "__label__"
_OWN = ("id", "document", "position", "text", "labels")


def record_json(record: Record) -> dict[str, Any]:
    """Return a record as the JSON object of the project's own format."""
    value: dict[str, Any] = {
        "id": record.id,
        "document": record.document,
        "position": record.position,
    }
    if record.text:
        value["text"] = record.text
    if record.labels is not None:
        value["labels"] = list(record.labels)
    value |= {name: found for name, found in record.fields.items() if found or name == "language"}
    value |= record.extra
    if record.reference is not None:
        value["reference"] = {
            name: getattr(record.reference, name)
            for name in ("repository", "commit", "path", "encoding", "format", "start", "end")
        }
        value["reference"]["sha256"] = record.reference.sha256
    return value


def write_jsonl(records: Iterable[Record]) -> bytes:
    """Return records in the project's own format, sorted by document and position."""
    ordered = sorted(records, key=lambda r: (r.document, r.position, r.id))
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


def _object(value: Any, where: str) -> dict[str, Any]:
    if not isinstance(value, dict):
        raise InputError(f"{where}: expected an object")
    return value


# Prodigy: https://prodi.gy/docs/api-interfaces#choice


def _to_prodigy(record: Record, names: Sequence[str]) -> dict[str, Any]:
    value = record_json(record)
    labels = value.pop("labels", None)
    return {
        "text": value.pop("text", ""),
        "meta": value,
        "options": [{"id": name, "text": name} for name in names],
        "accept": labels or [],
        "answer": "ignore" if labels is None else "accept",
    }


def _from_prodigy(value: dict[str, Any], where: str) -> dict[str, Any]:
    answer = value.get("answer")
    if "accept" not in value and answer != "ignore":
        raise InputError(
            f"{where}: no field accept; expected Prodigy's choice interface (textcat.manual), not "
            "one label and a yes or no"
        )
    if answer not in ("accept", "reject", "ignore"):
        raise InputError(f"{where}, field answer: found {answer!r}, expected accept or ignore")
    row = {**_meta(value.get("meta"), where), "text": value.get("text")}
    if answer == "accept":
        row["labels"] = value["accept"]
    return row


def _meta(value: Any, where: str) -> dict[str, Any]:
    if value is None:
        return {}
    if not isinstance(value, dict):
        raise InputError(f"{where}, field meta: expected an object")
    return {name: found for name, found in value.items() if name not in ("text", "labels")}


# doccano: https://github.com/doccano/doccano (text classification, JSONL)


def _to_doccano(record: Record, names: Sequence[str]) -> dict[str, Any]:  # noqa: ARG001
    value = record_json(record)
    labels = value.pop("labels", None)
    return {"text": value.pop("text", ""), "label": labels, "meta": value}


def _from_doccano(value: dict[str, Any], where: str) -> dict[str, Any]:
    row = {**_meta(value.get("meta"), where), "text": value.get("text", value.get("data"))}
    if "id" not in row and "id" in value:
        row["id"] = value["id"]
    labels = value.get("label", value.get("labels"))
    if isinstance(labels, str):
        labels = [labels]
    if labels is not None:
        row["labels"] = labels
    return row


# Label Studio: https://labelstud.io/guide/export (JSON)


def _to_labelstudio(record: Record, names: Sequence[str]) -> dict[str, Any]:  # noqa: ARG001
    value = record_json(record)
    labels = value.pop("labels", None)
    annotations = []
    if labels is not None:
        choices = {
            "from_name": "labels",
            "to_name": "text",
            "type": "choices",
            "value": {"choices": labels},
        }
        annotations = [
            {"completed_by": value.get("annotator", ""), "result": [choices] if labels else []}
        ]
    return {"data": value | {"text": value.get("text", "")}, "annotations": annotations}


def _from_labelstudio(value: dict[str, Any], where: str) -> dict[str, Any]:
    data = _object(value.get("data"), f"{where}, field data")
    row = {name: found for name, found in data.items() if name != "labels"}
    if "id" not in row and "id" in value:
        row["id"] = value["id"]
    annotations = value.get("annotations", value.get("completions")) or []
    if not isinstance(annotations, list):
        raise InputError(f"{where}, field annotations: expected an array")
    kept = [a for a in annotations if isinstance(a, dict) and not a.get("was_cancelled")]
    if len(kept) > 1:
        raise InputError(
            f"{where}: {len(kept)} annotations, expected one; export one annotator at a time and "
            "compare them with esc corpus agree"
        )
    if kept:
        row["labels"] = []
        results = kept[0].get("result") or []
        if not isinstance(results, list):
            raise InputError(f"{where}, field result: expected an array")
        for result in results:
            if isinstance(result, dict) and result.get("type") == "choices":
                choices = _object(result.get("value"), where).get("choices")
                if not isinstance(choices, list):
                    raise InputError(f"{where}: choices are {choices!r}, expected an array")
                row["labels"] += choices
    return row


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


_LINE_FORMATS = {
    "prodigy": (_to_prodigy, _from_prodigy),
    "doccano": (_to_doccano, _from_doccano),
    "labelstudio": (_to_labelstudio, _from_labelstudio),
}
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
    if form not in _LINE_FORMATS:
        raise UsageError(f"format {form!r}: expected one of {', '.join(FORMATS)}")
    rows = [_LINE_FORMATS[form][0](record, names) for record in records]
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
    read = _LINE_FORMATS[form][1]
    rows = _array(path) if form == "labelstudio" else _lines(path)
    return [parse_record(read(_object(v, where), where), where, "") for where, v in rows]


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
