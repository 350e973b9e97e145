"""Nested, grouped cross-validation: scores by models that did not see the sentence.

For each outer fold the setting, the calibration and the thresholds are chosen from scores on the
other folds by models that saw neither fold; a model that leaves out folds a and b serves both a and
b, so k folds need k(k-1)/2 inner models and k outer ones.
"""

from __future__ import annotations

from dataclasses import dataclass
from itertools import combinations
from typing import TYPE_CHECKING

import numpy as np
import numpy.typing as npt

from classifier.model.fits import Fitted, fit, fit_all, fit_and_score, run_fits
from classifier.model.operating import decide

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from classifier.model.choose import Chooser, Chosen
    from classifier.model.fits import Problem
    from classifier.model.operating import OperatingPoint

Floats = npt.NDArray[np.float64]
Bools = npt.NDArray[np.bool_]
Rows = npt.NDArray[np.int64]


@dataclass(frozen=True)
class Nested:
    """Predictions by models and choices that did not see the sentence's fold.

    Parameters
    ----------
    probabilities, decisions : array, shape (n_sentences, n_labels)
    bands : array of float, shape (n_sentences, n_labels, 2)
        The uncertain band that held for the sentence.
    points : tuple of OperatingPoint
        Those that thresholds are kept for.
    hits, said : array of int, shape (n_points, n_labels)
        How many sentences of the target each of `points` rightly gives a label, and how many it
        gives it.
    flagged : array of int, shape (n_points,)
        How many sentences of documents without any label it gives one.
    scores : array of float, shape (n_sentences, n_labels)
        By models that lack the fold of the sentence, with the strength of the final one.
    """

    probabilities: Floats
    decisions: Bools
    bands: Floats
    points: tuple[OperatingPoint, ...]
    hits: Rows
    said: Rows
    flagged: Rows
    scores: Floats

    def at_points(
        self, names: Sequence[str], truth: Bools
    ) -> dict[str, dict[str, dict[str, float | None]]]:
        """Return precision and recall of each label at each operating point.

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
            for point, hits, said in zip(self.points, self.hits, self.said, strict=True)
        }


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
    points = chooser.kept
    nested = Nested(
        probabilities=np.zeros((n, n_labels)),
        decisions=np.zeros((n, n_labels), np.bool_),
        bands=np.tile([0.0, 1.0], (n, n_labels, 1)),
        points=points,
        hits=np.zeros((len(points), n_labels), np.int64),
        said=np.zeros((len(points), n_labels), np.int64),
        flagged=np.zeros(len(points), np.int64),
        scores=np.zeros((n, n_labels)),
    )
    calls = [(fit_and_score, rows[a], (grid[own[a]], grid[final_c]), tests[a]) for a in range(k)]
    results = run_fits(problem, [*calls, (fit, everything, grid[final_c])], jobs)
    for a in range(k):
        scores = next(results)
        chosen = chooser.choose(inner[a][own[a]], rows[a])
        p, decided = chooser.decide(scores[0], chosen, tests[a])
        nested.probabilities[tests[a]], nested.decisions[tests[a]] = p, decided
        if chosen.bands:
            nested.bands[tests[a]] = chosen.bands
            measured, bare = chooser.target[tests[a]], chooser.bare[tests[a]]
            for point, thresholds in enumerate(chosen.kept.values()):
                said = decide(p, thresholds, at_least_one=chooser.at_least_one)
                nested.said[point] += said[measured].sum(axis=0)
                nested.hits[point] += (said & chooser.truth[tests[a]])[measured].sum(axis=0)
                nested.flagged[point] += said[bare].any(axis=1).sum()
        nested.scores[tests[a]] = scores[1]
        progress(len(pairs) + a + 1, total)
    fitted = next(results)
    progress(total, total)
    return nested, chooser.choose(nested.scores, everything), fitted
