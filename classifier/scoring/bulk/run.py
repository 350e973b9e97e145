"""A run: units scored, parts put together, the file put in its place."""

from __future__ import annotations

import os
import shutil
import time
from contextlib import closing
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING

from classifier.errors import UsageError
from classifier.scoring.bulk.state import Work, rejects_of
from classifier.scoring.bulk.units import Ended, Plan, Unit, total_bytes
from classifier.scoring.bulk.work import Task, Worker
from classifier.text.sources import keep_apart

if TYPE_CHECKING:
    from collections.abc import Callable, Generator, Iterable, Iterator, Sequence
    from pathlib import Path

    from classifier.scoring.bulk.rejects import Reject
    from classifier.scoring.bulk.work import Outcome

_CHUNK = 1 << 18


@dataclass
class Progress:
    """How far a run is.

    Parameters
    ----------
    n_sentences, n_documents, n_bytes : int
        Finished, those of earlier runs included.
    total_bytes : int
        Of all inputs; 0 if they do not say.
    """

    n_sentences: int = 0
    n_documents: int = 0
    n_bytes: int = 0
    total_bytes: int = 0
    fresh_sentences: int = 0
    fresh_bytes: int = 0
    _since: float = field(default_factory=time.monotonic)

    def rate(self) -> float:
        """Return sentences a second, of this run."""
        return self.fresh_sentences / max(time.monotonic() - self._since, 1e-9)

    def seconds_left(self) -> float | None:
        """Return the seconds that are left at this rate; None if that cannot be told."""
        if not self.fresh_bytes or self.total_bytes < self.n_bytes:
            return None
        seconds = time.monotonic() - self._since
        return (self.total_bytes - self.n_bytes) * seconds / self.fresh_bytes


@dataclass(frozen=True)
class Summary:
    """What a run came to: counts, and where rejects are listed, if there are any."""

    n_documents: int
    n_sentences: int
    n_rejects: int
    rejects: Path | None


def score_to_file(
    task: Task,
    paths: Sequence[str],
    *,
    jobs: int = 1,
    resume: bool = False,
    rejects: Path | None = None,
    keep_text: Path | None = None,
    reject: Callable[[str], None] = lambda _: None,
    notice: Callable[[str], None] = lambda _: None,
    progress: Callable[[Progress], None] = lambda _: None,
) -> Summary:
    """Score documents into a file, which is there, whole, when this returns.

    Parameters
    ----------
    task : Task
    paths : sequence of str
        As for `read_documents`.
    jobs : int
        Processes; the file does not depend on it.
    resume : bool
        Go on with a run that was ended before it was finished, if there is one.
    rejects : Path, optional
        Where to list what could not be used; beside the output if None, and only if there is any.
    keep_text : Path, optional
        Where to write the texts that offsets count in.
    reject, notice : callable
        Told of what cannot be used, and of what was guessed.
    progress : callable
        Told now and then how far the run is.

    Raises
    ------
    UsageError
        The place cannot be written or is an input, an unfinished run is there, or what is to be
        resumed does not fit.
    """
    target = task.target.path
    listed = rejects or rejects_of(target)
    written = [target, listed, *([keep_text] if keep_text else [])]
    keep_apart(paths, written)
    settings = {
        "inputs": list(paths),
        "model": task.fingerprint,
        "thresholds": dict(task.thresholds),
        "labels": list(task.labels),
        "format": task.target.form + task.target.packing,
        "documents": task.documents,
        "explain": task.explain,
        "keep-text": task.keep_text,
        "reading": {
            name.replace("_", "-"): value
            for name, value in vars(task.reading).items()
            if name != "keep_text" and not callable(value)  # who is told or asked changes no row
        },
    }
    work = Work(target, settings, resume=resume, written=written)
    remove = False
    try:
        state = Progress()
        for entry in work.done.values():
            _add(state, entry["n_documents"], entry["n_sentences"], entry["n_bytes"])
        state.total_bytes = total_bytes(paths)
        run = _Run(task, work, state, reject, notice)
        n_units = run.score(paths, jobs, progress)
        found = _finish(run.worker, work, n_units, target, listed, keep_text)
        remove = True
        return replace(found, n_documents=state.n_documents, n_sentences=state.n_sentences)
    except OSError as error:
        raise UsageError(
            f"{target}: cannot be written: {error.strerror or error}"
            + work.is_begun() * f"; what is finished is kept in {work.folder}, --resume goes on"
        ) from error
    finally:
        work.close()
        if remove:
            work.remove()


