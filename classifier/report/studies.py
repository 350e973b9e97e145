"""Learning curve and leave-out tables, for a terminal and for the report."""

from __future__ import annotations

from html import escape
from typing import TYPE_CHECKING, Any

from classifier.report.figures import learning_figure, leave_out_figure
from classifier.report.html import figure_cell, table
from classifier.report.terminal import interval
from classifier.report.terminal import table as text_table

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from classifier.schema import LabelSet

_METRICS = (("f1", "F1"), ("average_precision", "average precision"))
DRAWN = 40


def study_lines(about: Mapping[str, Any]) -> Iterator[str]:
    """Yield the studies that a model's ``about`` holds, if any, as tables."""
    if "learning_curve" in about:
        yield from learning_curve_lines(about["learning_curve"])
    for field, found in about.get("leave_out", {}).items():
        yield from leave_out_lines(field, found)


def learning_curve_lines(found: Mapping[str, Any]) -> Iterator[str]:
    """Yield the learning curve as a table."""
    labels = list(found["points"][0]["labels"])
    yield ""
    heading = ["documents", "sentences", "macro F1", "macro AP", *labels]
    rows = [
        [
            f"{point['documents']:,}",
            f"{point['sentences']:,}",
            *(interval(point["macro"][metric]) for metric, _ in _METRICS),
            *(_pair(point["labels"][name]) for name in labels),
        ]
        for point in found["points"]
    ]
    yield from text_table([heading, *rows], ">" * len(heading))
    yield (
        f"learning curve over documents of the target, {found['folds']} folds, not nested, "
        f"C={found['strength']:g}"
        + (f"; {found['others']:,} other sentences always in training" if found["others"] else "")
    )
    yield "labels: F1 and, in brackets, average precision (AP)"


def leave_out_lines(field: str, found: Mapping[str, Any]) -> Iterator[str]:
    """Yield the figures of each value that was left out as a table."""
    yield ""
    values = found["values"]
    if not values:
        yield f"leave out by {field}: no value with {found['min_sentences']} sentences or more"
        return
    labels = list(found["pooled"]["unseen"]["labels"])
    rows = [["left out", "sentences", "macro F1", "macro AP", "F1 if in training", *labels]]
    for value, row in [*values.items(), ("all of them", found["pooled"])]:
        rows.append(
            [
                value,
                f"{row['sentences']:,}",
                *(interval(row["unseen"]["macro"][metric]) for metric, _ in _METRICS),
                interval(row["seen"]["macro"]["f1"]),
                *(
                    _pair(row["unseen"]["labels"][n]) if n in row["unseen"]["labels"] else "-"
                    for n in labels
                ),
            ]
        )
    yield from text_table(rows, "<" + ">" * (len(rows[0]) - 1))
    yield f"trained without each {field}, measured on it; means over the labels that occur there"
    if found["too_small"] or found["without_value"]:
        yield (
            f"left aside: {found['too_small']} values with too few sentences; "
            f"{found['without_value']:,} sentences without a {field}"
        )


def _pair(row: Mapping[str, Mapping[str, float | None]]) -> str:
    f1, ap = row["f1"]["value"], row["average_precision"]["value"]
    return f"{'-' if f1 is None else f'{f1:.2f}'} ({'-' if ap is None else f'{ap:.2f}'})"


