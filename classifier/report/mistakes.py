"""Worst mistakes on composed sentences: the others belong to their publishers."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import numpy.typing as npt

from classifier.model.failures import PUBLISHABLE, worst_of
from classifier.scoring import Predictor
from classifier.scoring.measure import Mistake, explained, score_corpus

if TYPE_CHECKING:
    from classifier.corpus.read import Corpus
    from classifier.model.train import Trained

Rows = npt.NDArray[np.int64]


def shown_mistakes(
    predictor: Predictor, corpus: Corpus, n: int, among: Rows | None = None
) -> list[Mistake]:
    """Return the `n` worst misses and the `n` worst false alarms on composed sentences.

    Parameters
    ----------
    predictor : Predictor
        Not trained on the corpus.
    corpus : Corpus
    n : int
    among : array of int, optional
        Places of the composed sentences to choose from; all if None.
    """
    rows = _composed(corpus) if among is None else among
    if not len(rows):
        return []
    worst = worst_of(score_corpus(predictor, corpus).part(rows), n)
    return [
        explained(predictor, corpus, int(rows[place]), predictor.labels[label])
        for place, label in worst
    ]


def held_out_mistakes(trained: Trained, corpus: Corpus, n: int) -> list[Mistake]:
    """Return the `n` worst misses and false alarms on composed sentences of a training corpus.

    The worst by out-of-fold probability are looked for first. A model that is fitted once more
    without all of their documents then scores and explains them: what the model proper says of a
    sentence that it has learnt by heart explains nothing.
    """
    rows = _composed(corpus)
    worst = [rows[place] for place, _ in worst_of(trained.out_of_fold.part(rows), 2 * n)]
    if not worst:
        return []
    documents = {corpus.examples[row].document for row in worst}
    out = np.flatnonzero([e.document in documents for e in corpus.examples])
    predictor = Predictor(trained.without(out))
    return shown_mistakes(predictor, corpus.part(documents), n, np.flatnonzero(np.isin(out, worst)))


def _composed(corpus: Corpus) -> Rows:
    return np.flatnonzero([e.origin == PUBLISHABLE for e in corpus.examples])