def _add(state: Progress, n_documents: int, n_sentences: int, n_bytes: int) -> None:
    state.n_documents += n_documents
    state.n_sentences += n_sentences
    state.n_bytes += n_bytes


class _Run:
    def __init__(
        self,
        task: Task,
        work: Work,
        state: Progress,
        reject: Callable[[str], None],
        notice: Callable[[str], None],
    ) -> None:
        self._task, self._work, self._state = task, work, state
        self._reject, self._notice = reject, notice
        self._pending: dict[int, Unit] = {}
        self.worker = Worker(task, work.folder)

    def score(self, paths: Sequence[str], jobs: int, progress: Callable[[Progress], None]) -> int:
        """Score all units that are not finished; return how many units there are."""
        reading = replace(self._task.reading, notice=self._notice)
        work = self._work
        plan = Plan(paths, reading, self._left_out, work.known, work.is_own)
        with (
            closing(self.worker),
            closing(self._todo(plan)) as todo,
            closing(self._outcomes(todo, jobs)) as outcomes,
        ):
            for outcome in outcomes:
                self._settle(outcome)
                progress(self._state)
        return plan.number

    def _outcomes(self, units: Iterator[Unit], jobs: int) -> Generator[Outcome]:
        if jobs == 1:
            yield from map(self.worker.run, units)
            return
        from classifier.scoring.bulk.pool import Pool

        with Pool(self._task, self._work.folder, jobs) as pool:
            yield from pool.run(units)

    def _todo(self, plan: Plan) -> Generator[Unit]:
        for found in plan:
            if isinstance(found, Ended):
                self._work.record_end(found)
            else:
                self._work.seal(found.number)
                if not self._work.is_done(found):
                    # Not the documents: they would stay until the unit is finished.
                    self._pending[found.number] = replace(found, documents=())
                    yield found

    def _settle(self, outcome: Outcome) -> None:
        unit = self._pending.pop(outcome.number)
        self._work.record(unit, outcome)
        _add(self._state, outcome.n_documents, outcome.n_sentences, unit.n_bytes)
        self._state.fresh_sentences += outcome.n_sentences
        self._state.fresh_bytes += unit.n_bytes
        for message in outcome.notices:
            self._notice(message)
        for message in outcome.said:
            self._reject(message)

    def _left_out(self, number: int, one: Reject) -> None:
        self._work.reject(number, one)
        if number not in self._work.done:
            self._reject(one.message())


def _finish(
    worker: Worker,
    work: Work,
    n_units: int,
    target: Path,
    place: Path,
    keep_text: Path | None,
) -> Summary:
    made = work.folder / "output"
    worker.sink.assemble(work.parts(n_units), made)
    listed = work.folder / "rejects"
    n_rejects = _join(work.rejects(n_units), listed)
    if n_rejects or place != rejects_of(target):
        _put(listed, place)
    else:
        # That of an earlier run would tell of what is no longer so.
        place.unlink(missing_ok=True)
    if keep_text is not None:
        texts = work.folder / "texts"
        _join(work.texts(n_units), texts)
        _put(texts, keep_text)
    _put(made, target)
    return Summary(0, 0, n_rejects, place if n_rejects else None)


def _join(files: Iterable[Path], target: Path) -> int:
    """Put files behind each other; return how many lines there are."""
    n_lines = 0
    with target.open("wb") as joined:
        for path in files:
            with path.open("rb") as stream:
                while data := stream.read(_CHUNK):
                    n_lines += data.count(b"\n")
                    joined.write(data)
    return n_lines


def _put(made: Path, place: Path) -> None:
    """Move a file to its place, in one step."""
    try:
        place.parent.mkdir(parents=True, exist_ok=True)
        with made.open("rb") as stream:
            os.fsync(stream.fileno())
        try:
            made.replace(place)
        except OSError:  # another disk
            near = place.with_name(f".{place.name}.{os.getpid()}")
            try:
                shutil.copyfile(made, near)
                near.replace(place)
            finally:
                near.unlink(missing_ok=True)
    except OSError as error:
        raise UsageError(f"{place}: cannot be written: {error.strerror or error}") from error
