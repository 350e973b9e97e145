"""Documents from text files, folders and standard input."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import TYPE_CHECKING

from classifier import disk
from classifier.errors import EscError, InputError
from classifier.schema import Document

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence

SUFFIXES = (".txt", ".text", ".md")
MAX_DOCUMENT_BYTES = 64 << 20


def read_documents(
    paths: Sequence[str], problem: Callable[[EscError], None] | None = None
) -> Iterator[Document]:
    """Yield the documents that some paths name, in the order of the paths.

    Parameters
    ----------
    paths : sequence of str
        Text files, folders (read recursively, sorted) or ``-`` for standard input.
    problem : callable, optional
        Told of each input that cannot be read, which is then skipped; without it the error is
        raised.

    Raises
    ------
    InputError
        An input cannot be read, and no `problem` was given.
    """
    for name in paths:
        try:
            if name == "-":
                yield _document("-", sys.stdin.buffer.read(MAX_DOCUMENT_BYTES + 1))
                continue
            files = _files(name)
        except EscError as error:
            _tell(error, problem)
            continue
        for file in files:
            try:
                data = disk.read_bytes(file, MAX_DOCUMENT_BYTES)
                document = _document(str(file), data)
            except EscError as error:
                _tell(error, problem)
                continue
            yield document


def _tell(error: EscError, problem: Callable[[EscError], None] | None) -> None:
    if problem is None:
        raise error
    problem(error)


def _files(name: str) -> list[Path]:
    if not name:  # an unset variable of a shell, not the current folder
        raise InputError("an empty path; expected a file, a folder or -")
    path = Path(name)
    try:
        if not path.exists():
            raise InputError(f"{name}: no such file or folder")
        return _inside(path) if path.is_dir() else [path]
    except OSError as error:
        raise InputError(f"{name}: cannot be read: {error.strerror or error}") from error


def _inside(folder: Path) -> list[Path]:
    files = sorted(p for p in folder.rglob("*") if p.suffix.lower() in SUFFIXES and p.is_file())
    if not files:
        raise InputError(f"{folder}: no {', '.join(SUFFIXES)} file in this folder")
    return files


def _document(name: str, data: bytes) -> Document:
    where = "standard input" if name == "-" else name
    if len(data) > MAX_DOCUMENT_BYTES:
        raise InputError(f"{where}: larger than {MAX_DOCUMENT_BYTES >> 20} MB; split it")
    text = disk.decode(data, where)
    if "\0" in text:
        raise InputError(f"{where}: has NUL characters; expected a text file")
    if not text.strip():
        raise InputError(f"{where}: no text in it")
    return Document(id=name, text=text, source=name)
