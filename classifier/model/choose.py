"""What is chosen from out-of-fold scores: strength, calibration, thresholds, uncertain bands."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING

import numpy as np
import numpy.typing as npt

from classifier.model.calibrate import fit_sigmoids, fit_softmax, sigmoid, softmax
from classifier.model.context import Context, fit_context
from classifier.model.dependence import Dependence, fit_dependence
from classifier.model.evaluate import average_precision
from classifier.model.false_alarms import thresholds_within
from classifier.model.operating import (
    FALSE_ALARMS,
    OperatingPoint,
    best_thresholds,
    decide,
    uncertain_band,
)

if TYPE_CHECKING:
    from collections.abc import Mapping

    from classifier.model.settings import Settings

Floats = npt.NDArray[np.float64]
Bools = npt.NDArray[np.bool_]
Rows = npt.NDArray[np.int64]


@dataclass(frozen=True)
class Chosen:
    """What is chosen from out-of-fold scores.

    Calibration, context or dependence of the labels, thresholds, uncertain bands; `kept` has the
    thresholds of each label for each of the operating points that the chooser keeps.
    """

    slopes: Floats
    offsets: Floats
    thresholds: tuple[float, ...]
    bands: tuple[tuple[float, float], ...]
    context: Context | None = None
    dependence: Dependence | None = None
    kept: Mapping[OperatingPoint, tuple[float, ...]] = field(default_factory=dict)

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
class Chooser:
    """Chooses from out-of-fold scores, on the sentences of the target alone.

    Sentences of other origins are context of the target's in their document, and no more. The one
    exception are thresholds within a share of false alarms: these are counted on the sentences of
    `bare`, of documents without any label, of whatever origin. `kept` are the operating points that
    thresholds are kept for, beside those of `points`, one for each label.
    """

    truth: Bools
    documents: Rows
    places: Rows
    target: Bools
    bare: Bools
    settings: Settings
    exclusive: bool
    points: tuple[OperatingPoint, ...]
    at_least_one: bool = False
    kept: tuple[OperatingPoint, ...] = ()

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
        p = sigmoid(chosen.logits(scores[rows], documents, self.places[rows]))
        thresholds = self.thresholds(p, rows)
        bands = tuple(uncertain_band(p[target, i], y[:, i]) for i in range(n_labels))
        return replace(
            chosen,
            thresholds=tuple(thresholds[point][i] for i, point in enumerate(self.points)),
            bands=bands,
            kept={point: thresholds[point] for point in self.kept},
        )

    def thresholds(self, p: Floats, rows: Rows) -> dict[OperatingPoint, tuple[float, ...]]:
        """Choose the thresholds of all labels for each of `points` and `kept`.

        Parameters
        ----------
        p : array of float, shape (len(rows), n_labels)
            Out-of-fold probabilities.
        rows : array of int
            The sentences to choose on.
        """
        target, truth, seed = self.target[rows], self.truth[rows], self.settings.seed
        wanted = dict.fromkeys((*self.points, *self.kept))
        alone = [point for point in wanted if point.kind != FALSE_ALARMS]
        groups = np.unique(self.documents[rows[target]], return_inverse=True)[1]
        rng = np.random.default_rng(seed)
        found = [
            best_thresholds(p[target, i], truth[target, i], groups, rng, alone)
            for i in range(truth.shape[1])
        ]
        together = [point for point in wanted if point.kind == FALSE_ALARMS]
        within = thresholds_within(
            p,
            truth,
            np.unique(self.documents[rows], return_inverse=True)[1],
            target,
            self.bare[rows],
            [point.value for point in together],
            np.random.default_rng(seed),
        )
        return dict(zip(alone, zip(*found, strict=True), strict=True)) | dict(
            zip(together, within, strict=True)
        )

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
