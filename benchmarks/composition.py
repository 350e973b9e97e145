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
from dataclasses import replace
from hashlib import sha256
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
from measuring import report, score, short, subset
from other_news import false_alarms

from classifier import shipped
from classifier.corpus.read import Corpus, read_corpus
from classifier.model.compare import compare
from classifier.model.evaluate import Measured, evaluate, joined
from classifier.model.self_training import WEIGHT
from classifier.model.settings import FeatureSettings, Settings, load_settings, settings_json
from classifier.model.train import train
from classifier.schema import Unlabelled

if TYPE_CHECKING:
    from collections.abc import Callable

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


OUTLETS = {
    "Ukrainian agencies": {"censor.net", "ukrinform.net"},
    "British press and Reuters": {"BBC", "bbc.co.uk", "The Guardian", "reuters.com", "reuters"},
    "American press": {
        *("The New York Times", "CNN", "Fox News", "www.msnbc.com", "LA Times", "ABC News", "UPI"),
    },
    "Russian and Middle Eastern press": {
        *("rt.com", "sputnik", "tass.com", "alaraby", "aljazeera.com", "ahram", "dailysabah"),
        *("alalam", "manar", "jordantimes", "etilaf", "arabiya", "trt", "sana", "asharqalawsat"),
    },
}


def kinds(settings: Settings) -> dict[str, tuple[set[str], Settings]]:
    """What is compared: the origins that are learnt from, and how."""
    everything = {"real", "picked", "general", "composed", "seed"}
    plain = Settings(
        C=(10.0,),
        target=settings.target,
        nb_power=0.0,
        features=FeatureSettings(word_classes=""),
        label_dependence=False,
        folds=settings.folds,
        bootstrap=settings.bootstrap,
    )
    return {
        "plain, all": (everything, plain),
        "real alone": ({"real"}, settings),
        "real and picked": ({"real", "picked"}, settings),
        "all": (everything, settings),
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
    whole = {kind: joined(parts) for kind, parts in pooled.items()}
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


def leave_outlet_out(corpus: Corpus, settings: Settings) -> dict[str, Any]:
    print("leave one kind of outlet out")
    found: dict[str, Any] = {}
    pooled: dict[str, list[Measured]] = {"plain, all": [], "all": []}
    for group, names in OUTLETS.items():
        for kind, parts in pooled.items():
            origins, how = kinds(settings)[kind]
            rest = subset(corpus, lambda e, o=origins, n=names: e.origin in o and e.outlet not in n)
            model = train(rest, how, jobs=-1).model
            parts.append(
                score(model, corpus, lambda e, n=names: e.origin == "real" and e.outlet in n)
            )
            found.setdefault(group, {})[kind] = short(evaluate(parts[-1], bootstrap=200))
            report(f"{group}, {kind}", found[group][kind])
    whole = {kind: joined(parts) for kind, parts in pooled.items()}
    for kind, measured in whole.items():
        found[f"pooled, {kind}"] = short(evaluate(measured))
        report(f"pooled, {kind}", found[f"pooled, {kind}"])
    found["pooled, all against plain, all"] = compare(whole["plain, all"], whole["all"])
    return found


def self_trained(corpus: Corpus, settings: Settings, names: set[str]) -> Measured:
    """Leave a theatre out, but for the sentences without labels in half of its documents.

    The other half of the documents is scored, and then the halves change places: no sentence of a
    scored article is learnt from.
    """
    theatre = [e for e in corpus.examples if e.theatre in names]
    half_of = {e.document: int(sha256(e.document.encode()).hexdigest(), 16) % 2 for e in theatre}
    rest = subset(corpus, lambda e: e.theatre not in names)
    found = []
    for half in (0, 1):
        texts = sorted({s.text for s in corpus.neighbours if half_of.get(s.document) == half})
        model = train(
            replace(rest, unlabelled=tuple(map(Unlabelled, texts))),
            replace(settings, self_training=WEIGHT),
            jobs=-1,
        ).model
        found.append(
            score(
                model,
                corpus,
                lambda e, seen=half: (
                    e.origin == "real" and e.theatre in names and half_of[e.document] != seen
                ),
            )
        )
    # In the order of the corpus again, in which the others are.
    other = [1 - half_of[e.document] for e in theatre if e.origin == "real"]
    return joined(found).part(np.argsort(np.argsort(other, kind="stable"), kind="stable"))


PARTS: dict[str, Callable[[Corpus, Settings], dict[str, Any]]] = {
    "cross_validation": cross_validation,
    "leave_theatre_out": leave_theatre_out,
    "leave_outlet_out": leave_outlet_out,
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
        # What leaves out a theatre or an outlet trains many times.
        parts[name] = PARTS[name](corpus, quick if name.startswith("leave") else settings)
        result = {
            "command": "python benchmarks/composition.py",
            **of,
            "parts": parts,
        }
        RESULTS.parent.mkdir(exist_ok=True)
        RESULTS.write_text(json.dumps(result, indent=1, ensure_ascii=False) + "\n")


if __name__ == "__main__":
    main()
