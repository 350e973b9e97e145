"""Worst mistakes on composed sentences: the others belong to their publishers."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

import numpy as np

from classifier.scoring import Predictor
from classifier.scoring.measure import Mistake, mistakes

if TYPE_CHECKING:
    from classifier.corpus.read import Corpus
    from classifier.model.train import Trained

PUBLISHABLE = "composed"


def shown_mistakes(predictor: Predictor, corpus: Corpus, n: int) -> list[Mistake]:
    """Return the worst mistakes on composed sentences that the model was not trained on."""
    return _of(predictor, corpus, [e.origin == PUBLISHABLE for e in corpus.examples], n)


def held_out_mistakes(trained: Trained, corpus: Corpus, n: int) -> list[Mistake]:
    """Return the worst mistakes on composed sentences of a training corpus.

    The worst by out-of-fold probability are looked for first. A model that is fitted once more
    without all of their documents then scores and explains them: what the model proper says of a
    sentence that it has learnt by heart explains nothing.
    """
    composed = np.array([e.origin == PUBLISHABLE for e in corpus.examples], np.bool_)
    found = trained.out_of_fold
    wrong = np.argwhere((found.truth != found.decisions) & composed[:, None])
    p = found.probabilities[wrong[:, 0], wrong[:, 1]]
    truth = found.truth[wrong[:, 0], wrong[:, 1]]
    order = np.argsort(np.where(truth, p, 1 - p), kind="stable")
    worst = list(dict.fromkeys(wrong[order, 0].tolist()))[: 2 * n]
    if not worst:
        return []
    documents = {corpus.examples[row].document for row in worst}
    out = np.array([e.document in documents for e in corpus.examples], np.bool_)
    predictor = Predictor(trained.without(np.flatnonzero(out)))
    chosen = np.zeros(len(out), np.bool_)
    chosen[worst] = True
    return _of(predictor, corpus, chosen.tolist(), n)


def _of(predictor: Predictor, corpus: Corpus, kept: list[bool], n: int) -> list[Mistake]:
    examples = tuple(e for e, yes in zip(corpus.examples, kept, strict=True) if yes)
    if not examples:
        return []
    return mistakes(predictor, replace(corpus, examples=examples), n)
