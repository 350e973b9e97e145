"""Thresholds that keep to a share of false alarms, chosen for all labels together.

A desk that reads mixed news asks how many sentences of articles on other matters are flagged at
all. A precision for each label by itself answers badly: most false alarms may be those of one
label, and the others then give up recall for nothing. So the labels share what is allowed. Each
takes the threshold at which

    F1(t) - price * (share of off-topic sentences at or above t)

is greatest, at one price for all, and the price is the lowest at which the sentences that any label
flags are within the share: where a false alarm costs all labels the same, none can give one up for
less F1 than another.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
import numpy.typing as npt

from classifier.model.operating import RESAMPLES

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.random import Generator

Floats = npt.NDArray[np.float64]
Bools = npt.NDArray[np.bool_]
Rows = npt.NDArray[np.int64]

PRICES = np.geomspace(1e-2, 1e4, 61)


def off_topic(truth: Bools, documents: Rows, labelled: Bools | None = None) -> Bools:
    """Return which sentences are of documents that were labelled throughout and carry no label.

    Parameters
    ----------
    truth : array of bool, shape (n_sentences, n_labels)
    documents : array of int, shape (n_sentences,)
        Number of the document of each, from 0.
    labelled : array of bool, shape (n_sentences,), optional
        Whether anybody has said what it carries; all if None.
    """
    told = truth.any(axis=1)
    if labelled is not None:
        told |= ~labelled
    other: Bools = np.bincount(documents, told) == 0
    return other[documents]


def thresholds_within(
    probabilities: Floats,
    truth: Bools,
    documents: Rows,
    target: Bools,
    off: Bools,
    shares: Sequence[float],
    rng: Generator,
) -> list[tuple[float, ...]]:
    """Choose the thresholds of all labels for each of some shares of false alarms.

    Thresholds at each price are medians over bootstrap resamples of documents, as those of other
    operating points are. Where no price keeps the share, that of the highest is taken.

    Parameters
    ----------
    probabilities, truth : array, shape (n_sentences, n_labels)
    documents : array of int, shape (n_sentences,)
        Number of the document of each, from 0.
    target : array of bool, shape (n_sentences,)
        The sentences that F1 is counted on.
    off : array of bool, shape (n_sentences,)
        The sentences that false alarms are counted on; none of them carries a label.
    shares : sequence of float
        Of these sentences, at most so many are flagged.
    rng : numpy.random.Generator

    Returns
    -------
    list of tuple of float
        For each share the thresholds of the labels.
    """
    if not shares:
        return []
    n_documents, n_labels = int(documents.max()) + 1, truth.shape[1]
    labels = [
        _Label.of(probabilities[:, i], truth[:, i] & target, target, off) for i in range(n_labels)
    ]
    found = np.empty((RESAMPLES, len(PRICES), n_labels))
    for drawn in found:
        draws = rng.integers(0, n_documents, n_documents)
        weight = np.bincount(draws, minlength=n_documents)[documents].astype(np.float64)
        for i, label in enumerate(labels):
            drawn[:, i] = label.best(weight)
    path = np.median(found, axis=0)
    of = probabilities[off]
    flagged = np.array([(of >= row).any(axis=1).mean() if len(of) else 0.0 for row in path])
    within = [np.flatnonzero(flagged <= share) for share in shares]
    return [tuple(path[at[0] if len(at) else -1].tolist()) for at in within]


@dataclass(frozen=True)
class _Label:
    """The cuts of one label: its sentences by falling probability, and where a cut may be.

    F1 falls and false alarms do not between one positive and the next: the best cut is below a
    positive, or above everything.
    """

    order: Rows
    hits: Floats
    said: Floats
    alarms: Floats
    ends: Rows
    cuts: Floats

    @classmethod
    def of(cls, p: Floats, positive: Bools, target: Bools, off: Bools) -> _Label:
        order = np.argsort(-p, kind="stable")
        order = order[(target | off)[order]]
        p, hits = p[order], positive[order].astype(np.float64)
        ends = np.flatnonzero(np.append(p[1:] != p[:-1], True))
        ends = ends[np.diff(np.cumsum(hits)[ends], prepend=0.0) > 0]
        top = p[0] if len(p) else 1.0
        cuts = np.append((1 + top) / 2, (p[ends] + np.append(p, 0.0)[ends + 1]) / 2)
        said, alarms = (rows[order].astype(np.float64) for rows in (target, off))
        return cls(order, hits, said, alarms, ends, cuts)

    def best(self, weight: Floats) -> Floats:
        """Return the best cut at each price; half where the label is not drawn at all."""
        w = weight[self.order]
        hits, said, alarms = (np.cumsum(w * x) for x in (self.hits, self.said, self.alarms))
        if not len(hits) or hits[-1] == 0:
            return np.full(len(PRICES), 0.5)
        f1 = np.append(0.0, 2 * hits[self.ends] / (said[self.ends] + hits[-1]))
        flagged = np.append(0.0, alarms[self.ends]) / max(alarms[-1], 1.0)
        best: Floats = self.cuts[(f1 - PRICES[:, None] * flagged).argmax(axis=1)]
        return best
