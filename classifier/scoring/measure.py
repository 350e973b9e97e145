"""A model measured on labelled sentences: figures, breakdowns, worst mistakes, comparison."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from classifier.errors import UsageError
from classifier.model.compare import compare
from classifier.model.evaluate import Measured, evaluate, false_alarms, figures
from classifier.model.false_alarms import without_label

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from classifier.corpus.read import Corpus
    from classifier.schema import Example, Explanation
    from classifier.scoring.predictor import Predictor

# Groups with fewer sentences say more about chance than about the model.
MIN_GROUP = 20
_LENGTHS = ((0, 10), (11, 20), (21, 35), (36, 10**6))
FIELDS: dict[str, Callable[[Example], str]] = {
    "theatre": lambda e: e.theatre,
    "outlet": lambda e: e.outlet,
    "genre": lambda e: e.genre,
    "origin": lambda e: e.origin,
    "year": lambda e: e.date[:4],
    "length": lambda e: _length(e.text),
}


@dataclass(frozen=True)
class Mistake:
    """A wrong decision: the surer the model was, the worse.

    ``explanation`` says why the model thought so.
    """

    example: Example
    label: str
    probability: float
    explanation: Explanation


def score_corpus(predictor: Predictor, corpus: Corpus) -> Measured:
    """Score the sentences of a corpus, each with the others of its document as its context."""
    examples = corpus.examples
    documents = [e.document for e in examples]
    sentences = corpus.sentences if predictor.model.context else examples
    probabilities = predictor.predict_proba(
        [s.text for s in sentences],
        [s.document for s in sentences],
        [s.position for s in sentences],
    )[: len(examples)]
    return Measured(
        labels=predictor.labels,
        documents=documents,
        truth=np.array([[n in e.labels for n in predictor.labels] for e in examples], np.bool_),
        probabilities=probabilities,
        decisions=predictor.decide(probabilities),
    )


def measure(
    predictor: Predictor,
    corpus: Corpus,
    *,
    bootstrap: int = 1000,
    against: Predictor | None = None,
) -> dict[str, Any]:
    """Score the sentences of a corpus and compare with their labels.

    Parameters
    ----------
    predictor : Predictor
    corpus : Corpus
    bootstrap : int
        Resamples of documents behind the intervals.
    against : Predictor, optional
        Another model with the same labels, compared on the same sentences.

    Returns
    -------
    dict
        As `classifier.model.evaluate.evaluate` returns it, with the model's name and fingerprint,
        the data's fingerprint, ``false_alarms`` where some documents carry no label
        (`classifier.model.evaluate.false_alarms`), ``breakdown`` (for each field of `FIELDS` and
        each value with twenty or more sentences: F1 and average precision by label and macro) and,
        with `against`, ``against`` (as `classifier.model.compare.compare` returns it; `against` is
        the old one).

    Raises
    ------
    UsageError
        The two models have different labels.
    """
    measured = score_corpus(predictor, corpus)
    alarms = false_alarms(measured, without_label(corpus), bootstrap=bootstrap)
    result = {
        "model": predictor.model.name,
        "fingerprint": predictor.model.fingerprint,
        "data": corpus.fingerprint,
        **evaluate(measured, bootstrap=bootstrap),
        **({"false_alarms": alarms} if alarms else {}),
        "breakdown": {name: _breakdown(measured, corpus, of) for name, of in FIELDS.items()},
    }
    if against is not None:
        if against.labels != predictor.labels:
            raise UsageError(
                f"{against.model.name} has the labels {', '.join(against.labels)}, "
                f"{predictor.model.name} has {', '.join(predictor.labels)}: they cannot be compared"
            )
        result["against"] = {
            "model": against.model.name,
            "fingerprint": against.model.fingerprint,
            "differences": compare(
                score_corpus(against, corpus), measured, bootstrap=max(bootstrap, 1)
            ),
        }
    return result


def mistakes(predictor: Predictor, corpus: Corpus, n: int) -> list[Mistake]:
    """Return the `n` worst mistakes: labels given or missed with the widest margin."""
    measured = score_corpus(predictor, corpus)
    wrong = np.argwhere(measured.truth != measured.decisions)
    p = measured.probabilities[wrong[:, 0], wrong[:, 1]]
    truth = measured.truth[wrong[:, 0], wrong[:, 1]]
    order = np.argsort(np.where(truth, p, 1 - p), kind="stable")[:n]
    found = []
    for row, label in wrong[order].tolist():
        found.append(explained(predictor, corpus, row, predictor.labels[label]))
    return found


def explained(predictor: Predictor, corpus: Corpus, row: int, label: str) -> Mistake:
    """Explain one label of a sentence of a corpus, in its document, as `score_corpus` scores it."""
    example = corpus.examples[row]
    sentences = corpus.sentences
    document = [i for i, s in enumerate(sentences) if s.document == example.document]
    context = predictor.contexts(
        [sentences[i].text for i in document],
        [example.document] * len(document),
        [sentences[i].position for i in document],
    )[document.index(row)]
    explanation = predictor.explain(example.text, label, context.tolist())
    return Mistake(example, label, explanation.probability, explanation)


def _breakdown(
    measured: Measured, corpus: Corpus, of: Callable[[Example], str]
) -> dict[str, dict[str, Any]]:
    values = np.array([of(e) for e in corpus.examples])
    found: dict[str, dict[str, Any]] = {}
    for value in sorted(set(values.tolist())):
        rows = np.flatnonzero(values == value)
        if not value or len(rows) < MIN_GROUP:
            continue
        part = Measured(
            labels=measured.labels,
            documents=[measured.documents[row] for row in rows.tolist()],
            truth=measured.truth[rows],
            probabilities=measured.probabilities[rows],
            decisions=measured.decisions[rows],
        )
        group: dict[str, Any] = {"sentences": len(rows)}
        for (label, metric), number in figures(part).items():
            positives = label not in part.labels or bool(
                part.truth[:, list(part.labels).index(label)].any()
            )
            if metric in ("f1", "average_precision"):
                # A label that does not occur in the group has no figure there.
                known = number == number and positives
                group.setdefault(label, {})[metric] = number if known else None
        present = [
            g["f1"] for name, g in group.items() if name in part.labels and g["f1"] is not None
        ]
        group["macro"]["f1"] = float(np.mean(present)) if present else None
        found[value] = group
    return found


def _length(text: str) -> str:
    words = len(text.split())
    low, high = next(bounds for bounds in _LENGTHS if words <= bounds[1])
    return f"{low} to {high} words" if high < 10**6 else f"over {low - 1} words"


def breakdown_fields(given: Sequence[str]) -> list[str]:
    """Check the names of fields to break down by.

    Raises
    ------
    UsageError
        No such field.
    """
    for name in given:
        if name not in FIELDS:
            raise UsageError(f"--by {name}: expected one of {', '.join(FIELDS)}")
    return list(given)
