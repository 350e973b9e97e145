"""The inputs, cut into units: always in the same way, so that a run can go on where it ended.

A unit is some documents of a table or archive, which is read here as a stream, or some files that
are a document each, which whoever scores them reads.
"""

from __future__ import annotations

import hashlib
import json
import stat
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING

from classifier.errors import EscError
from classifier.scoring.bulk.rejects import Reject
from classifier.text import read_documents
from classifier.text.formats import by_name
from classifier.text.sources import expand

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Sequence

    from classifier.schema import Document
    from classifier.text import Reading

# Small enough that a few in memory are little, large enough that handing them over costs little.
UNIT_CHARACTERS, UNIT_DOCUMENTS = 1 << 19, 1_000
UNIT_BYTES, UNIT_FILES = 4 << 20, 32
_STREAMS = ("csv", "tsv", "jsonl", "json", "parquet", "warc")
# Name, bytes, time of the last change in nanoseconds.
Identity = tuple[str, int, int]


@dataclass(frozen=True)
class Unit:
    """Some documents or some files.

    Parameters
    ----------
    number : int
        From 0, in the order of the inputs.
    key : str
        A checksum of what it holds.
    paths : tuple of str
    documents : tuple of Document
    n_bytes : int
        Bytes of the inputs that it stands for.
    rejects : tuple of Reject
        What is left out of it and why.
    """

    number: int
    key: str
    paths: tuple[str, ...] = ()
    documents: tuple[Document, ...] = ()
    n_bytes: int = 0
    rejects: tuple[Reject, ...] = ()

    def singles(self) -> list[Unit]:
        """Return a unit for each document or file of this one."""
        return [
            *(replace(self, paths=(path,), documents=()) for path in self.paths),
            *(replace(self, paths=(), documents=(one,)) for one in self.documents),
        ]

    def without(self, bad: Sequence[Unit], reason: str) -> Unit:
        """Return the unit without some of its `singles`, which are rejected."""
        paths = {path for unit in bad for path in unit.paths}
        documents = {id(one) for unit in bad for one in unit.documents}
        left_out = [
            *(Reject(path, "", reason) for path in self.paths if path in paths),
            *(Reject(d.source, d.id, reason) for d in self.documents if id(d) in documents),
        ]
        return replace(
            self,
            paths=tuple(path for path in self.paths if path not in paths),
            documents=tuple(d for d in self.documents if id(d) not in documents),
            rejects=(*self.rejects, *left_out),
        )


@dataclass(frozen=True)
class Ended:
    """A stream has been read to its end; its units are those from `first` up to before `stop`."""

    identity: Identity
    first: int
    stop: int


@dataclass
class Plan:
    """Cuts inputs into units.

    Parameters
    ----------
    paths : sequence of str
        As for `read_documents`.
    reading : Reading
    reject : callable
        Told, with the number of the unit that it falls into, of everything that cannot be used.
    known : callable
        Told the identity and the first unit of a stream; returns where its units stop if they are
        all finished, so that it need not be read again, else None.
    """

    paths: Sequence[str]
    reading: Reading
    reject: Callable[[int, Reject], None]
    known: Callable[[Identity, int], int | None]
    is_own: Callable[[str], bool] = lambda _: False
    number: int = 0
    _place: int = 0

    def __iter__(self) -> Iterator[Unit | Ended]:
        """Yield the units, and where streams end."""
        files: list[Identity] = []
        for path in self.paths:
            try:
                for name in expand(path):
                    if not self.is_own(name):
                        yield from self._input(name, files)
            except EscError as error:
                yield from self._files(files)
                self.reject(self.number, Reject.of(path, error))
                yield self._next(Unit(self.number, ""))
        yield from self._files(files)

    def _input(self, name: str, files: list[Identity]) -> Iterator[Unit | Ended]:
        kind = self.reading.format or by_name(name)
        if kind in _STREAMS or is_pipe(name):
            yield from self._files(files)
            yield from self._stream(name)
            return
        files.append(identify(name))
        if len(files) >= UNIT_FILES or sum(size for _, size, _ in files) >= UNIT_BYTES:
            yield from self._files(files)

    def _files(self, files: list[Identity]) -> Iterator[Unit]:
        if files:
            key = hashlib.sha256(json.dumps(files).encode()).hexdigest()[:32]
            paths = tuple(name for name, _, _ in files)
            size = sum(size for _, size, _ in files)
            files.clear()
            yield self._next(Unit(self.number, key, paths=paths, n_bytes=size))

    def _stream(self, name: str) -> Iterator[Unit | Ended]:
        identity, first = identify(name), self.number
        stop = None if is_pipe(name) else self.known(identity, first)
        if stop is not None:
            self.number = stop
            return
        documents: list[Document] = []
        characters = before = self._place = n_rejects = 0
        reading = replace(self.reading, place=self._at)

        def unit() -> Unit:
            nonlocal characters, before, n_rejects
            size, before, characters, n_rejects = self._place - before, self._place, 0, 0
            found = Unit(self.number, _key(documents), documents=tuple(documents), n_bytes=size)
            documents.clear()
            return self._next(found)

        def problem(error: EscError) -> None:
            nonlocal n_rejects
            n_rejects += 1
            self.reject(self.number, Reject.of(name, error))

        for document in read_documents([name], problem, reading):
            documents.append(document)
            characters += len(document.text)
            if characters >= UNIT_CHARACTERS or len(documents) >= UNIT_DOCUMENTS:
                yield unit()
        self._place = max(identity[1], self._place)
        if documents or n_rejects:  # rejects belong to a unit
            yield unit()
        yield Ended(identity, first, self.number)

    def _at(self, name: str, place: int) -> None:
        del name
        self._place = place

    def _next(self, unit: Unit) -> Unit:
        self.number += 1
        return unit


def identify(name: str) -> Identity:
    """Return by what a file is known again; no size and time for what is no file."""
    try:
        found = Path(name).stat()
    except (OSError, ValueError):
        return name, 0, 0
    return name, found.st_size, found.st_mtime_ns


def is_pipe(name: str) -> bool:
    """Tell whether an input is there once, and for this process alone."""
    if name == "-" or name.startswith("/dev/"):  # /dev/stdin may be a file, of this process
        return True
    try:
        return not stat.S_ISREG(Path(name).stat().st_mode)
    except (OSError, ValueError):
        return False


def total_bytes(paths: Sequence[str]) -> int:
    """Return the bytes of all inputs, as far as they are files."""
    total = 0
    for path in paths:
        try:
            total += sum(identify(name)[1] for name in expand(path) if name != "-")
        except EscError:
            continue
    return total


def _key(documents: Iterable[Document]) -> str:
    digest = hashlib.sha256()
    for one in documents:
        about = (one.id, one.source, one.title, one.date, one.author, one.outlet, one.url)
        for value in (*about, one.text):
            digest.update(value.encode("utf-8", "surrogatepass") + b"\0")
    return digest.hexdigest()[:32]
