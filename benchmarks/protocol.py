"""How peers are compared: the same folds, thresholds chosen the same way, the same resamples."""

from __future__ import annotations

import hashlib
import json
from dataclasses import replace
from typing import TYPE_CHECKING, Any

import numpy as np
import numpy.typing as npt
from tasks import digest

from classifier.model.evaluate import Measured, document_weights, figures
from classifier.model.operating import OperatingPoint, best_thresholds, decide
from classifier.model.train import train
from classifier.scoring import Predictor
from classifier.scoring.measure import score_corpus

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from pathlib import Path

    from peers import Bools, Floats, Peer
    from tasks import Task

    from classifier.schema import Example

OURS = "esc train"
ALONE = "esc train, without context"
METRICS = ("macro_f1", "micro_f1", "average_precision", "example_f1", "accuracy")


def run_ours(task: Task, jobs: int) -> dict[str, Measured]:
    """Train with the project's own command and settings; it chooses its own thresholds.

    Returns
    -------
    dict
        Ours and, where the model looks at the rest of the document, ours without that.
    """
    trained = train(task.corpus, task.settings, jobs=jobs)
    if not task.test:
        return {OURS: trained.out_of_fold.part(np.flatnonzero(task.target))}
    predictor = Predictor(trained.model)
    test = replace(task.corpus, examples=task.test, neighbours=task.neighbours)
    found = {OURS: score_corpus(predictor, test)}
    if trained.model.context is not None:
        p = predictor.predict_proba([e.text for e in task.test])
        found[ALONE] = _measured(task, task.test, p, predictor.decide(p))
    return found


def run_peer(task: Task, peer: Peer, keep: Path | None) -> tuple[Measured, dict[str, Any]]:
    """Return the predictions of a peer and what it says of itself, kept ones where there are any.

    Parameters
    ----------
    task : Task
    peer : Peer
    keep : Path or None
        A folder; what is kept there is of these data and these settings of the peer alone.
    """
    path = keep / f"{_digest(task, peer)}.npz" if keep else None
    if path and path.exists():
        with np.load(path, allow_pickle=False) as kept:
            p, decisions, said = kept["p"], kept["decisions"], json.loads(str(kept["said"]))
        return _measured(task, task.scored, p, decisions), said
    m, said = _run_peer(task, peer), peer.report()
    if path:
        path.parent.mkdir(parents=True, exist_ok=True)
        np.savez(path, p=m.probabilities, decisions=m.decisions, said=json.dumps(said))
    return m, said


def _digest(task: Task, peer: Peer) -> str:
    """Return what a peer's scores depend on: labelled texts, folds and its settings, no more."""
    labels = task.corpus.labels
    told = [peer.name, peer.settings, labels.exclusive, list(labels.names)]
    told += [True] * labels.at_least_one
    told += [digest(task.corpus.examples), digest(task.scored)]
    found = hashlib.sha256(json.dumps(told).encode())
    found.update(task.folds.tobytes() + task.target.tobytes())
    return found.hexdigest()[:16]


def _run_peer(task: Task, peer: Peer) -> Measured:
    examples, exclusive = task.corpus.examples, task.corpus.labels.exclusive
    texts, truth = np.array([e.text for e in examples], object), task.truth(examples)

    def fit_and_score(rows: npt.NDArray[np.int64], asked: Sequence[str]) -> Floats:
        return peer.fit(texts[rows].tolist(), truth[rows], exclusive)(asked)

    if not task.test:
        return _cross_validated(task, peer, fit_and_score)
    asked = [e.text for e in task.test]
    everything = np.arange(len(examples))
    if peer.thresholds == "held out" and not exclusive:
        aside = task.folds == 0
        score = peer.fit(texts[~aside].tolist(), truth[~aside], exclusive)
        rows = np.flatnonzero(aside & task.target)
        known, p = score(texts[rows].tolist()), score(asked)
    else:
        p = fit_and_score(everything, asked)
        rows = np.flatnonzero(task.target)
        known = np.zeros((len(rows), truth.shape[1]))
        if peer.thresholds == "out of fold" and not exclusive:
            known = _out_of_fold(task, fit_and_score)[rows]
    thresholds = _thresholds(task, peer, known, rows)
    return _measured(task, task.test, p, _decide(task, p, thresholds))


def _out_of_fold(task: Task, fit_and_score: Any) -> Floats:
    examples = task.corpus.examples
    scores = np.zeros((len(examples), len(task.corpus.labels)))
    for fold in range(int(task.folds.max()) + 1):
        inside = np.flatnonzero((task.folds == fold) & task.target)
        if len(inside):
            asked = [examples[i].text for i in inside]
            scores[inside] = fit_and_score(np.flatnonzero(task.folds != fold), asked)
    return scores


