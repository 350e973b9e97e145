"""Parquet, written in row groups of bounded size."""

from __future__ import annotations

from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

import orjson

from classifier.errors import UsageError
from classifier.scoring.sinks.rows import SCHEMA_VERSION, Shape

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator
    from pathlib import Path

    from classifier.scoring.results import Result

# What is held in memory until it is written: of a part, and of a row group of the whole.
PART_ROWS, PART_BYTES = 4_096, 8 << 20
GROUP_ROWS, GROUP_BYTES = 1 << 14, 16 << 20


class ParquetSink:
    """A Parquet file.

    Parameters
    ----------
    shape : Shape

    Raises
    ------
    UsageError
        pyarrow is not installed.
    """

    def __init__(self, shape: Shape) -> None:
        try:
            import pyarrow as pa
            import pyarrow.json as pj
            import pyarrow.parquet as pq
        except ImportError as error:
            raise UsageError(
                "writing Parquet needs pyarrow; pip install 'escalation-classifier[ingest]'"
            ) from error
        self._pa, self._json, self._pq, self._shape = pa, pj, pq, shape
        term = [("term", pa.string()), ("kind", pa.string()), ("weight", pa.float64())]
        types = {
            "text": pa.string(),
            "count": pa.int64(),
            "share": pa.float64(),
            "flag": pa.bool_(),
            "terms": pa.list_(pa.struct(term)),
        }
        # Sentences and probabilities hardly repeat: a dictionary of them is only in the way.
        self._repeated = [
            name for name, kind in shape.columns().items() if kind == "text" and name != "text"
        ]
        self.schema = pa.schema(
            [(name, types[kind]) for name, kind in shape.columns().items()],
            metadata={
                "esc.schema": str(SCHEMA_VERSION),
                "esc.rows": "documents" if shape.documents else "sentences",
                "esc.model": shape.model.name,
                "esc.fingerprint": shape.model.fingerprint,
            },
        )

    def _writer(self, path: Path, compression: str) -> Any:
        return self._pq.ParquetWriter(
            path, self.schema, compression=compression, use_dictionary=self._repeated
        )

    @contextmanager
    def part(self, path: Path) -> Iterator[Callable[[Result], None]]:
        """Open a part; yield the function that adds a document to it."""
        waiting: list[bytes] = []
        n_bytes = 0
        with self._writer(path, "snappy") as writer:

            def add(result: Result) -> None:
                nonlocal n_bytes
                for row in self._shape.flat(result):
                    line = orjson.dumps(row, option=orjson.OPT_APPEND_NEWLINE)
                    waiting.append(line)
                    n_bytes += len(line)
                    if len(waiting) >= PART_ROWS or n_bytes >= PART_BYTES:
                        flush()

            def flush() -> None:
                nonlocal n_bytes
                writer.write_table(self._table(b"".join(waiting)))
                waiting.clear()
                n_bytes = 0

            yield add
            if waiting:
                flush()

    def _table(self, lines: bytes) -> Any:
        # Through JSON, which is faster than from Python's objects, and does not import pandas.
        found = self._json.read_json(
            self._pa.BufferReader(lines),
            self._json.ReadOptions(use_threads=False, block_size=len(lines) + 1),
            self._json.ParseOptions(explicit_schema=self.schema.remove_metadata()),
        )
        return found.select(self.schema.names).cast(self.schema)

    def assemble(self, parts: Iterable[Path], target: Path) -> None:
        """Put parts together, in their order, as the whole file."""
        waiting: list[Any] = []
        n_rows = n_bytes = 0
        with self._writer(target, "zstd") as writer:

            def flush() -> None:
                nonlocal n_rows, n_bytes
                table = self._pa.Table.from_batches(waiting, self.schema)
                writer.write_table(table, row_group_size=len(table))
                waiting.clear()
                n_rows = n_bytes = 0

            for path in parts:
                with self._pq.ParquetFile(path) as part:
                    for batch in part.iter_batches(PART_ROWS, use_threads=False):
                        waiting.append(batch)
                        # Not summed up anew: short parts are many.
                        n_rows += len(batch)
                        n_bytes += batch.nbytes
                        if n_rows >= GROUP_ROWS or n_bytes >= GROUP_BYTES:
                            flush()
            if waiting:
                flush()
