"""What a retrained model learns from, and what it is compared on: they share no document."""

from __future__ import annotations

import hashlib
from typing import TYPE_CHECKING

from classifier.corpus.files import labelled_files, shipped_neighbours, shipped_paths
from classifier.corpus.read import read_records
from classifier.corpus.shingles import near_duplicates

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence
    from pathlib import Path

    from classifier.corpus.records import Record

# About every fourth document that was labelled by hand is never trained on.
SHARE = 0.25
# A comparison needs documents that differ.
MIN_DOCUMENTS = 2


def assign(documents: Iterable[str], earlier: Mapping[str, bool]) -> dict[str, bool]:
    """Say of each document whether it is kept for comparing models.

    What was decided in an earlier retraining stays: a model that came out of that one has not seen
    what is held out now either. New documents are held out in an order that their names give,
    until the share is reached.

    Parameters
    ----------
    documents : iterable of str
    earlier : mapping of str to bool

    Returns
    -------
    dict of str to bool
        Of all documents, those of `earlier` too.
    """
    found = dict(earlier)
    new = sorted({*documents} - earlier.keys(), key=_draw)
    total = len(found) + len(new)
    wanted = max(MIN_DOCUMENTS, round(SHARE * total)) - sum(found.values())
    for place, name in enumerate(new):
        found[name] = place < wanted
    return found


def _draw(document: str) -> str:
    return hashlib.sha256(f"held out\0{document}".encode()).hexdigest()


def divide(
    labelled: Sequence[Record], assigned: Mapping[str, bool], held_out: Sequence[Record] = ()
) -> tuple[list[Record], list[Record]]:
    """Return the sentences to train on and those to compare on.

    Parameters
    ----------
    labelled : sequence of Record
        With their texts.
    assigned : mapping of str to bool
        As `assign` gives it.
    held_out : sequence of Record
        What to compare on instead of the documents that are assigned to it.

    Returns
    -------
    to_train, to_compare : list of Record
        No sentence to train on is of the same document as one to compare on, or a
        near-duplicate of it.
    """
    kept = list(held_out) if held_out else [r for r in labelled if assigned[r.document]]
    return apart_from(labelled, kept), kept


def apart_from(records: Iterable[Record], of: Sequence[Record]) -> list[Record]:
    """Leave out the records of the same documents as others, and their near-duplicates.

    Of a reference, which has no text, it is known whether it is the very same.
    """
    documents, ids = {r.document for r in of}, {r.id for r in of}
    records = [r for r in records if r.document not in documents and r.id not in ids]
    n = len(of)
    same = {r.text.casefold() for r in of}
    texts = [*(r.text for r in of), *(r.text for r in records)]
    near = {j - n for i, j, _ in near_duplicates(texts) if i < n <= j}
    checksums = {_checksum(r) for r in of}
    return [
        r
        for place, r in enumerate(records)
        if place not in near
        and (r.reference or r.text.casefold() not in same)
        and _checksum(r) not in checksums
    ]


def _checksum(record: Record) -> str:
    if record.reference:
        return record.reference.sha256
    return hashlib.sha256(record.text.encode()).hexdigest()


def base_records(paths: Sequence[Path], labelled: Sequence[Record]) -> list[Record]:
    """Return the records of the data that new labels join, as their files have them.

    References stay references. What was labelled anew is left out: the new labels count.
    """
    ids = {r.id for r in labelled}
    texts = {r.text.casefold() for r in labelled}
    checksums = {_checksum(r) for r in labelled}
    found = []
    for path in labelled_files(paths):
        for record in read_records(path, lambda _: None):
            known = (
                record.reference.sha256 in checksums
                if record.reference
                else record.text.casefold() in texts
            )
            if record.id not in ids and not known and record.labels is not None:
                found.append(record)
    return found


def neighbour_records(paths: Sequence[Path], base: Sequence[Record]) -> list[Record]:
    """Return the sentences without labels in the documents of the data that new labels join."""
    documents = {r.document for r in base}
    files = labelled_files(paths)
    if set(shipped_paths()) <= set(files):
        files.append(shipped_neighbours())
    return [
        record
        for path in files
        for record in read_records(path, lambda _: None)
        if record.labels is None
        and record.document in documents
        and (record.text or record.reference)
    ]
