"""False alarms: on composed hard negatives, and on whole articles of general news."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Any

import numpy as np
import numpy.typing as npt
from measuring import report, score, short, subset

from classifier.corpus.files import shipped_paths
from classifier.corpus.read import read_records
from classifier.model.calibrate import sigmoid
from classifier.model.compare import compare
from classifier.model.evaluate import evaluate, joined
from classifier.model.operating import KEPT_WITHIN
from classifier.model.train import train

if TYPE_CHECKING:
    from classifier.corpus.read import Corpus
    from classifier.model.evaluate import Measured
    from classifier.model.settings import Settings
    from classifier.model.train import Trained

Floats = npt.NDArray[np.float64]

POINTS = ("f1", "precision:0.9", "precision:0.95", "precision:0.98", *map(str, KEPT_WITHIN))


def operating_points(trained: Trained) -> dict[str, dict[str, Any]]:
    """Return nested figures over the real sentences at some operating points."""
    points = {}
    for point in POINTS:
        found = trained.model.about["figures"]["operating_points"][point].values()
        precision, recall = (np.array([at[m] for at in found]) for m in ("precision", "recall"))
        points[point] = {
            "precision": float(precision.mean()),
            "recall": float(recall.mean()),
            "f1": float((2 * precision * recall / (precision + recall)).mean()),
        }
    return points


def thresholds_without(trained: Trained, held: npt.NDArray[np.int64]) -> dict[str, Floats]:
    """Return the thresholds of the points, chosen without some sentences and their like.

    Calibration, context and most thresholds are chosen on real sentences: one choice serves all
    that is kept out. Those within a share of false alarms are chosen on the others too.
    """
    chooser = replace(trained.chooser, kept=KEPT_WITHIN)
    groups = np.array(trained.groups)[trained.problem.like]
    rows = np.flatnonzero(~np.isin(groups, groups[held]))
    logits = trained.chosen.logits(trained.scores, chooser.documents, chooser.places)
    within = chooser.thresholds(sigmoid(logits)[rows], rows)
    found = {point: np.array(trained.model.points[point]) for point in POINTS}
    return found | {str(point): np.array(within[point]) for point in KEPT_WITHIN}


def false_alarms(corpus: Corpus, settings: Settings) -> dict[str, Any]:
    print("false alarms on hard negatives, by theme")
    themes = {
        r.id: str(r.extra["theme"]).split()[0]
        for path in shipped_paths()
        for r in read_records(path, print)
        if "theme" in r.extra
    }
    names = sorted(set(themes.values()))
    found: dict[str, Any] = {}
    alarms = sure = total = 0
    trained = train(corpus, settings, jobs=-1)
    points = operating_points(trained)
    for part in np.array_split(names, 6):
        held = [i for i, e in enumerate(corpus.examples) if themes.get(e.id) in part]
        model = trained.without(np.array(held))
        thresholds = thresholds_without(trained, np.array(held))
        for theme in part.tolist():
            scored = score(model, corpus, lambda e, t=theme: themes.get(e.id) == t and not e.labels)
            n, wrong = len(scored.truth), int(scored.decisions.any(axis=1).sum())
            above = scored.probabilities > np.array(model.bands)[:, 1]  # not marked as uncertain
            beyond = int((scored.decisions & above).any(axis=1).sum())
            for point, at in points.items():
                said = scored.probabilities >= thresholds[point]
                at["false_alarms"] = at.get("false_alarms", 0) + int(said.any(axis=1).sum())
            found[theme] = {"sentences": n, "false_alarms": wrong, "not_uncertain": beyond}
            alarms, sure, total = alarms + wrong, sure + beyond, total + n
            print(f"  {theme}: {wrong} of {n}, {beyond} not uncertain")
    print(f"  all: {alarms} of {total} ({alarms / total:.2%}), {sure} not uncertain")
    for point, at in points.items():
        print(
            f"  {point}: {at['false_alarms'] / total:.2%} false alarms, precision "
            f"{at['precision']:.3f}, recall {at['recall']:.3f} on real sentences"
        )
    rows = trained.rows
    off_topic = [
        i
        for i, row in enumerate(rows.tolist())
        if corpus.examples[row].theatre == "off-topic" and not corpus.examples[row].labels
    ]
    wrong = int(trained.measured.decisions[off_topic].any(axis=1).sum())
    print(f"  real off-topic news, nested: {wrong} of {len(off_topic)}")
    return {
        "themes": found,
        "sentences": total,
        "false_alarms": alarms,
        "not_uncertain": sure,
        "share": alarms / total,
        "operating_points": points,
        "real_off_topic": {"sentences": len(off_topic), "false_alarms": wrong},
        "whole_articles": whole_articles(corpus, settings, trained),
    }


def whole_articles(corpus: Corpus, settings: Settings, trained: Trained) -> dict[str, Any]:
    print("whole articles of general news, by outlet")
    outlet = {e.document: e.outlet for e in corpus.examples if e.origin == "general"}
    fewer = subset(corpus, lambda e: e.origin != "general")
    models = {"learnt": (corpus, trained), "not learnt": (fewer, train(fewer, settings, jobs=-1))}
    parts: dict[str, list[Measured]] = {name: [] for name in models}
    limits = []
    for part in np.array_split(sorted(set(outlet.values())), 6):
        for name, (learnt, model) in models.items():
            held = [i for i, e in enumerate(learnt.examples) if outlet.get(e.document) in part]
            scored = score(
                model.without(np.array(held)),
                corpus,
                lambda e, p=part: outlet.get(e.document) in p,
            )
            parts[name].append(scored)
            if name == "learnt":
                limits += [thresholds_without(model, np.array(held))] * len(scored.truth)
    whole = {name: joined(measured) for name, measured in parts.items()}
    found: dict[str, Any] = {"outlets": len(set(outlet.values()))}
    for name, measured in whole.items():
        found[name] = short(evaluate(measured)) | flagged(measured, measured.decisions)
        report(name, found[name])
    found["learnt against not learnt"] = compare(whole["not learnt"], whole["learnt"])
    for point in POINTS:
        said = whole["learnt"].probabilities >= np.array([at[point] for at in limits])
        found[point] = flagged(whole["learnt"], said)
        print(f"  {point}: {found[point]}")
    return found


def flagged(measured: Measured, decisions: npt.NDArray[np.bool_]) -> dict[str, int]:
    """Count sentences by whether they carry any label and whether they are given one."""
    true, said = measured.truth.any(axis=1), decisions.any(axis=1)
    return {
        "articles": len(set(measured.documents)),
        "with_a_label": int(true.sum()),
        "flagged": int(said.sum()),
        "right": int((said & (measured.truth & decisions).any(axis=1)).sum()),
        "false_alarms": int((said & ~true).sum()),
    }
