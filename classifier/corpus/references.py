"""Sentences of others: found again by slice and checksum, never copied into the project."""

from __future__ import annotations

import re
from functools import cached_property, lru_cache
from typing import TYPE_CHECKING

import orjson

from classifier import disk
from classifier.errors import InputError

if TYPE_CHECKING:
    from pathlib import Path

    from classifier.corpus.records import Reference

CACHE_NAME = "sentences.jsonl"
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
            # A slice may hold raw line breaks, which a JSON string may not.
            raw = piece.replace("\r", "\\r").replace("\n", "\\n").replace("\t", "\\t")
            piece = orjson.loads(f'"{raw}"')
        except orjson.JSONDecodeError:
            return None
    piece = _SPACE.sub(" ", piece).strip()
    try:
        digest = disk.sha256(piece.encode())
    except UnicodeEncodeError:
        return None
    return piece if digest == reference.sha256 else None


def read_cache(folder: Path) -> dict[str, str]:
    """Return the fetched sentences of a cache folder by their checksum.

    Lines that are damaged, or whose text does not have its checksum, count as not fetched.
    """
    path = folder / CACHE_NAME
    if not path.is_file():
        return {}
    found = {}
    for line in disk.read_bytes(path).split(b"\n"):
        try:
            row = orjson.loads(line)
        except orjson.JSONDecodeError:
            continue
        if isinstance(row, dict) and isinstance(row.get("text"), str):
            digest = disk.sha256(row["text"].encode())
            if digest == row.get("sha256"):
                found[digest] = row["text"]
    return found


class Resolver:
    """Finds the texts of references: fetched ones in a cache, the project's own in its files.

    Parameters
    ----------
    project : Path
        References without a repository are slices of files below it.
    cache : Path
        The folder that ``esc corpus fetch`` fills.
    """

    def __init__(self, project: Path, cache: Path) -> None:
        self._project, self._cache = project, cache
        self._file = lru_cache(maxsize=4)(self._read)

    @cached_property
    def _fetched(self) -> dict[str, str]:
        return read_cache(self._cache)

    def _read(self, path: Path, encoding: str) -> str | None:
        try:
            return disk.read_bytes(path).decode(encoding)
        except (InputError, ValueError, LookupError):
            return None

    def text(self, reference: Reference) -> str | None:
        """Return the sentence, None where the source is not at hand or has changed."""
        if reference.repository:
            return self._fetched.get(reference.sha256)
        path = self._project / reference.path
        try:
            inside = path.resolve().is_relative_to(self._project.resolve())
        except (OSError, RuntimeError, ValueError):  # a loop of links, a NUL in the name
            return None
        if not inside:
            return None
        text = self._file(path, reference.encoding)
        return None if text is None else cut(text, reference)
