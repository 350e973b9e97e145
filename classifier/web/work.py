"""Work that takes long, in a few threads and within a limit of time."""

from __future__ import annotations

import asyncio
import time
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from typing import TYPE_CHECKING, ParamSpec, TypeVar

from starlette.exceptions import HTTPException

from classifier.text.isolated import Isolated

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator

P = ParamSpec("P")
T = TypeVar("T")


class Workers:
    """Runs functions in threads; a visitor is told when his takes too long.

    What runs cannot be stopped from outside, so its thread stays taken until it ends by limits of
    its own (`deadline` gives one); what waits for a thread is taken back.

    Parameters
    ----------
    threads : int
    seconds : float
        Longest time that a visitor waits.
    """

    def __init__(self, threads: int, seconds: float) -> None:
        self._pool = ThreadPoolExecutor(threads, "esc-web")
        self._seconds = seconds
        self._parsers = tuple(Isolated() for _ in range(threads))
        self._free = list(self._parsers)

    @contextmanager
    def parsers(self) -> Iterator[Isolated]:
        """Lend a process that opens files; there is one for each thread, started when needed."""
        lent = self._free.pop()
        try:
            yield lent
        finally:
            self._free.append(lent)

    def deadline(self) -> Callable[[Iterable[T]], Iterator[T]]:
        """Return what passes things on as long as a visitor who asks now would wait.

        Past that it raises HTTPException: work that nobody waits for must free its thread.
        """
        end = time.monotonic() + self._seconds

        def in_time(items: Iterable[T]) -> Iterator[T]:
            for item in items:
                if time.monotonic() > end:
                    raise self._too_slow()
                yield item

        return in_time

    def _too_slow(self) -> HTTPException:
        return HTTPException(504, f"Takes longer than {self._seconds:g} seconds.")

    async def run(self, function: Callable[P, T], *args: P.args, **more: P.kwargs) -> T:
        """Run a function and return what it gives.

        Raises
        ------
        HTTPException
            504 if it takes too long, 503 if it was not begun in that time.
        """
        work = self._pool.submit(function, *args, **more)
        try:
            return await asyncio.wait_for(asyncio.wrap_future(work), self._seconds)
        except TimeoutError as error:
            if not work.running():
                raise HTTPException(503, "Too much is being read at once; try again.") from error
            raise self._too_slow() from error

    def close(self) -> None:
        """Take no more work; what waits is dropped, and files that are being read are given up."""
        self._pool.shutdown(wait=False, cancel_futures=True)
        for parsers in self._parsers:
            parsers.__exit__(None, None, None)
