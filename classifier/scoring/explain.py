"""Why a sentence got its probability: the exact share of every term.

A logit is an intercept plus one product for each known term, and two for the rest of the document
or one for each other label where the model looks at them, so the shares are the model itself, not
an approximation of it. They come from the same search for terms as the scores.
"""

from __future__ import annotations

import re
import unicodedata
from collections import defaultdict
from typing import TYPE_CHECKING

import numpy as np

from classifier.model.words import fold
from classifier.schema import Contribution, Explanation
from classifier.scoring import engine

if TYPE_CHECKING:
    from collections.abc import Sequence

    from classifier.model.artefact import Model
    from classifier.scoring.scorer import Scorer

Span = tuple[int, int]
# A label that adds less to the logit of another is not named where people read.
NAMED = 0.01


def explain(
    model: Model,
    scorer: Scorer,
    text: str,
    probabilities: dict[str, float],
    context: Sequence[float] = (),
) -> dict[str, Explanation]:
    """Explain the logits of one sentence for every label.

    Parameters
    ----------
    model : Model
    scorer : Scorer
        The one that scored the sentence: it finds the terms.
    text : str
    probabilities : dict
        The probability of each label, as scored.
    context : sequence of float
        What the rest of the document said when it was scored.
    """
    folded = fold(text, strip_accents=model.features.strip_accents)
    origin = _origins(text, folded, strip_accents=model.features.strip_accents)
    rows, stored = [], model.intercept
    for kind, block in model.blocks.items():
        hits = scorer.find(kind, text)
        terms = engine.weigh(hits, block)
        share = terms.value / engine.norms(terms, 1)[0]
        places = _places(kind, folded)
        spans: dict[int, list[Span]] = defaultdict(list)
        for row, start, end in zip(
            *(x.tolist() for x in (hits.row, hits.start, hits.end)), strict=True
        ):
            spans[row].append(_original(places, origin, start, end))
        # All rows at once: each look into a file that is mapped into memory costs much more.
        weights = share[:, None] * block.coef[terms.row].astype(np.float64)
        stored = stored + weights.sum(axis=0)
        found = block.terms_at(terms.row)
        for term, row, count, each in zip(
            found, terms.row.tolist(), terms.count.tolist(), weights.tolist(), strict=True
        ):
            rows.append((term, kind, count, tuple(sorted(spans[row])), each))
    shares = np.zeros((len(model.labels), 2))
    if model.context is not None and len(context):
        shares = np.stack(model.context.shares(np.asarray(context)), axis=1)
    others = np.zeros((len(model.labels), 0))
    if model.dependence is not None:
        others = model.dependence.shares(stored)
    names = model.labels.names
    explanations = {}
    for i, name in enumerate(model.labels.names):
        contributions = sorted(
            (Contribution(term, kind, w[i], count, at) for term, kind, count, at, w in rows),
            key=lambda c: (-abs(c.weight), c.kind, c.term),
        )
        intercept = float(model.intercept[i])
        near, rest = shares[i].tolist()
        other_labels = dict(zip(names, others[i].tolist(), strict=False))
        other_labels.pop(name, None)
        explanations[name] = Explanation(
            label=name,
            probability=probabilities[name],
            threshold=model.thresholds[i] if model.thresholds else float("nan"),
            logit=intercept
            + sum(c.weight for c in contributions)
            + near
            + rest
            + sum(other_labels.values()),
            intercept=intercept,
            contributions=tuple(contributions),
            context=(near, rest),
            other_labels=other_labels,
        )
    return explanations


def _origins(text: str, folded: str, *, strip_accents: bool) -> list[int]:
    """Return, for each character of the folded text, where it comes from in the original."""
    if len(text) == len(folded) and text.isascii():
        return list(range(len(text)))
    # Lower-casing depends on the neighbours (the final sigma) in form but not in length, and
    # decomposition reorders combining characters only, which are dropped or stay neighbours.
    found = []
    for place, character in enumerate(text):
        lower = character.lower()
        if strip_accents:
            decomposed = unicodedata.normalize("NFKD", lower)
            lower = "".join(c for c in decomposed if not unicodedata.combining(c))
        found += [place] * len(lower)
    return found


def _places(kind: str, folded: str) -> list[Span]:
    """Return where the units that hits count lie in the folded text: words, or laid characters."""
    if kind != "char":
        return engine.lay_words(folded)
    places: list[Span] = []
    end = 0
    for word in folded.split():
        start = folded.index(word, end)
        places.append((start, start))  # the space before a word is no character of it
        end = start + len(word)
        places += [(place, place + 1) for place in range(start, end)]
    return [*places, (end, end)]


def _original(places: list[Span], origin: list[int], start: int, end: int) -> Span:
    first, last = places[start][0], places[end - 1][1]
    if first == last:
        return (0, 0)
    return origin[first], origin[last - 1] + 1


def rows_beside(explanation: Explanation) -> list[tuple[str, float]]:
    """Name what joins terms and intercept: the rest of the document, the other labels.

    Nothing where the one or the other adds nothing; other labels that add next to nothing in one.
    """
    names = ("rest of the document: sentences near by", "rest of the document: all of it")
    rows = list(zip(names, explanation.context, strict=True)) if any(explanation.context) else []
    others = explanation.other_labels.items()
    rows += [(f"other label: {name}", x) for name, x in others if abs(x) >= NAMED]
    if any(0 < abs(x) < NAMED for _, x in others):
        rows.append(("other labels: the rest", sum(x for _, x in others if abs(x) < NAMED)))
    return rows


def beside_json(explanation: Explanation) -> dict[str, dict[str, float]]:
    """Return the JSON form of what joins terms and intercept."""
    return {
        "context": dict(zip(("near", "rest"), explanation.context, strict=True)),
        "other_labels": dict(explanation.other_labels),
    }


_TOKEN = re.compile(r"\S+")


def word_weights(text: str, explanation: Explanation) -> list[tuple[int, int, float]]:
    """Share the contributions out among the words of the sentence.

    A term's weight is divided evenly among its places, and at each place among the words that it
    touches, so that the words still add up to the logit less the intercept, the context and what
    the other labels add.

    Returns
    -------
    list of (start, end, weight)
        One for each run of characters between spaces, in order.
    """
    words = [match.span() for match in _TOKEN.finditer(text)]
    weights = [0.0] * len(words)
    for contribution in explanation.contributions:
        for start, end in contribution.spans:
            touched = [i for i, (s, e) in enumerate(words) if s < end and e > start]
            for i in touched:
                weights[i] += contribution.weight / len(contribution.spans) / len(touched)
    return [(start, end, weight) for (start, end), weight in zip(words, weights, strict=True)]
