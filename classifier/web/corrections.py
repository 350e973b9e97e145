"""Sentences whose labels a reader called wrong, with the right ones: a file of labelled lines."""

from __future__ import annotations

import os
import uuid
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from pathlib import Path

import orjson

from classifier.errors import UsageError

FILE = "corrections.jsonl"
ORIGIN = "correction"


def add_correction(
    folder: Path,
    *,
    text: str,
    labels: Sequence[str],
    document: str,
    position: int,
    context: Sequence[str] = (),
    title: str = "",
    annotator: str = "",
    comment: str = "",
    model: str = "",
    probabilities: Mapping[str, float] | None = None,
) -> str:
    """Append a corrected sentence, on the disk before this returns; return its id.

    The line is one that ``esc corpus check`` and ``esc train`` read; what they do not know
    (``context``, ``title``, ``comment``, ``model``, ``probabilities``) they leave alone.

    Raises
    ------
    UsageError
        The file cannot be written.
    """
    found = f"{ORIGIN}-{uuid.uuid4().hex}"
    row = {
        "id": found,
        "document": document,
        "position": position,
        "text": text,
        "labels": list(labels),
        "annotator": annotator,
        "origin": ORIGIN,
        "date": datetime.now(UTC).date().isoformat(),
        "context": list(context),
        "title": title,
        "comment": comment,
        "model": model,
        "probabilities": dict(probabilities or {}),
    }
    path = folder / FILE
    line = orjson.dumps(row, option=orjson.OPT_APPEND_NEWLINE)
    try:
        handle = os.open(path, os.O_RDWR | os.O_APPEND | os.O_CREAT, 0o600)
        try:
            # After a crash in the middle of a line the next one must not become part of it.
            size = os.fstat(handle).st_size
            if size and os.pread(handle, 1, size - 1) != b"\n":
                line = b"\n" + line
            os.write(handle, line)
            os.fsync(handle)
        finally:
            os.close(handle)
    except OSError as error:
        raise UsageError(f"{path}: cannot be written: {error.strerror or error}") from error
    return found
