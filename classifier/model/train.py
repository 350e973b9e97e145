"""Training: grouped cross-validation, calibration, thresholds, final fit."""

from __future__ import annotations

from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
import numpy.typing as npt

from classifier.corpus.shingles import document_groups
from classifier.errors import ModelError, UsageError
from classifier.model.about import data_json, figures_json, versions
from classifier.model.assemble import assemble, with_checks
from classifier.model.choose import Chooser, Chosen
from classifier.model.classes import classes_for
from classifier.model.crossval import cross_validate
from classifier.model.evaluate import Measured
from classifier.model.failures import failures
from classifier.model.false_alarms import (
    FEWEST_ALARMS,
    FEWEST_DOCUMENTS,
    can_tell,
    without_label,
)
from classifier.model.features import count_terms
from classifier.model.fits import Problem, fit
from classifier.model.folds import assign_folds
from classifier.model.operating import FALSE_ALARMS, KEPT, KEPT_WITHIN, OperatingPoint
from classifier.model.self_training import FEW
from classifier.model.settings import Settings, settings_json

if TYPE_CHECKING:
    from collections.abc import Callable

    from classifier.corpus.read import Corpus
    from classifier.model.artefact import Model
    from classifier.schema import LabelSet

Floats = npt.NDArray[np.float64]
Bools = npt.NDArray[np.bool_]
Rows = npt.NDArray[np.int64]


@dataclass(frozen=True)
class Trained:
    """A trained model and the nested out-of-fold predictions behind its figures.

    Parameters
    ----------
    model : Model
    measured : Measured
        Of the target's sentences.
    rows : array of int
        Their places among the examples of the corpus.
    out_of_fold : Measured
        Of all sentences.
    groups : list of str
        `document_groups` of the examples.
    problem, chooser, chosen, strength
        What the model was fitted to and how its choices were made, for studies of it.
    scores : array of float, shape (n_rows, n_labels)
        The out-of-fold scores of the problem's rows that the choices were made on.
    """

    model: Model
    measured: Measured
    rows: Rows
    out_of_fold: Measured
    groups: list[str]
    problem: Problem
    chooser: Chooser
    chosen: Chosen
    strength: float
    scores: Floats

    def without(self, rows: Rows) -> Model:
        """Fit the model again, with the same choices, without some sentences and neighbours."""
        kept = np.flatnonzero(~np.isin(self.problem.like, rows))
        fitted = fit(self.problem, kept, self.strength)
        model = assemble(self.problem, self.model.labels, self.chosen, fitted, self.model.name)
        return replace(model, about=self.model.about)


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
    for label, column in zip(labels.names, truth.T, strict=True):
        if column.all():
            raise ModelError(
                f"every sentence carries the label {label!r}: there is nothing to learn; label "
                "sentences without it, or take it out of the label set"
            )
    if settings.context and labels.exclusive:
        raise UsageError(
            "the labels are exclusive: there is no context for them; set context = false"
        )
    bare = without_label(corpus)
    numbers = np.unique([e.document for e in examples], return_inverse=True)[1]
    points, kept = _points(settings, labels, bare, numbers, notice)
    groups = document_groups(examples)
    folds = assign_folds(examples, labels, settings.folds, settings.seed, notice, groups)
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
    problem = _problem(corpus, settings, truth, target, jobs, notice)
    like, n = problem.like, len(examples)
    documents = numbers[like]
    chooser = Chooser(
        problem.truth,
        documents,
        problem.places,
        target[like] & problem.labelled,
        np.append(bare, np.zeros(len(like) - n, np.bool_)),
        settings,
        exclusive=labels.exclusive,
        points=points,
        at_least_one=labels.at_least_one,
        kept=kept,
    )
    nested, final, fitted = cross_validate(problem, folds[like], chooser, jobs, progress)
    if settings.context and final.context is None:
        several = bool((np.bincount(documents)[documents[:n][target]] > 1).any())
        notice(
            "its weights did not settle: trained without context"
            if several
            else "no document to choose on has two sentences: there is no context to learn from"
        )
    rows = np.flatnonzero(target)
    out_of_fold = Measured(
        labels=labels.names,
        documents=[e.document for e in examples],
        truth=truth,
        probabilities=nested.probabilities[:n],
        decisions=nested.decisions[:n],
    )
    measured = out_of_fold.part(rows)
    model = assemble(problem, labels, final, fitted, name)
    about = {
        "settings": settings_json(_without_folder(settings)),
        "strength": fitted.strength,
        "data": data_json(corpus, problem.classes),
        "figures": figures_json(nested, out_of_fold, rows, bare, corpus, settings),
        "failures": failures(out_of_fold, examples),
        "versions": versions(),
    }
    model = replace(model, about=about)
    return Trained(
        model=with_checks(model),
        measured=measured,
        rows=rows,
        out_of_fold=out_of_fold,
        groups=groups,
        problem=problem,
        chooser=chooser,
        chosen=final,
        strength=fitted.strength,
        scores=nested.scores,
    )


