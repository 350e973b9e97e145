"""What a word is, and the form in which texts are compared: as scikit-learn has both."""

from __future__ import annotations

import re
import unicodedata

WORD = re.compile(r"(?u)\b\w\w+\b")


def fold(text: str, *, strip_accents: bool) -> str:
    """Lower the case and strip the accents of a text, as scikit-learn does."""
    text = text.lower()
    if not strip_accents or text.isascii():
        return text
    decomposed = unicodedata.normalize("NFKD", text)
    return "".join(c for c in decomposed if not unicodedata.combining(c))
