"""How good the model would be with fewer documents of its target.

One assignment of documents to three folds, not nested: for each share of the target's documents
the sentences of a fold are scored by a model that was fitted on that share of the other folds'
target documents and on all their other sentences. The strength is the one that was chosen for the
model. Average precision needs no choice besides; for F1 the calibration and the thresholds of a
fold come from the scores of the other folds. The curve is therefore a little below the nested
figures at its end (two thirds of the documents against four fifths) and shows a direction.
"""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Any

import numpy as np
import numpy.typing as npt

from classifier.model.evaluate import Measured, evaluate
from classifier.model.fits import fit_all
from classifier.model.folds import assign_folds
from classifier.model.operating import FALSE_ALARMS

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from classifier.corpus.read import Corpus
    from classifier.model.choose import Chooser
    from classifier.model.train import Trained

SHARES = (1 / 8, 1 / 4, 1 / 2, 1.0)
FOLDS = 3
RESAMPLES = 200


def learning_curve(
    trained: Trained,
    corpus: Corpus,
    *,
    shares: Sequence[float] = SHARES,
    jobs: int = 1,
    progress: Callable[[int, int], None] = lambda _done, _total: None,
) -> dict[str, Any]:
    """Measure the model at growing numbers of documents of the target.

    Parameters
    ----------
    trained : Trained
    corpus : Corpus
        That it was trained on.
    shares : sequence of float
        Parts of the target's documents, in (0, 1]; smaller ones lie inside larger ones.
    jobs : int
        Worker processes; the result does not depend on it.
    progress : callable
        Told (done, total) after each fit.

    Returns
    -------
    dict
        ``folds``, ``strength``, ``others`` (sentences that are not the target's and always help)
        and ``points``: for each share the mean numbers of ``documents`` and ``sentences`` of the
        target in training, and F1 and average precision, ``macro`` and by ``labels``, with 95 per
        cent intervals by bootstrap over documents.
    """
    chooser, settings = trained.chooser, trained.problem.settings
    folds = assign_folds(
        corpus.examples, corpus.labels, FOLDS, settings.seed, lambda _: None, trained.groups
    )[trained.problem.like]
    target, documents = chooser.target, chooser.documents
    rank = _ranks(documents, folds, np.flatnonzero(target), settings.seed)
    present = np.unique(folds).tolist()
    tasks, tests = [], []
    for share in shares:
        for fold in present:
            # A neighbour comes and goes with its document.
            kept = (folds != fold) & (~target | (rank[:, fold] < share))[trained.problem.like]
            tasks.append((np.flatnonzero(kept), (trained.strength,)))
            tests.append(np.flatnonzero((folds == fold) & _scored(chooser)))
    scores = fit_all(trained.problem, tasks, tests, jobs)
    points, done = [], 0
    for start, share in zip(range(0, len(tasks), len(present)), shares, strict=True):
        table = np.zeros(trained.problem.truth.shape)
        for test in tests[start : start + len(present)]:
            table[test] = next(scores)[0]
            done += 1
            progress(done, len(tasks))
        sizes = [rows[target[rows]] for rows, _ in tasks[start : start + len(present)]]
        points.append(
            {
                "share": share,
                "documents": round(float(np.mean([len(set(documents[r])) for r in sizes]))),
                "sentences": round(float(np.mean([len(r) for r in sizes]))),
                **_figures(trained, folds, table),
            }
        )
    return {
        "folds": len(present),
        "strength": trained.strength,
        "others": int((~target & trained.problem.labelled).sum()),
        "points": points,
    }


def _ranks(documents: Any, folds: Any, rows: Any, seed: int) -> Any:
    """Return, for each sentence and fold left out, the place of its document in one random order.

    Places are shares of the target's documents outside the fold, so that the documents below a
    share are the same whatever the share above.
    """
    order = np.random.default_rng(seed).permutation(np.unique(documents[rows]))
    fold_of = dict(zip(documents.tolist(), folds.tolist(), strict=True))
    rank = np.full((len(documents), int(folds.max()) + 1), np.inf)
    for fold in range(rank.shape[1]):
        outside = [name for name in order.tolist() if fold_of[name] != fold]
        place = {name: i / len(outside) for i, name in enumerate(outside)}
        rank[rows, fold] = [place.get(name, np.inf) for name in documents[rows].tolist()]
    return rank


def _scored(chooser: Chooser) -> npt.NDArray[np.bool_]:
    """Return which sentences are scored: the target's, and the others of their documents.

    And those that false alarms are counted on, if thresholds are chosen for a share of them.
    """
    wanted = chooser.target
    if any(point.kind == FALSE_ALARMS for point in chooser.points):
        wanted = wanted | chooser.bare
    found: npt.NDArray[np.bool_] = np.isin(chooser.documents, chooser.documents[wanted])
    return found


def _mixed(trained: Trained) -> bool:
    chosen = trained.chosen
    joined = chosen.context is not None or chosen.dependence is not None
    return trained.chooser.exclusive or joined


def _figures(trained: Trained, folds: Any, scores: Any) -> dict[str, Any]:
    chooser, rows = replace(trained.chooser, kept=()), trained.rows
    scored = _scored(chooser)
    probabilities, decisions = np.zeros(scores.shape), np.zeros(scores.shape, np.bool_)
    for fold in np.unique(folds[rows]).tolist():
        here = np.flatnonzero((folds == fold) & scored)
        others = np.flatnonzero((folds != fold) & scored)
        chosen = chooser.choose(scores, others if len(others) else here)
        probabilities[here], decisions[here] = chooser.decide(scores[here], chosen, here)
    measured = Measured(
        labels=trained.measured.labels,
        documents=trained.measured.documents,
        truth=trained.measured.truth,
        # Scores rank as well as probabilities, without the chance in each fold's calibration; but
        # under a softmax only the probabilities of a label can be compared between sentences, and
        # context and dependence of labels come with the calibration.
        probabilities=(probabilities if _mixed(trained) else scores)[rows],
        decisions=decisions[rows],
    )
    settings = trained.problem.settings
    found = evaluate(measured, bootstrap=min(settings.bootstrap, RESAMPLES), seed=settings.seed)
    keep = ("f1", "average_precision")
    return {
        "macro": {name: found["macro"][name] for name in keep},
        "labels": {
            label: {name: row[name] for name in keep} for label, row in found["labels"].items()
        },
    }
