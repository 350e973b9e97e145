"""What the figures of a report show: precision-recall curves, reliability, confusion, top terms."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
import numpy.typing as npt

from classifier.model.evaluate import calibration_error

if TYPE_CHECKING:
    from classifier.model.artefact import Model
    from classifier.model.evaluate import Measured

Floats = npt.NDArray[np.float64]
Bools = npt.NDArray[np.bool_]
BINS = 10
SIMULATIONS = 400


def precision_recall(truth: Bools, probabilities: Floats) -> tuple[Floats, Floats]:
    """Return recall and precision at every threshold, from the highest down, ties together.

    Both are empty where nothing is positive.
    """
    if not truth.any():
        return np.zeros(0), np.zeros(0)
    order = np.argsort(-probabilities, kind="stable")
    p, t = probabilities[order], truth[order]
    last = np.flatnonzero(np.append(p[1:] != p[:-1], True))
    hits = np.cumsum(t)[last].astype(np.float64)
    return hits / hits[-1], hits / (last + 1)


@dataclass(frozen=True)
class Reliability:
    """How often sentences of some probability carry the label.

    Parameters
    ----------
    predicted, observed : array of float, shape (n_bins,)
        Mean probability and share of positives.
    low, high : array of float, shape (n_bins,)
        Between these lies, in 95 of 100 simulations, the share that a perfectly calibrated model
        would show with as many sentences of these probabilities.
    counts : array of int, shape (n_bins,)
    error : float
        Expected calibration error (`classifier.model.evaluate.calibration_error`).
    expected_error, high_error : float
        Its mean, and what 95 of 100 stay below, in the same simulations.
    """

    predicted: Floats
    observed: Floats
    low: Floats
    high: Floats
    counts: npt.NDArray[np.int64]
    error: float
    expected_error: float
    high_error: float


def reliability(truth: Bools, probabilities: Floats, seed: int = 0) -> Reliability:
    """Compare probabilities with what came true, and with what chance alone would do.

    The bins follow the order of the probabilities and hold equal sums of p (1 - p): every point
    then rests on about as much evidence, where bins of equal size would put nine of ten points of
    a rare label next to zero.
    """
    order = np.argsort(probabilities, kind="stable")
    p, t = probabilities[order], truth[order]
    evidence = np.cumsum(p * (1 - p))
    total = float(evidence[-1]) if len(p) else 0.0
    share = (evidence - p * (1 - p) / 2) / total if total > 0 else np.zeros(len(p))
    bins = np.unique(np.minimum((share * BINS).astype(np.int64), BINS - 1), return_inverse=True)[1]
    counts = np.bincount(bins)
    rng = np.random.default_rng(seed)
    shares, errors = [], []
    for _ in range(SIMULATIONS):
        drawn = rng.random(len(p)) < p
        shares.append(np.bincount(bins, weights=drawn) / counts)
        errors.append(calibration_error(drawn, p))
    low, high = np.percentile(np.array(shares), (2.5, 97.5), axis=0)
    return Reliability(
        predicted=np.bincount(bins, weights=p) / counts,
        observed=np.bincount(bins, weights=t) / counts,
        low=low,
        high=high,
        counts=counts,
        error=calibration_error(t, p),
        expected_error=float(np.mean(errors)),
        high_error=float(np.percentile(errors, 95)),
    )


def confusion(measured: Measured) -> tuple[npt.NDArray[np.int64], npt.NDArray[np.int64]]:
    """Count which labels are predicted where others are true.

    Returns
    -------
    counts : array of int, shape (n_labels + 1, n_labels + 1)
        Of the sentences that carry the label of the row (the last row: none at all), those that
        get the label of the column (the last column: none at all). Off the diagonal only sentences
        count that do not carry the label of the column.
    totals : array of int, same shape
        How many sentences could be counted.
    """
    none_true = ~measured.truth.any(axis=1, keepdims=True)
    none_said = ~measured.decisions.any(axis=1, keepdims=True)
    truth = np.hstack([measured.truth, none_true]).astype(np.int64)
    said = np.hstack([measured.decisions, none_said]).astype(np.int64)
    counts, totals = truth.T @ (said & (1 - truth)), truth.T @ (1 - truth)
    np.fill_diagonal(counts, (truth & said).sum(axis=0))
    np.fill_diagonal(totals, truth.sum(axis=0))
    return counts, totals


@dataclass(frozen=True)
class TopTerms:
    """Terms that push a label up and down, the strongest first, with their weights.

    A weight is what one occurrence adds to the logit before the length of the sentence is
    evened out.
    """

    up: tuple[tuple[str, float], ...]
    down: tuple[tuple[str, float], ...]


def frequent_from(model: Model) -> int:
    """Return in how many sentences a term must stand to be shown: one in a thousand, three."""
    return max(3, round(int(model.about["data"]["sentences"]) / 1000))


def top_terms(model: Model, label: int, kind: str, n: int) -> TopTerms:
    """Return the strongest terms of a kind for a label.

    Terms of few sentences (`frequent_from`) are left out: a rare name may weigh much by chance.
    How many a term stands in follows from its inverse document frequency.
    """
    block = model.blocks.get(kind)
    if block is None or not len(block):
        return TopTerms((), ())
    idf = block.idf.astype(np.float64)
    frequency = (1 + int(model.about["data"]["sentences"])) / np.exp(idf - 1) - 1
    weights = block.coef[:, label].astype(np.float64) * idf
    known = np.flatnonzero(frequency > frequent_from(model) - 0.5)
    # Sorted by hash, so that equal weights keep one order.
    order = known[np.argsort(weights[known], kind="stable")]

    def named(rows: npt.NDArray[np.int64], sign: int) -> tuple[tuple[str, float], ...]:
        kept = [int(row) for row in rows if sign * weights[row] > 0]
        return tuple((block.term(row), float(weights[row])) for row in kept)

    return TopTerms(named(order[::-1][:n], 1), named(order[:n], -1))
