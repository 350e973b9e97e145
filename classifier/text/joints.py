"""Boundaries between sentences that the splitter sets wrongly in news, mended one by one.

Every rule names a pattern on both sides of a boundary, so that it can be read and tested by itself.
`mend` never changes a character and keeps every boundary at a place that the text has.
"""

from __future__ import annotations

import re
from itertools import pairwise, product
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterator

# Titles, ranks and the like after which a name or a number comes, never the end.
_TITLES = (
    "Amb|Spc|Fr|Ft|Ret|Brig|Sgts|Gens|Cols|Lts|Capts|Profs|Messrs|Insp|Supt|Cdr|Ens|Adj|Atty|Asst|"
    "Det|Dep|Min|Mdm|Mme|Mlle|Mons|Pte|Cmdt|Flt|Sqn|Wg|Wing Cmdr|Air Mshl|Spec|Sr|Sra|Hon|Rt|Sen|"
    "Rep|Gov|Pres|Sec|Maj|Msgr|Bro|Dir|Gp|Cpt|Pvt|Lcpl|Cpl|Tech|CWO|Comdr"
)
# With a small first letter or a capital, and as they are.
_COUNTED = (
    "fig|figs|vol|vols|art|arts|no|nos|p|pp|para|paras|sec|secs|ch|est|approx|c|ca|circa|min|max|"
    "tel|hwy|rte|res"
)
_NAMED = "Op|Mk|Mod|cal|Jan|Feb|Mar|Apr|Jun|Jul|Aug|Sep|Sept|Oct|Nov|Dec"
_EITHER = "|".join(f"[{word[0].upper()}{word[0]}]{word[1:]}" for word in _COUNTED.split("|"))
_BEFORE_NAME = re.compile(rf"(?:^|[\s(“\"‘'])(?:{_TITLES})\.$")
_BEFORE_NUMBER = re.compile(rf"(?:^|[\s(“\"‘'])(?:{_EITHER}|{_NAMED})\.$")
# What goes on with a small letter behind these has not ended.
_BEFORE_SMALL = re.compile(
    r"(?:(?:^|[\s(“\"‘'])(?:Mon|Tues?|Weds?|Thurs?|Fri|Sat|Sun|Jan|Feb|Mar|Apr|Jun|Jul|Aug|Sept?|"
    r"Oct|Nov|Dec|approx|est|dept|govt|incl|etc|vs|cf|al|co|corp|[Ii]nc|[Ll]td|Co|Corp|Bros|Jr|Sr|"
    r"Esq|km|kg|mi|ft|lbs?|hrs?|mins?|secs?|yrs?|max|min|avg|misc|tel|vol|no|fig|pp?|Gen|Col|Lt|"
    r"Capt|Sgt|Maj|Adm|Gov|Sen|Rep|Dr|Mr|Mrs|Ms|St|Mt|Ave|Blvd|Rd)"
    r"|(?<![A-Za-z])(?:[A-Za-z]\.)*[A-Za-z]|\b\d{1,2})\.[)\]]?$"
)
_NOON = re.compile(r"\b[ap]\.\s?m\.$", re.I)
_BEHIND_NOON = re.compile(
    r"(?:Mon|Tues|Wednes|Thurs|Fri|Satur|Sun)day|(?:January|February|March|April|June|July|August|"
    r"September|October|November|December)\b|(?:Jan|Feb|Mar|Apr|Aug|Sept?|Oct|Nov|Dec)\.|"
    r"(?:GMT|UTC|EST|EDT|ET|CST|CDT|CT|PST|PDT|PT|MST|MDT|CET|CEST|EET|EEST|BST|IST|MSK|JST|KST|"
    r"AEST|SGT|HKT|TRT)\b|\w+ (?:local )?time\b"
)
_ENUMERATOR = re.compile(
    r"^\s*[(\[]?(?:\d{1,3}|[A-Za-z]|[ivxIVX]{1,5}|\d{1,2}(?:\.\d{1,2}){1,3})[.)\]]+\s*$"
)
_BULLET = re.compile(r"^\s*[•▪◦‣●·*–—>-]+\s*$")
_DAY = re.compile(r"\b\d{1,2}\.$")
_DAY_AND_MONTH = re.compile(r"\b\d{1,2}\.\s?\d{1,2}\.$")
_MONTH, _YEAR = re.compile(r"\s*\d{1,2}\.\s*$"), re.compile(r"\s*\d{4}\b")
# Marks of direction and characters of no width, which belong to what stands before them.
_INVISIBLE = re.compile("[\u200b-\u200f\u202a-\u202e\u2060-\u2064\u2066-\u2069\ufeff]+")
_ONLY_MARKS = re.compile("^[^\\w•▪◦‣●·*–—-]+$")

