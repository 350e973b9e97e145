"""What the rest of a document says about one of its sentences.

A report of a battle is made of claims of battle, a column on a football team that goes to war is
not, and a warning stands among words of envoys: the logits of the other sentences, of all labels,
tell how to read a doubtful one, those that stand near more than the others. With stored logits
`L`, clipped to [-2, 2], and sums over the other sentences at hand of the document,

    near_j = sum of w_d * L_j / (sum of w_d + 2),    w_d = 0.6^(d - 1) up to d = 8 places away
    rest_j = sum of L_j / (number of others + 2)

join the logit of each label i with a weight for each pair of labels: ``L_i + sum over j of u_ij *
near_j + v_ij * rest_j``; with more than 20 labels, which have too many pairs, with one for j = i
alone. The 2 in the denominators trusts many sentences more than one, and a lone sentence has its
plain logit. What is added is linear in both, so explanations stay exact sums with two more parts.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

from classifier.model.calibrate import fit_sigmoid_over, fit_sigmoids, mix
from classifier.model.dependence import PAIRED
from classifier.model.numbers import MAX_WEIGHT, matrix, numbers

Floats = npt.NDArray[np.float64]
Bools = npt.NDArray[np.bool_]
Rows = npt.NDArray[np.int64]

CLIP = 2.0
SHRINK = 2.0
DECAY = 0.6
REACH = 8
# Pull of the weights to zero; one sentence weighs at most a quarter, there are thousands.
RIDGE = 1.0
# Turns of the fit: until the logits of sentences by themselves hardly move, or so many. After
# `WHOLE_TURNS` steps are halved every `HALVED` turns.
SETTLED = 1e-3
MAX_TURNS = 200
WHOLE_TURNS = 50
HALVED = 25


@dataclass(frozen=True)
class Context:
    """The weights of the rest of the document.

    Parameters
    ----------
    near, rest : array of float64, shape (n_labels, n_labels) or (n_labels,)
        Weight, in the logit of the label of the row, of what the sentences near by and all others
        say of the label of the column; or of the same label.
    clip : float
        Logits beyond it, on either side, count as this one.
    shrink : float
        Sentences of no opinion that join the means of the others.
    decay : float
        How much less a sentence near by weighs than the one before it on the way there.
    """

    near: Floats
    rest: Floats
    clip: float = CLIP
    shrink: float = SHRINK
    decay: float = DECAY

    def features(
        self, logits: Floats, documents: Rows | None = None, places: Rows | None = None
    ) -> Floats:
        """Return what the rest of its document says about each sentence.

        Parameters
        ----------
        logits : array of float, shape (n_sentences, n_labels)
            Of the sentences each by itself.
        documents : array of int, shape (n_sentences,), optional
            Number of the document of each, from 0; all are of one document if None.
        places : array of int, shape (n_sentences,), optional
            The place of each in its document; they stand in its order, without gaps, if None.

        Returns
        -------
        array of float, shape (n_sentences, 2 * n_labels)
            What those near by say of each label, then what all others do.
        """
        return features(logits, documents, places, self.clip, self.shrink, self.decay)

    def shares(self, found: Floats) -> tuple[Floats, Floats]:
        """Return what features add to the logits, (of those near by, of all others)."""
        n_labels = len(self.near)
        return mix(found[..., :n_labels], self.near), mix(found[..., n_labels:], self.rest)

    def added(self, found: Floats) -> Floats:
        """Return the sum of what features add to the logits, shape (..., n_labels)."""
        near, rest = self.shares(found)
        result: Floats = near + rest
        return result


def features(
    logits: Floats,
    documents: Rows | None = None,
    places: Rows | None = None,
    clip: float = CLIP,
    shrink: float = SHRINK,
    decay: float = DECAY,
) -> Floats:
    """Compute the features of `Context.features`."""
    n, n_labels = logits.shape
    if documents is None:
        documents = np.zeros(n, np.int64)
    counts = np.bincount(documents)
    if places is None:
        order = np.argsort(documents, kind="stable")
        documents = documents[order]
        places = np.arange(n) - (np.cumsum(counts) - counts)[documents]
    else:
        order = np.lexsort((places, documents))
        documents, places = documents[order], places[order]
    clipped = np.clip(logits, -clip, clip)[order]
    sums = np.stack([np.bincount(documents, column) for column in clipped.T], axis=1)
    near, weight = np.zeros((n, n_labels)), np.zeros((n, 1))
    weighs = np.append(decay ** np.arange(REACH), 0.0)
    for away in range(1, min(REACH, int(counts.max(initial=1)) - 1) + 1):
        places_away = np.clip(places[away:] - places[:-away], 1, REACH + 1)
        same = documents[away:] == documents[:-away]
        each = (weighs[places_away - 1] * same)[:, None]
        near[away:] += each * clipped[:-away]
        near[:-away] += each * clipped[away:]
        weight[away:] += each
        weight[:-away] += each
    result = np.empty((n, 2 * n_labels))
    result[order, :n_labels] = near / (weight + shrink)
    # Exactly 0 for a lone sentence.
    others = (sums[documents] - clipped) / (counts[documents] - 1 + shrink)[:, None]
    result[order, n_labels:] = others
    return result


def fit_context(
    scores: Floats, truth: Bools, target: Bools, documents: Rows, places: Rows
) -> tuple[Floats, Floats, Context | None]:
    """Calibrate scores, each label alone, together with the weights of the context.

    The features come from calibrated logits and the calibration is fitted with the features beside
    it, so the two take turns until they have settled: Platt's sigmoid over the scores alone gives
    the first logits, these the features, and they the next slopes, offsets and weights. Where the
    sentences of a document are much alike the turns overshoot further and further: what has not
    settled after many goes on in smaller steps, to the same place. What does not settle at all is
    not used, because its probabilities would be those of no calibration.

    Parameters
    ----------
    scores, truth : array, shape (n_sentences, n_labels)
    target : array of bool, shape (n_sentences,)
        The sentences that are fitted to; the others are context alone.
    documents : array of int, shape (n_sentences,)
        Number of the document of each, from 0.
    places : array of int, shape (n_sentences,)
        The place of each in its document.

    Returns
    -------
    slopes, offsets : array of float, shape (n_labels,)
    context : Context or None
        None where no document of the target has two sentences, or the turns do not settle; the
        calibration is then that of the scores alone.
    """
    n_labels = scores.shape[1]
    alone_slopes, alone_offsets = fit_sigmoids(scores[target], truth[target])
    if not (np.bincount(documents)[documents[target]] > 1).any():
        return alone_slopes, alone_offsets, None
    slopes, offsets = alone_slopes, alone_offsets
    logits = scores * slopes + offsets
    columns = [list(range(2 * n_labels))] * n_labels
    if n_labels > PAIRED:
        columns = [[i, n_labels + i] for i in range(n_labels)]
    weights, ahead = np.zeros((n_labels, 1 + len(columns[0]))), np.zeros(n_labels)
    ridge = np.append(0.0, np.full(len(columns[0]), RIDGE))
    for turn in range(MAX_TURNS):
        step = 0.5 ** max(0, (turn - WHOLE_TURNS) // HALVED + 1)
        found = features(logits, documents, places)[target]
        for i in range(n_labels):
            inputs = np.column_stack([scores[target, i], found[:, columns[i]]])
            weights[i], ahead[i] = fit_sigmoid_over(inputs, truth[target, i], ridge)
        slopes = step * weights[:, 0] + (1 - step) * slopes
        offsets = step * ahead + (1 - step) * offsets
        before, logits = logits, scores * slopes + offsets
        if np.abs(logits - before).max() < step * SETTLED:
            near, rest = np.split(weights[:, 1:], 2, axis=1)
            if n_labels > PAIRED:
                near, rest = near[:, 0], rest[:, 0]
            return slopes, offsets, Context(near, rest)
    return alone_slopes, alone_offsets, None


def context_json(context: Context) -> dict[str, Any]:
    """Return the JSON form of a context."""
    return {
        "near": context.near.tolist(),
        "rest": context.rest.tolist(),
        "clip": context.clip,
        "shrink": context.shrink,
        "decay": context.decay,
    }


def parse_context(value: Any, n_labels: int) -> Context:
    """Build a context from its JSON form.

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
    if not n_labels:
        raise ValueError("exclusive labels have no context")
    near, rest = (_weights(value[name], n_labels, f"context.{name}") for name in ("near", "rest"))
    clip, shrink = numbers([value["clip"], value["shrink"]], 2, "context.clip and shrink", 1e-3)
    [decay] = numbers([value["decay"]], 1, "context.decay", 0.0, 1.0)
    return Context(near, rest, clip, shrink, decay)


def _weights(value: Any, n: int, what: str) -> Floats:
    if n > PAIRED:
        return np.array(numbers(value, n, what, -MAX_WEIGHT))
    return matrix(value, n, what)
