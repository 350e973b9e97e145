"""Rows of CSV, TSV, JSON lines, JSON and Parquet, one document each."""

from __future__ import annotations

import csv
import tempfile
from collections import deque
from itertools import chain, islice
from typing import TYPE_CHECKING, Any, BinaryIO

import orjson

from classifier.errors import EscError, InputError
from classifier.text.columns import N_SEEN, Row, choose_columns
from classifier.text.encoding import decode
from classifier.text.lines import Line, read_lines
from classifier.text.settings import MAX_DOCUMENT_BYTES, MAX_RECORD_BYTES
from classifier.text.streams import missing, read_all

if TYPE_CHECKING:
    import io
    from collections.abc import Callable, Iterable, Iterator

    from classifier.schema import Document
    from classifier.text.settings import Reading

MAX_LINES_A_ROW = 5_000
MAX_SPOOLED_BYTES = 8 << 30
_SENTINEL = "\x1esentinel\x1e"


def read_table(
    kind: str,
    stream: io.BufferedReader,
    source: str,
    where: str,
    reading: Reading,
    problem: Callable[[EscError], None],
) -> Iterator[Document]:
    """Yield a document for each row of a table.

    Parameters
    ----------
    kind : str
        ``csv``, ``tsv``, ``jsonl``, ``json`` or ``parquet``.
    stream : io.BufferedReader
    source, where : str
        What documents and what messages call the table.
    reading : Reading
        Which columns to use.
    problem : callable
        Told of each row that cannot be used.

    Raises
    ------
    InputError
        The table cannot be read (any further).
    """
    if kind == "parquet":
        rows = _parquet(stream, where, reading)
    elif kind == "json":
        rows = _json(stream, where, reading.notice)
    else:
        lines = read_lines(stream, where, reading.notice, problem)
        rows = (
            _jsonl(lines, where, problem) if kind == "jsonl" else _csv(kind, lines, where, problem)
        )
    first = list(islice(rows, N_SEEN))
    if not first:
        raise InputError(f"{where}: no rows in it")
    columns = choose_columns([row for _, row in first], where, reading)
    for number, row in chain(first, rows):
        try:
            yield columns.document(row, f"{where}, row {number}", source, number)
        except EscError as error:
            problem(error)


def _jsonl(
    lines: Iterable[Line], where: str, problem: Callable[[EscError], None]
) -> Iterator[tuple[int, Row]]:
    for number, text in lines:
        if not text.strip():
            continue
        try:
            value = orjson.loads(text)
        except orjson.JSONDecodeError as error:
            problem(InputError(f"{where}, row {number}: not JSON: {error}"))
            continue
        if not isinstance(value, dict):
            found = type(value).__name__
            problem(InputError(f"{where}, row {number}: found {found}, expected a JSON object"))
            continue
        yield number, value


def _json(
    stream: io.BufferedReader, where: str, notice: Callable[[str], None]
) -> Iterator[tuple[int, Row]]:
    data = read_all(stream, where, MAX_DOCUMENT_BYTES)
    try:
        value = orjson.loads(decode(data, where, notice))
    except orjson.JSONDecodeError as error:
        raise InputError(f"{where}: not JSON: {error}; for JSON lines use .jsonl") from error
    if isinstance(value, dict):
        lists = [v for v in value.values() if isinstance(v, list) and any(map(_is_row, v))]
        value = max(lists, key=len) if lists else [value]
    if not isinstance(value, list) or not any(map(_is_row, value)):
        raise InputError(f"{where}: expected an array of JSON objects, or one with articles in it")
    yield from ((number, row) for number, row in enumerate(value, 1) if isinstance(row, dict))


def _is_row(value: Any) -> bool:
    return isinstance(value, dict)


def _csv(
    kind: str, lines: Iterable[Line], where: str, problem: Callable[[EscError], None]
) -> Iterator[tuple[int, Row]]:
    rows = _cells(kind, lines, where, problem)
    head = next(rows, None)
    if head is None:
        return
    names = [name.strip() for name in head[1]]
    if len(set(names)) < len(names):
        twice = next(name for n, name in enumerate(names) if name in names[:n])
        if twice:
            raise InputError(f"{where}: two columns called {twice!r}, expected each name once")
    for number, cells in rows:
        if len(cells) > len(names) and any(cells[len(names) :]):
            problem(
                InputError(
                    f"{where}, row {number}: {len(cells)} fields under {len(names)} columns; "
                    "is a quotation mark missing?"
                )
            )
            continue
        yield number, dict(zip(names, cells, strict=False))


