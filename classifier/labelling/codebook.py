"""The codebook, cut into the rules of each label."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from classifier import disk, shipped
from classifier.errors import EscError

if TYPE_CHECKING:
    from pathlib import Path

    from classifier.schema import LabelSet

NAME = "CODEBOOK.md"
MAX_BYTES = 1 << 20
_HEADING = re.compile(r"^#{1,6}\s+(.+?)\s*#*$", re.MULTILINE)


def read_codebook(labels: LabelSet, beside: Path | None = None) -> dict[str, str]:
    """Return the rules for each label, as text.

    Parameters
    ----------
    labels : LabelSet
    beside : Path, optional
        A folder with a ``CODEBOOK.md``; the shipped codebook is read if its headings name the
        labels of this set.

    Returns
    -------
    dict
        For each label the section under its heading (its name or title), else its definition; under
        the empty key what stands in no label's section.
    """
    rules = {label.name: label.definition for label in labels}
    for folder in ([beside] if beside else []) + [shipped.data()]:
        try:
            text = disk.read_bytes(folder / NAME, MAX_BYTES).decode("utf-8-sig", "replace")
        except EscError:
            continue
        found = _sections(text, labels)
        if set(found) - {""} or folder == beside:
            return rules | found
    return rules | {"": ""}


def _sections(text: str, labels: LabelSet) -> dict[str, str]:
    names = {_key(label.name): label.name for label in labels}
    names |= {_key(label.title): label.name for label in labels if label.title}
    found: dict[str, str] = {}
    rest, start, current = [], 0, ""
    places = [(m.start(), m.end(), m.group(1)) for m in _HEADING.finditer(text)]
    for begin, end, heading in [*places, (len(text), len(text), "")]:
        body = text[start:begin].strip()
        if current:
            found[current] = body
        elif body:
            rest.append(body)
        current = names.get(_key(heading), "")
        # A label's own heading is shown by whoever shows its rules.
        start = end if current else begin
    return {"": "\n\n".join(rest)} | found


def _key(name: str) -> str:
    return re.sub(r"[\W_]+", " ", name).strip().lower()
