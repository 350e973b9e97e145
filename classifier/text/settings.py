"""How documents are read: what a caller may choose, as one frozen object."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

MAX_DOCUMENT_BYTES = 64 << 20
MAX_RECORD_BYTES = 16 << 20


def _silent(message: str) -> None:
    del message


def _nowhere(name: str, n_bytes: int) -> None:
    del name, n_bytes


def _always() -> float:
    return math.inf


@dataclass(frozen=True)
class Reading:
    """How documents are read.

    Parameters
    ----------
    format : str
        Read every input as this format; each by its name and content if empty.
    text_column, id_column, title_column, date_column : str
        Columns of tables (in JSON also ``outer.inner``); guessed, and said, if empty.
    any_language : bool
        Yield documents that are not in English too.
    fast_html : bool
        Read HTML with resiliparse: about ten times as fast, less exact, fewer dates and no author.
    allow_private : bool
        Fetch addresses that are not public too.
    keep_text : Path, optional
        Write the text of each document that was read to this file, as JSON lines.
    notice : callable
        Told what was guessed, such as an encoding or a column.
    place : callable
        Told, before each document of a file, the file and how many of its bytes have been read.
    left : callable
        Asked now and then how many seconds the reading may still take; may raise to end it.
    """

    format: str = ""
    text_column: str = ""
    id_column: str = ""
    title_column: str = ""
    date_column: str = ""
    any_language: bool = False
    fast_html: bool = False
    allow_private: bool = False
    keep_text: Path | None = None
    notice: Callable[[str], None] = _silent
    place: Callable[[str, int], None] = _nowhere
    left: Callable[[], float] = _always
