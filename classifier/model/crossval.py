"""Nested, grouped cross-validation: scores by models that did not see the sentence.

For each outer fold the setting, the calibration and the thresholds are chosen from scores on the
other folds by models that saw neither fold; a model that leaves out folds a and b serves both a and
b, so k folds need k(k-1)/2 inner models and k outer ones.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from itertools import combinations
from typing import TYPE_CHECKING

import numpy as np
import numpy.typing as npt

from classifier.model.calibrate import fit_sigmoids, fit_softmax, sigmoid, softmax
from classifier.model.context import Context, fit_context
from classifier.model.dependence import Dependence, fit_dependence
from classifier.model.evaluate import average_precision
from classifier.model.fits import Fitted, fit, fit_all, fit_and_score, run_fits
from classifier.model.operating import (
    KEPT,
    OperatingPoint,
    best_thresholds,
    decide,
    uncertain_band,
)

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from classifier.model.fits import Problem
    from classifier.model.settings import Settings

Floats = npt.NDArray[np.float64]
Bools = npt.NDArray[np.bool_]
Rows = npt.NDArray[np.int64]


@dataclass(frozen=True)
class Chosen:
    """What is chosen from out-of-fold scores.

    Calibration, context or dependence of the labels, thresholds, uncertain bands; `kept` has the
    thresholds of each label for each of the operating points of `KEPT`.
    """

    slopes: Floats
    offsets: Floats
    thresholds: tuple[float, ...]
    bands: tuple[tuple[float, float], ...]
    context: Context | None = None
    dependence: Dependence | None = None
    kept: tuple[tuple[float, ...], ...] = ()

    def alone(self, scores: Floats) -> Floats:
        """Return the calibrated logits of sentences each by itself."""
        return scores * self.slopes + self.offsets

    def logits(self, scores: Floats, documents: Rows, places: Rows) -> Floats:
        """Return the calibrated logits of sentences in their documents.

        What is given is all that is at hand of a document; its other sentences are the context.
        """
        logits = self.alone(scores)
        if self.dependence is not None:
            return logits + self.dependence.added(logits)
        if self.context is None:
            return logits
        numbers = np.unique(documents, return_inverse=True)[1]
        return logits + self.context.added(self.context.features(logits, numbers, places))


@dataclass(frozen=True)
class Nested:
    """Predictions by models and choices that did not see the sentence's fold.

    Parameters
    ----------
    probabilities, decisions : array, shape (n_sentences, n_labels)
    bands : array of float, shape (n_sentences, n_labels, 2)
        The uncertain band that held for the sentence.
    hits, said : array of int, shape (n_points, n_labels)
        How many sentences of the target each of the operating points of `KEPT` rightly gives a
        label, and how many it gives it.
    """

    probabilities: Floats
    decisions: Bools
    bands: Floats
    hits: Rows
    said: Rows

    def at_points(
        self, names: Sequence[str], truth: Bools
    ) -> dict[str, dict[str, dict[str, float | None]]]:
        """Return precision and recall of each label at each operating point of `KEPT`.

        Parameters
        ----------
        names : sequence of str
            The labels.
        truth : array of bool, shape (n_sentences, n_labels)
            Of the target's sentences.
        """
        positives = truth.sum(axis=0)
        return {
            str(point): {
                name: {
                    "precision": float(hits[i] / said[i]) if said[i] else None,
                    "recall": float(hits[i] / positives[i]) if positives[i] else None,
                }
                for i, name in enumerate(names)
            }
            for point, hits, said in zip(KEPT, self.hits, self.said, strict=True)
        }


@dataclass(frozen=True)
class Chooser:
    """Chooses from out-of-fold scores, on the sentences of the target alone.

    Sentences of other origins are context of the target's in their document, and no more.
    """

    truth: Bools
    documents: Rows
    places: Rows
    target: Bools
    settings: Settings
    exclusive: bool
    points: tuple[OperatingPoint, ...]
    at_least_one: bool = False

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
        p = sigmoid(chosen.logits(scores[rows], documents, self.places[rows])[target])
        groups = np.unique(documents[target], return_inverse=True)[1]
        rng = np.random.default_rng(self.settings.seed)
        found = [
            best_thresholds(p[:, i], y[:, i], groups, rng, (self.points[i], *KEPT))
            for i in range(n_labels)
        ]
        thresholds, *kept = zip(*found, strict=True)
        bands = tuple(uncertain_band(p[:, i], y[:, i]) for i in range(n_labels))
        return replace(chosen, thresholds=thresholds, bands=bands, kept=tuple(kept))

    def _calibrate(self, scores: Floats, rows: Rows) -> Chosen:
        target, truth = self.target[rows], self.truth[rows]
        if self.settings.context:
            numbers = np.unique(self.documents[rows], return_inverse=True)[1]
            places = self.places[rows]
            slopes, offsets, context = fit_context(scores, truth, target, numbers, places)
            if context is not None:
                return Chosen(slopes, offsets, (), (), context)
        if self.settings.label_dependence:
            numbers = np.unique(self.documents[rows[target]], return_inverse=True)[1]
            slopes, offsets, dependence = fit_dependence(scores[target], truth[target], numbers)
            return Chosen(slopes, offsets, (), (), dependence=dependence)
        return Chosen(*fit_sigmoids(scores[target], truth[target]), (), ())

    def decide(self, scores: Floats, chosen: Chosen, rows: Rows) -> tuple[Floats, Bools]:
        """Return probabilities and decisions.

        Parameters
        ----------
        scores : array of float, shape (len(rows), n_labels)
        chosen : Chosen
        rows : array of int
            The sentences; one has for its context those of them that are of its document.
        """
        logits = chosen.logits(scores, self.documents[rows], self.places[rows])
        if self.exclusive:
            p = softmax(logits)
            return p, p.argmax(axis=1)[:, None] == np.arange(p.shape[1])
        p = sigmoid(logits)
        return p, decide(p, chosen.thresholds, at_least_one=self.at_least_one)


def cross_validate(
    problem: Problem,
    folds: Rows,
    chooser: Chooser,
    jobs: int,
    progress: Callable[[int, int], None],
) -> tuple[Nested, Chosen, Fitted]:
    """Run the cross-validation, and the fit on everything beside its last ones.

    Parameters
    ----------
    problem : Problem
    folds : array of int, shape (n_rows,)
    chooser : Chooser
    jobs : int
    progress : callable
        Told (done, total) after each fit.

    Returns
    -------
    nested : Nested
    final : Chosen
        Calibration and thresholds for the model trained on everything.
    fitted : Fitted
        That model.
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
    rows = [np.flatnonzero(folds != a) for a in range(k)]
    tests = [np.flatnonzero(folds == a) for a in range(k)]
    nested = Nested(
        probabilities=np.zeros((n, n_labels)),
        decisions=np.zeros((n, n_labels), np.bool_),
        bands=np.tile([0.0, 1.0], (n, n_labels, 1)),
        hits=np.zeros((len(KEPT), n_labels), np.int64),
        said=np.zeros((len(KEPT), n_labels), np.int64),
    )
    outer = np.zeros((n, n_labels))
    calls = [(fit_and_score, rows[a], (grid[own[a]], grid[final_c]), tests[a]) for a in range(k)]
    results = run_fits(problem, [*calls, (fit, everything, grid[final_c])], jobs)
    for a in range(k):
        scores = next(results)
        chosen = chooser.choose(inner[a][own[a]], rows[a])
        p, decided = chooser.decide(scores[0], chosen, tests[a])
        nested.probabilities[tests[a]], nested.decisions[tests[a]] = p, decided
        if chosen.bands:
            nested.bands[tests[a]] = chosen.bands
            measured = chooser.target[tests[a]]
            for point, thresholds in enumerate(chosen.kept):
                said = decide(p[measured], thresholds, at_least_one=chooser.at_least_one)
                nested.said[point] += said.sum(axis=0)
                nested.hits[point] += (said & chooser.truth[tests[a][measured]]).sum(axis=0)
        outer[tests[a]] = scores[1]
        progress(len(pairs) + a + 1, total)
    fitted = next(results)
    progress(total, total)
    return nested, chooser.choose(outer, everything), fitted
