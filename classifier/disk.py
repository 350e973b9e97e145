"""Files: bounded reading, atomic writing, checksums."""

from __future__ import annotations

import hashlib
import os
from contextlib import suppress
from pathlib import Path

from classifier.errors import InputError, UsageError

MAX_FILE_BYTES = 1 << 30


def read_bytes(path: Path, limit: int = MAX_FILE_BYTES) -> bytes:
    """Read a regular file of at most `limit` bytes.

    Raises
    ------
    InputError
        The file is missing, unreadable, no regular file, or larger than `limit`.
    """
    try:
        if path.is_dir():
            raise InputError(f"{path}: is a directory, expected a file")
        with path.open("rb") as stream:
            size = os.fstat(stream.fileno()).st_size
            data = stream.read(limit + 1) if size <= limit else b""
    except OSError as error:
        raise InputError(f"{path}: cannot be read: {error.strerror or error}") from error
    if size > limit or len(data) > limit:
        raise InputError(f"{path}: larger than {limit:,} bytes; split the file")
    return data


def decode(data: bytes, where: object) -> str:
    """Decode UTF-8 (with or without a byte order mark) or UTF-16 with one.

    Raises
    ------
    InputError
        Some bytes are not valid; the message names the first and its line.
    """
    encoding = "utf-16" if data[:2] in (b"\xff\xfe", b"\xfe\xff") else "utf-8-sig"
    try:
        return data.decode(encoding)
    except UnicodeDecodeError as error:
        # The codec counts from behind a UTF-8 byte order mark.
        place = error.start + len(data) - len(error.object)
        line = data[:place].decode(encoding, "ignore").count("\n") + 1
        raise InputError(
            f"{where}, line {line}: byte {place} is not valid "
            f"{encoding.removesuffix('-sig').upper()}; save the file as UTF-8"
        ) from error


def sha256(data: bytes) -> str:
    """Hexadecimal SHA-256 of some bytes."""
    return hashlib.sha256(data).hexdigest()


def write_atomic(path: Path, data: bytes) -> None:
    """Write a file so that it is there whole or not at all.

    Raises
    ------
    UsageError
        The place cannot be written, or is a folder, a device or a pipe.
    """
    import tempfile  # not for those who only read

    try:
        if path.exists() and not (path.is_file() or path.is_dir()):  # a folder says so itself
            raise UsageError(f"{path}: is a device or a pipe, expected a file or a new name")
        path.parent.mkdir(parents=True, exist_ok=True)
        handle, name = tempfile.mkstemp(dir=path.parent, prefix=f".{path.name}.")
    except OSError as error:
        raise UsageError(f"{path}: cannot be written: {error.strerror or error}") from error
    try:
        with os.fdopen(handle, "wb") as stream:
            stream.write(data)
            stream.flush()
            os.fsync(stream.fileno())
        Path(name).chmod(0o666 & ~_umask())
        Path(name).replace(path)
    except OSError as error:
        raise UsageError(f"{path}: cannot be written: {error.strerror or error}") from error
    finally:
        with suppress(FileNotFoundError):
            Path(name).unlink()


def _umask() -> int:
    mask = os.umask(0)
    os.umask(mask)
    return mask
