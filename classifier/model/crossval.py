"""Nested, grouped cross-validation: scores by models that did not see the sentence.

For each outer fold the setting, the calibration and the thresholds are chosen from scores on the
other folds by models that saw neither fold; a model that leaves out folds a and b serves both a and
b, so k folds need k(k-1)/2 inner models and k outer ones.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from itertools import combinations
from typing import TYPE_CHECKING, Any

import numpy as np
import numpy.typing as npt

from classifier.model.calibrate import fit_sigmoid, fit_softmax, sigmoid, softmax
from classifier.model.context import Context, fit_context
from classifier.model.evaluate import average_precision
from classifier.model.features import Counts, Weighting, tfidf, weigh
from classifier.model.linear import TrainingSet, fit_linear
from classifier.model.operating import OperatingPoint, best_threshold, uncertain_band

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from classifier.model.classes import WordClasses
    from classifier.model.settings import Settings

Floats = npt.NDArray[np.float64]
Bools = npt.NDArray[np.bool_]
Rows = npt.NDArray[np.int64]

# Below this many sentences starting worker processes costs more than it saves.
PARALLEL_FROM = 3000


@dataclass(frozen=True)
class Problem:
    """What all fits share: counted terms, labels, weights, who is of the target's kind.

    Rows are sentences. Behind those with labels may follow neighbours, which have none: nothing is
    fitted to them, they are scored for the context of the others.

    Parameters
    ----------
    counts : Counts
    truth : array of bool, shape (n_rows, n_labels)
    weights : array of float, shape (n_rows,)
    own : array of bool, shape (n_rows,)
    like : array of int, shape (n_rows,)
        The row of a labelled sentence of the same document; a labelled sentence's own.
    settings : Settings
    classes : WordClasses or None
        Those of the counted terms of classes.
    """

    counts: Counts
    truth: Bools
    weights: Floats
    own: Bools
    like: Rows
    settings: Settings
    classes: WordClasses | None = None

    @property
    def labelled(self) -> Bools:
        """Which rows have labels, array of bool, shape (n_rows,)."""
        found: Bools = self.like == np.arange(len(self.like))
        return found


@dataclass(frozen=True)
class Chosen:
    """What is chosen from out-of-fold scores: calibration, context, thresholds, uncertain bands."""

    slopes: Floats
    offsets: Floats
    thresholds: tuple[float, ...]
    bands: tuple[tuple[float, float], ...]
    context: Context | None = None

    def alone(self, scores: Floats) -> Floats:
        """Return the calibrated logits of sentences each by itself."""
        return scores * self.slopes + self.offsets

    def logits(self, scores: Floats, documents: Rows) -> Floats:
        """Return the calibrated logits of sentences in their documents.

        What is given is all that is at hand of a document; its other sentences are the context.
        """
        logits = self.alone(scores)
        if self.context is None:
            return logits
        numbers = np.unique(documents, return_inverse=True)[1]
        return logits + self.context.added(self.context.features(logits, numbers))


@dataclass(frozen=True)
class Nested:
    """Predictions by models and choices that did not see the sentence's fold.

    Parameters
    ----------
    probabilities, decisions : array, shape (n_sentences, n_labels)
    bands : array of float, shape (n_sentences, n_labels, 2)
        The uncertain band that held for the sentence.
    """

    probabilities: Floats
    decisions: Bools
    bands: Floats


@dataclass(frozen=True)
class Chooser:
    """Chooses from out-of-fold scores, on the sentences of the target alone.

    Sentences of other origins are context of the target's in their document, and no more.
    """

    truth: Bools
    documents: Rows
    target: Bools
    settings: Settings
    exclusive: bool
    points: tuple[OperatingPoint, ...]

    def strength(self, scores: Floats, rows: Rows) -> int:
        """Return the index of the C with the best macro average precision, the smaller if equal.

        It looks at the scores of the sentences each by itself.
        """
        rows = rows[self.target[rows]]
        means = []
        for one in scores:
            values = [
                average_precision(self.truth[rows, i], one[rows, i])
                for i in range(self.truth.shape[1])
            ]
            known = [value for value in values if value == value]
            means.append(round(float(np.mean(known)), 6) if known else 0.0)
        return int(np.argmax(means))

    def choose(self, scores: Floats, rows: Rows) -> Chosen:
        """Fit calibration, context, thresholds and bands on the scores of some rows."""
        target, documents = self.target[rows], self.documents[rows]
        y = self.truth[rows[target]]
        n_labels = y.shape[1]
        if self.exclusive:
            slope, offsets = fit_softmax(scores[rows[target]], y)
            return Chosen(np.full(n_labels, slope), offsets, (), ())
        chosen = self._calibrate(scores[rows], rows)
        p = sigmoid(chosen.logits(scores[rows], documents)[target])
        groups = np.unique(documents[target], return_inverse=True)[1]
        rng = np.random.default_rng(self.settings.seed)
        thresholds = tuple(
            best_threshold(p[:, i], y[:, i], groups, rng, self.points[i]) for i in range(n_labels)
        )
        bands = tuple(uncertain_band(p[:, i], y[:, i]) for i in range(n_labels))
        return replace(chosen, thresholds=thresholds, bands=bands)

    def _calibrate(self, scores: Floats, rows: Rows) -> Chosen:
        target, truth = self.target[rows], self.truth[rows]
        if self.settings.context:
            numbers = np.unique(self.documents[rows], return_inverse=True)[1]
            slopes, offsets, context = fit_context(scores, truth, target, numbers)
            return Chosen(slopes, offsets, (), (), context)
        fits = [fit_sigmoid(scores[target, i], truth[target, i]) for i in range(truth.shape[1])]
        slopes, offsets = (np.array(values) for values in zip(*fits, strict=True))
        return Chosen(slopes, offsets, (), ())

    def decide(self, scores: Floats, chosen: Chosen, rows: Rows) -> tuple[Floats, Bools]:
        """Return probabilities and decisions.

        Parameters
        ----------
        scores : array of float, shape (len(rows), n_labels)
        chosen : Chosen
        rows : array of int
            The sentences; one has for its context those of them that are of its document.
        """
        logits = chosen.logits(scores, self.documents[rows])
        if self.exclusive:
            p = softmax(logits)
            return p, p.argmax(axis=1)[:, None] == np.arange(p.shape[1])
        p = sigmoid(logits)
        return p, p >= np.array(chosen.thresholds)


def cross_validate(
    problem: Problem,
    folds: Rows,
    chooser: Chooser,
    jobs: int,
    progress: Callable[[int, int], None],
) -> tuple[Nested, Chosen, float]:
    """Run the cross-validation.

    Parameters
    ----------
    problem : Problem
    folds : array of int, shape (n_rows,)
    chooser : Chooser
    jobs : int
    progress : callable
        Told (done, total) after each fit; the final fit, which is not made here, counts as one.

    Returns
    -------
    nested : Nested
    final : Chosen
        Calibration and thresholds for a model trained on everything.
    strength : float
        Its C.
    """
    grid, k = problem.settings.C, int(folds.max()) + 1
    n, n_labels = problem.truth.shape
    pairs = list(combinations(range(k), 2))
    tasks = [(np.flatnonzero((folds != a) & (folds != b)), grid) for a, b in pairs]
    tests = [np.flatnonzero((folds == a) | (folds == b)) for a, b in pairs]
    total = len(pairs) + k + 1
    inner = np.zeros((k, len(grid), n, n_labels))  # inner[a]: scores by models that left out a too
    for done, (pair, test, scores) in enumerate(
        zip(pairs, tests, fit_all(problem, tasks, tests, jobs), strict=True), 1
    ):
        for one, other in (pair, pair[::-1]):
            here = folds[test] == other
            inner[one][:, test[here]] = scores[:, here]
        progress(done, total)
    # Every row was scored by k - 1 inner models; the strength of the final model is the one that
    # ranks best on their mean.
    mean = inner.sum(axis=0) / (k - 1)
    everything = np.arange(n)
    final_c = chooser.strength(mean, everything)
    own = [chooser.strength(inner[a], np.flatnonzero(folds != a)) for a in range(k)]
    tasks = [(np.flatnonzero(folds != a), (grid[own[a]], grid[final_c])) for a in range(k)]
    tests = [np.flatnonzero(folds == a) for a in range(k)]
    nested = Nested(
        probabilities=np.zeros((n, n_labels)),
        decisions=np.zeros((n, n_labels), np.bool_),
        bands=np.tile([0.0, 1.0], (n, n_labels, 1)),
    )
    outer = np.zeros((n, n_labels))
    for a, scores in enumerate(fit_all(problem, tasks, tests, jobs)):
        chosen = chooser.choose(inner[a][own[a]], np.flatnonzero(folds != a))
        p, decided = chooser.decide(scores[0], chosen, tests[a])
        nested.probabilities[tests[a]], nested.decisions[tests[a]] = p, decided
        if chosen.bands:
            nested.bands[tests[a]] = chosen.bands
        outer[tests[a]] = scores[1]
        progress(len(pairs) + a + 1, total)
    final = chooser.choose(outer, everything)
    return nested, final, grid[final_c]


def fit_all(
    problem: Problem,
    tasks: Sequence[tuple[Rows, tuple[float, ...]]],
    tests: Sequence[Rows],
    jobs: int,
) -> Any:
    """Yield, task by task, scores of shape (n_strengths, n_tested, n_labels).

    Parameters
    ----------
    problem : Problem
    tasks : sequence of (rows to fit on, strengths)
        Neighbours among the rows are passed over.
    tests : sequence of rows to score
    jobs : int
        Worker processes; the scores do not depend on it.
    """
    from joblib import Parallel, delayed

    if len(problem.truth) < PARALLEL_FROM:
        jobs = 1
    calls = (
        delayed(_fit_and_score)(problem, rows, strengths, test)
        for (rows, strengths), test in zip(tasks, tests, strict=True)
    )
    return Parallel(n_jobs=jobs, return_as="generator")(calls)


def _fit_and_score(
    problem: Problem, rows: Rows, strengths: tuple[float, ...], test: Rows
) -> Floats:
    rows = rows[problem.labelled[rows]]
    weighting = weigh(problem.counts, rows, problem.settings.min_df)
    fits = fit(problem, rows, weighting, strengths)
    held_out = tfidf(problem.counts, test, weighting)
    return np.stack([held_out @ fits[c][0].T + fits[c][1] for c in strengths])


def fit(
    problem: Problem, rows: Rows, weighting: Weighting, strengths: tuple[float, ...]
) -> dict[float, tuple[Floats, Floats]]:
    """Return coefficients and intercepts of the fits on some rows, by strength."""
    data = TrainingSet(
        x=tfidf(problem.counts, rows, weighting),
        truth=problem.truth[rows],
        weights=problem.weights[rows],
        own=problem.own[rows],
    )
    return {c: fit_linear(data, problem.settings, c) for c in set(strengths)}
