"""Learning from sentences without labels: what a first fit is sure of is taken for its label.

Articles of a theatre that no labelled sentence is about speak of places, units and weapons that the
model never read. A first fit on the labelled sentences scores them; where it is sure that a label
applies, or that it does not, the sentence joins a second fit with that label and a small weight
(Yarowsky 1995, Unsupervised word sense disambiguation rivaling supervised methods; Lee 2013,
Pseudo-label). Sure is a matter of the logit, label by label; what lies between is left out. Nobody
knows the labels of such a sentence: figures are of labelled ones alone.

A teacher, any other model, may say how likely the labels are in place of the first fit.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import numpy.typing as npt

from classifier.model.linear import TrainingSet, fit_linear

if TYPE_CHECKING:
    from scipy.sparse import csr_matrix

    from classifier.model.settings import Settings

Floats = npt.NDArray[np.float64]

# Logits of the first fit, before calibration, from which it is taken at its word. On the shipped
# data they stand for some 60 and 5 per cent.
SURE = 1.0
SURE_NOT = -4.0
# The probabilities from which a teacher is.
LIKELY = 0.6
UNLIKELY = 0.03
# With fewer labelled sentences the logits are smaller: hardly one is a sure no, some a sure yes.
FEW = 5_000
# What `esc train --unlabelled` sets the setting `self_training` to.
WEIGHT = 0.3


def fit_self_trained(
    data: TrainingSet, more: csr_matrix, scores: Floats, settings: Settings, strength: float
) -> tuple[Floats, Floats]:
    """Fit each label on the labelled sentences and on the others whose label is sure.

    Parameters
    ----------
    data : TrainingSet
        The labelled sentences.
    more : sparse array, shape (n_unlabelled, n_terms)
    scores : array of float, shape (n_unlabelled, n_labels)
        Logits of the first fit.
    settings : Settings
    strength : float

    Returns
    -------
    coef : array of float, shape (n_labels, n_terms)
    intercept : array of float, shape (n_labels,)
    """
    fits = []
    for i, logits in enumerate(scores.T):
        rows = np.flatnonzero((logits >= SURE) | (logits <= SURE_NOT))
        fits.append(
            fit_linear(_with(data, i, more[rows], logits[rows], settings), settings, strength)
        )
    return np.concatenate([coef for coef, _ in fits]), np.concatenate([one for _, one in fits])


def told_by_teacher(scores: Floats, taught: Floats | None) -> Floats:
    """Return logits with those of the last rows replaced by what a teacher is sure of.

    Parameters
    ----------
    scores : array of float, shape (n_sentences, n_labels)
    taught : array of float, shape (n_taught, n_labels), optional
        Its probabilities for the last sentences; the logit stays where one is NaN.
    """
    if taught is None or not len(taught):
        return scores
    sure = np.select([taught >= LIKELY, taught <= UNLIKELY], [np.inf, -np.inf], 0.0)
    last = np.where(np.isnan(taught), scores[-len(taught) :], sure)
    result: Floats = np.concatenate([scores[: -len(taught)], last])
    return result


def _with(
    data: TrainingSet, label: int, more: csr_matrix, logits: Floats, settings: Settings
) -> TrainingSet:
    from scipy.sparse import csr_matrix, vstack

    n = len(logits)
    return TrainingSet(
        x=csr_matrix(vstack([data.x, more])),
        truth=np.concatenate([data.truth[:, label], logits >= SURE])[:, None],
        weights=np.concatenate([data.weights, np.full(n, settings.self_training)]),
        # Articles as they come: of the kind that the model is for.
        own=np.concatenate([data.own, np.ones(n, np.bool_)]),
    )
