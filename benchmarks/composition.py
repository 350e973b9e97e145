"""What each kind of labelled sentence adds, on real sentences the model never saw.

    esc corpus fetch
    python benchmarks/composition.py            # about half an hour on two cores

Three questions, each with nested calibration and thresholds:

- cross-validation over the real sentences: composed alone, real alone, with the picked ones, all;
  and all of them with plain TF-IDF of words and characters, logistic regression with C=10, balanced
  ("plain");
- leave one theatre out: real and composed sentences of a theatre are kept out of training, and the
  real ones are scored in their articles; real alone, all, and plain; all with self-training on
  the sentences without labels of other documents of the theatre; paired bootstrap over documents;
- false alarms: composed hard negatives are kept out by theme and scored, with the thresholds for
  best F1 and with those of stricter operating points; likewise all sentences of the articles that
  origin `general` completes, by outlet.

Results: benchmarks/results/composition.json.
"""

from __future__ import annotations

import argparse
import json
from collections.abc import Callable
from dataclasses import replace
from hashlib import sha256
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
import numpy.typing as npt

from classifier import shipped
from classifier.corpus.files import shipped_paths
from classifier.corpus.read import Corpus, read_corpus, read_records
from classifier.model.compare import compare
from classifier.model.evaluate import Measured, evaluate
from classifier.model.self_training import WEIGHT
from classifier.model.settings import FeatureSettings, Settings, load_settings, settings_json
from classifier.model.train import train
from classifier.scoring import Predictor
from classifier.scoring.measure import score_corpus

if TYPE_CHECKING:
    from classifier.model.artefact import Model
    from classifier.model.train import Trained
    from classifier.schema import Example

RESULTS = Path(__file__).parent / "results" / "composition.json"
THEATRES = {
    "ukraine": {"russia-ukraine", "russia-ukraine 2014", "ukraine 2014 / WPS", "ukraine"}
    | {"russia-nato", "belarus-border", "moldova-transnistria", "nuclear-signalling", "baltic"}
    | {"arms-control", "arctic", "georgia", "donbas", "black-sea", "cyber", "space"},
    "syria": {"syria", "turkey-syria"},
    "israel": {"israel-gaza-lebanon-iran", "israel-gaza", "gaza", "lebanon", "iran-israel"}
    | {"israel-hezbollah", "iran-nuclear-talks"},
    "afghanistan": {"afghanistan", "pakistan-afghanistan"},
    "horn of africa": {"horn of africa", "ethiopia-eritrea", "somalia", "sudan"},
}
STRICTER = ("precision:0.9", "precision:0.95", "precision:0.98")
Keep = Callable[["Example"], bool]


def subset(corpus: Corpus, keep: Keep) -> Corpus:
    return replace(corpus, examples=tuple(e for e in corpus.examples if keep(e)))


def score(model: Model, corpus: Corpus, keep: Keep) -> Measured:
    """Score some sentences, each in its whole document."""
    documents = {e.document for e in corpus.examples if keep(e)}
    whole = corpus.part(documents)
    kept = np.flatnonzero([keep(e) for e in whole.examples])
    return score_corpus(Predictor(model), whole).part(kept)


def kinds(settings: Settings) -> dict[str, tuple[set[str], Settings]]:
    """What is compared: the origins that are learnt from, and how."""
    everything = {"real", "picked", "general", "composed", "seed"}
    plain = Settings(
        C=(10.0,),
        target=settings.target,
        nb_power=0.0,
        features=FeatureSettings(word_classes=""),
        folds=settings.folds,
        bootstrap=settings.bootstrap,
    )
    return {
        "plain, all": (everything, plain),
        "real alone": ({"real"}, settings),
        "real and picked": ({"real", "picked"}, settings),
        "all": (everything, settings),
    }


def short(figures: dict[str, Any]) -> dict[str, Any]:
    return {name: figures["labels"][name] for name in figures["labels"]} | {
        "macro": figures["macro"],
        "sentences": figures["sentences"],
    }


