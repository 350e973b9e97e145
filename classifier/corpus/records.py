"""Rows of labelled files: from JSON objects and table rows to validated records."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from classifier.corpus.labels import valid_name
from classifier.errors import InputError

if TYPE_CHECKING:
    from collections.abc import Mapping

MAX_TEXT = 200_000
TEXT_FIELDS = (
    *("annotator", "author", "origin", "theatre", "outlet", "genre"),
    *("language", "date"),
)
_KNOWN = frozenset(("id", "document", "position", "text", "labels", "reference", *TEXT_FIELDS))


@dataclass(frozen=True, slots=True)
class Reference:
    """A pointer to a sentence that is not ours to copy.

    Characters `start` to `end` of the decoded file `path` (inside `repository` at `commit`, or
    inside this project where `repository` is empty), undone of the escapes of `format`, white
    space folded; `sha256` is of the result in UTF-8.
    """

    path: str
    start: int
    end: int
    sha256: str
    repository: str = ""
    commit: str = ""
    encoding: str = "utf-8"
    format: str = "text"


@dataclass(frozen=True, slots=True)
class Record:
    """A row as the file has it: `text` is empty where there is a `reference`.

    `labels` is None where the row is not reviewed yet.
    """

    id: str
    document: str
    position: int
    text: str
    labels: tuple[str, ...] | None
    reference: Reference | None
    fields: Mapping[str, str]
    extra: Mapping[str, object]
    where: str


def parse_record(value: Any, where: str, default_document: str) -> Record:
    """Check one JSON object of a labelled file.

    Raises
    ------
    InputError
        A field is missing or of a wrong type; the message names file, line, field and what was
        expected.
    """
    if not isinstance(value, dict):
        raise InputError(f"{where}: expected an object, found {_kind(value)}")
    reference = value.get("reference")
    parsed = None if reference is None else parse_reference(reference, where)
    # Raw annotations name a sentence by its id alone.
    textless = parsed is not None or ("id" in value and "annotator" in value)
    text = value.get("text", "" if textless else None)
    if not isinstance(text, str):
        raise InputError(f"{where}, field text: found {_kind(text)}, expected text")
    if "text" in value and not parsed and not text.strip():
        raise InputError(f"{where}, field text: empty, expected a sentence")
    if len(text) > MAX_TEXT:
        raise InputError(f"{where}, field text: {len(text):,} characters, at most {MAX_TEXT:,}")
    try:
        text.encode()
    except UnicodeEncodeError as error:
        raise InputError(
            f"{where}, field text: lone surrogate at character {error.start}; "
            "the text was decoded wrongly"
        ) from error
    text = " ".join(text.split())
    document = _identifier(value, "document", where, default_document)
    # An id given by nobody is made of the text, so that it survives a new order of the rows.
    digest = hashlib.sha256((text or parsed.sha256 if parsed else text).encode()).hexdigest()[:12]
    position = value.get("position", 0)
    if position == "title":  # public sets write so what stands above the first sentence
        position = 0
    if isinstance(position, bool) or not isinstance(position, int) or position < 0:
        raise InputError(
            f"{where}, field position: found {value['position']!r}, expected a whole number from 0"
        )
    fields = {}
    for name in TEXT_FIELDS:
        found = value.get(name, "en" if name == "language" else "")
        if not isinstance(found, str):
            raise InputError(f"{where}, field {name}: found {_kind(found)}, expected text")
        fields[name] = found
    return Record(
        id=_identifier(value, "id", where, digest),
        document=document or digest,
        position=position,
        text=text,
        labels=_labels(value.get("labels"), where),
        reference=parsed,
        fields=fields,
        extra={key: found for key, found in value.items() if key not in _KNOWN},
        where=where,
    )


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


def parse_slices(value: Mapping[str, Any], where: str) -> list[Record]:
    """Check a row that stands for many sentences without labels: slices of one file, one document.

    ``slices`` is an array of [start, end, sha256]; what they share is in ``reference``.

    Raises
    ------
    InputError
        As `parse_record`.
    """
    slices, shared = value["slices"], value.get("reference")
    if not isinstance(slices, list) or not isinstance(shared, dict) or "document" not in value:
        raise InputError(f"{where}: a row with slices needs an array, a reference and a document")
    document = _identifier(value, "document", where, "")
    found = []
    for position, one in enumerate(slices):
        if not isinstance(one, list) or len(one) != 3:
            raise InputError(f"{where}, field slices: expected arrays of start, end and sha256")
        start, end, checksum = one
        reference = {**shared, "start": start, "end": end, "sha256": checksum}
        row = {"document": document, "position": position, "reference": reference}
        # A sentence may stand in a document twice, so its checksum alone is no name.
        found.append(parse_record({"id": f"{document[:180]}@{start}", **row}, where, ""))
    return found


def parse_reference(value: Any, where: str) -> Reference:
    """Check the reference of a record."""
    if not isinstance(value, dict):
        raise InputError(f"{where}, field reference: found {_kind(value)}, expected an object")
    text: dict[str, str] = {}
    for name, default in (
        ("path", None),
        ("sha256", None),
        ("repository", ""),
        ("commit", ""),
        ("encoding", "utf-8"),
        ("format", "text"),
    ):
        found = value.get(name, default)
        if not isinstance(found, str):
            raise InputError(f"{where}, field reference.{name}: expected text")
        text[name] = found
    start, end = value.get("start"), value.get("end")
    if type(start) is not int or type(end) is not int or not 0 <= start < end:
        raise InputError(f"{where}, field reference: start and end must be 0 <= start < end")
    if text["format"] not in ("text", "csv", "json"):
        raise InputError(f"{where}, field reference.format: expected text, csv or json")
    return Reference(start=start, end=end, **text)


def _labels(value: Any, where: str) -> tuple[str, ...] | None:
    if value is None:
        return None
    if not isinstance(value, list):
        raise InputError(
            f"{where}, field labels: found {_kind(value)}, expected an array "
            "([] for a sentence that was looked at and has none)"
        )
    for name in value:
        if not valid_name(name):
            raise InputError(
                f"{where}, field labels: {name!r} is no name of a label, "
                "expected text without spaces or separators"
            )
    if len(set(value)) != len(value):
        raise InputError(f"{where}, field labels: a label stands twice")
    return tuple(value)


def _identifier(value: Mapping[str, Any], name: str, where: str, default: str) -> str:
    found = value.get(name, default)
    if isinstance(found, int) and not isinstance(found, bool):
        found = str(found)
    if not isinstance(found, str) or len(found) > 200 or (name in value and not found.strip()):
        raise InputError(
            f"{where}, field {name}: found {found!r:.60}, expected 1 to 200 characters"
        )
    if any(ord(character) < 32 for character in found):
        raise InputError(f"{where}, field {name}: control character in {found!r:.60}")
    return found


def _kind(value: Any) -> str:
    names = {dict: "an object", list: "an array", str: "text", bool: "true/false"}
    if value is None:
        return "nothing"
    return names.get(type(value), f"the number {value!r}")
