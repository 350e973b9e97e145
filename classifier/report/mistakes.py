"""Worst mistakes on composed sentences: the others belong to their publishers."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

import numpy as np

from classifier.scoring import Predictor
from classifier.scoring.measure import Mistake, score_corpus

if TYPE_CHECKING:
    from classifier.corpus.read import Corpus
    from classifier.model.evaluate import Measured
    from classifier.model.train import Trained

PUBLISHABLE = "composed"


def shown_mistakes(predictor: Predictor, corpus: Corpus, n: int) -> list[Mistake]:
    """Return the `n` worst misses and the `n` worst false alarms on composed sentences.

    Parameters
    ----------
    predictor : Predictor
        Not trained on the corpus.
    corpus : Corpus
    n : int
    """
    examples = tuple(e for e in corpus.examples if e.origin == PUBLISHABLE)
    if not examples:
        return []
    found = []
    for row, label in _worst(score_corpus(predictor, replace(corpus, examples=examples)), n):
        why = predictor.explain(examples[row].text, predictor.labels[label])
        found.append(Mistake(examples[row], why.label, why.probability, why))
    return found


def held_out_mistakes(trained: Trained, corpus: Corpus, n: int) -> list[Mistake]:
    """Return the `n` worst misses and false alarms on composed sentences of a training corpus.

    The worst by out-of-fold probability are looked for first. A model that is fitted once more
    without all of their documents then scores and explains them: what the model proper says of a
    sentence that it has learnt by heart explains nothing.
    """
    rows = np.flatnonzero([e.origin == PUBLISHABLE for e in corpus.examples])
    worst = [rows[place] for place, _ in _worst(trained.out_of_fold.part(rows), 2 * n)]
    if not worst:
        return []
    documents = {corpus.examples[row].document for row in worst}
    out = [e.document in documents for e in corpus.examples]
    predictor = Predictor(trained.without(np.flatnonzero(out)))
    examples = tuple(corpus.examples[row] for row in sorted(set(worst)))
    return shown_mistakes(predictor, replace(corpus, examples=examples), n)


def _worst(measured: Measured, n: int) -> list[tuple[int, int]]:
    """Return (row, label) of the surest wrong answers: misses first, then false alarms.

    The two are ranked apart: a rare label is missed with a probability near zero, and hardly ever
    given wrongly with one near one, so that one list would show misses alone.
    """
    found: list[tuple[int, int]] = []
    truth, said, p = measured.truth, measured.decisions, measured.probabilities
    for wrong, sure in ((truth & ~said, p), (~truth & said, -p)):
        places = np.argwhere(wrong)
        order = np.argsort(sure[wrong], kind="stable")[:n]
        found += [(int(row), int(label)) for row, label in places[order]]
    return found
