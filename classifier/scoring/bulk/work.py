"""Scoring one unit into a part file."""

from __future__ import annotations

import zlib
from contextlib import ExitStack
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from classifier.errors import EscError, ModelError
from classifier.scoring.bulk.rejects import Reject
from classifier.scoring.loading import load
from classifier.scoring.results import score_documents
from classifier.scoring.sinks.rows import Shape, Terms
from classifier.text import read_documents
from classifier.text.isolated import Isolated
from classifier.text.keep import kept_line

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator
    from pathlib import Path
    from typing import BinaryIO

    from classifier.schema import Document
    from classifier.scoring.bulk.units import Unit
    from classifier.scoring.results import Result
    from classifier.scoring.sinks.target import Target
    from classifier.text import Reading

# A unit says no more than this; the rejects file has everything.
_MOST_SAID = 20
_CHUNK = 1 << 20


@dataclass(frozen=True)
class Task:
    """What is to be done with every unit; travels to other processes.

    Parameters
    ----------
    model : str
        Folder of the model.
    fingerprint : str
        Of the model, which must not change under way.
    thresholds : tuple of (str, float)
        Thresholds that differ from the model's.
    labels : tuple of str
    target : Target
    reading : Reading
        Without callbacks.
    documents : bool
        One row a document.
    explain : int
        Terms listed for each label.
    keep_text : bool
    """

    model: str
    fingerprint: str
    thresholds: tuple[tuple[str, float], ...]
    labels: tuple[str, ...]
    target: Target
    reading: Reading
    documents: bool = False
    explain: int = 0
    keep_text: bool = False


@dataclass(frozen=True)
class Outcome:
    """What became of a unit.

    ``rejects`` counts those of the worker; ``said`` are the first of them, as messages.
    """

    number: int
    n_documents: int
    n_sentences: int
    rejects: int
    size: int
    crc: int
    said: tuple[str, ...] = ()
    notices: tuple[str, ...] = ()


def part_files(folder: Path, number: int) -> tuple[Path, Path, Path]:
    """Return the files of a part: rows, rejects, kept texts."""
    base = folder / f"{number:09}"
    return base.with_suffix(".rows"), base.with_suffix(".late"), base.with_suffix(".texts")


def checksum(folder: Path, number: int) -> tuple[int, int]:
    """Return the size and the CRC-32 of a part; (-1, 0) if a file of it is missing."""
    size = crc = 0
    for path in part_files(folder, number):
        try:
            with path.open("rb") as stream:
                while data := stream.read(_CHUNK):
                    size += len(data)
                    crc = zlib.crc32(data, crc)
        except FileNotFoundError:
            return -1, 0
    return size, crc


class Worker:
    """Scores units, one after the other.

    Parameters
    ----------
    task : Task
    folder : Path
        Where parts go.

    Raises
    ------
    ModelError
        The model cannot be loaded, or is another one than that of the task.
    """

    def __init__(self, task: Task, folder: Path) -> None:
        self._task, self._folder = task, folder
        self._predictor = load(task.model).with_thresholds(dict(task.thresholds))
        found = self._predictor.model.fingerprint
        if found != task.fingerprint:
            raise ModelError(
                f"{task.model}: the model has changed under way ({task.fingerprint} to {found})"
            )
        self.shape = Shape(
            self._predictor.model,
            task.labels,
            task.documents,
            Terms(self._predictor, task.explain) if task.explain else None,
        )
        self.sink = task.target.sink(self.shape)
        self.parsers = Isolated()

    def close(self) -> None:
        """End the process of parsers."""
        self.parsers.__exit__(None, None, None)

    def run(self, unit: Unit) -> Outcome:
        """Score a unit; its files are there, whole, when this returns.

        Raises
        ------
        OSError
            They cannot be written.
        """
        files = part_files(self._folder, unit.number)
        rows, late, texts = (path.with_suffix(path.suffix + ".tmp") for path in files)
        said: list[str] = []
        notices: list[str] = []
        n_documents = n_sentences = n_rejects = 0
        with ExitStack() as stack:
            rejected: BinaryIO = stack.enter_context(late.open("wb"))
            kept: BinaryIO = stack.enter_context(texts.open("wb"))
            add = stack.enter_context(self.sink.part(rows))

            def reject(one: Reject) -> None:
                nonlocal n_rejects
                n_rejects += 1
                rejected.write(one.line())
                if len(said) < _MOST_SAID:
                    said.append(one.message())

            for one in unit.rejects:
                reject(one)
            for found in self.results(self._documents(unit, reject, notices), reject):
                add(found)
                n_documents += 1
                n_sentences += len(found.scored)
                if self._task.keep_text:
                    kept.write(kept_line(found.document))
        for temporary, path in ((texts, files[2]), (late, files[1]), (rows, files[0])):
            temporary.replace(path)
        size, crc = checksum(self._folder, unit.number)
        return Outcome(
            unit.number,
            n_documents,
            n_sentences,
            n_rejects,
            size,
            crc,
            tuple(said),
            tuple(notices[:_MOST_SAID]),
        )

    def results(
        self, documents: Iterable[Document], reject: Callable[[Reject], None]
    ) -> Iterator[Result]:
        """Score documents; what cannot be scored is rejected."""

        def failed(document: Document, error: Exception) -> None:
            reason = "takes too much memory" if isinstance(error, MemoryError) else str(error)
            reject(Reject(document.source, document.id, reason))

        return score_documents(self._predictor, documents, failed)

    def _documents(
        self, unit: Unit, reject: Callable[[Reject], None], notices: list[str]
    ) -> Iterator[Document]:
        def problem(error: EscError) -> None:
            # A name may begin with another one.
            about = [path for path in unit.paths if str(error).startswith(path)]
            reject(Reject.of(max(about, key=len, default=""), error))

        yield from unit.documents
        if unit.paths:
            reading = replace(self._task.reading, notice=notices.append)
            yield from read_documents(unit.paths, problem, reading, self.parsers)
