"""How good the model would be on what it has never seen: a theatre, an outlet, a genre.

For each value of a field every document that has a sentence of that value is left out, and with it
the documents that share a near-duplicate sentence with one of those: the same wire story in another
outlet would give the answer away. Strength, calibration and thresholds are then chosen on the rest
by cross-validation in three folds that is not nested, a model is fitted on the rest, and the
target's sentences of the value are scored. Beside it stand the nested figures of the model proper
on the same sentences, which had other documents of the value to learn from. The context of a
sentence, where a model looks at it, is the whole of its document. Articles without labels that a
model learns from (self-training) are learnt from here too, whatever they are about.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

import numpy as np
import numpy.typing as npt

from classifier.errors import UsageError
from classifier.model.compare import compare
from classifier.model.evaluate import Measured, evaluate, joined
from classifier.model.fits import fit_all
from classifier.model.folds import assign_folds
from classifier.model.operating import FALSE_ALARMS

if TYPE_CHECKING:
    from collections.abc import Callable

    from classifier.corpus.read import Corpus
    from classifier.model.choose import Chooser
    from classifier.model.train import Trained

FIELDS = ("theatre", "outlet", "genre", "origin", "author")
MIN_SENTENCES = 30
FOLDS = 3
RESAMPLES = 200
Rows = npt.NDArray[np.int64]


@dataclass(frozen=True)
class _Part:
    value: str
    rest: Rows
    test: Rows
    scored: Rows  # all sentences of the documents of `test`, for their context


def check_field(field: str) -> str:
    """Return the field if it can be left out by.

    Raises
    ------
    UsageError
        It is not one of theatre, outlet, genre, origin and author.
    """
    if field not in FIELDS:
        raise UsageError(f"--leave-out {field}: expected one of {', '.join(FIELDS)}")
    return field


def leave_out(
    trained: Trained,
    corpus: Corpus,
    field: str,
    *,
    jobs: int = 1,
    notice: Callable[[str], None] = lambda _: None,
    progress: Callable[[int, int], None] = lambda _done, _total: None,
) -> dict[str, Any]:
    """Train without each value of a field and measure on it.

    Parameters
    ----------
    trained : Trained
    corpus : Corpus
        That it was trained on.
    field : str
        One of `FIELDS`. Values that the setting ``leave_out_groups`` puts together count as one.
    jobs : int
        Worker processes; the result does not depend on it.
    notice : callable
        Told what the user should know.
    progress : callable
        Told (done, total) after each fit.

    Returns
    -------
    dict
        ``values``: for each value with thirty or more sentences of the target and a positive one,
        the numbers of ``sentences``, ``documents`` and sentences ``left_out`` of training, and F1
        and average precision over the labels that occur there (``macro``, ``labels``), ``unseen``
        by a model without the value and ``seen`` by one with it; ``pooled``: the same over all of
        these sentences, and ``difference`` (unseen less seen, with intervals); ``too_small``: how
        many values were passed over; ``without_value``: how many sentences have none.

    Raises
    ------
    UsageError
        No such field.
    """
    values = _values(corpus, check_field(field), trained)[trained.problem.like]
    parts, too_small = _parts(trained, values)
    without_value = int((values[trained.rows] == "").sum())
    result: dict[str, Any] = {
        "values": {},
        "too_small": too_small,
        "without_value": without_value,
        "min_sentences": MIN_SENTENCES,
    }
    if not parts:
        notice(
            f"leave out by {field}: no value has {MIN_SENTENCES} sentences to be measured on, one "
            "of them with a label, and something else to train on"
        )
        return result
    if corpus.unlabelled:
        notice(
            f"leave out by {field}: the articles without labels are learnt from in each of these "
            "fits, those of what is left out among them"
        )
    unseen = _scored(trained, corpus, parts, jobs, notice, progress)
    place = {row: i for i, row in enumerate(trained.rows.tolist())}
    seen = [
        trained.measured.part(np.array([place[row] for row in part.test.tolist()], np.int64))
        for part in parts
    ]
    labelled = trained.problem.labelled
    for part, one, other in zip(parts, unseen, seen, strict=True):
        result["values"][part.value] = {
            "sentences": len(part.test),
            "documents": len(set(one.documents)),
            "left_out": int(labelled.sum() - labelled[part.rest].sum()),
            "unseen": _figures(one, trained),
            "seen": _figures(other, trained),
        }
    one, other = joined(unseen), joined(seen)
    settings = trained.problem.settings
    difference = compare(
        _present(other), _present(one), bootstrap=_resamples(trained), seed=settings.seed
    )["macro"]
    result["pooled"] = {
        "sentences": len(one.truth),
        "documents": len(set(one.documents)),
        "unseen": _figures(one, trained),
        "seen": _figures(other, trained),
        "difference": difference,
    }
    return result


def _values(corpus: Corpus, field: str, trained: Trained) -> npt.NDArray[np.str_]:
    groups = trained.problem.settings.leave_out_groups
    group = {value: name for name, members in groups.items() for value in members}
    found = [str(getattr(e, field)) for e in corpus.examples]
    return np.array([group.get(value, value) for value in found])


def _parts(trained: Trained, values: npt.NDArray[np.str_]) -> tuple[list[_Part], int]:
    groups = np.unique(trained.groups, return_inverse=True)[1][trained.problem.like]
    target, truth = trained.chooser.target, trained.problem.truth
    parts, too_small = [], 0
    for value in sorted(set(values.tolist()) - {""}):
        here = values == value
        test = np.flatnonzero(here & target)
        rest = np.flatnonzero(~np.isin(groups, groups[here]))
        if len(test) >= MIN_SENTENCES and truth[test].any() and truth[rest].any():
            documents = trained.chooser.documents
            scored = np.flatnonzero(np.isin(documents, documents[test]))
            parts.append(_Part(value, rest, test, scored))
        elif len(test):
            too_small += 1
    return parts, too_small


def _scored(
    trained: Trained,
    corpus: Corpus,
    parts: list[_Part],
    jobs: int,
    notice: Callable[[str], None],
    progress: Callable[[int, int], None],
) -> list[Measured]:
    problem, settings = trained.problem, trained.problem.settings
    folds = assign_folds(
        corpus.examples, corpus.labels, FOLDS, settings.seed, lambda _: None, trained.groups
    )[problem.like]
    total, done = len(parts) * (FOLDS + 1), 0
    tasks, tests = [], []
    for part in parts:
        for fold in range(FOLDS):
            tasks.append((part.rest[folds[part.rest] != fold], settings.C))
            tests.append(part.rest[folds[part.rest] == fold])
    held_out = fit_all(problem, tasks, tests, jobs)
    finals, chosen = [], []
    for number, part in enumerate(parts):
        scores = np.zeros((len(settings.C), *problem.truth.shape))
        for test in tests[number * FOLDS : (number + 1) * FOLDS]:
            scores[:, test] = next(held_out)
            done += 1
            progress(done, total)
        chooser = _chooser(trained, part, notice)
        best = chooser.strength(scores, part.rest)
        finals.append((part.rest, (settings.C[best],)))
        chosen.append((chooser, chooser.choose(scores[best], part.rest)))
    found = []
    last = fit_all(problem, finals, [part.scored for part in parts], jobs)
    for part, (chooser, choice), scores in zip(parts, chosen, last, strict=True):
        probabilities, decisions = chooser.decide(scores[0], choice, part.scored)
        here = np.isin(part.scored, part.test)
        documents = [corpus.examples[row].document for row in part.test.tolist()]
        truth = problem.truth[part.test]
        found.append(
            Measured(corpus.labels.names, documents, truth, probabilities[here], decisions[here])
        )
        done += 1
        progress(done, total)
    return found


def _chooser(trained: Trained, part: _Part, notice: Callable[[str], None]) -> Chooser:
    chooser = replace(trained.chooser, kept=())
    if any(p.kind == FALSE_ALARMS for p in chooser.points) and not chooser.bare[part.rest].any():
        notice(
            f"without {part.value!r} no document without any label is left: thresholds are for "
            "the best F1"
        )
    if chooser.target[part.rest].any():
        return chooser
    notice(f"without {part.value!r} no sentence of the target is left: chosen on all the others")
    return replace(chooser, target=trained.problem.labelled)


def _present(measured: Measured) -> Measured:
    """Keep the labels that occur: the others have no figure, and would pull the mean down."""
    labels = [n for i, n in enumerate(measured.labels) if measured.truth[:, i].any()]
    return measured.part(np.arange(len(measured.truth)), labels)


def _figures(measured: Measured, trained: Trained) -> dict[str, Any]:
    seed = trained.problem.settings.seed
    found = evaluate(_present(measured), bootstrap=_resamples(trained), seed=seed)
    keep = ("f1", "average_precision")
    return {
        "macro": {name: found["macro"][name] for name in keep},
        "labels": {
            label: {name: row[name] for name in (*keep, "support")}
            for label, row in found["labels"].items()
        },
    }


def _resamples(trained: Trained) -> int:
    return min(trained.problem.settings.bootstrap, RESAMPLES)
