"""Scores into probabilities, by maps that fold into the weights.

The maps are affine in the scores of a label, so that its calibrated logit is again one linear model
and explanations stay exact sums.
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


def mix(values: Floats, weights: Floats) -> Floats:
    """Return ``values @ weights.T``, to the same bits however many rows there are.

    Parameters
    ----------
    values : array of float, shape (..., n)
    weights : array of float, shape (m, n) or (n,)
        A diagonal where there is one dimension.
    """
    if weights.ndim == 1:
        return np.asarray(values * weights)
    total = np.zeros((*values.shape[:-1], len(weights)))
    for value, column in zip(np.moveaxis(values, -1, 0), weights.T, strict=True):
        total += value[..., None] * column
    return total


def fit_sigmoid(scores: Floats, truth: Bools) -> tuple[float, float]:
    """Fit slope and offset of a sigmoid over scores.

    Parameters
    ----------
    scores : array of float, shape (n,)
    truth : array of bool, shape (n,)

    Returns
    -------
    slope, offset : float
        ``sigmoid(slope * score + offset)`` is the probability; the slope is never negative.
    """
    weights, offset = fit_sigmoid_over(scores[:, None], truth, np.zeros(1))
    return float(weights[0]), offset


def fit_sigmoids(scores: Floats, truth: Bools) -> tuple[Floats, Floats]:
    """Fit a sigmoid for each label alone; return slopes and offsets, shape (n_labels,).

    Parameters
    ----------
    scores, truth : array, shape (n, n_labels)
    """
    fits = [fit_sigmoid(scores[:, i], truth[:, i]) for i in range(scores.shape[1])]
    slopes, offsets = (np.array(values) for values in zip(*fits, strict=True))
    return slopes, offsets


def fit_sigmoid_over(inputs: Floats, truth: Bools, ridge: Floats) -> tuple[Floats, float]:
    """Fit a sigmoid over scores and other inputs at once.

    Newton's method on the log loss with Platt's smoothed targets (Platt 1999, Probabilistic
    outputs for support vector machines).

    Parameters
    ----------
    inputs : array of float, shape (n, n_inputs)
        The scores stand in the first column.
    truth : array of bool, shape (n,)
    ridge : array of float, shape (n_inputs,)
        How strongly each weight is pulled to zero: this times half its square joins the loss.

    Returns
    -------
    weights : array of float, shape (n_inputs,)
        The first is never negative. All are zero where it would be: scores that point the wrong
        way tell nothing, and only the frequency is left.
    offset : float
        ``sigmoid(inputs @ weights + offset)`` is the probability.
    """
    positive = int(truth.sum())
    negative = len(truth) - positive
    target = np.where(truth, (positive + 1) / (positive + 2), 1 / (negative + 2))
    frequency = float(np.log((positive + 1) / (negative + 1)))
    design = np.column_stack([inputs, np.ones(len(truth))])
    pull = np.append(ridge, 0.0)
    # From weights of 0, as Platt does: from 1 large scores saturate and Newton's method stands.
    found = np.append(np.zeros(inputs.shape[1]), frequency)

    def loss(values: Floats) -> float:
        x = design @ values
        return float(np.sum(np.logaddexp(0, x) - target * x) + pull @ values**2 / 2)

    current = loss(found)
    for _ in range(100):
        p = sigmoid(design @ found)
        gradient = design.T @ (p - target) + pull * found
        if np.abs(gradient).max() < 1e-8 * len(truth):
            break
        hessian = (design.T * (p * (1 - p))) @ design + np.diag(pull + 1e-9)
        try:
            direction = np.linalg.solve(hessian, gradient)
        except np.linalg.LinAlgError:
            break
        step = 1.0
        while step > 1e-6 and not (new := loss(found - step * direction)) <= current:
            step /= 2
        if step <= 1e-6:
            break
        found, current = found - step * direction, new
    if found[0] < 0:
        return np.zeros(inputs.shape[1]), frequency
    return found[:-1], float(found[-1])


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
