"""Which titles join the context of a document."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Sequence

    from classifier.schema import Sentence

LEAST = 3  # words of a headline: "Home" and "report.docx" are none
BEGINNING = 3  # sentences of a text that may repeat it


def is_context(title: str, sentences: Sequence[Sentence]) -> bool:
    """Return whether a title says something that the beginning of its text does not."""
    words = title.casefold().split()
    begin = [s.text.casefold().split() for s in sentences[:BEGINNING]]
    return len(words) >= LEAST and words not in begin
