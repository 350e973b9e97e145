"""Two sets of predictions of the same sentences, compared by paired bootstrap over documents."""

from __future__ import annotations

from typing import Any

import numpy as np

from classifier.errors import UsageError
from classifier.model.evaluate import Measured, document_weights, figures


def compare(
    old: Measured, new: Measured, *, bootstrap: int = 1000, seed: int = 0
) -> dict[str, Any]:
    """Return how much better `new` is than `old`.

    Each resample draws documents once and measures both on them (Efron and Tibshirani 1993), so
    that what is hard for both does not widen the interval of the difference.

    Returns
    -------
    dict
        For each label, ``macro`` and ``micro`` the differences of their figures, each with a 95 per
        cent interval and ``better``, the share of resamples in which `new` is ahead.

    Raises
    ------
    UsageError
        The two are not predictions of the same sentences.
    """
    if (
        list(old.labels) != list(new.labels)
        or list(old.documents) != list(new.documents)
        or not np.array_equal(old.truth, new.truth)
    ):
        raise UsageError("two models can only be compared on the same sentences and labels")
    before, after = figures(old), figures(new)
    orders = [
        [np.argsort(-column, kind="stable") for column in m.probabilities.T] for m in (old, new)
    ]
    draws: dict[tuple[str, str], list[float]] = {key: [] for key in before}
    for weight in document_weights(old.documents, bootstrap, seed):
        one, other = figures(old, weight, orders[0]), figures(new, weight, orders[1])
        for key in draws:
            draws[key].append(other[key] - one[key])
    result: dict[str, Any] = {}
    for (label, metric), values in draws.items():
        known = np.array([value for value in values if value == value])
        low, high = np.percentile(known, (2.5, 97.5)) if len(known) else (None, None)
        result.setdefault(label, {})[metric] = {
            "old": before[label, metric],
            "new": after[label, metric],
            "difference": after[label, metric] - before[label, metric],
            "low": None if low is None else float(low),
            "high": None if high is None else float(high),
            "better": float(np.mean(known > 0)) if len(known) else None,
        }
    return result