def learning_section(found: Mapping[str, Any], labels: LabelSet) -> Iterator[str]:
    """Yield the learning curve as HTML: what came of more documents, figure, table."""
    points = found["points"]
    first, half, last = points[0], points[-2], points[-1]
    gain, sorting = (
        last["macro"][metric]["value"] - half["macro"][metric]["value"] for metric, _ in _METRICS
    )
    yield (
        "<p>The model was trained again with fewer documents. From "
        f"{first['documents']:,} to {last['documents']:,} of them the mean F1 went from "
        f"{first['macro']['f1']['value']:.2f} to {last['macro']['f1']['value']:.2f}; the last "
        f"step, from {half['documents']:,} on, brought {gain:+.3f}. "
        + (
            "More documents of the same kind would likely still help.</p>"
            if min(gain, sorting) > 0.01
            else "More documents of the same kind would likely bring little.</p>"
        )
    )
    yield f"<figure>{learning_figure(points, labels)}</figure>"
    titles = [escape(label.title or label.name) for label in labels]
    for metric, title in _METRICS:
        rows = [
            [
                f"{point['documents']:,}",
                f"{point['sentences']:,}",
                *(figure_cell(point["labels"][name][metric]) for name in labels.names),
                figure_cell(point["macro"][metric]),
            ]
            for point in points
        ]
        heading = ["documents", "sentences", *titles, "mean (macro)"]
        yield f"<details><summary>{title}, all values</summary>{table(heading, rows)}</details>"
    yield (
        '<p class="soft">Documents of the target alone grow in number'
        + (f"; {found['others']:,} other sentences always help" if found["others"] else "")
        + f". Documents were dealt into {found['folds']} parts once; each part is judged by a "
        "model trained on the others, with thresholds from the others. The end of the curve lies "
        "a little below the figures above, which had more documents to learn from. The grey band: "
        "95 of 100 cases.</p>"
    )


def leave_out_section(field: str, found: Mapping[str, Any], labels: LabelSet) -> Iterator[str]:
    """Yield what came of leaving out each value of a field as HTML."""
    values = found["values"]
    yield f"<h3>By {escape(field)}</h3>"
    if not values:
        yield (
            f"<p>No {escape(field)} has the {found['min_sentences']} sentences that are needed "
            "for a figure.</p>"
        )
        return
    pooled = found["pooled"]
    difference = pooled["difference"]["f1"]
    yield (
        f"<p>For each {escape(field)} the model was trained again without it, and judged its "
        "sentences. Over all of them the mean F1 is "
        f"<b>{pooled['unseen']['macro']['f1']['value']:.2f}</b>, against "
        f"{pooled['seen']['macro']['f1']['value']:.2f} where other documents of the same "
        f"{escape(field)} were in training{_cost(difference)}. Expect the first figure on a "
        f"{escape(field)} that the data lacks.</p>"
    )
    order = sorted(values.items(), key=lambda item: (-item[1]["sentences"], item[0]))
    drawn = [
        (value, row["unseen"]["macro"]["f1"], row["seen"]["macro"]["f1"]) for value, row in order
    ]
    yield f"<figure>{leave_out_figure(drawn[:DRAWN], field)}</figure>"
    rows = []
    for value, row in [*order, ("all of them", pooled)]:
        cells = [
            figure_cell(row["unseen"]["labels"][n]["f1"]) if n in row["unseen"]["labels"] else "–"
            for n in labels.names
        ]
        macro = [figure_cell(row[kind]["macro"]["f1"]) for kind in ("unseen", "seen")]
        rows.append([escape(value), f"{row['sentences']:,}", *cells, *macro])
    titles = [escape(label.title or label.name) for label in labels]
    heading = [escape(field), "sentences", *titles, "mean, left out", "mean, in training"]
    yield table(heading, rows, total=True, caption="F1 of the model without it")
    yield (
        f'<p class="soft">Means over the labels that occur in a {escape(field)}. Documents that '
        "share a sentence with one that is left out are left out too. Left aside: "
        f"{found['too_small']} with fewer than {found['min_sentences']} sentences or nothing to "
        f"find, and {found['without_value']:,} sentences without a {escape(field)}.</p>"
    )


def _cost(difference: Mapping[str, float | None]) -> str:
    value, low, high = (difference[key] for key in ("difference", "low", "high"))
    if value is None or low is None or high is None:
        return ""
    return f" (a difference of {value:+.2f}, between {low:+.2f} and {high:+.2f})"
