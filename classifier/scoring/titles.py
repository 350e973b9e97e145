"""Which titles join the context of their documents."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from classifier.errors import UsageError

if TYPE_CHECKING:
    from collections.abc import Sequence

    from classifier.schema import Sentence

LEAST = 3  # words of a headline: "Home" and "report.docx" are none
BEGINNING = 3  # sentences of a text that may repeat it

_WORD = re.compile(r"[^\W\d_]\w*")


def headlines(documents: Sequence[Sequence[Sentence]], titles: Sequence[str]) -> dict[int, str]:
    """Return the titles, by place of their document, that say more than how its text begins.

    Raises
    ------
    UsageError
        There are titles, but more or fewer than documents.
    """
    if not titles:
        return {}
    if len(titles) != len(documents):
        raise UsageError(
            f"{len(titles)} titles for {len(documents)} documents: expected one for each"
        )
    pairs = enumerate(zip(documents, titles, strict=True))
    return {i: title for i, (sentences, title) in pairs if title and _says_more(title, sentences)}


def _says_more(title: str, sentences: Sequence[Sentence]) -> bool:
    words = _words(title)
    if len(words) < LEAST:
        return False
    return not any(_same(words, _words(s.text)) for s in sentences[:BEGINNING])


def _words(text: str) -> list[str]:
    return _WORD.findall(text.casefold())


def _same(one: list[str], other: list[str]) -> bool:
    """Whether one begins with the other: "Headline" and "Headline | Name of the site"."""
    n = min(len(one), len(other))
    return n >= LEAST and one[:n] == other[:n]
