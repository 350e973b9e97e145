"""Streams of bytes: files and packed files, opened by content and read within bounds."""

from __future__ import annotations

import bz2
import gzip
import io
import lzma
import sys
import zlib
from importlib import import_module
from pathlib import Path
from typing import TYPE_CHECKING, Any, BinaryIO, cast

from classifier.errors import InputError

if TYPE_CHECKING:
    from collections.abc import Callable

    from _typeshed import WriteableBuffer

# A dictionary of xz or zstd may be stated larger than any memory; preset 9 of xz needs 65 MB.
_PACKED_MEMORY = 256 << 20
_CHUNK = 1 << 16


class Unpacked(io.RawIOBase):
    """What a packed stream holds; damage is an `InputError` that names the file."""

    def __init__(
        self,
        read: Callable[[int], bytes],
        packed: io.BufferedReader,
        where: str,
        damage: tuple[Any, ...],
    ) -> None:
        self._read, self._packed, self._where, self._damage = read, packed, where, damage

    def close(self) -> None:
        """Close the packed stream too, unless it is standard input."""
        if not self.closed and self._packed is not sys.stdin.buffer:
            self._packed.close()
        super().close()

    def tell(self) -> int:
        """How far the packed stream has been read, in bytes."""
        return place_of(self._packed)

    def readable(self) -> bool:
        """Whether the stream can be read: always."""
        return True

    def readinto(self, buffer: WriteableBuffer) -> int:
        """Read into a buffer, as `io.RawIOBase` wants it."""
        view = memoryview(buffer).cast("B")
        try:
            data = self._read(len(view))
        except self._damage as error:
            raise InputError(
                f"{self._where}: damaged or cut short: {error or type(error).__name__}"
            ) from error
        view[: len(data)] = data
        return len(data)


class Watched(io.RawIOBase):
    """A stream that calls a function before each piece that is read of it; it may raise."""

    def __init__(self, stream: io.BufferedReader, watch: Callable[[], object]) -> None:
        self._stream, self._watch = stream, watch

    def readable(self) -> bool:
        """Whether the stream can be read: always."""
        return True

    def readinto(self, buffer: WriteableBuffer) -> int:
        """Read into a buffer, as `io.RawIOBase` wants it."""
        self._watch()
        return self._stream.readinto1(buffer)


def watched(stream: io.BufferedReader, watch: Callable[[], object]) -> io.BufferedReader:
    """Return a stream of the same bytes that calls a function now and then."""
    return _buffered(Watched(stream, watch))


def open_source(name: str) -> io.BufferedReader:
    """Open a file, or standard input for ``-``, and unpack gzip, bzip2, xz or Zstandard.

    Raises
    ------
    InputError
        The file is missing or unreadable.
    """
    where = label(name)
    if name == "-":
        return unpack(cast("io.BufferedReader", sys.stdin.buffer), where)
    path = Path(name)
    try:
        if path.is_dir():
            raise InputError(f"{where}: is a directory, expected a file")
        return unpack(path.open("rb"), where)
    except (OSError, ValueError) as error:
        raise InputError(
            f"{where}: cannot be read: {getattr(error, 'strerror', None) or error}"
        ) from error


def unpack(stream: io.BufferedReader | io.BytesIO, where: str) -> io.BufferedReader:
    """Return what a stream holds, unpacked if it begins as a packed file does."""
    plain = stream if isinstance(stream, io.BufferedReader) else _buffered(stream)
    head = _peek(plain, where)
    if head.startswith(b"\x1f\x8b"):
        damage: tuple[Any, ...] = (OSError, EOFError, zlib.error)
        return _unpacked(gzip.GzipFile(fileobj=plain).read1, plain, where, damage)
    if head.startswith(b"BZh"):
        return _unpacked(bz2.BZ2File(plain).read1, plain, where, (OSError, EOFError))
    if head.startswith(b"\xfd7zXZ\0"):
        return _xz(plain, where)
    if head.startswith(b"\x28\xb5\x2f\xfd"):
        return _zstd(plain, where)
    return plain


def read_all(stream: BinaryIO, where: str, limit: int) -> bytes:
    """Read the rest of a stream.

    Raises
    ------
    InputError
        It cannot be read, or there are more than `limit` bytes.
    """
    try:
        data = stream.read(limit + 1)
    except OSError as error:
        raise InputError(f"{where}: cannot be read: {error.strerror or error}") from error
    if len(data) > limit:
        raise InputError(f"{where}: larger than {limit >> 20} MB; split it")
    return data


def place_of(stream: io.BufferedReader) -> int:
    """Return how far the file under a stream has been read, in bytes; 0 for a pipe."""
    try:
        return stream.raw.tell()
    except (OSError, ValueError):
        return 0


def label(name: str) -> str:
    """Return what messages call an input."""
    return "standard input" if name == "-" else name


def _peek(stream: io.BufferedReader, where: str) -> bytes:
    try:
        return stream.peek(6)
    except OSError as error:
        raise InputError(f"{where}: cannot be read: {error.strerror or error}") from error


def _buffered(raw: Any) -> io.BufferedReader:
    return io.BufferedReader(raw, _CHUNK)


def _unpacked(
    read: Callable[[int], bytes], packed: io.BufferedReader, where: str, damage: tuple[Any, ...]
) -> io.BufferedReader:
    return _buffered(Unpacked(read, packed, where, damage))


class _Parts:
    """A packed stream of one or more parts, which must all be whole.

    `lzma.open` and `zstd.open` know no limit of memory, so their decompressors are used themselves.
    """

    def __init__(self, stream: io.BufferedReader, new: Callable[[], Any]) -> None:
        self._stream, self._new = stream, new
        self._part = new()

    def read(self, size: int) -> bytes:
        while True:
            if self._part.eof:
                # Parts of xz may be padded with zero bytes.
                rest = (self._part.unused_data or self._stream.read(_CHUNK)).lstrip(b"\0")
                if not rest:
                    return b""
                self._part = self._new()
                data: bytes = self._part.decompress(rest, size)
            else:
                more = self._stream.read(_CHUNK) if self._part.needs_input else b""
                if self._part.needs_input and not more:
                    raise EOFError("the end is missing")
                data = self._part.decompress(more, size)
            if data:
                return data


def _xz(stream: io.BufferedReader, where: str) -> io.BufferedReader:
    def new() -> lzma.LZMADecompressor:
        return lzma.LZMADecompressor(lzma.FORMAT_XZ, memlimit=_PACKED_MEMORY)

    return _unpacked(_Parts(stream, new).read, stream, where, (OSError, EOFError, lzma.LZMAError))


def _zstd(stream: io.BufferedReader, where: str) -> io.BufferedReader:
    try:
        zstd: Any = import_module(
            "compression.zstd" if sys.version_info >= (3, 14) else "backports.zstd"
        )
    except ImportError as error:
        raise InputError(missing(where, "a Zstandard file", "backports.zstd")) from error
    options = {zstd.DecompressionParameter.window_log_max: _PACKED_MEMORY.bit_length() - 1}

    def new() -> Any:
        return zstd.ZstdDecompressor(options=options)

    return _unpacked(_Parts(stream, new).read, stream, where, (OSError, EOFError, zstd.ZstdError))


def missing(where: str, what: str, library: str) -> str:
    """Say that a library is not installed, and how to have it."""
    return f"{where}: reading {what} needs {library}; pip install 'escalation-classifier[ingest]'"
