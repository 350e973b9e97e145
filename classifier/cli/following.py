"""Telling on standard error how a long run goes on."""

from __future__ import annotations

import sys
import time
from typing import TYPE_CHECKING

from classifier.cli import common

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from classifier.cluster import Done
    from classifier.scoring.bulk import Progress

# A terminal shows one line that changes; a log gets a line now and then.
_TERMINAL_SECONDS, _LOG_SECONDS = 0.2, 30.0


class Follower:
    """Shows how far a run is, and keeps out of the way of other messages."""

    def __init__(self) -> None:
        self._terminal = sys.stderr.isatty()
        self._shown = False
        self._last = time.monotonic()
        self._said_anything = False

    def __call__(self, progress: Progress) -> None:
        """Show it, unless that was done just now."""
        if self.due():
            self.show(describe(progress))

    def due(self) -> bool:
        """Tell whether it is time to show something again."""
        now = time.monotonic()
        return now - self._last >= (_TERMINAL_SECONDS if self._terminal else _LOG_SECONDS)

    def show(self, line: str) -> None:
        """Show a line in the place of the last one."""
        self._last = time.monotonic()
        self._said_anything = True
        if self._terminal:
            sys.stderr.write(f"\r\x1b[Kesc: {line}")
            sys.stderr.flush()
            self._shown = True
        else:
            common.note(line)

    def say(self, message: str) -> None:
        """Write a message for people."""
        self.clear()
        common.note(message)

    def clear(self) -> None:
        """Take the line away."""
        if self._shown:
            sys.stderr.write("\r\x1b[K")
            sys.stderr.flush()
            self._shown = False

    def finish(self, what: str, where: Path) -> None:
        """Say what came of it, if there was anything to follow or somebody to see it."""
        self.clear()
        if self._said_anything or self._terminal:
            common.note(f"{what} written to {where}")


class Partitions:
    """Tells of partitions that a cluster has done."""

    def __init__(self, follower: Follower, most: int) -> None:
        self._follower = follower
        self._told = Limited(most, follower.say)
        self._since = time.monotonic()
        self._first: int | None = None
        self._n_sentences = 0

    def __call__(self, done: Done, number: int, total: int) -> None:
        """Tell of one."""
        if self._first is None:
            self._first = number - 1
        self._n_sentences += done.n_sentences
        if done.error:
            self._told(f"{done.url}: {done.error}; skipped")
        if self._follower.due():
            seconds = time.monotonic() - self._since
            left = (total - number) * seconds / (number - self._first)
            self._follower.show(
                f"{number:,} of {total:,} partitions, {self._n_sentences:,} sentences, "
                f"{duration(left)} left"
            )


class Limited:
    """Passes the first messages on and counts the others."""

    def __init__(self, most: int, say: Callable[[str], None]) -> None:
        self.count = 0
        self._most, self._say = most, say

    def __call__(self, message: str) -> None:
        """Pass a message on, if there were few."""
        self.count += 1
        if self.count <= self._most:
            self._say(message)
        elif self.count == self._most + 1:
            self._say("and more of that kind")


def describe(progress: Progress) -> str:
    """Return a line that tells how far a run is.

    Examples
    --------
    >>> from classifier.scoring.bulk import Progress
    >>> describe(Progress(n_sentences=1200, n_bytes=5, total_bytes=20)).split(",")[0]
    '25%'
    """
    parts = []
    if progress.total_bytes:
        parts.append(f"{min(progress.n_bytes / progress.total_bytes, 1):.0%}")
    parts.append(f"{progress.n_sentences:,} sentences")
    parts.append(f"{progress.rate():,.0f} a second")
    left = progress.seconds_left()
    if left is not None:
        parts.append(f"{duration(left)} left")
    return ", ".join(parts)


def duration(seconds: float) -> str:
    """Write seconds as people do.

    Examples
    --------
    >>> duration(7), duration(100), duration(8000)
    ('7 s', '1 min 40 s', '2 h 13 min')
    """
    whole = round(seconds)
    if whole < 60:
        return f"{whole} s"
    if whole < 3600:
        return f"{whole // 60} min {whole % 60} s"
    return f"{whole // 3600} h {whole % 3600 // 60} min"
