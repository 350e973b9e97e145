"""How good predictions are, with intervals over documents."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
import numpy.typing as npt

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

Floats = npt.NDArray[np.float64]
Bools = npt.NDArray[np.bool_]
BINS = 10


@dataclass(frozen=True)
class Measured:
    """Truth and predictions of the same sentences.

    Parameters
    ----------
    labels : sequence of str
    documents : sequence of str
        The document of each sentence: the unit of the bootstrap.
    truth, decisions : array of bool, shape (n_sentences, n_labels)
    probabilities : array of float, shape (n_sentences, n_labels)
    """

    labels: Sequence[str]
    documents: Sequence[str]
    truth: Bools
    probabilities: Floats
    decisions: Bools

    def part(self, rows: npt.NDArray[np.int64], labels: Sequence[str] | None = None) -> Measured:
        """Return the predictions of some sentences, and of some labels alone."""
        names = self.labels if labels is None else labels
        columns = [list(self.labels).index(name) for name in names]
        return Measured(
            labels=names,
            documents=[self.documents[row] for row in rows.tolist()],
            truth=self.truth[rows][:, columns],
            probabilities=self.probabilities[rows][:, columns],
            decisions=self.decisions[rows][:, columns],
        )


def joined(parts: Sequence[Measured]) -> Measured:
    """Return the predictions of several parts as those of one, part after part."""
    return Measured(
        labels=parts[0].labels,
        documents=[name for part in parts for name in part.documents],
        truth=np.concatenate([part.truth for part in parts]),
        probabilities=np.concatenate([part.probabilities for part in parts]),
        decisions=np.concatenate([part.decisions for part in parts]),
    )


def average_precision(truth: Bools, scores: Floats, weights: Floats | None = None) -> float:
    """Return the area under the precision-recall steps, ties taken together.

    Equals ``sklearn.metrics.average_precision_score``; NaN if nothing is positive.
    """
    order = np.argsort(-scores, kind="stable")
    return _ordered_precision(
        truth[order], scores[order], None if weights is None else weights[order]
    )


def _ordered_precision(truth: Bools, scores: Floats, weights: Floats | None) -> float:
    if not len(truth):
        return float("nan")
    weight = np.ones(len(truth)) if weights is None else weights
    last = np.flatnonzero(np.append(scores[1:] != scores[:-1], True))
    hits = np.cumsum(weight * truth)[last]
    seen = np.cumsum(weight)[last]
    if hits[-1] == 0:
        return float("nan")
    gains = np.diff(hits, prepend=0.0)
    return float(np.sum(gains * hits / np.maximum(seen, 1e-12)) / hits[-1])


def calibration_error(truth: Bools, probabilities: Floats) -> float:
    """Return the expected calibration error over ten bins of equal size.

    The mean over bins of |share of positives - mean probability| (Naeini et al. 2015, with bins of
    equal size instead of equal width, since most probabilities are near zero).
    """
    order = np.argsort(probabilities, kind="stable")
    error = 0.0
    for part in np.array_split(order, BINS):
        if len(part):
            gap = abs(float(truth[part].mean()) - float(probabilities[part].mean()))
            error += gap * len(part) / len(order)
    return error


def evaluate(measured: Measured, *, bootstrap: int = 1000, seed: int = 0) -> dict[str, Any]:
    """Measure predictions.

    Parameters
    ----------
    measured : Measured
    bootstrap : int
        Resamples of documents behind the 95 per cent intervals (percentiles).
    seed : int

    Returns
    -------
    dict
        ``labels`` (for each label precision, recall, f1, average_precision, calibration_error,
        brier, support), ``macro`` and ``micro``, ``always_none`` (F1 of never predicting anything,
        and the share of sentences that it gets wholly right), ``subset_accuracy``,
        ``hamming_loss``, counts. Figures that have an interval are
        ``{"value": x, "low": x, "high": x}``.
    """
    values = figures(measured)
    resamples: dict[tuple[str, str], list[float]] = {key: [] for key in values}
    orders = [np.argsort(-column, kind="stable") for column in measured.probabilities.T]
    for weight in document_weights(measured.documents, bootstrap, seed):
        for key, value in figures(measured, weight, orders).items():
            resamples[key].append(value)
    found = {key: _interval(value, resamples[key]) for key, value in values.items()}
    truth, decisions, probabilities = measured.truth, measured.decisions, measured.probabilities
    labels: dict[str, Any] = {}
    for i, name in enumerate(measured.labels):
        labels[name] = {metric: f for (label, metric), f in found.items() if label == name}
        labels[name] |= {
            "calibration_error": calibration_error(truth[:, i], probabilities[:, i]),
            "brier": float(np.mean((probabilities[:, i] - truth[:, i]) ** 2)),
            "support": int(truth[:, i].sum()),
        }
    return {
        "sentences": len(truth),
        "documents": len(set(measured.documents)),
        "none": int((~truth.any(axis=1)).sum()),
        "labels": labels,
        "macro": {metric: f for (label, metric), f in found.items() if label == "macro"},
        "micro": {metric: f for (label, metric), f in found.items() if label == "micro"},
        "always_none": {"macro_f1": 0.0, "subset_accuracy": float((~truth.any(axis=1)).mean())},
        "subset_accuracy": float((truth == decisions).all(axis=1).mean()),
        "hamming_loss": float((truth != decisions).mean()),
    }


def false_alarms(
    measured: Measured, bare: Bools, *, bootstrap: int = 1000, seed: int = 0
) -> dict[str, Any]:
    """Measure how much is flagged in documents without any label.

    Parameters
    ----------
    measured : Measured
    bare : array of bool, shape (n_sentences,)
        Which sentences are of such documents.
    bootstrap, seed : int
        As in `evaluate`.

    Returns
    -------
    dict
        ``sentences`` and ``documents`` without a label, and ``share``, of the sentences that are
        given one, with its interval; empty where there are none.
    """
    if not bare.any():
        return {}
    part = measured.part(np.flatnonzero(bare))
    said = np.asarray(part.decisions.any(axis=1), np.float64)
    drawn = [
        float(weight @ said / weight.sum())
        for weight in document_weights(part.documents, bootstrap, seed)
    ]
    return {
        "sentences": len(part.documents),
        "documents": len(set(part.documents)),
        "share": _interval(float(said.mean()), drawn),
    }


def document_weights(documents: Sequence[str], bootstrap: int, seed: int) -> Iterator[Floats]:
    """Yield, for each resample of documents, how often each sentence is drawn."""
    names, group = np.unique(np.asarray(documents), return_inverse=True)
    rng, n = np.random.default_rng(seed), len(names)
    for _ in range(bootstrap):
        yield np.bincount(rng.integers(0, n, n), minlength=n)[group].astype(np.float64)


def figures(
    m: Measured, weight: Floats | None = None, orders: list[npt.NDArray[np.int64]] | None = None
) -> dict[tuple[str, str], float]:
    """Return the figures that have intervals, by (label, metric).

    Parameters
    ----------
    m : Measured
    weight : array of float, shape (n_sentences,), optional
        How often each sentence counts.
    orders : list of array of int, optional
        For each label the sentences by falling probability, where they are known already.
    """
    w = np.ones(len(m.truth)) if weight is None else weight
    both = w @ (m.truth & m.decisions)
    said = w @ m.decisions
    true = w @ m.truth
    found: dict[tuple[str, str], float] = {}
    f1s, aps = [], []
    for i, name in enumerate(m.labels):
        order = np.argsort(-m.probabilities[:, i], kind="stable") if orders is None else orders[i]
        ap = _ordered_precision(m.truth[order, i], m.probabilities[order, i], w[order])
        f1s.append(_ratio(2 * both[i], said[i] + true[i]))
        aps.append(ap)
        found[name, "precision"] = _ratio(both[i], said[i])
        found[name, "recall"] = _ratio(both[i], true[i])
        found[name, "f1"] = f1s[-1]
        found[name, "average_precision"] = ap
    present = [ap for ap in aps if ap == ap]
    found["macro", "f1"] = float(np.mean(f1s))
    found["macro", "average_precision"] = float(np.mean(present)) if present else float("nan")
    found["micro", "f1"] = _ratio(2 * both.sum(), said.sum() + true.sum())
    return found


def _ratio(part: float, whole: float) -> float:
    return float(part / whole) if whole else 0.0


def _interval(value: float, resamples: list[float]) -> dict[str, float | None]:
    known = [x for x in resamples if x == x]
    low, high = np.percentile(known, (2.5, 97.5)) if known else (None, None)
    return {
        "value": None if value != value else value,
        "low": None if low is None else float(low),
        "high": None if high is None else float(high),
    }
