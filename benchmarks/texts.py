"""Texts changed before their terms are counted, for benchmarks/experiments.py.

Each function takes a sentence and returns it changed. What is marked or masked becomes a word that
no news has, so that it is counted like any other term.
"""

from __future__ import annotations

import re
from functools import cache
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Callable

NAME, NUMBER, DATE = "zzname", "zznumber", "zzdate"

_WORD = re.compile(r"[^\W\d_][\w'’-]*")
_NUMBER = re.compile(r"\b\d[\d.,:]*(?:st|nd|rd|th|s)?\b")
_HYPHEN = re.compile(r"(?<=\w)[-‐‑–](?=\w)")
_ACRONYM = re.compile(r"\b(?:[A-Z]\.){2,}")
_RUN = re.compile(rf"{NAME}(?:(?: of| of the| al| bin| de| von)? {NAME})+")
_DATE = re.compile(
    r"\b(?:(?:Mon|Tues|Wednes|Thurs|Fri|Satur|Sun)day|January|February|March|April|May|June|July"
    r"|August|September|October|November|December|(?:19|20)\d\d)\b"
)
_MONEY = (("$", " dollars "), ("€", " euros "), ("£", " pounds "), ("₽", " roubles "))
# A word after one of these may begin a sentence, and is capitalised for that.
_BEGINNING = re.compile(r"(?:^|[.!?:;]['\"’”)]*\s)\W*$")


def mask_numbers(text: str) -> str:
    return _NUMBER.sub(NUMBER, text)


def mask_dates(text: str) -> str:
    return _DATE.sub(DATE, text)


def mask_names(text: str, *, acronyms: bool = True) -> str:
    """Put one word for each run of capitalised words that does not begin a sentence.

    Parameters
    ----------
    text : str
    acronyms : bool
        Whether words all in capitals are masked too.
    """
    letters = [c for c in text if c.isalpha()]
    if sum(c.isupper() for c in letters) > len(letters) / 2:  # a headline in capitals
        return text

    def masked(found: re.Match[str]) -> str:
        word = found.group()
        if not word[0].isupper() or word == "I" or word.startswith(("I'", "I’")):
            return word
        if not acronyms and len(word) > 1 and word.isupper():
            return word
        start = found.start()
        return word if _BEGINNING.search(text, max(0, start - 8), start) else NAME

    return _RUN.sub(NAME, _WORD.sub(masked, text))


def mask_names_but_acronyms(text: str) -> str:
    return mask_names(text, acronyms=False)


def mask_names_and_dates(text: str) -> str:
    return mask_names(mask_numbers(mask_dates(text)))


def mark_case(text: str) -> str:
    """Add a word for each shape of word that the sentence has: Capital, CAPITALS, digits."""
    words = text.split()[1:]
    shapes = {
        "zzcapital": any(w[0].isupper() and not w.isupper() for w in words),
        "zzcapitals": any(len(w) > 1 and w.isupper() for w in words),
        "zzdigits": any(w[0].isdigit() for w in words),
    }
    return " ".join([text, *(name for name, there in shapes.items() if there)])


def split_hyphens(text: str) -> str:
    return _HYPHEN.sub(" ", text)


def join_hyphens(text: str) -> str:
    return _HYPHEN.sub("", text)


def spell_money(text: str) -> str:
    for sign, word in _MONEY:
        text = text.replace(sign, word)
    return text


def close_acronyms(text: str) -> str:
    """Write U.S. as US."""
    return _ACRONYM.sub(lambda found: found.group().replace(".", ""), text)


@cache
def _stem() -> Callable[[str], str]:
    import snowballstemmer

    stemmer: Any = snowballstemmer.stemmer("english")
    return cache(stemmer.stemWord)


def stem(text: str) -> str:
    """Put the stem of Porter's second English stemmer for each word, in lower case."""
    return _WORD.sub(lambda found: _stem()(found.group().lower()), text)


def stem_and_mask(text: str) -> str:
    return stem(mask_names_and_dates(text))