def cross_validation(corpus: Corpus, settings: Settings) -> dict[str, Any]:
    print("cross-validation over the real sentences")
    found: dict[str, Any] = {}
    measured = {}
    for name, (origins, how) in kinds(settings).items():
        trained = train(subset(corpus, lambda e, o=origins: e.origin in o), how, jobs=-1)
        measured[name] = trained.measured
        found[name] = short(trained.model.about["figures"])
        report(name, found[name])
    alone = train(subset(corpus, lambda e: e.origin == "composed"), settings, jobs=-1)
    by_composed = score(alone.model, corpus, lambda e: e.origin == "real")
    found["composed alone"] = short(evaluate(by_composed))
    report("composed alone", found["composed alone"])
    for other in ("real alone", "plain, all"):
        found[f"all against {other}"] = compare(measured[other], measured["all"])
    return found


def leave_theatre_out(corpus: Corpus, settings: Settings) -> dict[str, Any]:
    print("leave one theatre out")
    found: dict[str, Any] = {}
    pooled: dict[str, list[Measured]] = {kind: [] for kind in kinds(settings)}
    del pooled["real and picked"]
    fixed = list(pooled)
    pooled["all, self-trained"] = []
    for theatre, names in THEATRES.items():
        for kind in fixed:
            origins, how = kinds(settings)[kind]
            rest = subset(
                corpus, lambda e, o=origins, n=names: e.origin in o and e.theatre not in n
            )
            model = train(rest, how, jobs=-1).model
            measured = score(
                model, corpus, lambda e, n=names: e.origin == "real" and e.theatre in n
            )
            pooled[kind].append(measured)
            found.setdefault(theatre, {})[kind] = short(evaluate(measured, bootstrap=200))
            report(f"{theatre}, {kind}", found[theatre][kind])
        pooled["all, self-trained"].append(self_trained(corpus, settings, names))
        found[theatre]["all, self-trained"] = short(evaluate(pooled["all, self-trained"][-1]))
        report(f"{theatre}, all, self-trained", found[theatre]["all, self-trained"])
        found[theatre]["difference"] = compare(pooled["real alone"][-1], pooled["all"][-1])["macro"]
    whole = {kind: join(parts) for kind, parts in pooled.items()}
    for kind, measured in whole.items():
        found[f"pooled, {kind}"] = short(evaluate(measured))
        report(f"pooled, {kind}", found[f"pooled, {kind}"])
    for other in ("real alone", "plain, all"):
        found[f"pooled, all against {other}"] = compare(whole[other], whole["all"])
    for other in ("plain, all", "all"):
        found[f"pooled, self-trained against {other}"] = compare(
            whole[other], whole["all, self-trained"]
        )
    return found


def self_trained(corpus: Corpus, settings: Settings, names: set[str]) -> Measured:
    """Leave a theatre out, but for the sentences without labels in half of its documents.

    The other half of the documents is scored, and then the halves change places: no sentence of a
    scored article is learnt from.
    """
    theatre = {e.document for e in corpus.examples if e.theatre in names}
    rest = subset(corpus, lambda e: e.theatre not in names)
    found = []
    for half in (0, 1):
        learnt = {d for d in theatre if int(sha256(d.encode()).hexdigest(), 16) % 2 == half}
        texts = sorted({s.text for s in corpus.neighbours if s.document in learnt})
        model = train(
            replace(rest, unlabelled=tuple(texts)),
            replace(settings, self_training=WEIGHT),
            jobs=-1,
        ).model
        found.append(
            score(
                model,
                corpus,
                lambda e, seen=learnt: (
                    e.origin == "real" and e.theatre in names and e.document not in seen
                ),
            )
        )
    return join(found)


def join(parts: list[Measured]) -> Measured:
    return Measured(
        labels=parts[0].labels,
        documents=[d for part in parts for d in part.documents],
        truth=np.concatenate([part.truth for part in parts]),
        probabilities=np.concatenate([part.probabilities for part in parts]),
        decisions=np.concatenate([part.decisions for part in parts]),
    )


def operating_point(trained: Trained) -> dict[str, Any]:
    """Return the thresholds of a model and its nested figures over the real sentences."""
    labels = trained.model.about["figures"]["labels"].values()
    return {
        "thresholds": list(trained.model.thresholds),
        **{
            metric: float(np.mean([figures[metric]["value"] for figures in labels]))
            for metric in ("precision", "recall", "f1")
        },
    }


