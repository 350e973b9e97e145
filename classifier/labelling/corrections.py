"""Corrections that readers of results have left in a file, taken into a store."""

from __future__ import annotations

from typing import TYPE_CHECKING

from classifier.corpus.read import read_json_lines
from classifier.corpus.records import parse_record
from classifier.labelling.items import check_annotator, item_id

if TYPE_CHECKING:
    from pathlib import Path

    from classifier.labelling.store import Store

FILE, ORIGIN = "corrections.jsonl", "correction"
SOMEBODY = "reader"


def take_corrections(store: Store, path: Path) -> int:
    """Add what a file of corrections says that is not in the store yet; return how many.

    Parameters
    ----------
    store : Store
    path : Path
        A ``corrections.jsonl`` as the page of an article keeps it: labelled lines with a
        ``context`` and a ``title``.

    Raises
    ------
    InputError
        The file cannot be read, or a line is not of that form.
    UsageError
        A label that the store does not have.
    """
    new = 0
    for where, value in read_json_lines(path):
        record = parse_record(value, where, "")
        if record.labels is None or not record.text:
            continue
        annotator = check_annotator(record.fields["annotator"] or SOMEBODY)
        with store.reading() as ledger:
            known = ledger.view(item_id(record.document, record.text), annotator)
        if known and known.labels == tuple(n for n in store.labels.names if n in record.labels):
            continue
        title, context = record.extra.get("title"), record.extra.get("context")
        store.add_correction(
            record.text,
            record.labels,
            annotator,
            document=record.document,
            position=record.position,
            headline=title if isinstance(title, str) else "",
            before=[text for text in context if isinstance(text, str)]
            if isinstance(context, list)
            else (),
            comment=str(record.extra.get("comment") or ""),
        )
        new += 1
    return new