def _cells(
    kind: str, lines: Iterable[Line], where: str, problem: Callable[[EscError], None]
) -> Iterator[tuple[int, list[str]]]:
    """Yield the fields of each row, with the number of its first line.

    A quotation that nobody closes costs its own line: the lines behind it are read again.
    """
    csv.field_size_limit(MAX_RECORD_BYTES)
    source = iter(lines)
    pending: deque[Line] = deque()
    separator = "\t" if kind == "tsv" else ""
    while True:
        line = pending.popleft() if pending else next(source, None)
        if line is None:
            return
        if "\0" in line.text:
            problem(InputError(f"{where}, row {line.number}: has a NUL character"))
            continue
        if not line.text.strip():
            continue
        separator = separator or _separator(line.text)
        chunk = [line]
        opens = line.text.count('"') % 2 and not _complete(line.text, separator)
        if opens and not _close(chunk, pending, source):
            pending.extendleft(reversed(chunk[1:]))
            problem(InputError(f"{where}, row {line.number}: a quotation in it never ends"))
            continue
        reader = csv.reader((one.text for one in chunk), delimiter=separator)
        try:
            begin = 0
            for cells in reader:
                if cells:
                    yield chunk[begin].number, cells
                begin = reader.line_num
        except csv.Error as error:
            problem(InputError(f"{where}, row {line.number}: {error}"))


def _close(chunk: list[Line], pending: deque[Line], source: Iterator[Line]) -> bool:
    """Add lines until the quotation that the first one opens is closed; tell if one did."""
    size = len(chunk[0].text)
    while len(chunk) < MAX_LINES_A_ROW and size <= MAX_RECORD_BYTES:
        line = pending.popleft() if pending else next(source, None)
        if line is None:
            return False
        chunk.append(line)
        size += len(line.text)
        if line.text.count('"') % 2:
            return True
    return False


def _complete(text: str, separator: str) -> bool:
    """Tell whether a line is a row of its own in spite of an odd quotation mark, as 5" guns have.

    Whether a line that follows would be a row of its own shows it.
    """
    try:
        return len(list(csv.reader([text, _SENTINEL], delimiter=separator))) == 2
    except csv.Error:
        return True


def _separator(head: str) -> str:
    counts = {mark: head.count(mark) for mark in ",;\t|"}
    best = max(counts, key=counts.__getitem__)
    return best if counts[best] else ","


def _parquet(stream: io.BufferedReader, where: str, reading: Reading) -> Iterator[tuple[int, Row]]:
    try:
        import pyarrow as pa
        import pyarrow.parquet as pq
    except ImportError as error:
        raise InputError(missing(where, "Parquet", "pyarrow")) from error
    with _seekable(stream, where) as file:
        try:
            table = pq.ParquetFile(file)
            number = 0
            # Arrays and images in other columns are never looked at, so they are not read.
            names = [
                field.name
                for field in table.schema_arrow
                if not pa.types.is_nested(field.type) and not pa.types.is_binary(field.type)
            ]
            asked = {reading.text_column, reading.id_column, reading.title_column}
            names += [n for n in table.schema_arrow.names if n in asked and n not in names]
            for batch in table.iter_batches(batch_size=256, columns=names, use_threads=False):
                for row in batch.to_pylist():
                    number += 1
                    yield number, row
        except (pa.ArrowException, OSError, ValueError) as error:
            said = " ".join(str(error).split())[:200]
            raise InputError(f"{where}: damaged, or no Parquet: {said}") from error


def _seekable(stream: io.BufferedReader, where: str) -> BinaryIO:
    if stream.seekable():
        return stream
    spooled: BinaryIO = tempfile.TemporaryFile()  # noqa: SIM115 (closed by the caller)
    left = MAX_SPOOLED_BYTES
    while data := stream.read(1 << 20):
        left -= len(data)
        if left < 0:
            raise InputError(f"{where}: larger than {MAX_SPOOLED_BYTES >> 30} GB; unpack it")
        spooled.write(data)
    spooled.seek(0)
    return spooled
