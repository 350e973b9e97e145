"""Numbers of a model file, checked."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
import numpy.typing as npt

if TYPE_CHECKING:
    from collections.abc import Sequence

# Weights beyond this are no outcome of training.
MAX_WEIGHT = 1000.0


def numbers(value: Any, n: int, what: str, low: float, high: float = MAX_WEIGHT) -> Sequence[float]:
    """Return a list of n numbers between two bounds.

    Raises
    ------
    ValueError
        It is no such list.
    """
    if type(value) is not list or len(value) != n:
        raise ValueError(f"{what} is not a list of {n}")
    if not all(type(x) in (int, float) and low <= x <= high for x in value):
        raise ValueError(f"{what} has what is no number from {low:g} to {high:g}")
    return [float(x) for x in value]


def matrix(value: Any, n: int, what: str) -> npt.NDArray[np.float64]:
    """Return n rows of n weights; ValueError as `numbers`."""
    if type(value) is not list or len(value) != n:
        raise ValueError(f"{what} is not a list of {n}")
    return np.array([numbers(row, n, what, -MAX_WEIGHT) for row in value])
