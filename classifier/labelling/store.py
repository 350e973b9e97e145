"""Where sentences and decisions are kept: one SQLite file, made for being pulled out of the wall.

Each decision is a row of its own that was written through to the disk before anything else
happens (write-ahead log, ``synchronous=FULL``). Rows are only added, which triggers hold, so that
nobody's work can be overwritten; what holds now is found by playing them back (`ledger`).
"""

from __future__ import annotations

from contextlib import contextmanager
from dataclasses import asdict, fields, replace
from datetime import UTC, datetime
from typing import TYPE_CHECKING

import orjson

from classifier.errors import EscError, InputError, UsageError
from classifier.labelling.database import Database, dump
from classifier.labelling.items import (
    HOWS,
    MAX_COMMENT,
    RESOLUTION,
    Decision,
    Item,
    check_annotator,
)
from classifier.labelling.ledger import Ledger

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence
    from pathlib import Path

    from classifier.schema import LabelSet

_FIELDS = tuple(field.name for field in fields(Decision))
_COLUMNS = ", ".join(_FIELDS)
_LISTS = ("labels", "predicted")  # as JSON

VIEW_CHANGED = "this view was changed in the meantime; nothing was settled: look at it again"


class ConflictError(EscError):
    """Somebody, or another window, has decided in the meantime; nothing was written."""


