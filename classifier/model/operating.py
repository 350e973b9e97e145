"""From probabilities to decisions: operating points, and the band in which a person should look."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
import numpy.typing as npt

from classifier.errors import UsageError

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.random import Generator

Floats = npt.NDArray[np.float64]
Bools = npt.NDArray[np.bool_]

RESAMPLES = 200
# A label's band keeps this share of wrong answers out, on either side.
BAND_ERROR = 0.1
FALSE_ALARMS = "false_alarms"
_POINT = re.compile(
    r"f(?P<beta>[0-9.]+)|(?P<kind>recall|precision|false_alarms):(?P<share>0?\.[0-9]+)"
)
EXPECTED = "expected f1, f2, recall:0.9, precision:0.9 or false_alarms:0.01"


@dataclass(frozen=True)
class OperatingPoint:
    """What a threshold is chosen for.

    Parameters
    ----------
    kind : str
        ``f`` for the best F-beta; ``recall`` or ``precision`` for the best of the other that keeps
        this one at `value` or more. So a precision that a label has anyway lowers its threshold.
        ``false_alarms`` for the best F1 of all labels together at which about this share of the
        sentences of documents without any label is flagged (`classifier.model.false_alarms`).
    value : float
        Beta, or the share.
    """

    kind: str = "f"
    value: float = 1.0

    @classmethod
    def parse(cls, text: str) -> OperatingPoint:
        """Read ``f1``, ``f2``, ``recall:0.9``, ``precision:0.9`` or ``false_alarms:0.01``.

        Raises
        ------
        UsageError

        Examples
        --------
        >>> OperatingPoint.parse("recall:0.9")
        OperatingPoint(kind='recall', value=0.9)
        """
        match = _POINT.fullmatch(text)
        try:
            beta = float(match["beta"]) if match and match["beta"] else 0.0
        except ValueError:
            beta = 0.0
        if match and match["kind"] and 0 < (share := float(match["share"])) < 1:
            return cls(match["kind"], share)
        if not 0 < beta <= 100:
            raise UsageError(f"operating point {text!r}: {EXPECTED}")
        return cls("f", beta)

    def __str__(self) -> str:
        """Return the form that `parse` reads."""
        value = np.format_float_positional(self.value, 15, unique=True, trim="-")
        return f"f{value}" if self.kind == "f" else f"{self.kind}:{value}"


# A model keeps its thresholds for these, so that another can be taken without training.
SHARES = (0.5, 0.6, 0.7, 0.75, 0.8, 0.85, 0.9, 0.95, 0.98, 0.99)
KEPT = (
    *(OperatingPoint("f", beta) for beta in (0.5, 1.0, 2.0)),
    *(OperatingPoint("precision", share) for share in SHARES),
    *(OperatingPoint("recall", share) for share in SHARES),
)
# And these, where there are documents without any label enough to tell.
ALARMS = (0.002, 0.003, 0.005, 0.007, 0.01, 0.015, 0.02, 0.03, 0.05, 0.1)
KEPT_WITHIN = tuple(OperatingPoint(FALSE_ALARMS, share) for share in ALARMS)


def best_thresholds(
    probabilities: Floats,
    truth: Bools,
    groups: npt.NDArray[np.int64],
    rng: Generator,
    points: Sequence[OperatingPoint],
) -> list[float]:
    """Choose the smallest probability that is a yes, for each of some operating points.

    The median of the best thresholds over 200 bootstrap resamples of documents: the best threshold
    of one sample of a rare label jumps with single sentences, the median does not.

    Parameters
    ----------
    probabilities, truth : array, shape (n,)
    groups : array of int, shape (n,)
        Number of the document of each sentence.
    rng : Generator
    points : sequence of OperatingPoint
    """
    if not truth.any():
        return [0.5] * len(points)
    order = np.argsort(-probabilities, kind="stable")
    p, t, g = probabilities[order], truth[order], groups[order]
    last = np.flatnonzero(np.append(p[1:] != p[:-1], True))  # a cut must not divide equal values
    cuts = (p[last] + np.append(p, 0.0)[last + 1]) / 2
    n_groups = int(groups.max()) + 1
    found = []
    for _ in range(RESAMPLES):
        weight = np.bincount(rng.integers(0, n_groups, n_groups), minlength=n_groups)[g]
        hits = np.cumsum(weight * t)
        if hits[-1] == 0:
            continue
        found.append(cuts[_best_cuts(hits[last], np.cumsum(weight)[last], points)])
    return np.median(found, axis=0).tolist() if found else [0.5] * len(points)


def _best_cuts(
    hits: npt.NDArray[np.int64], said: npt.NDArray[np.int64], points: Sequence[OperatingPoint]
) -> list[int]:
    recall, precision = hits / hits[-1], hits / np.maximum(said, 1)
    # The best precision of this cut or a lower one, falling.
    ahead = np.maximum.accumulate(precision[::-1])
    found = []
    for point in points:
        if point.kind == "recall":
            best = np.searchsorted(recall, point.value)
        elif point.kind == "precision":
            best = len(ahead) - 1 - np.searchsorted(ahead, point.value)
            # Where the precision cannot be had at all, the most precise cut comes nearest.
            best = best if best >= 0 else np.argmax(precision)
        else:
            square = point.value**2
            best = np.argmax((1 + square) * hits / (said + square * hits[-1]))
        found.append(int(best))
    return found


def decide(probabilities: Floats, thresholds: Sequence[float], *, at_least_one: bool) -> Bools:
    """Return which labels are a yes: those that reach their threshold.

    Parameters
    ----------
    probabilities : array, shape (n_sentences, n_labels)
    thresholds : sequence of float
    at_least_one : bool
        Give a sentence in which none does the label whose probability is the largest share of its
        threshold.
    """
    limits = np.asarray(thresholds, np.float64)
    decisions: Bools = probabilities >= limits
    if at_least_one:
        bare = np.flatnonzero(~decisions.any(axis=1))  # every threshold there is above 0
        decisions[bare, (probabilities[bare] / np.maximum(limits, 1e-300)).argmax(axis=1)] = True
    return decisions


def uncertain_band(
    probabilities: Floats, truth: Bools, error: float = BAND_ERROR
) -> tuple[float, float]:
    """Return the probabilities between which neither answer can be ruled out.

    Label-conditional conformal prediction (Vovk 2012, Conditional validity of inductive conformal
    predictors) on out-of-fold probabilities: of the sentences that carry the label a share of
    1 - `error` lies at or above the lower bound, of those that do not the same share lies at or
    below the upper one. A sentence outside the band is wrongly decided, by its side of the band,
    with at most that error for either kind.

    Returns
    -------
    low, high : float
        ``low > high`` where the two kinds are so well apart that no band is needed.
    """
    positive, negative = np.sort(probabilities[truth]), np.sort(probabilities[~truth])
    low, high = 0.0, 1.0
    rank = int(np.floor((len(positive) + 1) * error))
    if rank >= 1:
        low = float(positive[rank - 1])
    rank = int(np.ceil((len(negative) + 1) * (1 - error)))
    if 1 <= rank <= len(negative):
        high = float(negative[rank - 1])
    return low, high


def coverage(
    probabilities: Floats, truth: Bools, bands: npt.NDArray[np.float64]
) -> dict[str, float | None]:
    """Measure bands on sentences that did not choose them.

    Parameters
    ----------
    probabilities, truth : array, shape (n,)
    bands : array of float, shape (n, 2)
        The band that holds for each sentence.

    Returns
    -------
    dict
        ``positives`` and ``negatives``: shares of the two kinds that are in the band or on their
        side of it; ``uncertain``: share of all sentences in the band.
    """
    low, high = bands[:, 0], bands[:, 1]
    inside = (probabilities >= low) & (probabilities <= high)
    return {
        "positives": float((probabilities[truth] >= low[truth]).mean()) if truth.any() else None,
        "negatives": float((probabilities[~truth] <= high[~truth]).mean())
        if (~truth).any()
        else None,
        "uncertain": float(inside.mean()) if len(inside) else None,
    }
