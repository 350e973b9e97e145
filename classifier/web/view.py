"""What the page of an article shows, worked out before the template writes it."""

from __future__ import annotations

from dataclasses import dataclass
from itertools import pairwise
from typing import TYPE_CHECKING, Any

from classifier.scoring.explain import rows_beside, word_weights
from classifier.scoring.results import Result

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    from classifier.schema import Document, Explanation, Label, Prediction
    from classifier.scoring import Predictor

STRONGEST = 3
# An article of the largest size has five thousand; more are lists, and slow any browser down.
MOST_SHOWN = 6000
# Bars of weaker signals would not be seen, and long articles have thousands.
_LEAST_BAR = 0.03
_STEPS = 5


@dataclass(frozen=True)
class Lane:
    """One label of an article: how often, where, how strong.

    ``threshold`` is the one that was asked for, ``standard`` that of the model.
    ``bars`` are (sentence, probability, decided); ``strongest`` the most probable sentences.
    """

    label: Label
    threshold: float | None
    standard: float | None
    count: int
    bars: tuple[tuple[int, float, bool], ...]
    strongest: tuple[Prediction, ...]


@dataclass(frozen=True)
class ArticleView:
    """An article as its page shows it: sentences by paragraph, one lane a label."""

    document: Document
    paragraphs: tuple[tuple[Prediction, ...], ...]
    lanes: tuple[Lane, ...]
    profile: dict[str, Any]


def of_article(result: Result, predictor: Predictor, standard: Mapping[str, float]) -> ArticleView:
    """Prepare the page of a scored article; `standard` are the thresholds of the model."""
    labels = predictor.model.labels
    result = Result(result.document, result.predictions[:MOST_SHOWN])
    return ArticleView(
        document=result.document,
        paragraphs=tuple(_paragraphs(result)),
        lanes=tuple(_lane(label, result, predictor, standard) for label in labels),
        profile=result.profile(labels.names),
    )


def _paragraphs(result: Result) -> Iterator[tuple[Prediction, ...]]:
    text, predictions = result.document.text, result.predictions
    begin = 0
    for number, (one, following) in enumerate(pairwise(predictions), 1):
        if "\n" in text[one.sentence.end : following.sentence.start]:
            yield tuple(predictions[begin:number])
            begin = number
    if predictions:
        yield tuple(predictions[begin:])


def _lane(
    label: Label, result: Result, predictor: Predictor, standard: Mapping[str, float]
) -> Lane:
    name, predictions = label.name, result.predictions
    # The page may have to make any of them the nearest label of its sentence.
    least = 0.0 if predictor.model.labels.at_least_one else _LEAST_BAR
    by_strength = sorted(predictions, key=lambda p: -p.probabilities[name])
    return Lane(
        label=label,
        threshold=predictor.thresholds.get(name),
        standard=standard.get(name),
        count=sum(name in p.decisions for p in predictions),
        bars=tuple(
            (p.sentence.index, p.probabilities[name], name in p.decisions)
            for p in predictions
            if p.probabilities[name] >= least or name in p.decisions
        ),
        strongest=tuple(by_strength[:STRONGEST]),
    )


def marked_words(text: str, explanation: Explanation) -> list[tuple[str, str, float]]:
    """Cut a sentence into pieces: text, class, weight.

    The class is ``up1`` to ``up5`` or ``down1`` to ``down5`` by the share of the strongest word,
    and empty between words and for words that hardly count.
    """
    words = word_weights(text, explanation)
    strongest = max((abs(weight) for _, _, weight in words), default=0.0) or 1.0
    pieces: list[tuple[str, str, float]] = []
    place = 0
    for start, end, weight in words:
        step = round(abs(weight) / strongest * _STEPS)
        kind = f"{'up' if weight > 0 else 'down'}{step}" if step else ""
        pieces += [(text[place:start], "", 0.0), (text[start:end], kind, weight)]
        place = end
    pieces.append((text[place:], "", 0.0))
    return [piece for piece in pieces if piece[0]]


def term_rows(explanation: Explanation, most: int) -> list[tuple[str, str, float]]:
    """Return the rows of a table that adds up to the logit: term, kind, weight."""
    shown, rest = explanation.contributions[:most], explanation.contributions[most:]
    rows = [(c.term.replace(" ", "␣"), _KINDS.get(c.kind, c.kind), c.weight) for c in shown]
    if rest:
        rows.append((f"{len(rest)} other terms", "", sum(c.weight for c in rest)))
    rows += [(name, "", weight) for name, weight in rows_beside(explanation)]
    return [*rows, ("where every sentence starts", "intercept", explanation.intercept)]


_KINDS = {"word": "words", "char": "letters", "class": "kinds of words"}


def neighbours_of(
    predictions: Sequence[Prediction], index: int, before: int, after: int
) -> tuple[list[str], list[str]]:
    """Return the texts of the sentences before and after one."""
    texts = [p.sentence.text for p in predictions]
    return texts[max(index - before, 0) : index], texts[index + 1 : index + 1 + after]
