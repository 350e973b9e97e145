"""One label in a report: figures in plain words, curves, and the terms that push it."""

from __future__ import annotations

from html import escape
from typing import TYPE_CHECKING, Any

import numpy as np

from classifier.model.classes import UNKNOWN
from classifier.model.curves import (
    frequent_from,
    precision_recall,
    reliability,
    top_terms,
)
from classifier.model.hashing import hash_terms, look_up
from classifier.report.figures import precision_recall_figure, reliability_figure

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from classifier.model.artefact import Model
    from classifier.model.curves import Reliability
    from classifier.model.evaluate import Measured

WORDS, PIECES, CLASSES = 15, 20, 20
# Words shown of a class.
MEMBERS = 6
# Below this many sentences with the label its figures are a guess.
FEW = 50


def label_section(
    model: Model, measured: Measured, figures: Mapping[str, Any], place: int
) -> Iterator[str]:
    """Yield the section of one label.

    Parameters
    ----------
    model : Model
    measured : Measured
    figures : mapping
        As `classifier.model.evaluate.evaluate` returns it.
    place : int
        Of the label in the label set.
    """
    label, found = model.labels.labels[place], figures["labels"][model.labels.names[place]]
    yield f'<section class="label" style="border-color:var(--c{place})">'
    yield f"<h3>{escape(label.title or label.name)}</h3>"
    if label.definition:
        yield f"<p>{escape(label.definition)}</p>"
    truth, p = measured.truth[:, place], measured.probabilities[:, place]
    if not truth.any() or not len(p):
        yield "<p>No sentence carries this label here: there is nothing to measure.</p></section>"
        return
    calibration = reliability(truth, p)
    facts = plain_words(
        label.title or label.name, found, len(p), int(measured.decisions[:, place].sum())
    )
    facts.append(_calibration(calibration))
    if band := found.get("band"):
        facts.append(_band(model, place, band))
    yield "<ul class=facts>" + "".join(f"<li>{fact}</li>" for fact in facts) + "</ul>"
    yield from _figures(model, measured, found, place, calibration)
    yield from _terms(model, place)
    yield "</section>"


def plain_words(title: str, found: Mapping[str, Any], sentences: int, flagged: int) -> list[str]:
    """Say precision, recall and average precision so that nobody has to know the words.

    Parameters
    ----------
    title : str
        Of the label.
    found : mapping
        The label's figures.
    sentences, flagged : int
        How many sentences there are, and how many the model gives the label.
    """
    name = f"“{escape(title)}”"
    facts = []
    if flagged:
        facts.append(
            f"Of 100 sentences that it flags as {name}, <b>{_hundred(found['precision'])}</b> are"
            f"{_between(found['precision'])}."
        )
    else:
        facts.append(f"It flags no sentence as {name}.")
    facts.append(
        f"Of 100 that are {name}, it finds <b>{_hundred(found['recall'])}</b>"
        f"{_between(found['recall'])}."
    )
    support = found["support"]
    ap = found["average_precision"]["value"]
    facts.append(
        f"{support:,} of {sentences:,} sentences are {name} ({support / sentences:.1%}), and it "
        f"flags {flagged:,}. Sorted by probability they come out with an average precision of "
        f"{ap:.2f}; in random order it would be {support / sentences:.2f}."
    )
    if support < FEW:
        facts.append(
            f"<b>Only {support} sentences carry the label</b>: take its figures as a rough guess."
        )
    return facts


def _hundred(found: Mapping[str, float | None]) -> str:
    value = found["value"]
    return "–" if value is None else f"{100 * value:.0f}"


def _between(found: Mapping[str, float | None]) -> str:
    low, high = found["low"], found["high"]
    if low is None or high is None:
        return ""
    return f" (likely {100 * low:.0f} to {100 * high:.0f})"


def _calibration(found: Reliability) -> str:
    verdict = (
        "no more than chance would do"
        if found.error <= found.high_error
        else "more than chance would do"
    )
    return (
        f"Its probabilities are off by {100 * found.error:.1f} points of 100 on average. A "
        f"perfectly calibrated model would show {100 * found.expected_error:.1f} on so many "
        f"sentences, and up to {100 * found.high_error:.1f} in 95 of 100 cases: this is {verdict}."
    )


def _band(model: Model, place: int, band: Mapping[str, float | None]) -> str:
    low, high = model.bands[place]
    if low > high or band["uncertain"] is None:
        return "It needs no band of doubt: one threshold separates the two well enough."
    return (
        f"Between the probabilities {low:.2f} and {high:.2f} it can rule out neither answer: "
        f"{100 * band['uncertain']:.0f} of 100 sentences lie there, and a person should look."
    )


