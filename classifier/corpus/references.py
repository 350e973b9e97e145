"""Sentences of others: found again by slice and checksum, never copied into the project."""

from __future__ import annotations

import re
from functools import lru_cache
from typing import TYPE_CHECKING

import orjson

from classifier import disk
from classifier.errors import InputError

if TYPE_CHECKING:
    from pathlib import Path

    from classifier.corpus.records import Reference

_SPACE = re.compile(r"\s+")


def cut(text: str, reference: Reference) -> str | None:
    """Return the sentence that a reference names in a decoded file, None if it is not there.

    The slice is undone of the escapes of its format and its white space is folded; the checksum
    decides.
    """
    piece = text[reference.start : reference.end]
    if reference.format == "csv":
        piece = piece.replace('""', '"')
    elif reference.format == "json":
        try:
            raw = piece.replace("\r", "\\r").replace("\n", "\\n").replace("\t", "\\t")
            piece = orjson.loads(f'"{raw}"')
        except orjson.JSONDecodeError:
            return None
    piece = _SPACE.sub(" ", piece).strip()
    return piece if disk.sha256(piece.encode()) == reference.sha256 else None


class Resolver:
    """Finds the texts of references in a folder laid out as ``repository/commit/path``.

    References without a repository are looked up below `project`.
    """

    def __init__(self, project: Path, cache: Path) -> None:
        self._project, self._cache = project, cache
        self._file = lru_cache(maxsize=4)(self._read)

    def _read(self, path: Path, encoding: str) -> str | None:
        try:
            return disk.read_bytes(path).decode(encoding)
        except (InputError, UnicodeDecodeError, LookupError):
            return None

    def text(self, reference: Reference) -> str | None:
        """Return the sentence, None where the source is missing or has changed."""
        base = self._project
        if reference.repository:
            base = self._cache / reference.repository / reference.commit
        path = base / reference.path
        if not path.resolve().is_relative_to(base.resolve()):
            return None
        text = self._file(path, reference.encoding)
        return None if text is None else cut(text, reference)
