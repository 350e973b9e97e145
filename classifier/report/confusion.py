"""Which labels are predicted where others are true, as a table."""

from __future__ import annotations

from html import escape
from typing import TYPE_CHECKING

from classifier.model.curves import confusion

if TYPE_CHECKING:
    from collections.abc import Iterator

    from classifier.model.evaluate import Measured
    from classifier.schema import LabelSet


def confusion_section(measured: Measured, labels: LabelSet) -> Iterator[str]:
    """Yield the table of the labels that are predicted where others are true."""
    counts, totals = confusion(measured)
    places = [*range(len(labels))]
    if labels.exclusive:
        intro = (
            "Each row takes the sentences that carry a label, and shows which label the model "
            "gave to how many of 100."
        )
    else:
        last = "" if labels.needs_label else " (the last one: those that carry none)"
        intro = (
            f"Each row takes the sentences that carry a label{last}. In bold: of 100 of them, how "
            "many were found. Beside it: of 100 that do not carry the label of the column, how "
            "many got it all the same. A sentence may carry and get several labels, so that rows "
            "do not add up to 100."
        )
        if not labels.needs_label:
            places.append(len(labels))
    yield f"<p>{intro}</p>"
    titles = [escape(label.title or label.name) for label in labels] + ["no label"]
    head = "".join(f'<th scope="col">{titles[j]}</th>' for j in places)
    rows = []
    for i in places:
        cells = []
        for j in places:
            # Who carries a label cannot also carry none: "no label" counts over the whole row.
            share = counts[i, j] / totals[i, j] if totals[i, j] else None
            text = "–" if share is None else _percent(share)
            weight = 0.0 if share is None else share
            kind = ' class="hit"' if i == j else ""
            cells.append(
                f'<td{kind} style="--w:{weight:.2f}" '
                f'title="{counts[i, j]:,} of {totals[i, j]:,}">{text}</td>'
            )
        rows.append(
            f'<tr><th scope="row">{titles[i]}</th><td style="--w:0">{totals[i, i]:,}</td>'
            + "".join(cells)
            + "</tr>"
        )
    yield (
        '<div class="wide"><table class="grid"><caption>Of 100 sentences with the label of the '
        "row, how many get the label of the column</caption><thead><tr>"
        f'<th scope="col">carries</th><th scope="col">sentences</th>{head}</tr></thead>'
        f"<tbody>{''.join(rows)}</tbody></table></div>"
    )


def _percent(share: float) -> str:
    return f"{100 * share:.1f}" if 0 < share < 0.0995 else f"{100 * share:.0f}"
