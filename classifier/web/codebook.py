"""The rules of a label, cut out of a codebook in Markdown."""

from __future__ import annotations

import re
from dataclasses import dataclass

_HEADING = re.compile(r"(#{1,6})\s+(.*?)\s*#*\s*$")
_ITEM = re.compile(r"\s*[-*]\s+(?:(Yes|No)\s*:\s*)?(.*)")


@dataclass(frozen=True)
class Rule:
    """A paragraph of a label's section; `kind` is ``Yes`` or ``No`` where it says so."""

    kind: str
    text: str


def rules_of(codebook: str, name: str, title: str = "") -> tuple[Rule, ...]:
    '''Return what a codebook says of a label, under the heading with its name or title.

    Examples
    --------
    >>> for rule in rules_of("""
    ... ## threat
    ... Somebody threatens a cost.
    ... - No: a fear
    ... ## offer
    ... """, "threat"): print(rule)
    Rule(kind='', text='Somebody threatens a cost.')
    Rule(kind='No', text='a fear')
    '''
    wanted = {name.casefold(), title.casefold()} - {""}
    found: list[Rule] = []
    depth = 0
    for line in codebook.splitlines():
        heading = _HEADING.match(line)
        if heading and depth:
            if len(heading[1]) <= depth:
                break
        elif heading:
            depth = len(heading[1]) if heading[2].strip("`").casefold() in wanted else 0
        elif depth and line.strip():
            item = _ITEM.match(line)
            found.append(Rule(item[1] or "", item[2]) if item else Rule("", line.strip()))
    return tuple(found)
