"""The texts that were read, kept so that an offset into a PDF or a page means something."""

from __future__ import annotations

import os
import tempfile
from contextlib import suppress
from pathlib import Path
from typing import TYPE_CHECKING

import orjson

from classifier.errors import UsageError

if TYPE_CHECKING:
    from collections.abc import Iterator

    from classifier.schema import Document


def keeping(documents: Iterator[Document], path: Path) -> Iterator[Document]:
    """Yield documents and write each as a line of JSON, which `read_documents` reads again.

    The file is there, whole, once all documents have been read; before that there is none.

    Raises
    ------
    UsageError
        The place cannot be written.
    """
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        handle, name = tempfile.mkstemp(dir=path.parent, prefix=f".{path.name}.")
    except OSError as error:
        raise UsageError(f"{path}: cannot be written: {error.strerror or error}") from error
    try:
        with os.fdopen(handle, "wb") as stream:
            for document in documents:
                _write(stream.write, kept_line(document), path)
                yield document
            _write(lambda _: stream.flush(), b"", path)
        umask = os.umask(0)
        os.umask(umask)
        Path(name).chmod(0o666 & ~umask)
        Path(name).replace(path)
    finally:
        with suppress(FileNotFoundError):
            Path(name).unlink()


def kept_line(document: Document) -> bytes:
    """Return a document as a line of JSON, which `read_documents` reads again."""
    row = {
        "id": document.id,
        "source": document.source,
        "title": document.title,
        "date": document.date,
        "author": document.author,
        "outlet": document.outlet,
        "url": document.url,
        "language": document.language,
        "text": document.text,
    }
    return orjson.dumps(row, option=orjson.OPT_APPEND_NEWLINE)


def _write(write: object, data: bytes, path: Path) -> None:
    try:
        write(data)  # type: ignore[operator]
    except OSError as error:
        raise UsageError(f"{path}: cannot be written: {error.strerror or error}") from error
