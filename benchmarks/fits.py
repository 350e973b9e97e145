"""Other ways to fit one linear model of a label than logistic regression, for experiments.py.

Each is a solver for ``classifier.model.linear.fit_linear``: it sees the terms of the training
sentences, scaled and copied as the settings say, and returns one weight a term and an intercept.
"""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Any

import numpy as np
import numpy.typing as npt
from scipy.sparse import csr_matrix, diags_array, hstack

from classifier.model.linear import Bools, Floats, TrainingSet, fit_linear, fit_logistic

if TYPE_CHECKING:
    from classifier.model.linear import Solver
    from classifier.model.settings import Settings

Fit = tuple[Floats, float]
BOOTSTRAPS = 5


def fit_svm(x: csr_matrix, y: Bools, weights: Floats, settings: Settings, strength: float) -> Fit:
    """Fit scikit-learn's ``LinearSVC``: squared hinge, at a tenth of the strength."""
    from sklearn.svm import LinearSVC

    fitted: Any = LinearSVC(
        C=strength / 10,
        class_weight="balanced" if settings.balanced else None,
        tol=1e-3,
        max_iter=5000,
        random_state=settings.seed,
    ).fit(x, y, sample_weight=weights)
    return fitted.coef_[0], float(fitted.intercept_[0])


def fit_mean(
    x: csr_matrix,
    y: Bools,
    weights: Floats,
    settings: Settings,
    strength: float,
) -> Fit:
    """Average regression and SVM, each scaled to the same spread on the training sentences."""
    coef, intercept = np.zeros(x.shape[1]), 0.0
    for solver in (fit_logistic, fit_svm):
        found, b = solver(x, y, weights, settings, strength)
        spread = float(np.std(x @ found)) or 1.0
        coef, intercept = coef + found / spread, intercept + b / spread
    return coef / 2, intercept / 2


def fit_bags(x: csr_matrix, y: Bools, weights: Floats, settings: Settings, strength: float) -> Fit:
    """Average the models of bootstrap samples of the sentences."""
    rng = np.random.default_rng(settings.seed)
    fits = []
    for _ in range(BOOTSTRAPS):
        rows = np.sort(rng.integers(len(y), size=len(y)))
        if y[rows].any():
            fits.append(fit_logistic(x[rows], y[rows], weights[rows], settings, strength))
    return np.mean([f for f, _ in fits], axis=0), float(np.mean([b for _, b in fits]))


def fit_elastic_net(
    x: csr_matrix,
    y: Bools,
    weights: Floats,
    settings: Settings,
    strength: float,
) -> Fit:
    """Fit ``SGDClassifier``: log loss, penalties of both kinds as strong as C says."""
    from sklearn.linear_model import SGDClassifier

    fitted: Any = SGDClassifier(
        loss="log_loss",
        penalty="elasticnet",
        alpha=1 / (strength * len(y)),
        l1_ratio=0.15,
        class_weight="balanced" if settings.balanced else None,
        max_iter=50,
        random_state=settings.seed,
    ).fit(x, y, sample_weight=weights)
    return fitted.coef_[0], float(fitted.intercept_[0])


def fit_root_balanced(
    x: csr_matrix, y: Bools, weights: Floats, settings: Settings, strength: float
) -> Fit:
    """Weigh a label's sentences by the square root of what balance would ask for."""
    share = np.where(y, y.mean(), 1 - y.mean())
    plain = replace(settings, balanced=False)
    return fit_logistic(x, y, weights * np.sqrt(0.5 / share), plain, strength)


def fit_with_copies(
    x: csr_matrix,
    y: Bools,
    weights: Floats,
    settings: Settings,
    strength: float,
    *,
    kinds: npt.NDArray[np.str_],
    scale: float,
) -> Fit:
    """Give each kind of sentence a copy of the terms to itself, and keep what all share.

    What holds in one kind alone is learnt by its copy, which is thrown away (Daume 2007, for a
    kind that was never seen). Sentences of kind "" have the shared terms alone.
    """
    names = [name for name in np.unique(kinds) if name]
    copies = [diags_array(np.where(kinds == name, scale, 0.0)) @ x for name in names]
    wide = csr_matrix(hstack([x, *copies]))
    coef, intercept = fit_logistic(wide, y, weights, settings, strength)
    return coef[: x.shape[1]], intercept


def chain(
    data: TrainingSet, settings: Settings, folds: npt.NDArray[np.int64], asked: csr_matrix
) -> Floats:
    """Fit the labels in turn; each sees the scores of those before it, out of fold in training."""
    x, found = data.x, []
    for i in range(data.truth.shape[1]):
        known = np.zeros((len(folds), 1))
        for fold in np.unique(folds):
            inside = folds == fold
            rest = replace(
                data,
                x=x[~inside],
                truth=data.truth[~inside, i : i + 1],
                weights=data.weights[~inside],
                own=data.own[~inside],
            )
            coef, b = fit_linear(rest, settings, settings.C[0])
            known[inside] = x[inside] @ coef.T + b
        whole = replace(data, x=x, truth=data.truth[:, i : i + 1])
        coef, b = fit_linear(whole, settings, settings.C[0])
        found.append(np.asarray(asked @ coef.T + b)[:, 0])
        x = csr_matrix(hstack([x, np.tanh(known / 2)]))
        asked = csr_matrix(hstack([asked, np.tanh(found[-1][:, None] / 2)]))
    return np.stack(found, axis=1)


SOLVERS: dict[str, Solver] = {
    "svm": fit_svm,
    "mean": fit_mean,
    "bags": fit_bags,
    "elastic net": fit_elastic_net,
    "root": fit_root_balanced,
}
