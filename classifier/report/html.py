"""Pieces of the HTML reports: the frame, tables, labels, marked sentences."""

from __future__ import annotations

from html import escape
from importlib.resources import files
from typing import TYPE_CHECKING

from classifier.report.colours import DARK, LIGHT, label_variables
from classifier.scoring.explain import word_weights

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

    from classifier.schema import Explanation, LabelSet


def page(title: str, labels: LabelSet, body: Iterable[str]) -> str:
    """Frame a report: one file, no script, nothing from outside."""
    style = files(__package__).joinpath("training.css").read_text(encoding="utf-8")
    colours = (
        f":root {{ {label_variables(labels, LIGHT)} }}\n"
        "@media screen and (prefers-color-scheme:dark) "
        f"{{ :root {{ {label_variables(labels, DARK)} }} }}\n"
    )
    return (
        "<!doctype html>\n"
        f'<html lang="en"><head><meta charset="utf-8"><title>{escape(title)}</title>'
        '<meta name="viewport" content="width=device-width,initial-scale=1">'
        '<meta http-equiv="Content-Security-Policy" content="default-src \'none\'; '
        "style-src 'unsafe-inline'\">"
        f"<style>{style}{colours}</style></head><body>\n" + "\n".join(body) + "\n</body></html>\n"
    )


def tag(labels: LabelSet, name: str, note: str = "") -> str:
    """Return a label's title in a ring of its colour."""
    place = labels.names.index(name)
    title = labels.labels[place].title or name
    return f'<span class="tag" style="border-color:var(--c{place})">{escape(title)}{note}</span>'


def table(
    heading: Sequence[str], rows: Sequence[Sequence[str]], *, caption: str = "", total: bool = False
) -> str:
    """Write a table of HTML cells: the first column are names, the others numbers.

    `total` sets the last row off.
    """
    head = "".join(
        f'<th scope="col"{"" if i == 0 else " class=n"}>{cell}</th>'
        for i, cell in enumerate(heading)
    )
    body = []
    for number, row in enumerate(rows):
        name, *cells = row
        last = ' class="sum"' if total and number == len(rows) - 1 else ""
        numbers = "".join(f'<td class="n">{cell}</td>' for cell in cells)
        body.append(f'<tr{last}><th scope="row">{name}</th>{numbers}</tr>')
    said = f"<caption>{caption}</caption>" if caption else ""
    return (
        f'<div class="wide"><table>{said}<thead><tr>{head}</tr></thead>'
        f"<tbody>{''.join(body)}</tbody></table></div>"
    )


def figure_cell(found: Mapping[str, float | None]) -> str:
    """Write a figure with its interval."""
    if found["value"] is None:
        return "–"
    low, high = found.get("low"), found.get("high")
    value = f"{found['value']:.2f}"
    return value if low is None else f"{value} <small>{low:.2f}–{high:.2f}</small>"


def marked(text: str, explanation: Explanation) -> str:
    """Return a sentence with the words marked that raised or lowered the probability."""
    words = word_weights(text, explanation)
    strongest = max((abs(weight) for _, _, weight in words), default=0.0) or 1.0
    pieces, place = [], 0
    for start, end, weight in words:
        share = abs(weight) / strongest
        pieces.append(escape(text[place:start]))
        word = escape(text[start:end])
        if share >= 0.05:
            side = "up" if weight > 0 else "down"
            word = (
                f'<mark class="{side}" style="--w:{share:.2f}" title="{weight:+.2f}">{word}</mark>'
            )
        pieces.append(word)
        place = end
    return "".join(pieces) + escape(text[place:])
