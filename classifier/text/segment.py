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
    from collections.abc import Iterator

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
    try:
        text.encode()
    except UnicodeEncodeError as error:
        raise InputError(
            f"lone surrogate at character {error.start}; the text was decoded wrongly"
        ) from error
    sentences: list[Sentence] = []
    for start, end in _spans(text):
        ended = text[start:end].rstrip()
        found = ended.lstrip()
        if found:
            begin = start + len(ended) - len(found)
            sentences.append(Sentence(found, begin, begin + len(found), len(sentences)))
    return sentences


def _spans(text: str) -> Iterator[tuple[int, int]]:
    begin = 0
    for line, with_break in zip(text.splitlines(), text.splitlines(keepends=True), strict=True):
        start, end = begin, begin + len(line)
        begin += len(with_break)
        while end - start > MAX_PIECE:
            cut = text.rfind(" ", start + 1, start + MAX_PIECE)
            cut = cut if cut > start else start + MAX_PIECE
            spans = _pieces(text, start, cut)
            # The cut may go through the last sentence: the next piece reads it again.
            whole = spans[:-1] or spans
            yield from whole
            start = whole[-1][1]
        if start < end:
            yield from _pieces(text, start, end)


def _pieces(text: str, start: int, end: int) -> list[tuple[int, int]]:
    piece = text[start:end]
    if not piece.isprintable():  # no white space but the plain one is
        piece = _SPACE.sub(" ", piece)
    cuts = mend(piece, list(accumulate(_lengths(piece), initial=0)))
    return [(start + begin, start + stop) for begin, stop in pairwise(cuts)]


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
