"""Sentences of a text, with exact offsets in code points.

The boundaries are sentencex's, mended in `joints`; three of its traps are kept from it here. It
panics on a letter followed by a non-ASCII space and a full stop, so such spaces are replaced one to
one before it reads them. It does not end a sentence at a single line break, so lines are split
first. It slows down on very long lines, so these are cut into pieces at a space.
"""

from __future__ import annotations

import re
from itertools import accumulate, pairwise
from typing import TYPE_CHECKING

import sentencex

from classifier.errors import InputError
from classifier.schema import Sentence
from classifier.text.joints import mend

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

MAX_PIECE = 4_000
_SPACE = re.compile(r"[^\S ]")
# The plain rule for a piece that sentencex cannot read.
_FALLBACK = re.compile(r"(?<=[.!?…])[\"'”’)\]]*\s+(?=[\"'“‘(\[]?[^\W\d_a-z])")


def segment(text: str) -> list[Sentence]:
    """Split a text into sentences.

    Parameters
    ----------
    text : str
        Any text; every character that is no white space is in exactly one sentence.

    Returns
    -------
    list of Sentence
        In order; ``text[s.start:s.end] == s.text``, no white space at either end.

    Raises
    ------
    InputError
        The text has a lone surrogate, so that it was decoded wrongly.

    Examples
    --------
    >>> [s.text for s in segment("Gen. Petrenko spoke. Kyiv was silent.")]
    ['Gen. Petrenko spoke.', 'Kyiv was silent.']
    """
    plain = text.isascii()
    if not plain:
        _check(text)
    # Of the white space in ASCII only these two are neither a line break nor a space.
    odd = not plain or "\t" in text or "\x1f" in text
    sentences: list[Sentence] = []
    begin = 0
    for line in text.splitlines():
        for start, end in _spans(line, odd) if line else ():
            part = line[start:end]
            found = part.strip()
            if not found:
                continue
            first = begin + start
            if part[0] != found[0]:  # white space comes before it
                first += len(part) - len(part.lstrip())
            sentences.append(Sentence(found, first, first + len(found), len(sentences)))
        begin += len(line)
        begin += 2 if text.startswith("\r\n", begin) else 1
    return sentences


def _check(text: str) -> None:
    try:
        text.encode()
    except UnicodeEncodeError as error:
        raise InputError(
            f"lone surrogate at character {error.start}; the text was decoded wrongly"
        ) from error


def _spans(line: str, odd: bool) -> Iterable[tuple[int, int]]:
    """Return the places of the sentences of a line, which may have other white space if `odd`."""
    return pairwise(_cuts(line, odd)) if len(line) <= MAX_PIECE else _spans_of_long(line, odd)


def _spans_of_long(line: str, odd: bool) -> Iterator[tuple[int, int]]:
    start, end = 0, len(line)
    while end - start > MAX_PIECE:
        cut = line.rfind(" ", start + 1, start + MAX_PIECE)
        cut = cut if cut > start else start + MAX_PIECE
        spans = [(start + a, start + b) for a, b in pairwise(_cuts(line[start:cut], odd))]
        # The cut may go through the last sentence: the next piece reads it again.
        whole = spans[:-1] or spans
        yield from whole
        start = whole[-1][1]
    if start < end:
        yield from ((start + a, start + b) for a, b in pairwise(_cuts(line[start:], odd)))


def _cuts(piece: str, odd: bool) -> list[int]:
    if odd and not piece.isprintable():  # no white space but the plain one is
        piece = _SPACE.sub(" ", piece)
    return mend(piece, list(accumulate(_lengths(piece), initial=0)))


def _lengths(piece: str) -> list[int]:
    try:
        lengths = list(map(len, sentencex.segment("en", piece)))
    except BaseException as error:
        # A panic inside sentencex derives from BaseException; only that one is caught here.
        if type(error).__name__ != "PanicException":
            raise
        return _simple_lengths(piece)
    if sum(lengths) != len(piece):
        return _simple_lengths(piece)
    return lengths


def _simple_lengths(piece: str) -> list[int]:
    cuts = [0, *(match.end() for match in _FALLBACK.finditer(piece)), len(piece)]
    return [end - start for start, end in pairwise(cuts)]
