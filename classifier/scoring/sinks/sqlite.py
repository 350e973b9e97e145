"""SQLite: documents, sentences, predictions and the run, with full-text search and views."""

from __future__ import annotations

import errno
import sqlite3
from contextlib import closing, contextmanager, suppress
from typing import TYPE_CHECKING, Any

import orjson

from classifier.scoring.sinks.rows import ABOUT, SCHEMA_VERSION, Shape, about, sentence_rows
from classifier.version import __version__

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator
    from pathlib import Path

    from classifier.scoring.results import Result

_DOCUMENTS = """
CREATE TABLE documents (
  id INTEGER PRIMARY KEY,
  document TEXT NOT NULL, source TEXT, title TEXT, date TEXT, author TEXT, outlet TEXT, url TEXT,
  language TEXT, sentences INTEGER, signals INTEGER, signal_share REAL
);
CREATE TABLE profiles (
  document_id INTEGER NOT NULL REFERENCES documents (id),
  label TEXT NOT NULL, count INTEGER, strongest INTEGER, strongest_probability REAL,
  PRIMARY KEY (document_id, label)
) WITHOUT ROWID;
"""
_SENTENCES = """
CREATE TABLE sentences (
  id INTEGER PRIMARY KEY,
  document_id INTEGER NOT NULL REFERENCES documents (id),
  position INTEGER NOT NULL, start INTEGER NOT NULL, "end" INTEGER NOT NULL, text TEXT NOT NULL
);
CREATE TABLE predictions (
  sentence_id INTEGER NOT NULL REFERENCES sentences (id),
  label TEXT NOT NULL, probability REAL NOT NULL,
  decision INTEGER NOT NULL, uncertain INTEGER NOT NULL, terms TEXT,
  PRIMARY KEY (sentence_id, label)
) WITHOUT ROWID;
"""
_RUN = """
CREATE TABLE run (
  schema INTEGER, esc TEXT, model TEXT, fingerprint TEXT, labels TEXT, thresholds TEXT,
  finished TEXT
);
"""
_INDICES = """
CREATE INDEX documents_date ON documents (date);
CREATE INDEX documents_outlet ON documents (outlet);
CREATE INDEX profiles_label ON profiles (label, count);
"""
_SENTENCE_INDICES = """
CREATE INDEX sentences_document ON sentences (document_id, position);
CREATE INDEX predictions_label ON predictions (label, decision, probability);
CREATE INDEX predictions_uncertain ON predictions (label) WHERE uncertain;
"""
# Datasette offers a search where it finds the content table in these quotation marks.
_SEARCH = """
CREATE VIRTUAL TABLE sentences_fts USING FTS5 (text, content="sentences", content_rowid="id");
INSERT INTO sentences_fts (sentences_fts) VALUES ('rebuild');
"""
_VIEWS = """
CREATE VIEW signals AS
SELECT p.label, round(p.probability, 3) AS probability, d.date, d.outlet, d.title, s.text, d.url,
  d.document, s.position, s.id AS sentence_id
FROM predictions p JOIN sentences s ON s.id = p.sentence_id JOIN documents d ON d.id = s.document_id
WHERE p.decision;
CREATE VIEW to_review AS
SELECT p.label, round(p.probability, 3) AS probability, p.decision, d.date, d.outlet, d.title,
  s.text, d.url, d.document, s.position, s.id AS sentence_id
FROM predictions p JOIN sentences s ON s.id = p.sentence_id JOIN documents d ON d.id = s.document_id
WHERE p.uncertain;
"""
_DOCUMENT_VIEW = """
CREATE VIEW signals_by_document AS
SELECT d.document, d.date, d.outlet, d.title, p.label, p.count, p.strongest,
  round(p.strongest_probability, 3) AS strongest_probability, d.sentences, d.url
FROM profiles p JOIN documents d ON d.id = p.document_id WHERE p.count;
CREATE VIEW signals_by_day AS
SELECT substr(d.date, 1, 10) AS day, p.label, sum(p.count) AS sentences, count(*) AS documents
FROM profiles p JOIN documents d ON d.id = p.document_id
WHERE p.count AND d.date != '' GROUP BY day, p.label;
"""


