"""Where results go: a file, whose name says its format."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Protocol

from classifier.errors import UsageError

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable
    from contextlib import AbstractContextManager

    from classifier.scoring.results import Result
    from classifier.scoring.sinks.rows import Shape

SUFFIXES = {
    ".jsonl": "jsonl",
    ".ndjson": "jsonl",
    ".json": "json",
    ".csv": "csv",
    ".parquet": "parquet",
    ".sqlite": "sqlite",
    ".sqlite3": "sqlite",
    ".db": "sqlite",
}
PACKINGS = {".gz": "gz", ".zst": "zst", ".zstd": "zst"}
FILE_FORMATS = tuple(dict.fromkeys(SUFFIXES.values()))
_PACKABLE = ("jsonl", "csv")


class Sink(Protocol):
    """A file of results that is written in parts, which different processes may write."""

    def part(self, path: Path) -> AbstractContextManager[Callable[[Result], None]]:
        """Open a part; the context is the function that adds a document to it."""

    def assemble(self, parts: Iterable[Path], target: Path) -> None:
        """Put parts together, in their order, as the whole file."""


@dataclass(frozen=True)
class Target:
    """A file of results.

    Parameters
    ----------
    path : Path
    form : str
        One of `FILE_FORMATS`.
    packing : str
        Empty, ``gz`` or ``zst``.
    """

    path: Path
    form: str
    packing: str = ""

    @classmethod
    def parse(cls, name: str, form: str | None = None) -> Target:
        """Read the format off a name, unless it is given.

        Raises
        ------
        UsageError
            The name says no format, the format cannot be packed, or there is something in the
            place that is no file.

        Examples
        --------
        >>> Target.parse("out/news.jsonl.gz")
        Target(path=PosixPath('out/news.jsonl.gz'), form='jsonl', packing='gz')
        """
        path = Path(name)
        packing = PACKINGS.get(path.suffix.lower(), "")
        inner = path.with_suffix("") if packing else path
        chosen = form or SUFFIXES.get(inner.suffix.lower(), "")
        if chosen not in FILE_FORMATS:
            raise UsageError(
                f"--output {name}: expected a name that ends in {', '.join(SUFFIXES)}, or --format "
                f"{', '.join(FILE_FORMATS)}"
            )
        if packing and chosen not in _PACKABLE:
            raise UsageError(f"--output {name}: {chosen} is not packed; expected jsonl or csv")
        if path.is_dir():
            raise UsageError(f"--output {name}: is a folder, expected a file or a place for one")
        if path.exists() and not path.is_file():
            raise UsageError(f"--output {name}: is no regular file; for a pipe leave --output out")
        return cls(path, chosen, packing)

    def sink(self, shape: Shape) -> Sink:
        """Return what writes the file.

        Raises
        ------
        UsageError
            It needs a library that is not installed, or two columns would have one name.
        """
        if self.form == "parquet":
            from classifier.scoring.sinks.parquet import ParquetSink

            return ParquetSink(shape)
        if self.form == "sqlite":
            from classifier.scoring.sinks.sqlite import SqliteSink

            return SqliteSink(shape)
        from classifier.scoring.sinks.lines import LineSink

        return LineSink(shape, self.form, self.packing)
