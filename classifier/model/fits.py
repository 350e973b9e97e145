"""Fits on some rows of a training problem, in several processes where they are many."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, cast

import numpy as np
import numpy.typing as npt

from classifier.model.features import PARALLEL_FROM, Counts, Weighting, tfidf, weigh
from classifier.model.linear import TrainingSet, fit_linear
from classifier.model.self_training import fit_self_trained, told_by_teacher

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from classifier.model.classes import WordClasses
    from classifier.model.settings import Settings

Floats = npt.NDArray[np.float64]
Bools = npt.NDArray[np.bool_]
Rows = npt.NDArray[np.int64]


@dataclass(frozen=True)
class Problem:
    """What all fits share: counted terms, labels, weights, who is of the target's kind.

    Rows are sentences. Behind those with labels may follow neighbours, which have none: they are
    scored for the context of the others. Behind them `counts` may go on with sentences of other
    documents, which no array but it knows. Where there is self-training, fits learn from these and
    from the neighbours of the rows that they are given.

    Parameters
    ----------
    counts : Counts
    truth : array of bool, shape (n_rows, n_labels)
    weights : array of float, shape (n_rows,)
    own : array of bool, shape (n_rows,)
    like : array of int, shape (n_rows,)
        The row of a labelled sentence of the same document; a labelled sentence's own.
    places : array of int, shape (n_rows,)
        The place of each in its document.
    settings : Settings
    classes : WordClasses or None
        Those of the counted terms of classes.
    taught : array of float, shape (n_more, n_labels), optional
        The probabilities of a teacher for the sentences that only `counts` knows; NaN without one.
    """

    counts: Counts
    truth: Bools
    weights: Floats
    own: Bools
    like: Rows
    places: Rows
    settings: Settings
    classes: WordClasses | None = None
    taught: Floats | None = None

    @property
    def labelled(self) -> Bools:
        """Which rows have labels, array of bool, shape (n_rows,)."""
        found: Bools = self.like == np.arange(len(self.like))
        return found


@dataclass(frozen=True)
class Fitted:
    """A fit: how terms weigh, and with which coefficients.

    Parameters
    ----------
    weighting : Weighting
    coef : array of float, shape (n_labels, n_terms)
    intercept : array of float, shape (n_labels,)
    strength : float
        Its C.
    """

    weighting: Weighting
    coef: Floats
    intercept: Floats
    strength: float


def fit(problem: Problem, rows: Rows, strength: float) -> Fitted:
    """Fit on some rows; to neighbours among them nothing is fitted without self-training."""
    [fitted] = _fits(problem, rows, (strength,))
    return fitted


def fit_and_score(problem: Problem, rows: Rows, strengths: tuple[float, ...], test: Rows) -> Floats:
    """Fit on some rows and score others.

    Returns
    -------
    array of float, shape (n_strengths, n_tested, n_labels)
    """
    fits = _fits(problem, rows, strengths)
    held_out = tfidf(problem.counts, test, fits[0].weighting)
    return np.stack([held_out @ one.coef.T + one.intercept for one in fits])


def _fits(problem: Problem, rows: Rows, strengths: tuple[float, ...]) -> list[Fitted]:
    settings, counts = problem.settings, problem.counts
    labelled = problem.labelled[rows]
    others, rows = rows[~labelled], rows[labelled]
    weighting = weigh(counts, rows, settings.min_df)
    data = _training_set(problem, rows, weighting)
    found = {c: fit_linear(data, settings, c) for c in set(strengths)}
    if settings.self_training:
        others = np.concatenate([others, np.arange(len(problem.like), len(counts))])
        scored = tfidf(counts, others, weighting)
        weighting = weigh(counts, np.concatenate([rows, others]), settings.min_df)
        data, more = _training_set(problem, rows, weighting), tfidf(counts, others, weighting)
        for c, (coef, intercept) in found.items():
            scores = told_by_teacher(scored @ coef.T + intercept, problem.taught)
            found[c] = fit_self_trained(data, more, scores, settings, c)
    return [Fitted(weighting, *found[c], c) for c in strengths]


def _training_set(problem: Problem, rows: Rows, weighting: Weighting) -> TrainingSet:
    return TrainingSet(
        x=tfidf(problem.counts, rows, weighting),
        truth=problem.truth[rows],
        weights=problem.weights[rows],
        own=problem.own[rows],
    )


def fit_all(
    problem: Problem,
    tasks: Sequence[tuple[Rows, tuple[float, ...]]],
    tests: Sequence[Rows],
    jobs: int,
) -> Iterator[Any]:
    """Yield, task by task, what `fit_and_score` returns.

    Parameters
    ----------
    problem : Problem
    tasks : sequence of (rows to fit on, strengths)
    tests : sequence of rows to score
    jobs : int
        Worker processes; the scores do not depend on it.
    """
    calls = [(fit_and_score, *task, test) for task, test in zip(tasks, tests, strict=True)]
    return run_fits(problem, calls, jobs)


def run_fits(problem: Problem, calls: Sequence[tuple[Any, ...]], jobs: int) -> Iterator[Any]:
    """Yield in order what functions return, each called with the problem and its own arguments."""
    from joblib import Parallel, delayed

    if len(problem.counts) < PARALLEL_FROM:
        jobs = 1
    made = Parallel(n_jobs=jobs, return_as="generator")
    return cast(
        "Iterator[Any]", made(delayed(function)(problem, *given) for function, *given in calls)
    )
