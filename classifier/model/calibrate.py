"""Scores into probabilities, by maps that fold into the weights.

Both maps are affine in the scores, so that a calibrated model is again one linear model and its
explanations stay exact sums.
"""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

Floats = npt.NDArray[np.float64]
Bools = npt.NDArray[np.bool_]


def sigmoid(logits: Floats) -> Floats:
    """Return 1 / (1 + exp(-x)) without overflow."""
    small = np.exp(-np.abs(logits))
    result: Floats = np.where(logits >= 0, 1 / (1 + small), small / (1 + small))
    return result


def softmax(logits: Floats) -> Floats:
    """Return the softmax over the last axis."""
    shifted = np.exp(logits - logits.max(axis=-1, keepdims=True))
    result: Floats = shifted / shifted.sum(axis=-1, keepdims=True)
    return result


def fit_sigmoid(scores: Floats, truth: Bools) -> tuple[float, float]:
    """Fit slope and offset of a sigmoid over scores.

    Newton's method on the log loss with Platt's smoothed targets (Platt 1999, Probabilistic
    outputs for support vector machines). The slope is never negative.

    Parameters
    ----------
    scores : array of float, shape (n,)
    truth : array of bool, shape (n,)

    Returns
    -------
    slope, offset : float
        ``sigmoid(slope * score + offset)`` is the probability.
    """
    positive = int(truth.sum())
    negative = len(truth) - positive
    target = np.where(truth, (positive + 1) / (positive + 2), 1 / (negative + 2))
    # From slope 0, as Platt does: from 1 large scores saturate and Newton's method does not move.
    slope, offset = 0.0, float(np.log((positive + 1) / (negative + 1)))

    def loss(a: float, b: float) -> float:
        x = a * scores + b
        return float(np.sum(np.logaddexp(0, x) - target * x))

    current = loss(slope, offset)
    for _ in range(100):
        p = sigmoid(slope * scores + offset)
        residual, weight = p - target, p * (1 - p)
        g0, g1 = float(residual @ scores), float(residual.sum())
        h00 = float(weight @ (scores * scores)) + 1e-9
        h01, h11 = float(weight @ scores), float(weight.sum()) + 1e-9
        determinant = h00 * h11 - h01 * h01
        if max(abs(g0), abs(g1)) < 1e-8 * len(truth) or determinant <= 0:
            break
        d0 = (h11 * g0 - h01 * g1) / determinant
        d1 = (h00 * g1 - h01 * g0) / determinant
        step = 1.0
        while step > 1e-6 and (new := loss(slope - step * d0, offset - step * d1)) > current:
            step /= 2
        if step <= 1e-6:
            break
        slope, offset, current = slope - step * d0, offset - step * d1, new
    if slope < 0:  # scores that point the wrong way tell nothing; only the frequency is left
        return 0.0, float(np.log((positive + 1) / (negative + 1)))
    return slope, offset


def fit_softmax(scores: Floats, truth: Bools) -> tuple[float, Floats]:
    """Fit a common slope and an offset for each label under a softmax.

    Temperature scaling (Guo et al. 2017, On calibration of modern neural networks) with offsets,
    by L-BFGS on the log loss with a weak pull of the offsets to zero.

    Parameters
    ----------
    scores : array of float, shape (n, n_labels)
    truth : array of bool, shape (n, n_labels)
        One true value in each row.
    """
    from scipy.optimize import minimize

    n, n_labels = scores.shape
    if not n:  # none of the origins to measure on outside of a fold
        return 1.0, np.zeros(n_labels)

    def loss(values: Floats) -> tuple[float, Floats]:
        slope, offsets = np.exp(values[0]), values[1:]
        x = slope * scores + offsets
        p = softmax(x)
        residual = p - truth
        value = -float(np.sum(np.log(np.maximum(p[truth], 1e-300)))) + 0.5 * offsets @ offsets
        gradient = np.concatenate(
            ([np.sum(residual * scores) * slope], residual.sum(axis=0) + offsets)
        )
        return value / n, gradient / n

    found = minimize(
        loss,
        np.zeros(n_labels + 1),
        jac=True,
        method="L-BFGS-B",
        bounds=[(-6, 6)] + [(-20, 20)] * n_labels,
    ).x
    return float(np.exp(found[0])), found[1:]
