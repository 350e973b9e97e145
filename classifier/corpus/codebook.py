"""The codebook: the rules by which sentences are labelled, cut into those of each label."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING

from classifier import disk, shipped
from classifier.errors import EscError

if TYPE_CHECKING:
    from collections.abc import Iterable
    from pathlib import Path

    from classifier.schema import LabelSet

NAME = "CODEBOOK.md"
MAX_BYTES = 1 << 20
_HEADING = re.compile(r"(#{1,6})\s+(.*)")
_ITEM = re.compile(r"\s*[-*]\s+(?:(Yes|No)\s*:\s*)?(.*)")


@dataclass(frozen=True)
class Rule:
    """A paragraph of a label's section; `kind` is ``Yes`` or ``No`` where it says so."""

    kind: str
    text: str


def read_codebook(folders: Iterable[Path]) -> str | None:
    """Return the ``CODEBOOK.md`` of the first folder that has one; None if none has."""
    for folder in folders:
        try:
            return disk.read_bytes(folder / NAME, MAX_BYTES).decode("utf-8-sig", "replace")
        except EscError:
            continue
    return None


def codebook_of(labels: LabelSet, beside: Path) -> dict[str, str]:
    """Return the rules for each label of a project, as text.

    Parameters
    ----------
    labels : LabelSet
    beside : Path
        A folder with a ``CODEBOOK.md``; the shipped codebook is read if it has none and the
        headings of that one name the labels of this set.

    Returns
    -------
    dict
        As `sections`, with the definition of a label that has none.
    """
    definitions = {label.name: label.definition for label in labels}
    own = read_codebook([beside])
    if own is not None:
        return definitions | sections(own, labels)
    found = sections(read_codebook([shipped.data()]) or "", labels)
    return definitions | (found if set(found) - {""} else {"": ""})


def sections(codebook: str, labels: LabelSet) -> dict[str, str]:
    """Cut a codebook in Markdown into the sections of labels.

    Returns
    -------
    dict
        For each label that a heading names, by its name or its title, what stands under it; under
        the empty key what stands in no label's section.
    """
    names = {_key(label.title): label.name for label in labels if label.title}
    names |= {_key(label.name): label.name for label in labels}
    found: dict[str, list[str]] = {"": []}
    current, depth = "", 0
    for line in codebook.splitlines():
        if heading := _HEADING.match(line):
            name = names.get(_key(heading[2]), "")
            if name:
                # Its own heading is shown by whoever shows the rules of a label.
                current, depth = name, len(heading[1])
                found.setdefault(name, [])
                continue
            if len(heading[1]) <= depth:
                current, depth = "", 0
        found[current].append(line)
    return {name: "\n".join(lines).strip() for name, lines in found.items()}


def rules_of(section: str) -> tuple[Rule, ...]:
    r"""Return the rules of a section, without the headings in it.

    Examples
    --------
    >>> for rule in rules_of("Somebody threatens a cost.\n- No: a fear"): print(rule)
    Rule(kind='', text='Somebody threatens a cost.')
    Rule(kind='No', text='a fear')
    """
    found = []
    for line in section.splitlines():
        if line.strip() and not _HEADING.match(line):
            item = _ITEM.match(line)
            found.append(Rule(item[1] or "", item[2]) if item else Rule("", line.strip()))
    return tuple(found)


def _key(name: str) -> str:
    return re.sub(r"[\W_]+", " ", name).strip().lower()