def operating_points(
    corpus: Corpus, settings: Settings, trained: Trained
) -> dict[str, dict[str, Any]]:
    """Return the default and the stricter operating points.

    Calibration, context and thresholds are chosen on real sentences: one choice serves all that is
    kept out.
    """
    points = {"f1": operating_point(trained)}
    for point in STRICTER:
        of_all = dict.fromkeys(corpus.labels.names, point)
        points[point] = operating_point(
            train(corpus, replace(settings, operating_points=of_all), jobs=-1)
        )
    return points


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
    points = operating_points(corpus, settings, trained)
    for part in np.array_split(names, 6):
        held = [i for i, e in enumerate(corpus.examples) if themes.get(e.id) in part]
        model = trained.without(np.array(held))
        for theme in part.tolist():
            scored = score(model, corpus, lambda e, t=theme: themes.get(e.id) == t and not e.labels)
            n, wrong = len(scored.truth), int(scored.decisions.any(axis=1).sum())
            above = scored.probabilities > np.array(model.bands)[:, 1]  # not marked as uncertain
            beyond = int((scored.decisions & above).any(axis=1).sum())
            for at in points.values():
                said = scored.probabilities >= np.array(at["thresholds"])
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
        "whole_articles": whole_articles(corpus, settings, trained, points),
    }


def whole_articles(
    corpus: Corpus, settings: Settings, trained: Trained, points: dict[str, dict[str, Any]]
) -> dict[str, Any]:
    print("whole articles of general news, by outlet")
    outlet = {e.document: e.outlet for e in corpus.examples if e.origin == "general"}
    fewer = subset(corpus, lambda e: e.origin != "general")
    models = {"learnt": (corpus, trained), "not learnt": (fewer, train(fewer, settings, jobs=-1))}
    parts: dict[str, list[Measured]] = {name: [] for name in models}
    for part in np.array_split(sorted(set(outlet.values())), 6):
        for name, (learnt, model) in models.items():
            held = [i for i, e in enumerate(learnt.examples) if outlet.get(e.document) in part]
            parts[name].append(
                score(
                    model.without(np.array(held)),
                    corpus,
                    lambda e, p=part: outlet.get(e.document) in p,
                )
            )
    whole = {name: join(measured) for name, measured in parts.items()}
    found: dict[str, Any] = {"outlets": len(set(outlet.values()))}
    for name, measured in whole.items():
        found[name] = short(evaluate(measured)) | flagged(measured, measured.decisions)
        report(name, found[name])
    found["learnt against not learnt"] = compare(whole["not learnt"], whole["learnt"])
    for point, at in points.items():
        said = whole["learnt"].probabilities >= np.array(at["thresholds"])
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


def report(name: str, figures: dict[str, Any]) -> None:
    macro = figures["macro"]
    print(
        f"  {name}: macro F1 {macro['f1']['value']:.3f}, "
        f"average precision {macro['average_precision']['value']:.3f}",
        flush=True,
    )


PARTS: dict[str, Callable[[Corpus, Settings], dict[str, Any]]] = {
    "cross_validation": cross_validation,
    "leave_theatre_out": leave_theatre_out,
    "false_alarms": false_alarms,
}


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--only", choices=PARTS, help="one part; the others stay as saved")
    options = parser.parse_args()
    corpus = read_corpus(training=True)
    if corpus.missing:
        raise SystemExit(f"{corpus.missing} sentences are not at hand: esc corpus fetch")
    settings = load_settings(shipped.settings())
    quick = replace(settings, folds=3, bootstrap=20)
    of = {"data": corpus.fingerprint, "settings": json.loads(json.dumps(settings_json(settings)))}
    saved = json.loads(RESULTS.read_text()) if RESULTS.exists() else {}
    parts = saved["parts"] if saved and {name: saved.get(name) for name in of} == of else {}
    for name in [options.only] if options.only else PARTS:
        parts[name] = PARTS[name](corpus, settings if name == "cross_validation" else quick)
        result = {
            "command": "python benchmarks/composition.py",
            **of,
            "parts": parts,
        }
        RESULTS.parent.mkdir(exist_ok=True)
        RESULTS.write_text(json.dumps(result, indent=1, ensure_ascii=False) + "\n")


if __name__ == "__main__":
    main()
