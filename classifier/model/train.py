"""Training: grouped cross-validation, calibration, thresholds, final fit.

Every reported figure is nested. For each outer fold the setting, the calibration and the
thresholds are chosen from scores on the other folds by models that saw neither fold; a model that
leaves out folds a and b serves both a and b, so k folds need k(k-1)/2 inner models, k outer ones
and the final one.
"""

from __future__ import annotations

import platform
from dataclasses import dataclass, replace
from itertools import combinations
from typing import TYPE_CHECKING, Any

import numpy as np
import numpy.typing as npt

from classifier.errors import ModelError
from classifier.model.artefact import Block, Model
from classifier.model.calibrate import (
    best_threshold,
    fit_sigmoid,
    fit_softmax,
    sigmoid,
    softmax,
)
from classifier.model.evaluate import Measured, average_precision, evaluate
from classifier.model.features import Counts, Weighting, count_terms, tfidf, weigh
from classifier.model.folds import assign_folds
from classifier.model.hashing import hash_terms
from classifier.model.linear import TrainingSet, fit_linear
from classifier.model.settings import Settings, settings_json
from classifier.version import __version__

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from classifier.corpus.read import Corpus

Floats = npt.NDArray[np.float64]
Bools = npt.NDArray[np.bool_]
Rows = npt.NDArray[np.int64]

# Below this many sentences starting worker processes costs more than it saves.
PARALLEL_FROM = 3000
CHECKS = (
    "The general said his brigade had taken the ridge above Dorvany.",
    "Any ship that enters the strait will be sunk, the ministry warned.",
    "Envoys of both sides will meet in Geneva for a second round of talks.",
    "Parliament approved the sale of forty howitzers and their shells.",
    "The bakery on Mill Street opens at six.",
    "ŁÓDŹ — İstanbul’da ΣΊΣΥΦΟΣ, “e\u0301” ﬁn\u00a0x 3.5 km\u200b",
    "",
)


@dataclass(frozen=True)
class Trained:
    """A trained model and the nested out-of-fold predictions behind its figures."""

    model: Model
    measured: Measured
    rows: Rows


@dataclass(frozen=True)
class _Problem:
    counts: Counts
    truth: Bools
    weights: Floats
    target: Bools
    settings: Settings


@dataclass(frozen=True)
class _Chosen:
    """What is chosen from out-of-fold scores: strength, calibration, thresholds."""

    slopes: Floats
    offsets: Floats
    thresholds: tuple[float, ...]

    def logits(self, scores: Floats) -> Floats:
        return scores * self.slopes + self.offsets


def train(
    corpus: Corpus,
    settings: Settings | None = None,
    *,
    name: str = "local",
    jobs: int = 1,
    notice: Callable[[str], None] = lambda _: None,
    progress: Callable[[int, int], None] = lambda _done, _total: None,
) -> Trained:
    """Train a model on a corpus.

    Parameters
    ----------
    corpus : Corpus
    settings : Settings, optional
    name : str
        Name of the model.
    jobs : int
        Worker processes; the result does not depend on it.
    notice : callable
        Told what the user should know.
    progress : callable
        Told (done, total) after each of the fits.

    Raises
    ------
    ModelError
        The corpus is too small; the message names the label and the count needed.
    """
    settings = settings or Settings()
    examples, labels = corpus.examples, corpus.labels
    truth = np.array([[name in e.labels for name in labels.names] for e in examples], np.bool_)
    folds = assign_folds(examples, labels, settings.folds, settings.seed, notice)
    target = np.array([e.origin in settings.target for e in examples], np.bool_)
    if not target.any():
        if settings.target:
            notice(
                f"no sentence of the origins {', '.join(settings.target)} at hand: "
                "chosen and measured on all sentences"
            )
        target[:] = True
    if not (truth & target[:, None]).any(axis=0).all():
        raise ModelError(
            f"no sentence of the origins {', '.join(settings.target)} for some label; "
            "change the setting target"
        )
    problem = _Problem(
        counts=count_terms([e.text for e in examples], settings.features, settings.min_df),
        truth=truth,
        weights=np.array([float(settings.origin_weights.get(e.origin, 1)) for e in examples]),
        target=target,
        settings=settings,
    )
    if not problem.counts.matrices:
        raise ModelError(
            f"no term stands in {settings.min_df} or more sentences; label more, or lower min_df"
        )
    documents = np.unique([e.document for e in examples], return_inverse=True)[1]
    chooser = _Chooser(truth, documents, target, settings, exclusive=labels.exclusive)
    nested, final, strength = _cross_validate(problem, folds, chooser, jobs, progress)
    probabilities, decisions = nested
    rows = np.flatnonzero(target)
    measured = Measured(
        labels=labels.names,
        documents=[examples[row].document for row in rows],
        truth=truth[rows],
        probabilities=probabilities[rows],
        decisions=decisions[rows],
    )
    model = _final_model(problem, corpus, final, strength, name)
    about = {
        "settings": settings_json(settings),
        "strength": strength,
        "data": _data(corpus),
        "figures": evaluate(measured, bootstrap=settings.bootstrap, seed=settings.seed),
        "versions": _versions(),
    }
    model = replace(model, about=about)
    return Trained(replace(model, checks=_checks(model)), measured, rows)


