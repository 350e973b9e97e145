"""Work that takes long, in a few threads and within a limit of time."""

from __future__ import annotations

import asyncio
import time
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from threading import BoundedSemaphore, Event
from typing import TYPE_CHECKING, Any, ParamSpec, TypeVar

from starlette.exceptions import HTTPException

from classifier.text.isolated import Isolated

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator

P = ParamSpec("P")
T = TypeVar("T")
_BUSY = "Too much is being read at once; try again."
_ENDING = "The site is ending."


class Deadline:
    """Until when work is worth doing; called, it passes things on as long as it is."""

    def __init__(self, seconds: float, ending: Event) -> None:
        self._seconds, self._ending = seconds, ending
        self._end = time.monotonic() + seconds

    def left(self) -> float:
        """Return the seconds that are left.

        Raises
        ------
        HTTPException
            504 if there are none, 503 if the site ends.
        """
        if self._ending.is_set():
            raise HTTPException(503, _ENDING)
        left = self._end - time.monotonic()
        if left <= 0:
            raise HTTPException(504, f"Takes longer than {self._seconds:g} seconds.")
        return left

    def __call__(self, items: Iterable[T]) -> Iterator[T]:
        """Yield the items; raises as `left` does."""
        for item in items:
            self.left()
            yield item


class Workers:
    """Runs functions in threads; a visitor is told when his takes too long.

    What runs cannot be stopped from outside, so its thread stays taken until it ends by limits of
    its own (`deadline` gives one); what waits for a thread is taken back.

    Parameters
    ----------
    threads : int
    seconds : float
        Longest time that a visitor waits.
    most : int
        Most functions that run or wait; what comes then is turned away at once.
    """

    def __init__(self, threads: int, seconds: float, most: int = 64) -> None:
        self._room = BoundedSemaphore(most)
        self._pool = ThreadPoolExecutor(threads, "esc-web")
        self._seconds = seconds
        self._parsers = tuple(Isolated() for _ in range(threads))
        self._free = list(self._parsers)
        self._ending = Event()
        self._waiting: set[asyncio.Future[Any]] = set()

    @contextmanager
    def parsers(self) -> Iterator[Isolated]:
        """Lend a process that opens files; there is one for each thread, started when needed."""
        lent = self._free.pop()
        try:
            yield lent
        finally:
            self._free.append(lent)

    def deadline(self, share: float = 1.0) -> Deadline:
        """Return the end of the time, or of a share of it, that a visitor who asks now waits."""
        return Deadline(self._seconds * share, self._ending)

    async def run(self, function: Callable[P, T], *args: P.args, **more: P.kwargs) -> T:
        """Run a function and return what it gives.

        Raises
        ------
        HTTPException
            504 if it takes too long, 503 if too much waits already, it was not begun in that time,
            or the site ends.
        """
        if self._ending.is_set():
            raise HTTPException(503, _ENDING)
        if not self._room.acquire(blocking=False):
            raise HTTPException(503, _BUSY)
        work = self._pool.submit(function, *args, **more)
        work.add_done_callback(lambda _work: self._room.release())
        waiting = asyncio.wrap_future(work)
        self._waiting.add(waiting)
        try:
            return await asyncio.wait_for(waiting, self._seconds)
        except TimeoutError as error:
            if not work.running():
                raise HTTPException(503, _BUSY) from error
            raise HTTPException(504, f"Takes longer than {self._seconds:g} seconds.") from error
        except asyncio.CancelledError as error:
            if not self._ending.is_set():
                raise
            raise HTTPException(503, _ENDING) from error
        finally:
            self._waiting.discard(waiting)

    def close(self) -> None:
        """Take no more work; nobody waits any longer, and files that are read are given up."""
        self._ending.set()
        for waiting in tuple(self._waiting):
            waiting.cancel()
        self._pool.shutdown(wait=False, cancel_futures=True)
        for parsers in self._parsers:
            parsers.__exit__(None, None, None)
