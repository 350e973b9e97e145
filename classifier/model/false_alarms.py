"""Thresholds within a share of false alarms, chosen for all labels together.

A desk that reads mixed news asks how much of what carries no signal is flagged at all. A precision
for each label by itself answers badly: most false alarms may be those of one label, and the others
then give up recall for nothing. So the labels share what is allowed. Each takes the threshold at
which

    F1(t) - price * (share of false alarms at t)

is greatest, at one price for all: where a false alarm costs all labels the same, none gives one up
that was worth more than what another keeps. Of a grid of prices the lowest is taken at which the
sentences that any label flags are within the share.

False alarms are counted on documents that carry no label at all. A sentence without a label in a
report of a battle tells little of what happens on the pages of sport.
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

    from classifier.corpus.read import Corpus

Floats = npt.NDArray[np.float64]
Bools = npt.NDArray[np.bool_]
Rows = npt.NDArray[np.int64]

PRICES = np.append(0.0, np.geomspace(1e-2, 1e4, 240))
# A share is only asked of data in which it leaves room for so many false alarms, in documents
# enough to tell what others are like.
FEWEST_ALARMS = 5
FEWEST_DOCUMENTS = 20


def without_label(corpus: Corpus) -> Bools:
    """Return which examples are of documents that were labelled throughout and carry no label."""
    told = {e.document for e in corpus.examples if e.labels}
    told |= {s.document for s in corpus.neighbours}
    return np.array([e.document not in told for e in corpus.examples], np.bool_)


def can_tell(share: float, bare: Bools, documents: Rows) -> bool:
    """Return whether there is enough without a label to keep a share of false alarms on.

    Parameters
    ----------
    share : float
    bare : array of bool, shape (n_sentences,)
        Which sentences are of documents without a label.
    documents : array of int, shape (n_sentences,)
        The number of the document of each.
    """
    enough = len(np.unique(documents[bare])) >= FEWEST_DOCUMENTS
    return enough and share * float(bare.sum()) >= FEWEST_ALARMS


def thresholds_within(
    probabilities: Floats,
    truth: Bools,
    documents: Rows,
    target: Bools,
    bare: Bools,
    shares: Sequence[float],
    rng: Generator,
) -> list[tuple[float, ...]]:
    """Choose the thresholds of all labels for each of some shares of false alarms.

    The thresholds at a price are medians over bootstrap resamples of documents, as those of other
    operating points are. What is flagged at it is counted on the documents that a resample leaves
    out, because thresholds raise fewer false alarms where they were chosen. Where no price keeps
    the share the highest is taken.

    Parameters
    ----------
    probabilities, truth : array, shape (n_sentences, n_labels)
    documents : array of int, shape (n_sentences,)
        Number of the document of each, from 0.
    target : array of bool, shape (n_sentences,)
        The sentences that F1 is counted on.
    bare : array of bool, shape (n_sentences,)
        The sentences that false alarms are counted on, those of documents without a label.
    shares : sequence of float
        Of these sentences about so many are flagged, or fewer.
    rng : numpy.random.Generator

    Returns
    -------
    list of tuple of float
        For each share the thresholds of the labels.
    """
    if not shares:
        return []
    n_documents, n_labels = int(documents.max()) + 1, truth.shape[1]
    of_label = [
        _Label.of(probabilities[:, i], truth[:, i], documents, target, bare)
        for i in range(n_labels)
    ]
    found = np.empty((RESAMPLES, len(PRICES), n_labels))
    p, bare_documents = probabilities[bare], documents[bare]
    flagged, seen = np.zeros(len(PRICES) + 1), 0
    for cuts in found:
        draws = rng.integers(0, n_documents, n_documents)
        counts = np.bincount(draws, minlength=n_documents).astype(np.float64)
        for i, label in enumerate(of_label):
            cuts[:, i] = label.best(counts)
        left_out = np.flatnonzero(counts[bare_documents] == 0)
        # Cuts rise with the price: a sentence is flagged at every price up to some one.
        upto = np.zeros(len(left_out), np.int64)
        for i in range(n_labels):
            here = np.where(np.isnan(cuts[:, i]), np.inf, cuts[:, i])
            upto = np.maximum(upto, np.searchsorted(here, p[left_out, i], "right"))
        flagged += np.bincount(upto, minlength=len(flagged))
        seen += len(left_out)
    share_at = 1 - np.cumsum(flagged)[:-1] / max(seen, 1)
    path = np.array([label.typical(found[..., i]) for i, label in enumerate(of_label)]).T
    within = [np.flatnonzero(share_at <= share) for share in shares]
    return [tuple(path[at[0] if len(at) else -1].tolist()) for at in within]


@dataclass(frozen=True)
class _Label:
    """The cuts of one label: its sentences by falling probability, and where a cut may be.

    Between one positive and the next F1 falls and false alarms do not: the best cut is below a
    positive, or above everything. So the sentences below the last positive are left out.
    """

    documents: Rows
    hits: Floats
    said: Floats
    alarms: Floats
    ends: Rows
    cuts: Floats
    bare: Floats

    @classmethod
    def of(cls, p: Floats, truth: Bools, documents: Rows, target: Bools, bare: Bools) -> _Label:
        order = np.argsort(-p, kind="stable")
        order = order[(target | bare)[order]]
        p, hits = p[order], (truth & target)[order].astype(np.float64)
        ends = np.flatnonzero(np.append(p[1:] != p[:-1], True))
        ends = ends[np.diff(np.cumsum(hits)[ends], prepend=0.0) > 0]
        top = p[0] if len(p) else 1.0
        cuts = np.append((1 + top) / 2, (p[ends] + np.append(p, 0.0)[ends + 1]) / 2)
        order = order[: ends[-1] + 1] if len(ends) else order[:0]
        return cls(
            documents[order],
            hits[: len(order)],
            target[order].astype(np.float64),
            bare[order].astype(np.float64),
            ends,
            cuts,
            np.bincount(documents, bare, minlength=int(documents.max()) + 1).astype(np.float64),
        )

    def best(self, counts: Floats) -> Floats:
        """Return the best cut at each price; NaN where no positive is drawn.

        Parameters
        ----------
        counts : array of float, shape (n_documents,)
            How often each document is drawn.
        """
        weight = counts[self.documents]
        hits, said, alarms = (np.cumsum(weight * x) for x in (self.hits, self.said, self.alarms))
        if not len(hits) or hits[-1] == 0:
            return np.full(len(PRICES), np.nan)
        f1 = np.append(0.0, 2 * hits[self.ends] / (said[self.ends] + hits[-1]))
        share = np.append(0.0, alarms[self.ends]) / max(float(counts @ self.bare), 1.0)
        # A cut that is no better than one with as few false alarms is never the best.
        better = f1 > np.append(-1.0, np.maximum.accumulate(f1)[:-1])
        rows = np.flatnonzero(better)
        rows = rows[np.append(share[rows][1:] != share[rows][:-1], True)]
        best = rows[(f1[rows] - PRICES[:, None] * share[rows]).argmax(axis=1)]
        cuts: Floats = np.maximum.accumulate(self.cuts[best])
        return cuts

    def typical(self, drawn: Floats) -> Floats:
        """Return the medians of the cuts of resamples; above everything where none has one."""
        known = drawn[~np.isnan(drawn[:, 0])]
        if not len(known):
            return np.full(drawn.shape[1], self.cuts[0])
        medians: Floats = np.median(known, axis=0)
        return medians
