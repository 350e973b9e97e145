"""In which order sentences are worth an annotator's time, by what a model says of them."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import numpy.typing as npt

if TYPE_CHECKING:
    from collections.abc import Sequence

    from scipy.sparse import csr_matrix

    from classifier.model.artefact import Model
    from classifier.scoring import Predictor

Floats = npt.NDArray[np.float64]
Rows = npt.NDArray[np.int64]

ORDERS = ("random", "uncertain", "diverse", "rare")
_TINY = 1e-9


def margins(predictor: Predictor, probabilities: Floats) -> Floats:
    """Return how far each label of each sentence is from changing its answer.

    Parameters
    ----------
    predictor : Predictor
    probabilities : array of float, shape (n_sentences, n_labels)

    Returns
    -------
    array of float, shape (n_sentences, n_labels)
        The distance between the logits of the probability and of the label's threshold. For
        exclusive labels the distance to the best other label.
    """
    p = np.clip(probabilities, _TINY, 1 - _TINY)
    if predictor.model.labels.exclusive:
        logs = np.log(p)
        ranked = np.sort(logs, axis=1)
        best, second = ranked[:, -1:], ranked[:, -2:-1]
        gaps: Floats = np.abs(np.where(logs == best, logs - second, logs - best))
        return gaps
    bounds = np.clip(np.array(predictor.model.thresholds), _TINY, 1 - _TINY)
    distances: Floats = np.abs(np.log(p / (1 - p)) - np.log(bounds / (1 - bounds)))
    return distances


def by_label(values: Floats) -> list[Rows]:
    """Return, for each column, the rows from the smallest value to the largest."""
    return [np.argsort(column, kind="stable") for column in values.T]


class Coverage:
    """Sentences by how far they are from all that was labelled: greedy k-center.

    Gonzalez 1985, Clustering to minimize the maximum intercluster distance; for labelling Sener and
    Savarese 2018, Active learning for convolutional neural networks: a core-set approach. The
    distance is that of the TF-IDF vectors which the model reads. Where nothing is labelled yet,
    the first is the sentence nearest to the mean of all.

    Parameters
    ----------
    model : Model
    texts : sequence of str
    """

    def __init__(self, model: Model, texts: Sequence[str]) -> None:
        self._x = _vectors(model, texts)
        self._nearest = np.full(len(texts), -np.inf)  # cosine to the nearest that is labelled
        self._centres: set[int] = set()

    def take(self, rows: set[int]) -> None:
        """Say which sentences are labelled now."""
        if not self._centres <= rows:  # something was undone
            self._centres = set()
            self._nearest[:] = -np.inf
        new = sorted(rows - self._centres)
        for start in range(0, len(new), 64):
            block = self._x[new[start : start + 64]]
            found = (self._x @ block.T).toarray().max(axis=1)
            np.maximum(self._nearest, found, out=self._nearest)
        self._centres |= rows

    def farthest_first(self) -> Rows:
        """Return the sentences from the least covered to the best covered."""
        if not self._centres:
            mean = np.asarray(self._x.mean(axis=0)).ravel()
            return np.argsort(-(self._x @ mean), kind="stable")
        return np.argsort(self._nearest, kind="stable")


def _vectors(model: Model, texts: Sequence[str]) -> csr_matrix:
    from scipy.sparse import csr_matrix
    from sklearn.preprocessing import normalize

    from classifier.model.export import to_pipeline

    features = to_pipeline(model).named_steps["features"]
    return csr_matrix(normalize(features.transform(list(texts))))
