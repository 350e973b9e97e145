"""What labelled data is made of: the tables of a report."""

from __future__ import annotations

from collections import Counter
from html import escape
from typing import TYPE_CHECKING

from classifier.report.html import table

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    from classifier.schema import Example, LabelSet

SHOWN = 25
ORIGINS = {
    "real": "published news, by reference",
    "picked": "published news, picked for being difficult",
    "general": "published news, what else stands in articles of all kinds",
    "composed": "written for training",
    "seed": "the article that the project began with",
}


def composition(
    examples: Sequence[Example], labels: LabelSet, roles: Mapping[str, str]
) -> Iterator[str]:
    """Yield the tables: by origin, theatre, outlet, genre and year.

    Parameters
    ----------
    examples : sequence of Example
    labels : LabelSet
    roles : mapping of str to str
        What is said of an origin besides, such as that the figures are measured on it.
    """
    documents, none = len({e.document for e in examples}), sum(not e.labels for e in examples)
    yield (
        f"<p>{len(examples):,} sentences of {documents:,} documents"
        + ("" if labels.exclusive else f"; {none:,} of the sentences carry no label")
        + ".</p>"
    )
    yield _by("origin", [e.origin for e in examples], examples, labels, roles)
    for name, values in (
        ("theatre", [e.theatre for e in examples]),
        ("outlet", [e.outlet for e in examples]),
        ("genre", [e.genre for e in examples]),
        ("year", [e.date[:4] for e in examples]),
    ):
        if len(set(values)) > 1:
            shown = _by(name, values, examples, labels, {})
            yield f"<details><summary>By {name}</summary>{shown}</details>"


def _by(
    field: str,
    values: Sequence[str],
    examples: Sequence[Example],
    labels: LabelSet,
    roles: Mapping[str, str],
) -> str:
    sentences = Counter(values)
    documents = Counter(
        value for value, _ in {(v, e.document) for v, e in zip(values, examples, strict=True)}
    )
    carried = Counter(
        (value, name) for value, e in zip(values, examples, strict=True) for name in e.labels
    )
    none = Counter(value for value, e in zip(values, examples, strict=True) if not e.labels)
    order = sorted(sentences, key=lambda value: (-sentences[value], value))
    if field == "year":
        order.sort()
    rows = []
    for value in order[:SHOWN]:
        note = " · ".join(
            x for x in (ORIGINS.get(value, "") if field == "origin" else "", roles.get(value)) if x
        )
        name = escape(value or "not stated") + (
            f"<br><small>{escape(note)}</small>" if note else ""
        )
        counts = [documents[value], sentences[value], *(carried[value, n] for n in labels.names)]
        rows.append([name, *(f"{n:,}" for n in counts), f"{none[value]:,}"])
    if rest := order[SHOWN:]:
        counts = [
            sum(documents[v] for v in rest),
            sum(sentences[v] for v in rest),
            *(sum(carried[v, n] for v in rest) for n in labels.names),
            sum(none[v] for v in rest),
        ]
        rows.append([f"{len(rest):,} others", *(f"{n:,}" for n in counts)])
    titles = [escape(label.title or label.name) for label in labels]
    heading = [field, "documents", "sentences", *titles, "no label"]
    if labels.exclusive:
        heading, rows = heading[:-1], [row[:-1] for row in rows]
    return table(heading, rows)
