"""The SQLite file behind a store: opened, checked, and written to one transaction at a time."""

from __future__ import annotations

import sqlite3
import threading
from contextlib import contextmanager
from typing import TYPE_CHECKING

import orjson

from classifier.corpus.labels import label_set_json, parse_label_set
from classifier.errors import InputError, UsageError

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from classifier.schema import LabelSet

FORMAT = 1
# Of another program that holds the file.
_PATIENCE = 10.0
_SCHEMA = """
CREATE TABLE facts (name TEXT PRIMARY KEY, value TEXT NOT NULL);
CREATE TABLE items (
    number INTEGER PRIMARY KEY,
    id TEXT NOT NULL UNIQUE,
    document TEXT NOT NULL,
    position INTEGER NOT NULL,
    text TEXT NOT NULL,
    about TEXT NOT NULL
);
CREATE TABLE decisions (
    number INTEGER PRIMARY KEY AUTOINCREMENT,
    sentence TEXT NOT NULL REFERENCES items (id),
    track TEXT NOT NULL,
    annotator TEXT NOT NULL,
    session TEXT NOT NULL,
    at TEXT NOT NULL,
    kind TEXT NOT NULL CHECK (kind IN ('labels', 'skip', 'flag', 'undo')),
    labels TEXT NOT NULL,
    comment TEXT NOT NULL,
    how TEXT NOT NULL,
    suggested INTEGER NOT NULL,
    model TEXT NOT NULL,
    predicted TEXT NOT NULL,
    base INTEGER NOT NULL,
    UNIQUE (sentence, track, base)
);
CREATE TRIGGER decisions_stay BEFORE UPDATE ON decisions
BEGIN SELECT RAISE(ABORT, 'decisions are added, never changed'); END;
CREATE TRIGGER decisions_last BEFORE DELETE ON decisions
BEGIN SELECT RAISE(ABORT, 'decisions are added, never removed'); END;
"""


class Database:
    """One open file; safe to use from several threads.

    Parameters
    ----------
    path : Path
        Made if it is not there.
    labels : LabelSet, optional
        As in `classifier.labelling.store.Store`.
    """

    def __init__(self, path: Path, labels: LabelSet | None) -> None:
        self.path = path
        self.lock = threading.RLock()
        with self.told():
            path.parent.mkdir(parents=True, exist_ok=True)
            self.connection = sqlite3.connect(
                path, timeout=_PATIENCE, isolation_level=None, check_same_thread=False
            )
        try:
            with self.told():
                # FULL: a commit returns when the row is on the disk, not only with the system.
                for pragma in ("journal_mode = WAL", "synchronous = FULL", "foreign_keys = ON"):
                    self.connection.execute(f"PRAGMA {pragma}")
                with self.writing():
                    self.labels = self._prepare(labels)
        except BaseException:
            self.connection.close()
            raise

    def close(self) -> None:
        """Let go of the file."""
        with self.lock:
            self.connection.close()

    def _prepare(self, labels: LabelSet | None) -> LabelSet:
        tables = {name for (name,) in self.connection.execute("SELECT name FROM sqlite_master")}
        if "facts" not in tables:
            if tables:
                raise InputError(f"{self.path}: a database of something else than esc label")
            if labels is None:
                raise UsageError(f"{self.path}: a new store needs a label set")
            for statement in _statements(_SCHEMA):
                self.connection.execute(statement)
            self._put("format", str(FORMAT))
            self._put("labels", dump(label_set_json(labels)))
            return labels
        facts = dict(self.connection.execute("SELECT name, value FROM facts"))
        if facts.get("format") != str(FORMAT):
            raise InputError(
                f"{self.path}: format {facts.get('format')}, this version of esc reads "
                f"{FORMAT}; upgrade esc"
            )
        kept = parse_label_set(orjson.loads(facts["labels"]), f"{self.path}, label set")
        if labels is None or labels == kept:
            return kept
        gone = [name for name in kept.names if name not in labels]
        bare = self._bare() if labels.at_least_one and not kept.at_least_one else 0
        if gone or bare or labels.exclusive != kept.exclusive:
            what = (
                f"lacks {gone[0]!r}"
                if gone
                else f'says "at_least_one", and {bare} decisions gave no label'
                if bare
                else "is exclusive where it was not, or not"
            )
            raise UsageError(
                f"{self.path}: the label set {what}; labels were given under another one: "
                "take that, or begin a new store"
            )
        self._put("labels", dump(label_set_json(labels)))
        return labels

    def _bare(self) -> int:
        """Return how many decisions gave none of the labels."""
        asked = "SELECT COUNT(*) FROM decisions WHERE kind = 'labels' AND labels = '[]'"
        [(count,)] = self.connection.execute(asked)
        return int(count)

    def _put(self, name: str, value: str) -> None:
        self.connection.execute("INSERT OR REPLACE INTO facts VALUES (?, ?)", (name, value))

    @contextmanager
    def told(self) -> Iterator[None]:
        """Turn what SQLite complains of into an error for people."""
        try:
            yield
        except sqlite3.Error as error:
            raise InputError(
                f"{self.path}: {error}; nothing was written (is it a file of esc label, is the "
                "disk full, does another program hold it?)"
            ) from error
        except OSError as error:
            raise InputError(f"{self.path}: {error.strerror or error}") from error

    @contextmanager
    def writing(self) -> Iterator[None]:
        """Hold the file from the first look to the last row, so that nobody comes between."""
        with self.lock:
            self.connection.execute("BEGIN IMMEDIATE")
            try:
                yield
                self.connection.execute("COMMIT")
            except BaseException:
                if self.connection.in_transaction:
                    self.connection.execute("ROLLBACK")
                raise


def dump(value: object) -> str:
    """Return JSON text."""
    return orjson.dumps(value).decode()


def _statements(script: str) -> Iterator[str]:
    # Not `executescript`, which commits first.
    statement = ""
    for line in script.splitlines(keepends=True):
        statement += line
        if sqlite3.complete_statement(statement):
            yield statement
            statement = ""
