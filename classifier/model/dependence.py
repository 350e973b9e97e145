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
from typing import Any

import numpy as np
import numpy.typing as npt

from classifier.model.calibrate import fit_sigmoid_over, fit_sigmoids, mix, sigmoid
from classifier.model.numbers import MAX_WEIGHT, matrix, numbers

Floats = npt.NDArray[np.float64]
Bools = npt.NDArray[np.bool_]
Rows = npt.NDArray[np.int64]

# The pairs of more labels are too many: they are learnt slowly and badly. In the context of a
# document, too, each label then has weights for itself alone.
PAIRED = 20
# Pull of the weights to zero: more where there are fewer sentences than so many for each weight.
RIDGE = 1.0
ENOUGH = 30
# Parts by document in which it is tried whether the others help a label, and by how many standard
# errors its log loss has to fall.
PARTS = 5
MARGIN = 0.5
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
    """

    weights: Floats
    slopes: Floats
    offsets: Floats

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


def fit_dependence(
    scores: Floats, truth: Bools, documents: Rows
) -> tuple[Floats, Floats, Dependence | None]:
    """Calibrate scores, each label together with the probabilities of the others.

    A label takes the others in only if they lower its log loss, clearly, on parts of the documents
    that the weights were not fitted to: labels that have nothing to do with one another would lend
    each other noise.

    Parameters
    ----------
    scores, truth : array, shape (n_sentences, n_labels)
    documents : array of int, shape (n_sentences,)
        Number of the document of each, from 0.

    Returns
    -------
    slopes, offsets : array of float, shape (n_labels,)
        From scores to stored logits.
    dependence : Dependence or None
        None where there is one label, or more than can be paired, or no label gains; the
        calibration is then that of the scores alone.
    """
    n_labels = scores.shape[1]
    alone_slopes, alone_offsets = fit_sigmoids(scores, truth)
    if not 1 < n_labels <= PAIRED or not len(truth):
        return alone_slopes, alone_offsets, None
    p = sigmoid(scores * alone_slopes + alone_offsets)
    slopes, offsets = alone_slopes.copy(), alone_offsets.copy()
    weights = np.zeros((n_labels, n_labels))
    pull = RIDGE * max(1.0, ENOUGH * (n_labels - 1) / max(1, len(truth)))
    ridge = np.append(0.0, np.full(n_labels - 1, pull))
    for i in range(n_labels):
        others = np.arange(n_labels) != i
        inputs = np.column_stack([scores[:, i], p[:, others]])
        if not _gains(inputs, truth[:, i], ridge, documents):
            continue
        found, offset = fit_sigmoid_over(inputs, truth[:, i], ridge)
        if alone_slopes[i] > 0 and found[0] >= LEAST * alone_slopes[i]:
            slopes[i], weights[i, others], offsets[i] = found[0], found[1:], offset
    if not weights.any():
        return alone_slopes, alone_offsets, None
    # Where the scores of a label tell nothing both slopes are 0, and its probability is one number.
    share = np.divide(alone_slopes, slopes, out=np.ones(n_labels), where=slopes > 0)
    return slopes, offsets, Dependence(weights, share, alone_offsets - share * offsets)


def _gains(inputs: Floats, truth: Bools, ridge: Floats, documents: Rows) -> bool:
    """Whether the columns after the first lower the loss on what they were not fitted to."""
    gains = np.zeros(len(truth))
    part = documents % PARTS
    for held in range(PARTS):
        test = part == held
        learnt, y = truth[~test], truth[test]
        if not learnt.any() or learnt.all() or not test.any():
            continue
        losses = []
        for columns in (slice(0, 1), slice(None)):
            weights, offset = fit_sigmoid_over(inputs[~test, columns], learnt, ridge[columns])
            logits = inputs[test, columns] @ weights + offset
            losses.append(np.logaddexp(0, logits) - y * logits)
        gains[test] = losses[0] - losses[1]
    by_document = np.bincount(documents, gains)
    return bool(by_document.sum() > MARGIN * by_document.std() * np.sqrt(len(by_document)))


def dependence_json(dependence: Dependence) -> dict[str, Any]:
    """Return the JSON form of a dependence."""
    return {
        "weights": dependence.weights.tolist(),
        "slopes": dependence.slopes.tolist(),
        "offsets": dependence.offsets.tolist(),
    }


def parse_dependence(value: Any, n_labels: int) -> Dependence:
    """Build a dependence from its JSON form.

    Parameters
    ----------
    value : object
    n_labels : int
        0 if they are exclusive: such models have none.

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
    return Dependence(weights, np.array(slopes), np.array(offsets))
