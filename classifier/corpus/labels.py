"""The label set of a project: which categories there are is data, not code."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any

import orjson

from classifier import disk
from classifier.errors import InputError
from classifier.schema import Label, LabelSet

if TYPE_CHECKING:
    from collections.abc import Iterable
    from pathlib import Path

FILE_NAME = "labels.json"
_NAME = re.compile(r"[^\s,;|\"'\[\]{}\x00-\x1f\x7f]{1,64}")
_COLOUR = re.compile(r"#[0-9a-fA-F]{6}")
# Okabe and Ito's colours, told apart by colour-blind readers.
_PALETTE = ("#0072b2", "#d55e00", "#009e73", "#cc79a7", "#e69f00", "#56b4e9", "#f0e442", "#000000")


def valid_name(name: object) -> bool:
    """Whether a label may be called so: no spaces, separators, quotes or brackets."""
    return isinstance(name, str) and _NAME.fullmatch(name) is not None


def load_label_set(path: Path) -> LabelSet:
    """Read a label set file.

    Raises
    ------
    InputError
        The file is no label set; the message names the place.
    """
    data = disk.read_bytes(path, limit=1 << 20)
    try:
        value = orjson.loads(data)
    except orjson.JSONDecodeError as error:
        raise InputError(f"{path}: not JSON: {error}") from error
    return parse_label_set(value, str(path))


def parse_label_set(value: Any, where: str) -> LabelSet:
    """Build a label set from its JSON form.

    ``{"labels": [{...}]}``, with ``"exclusive": true`` where each sentence carries exactly one of
    them, or ``"at_least_one": true``.
    """
    if not isinstance(value, dict) or not isinstance(value.get("labels"), list):
        raise InputError(f'{where}: expected an object with a list "labels"')
    exclusive, at_least_one = (_flag(value, key, where) for key in ("exclusive", "at_least_one"))
    if exclusive and at_least_one:
        raise InputError(
            f'{where}: "exclusive" and "at_least_one" are both true; exclusive sets give each '
            "sentence one label anyway: leave at_least_one out"
        )
    labels: list[Label] = []
    for number, entry in enumerate(value["labels"], 1):
        labels.append(_parse_label(entry, number, f"{where}, label {number}"))
    names = [label.name for label in labels]
    least = 1 + (exclusive or at_least_one)
    if len(labels) < least:
        raise InputError(f"{where}: {len(labels)} labels, expected at least {least}")
    for kind, values in (("name", names), ("key", [label.key for label in labels if label.key])):
        twice = sorted({v for v in values if values.count(v) > 1})
        if twice:
            raise InputError(f"{where}: {kind} used twice: {', '.join(twice)}")
    return LabelSet(tuple(labels), exclusive, at_least_one)


def _flag(value: dict[str, Any], key: str, where: str) -> bool:
    found = value.get(key, False)
    if not isinstance(found, bool):
        raise InputError(f'{where}: "{key}" is {found!r}, expected true or false')
    return found


def _parse_label(entry: Any, number: int, where: str) -> Label:
    if isinstance(entry, str):
        entry = {"name": entry}
    if not isinstance(entry, dict):
        raise InputError(f"{where}: expected an object with a name")
    for key, value in entry.items():
        if key not in ("name", "title", "definition", "colour", "key"):
            raise InputError(f"{where}: unknown field {key!r}")
        if not isinstance(value, str):
            raise InputError(f"{where}: {key} is {value!r}, expected text")
    name = entry.get("name")
    if not isinstance(name, str) or not valid_name(name):
        raise InputError(f"{where}: name is {name!r}, expected text without spaces or separators")
    colour = entry.get("colour", _PALETTE[(number - 1) % len(_PALETTE)])
    if not _COLOUR.fullmatch(colour):
        raise InputError(f"{where}: colour is {colour!r}, expected #rrggbb")
    return Label(
        name=name,
        title=entry.get("title", name.replace("_", " ")),
        definition=entry.get("definition", ""),
        colour=colour,
        key=entry.get("key", str(number) if number < 10 else ""),
    )


def infer_label_set(
    names: Iterable[str], *, exclusive: bool, at_least_one: bool = False
) -> LabelSet:
    """Build a label set from the labels that the data uses, sorted by name."""
    entries: list[dict[str, str]] = [{"name": name} for name in sorted(set(names))]
    value = {"labels": entries, "exclusive": exclusive, "at_least_one": at_least_one}
    return parse_label_set(value, "the labels in the data")


def label_set_json(labels: LabelSet) -> dict[str, Any]:
    """Return the JSON form of a label set."""
    return {
        "exclusive": labels.exclusive,
        **({"at_least_one": True} if labels.at_least_one else {}),
        "labels": [
            {
                "name": label.name,
                "title": label.title,
                "definition": label.definition,
                "colour": label.colour,
                "key": label.key,
            }
            for label in labels
        ],
    }
