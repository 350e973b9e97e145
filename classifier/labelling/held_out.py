"""What a retrained model learns from, and what it is compared on: they share no document."""

from __future__ import annotations

import hashlib
from typing import TYPE_CHECKING

from classifier.corpus.read import labelled_files, read_records
from classifier.corpus.shingles import near_duplicates

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

    from classifier.corpus.records import Record

# About every fourth document that was labelled by hand is never trained on.
SHARE = 0.25


def is_held_out(document: str) -> bool:
    """Whether the sentences of a document are kept for comparing models.

    By a hash of its name, so that it is the same in every retraining, and a model that an earlier
    one has made has not seen them either.
    """
    digest = hashlib.sha256(f"held out\0{document}".encode()).digest()
    return int.from_bytes(digest[:7], "big") / (1 << 56) < SHARE


def divide(
    labelled: Sequence[Record], held_out: Sequence[Record] | None = None
) -> tuple[list[Record], list[Record]]:
    """Return the sentences to train on and those to compare on.

    Parameters
    ----------
    labelled : sequence of Record
        With their texts.
    held_out : sequence of Record, optional
        What to compare on; a quarter of the documents of `labelled` if None.

    Returns
    -------
    to_train, to_compare : list of Record
        No sentence to train on is a near-duplicate of one to compare on.
    """
    if held_out is None:
        kept = [r for r in labelled if is_held_out(r.document)]
        rest = [r for r in labelled if not is_held_out(r.document)]
    else:
        kept, rest = list(held_out), list(labelled)
    return without_twins(rest, kept), kept


def without_twins(records: Sequence[Record], of: Sequence[Record]) -> list[Record]:
    """Leave out the records that are near-duplicates, or the very same, of others."""
    n = len(of)
    same = {r.text.casefold() for r in of}
    texts = [*(r.text for r in of), *(r.text for r in records)]
    near = {j - n for i, j, _ in near_duplicates(texts) if i < n <= j}
    return [
        r for place, r in enumerate(records) if place not in near and r.text.casefold() not in same
    ]


def base_records(paths: Sequence[Path], labelled: Sequence[Record]) -> list[Record]:
    """Return the records of the data that new labels join, as their files have them.

    References stay references. What was labelled anew is left out: the new labels count.
    """
    ids = {r.id for r in labelled}
    texts = {r.text.casefold() for r in labelled}
    checksums = {hashlib.sha256(r.text.encode()).hexdigest() for r in labelled}
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