_CAPITAL = r"(?=[\"“‘'«(\[]?[A-ZÀ-ÖØ-Þ])"
# (all of them.) It rained.   [Editors note.] They left.
_SPLIT_AT_BRACKET = re.compile(r"[)\]](?<=[a-z]{3}[.!?][)\]])\s+" + _CAPITAL)
# They came.1 They left.   He left the U.K. Nobody stayed.
_SPLIT_AT_STOP = re.compile(
    r"\.(?:(?<=[a-z]{3}\.)\d{1,2}\s+(?=[A-Z][a-z])"
    r"|(?<=\b[A-Z]\.[A-Z]\.)\s+(?=(?:He|She|It|They|We|You|Nobody|Nothing|But|However|This|These|"
    r"Those|There|Their|His|Her|Its|Meanwhile|Earlier|Later|Moreover|Although|While|When|If|After|"
    r"Before)\b))"
)
# waited… Nothing
_SPLIT_AT_DOTS = re.compile(r"…(?<=[^\W\d_]…)[\"”’»)]*\s+(?!I\b|I[’'])" + _CAPITAL)
# • Shut the gate • Open the well
_SPLIT_AT_BULLET, _BULLETS = re.compile(r"(?<=\S)\s+(?=[•▪◦‣●]\s)"), "•▪◦‣●"
# Abbreviations are shorter, so that a boundary needs no longer look back.
_TAIL = 24
# Nineteen boundaries in twenty are touched by no rule: before a capital or a figure, behind a full
# stop and small letters, a year or a quotation, or behind a question, exclamation or quotation.
# Only where these letters may end what comes before a name or a number, or a Roman numeral, the
# rules are asked; of the others `_joined` would say the same, in some six times the time.
_PLAIN = re.compile(
    r"(?:(?<=[a-z ][a-z]{2}\. )|(?<=[?!\"”] )|(?<=[\"”])|(?<=[\"”]\. )|(?<=[0-9]{4}\. ))"
    r"[\"“‘(\[]?[A-Z0-9]"
)
_ROMAN = ("".join(letters) for n in (2, 3) for letters in product("ivx", repeat=n))
_ENDS = {f" {word}"[-3:] for word in (*f"{_TITLES}|{_COUNTED}|{_NAMED}".split("|"), *_ROMAN)}
_BEHIND, _AHEAD = len("abc. "), len("(A")
# Not the end of a sentence, though small letters, a full stop and a bracket stand there.
_IN_BRACKETS = re.compile(
    r"\b(?:ret|approx|etc|incl|dept|govt|capt|est|corp|vol|fig|art|sec)\.$", re.I
)


def mend(piece: str, cuts: list[int]) -> list[int]:
    """Return the boundaries of a piece of one line, mended.

    Parameters
    ----------
    piece : str
        A text without line breaks.
    cuts : list of int
        Where sentences begin and end: 0, the boundaries in order, the length of the piece.

    Returns
    -------
    list of int
        Of the same form.

    Examples
    --------
    >>> mend("1. Shut the gate.", [0, 3, 17])
    [0, 17]
    >>> mend("They waited… Nothing came.", [0, 26])
    [0, 13, 26]
    """
    inside = cuts[1:-1]
    plain = piece.isascii()
    patterns = [_SPLIT_AT_STOP]
    if ")" in piece or "]" in piece:
        patterns.append(_SPLIT_AT_BRACKET)
    if not plain:
        patterns += _patterns_of_marks(piece)
    splits = [end for pattern in patterns for end in _splits(pattern, piece)]
    if splits:
        inside = sorted({*splits, *inside})
    if not plain:
        inside = sorted({_behind_marks(piece, cut) for cut in inside})
    begin, end = 0, len(piece)
    kept = [0]
    for cut, after in pairwise([*inside, end]):
        if is_plain(piece, begin, cut, after) or not _joined(piece[begin:cut], piece[cut:after]):
            begin = cut
            kept.append(cut)
    kept.append(end)
    return kept


def is_plain(piece: str, begin: int, cut: int, after: int) -> bool:
    """Tell whether no rule can touch a boundary between others."""
    return (
        _PLAIN.match(piece, cut) is not None
        and piece[cut - 5 : cut - 2] not in _ENDS
        and cut - begin > _BEHIND
        and after - cut >= _AHEAD
    )


def _patterns_of_marks(piece: str) -> Iterator[re.Pattern[str]]:
    """Yield the patterns of boundaries at marks that are not ASCII."""
    if "…" in piece:
        yield _SPLIT_AT_DOTS
    if any(bullet in piece for bullet in _BULLETS):
        yield _SPLIT_AT_BULLET


def _splits(pattern: re.Pattern[str], piece: str) -> Iterator[int]:
    for found in pattern.finditer(piece):
        if not _IN_BRACKETS.search(piece[max(found.start() - 12, 0) : found.start()]):
            yield found.end()


def _behind_marks(piece: str, cut: int) -> int:
    """Move a boundary behind invisible marks, and the white space between and behind them."""
    if piece[cut : cut + 1].isalnum():
        return cut
    place = cut
    while place < len(piece) and (piece[place].isspace() or _INVISIBLE.match(piece[place])):
        place += 1
    between = piece[cut:place]
    # A mark right before the next sentence, and none before the space, is that sentence's own.
    if not _INVISIBLE.search(between) or not between[-1:].isspace():
        return cut
    return place


def _first_of(sentence: str) -> str:
    """Return the first character that is seen; none where there are only marks."""
    return "" if _ONLY_MARKS.match(sentence) else _INVISIBLE.sub("", sentence)[:1]


def _joined(left: str, right: str) -> bool:
    """Tell whether there is no boundary between two sentences after all."""
    before, behind = left.rstrip(), right.lstrip()
    if not before.strip() or not behind:
        return True
    if len(before) < _TAIL and (_ENUMERATOR.match(before) or _BULLET.match(before)):
        return True
    before = before[-_TAIL:]
    first = behind[0] if behind[0].isalnum() else _first_of(behind)
    if not first:
        return True
    if _NOON.search(before):
        return bool(_BEHIND_NOON.match(behind)) or first.islower()
    if _BEFORE_NAME.search(before):
        return first.isupper()
    if first.isdigit() and _BEFORE_NUMBER.search(before):
        return True
    if first.islower() and _BEFORE_SMALL.search(before):
        return True
    if _DAY.search(before) and _MONTH.match(right):
        return True
    return bool(_DAY_AND_MONTH.search(before) and _YEAR.match(right))