def _figures(
    model: Model,
    measured: Measured,
    found: Mapping[str, Any],
    place: int,
    calibration: Reliability,
) -> Iterator[str]:
    recall, precision = precision_recall(measured.truth[:, place], measured.probabilities[:, place])
    chosen = (found["recall"]["value"] or 0.0, found["precision"]["value"] or 0.0)
    base = float(measured.truth[:, place].mean())
    mark = (
        f"a yes from the probability {model.thresholds[place]:.2f}"
        + (", or as the nearest where no label reaches its own" * model.labels.at_least_one)
        if model.thresholds
        else "the label with the highest probability is taken"
    )
    yield (
        '<div class="pair"><figure>'
        + precision_recall_figure(recall, precision, chosen, base, place)
        + f"<figcaption>Finding more costs more false alarms. The dot is where the model stands "
        f"({mark}); another threshold moves it along the line.</figcaption></figure><figure>"
        + reliability_figure(calibration, place)
        + "<figcaption>Does “30 per cent” come true in 30 of 100 cases? Points on the dotted line "
        "mean yes. Inside the grey band they differ from it no more than chance would make a "
        "perfectly calibrated model differ.</figcaption></figure></div>"
    )


def _members(model: Model, name: str) -> list[str]:
    """Return the words of a class that most sentences of training have."""
    words = model.classes.members(name) if model.classes is not None else []
    block = model.blocks.get("word")
    if block is None or not len(block) or not words:
        return words[:MEMBERS]
    rows = look_up(block.hash, hash_terms(words))
    rarity = np.where(rows >= 0, block.idf[rows], np.inf)
    order = np.argsort(rarity, kind="stable")[:MEMBERS]
    return [words[i] for i in order.tolist() if np.isfinite(rarity[i])]


def _classes(model: Model, place: int) -> Iterator[str]:
    if model.classes is None:
        return
    found = top_terms(model, place, "class", CLASSES)
    rows, named = "", []
    for title, terms in (("For it", found.up), ("Against it", found.down)):
        if terms:
            rows += f"<p>{title}: {' '.join(f'<code>{escape(t)}</code>' for t, _ in terms)}</p>"
        named += [name for term, _ in terms for name in term.split() if name != UNKNOWN]
    lists = "".join(
        f"<li><code>{escape(name)}</code> {escape(', '.join(words))}</li>"
        for name in dict.fromkeys(named)
        if len(words := _members(model, name)) > 1
    )
    if rows:
        yield (
            '<details class="pieces"><summary>Kinds of words that weigh most</summary>'
            f'{rows}<p class="soft">‹a word› stands for all words that mean much the same, such '
            f"as:</p><ul>{lists}</ul></details>"
        )


def _terms(model: Model, place: int) -> Iterator[str]:
    words = top_terms(model, place, "word", WORDS)
    strongest = max((abs(w) for _, w in (*words.up, *words.down)), default=0.0) or 1.0
    columns = []
    for side, terms, title in (
        ("up", words.up, "Words that speak for it"),
        ("down", words.down, "Words that speak against it"),
    ):
        items = "".join(
            f"<li><code>{escape(term)}</code>"
            f'<span class="bar" style="--w:{abs(weight) / strongest:.2f}" '
            f'title="{weight:+.2f}"></span></li>'
            for term, weight in terms
        )
        inner = f'<ul class="terms {side}">{items}</ul>' if items else "<p>None.</p>"
        columns.append(f"<div><h4>{title}</h4>{inner}</div>")
    yield f'<div class="pair">{"".join(columns)}</div>'
    yield from _classes(model, place)
    pieces = top_terms(model, place, "char", PIECES)
    if pieces.up or pieces.down:
        rows = "".join(
            f"<p>{title}: "
            + " ".join(f"<code>{escape(term.replace(' ', '␣'))}</code>" for term, _ in terms)
            + "</p>"
            for title, terms in (("For it", pieces.up), ("Against it", pieces.down))
            if terms
        )
        yield (
            '<details class="pieces"><summary>Pieces of words that weigh most</summary>'
            f'{rows}<p class="soft">␣ is the edge of a word.</p></details>'
        )
    yield (
        f'<p class="soft">Of the words in at least {frequent_from(model)} sentences. The longer '
        "the bar, the more the word moves the probability; what counts in a sentence is the sum "
        "over all its words, and what stands around it where the model looks at that.</p>"
    )