def _cross_validated(task: Task, peer: Peer, fit_and_score: Any) -> Measured:
    scores = _out_of_fold(task, fit_and_score)
    decisions = np.zeros(scores.shape, np.bool_)
    for fold in range(int(task.folds.max()) + 1):
        inside = task.folds == fold
        rows = np.flatnonzero(~inside & task.target)
        thresholds = _thresholds(task, peer, scores[rows], rows)
        decisions[inside] = _decide(task, scores[inside], thresholds)
    rows = np.flatnonzero(task.target)
    return _measured(task, task.scored, scores[rows], decisions[rows])


def _thresholds(task: Task, peer: Peer, scores: Floats, rows: npt.NDArray[np.int64]) -> Floats:
    """Choose thresholds for the best F1 by the rule that ours uses."""
    n_labels = len(task.corpus.labels)
    if task.corpus.labels.exclusive or peer.thresholds == "none":
        return np.full(n_labels, 2.0)  # no probability reaches it
    examples = [task.corpus.examples[i] for i in rows]
    groups = np.unique([e.document for e in examples], return_inverse=True)[1]
    truth, rng = task.truth(examples), np.random.default_rng(task.settings.seed)
    best_f1 = [OperatingPoint()]
    found = [
        best_thresholds(scores[:, i], truth[:, i], groups, rng, best_f1) for i in range(n_labels)
    ]
    return np.array(found)[:, 0]


def _decide(task: Task, p: Floats, thresholds: Floats) -> Bools:
    labels = task.corpus.labels
    if labels.exclusive:
        return np.asarray(p.argmax(axis=1)[:, None] == np.arange(p.shape[1]))
    return decide(p, thresholds.tolist(), at_least_one=labels.at_least_one)


def _measured(task: Task, examples: Sequence[Example], p: Floats, decisions: Bools) -> Measured:
    return Measured(
        labels=task.corpus.labels.names,
        documents=[e.document for e in examples],
        truth=task.truth(examples),
        probabilities=p,
        decisions=decisions,
    )


def headline(m: Measured, weight: Floats, orders: list[Any], exclusive: bool) -> dict[str, float]:
    """Return the metrics of the table.

    Example F1 is the mean over texts of the F1 of a text's set of labels; texts that carry none and
    get none do not count, as in the code of ConfliBERT (Hu et al. 2022).
    """
    found = figures(m, weight, orders)
    size = m.truth.sum(axis=1) + m.decisions.sum(axis=1)
    both = (m.truth & m.decisions).sum(axis=1)
    counted = weight * (size > 0)
    result = {
        "macro_f1": found["macro", "f1"],
        "micro_f1": found["micro", "f1"],
        "average_precision": found["macro", "average_precision"],
        "example_f1": float(counted @ (2 * both / np.maximum(size, 1)) / max(counted.sum(), 1)),
    }
    if exclusive:
        result["accuracy"] = float(weight @ (both > 0) / weight.sum())
    return result


def compare_all(
    task: Task, entries: Mapping[str, Measured], bootstrap: int
) -> dict[str, dict[str, Any]]:
    """Measure all peers on the same resamples of documents.

    Returns
    -------
    dict
        For each peer ``figures`` (value and 95 per cent interval) and, for all but ours,
        ``ours_ahead_by`` (difference, interval, and the share of resamples where ours is ahead).
    """
    exclusive = task.corpus.labels.exclusive
    orders = {
        name: [np.argsort(-column, kind="stable") for column in m.probabilities.T]
        for name, m in entries.items()
    }
    n = len(task.scored)
    values = {k: headline(m, np.ones(n), orders[k], exclusive) for k, m in entries.items()}
    draws: dict[str, list[dict[str, float]]] = {name: [] for name in entries}
    documents = [e.document for e in task.scored]
    for weight in document_weights(documents, bootstrap, task.settings.seed):
        for name, m in entries.items():
            draws[name].append(headline(m, weight, orders[name], exclusive))
    found: dict[str, dict[str, Any]] = {}
    for name in entries:
        found[name] = {"figures": {}}
        for metric, value in values[name].items():
            sample = np.array([draw[metric] for draw in draws[name]])
            found[name]["figures"][metric] = {"value": round(value, 4), **_interval(sample)}
        if name == OURS or OURS not in entries:
            continue
        found[name]["ours_ahead_by"] = {}
        for metric, value in values[name].items():
            ours = np.array([draw[metric] for draw in draws[OURS]])
            gain = ours - np.array([draw[metric] for draw in draws[name]])
            found[name]["ours_ahead_by"][metric] = {
                "value": round(values[OURS][metric] - value, 4),
                **_interval(gain),
                "ahead": round(float(np.mean(gain > 0)), 3),
            }
    for name, m in entries.items():
        both, size = (m.truth & m.decisions).sum(0), m.truth.sum(0) + m.decisions.sum(0)
        found[name]["f1_by_label"] = {
            label: round(float(2 * b / max(s, 1)), 4)
            for label, b, s in zip(m.labels, both, size, strict=True)
        }
    return found


def _interval(sample: Floats) -> dict[str, float]:
    low, high = np.nanpercentile(sample, (2.5, 97.5))
    return {"low": round(float(low), 4), "high": round(float(high), 4)}
