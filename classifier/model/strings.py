"""Texts laid end to end in two arrays, which can be mapped into memory."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import numpy.typing as npt


class Strings:
    """What tables of terms and of words share: `text` in UTF-8, and where each row of it ends."""

    if TYPE_CHECKING:
        end: npt.NDArray[np.uint32]
        text: npt.NDArray[np.uint8]

    def term(self, row: int) -> str:
        """Return the term of a row."""
        start = int(self.end[row - 1]) if row else 0
        return bytes(self.text[start : int(self.end[row])]).decode()

    def terms_at(self, rows: npt.NDArray[np.int64]) -> list[str]:
        """Return the terms of some rows."""
        ends = self.end[rows].tolist()
        starts = np.where(rows > 0, self.end[rows - 1], 0).tolist()
        text = self.text.data
        return [str(text[s:e], "utf-8") for s, e in zip(starts, ends, strict=True)]

    def terms(self) -> list[str]:
        """Return all terms, in the order of the rows."""
        blob, ends = bytes(self.text), self.end.tolist()
        starts = [0, *ends[:-1]]
        return [blob[s:e].decode() for s, e in zip(starts, ends, strict=True)]
