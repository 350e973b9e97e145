"""What the rest of a document says about one of its sentences.

A report of a battle is made of claims of battle, a column on a football team that goes to war is
not: the logits of the other sentences of a document tell how to read a doubtful one. For a sentence
with `m` others at hand and stored logits `L`, clipped to [-6, 6],

    own_i = m / (m + 2) * mean over the others of L_i
    any   = m / (m + 2) * mean over the others of max_i L_i

join its logit with a weight each: ``L_i + u_i * own_i + v_i * any``. The shrinkage m / (m + 2)
trusts many neighbours more than one, and a lone sentence has its plain logit. What is added is
linear in both, so explanations stay exact sums with two more parts.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
import numpy.typing as npt

from classifier.model.calibrate import fit_sigmoid, fit_sigmoid_over

if TYPE_CHECKING:
    from collections.abc import Sequence, Sized

Floats = npt.NDArray[np.float64]
Bools = npt.NDArray[np.bool_]
Rows = npt.NDArray[np.int64]

CLIP = 6.0
SHRINK = 2.0
# Pull of the weights to zero; one sentence weighs at most a quarter, there are thousands.
RIDGE = 1.0
# Turns of the fit: until the logits of sentences by themselves hardly move, or so many.
SETTLED = 1e-3
MAX_TURNS = 50
# Weights beyond this are no outcome of training.
MAX_WEIGHT = 1000.0


@dataclass(frozen=True)
class Context:
    """The weights of the rest of the document.

    Parameters
    ----------
    own, any : array of float64, shape (n_labels,)
        Weight of the same label, and of whichever label is strongest.
    clip : float
        Logits beyond it, on either side, count as this one.
    shrink : float
        Sentences of no opinion that join the mean of the others.
    checks : tuple of tuple of float
        The logits of the model's reference sentences, read as one document.
    """

    own: Floats
    any: Floats
    clip: float = CLIP
    shrink: float = SHRINK
    checks: tuple[tuple[float, ...], ...] = ()

    def features(self, logits: Floats, documents: Rows | None = None) -> Floats:
        """Return what the rest of its document says about each sentence.

        Parameters
        ----------
        logits : array of float, shape (n_sentences, n_labels)
            Of the sentences each by itself.
        documents : array of int, shape (n_sentences,), optional
            Number of the document of each, from 0; all are of one document if None.

        Returns
        -------
        array of float, shape (n_sentences, n_labels + 1)
            For each label that of the same label, then that of any label.
        """
        return features(logits, documents, self.clip, self.shrink)

    def shares(self, found: Floats) -> tuple[Floats, Floats]:
        """Return what features add to the logits, (of the same label, of any label)."""
        return found[..., :-1] * self.own, found[..., -1:] * self.any

    def added(self, found: Floats) -> Floats:
        """Return the sum of what features add to the logits, shape (..., n_labels)."""
        own, any_ = self.shares(found)
        result: Floats = own + any_
        return result


def features(
    logits: Floats, documents: Rows | None = None, clip: float = CLIP, shrink: float = SHRINK
) -> Floats:
    """Compute the features of `Context.features`."""
    clipped = np.empty((logits.shape[0], logits.shape[1] + 1))
    np.clip(logits, -clip, clip, out=clipped[:, :-1])
    clipped[:, :-1].max(axis=1, out=clipped[:, -1])
    # m / (m + shrink) times the mean of m others; exactly 0 for a lone sentence.
    if documents is None:
        others: Floats = clipped.sum(axis=0) - clipped
        others /= len(logits) - 1 + shrink
        return others
    sums = np.stack([np.bincount(documents, column) for column in clipped.T], axis=1)
    counts = np.bincount(documents)[documents]
    result: Floats = (sums[documents] - clipped) / (counts - 1 + shrink)[:, None]
    return result


def fit_context(
    scores: Floats, truth: Bools, target: Bools, documents: Rows
) -> tuple[Floats, Floats, Context | None]:
    """Calibrate scores, each label alone, together with the weights of the context.

    The features come from calibrated logits and the calibration is fitted with the features beside
    it, so the two take turns until they have settled: Platt's sigmoid over the scores alone gives
    the first logits, these the features, and they the next slopes, offsets and weights. Whether or
    not they have settled, what is returned is used as it is defined, with features of the logits
    that its own slopes and offsets give.

    Parameters
    ----------
    scores, truth : array, shape (n_sentences, n_labels)
    target : array of bool, shape (n_sentences,)
        The sentences that are fitted to; the others are context alone.
    documents : array of int, shape (n_sentences,)
        Number of the document of each, from 0.

    Returns
    -------
    slopes, offsets : array of float, shape (n_labels,)
    context : Context or None
        None where no document of the target has two sentences.
    """
    n_labels = scores.shape[1]
    fits = [fit_sigmoid(scores[target, i], truth[target, i]) for i in range(n_labels)]
    slopes, offsets = (np.array(values) for values in zip(*fits, strict=True))
    if not (np.bincount(documents)[documents[target]] > 1).any():
        return slopes, offsets, None
    logits = scores * slopes + offsets
    weights = np.zeros((n_labels, 3))
    for _ in range(MAX_TURNS):
        found = features(logits, documents)[target]
        for i in range(n_labels):
            inputs = np.column_stack([scores[target, i], found[:, i], found[:, -1]])
            weights[i], offsets[i] = fit_sigmoid_over(
                inputs, truth[target, i], np.array([0.0, RIDGE, RIDGE])
            )
        slopes, before = weights[:, 0], logits
        logits = scores * slopes + offsets
        if np.abs(logits - before).max() < SETTLED:
            break
    return slopes, offsets, Context(weights[:, 1], weights[:, 2])


def context_json(context: Context) -> dict[str, Any]:
    """Return the JSON form of a context."""
    return {
        "own": context.own.tolist(),
        "any": context.any.tolist(),
        "clip": context.clip,
        "shrink": context.shrink,
        "checks": [list(row) for row in context.checks],
    }


def parse_context(value: Any, n_labels: int, alone: Sized) -> Context:
    """Build a context from its JSON form.

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
    if not n_labels:
        raise ValueError("exclusive labels have no context")
    own, any_ = (
        _numbers(value[name], n_labels, f"context.{name}", -MAX_WEIGHT) for name in ("own", "any")
    )
    clip, shrink = _numbers([value["clip"], value["shrink"]], 2, "context.clip and shrink", 1e-3)
    checks = value["checks"]
    if type(checks) is not list or len(checks) != len(alone):
        raise ValueError("context.checks does not fit the checks")
    rows = tuple(tuple(float(x) for x in row) for row in checks)
    if any(len(row) != n_labels for row in rows):
        raise ValueError("context.checks does not fit the labels")
    return Context(np.array(own), np.array(any_), clip, shrink, rows)


def _numbers(value: Any, n: int, what: str, low: float) -> Sequence[float]:
    if type(value) is not list or len(value) != n:
        raise ValueError(f"{what} is not a list of {n}")
    if not all(type(x) in (int, float) and low <= x <= MAX_WEIGHT for x in value):
        raise ValueError(f"{what} has what is no number from {low:g} to {MAX_WEIGHT:g}")
    return [float(x) for x in value]
