"""Which place a sentence has in its document: what stands near a sentence tells how to read it."""

from __future__ import annotations

from collections import defaultdict
from dataclasses import replace
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Sequence

    from classifier.corpus.records import Record, Reference


def in_reading_order(records: Sequence[Record]) -> list[Record]:
    """Return the records with the places that their sentences have in their documents.

    Where the sentences of a document are slices of one file, their starts tell, because labelled
    and unlabelled ones may each be numbered for themselves. Otherwise positions stand as they are;
    where two sentences have the same one, as in files without positions, the order of the rows is
    that of the document.
    """
    rows: dict[str, list[int]] = defaultdict(list)
    for row, record in enumerate(records):
        rows[record.document].append(row)
    placed = list(records)
    for of_document in rows.values():
        if len(of_document) == 1:
            continue
        for row, place in zip(
            of_document, _places([records[row] for row in of_document]), strict=True
        ):
            if placed[row].position != place:
                placed[row] = replace(placed[row], position=place)
    return placed


def _places(records: Sequence[Record]) -> list[int]:
    # A sentence may come again: from another annotator, or from a list of what is to be labelled.
    first: dict[str, Record] = {}
    for record in records:
        if record.id not in first or first[record.id].reference is None:
            first[record.id] = record
    references = [record.reference for record in first.values() if record.reference]
    if len(references) == len(first) and len({_file(r) for r in references}) == 1:
        order = dict(zip(first, (reference.start for reference in references), strict=True))
    else:
        order = {name: record.position for name, record in first.items()}
        if len(set(order.values())) == len(order):
            return [order[record.id] for record in records]
    # Stable: rows of one position as they come.
    place = {name: place for place, name in enumerate(sorted(order, key=order.__getitem__))}
    return [place[record.id] for record in records]


def _file(reference: Reference) -> tuple[str, str, str]:
    return reference.repository, reference.commit, reference.path
