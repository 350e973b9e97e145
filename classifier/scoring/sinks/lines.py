"""JSONL, JSON and CSV: to a stream as results come, or to a file in parts."""

from __future__ import annotations

import csv
import gzip
import io
import os
import shutil
import sys
from contextlib import contextmanager
from importlib import import_module
from typing import TYPE_CHECKING, Any, BinaryIO

import orjson

from classifier.errors import UsageError
from classifier.scoring.sinks.rows import SCHEMA_VERSION, Shape, document_row, sentence_rows

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator
    from pathlib import Path

    from classifier.scoring.results import Result

_LINE = orjson.OPT_APPEND_NEWLINE


def jsonl(results: Iterable[Result], shape: Shape) -> Iterator[bytes]:
    """Yield lines of JSON, one a sentence or one a document."""
    for result in results:
        for row in shape.rows(result):
            yield orjson.dumps(row, option=_LINE)


def json(results: Iterable[Result], shape: Shape) -> Iterator[bytes]:
    """Yield one JSON value: the model, and the documents with (or without) their sentences."""
    yield _json_head(shape)
    for number, result in enumerate(results):
        yield (b",\n" if number else b"\n") + _json_document(result, shape)
    yield b"\n]}\n"


def csv_lines(results: Iterable[Result], shape: Shape) -> Iterator[bytes]:
    """Yield CSV: a probability and 0/1 columns for each label; nothing for no results."""
    table = _Csv(shape)
    head = table.head()
    for result in results:
        rows = table.rows(result)
        if rows:
            yield head + rows
            head = b""


FORMATS = {"jsonl": jsonl, "json": json, "csv": csv_lines}


def _json_head(shape: Shape) -> bytes:
    model = shape.model
    head = {
        "schema": SCHEMA_VERSION,
        "model": model.name,
        "fingerprint": model.fingerprint,
        "labels": list(shape.labels),
        "thresholds": dict(zip(model.labels.names, model.thresholds, strict=False)),
        **({"at_least_one": True} if model.labels.at_least_one else {}),
    }
    return orjson.dumps(head)[:-1] + b',"documents":['


def _json_document(result: Result, shape: Shape) -> bytes:
    row = document_row(result, shape.model, shape.labels)
    if not shape.documents:
        row["predictions"] = list(sentence_rows(result, shape.model, shape.labels, shape.terms))
    return orjson.dumps(row)


class _Csv:
    def __init__(self, shape: Shape) -> None:
        self._shape, self._buffer = shape, io.StringIO()
        self._names = list(shape.columns())
        # Flat rows have their values in the order of the columns.
        self._writer = csv.writer(self._buffer, lineterminator="\n")

    def head(self) -> bytes:
        self._writer.writerow(self._names)
        return self._taken()

    def rows(self, result: Result) -> bytes:
        for row in self._shape.flat(result):
            self._writer.writerow(map(_cell, row.values()))
        return self._taken()

    def _taken(self) -> bytes:
        data = self._buffer.getvalue().encode()
        self._buffer.seek(0)
        self._buffer.truncate()
        return data


def _cell(value: Any) -> Any:
    if isinstance(value, bool):
        return int(value)
    if isinstance(value, float):
        return f"{value:.6f}"
    if isinstance(value, list):
        return "; ".join(f"{t['term']} {t['weight']:+.3f}" for t in value)
    return value


class LineSink:
    """A file of JSONL, JSON or CSV, plain or packed.

    Parameters
    ----------
    shape : Shape
    form : str
        ``jsonl``, ``json`` or ``csv``.
    packing : str
        Empty, ``gz`` or ``zst``.

    Raises
    ------
    UsageError
        Zstandard is wanted and not installed.
    """

    def __init__(self, shape: Shape, form: str, packing: str = "") -> None:
        self._shape, self._form, self._packing = shape, form, packing
        self._zstd = _zstd() if packing == "zst" else None

    @contextmanager
    def part(self, path: Path) -> Iterator[Callable[[Result], None]]:
        """Open a part; yield the function that adds a document to it."""
        encode = self._encoder()
        with path.open("wb") as raw:
            # Members of gzip may follow each other; so it is the workers that pack. Frames of
            # Zstandard may too, but some readers silently stop at the first.
            if self._packing == "gz":
                with gzip.GzipFile("", "wb", 6, raw, mtime=0) as packed:
                    yield lambda result: packed.writelines(encode(result))
            else:
                yield lambda result: raw.writelines(encode(result))

    def assemble(self, parts: Iterable[Path], target: Path) -> None:
        """Put parts together, in their order, as the whole file."""
        with target.open("wb") as raw:
            if self._zstd is not None:
                with self._zstd.ZstdFile(raw, "w", level=3) as packed:
                    self._fill(packed, parts)
            else:
                self._fill(raw, parts)
                if self._form == "json":
                    self._end_json(raw)

    def _fill(self, stream: BinaryIO, parts: Iterable[Path]) -> None:
        head = self._head()
        if head and self._packing == "gz":
            head = gzip.compress(head, 6, mtime=0)
        stream.write(head)
        for path in parts:
            with path.open("rb") as part:
                shutil.copyfileobj(part, stream, 1 << 18)

    def _head(self) -> bytes:
        if self._form == "csv":
            return _Csv(self._shape).head()
        return _json_head(self._shape) + b"\n" if self._form == "json" else b""

    def _encoder(self) -> Callable[[Result], Iterable[bytes]]:
        shape = self._shape
        if self._form == "csv":
            table = _Csv(shape)
            return lambda result: (table.rows(result),)
        if self._form == "json":
            return lambda result: (_json_document(result, shape), b",\n")
        return lambda result: jsonl([result], shape)

    def _end_json(self, stream: BinaryIO) -> None:
        # Each document ends with a comma and a line break, the last one in vain.
        end = stream.seek(0, os.SEEK_END)
        stream.seek(end - (2 if end > len(self._head()) else 1))
        stream.truncate()
        stream.write(b"\n]}\n")


def _zstd() -> Any:
    try:
        return import_module(
            "compression.zstd" if sys.version_info >= (3, 14) else "backports.zstd"
        )
    except ImportError as error:
        raise UsageError(
            "writing Zstandard needs backports.zstd; pip install 'escalation-classifier[ingest]'"
        ) from error
