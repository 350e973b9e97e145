"""Which files hold labelled sentences: the shipped ones, and those of given files and folders."""

from __future__ import annotations

from typing import TYPE_CHECKING

from classifier import shipped
from classifier.corpus.labels import FILE_NAME
from classifier.errors import InputError

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

SUFFIXES = (".jsonl", ".csv", ".tsv")


def shipped_paths() -> list[Path]:
    """Return the labelled files that the shipped model is trained on."""
    data = shipped.data()
    return [
        *sorted((data / "composed").glob("*.jsonl")),
        data / "seed.jsonl",
        data / "references.jsonl",
    ]


def shipped_neighbours() -> Path:
    """Return the file of the sentences around those of the shipped references."""
    return shipped.data() / "neighbours.references.jsonl"


def files_of(paths: Sequence[Path] | None) -> list[Path]:
    """Expand given files and folders; the shipped data, neighbours too, if None."""
    return labelled_files([*shipped_paths(), shipped_neighbours()] if paths is None else paths)


def labelled_files(paths: Sequence[Path]) -> list[Path]:
    """Expand folders to the labelled files directly in them.

    Raises
    ------
    InputError
        A path is missing, or a folder has no labelled file.
    """
    files: list[Path] = []
    for path in paths:
        try:
            files += _labelled_files(path)
        except OSError as error:
            raise InputError(f"{path}: cannot be read: {error.strerror or error}") from error
    return files


def _labelled_files(path: Path) -> list[Path]:
    if path.is_dir():
        inside = sorted(p for p in path.iterdir() if p.suffix in SUFFIXES and p.is_file())
        if not inside:
            raise InputError(f"{path}: no {', '.join(SUFFIXES)} file in this folder")
        return inside
    if not path.exists():
        raise InputError(f"{path}: no such file or folder")
    if path.suffix not in SUFFIXES:
        raise InputError(f"{path}: expected a file ending in {', '.join(SUFFIXES)}")
    return [path]


def label_file_beside(files: Sequence[Path]) -> Path | None:
    """Return the label set file beside the first file, or in the folder above."""
    for folder in list(files[0].resolve().parents)[:2]:
        if (folder / FILE_NAME).is_file():
            return folder / FILE_NAME
    return None
