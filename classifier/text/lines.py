"""Lines of a stream, one by one and of bounded size."""

from __future__ import annotations

import io
from typing import TYPE_CHECKING, NamedTuple

from classifier.errors import EscError, InputError
from classifier.text.encoding import detect_sample
from classifier.text.settings import MAX_RECORD_BYTES

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

_SAMPLE = 1 << 16
_WIDE = ("utf-16", "utf-16-le", "utf-16-be", "utf-32")


class Line(NamedTuple):
    """A line with its number, from 1."""

    number: int
    text: str


def read_lines(
    stream: io.BufferedReader,
    where: str,
    notice: Callable[[str], None],
    problem: Callable[[EscError], None],
) -> Iterator[Line]:
    """Yield the lines of a stream, without holding more than one.

    A line that is too long, or not in the encoding of the others, is told to `problem` and left
    out.

    Raises
    ------
    InputError
        The stream is damaged, or no text.
    """
    sample = stream.peek(_SAMPLE)[:_SAMPLE]
    encoding, guessed = detect_sample(sample, where)
    if guessed:
        notice(f"{where}: read as {encoding}, as it is not UTF-8")
    old_mac = b"\r" in sample and b"\n" not in sample
    if encoding in _WIDE or old_mac:
        newline = None if old_mac else "\n"
        stream = io.BufferedReader(_Narrow(stream, encoding, newline), _SAMPLE)
        encoding = "utf-8-sig"
    number = 0
    while raw := stream.readline(MAX_RECORD_BYTES + 1):
        number += 1
        if len(raw) > MAX_RECORD_BYTES:
            while raw and not raw.endswith(b"\n"):
                raw = stream.readline(MAX_RECORD_BYTES)
            problem(InputError(f"{where}, line {number}: larger than {MAX_RECORD_BYTES >> 20} MB"))
            continue
        try:
            text = raw.decode("utf-8" if number > 1 and encoding == "utf-8-sig" else encoding)
        except UnicodeDecodeError as error:
            problem(
                InputError(
                    f"{where}, line {number}: byte {error.start} of it is not valid {encoding}"
                )
            )
            continue
        yield Line(number, text)


class _Narrow(io.RawIOBase):
    """A text as UTF-8, in which lines can be found by their bytes."""

    def __init__(self, stream: io.BufferedReader, encoding: str, newline: str | None) -> None:
        self._text = io.TextIOWrapper(stream, encoding, errors="replace", newline=newline)
        self._rest = b""

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: object) -> int:
        view = memoryview(buffer).cast("B")  # type: ignore[arg-type]
        if not self._rest:
            self._rest = self._text.read(len(view) // 4 + 1).encode("utf-8", "replace")
        data, self._rest = self._rest[: len(view)], self._rest[len(view) :]
        view[: len(data)] = data
        return len(data)