def _problem(
    corpus: Corpus,
    settings: Settings,
    truth: Bools,
    target: Bools,
    jobs: int,
    notice: Callable[[str], None],
) -> Problem:
    examples, features = corpus.examples, settings.features
    if settings.self_training and len(examples) < FEW:
        notice(
            "self-training was chosen on tens of thousands of labelled sentences; with "
            f"{len(examples):,} a new theatre may be flagged too often: look at its flags, or "
            "raise the thresholds"
        )
    classes = classes_for([e.text for e in examples], features, notice)
    row_of = {e.document: row for row, e in enumerate(examples)}
    wanted = settings.context or settings.self_training
    neighbours = [s for s in corpus.neighbours if wanted and s.document in row_of]
    learnt, scored = [e.text for e in examples], [s.text for s in neighbours]
    if settings.self_training:  # their terms are learnt too
        learnt, scored = [*learnt, *scored, *(s.text for s in corpus.unlabelled)], []
    counts = count_terms(learnt, features, settings.min_df, classes, further=scored, jobs=jobs)
    if not counts.matrices:
        raise ModelError(
            f"no term stands in {settings.min_df} or more sentences; label more, or lower min_df"
        )
    like = np.array([*range(len(examples)), *(row_of[s.document] for s in neighbours)])
    positions = [*(e.position for e in examples), *(s.position for s in neighbours)]
    labelled = np.arange(len(like)) < len(examples)
    own = target | np.array([e.origin in settings.kin for e in examples], np.bool_)
    weights = np.array([float(settings.origin_weights.get(e.origin, 1)) for e in examples])
    return Problem(
        counts=counts,
        truth=truth[like] & labelled[:, None],
        weights=weights[like],
        own=own[like],
        like=like,
        places=np.array(positions, np.int64),
        settings=settings,
        classes=classes if "class" in counts.matrices else None,
        taught=np.array(
            [s.probabilities or (np.nan,) * truth.shape[1] for s in corpus.unlabelled], float
        ).reshape(-1, truth.shape[1]),
    )


def _points(
    settings: Settings,
    labels: LabelSet,
    bare: Bools,
    documents: Rows,
    notice: Callable[[str], None],
) -> tuple[tuple[OperatingPoint, ...], tuple[OperatingPoint, ...]]:
    """Return what the threshold of each label is for, and what further thresholds are kept for."""
    given = settings.operating_points
    for name in given:
        if labels.exclusive:
            raise UsageError("the labels are exclusive: there is no operating point to choose")
        if name not in labels:
            raise UsageError(f"operating point for {name!r}: labels are {', '.join(labels.names)}")
    points = tuple(OperatingPoint.parse(given.get(name, "f1")) for name in labels.names)
    if labels.exclusive:
        return points, ()
    for point in (asked := {p for p in points if p.kind == FALSE_ALARMS}):
        if labels.at_least_one:
            raise UsageError(
                f"operating point {point}: each sentence gets at least one label, so none is "
                "without; choose another point"
            )
        if not can_tell(point.value, bare, documents):
            raise UsageError(
                f"operating point {point}: {int(bare.sum())} sentences of "
                f"{len(np.unique(documents[bare]))} documents that were labelled throughout carry "
                f"no label, too few to count false alarms on: expected {FEWEST_DOCUMENTS} "
                f"documents and {int(np.ceil(FEWEST_ALARMS / point.value))} sentences; add some, "
                "or choose another point"
            )
    if asked and len(set(points)) > 1:
        notice(
            "a share of false alarms is kept where all labels take it; some have another "
            "operating point"
        )
    if labels.at_least_one and any(point.kind == "precision" for point in points):
        notice(
            "a precision is asked for, and each sentence gets at least one label: sentences in "
            "which no label reaches its threshold are not counted for it"
        )
    within = (p for p in KEPT_WITHIN if can_tell(p.value, bare, documents))
    return points, (*KEPT, *within)


def _without_folder(settings: Settings) -> Settings:
    """Return settings that say nothing of the machine: a model may be given away."""
    name = Path(settings.features.word_classes).name
    return replace(settings, features=replace(settings.features, word_classes=name))
