"""Processes that score units: few at a time, replaced when they die, gone when we are."""

from __future__ import annotations

import multiprocessing
import os
import signal
import threading
from concurrent.futures import FIRST_COMPLETED, Future, ProcessPoolExecutor, wait
from concurrent.futures.process import BrokenProcessPool
from contextlib import contextmanager
from functools import cache
from typing import TYPE_CHECKING

from classifier.errors import InputError
from classifier.scoring.bulk.work import Outcome, Task, Worker

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator
    from pathlib import Path
    from types import TracebackType
    from typing import Self

    from classifier.scoring.bulk.units import Unit

CRASHES = "crashes the scorer, or takes too much memory"
_DYING = (
    "the processes that score end for no known reason; is there enough memory? Go on with --resume"
)
_task: list[tuple[Task, Path]] = []


def _start(task: Task, folder: Path) -> None:
    """Prepare a process."""
    threading.Thread(target=_end_with_parent, daemon=True).start()
    _task.append((task, folder))


def _end_with_parent() -> None:
    # A parent that is killed cannot tell its processes to end.
    parent = multiprocessing.parent_process()
    if parent is not None:
        parent.join()
        os._exit(1)


@cache
def _worker() -> Worker:
    # Not when the process starts: what goes wrong then is printed, and its reason is lost.
    return Worker(*_task[0])


def _run(unit: Unit) -> Outcome:
    return _worker().run(unit)


class Pool:
    """Some processes for one task.

    Parameters
    ----------
    task : Task
    folder : Path
        Where parts go.
    jobs : int
        How many processes.
    """

    def __init__(self, task: Task, folder: Path, jobs: int) -> None:
        self._task, self._folder, self._jobs = task, folder, jobs
        self._others = set(multiprocessing.active_children())
        self._executor = self._new()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        if kind is not None:
            # A unit may take minutes; what is half-written counts for nothing anyway.
            for process in set(multiprocessing.active_children()) - self._others:
                process.terminate()
        self._executor.shutdown(wait=True, cancel_futures=True)

    def run(self, units: Iterable[Unit]) -> Iterator[Outcome]:
        """Score units; yield what became of them as they are finished, in any order.

        Raises
        ------
        OSError
            A part cannot be written.
        ModelError
            The model has gone or changed.
        """
        waiting: dict[Future[Outcome], Unit] = {}
        for unit in units:
            yield from self._hand_over(unit, waiting)
            if len(waiting) >= 2 * self._jobs:
                yield from self._finished(waiting)
        while waiting:
            yield from self._finished(waiting)

    def _hand_over(self, unit: Unit, waiting: dict[Future[Outcome], Unit]) -> Iterator[Outcome]:
        for _ in range(3):
            try:
                waiting[self._submit(unit)] = unit
            except BrokenProcessPool:
                yield from self._recover(waiting)
            else:
                return
        raise InputError(_DYING)

    def _finished(self, waiting: dict[Future[Outcome], Unit]) -> Iterator[Outcome]:
        done, _ = wait(waiting, return_when=FIRST_COMPLETED)
        for future in done:
            if isinstance(future.exception(), BrokenProcessPool):
                yield from self._recover(waiting)
                return
            del waiting[future]
            yield future.result()

    def _recover(self, waiting: dict[Future[Outcome], Unit]) -> Iterator[Outcome]:
        # All that is under way is lost with one process, and which one it was is not known.
        lost = []
        for future, unit in waiting.items():
            try:
                yield future.result()
            except BrokenProcessPool:
                lost.append(unit)
        waiting.clear()
        self._restart()
        for unit in lost:
            yield self._alone(unit)

    def _alone(self, unit: Unit) -> Outcome:
        """Score a unit while nothing else is under way; find what a process dies of."""
        for _ in range(2):  # whoever was short of memory may have ended a process without a reason
            try:
                return self._submit(unit).result()
            except BrokenProcessPool:
                self._restart()
        bad = []
        for single in unit.singles():
            try:
                self._submit(single).result()
            except BrokenProcessPool:
                self._restart()
                bad.append(single)
        try:
            return self._submit(unit.without(bad, CRASHES)).result()
        except BrokenProcessPool as error:
            raise InputError(_DYING) from error

    def _submit(self, unit: Unit) -> Future[Outcome]:
        # This may start a process, and Ctrl-C at a terminal goes to all of them: ours shall not
        # hear it, not even while they start.
        with _deaf():
            return self._executor.submit(_run, unit)

    def _restart(self) -> None:
        self._executor.shutdown(wait=True, cancel_futures=True)
        self._executor = self._new()

    def _new(self) -> ProcessPoolExecutor:
        return ProcessPoolExecutor(
            self._jobs,
            # Not a copy of this process, which has threads.
            mp_context=multiprocessing.get_context("spawn"),
            initializer=_start,
            initargs=(self._task, self._folder),
        )


@contextmanager
def _deaf() -> Iterator[None]:
    if not hasattr(signal, "pthread_sigmask"):
        yield
        return
    before = signal.pthread_sigmask(signal.SIG_BLOCK, [signal.SIGINT])
    try:
        yield
    finally:
        signal.pthread_sigmask(signal.SIG_SETMASK, before)
