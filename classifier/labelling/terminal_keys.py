"""Single keys from a terminal."""

from __future__ import annotations

import codecs
import os
import select
import sys
from contextlib import contextmanager
from typing import TYPE_CHECKING

from classifier.errors import UsageError

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

ENTER, BACK, END = ("\r", "\n"), ("\x7f", "\b"), ("\x03", "\x04", "")
ESCAPE = "\x1b"
# Seconds in which the rest of a special key arrives.
_REST_OF_KEY = 0.03


@contextmanager
def single_keys() -> Iterator[Callable[[], str]]:
    """Give a reader of single keys from the terminal, and put the terminal back afterwards.

    Raises
    ------
    UsageError
        Standard input is no terminal.
    """
    if not sys.stdin.isatty():
        raise UsageError("esc label --terminal needs a terminal; standard input is none")
    try:
        import termios
        import tty
    except ImportError:  # Windows
        import msvcrt

        yield msvcrt.getwch  # type: ignore[attr-defined]
        return
    handle = sys.stdin.fileno()
    before = termios.tcgetattr(handle)
    try:
        tty.setcbreak(handle)
        yield _reader(handle)
    finally:
        termios.tcsetattr(handle, termios.TCSADRAIN, before)


def _reader(handle: int) -> Callable[[], str]:
    """Return a reader of whole characters; an arrow or another special key is one Escape."""
    decoder = codecs.getincrementaldecoder("utf-8")("replace")

    def read() -> str:
        while True:
            data = os.read(handle, 1)
            character = decoder.decode(data, final=not data)
            if character == ESCAPE:
                _swallow(handle)
            if character or not data:
                return character

    return read


def _swallow(handle: int) -> None:
    """Read the rest of a special key: ``[`` or ``O``, parameters, one last letter (ECMA-48)."""
    rest = b""
    while select.select([handle], [], [], _REST_OF_KEY)[0]:
        byte = os.read(handle, 1)
        rest += byte
        if not byte or rest[:1] not in (b"[", b"O") or (len(rest) > 1 and 0x40 <= byte[0] <= 0x7E):
            return
