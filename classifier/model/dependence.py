"""What the labels of a sentence say about one another.

A claim of battle that also warns is rare, a sentence on an arms deal often is one of diplomacy too:
how probable the other labels are tells how to read a doubtful one. With stored logits `L` and

    p_j = sigmoid(a_j * L_j + b_j),

the calibrated probabilities of the labels each by itself, ``sum over j != i of w_ij * p_j`` joins
the logit of label i: stacking of binary classifiers (Godbole and Sarawagi 2004, Discriminative
methods for multi-labeled classification), with a weight for each pair of labels and the terms of
the label itself where they were. Explanations stay exact sums with one more part a label.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
import numpy.typing as npt

from classifier.model.calibrate import fit_sigmoid, fit_sigmoid_over, mix, sigmoid
from classifier.model.numbers import MAX_WEIGHT, matrix, numbers, rows_of

if TYPE_CHECKING:
    from collections.abc import Sized

Floats = npt.NDArray[np.float64]
Bools = npt.NDArray[np.bool_]

# With more labels their pairs are too many to learn.
PAIRED = 20
# Pull of the weights to zero.
RIDGE = 1.0
# The smallest share of its slope that a label keeps beside the others: with less of it the
# probability of the label could not be told from its stored logit.
LEAST = 0.1


@dataclass(frozen=True)
class Dependence:
    """The weights of the other labels of a sentence.

    Parameters
    ----------
    weights : array of float64, shape (n_labels, n_labels)
        Weight, in the logit of the label of the row, of the probability of the label of the
        column; zeros on the diagonal.
    slopes, offsets : array of float64, shape (n_labels,)
        From stored logits to those of each label by itself.
    checks : tuple of tuple of float
        The logits of the model's reference sentences with what is added.
    """

    weights: Floats
    slopes: Floats
    offsets: Floats
    checks: tuple[tuple[float, ...], ...] = ()

    def probabilities(self, logits: Floats) -> Floats:
        """Return the probability of each label by itself, of the shape of `logits`."""
        return sigmoid(logits * self.slopes + self.offsets)

    def added(self, logits: Floats) -> Floats:
        """Return what the other labels add to stored logits, shape (n_sentences, n_labels)."""
        return mix(self.probabilities(logits), self.weights)

    def shares(self, logits: Floats) -> Floats:
        """Return what each label (column) adds to the logit of each (row) of one sentence."""
        result: Floats = self.weights * self.probabilities(logits)
        return result


def fit_dependence(scores: Floats, truth: Bools) -> tuple[Floats, Floats, Dependence | None]:
    """Calibrate scores, each label together with the probabilities of the others.

    Parameters
    ----------
    scores, truth : array, shape (n_sentences, n_labels)

    Returns
    -------
    slopes, offsets : array of float, shape (n_labels,)
        From scores to stored logits.
    dependence : Dependence or None
        None where there is one label, or more than can be paired; the calibration is then that of
        the scores alone.
    """
    n_labels = scores.shape[1]
    fits = [fit_sigmoid(scores[:, i], truth[:, i]) for i in range(n_labels)]
    alone_slopes, alone_offsets = (np.array(values) for values in zip(*fits, strict=True))
    if not 1 < n_labels <= PAIRED:
        return alone_slopes, alone_offsets, None
    p = sigmoid(scores * alone_slopes + alone_offsets)
    slopes, offsets = alone_slopes.copy(), alone_offsets.copy()
    weights = np.zeros((n_labels, n_labels))
    ridge = np.append(0.0, np.full(n_labels - 1, RIDGE))
    for i in range(n_labels):
        others = np.arange(n_labels) != i
        inputs = np.column_stack([scores[:, i], p[:, others]])
        found, offset = fit_sigmoid_over(inputs, truth[:, i], ridge)
        if alone_slopes[i] > 0 and found[0] >= LEAST * alone_slopes[i]:
            slopes[i], weights[i, others], offsets[i] = found[0], found[1:], offset
    # Where the scores of a label tell nothing both slopes are 0, and its probability is one number.
    share = np.divide(alone_slopes, slopes, out=np.ones(n_labels), where=slopes > 0)
    return slopes, offsets, Dependence(weights, share, alone_offsets - share * offsets)


def dependence_json(dependence: Dependence) -> dict[str, Any]:
    """Return the JSON form of a dependence."""
    return {
        "weights": dependence.weights.tolist(),
        "slopes": dependence.slopes.tolist(),
        "offsets": dependence.offsets.tolist(),
        "checks": [list(row) for row in dependence.checks],
    }


def parse_dependence(value: Any, n_labels: int, alone: Sized) -> Dependence:
    """Build a dependence from its JSON form.

    Parameters
    ----------
    value : object
    n_labels : int
        0 if they are exclusive: such models have none.
    alone : sized
        The reference sentences of the model.

    Raises
    ------
    ValueError, TypeError, KeyError
        It does not fit the labels, or a number is out of bounds.
    """
    if not 1 < n_labels <= PAIRED:
        raise ValueError(f"there is no dependence of {n_labels} labels that are not exclusive")
    weights = matrix(value["weights"], n_labels, "dependence.weights")
    if np.diag(weights).any():
        raise ValueError("dependence.weights has a weight of a label for itself")
    slopes = numbers(value["slopes"], n_labels, "dependence.slopes", 0.0)
    offsets = numbers(value["offsets"], n_labels, "dependence.offsets", -MAX_WEIGHT)
    checks = rows_of(value["checks"], len(alone), n_labels, "dependence.checks")
    return Dependence(weights, np.array(slopes), np.array(offsets), checks)