class Store:
    """Sentences to label and the log of decisions about them, in one file.

    Safe to use from several threads; several processes may have the same file open.

    Parameters
    ----------
    path : Path
        Made if it is not there.
    labels : LabelSet, optional
        Labels may be added to those that the file has, not taken away; those of the file if None.

    Raises
    ------
    InputError
        The file is no store, or one of a newer format.
    UsageError
        A new file without a label set, or one that does not fit the file's.
    """

    def __init__(self, path: Path, labels: LabelSet | None = None) -> None:
        self.path = path
        self._file = Database(path, labels)
        self._db = self._file.connection
        self._ledger = Ledger()

    @property
    def labels(self) -> LabelSet:
        """The label set that decisions are made under."""
        return self._file.labels

    def close(self) -> None:
        """Let go of the file."""
        self._file.close()

    def add(self, items: Iterable[Item]) -> int:
        """Add sentences that are not there yet; return how many were new.

        Raises
        ------
        InputError
            An id is there already with another text.
        """
        new = 0
        with self._file.told(), self._file.writing():
            for item in items:
                new += self._add(item)
        return new

    def _add(self, item: Item) -> int:
        row = self._db.execute("SELECT text FROM items WHERE id = ?", (item.id,)).fetchone()
        if row is not None:
            if row[0] != item.text:
                raise InputError(
                    f"{self.path}: sentence {item.id!r} is there with another text; give the "
                    "sentences ids of their own, or begin a new store"
                )
            return 0
        about = {
            "headline": item.headline,
            "before": item.before,
            "after": item.after,
            "fields": dict(item.fields),
        }
        self._db.execute(
            "INSERT INTO items (id, document, position, text, about) VALUES (?, ?, ?, ?, ?)",
            (item.id, item.document, item.position, item.text, dump(about)),
        )
        return 1

    def items(self) -> list[Item]:
        """Return all sentences, in the order in which they were added."""
        with self._file.told(), self._file.lock:
            rows = self._db.execute(
                "SELECT id, document, position, text, about FROM items ORDER BY number"
            ).fetchall()
        return [_item(row) for row in rows]

    def item(self, sentence: str) -> Item:
        """Return a sentence.

        Raises
        ------
        UsageError
            There is none with this id.
        """
        with self._file.told(), self._file.lock:
            row = self._db.execute(
                "SELECT id, document, position, text, about FROM items WHERE id = ?", (sentence,)
            ).fetchone()
        if row is None:
            raise UsageError(f"{self.path}: no sentence {sentence!r:.80}")
        return _item(row)

    @contextmanager
    def reading(self) -> Iterator[Ledger]:
        """Give what holds now, with everything that any process has written, and keep it so.

        Until the end of the block no other thread can change it.
        """
        with self._file.lock:
            with self._file.told():
                self._catch_up()
            yield self._ledger

    def _catch_up(self) -> None:
        for row in self._db.execute(
            f"SELECT {_COLUMNS} FROM decisions WHERE number > ? ORDER BY number",  # noqa: S608
            (self._ledger.last,),
        ).fetchall():
            self._ledger.feed(_decision(row))

    def log(self) -> list[Decision]:
        """Return every row that was ever written, in order."""
        with self._file.told(), self._file.lock:
            rows = self._db.execute(
                f"SELECT {_COLUMNS} FROM decisions ORDER BY number"  # noqa: S608
            ).fetchall()
        return [_decision(row) for row in rows]

    def decide(
        self,
        sentence: str,
        annotator: str,
        kind: str = "labels",
        labels: Sequence[str] = (),
        *,
        base: int,
        comment: str = "",
        session: str = "",
        how: str = "chosen",
        suggested: bool = False,
        model: str = "",
        predicted: Sequence[str] = (),
        resolution: bool = False,
        taken: int = 0,
    ) -> Decision:
        """Write a decision; it is on the disk when this returns.

        Parameters
        ----------
        sentence, annotator : str
        kind : str
            ``labels``, ``skip`` or ``flag``.
        labels : sequence of str
            In any order; empty for none of them.
        base : int
            `Ledger.base` as it was when the sentence was shown.
        comment, session, how, suggested, model, predicted
            As in `Decision`.
        resolution : bool
            Settle a disagreement instead of giving a view.
        taken : int
            Number of the view whose labels these are; it must still hold.

        Raises
        ------
        ConflictError
            What was shown does not hold any more. Sending the same decision twice is none.
        UsageError
            An unknown sentence or label, more or fewer labels than the label set allows.
        """
        annotator = check_annotator(annotator)
        chosen = self._checked(kind, labels)
        if how not in HOWS:
            raise UsageError(f"{how!r:.40}: expected one of {', '.join(HOWS)}")
        comment = " ".join(comment.split())
        if len(comment) > MAX_COMMENT:
            raise UsageError(f"comment of {len(comment):,} characters, at most {MAX_COMMENT:,}")
        self.item(sentence)
        track = RESOLUTION if resolution else annotator
        with self._file.told(), self._file.writing():
            self._catch_up()
            head = self._ledger.head(sentence, track)
            if head and head.number != base:
                same = (head.kind, head.labels, head.comment, head.session, head.base)
                if head.annotator == annotator and same == (kind, chosen, comment, session, base):
                    return head
                raise ConflictError(
                    "this sentence was decided in another window or by another person in the "
                    "meantime; nothing was changed"
                )
            if taken and taken not in {v.number for v in self._ledger.views(sentence).values()}:
                raise ConflictError(VIEW_CHANGED)
            if not head and base:
                raise UsageError(f"base {base}: nothing was decided about {sentence!r} yet")
            return self._insert(
                Decision(
                    number=0,
                    sentence=sentence,
                    track=track,
                    annotator=annotator,
                    session=session,
                    at="",
                    kind=kind,
                    labels=chosen,
                    comment=comment,
                    how=how,
                    suggested=suggested,
                    model=model,
                    predicted=tuple(predicted),
                    base=base,
                )
            )

    def undo(
        self, annotator: str, *, session: str = "", resolution: bool = False
    ) -> Decision | None:
        """Take back the last decision of an annotator; return it, None if there is none.

        The row stays in the log. Repeated, it goes back further. With `resolution` it is the last
        that this annotator has settled and that still holds.
        """
        annotator = check_annotator(annotator)
        with self._file.told(), self._file.writing():
            self._catch_up()
            if resolution:
                held = self._ledger.decisions(RESOLUTION)
                last = next((d for d in reversed(held) if d.annotator == annotator), None)
            else:
                last = self._ledger.latest(annotator)
            if last is None:
                return None
            base = self._ledger.base(last.sentence, last.track)
            row = replace(last, kind="undo", labels=(), comment="", session=session, base=base)
            self._insert(row)
            return last

    def check_labels(self, labels: Sequence[str]) -> None:
        """Refuse labels that no decision may give.

        Raises
        ------
        UsageError
            An unknown label, or more or fewer than the label set allows.
        """
        self._checked("labels", labels)

    def _checked(self, kind: str, labels: Sequence[str]) -> tuple[str, ...]:
        if kind not in ("labels", "skip", "flag"):
            raise UsageError(f"decision {kind!r:.40}: expected labels, skip or flag")
        for name in labels:
            if name not in self.labels:
                raise UsageError(f"no label {name!r:.80} here: {', '.join(self.labels.names)}")
        chosen = tuple(name for name in self.labels.names if name in labels)
        if kind == "labels" and not self.labels.allows(len(chosen)):
            expected = (
                "exactly one: these labels exclude each other"
                if self.labels.exclusive
                else "at least one: no sentence goes without in this label set"
            )
            raise UsageError(f"{len(chosen)} labels, expected {expected}")
        return () if kind == "skip" else chosen

    def _insert(self, decision: Decision) -> Decision:
        at = datetime.now(UTC).isoformat(timespec="milliseconds")
        values = asdict(decision) | {"at": at}
        del values["number"]
        for name in _LISTS:
            values[name] = dump(values[name])
        places = ", ".join("?" * len(values))
        cursor = self._db.execute(
            f"INSERT INTO decisions ({', '.join(values)}) VALUES ({places})",  # noqa: S608
            tuple(values.values()),
        )
        assert cursor.lastrowid is not None
        return replace(decision, number=cursor.lastrowid, at=at)


def _item(row: tuple[str, str, int, str, str]) -> Item:
    identifier, document, position, text, about = row
    value = orjson.loads(about)
    return Item(
        id=identifier,
        document=document,
        position=position,
        text=text,
        headline=value["headline"],
        before=tuple(value["before"]),
        after=tuple(value["after"]),
        fields=value["fields"],
    )


def _decision(row: tuple[object, ...]) -> Decision:
    values = dict(zip(_FIELDS, row, strict=True))
    for name in _LISTS:
        values[name] = tuple(orjson.loads(str(values[name])))
    values["suggested"] = bool(values["suggested"])
    return Decision(**values)  # type: ignore[arg-type]