@dataclass(frozen=True)
class _Chooser:
    truth: Bools
    documents: Rows
    target: Bools
    settings: Settings
    exclusive: bool

    def strength(self, scores: Floats, rows: Rows) -> int:
        """Return the index of the C with the best macro average precision, the smaller if equal."""
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

    def choose(self, scores: Floats, rows: Rows) -> _Chosen:
        """Fit calibration and thresholds on the scores of some rows."""
        rows = rows[self.target[rows]]
        s, y = scores[rows], self.truth[rows]
        n_labels = y.shape[1]
        if self.exclusive:
            slope, offsets = fit_softmax(s, y)
            return _Chosen(np.full(n_labels, slope), offsets, ())
        fits = [fit_sigmoid(s[:, i], y[:, i]) for i in range(n_labels)]
        slopes, offsets = (np.array(values) for values in zip(*fits, strict=True))
        p = sigmoid(s * slopes + offsets)
        groups = np.unique(self.documents[rows], return_inverse=True)[1]
        rng = np.random.default_rng(self.settings.seed)
        thresholds = tuple(best_threshold(p[:, i], y[:, i], groups, rng) for i in range(n_labels))
        return _Chosen(slopes, offsets, thresholds)

    def decide(self, scores: Floats, chosen: _Chosen) -> tuple[Floats, Bools]:
        """Return probabilities and decisions."""
        logits = chosen.logits(scores)
        if self.exclusive:
            p = softmax(logits)
            return p, p.argmax(axis=1)[:, None] == np.arange(p.shape[1])
        p = sigmoid(logits)
        return p, p >= np.array(chosen.thresholds)


