"""How far the work is: counts, pace, agreement, and whether it is time to stop."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from itertools import pairwise
from typing import TYPE_CHECKING, Any

from classifier.errors import InputError

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from classifier.labelling.items import Decision
    from classifier.labelling.ledger import Ledger
    from classifier.labelling.session import Session

# Nobody thinks longer about one sentence: what is longer was a pause.
PAUSE = 120.0
WINDOW = 100
# The model is taught little by sentences of which it would have got this share wholly right.
KNOWN_SHARE = 0.97
# Average precision that a doubling of the documents has to bring to be called a gain.
SMALL_GAIN = 0.005


@dataclass(frozen=True)
class Progress:
    """Where an annotator stands.

    Parameters
    ----------
    done, none, skipped, flagged : int
        Of this annotator: labelled, of these without any label, skipped, flagged.
    positives : mapping of str to int
        Sentences of this annotator by label.
    total : mapping of str to int
        Sentences by label whose labels hold, of all annotators.
    labelled : int
        Sentences whose labels hold, of all annotators.
    here : int
        Decisions in this session.
    pace : float or None
        Sentences an hour in this session, without pauses; None before there are five.
    disputes : int
        Sentences that wait for a resolution.
    agreement : mapping or None
        As `classifier.corpus.agreement.agreement` gives it, without intervals; None where no
        sentence has the labels of two annotators.
    """

    done: int
    none: int
    skipped: int
    flagged: int
    positives: Mapping[str, int]
    total: Mapping[str, int]
    labelled: int
    here: int
    pace: float | None
    disputes: int
    agreement: Mapping[str, Any] | None


def progress(session: Session) -> Progress:
    """Count where a session stands."""
    names = session.store.labels.names
    with session.store.reading() as ledger:
        own = ledger.decisions(session.annotator)
        given = [d for d in own if d.kind == "labels"]
        held = [labels for s in ledger.sentences() if (labels := ledger.resolved(s)) is not None]
        here = [d for d in own if d.session == session.name]
        return Progress(
            done=len(given),
            none=sum(not d.labels for d in given),
            skipped=sum(d.kind == "skip" for d in own),
            flagged=sum(d.kind == "flag" for d in own),
            positives={name: sum(name in d.labels for d in given) for name in names},
            total={name: sum(name in labels for labels in held) for name in names},
            labelled=len(held),
            here=len(here),
            pace=_pace(here),
            disputes=len(ledger.in_dispute()),
            agreement=live_agreement(ledger, names),
        )


def _pace(decisions: Sequence[Decision]) -> float | None:
    if len(decisions) < 5:
        return None
    times = [datetime.fromisoformat(d.at) for d in decisions]
    gaps = [(later - sooner).total_seconds() for sooner, later in pairwise(times)]
    worked = [gap for gap in gaps if gap <= PAUSE]
    total = sum(worked)
    return 3600 * len(worked) / total if total > 0 else None


def live_agreement(ledger: Ledger, labels: Sequence[str]) -> Mapping[str, Any] | None:
    """Measure how far the annotators agree so far; None where there is nothing to compare.

    Without the package krippendorff (extra ``corpus``) there is no figure either.
    """
    from classifier.corpus.agreement import Annotation, agreement

    annotations = [
        Annotation(sentence, sentence, name, given)
        for sentence in ledger.sentences()
        for name, given in ledger.labelled(sentence).items()
    ]
    try:
        return agreement(annotations, labels, bootstrap=0)
    except (InputError, ImportError):
        return None


def stop_advice(session: Session) -> str:
    """Say in one line whether more labels seem worth their time; empty while there is no telling.

    Two signs speak for stopping: the model would have given the last hundred sentences the very
    labels that they got, as it said before it could learn from them, and its learning curve has
    gone flat.
    """
    predictor = session.predictor
    if predictor is None or predictor.labels != session.store.labels.names:
        return ""
    with session.store.reading() as ledger:
        last = [
            d
            for d in ledger.decisions(session.annotator)
            if d.kind == "labels" and d.model == predictor.model.fingerprint
        ][-WINDOW:]
    if len(last) < WINDOW:
        return ""
    right = sum(d.labels == d.predicted for d in last)
    gain = expected_gain(predictor.model.about.get("learning_curve"))
    curve = ""
    if gain is not None:
        curve = f"; twice as many documents would bring about {gain:+.3f} average precision"
    if right >= KNOWN_SHARE * WINDOW:
        if gain is not None and gain > SMALL_GAIN:
            curve += ": other articles may teach it more than these"
        return (
            f"The model would have given {right} of the last {WINDOW} sentences the same labels: "
            f"more of this kind will change little{curve}."
        )
    if gain is not None and gain <= SMALL_GAIN:
        return (
            f"The learning curve is flat{curve}, though the model gets only {right} of the last "
            f"{WINDOW} sentences wholly right: look at what you disagree about."
        )
    return ""


def expected_gain(curve: Any) -> float | None:
    """Estimate what twice as many documents would add to the macro average precision.

    The last doubling of the learning curve, shrunk as it was against the one before (a geometric
    series); None where the model has no curve.
    """
    try:
        values = [float(point["macro"]["average_precision"]["value"]) for point in curve["points"]][
            -3:
        ]
        shares = [float(point["share"]) for point in curve["points"]][-3:]
    except (TypeError, KeyError, ValueError, IndexError):
        return None
    if len(values) < 3 or any(abs(b / a - 2) > 0.01 for a, b in pairwise(shares)):
        return None
    earlier, later = values[1] - values[0], values[2] - values[1]
    ratio = later / earlier if earlier > 0 else 1.0
    return max(later, 0.0) * min(max(ratio, 0.0), 1.0)