class SqliteSink:
    """An SQLite file.

    Parameters
    ----------
    shape : Shape
    """

    def __init__(self, shape: Shape) -> None:
        self._shape = shape
        self._tables = _DOCUMENTS + ("" if shape.documents else _SENTENCES)

    @contextmanager
    def part(self, path: Path) -> Iterator[Callable[[Result], None]]:
        """Open a part; yield the function that adds a document to it."""
        path.unlink(missing_ok=True)
        with _open(path) as database:
            database.executescript(self._tables)
            n_documents = n_sentences = 0

            def add(result: Result) -> None:
                nonlocal n_documents, n_sentences
                with _disk_errors():
                    self._add_document(database, n_documents, result)
                    if not self._shape.documents:
                        self._add_sentences(database, n_documents, n_sentences, result)
                n_documents += 1
                n_sentences += len(result.scored)

            yield add

    def _add_document(self, database: sqlite3.Connection, number: int, result: Result) -> None:
        profile = result.profile(self._shape.labels)
        known = about(result.document)
        database.execute(
            f"INSERT INTO documents VALUES ({', '.join('?' * 12)})",  # noqa: S608
            (
                number,
                *(known[name] for name in ABOUT),
                *(profile[name] for name in ("sentences", "signals", "signal_share")),
            ),
        )
        rows = []
        for label, found in profile["labels"].items():
            strongest = found["strongest"] or {"index": None, "probability": None}
            rows.append(
                (number, label, found["count"], strongest["index"], strongest["probability"])
            )
        database.executemany("INSERT INTO profiles VALUES (?, ?, ?, ?, ?)", rows)

    def _add_sentences(
        self, database: sqlite3.Connection, document: int, first: int, result: Result
    ) -> None:
        shape = self._shape
        sentences, predictions = [], []
        rows = sentence_rows(result, shape.model, shape.labels, shape.terms)
        for number, row in enumerate(rows, first):
            sentences.append(
                (number, document, row["index"], row["start"], row["end"], row["text"])
            )
            for label, probability in row["probabilities"].items():
                terms = row["terms"].get(label) if shape.terms else None
                predictions.append(
                    (
                        number,
                        label,
                        probability,
                        label in row["decisions"],
                        label in row["uncertain"],
                        orjson.dumps(terms).decode() if terms else None,
                    )
                )
        database.executemany("INSERT INTO sentences VALUES (?, ?, ?, ?, ?, ?)", sentences)
        database.executemany("INSERT INTO predictions VALUES (?, ?, ?, ?, ?, ?)", predictions)

    def assemble(self, parts: Iterable[Path], target: Path) -> None:
        """Put parts together, in their order, as the whole file."""
        target.unlink(missing_ok=True)
        sentences = not self._shape.documents
        with _open(target) as database, _disk_errors():
            database.executescript(self._tables + _RUN)
            n_documents = n_sentences = 0
            for path in parts:
                database.execute("ATTACH ? AS part", (str(path),))
                self._copy(database, "documents", "id + ?", n_documents)
                self._copy(database, "profiles", "document_id + ?", n_documents)
                if sentences:
                    database.execute(
                        "INSERT INTO main.sentences SELECT id + ?, document_id + ?, position, "
                        'start, "end", text FROM part.sentences ORDER BY id',
                        (n_sentences, n_documents),
                    )
                    self._copy(database, "predictions", "sentence_id + ?", n_sentences)
                    n_sentences += _count(database, "part.sentences")
                n_documents += _count(database, "part.documents")
                database.commit()
                database.execute("DETACH part")
            self._finish(database, sentences=sentences)

    def _copy(self, database: sqlite3.Connection, table: str, key: str, offset: int) -> None:
        names = [row[1] for row in database.execute(f"PRAGMA part.table_info({table})")]
        rest = ", ".join(names[1:])
        database.execute(
            f"INSERT INTO main.{table} SELECT {key}, {rest} FROM part.{table} ORDER BY 1",  # noqa: S608
            (offset,),
        )

    def _finish(self, database: sqlite3.Connection, *, sentences: bool) -> None:
        database.executescript(_INDICES + _DOCUMENT_VIEW)
        if sentences:
            database.executescript(_SENTENCE_INDICES + _VIEWS)
            # An interpreter may come with an SQLite that has no full-text search.
            with suppress(sqlite3.OperationalError):
                database.execute("CREATE VIRTUAL TABLE temp.probe USING fts5 (x)")
                database.executescript(_SEARCH)
        model = self._shape.model
        thresholds = dict(zip(model.labels.names, model.thresholds, strict=False))
        database.execute(
            "INSERT INTO run VALUES (?, ?, ?, ?, ?, ?, strftime('%Y-%m-%dT%H:%M:%SZ', 'now'))",
            (
                SCHEMA_VERSION,
                __version__,
                model.name,
                model.fingerprint,
                orjson.dumps(self._shape.labels).decode(),
                orjson.dumps(thresholds).decode(),
            ),
        )
        database.commit()


def _count(database: sqlite3.Connection, table: str) -> int:
    [[count]] = database.execute(f"SELECT count(*) FROM {table}")  # noqa: S608
    return int(count)


@contextmanager
def _open(path: Path) -> Iterator[Any]:
    # Files appear under their name when they are whole, so no journal has to protect them.
    with _disk_errors(), closing(sqlite3.connect(path)) as database:
        database.execute("PRAGMA journal_mode = OFF")
        database.execute("PRAGMA synchronous = OFF")
        yield database
        database.commit()


@contextmanager
def _disk_errors() -> Iterator[None]:
    try:
        yield
    except sqlite3.OperationalError as error:
        full = "full" in str(error) or "disk I/O" in str(error)
        raise OSError(errno.ENOSPC if full else errno.EIO, f"SQLite: {error}") from error