def _cross_validate(
    problem: _Problem,
    folds: Rows,
    chooser: _Chooser,
    jobs: int,
    progress: Callable[[int, int], None],
) -> tuple[tuple[Floats, Bools], _Chosen, float]:
    grid, k = problem.settings.C, int(folds.max()) + 1
    n, n_labels = problem.truth.shape
    pairs = list(combinations(range(k), 2))
    tasks = [(np.flatnonzero((folds != a) & (folds != b)), grid) for a, b in pairs]
    tests = [np.flatnonzero((folds == a) | (folds == b)) for a, b in pairs]
    total = len(pairs) + k + 1
    inner = np.zeros((k, len(grid), n, n_labels))  # inner[a]: scores by models that left out a too
    for done, (pair, test, scores) in enumerate(
        zip(pairs, tests, _fit_all(problem, tasks, tests, jobs), strict=True), 1
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
    probabilities, decisions = np.zeros((n, n_labels)), np.zeros((n, n_labels), np.bool_)
    outer = np.zeros((n, n_labels))
    for a, scores in enumerate(_fit_all(problem, tasks, tests, jobs)):
        chosen = chooser.choose(inner[a][own[a]], np.flatnonzero(folds != a))
        probabilities[tests[a]], decisions[tests[a]] = chooser.decide(scores[0], chosen)
        outer[tests[a]] = scores[1]
        progress(len(pairs) + a + 1, total)
    final = chooser.choose(outer, everything)
    return (probabilities, decisions), final, grid[final_c]


def _fit_all(
    problem: _Problem,
    tasks: Sequence[tuple[Rows, tuple[float, ...]]],
    tests: Sequence[Rows],
    jobs: int,
) -> Any:
    from joblib import Parallel, delayed

    if len(problem.truth) < PARALLEL_FROM:
        jobs = 1
    calls = (
        delayed(_fit_and_score)(problem, rows, strengths, test)
        for (rows, strengths), test in zip(tasks, tests, strict=True)
    )
    return Parallel(n_jobs=jobs, return_as="generator")(calls)


def _fit_and_score(
    problem: _Problem, rows: Rows, strengths: tuple[float, ...], test: Rows
) -> Floats:
    weighting = weigh(problem.counts, rows, problem.settings.min_df)
    fits = _fit(problem, rows, weighting, strengths)
    held_out = tfidf(problem.counts, test, weighting)
    return np.stack([held_out @ fits[c][0].T + fits[c][1] for c in strengths])


def _fit(
    problem: _Problem, rows: Rows, weighting: Weighting, strengths: tuple[float, ...]
) -> dict[float, tuple[Floats, Floats]]:
    """Return coefficients and intercepts of the fits on some rows, by strength."""
    data = TrainingSet(
        x=tfidf(problem.counts, rows, weighting),
        truth=problem.truth[rows],
        weights=problem.weights[rows],
        target=problem.target[rows],
    )
    return {c: fit_linear(data, problem.settings, c) for c in set(strengths)}


def _final_model(
    problem: _Problem, corpus: Corpus, chosen: _Chosen, strength: float, name: str
) -> Model:
    rows = np.arange(len(problem.truth))
    weighting = weigh(problem.counts, rows, problem.settings.min_df)
    coef, intercept = _fit(problem, rows, weighting, (strength,))[strength]
    return Model(
        name=name,
        labels=corpus.labels,
        features=problem.settings.features,
        blocks=_blocks(problem.counts, weighting, coef * chosen.slopes[:, None]),
        intercept=chosen.logits(intercept),
        thresholds=chosen.thresholds,
        about={},
    )


def _blocks(counts: Counts, weighting: Weighting, coef: Floats) -> dict[str, Block]:
    blocks, start = {}, 0
    for kind in counts.matrices:
        columns = weighting.columns[kind]
        terms = [counts.terms[kind][column] for column in columns]
        hashes = hash_terms(terms)
        order = np.argsort(hashes, kind="stable")
        if len(np.unique(hashes)) != len(hashes):
            raise ModelError(f"two {kind} terms have the same hash; leave one document out")
        encoded = [terms[row].encode() for row in order]
        blocks[kind] = Block(
            hash=hashes[order],
            idf=weighting.idf[kind][order].astype(np.float32),
            coef=coef[:, start : start + len(columns)].T[order].astype(np.float32),
            end=np.cumsum([len(term) for term in encoded], dtype=np.uint32),
            text=np.frombuffer(b"".join(encoded), np.uint8),
        )
        start += len(columns)
    return blocks


def _checks(model: Model) -> tuple[tuple[str, tuple[float, ...]], ...]:
    from classifier.model.export import oracle_logits

    logits = oracle_logits(model, CHECKS)
    return tuple((t, tuple(row)) for t, row in zip(CHECKS, logits.tolist(), strict=True))


def _data(corpus: Corpus) -> dict[str, Any]:
    examples = corpus.examples
    origins = sorted({e.origin for e in examples})
    return {
        "fingerprint": corpus.fingerprint,
        "sentences": len(examples),
        "documents": len({e.document for e in examples}),
        "none": sum(not e.labels for e in examples),
        "positives": {n: sum(n in e.labels for e in examples) for n in corpus.labels.names},
        "origins": {o: sum(e.origin == o for e in examples) for o in origins},
    }


def _versions() -> dict[str, str]:
    import joblib
    import scipy
    import sklearn

    return {
        "esc": __version__,
        "python": platform.python_version(),
        "numpy": np.__version__,
        "scipy": scipy.__version__,
        "scikit-learn": sklearn.__version__,
        "joblib": joblib.__version__,
    }
