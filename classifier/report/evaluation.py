"""Tables of an evaluation: breakdowns, comparison of two models, worst mistakes."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from classifier.report.terminal import clean, table
from classifier.scoring.explain import beside_json, rows_beside

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    from classifier.scoring.measure import Mistake


def breakdown_lines(
    field: str, groups: Mapping[str, Mapping[str, Any]], labels: Sequence[str]
) -> Iterator[str]:
    """Yield F1 (and average precision) of each value of a field."""
    yield ""
    if not groups:
        yield f"by {field}: no value with enough sentences"
        return
    heading = [f"by {field}", "sentences", *labels, "macro"]
    rows = [
        [
            clean(value),
            str(group["sentences"]),
            *(_pair(group[name]) for name in labels),
            _pair(group["macro"]),
        ]
        for value, group in groups.items()
    ]
    yield from table([heading, *rows], "<" + ">" * (len(labels) + 2))
    yield "F1 and, in brackets, average precision; - where the label does not occur"


def _pair(found: Mapping[str, float | None]) -> str:
    f1, ap = found["f1"], found["average_precision"]
    return "-" if f1 is None or ap is None else f"{f1:.2f} ({ap:.2f})"


def comparison_lines(against: Mapping[str, Any]) -> Iterator[str]:
    """Yield the differences of two models on the same sentences."""
    yield ""
    yield f"against {clean(against['model'])} ({against['fingerprint']}), same sentences:"
    rows = [["", "figure", "older", "this model", "difference", "ahead in"]]
    for label, metrics in against["differences"].items():
        for metric, d in metrics.items():
            if metric not in ("f1", "average_precision") or d["low"] is None:
                continue
            rows.append(
                [
                    label,
                    metric.replace("_", " "),
                    f"{d['old']:.3f}",
                    f"{d['new']:.3f}",
                    f"{d['difference']:+.3f} ({d['low']:+.3f} to {d['high']:+.3f})",
                    f"{d['better']:.0%}",
                ]
            )
    yield from table(rows, "<<>>>>")
    yield "differences: 95 per cent, paired bootstrap over documents"


def mistake_rows(mistakes: Sequence[Mistake]) -> Iterator[dict[str, Any]]:
    """Yield one JSON object a mistake."""
    for m in mistakes:
        yield {
            "id": m.example.id,
            "text": m.example.text,
            "labels": list(m.example.labels),
            "label": m.label,
            "probability": m.probability,
            "terms": [
                {"term": c.term, "kind": c.kind, "weight": c.weight}
                for c in m.explanation.contributions[:8]
            ],
            **beside_json(m.explanation),
        }


def mistake_lines(mistakes: Sequence[Mistake]) -> Iterator[str]:
    """Yield the worst mistakes, for reading."""
    for m in mistakes:
        missed = m.label in m.example.labels
        yield ""
        yield (
            f"{clean(m.example.id)}: {m.label} {'missed' if missed else 'given wrongly'}, "
            f"probability {m.probability:.3f}"
        )
        yield f"  {clean(m.example.text)}"
        terms = [c for c in m.explanation.contributions if c.kind != "char"][:6]
        told = [f"{clean(c.term)} {c.weight:+.2f}" for c in terms]
        told += [f"{name} {weight:+.2f}" for name, weight in rows_beside(m.explanation)]
        yield "  " + ", ".join(told)
