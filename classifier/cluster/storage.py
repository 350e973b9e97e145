"""Files here and in object stores, through fsspec."""

from __future__ import annotations

import os
import tempfile
import threading
from pathlib import Path
from typing import Any

from classifier.errors import UsageError


def open_filesystem(url: str) -> tuple[Any, str]:
    """Return the file system of an address, and the path in it.

    Raises
    ------
    UsageError
        fsspec, or what it needs for this protocol, is not installed.
    """
    try:
        import fsspec
    except ImportError as error:
        raise UsageError(
            "--cluster needs fsspec; pip install 'escalation-classifier[cluster]'"
        ) from error
    try:
        filesystem, path = fsspec.core.url_to_fs(url)
    except (ImportError, ValueError) as error:
        raise UsageError(f"{url}: {error}") from error
    return filesystem, path.rstrip("/")


def upload(filesystem: Any, made: Path, place: str) -> None:
    """Put a file in its place in one step; an object store does nothing else."""
    filesystem.makedirs(place.rpartition("/")[0], exist_ok=True)
    if "file" not in filesystem.protocol:
        filesystem.put_file(str(made), place)
        return
    near = Path(f"{place}.{os.getpid()}.{threading.get_ident()}.tmp")
    near = near.with_name("." + near.name)
    try:
        filesystem.put_file(str(made), str(near))
        near.replace(place)
    finally:
        near.unlink(missing_ok=True)


def put(filesystem: Any, place: str, data: bytes) -> None:
    """Write a small file in one step."""
    with tempfile.TemporaryDirectory(prefix="esc-") as scratch:
        made = Path(scratch) / "made"
        made.write_bytes(data)
        upload(filesystem, made, place)
