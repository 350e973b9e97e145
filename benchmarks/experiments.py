"""The experiments behind the settings of the shipped model, one at a time.

    esc corpus fetch
    python benchmarks/experiments.py                 # all, an hour and more on two cores
    python benchmarks/experiments.py --only plain,shipped

Each variant is scored twice on the real sentences, never on the field set: in grouped
cross-validation (five folds, near-duplicate documents together; all other sentences are always in
the training part), and with one theatre left out, its composed sentences too. Reported are macro
average precision, which needs no threshold, and macro F1 at the best threshold after the fact,
which flatters all variants alike. Results: benchmarks/results/experiments.json; read them in
docs/experiments.md.
"""

from __future__ import annotations

import argparse
import json
import time
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
from composition import THEATRES
from joblib import Parallel, delayed

from classifier import shipped
from classifier.corpus.read import Corpus, read_corpus
from classifier.model.evaluate import average_precision
from classifier.model.features import Counts, count_terms, tfidf, weigh
from classifier.model.folds import assign_folds
from classifier.model.linear import TrainingSet, fit_linear
from classifier.model.settings import FeatureSettings, Settings, load_settings

RESULTS = Path(__file__).parent / "results" / "experiments.json"
Rows = npt.NDArray[np.int64]
Floats = npt.NDArray[np.float64]


def variants(shipped_settings: Settings) -> dict[str, Settings]:
    s = shipped_settings
    plain = Settings(C=(10.0,), target=s.target, kin=s.kin, nb_power=0.0)
    return {
        "plain": plain,
        "plain, composed at half weight": replace(plain, origin_weights=s.origin_weights),
        "own copies": replace(plain, origin_weights=s.origin_weights, own_scale=1.0),
        "log-count ratio": replace(plain, origin_weights=s.origin_weights, nb_power=0.5),
        "shipped": s,
        "log-count ratio to the power 1": replace(s, nb_power=1.0),
        "own copies at scale 2": replace(s, own_scale=2.0),
        "C=5": replace(s, C=(5.0,)),
        "C=20": replace(s, C=(20.0,)),
        "not balanced": replace(s, balanced=False),
        "words alone": replace(s, features=FeatureSettings(char_ngrams=(0, 0))),
        "word 1-3-grams": replace(s, features=FeatureSettings(word_ngrams=(1, 3))),
        "char 2-6-grams": replace(s, features=FeatureSettings(char_ngrams=(2, 6))),
        "accents kept": replace(s, features=FeatureSettings(strip_accents=False)),
        "terms in three sentences or more": replace(s, min_df=3),
        "composed at a quarter weight": replace(s, origin_weights={"composed": 0.25}),
        "composed at full weight": replace(s, origin_weights={}),
        "picked at half weight": replace(s, origin_weights={**s.origin_weights, "picked": 0.5}),
    }


@dataclass(frozen=True)
class Bench:
    """The corpus as arrays, and the ways to split it."""

    truth: npt.NDArray[np.bool_]
    real: npt.NDArray[np.bool_]
    origins: npt.NDArray[np.str_]
    folds: Rows
    theatres: npt.NDArray[np.str_]


def score(bench: Bench, counts: Counts, settings: Settings, train: Rows, test: Rows) -> Floats:
    weighting = weigh(counts, train, settings.min_df)
    kind = (*settings.target, *settings.kin)
    weights = [float(settings.origin_weights.get(o, 1)) for o in bench.origins[train]]
    data = TrainingSet(
        x=tfidf(counts, train, weighting),
        truth=bench.truth[train],
        weights=np.array(weights),
        own=np.isin(bench.origins[train], kind),
    )
    coef, intercept = fit_linear(data, settings, settings.C[0])
    return np.asarray(tfidf(counts, test, weighting) @ coef.T + intercept)


def figures(bench: Bench, scores: Floats, rows: Rows) -> dict[str, Any]:
    aps, f1s = [], []
    for i in range(scores.shape[1]):
        truth, s = bench.truth[rows, i], scores[rows, i]
        aps.append(average_precision(truth, s))
        hits = np.cumsum(truth[np.argsort(-s, kind="stable")])
        f1s.append(float((2 * hits / (np.arange(1, len(s) + 1) + hits[-1])).max()))
    return {
        "average_precision": [round(x, 4) for x in aps],
        "macro_average_precision": round(float(np.mean(aps)), 4),
        "macro_f1_at_best": round(float(np.mean(f1s)), 4),
    }


def run(bench: Bench, counts: Counts, settings: Settings, jobs: int) -> dict[str, Any]:
    everything = np.arange(len(bench.real))
    tasks = [
        (np.flatnonzero(bench.folds != k), np.flatnonzero((bench.folds == k) & bench.real))
        for k in range(5)
    ]
    for name in THEATRES:
        here = bench.theatres == name
        tasks.append((everything[~here], np.flatnonzero(here & bench.real)))
    parts = Parallel(n_jobs=jobs)(
        delayed(score)(bench, counts, settings, train, test) for train, test in tasks
    )
    scores = np.zeros(bench.truth.shape)
    for (_, test), part in zip(tasks[:5], parts[:5], strict=True):
        scores[test] = part
    found = {"cross_validation": figures(bench, scores, np.flatnonzero(bench.real))}
    for (_, test), part in zip(tasks[5:], parts[5:], strict=True):
        scores[test] = part
    left_out = np.flatnonzero(bench.real & (bench.theatres != ""))
    return found | {"theatre_left_out": figures(bench, scores, left_out)}


def prepare(corpus: Corpus) -> Bench:
    examples = corpus.examples
    known = {theatre: name for name, group in THEATRES.items() for theatre in group}
    return Bench(
        truth=np.array([[n in e.labels for n in corpus.labels.names] for e in examples], np.bool_),
        real=np.array([e.origin == "real" for e in examples], np.bool_),
        origins=np.array([e.origin for e in examples]),
        folds=assign_folds(examples, corpus.labels, 5, 0, print),
        theatres=np.array([known.get(e.theatre, "") for e in examples]),
    )


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--only", help="names of variants, with commas")
    parser.add_argument("--jobs", type=int, default=-1)
    options = parser.parse_args()
    corpus = read_corpus(training=True)
    if corpus.missing:
        raise SystemExit(f"{corpus.missing} sentences are not at hand: esc corpus fetch")
    bench = prepare(corpus)
    wanted = variants(load_settings(shipped.settings()))
    saved = json.loads(RESULTS.read_text()) if RESULTS.exists() else {}
    results = saved.get("variants", {}) if saved.get("data") == corpus.fingerprint else {}
    counted: tuple[FeatureSettings, Counts] | None = None
    for name in options.only.split(",") if options.only else wanted:
        settings, begin = wanted[name], time.monotonic()
        if counted is None or counted[0] != settings.features:
            texts = [e.text for e in corpus.examples]
            counted = (settings.features, count_terms(texts, settings.features, 2))
        results[name] = run(bench, counted[1], settings, options.jobs)
        cv, out = results[name]["cross_validation"], results[name]["theatre_left_out"]
        print(
            f"{name:36}  CV {cv['macro_average_precision']:.4f} {cv['macro_f1_at_best']:.4f}"
            f"  left out {out['macro_average_precision']:.4f} {out['macro_f1_at_best']:.4f}"
            f"  ({time.monotonic() - begin:.0f} s)",
            flush=True,
        )
        RESULTS.parent.mkdir(exist_ok=True)
        value = {
            "command": "python benchmarks/experiments.py",
            "data": corpus.fingerprint,
            "variants": results,
        }
        RESULTS.write_text(json.dumps(value, indent=1) + "\n")


if __name__ == "__main__":
    main()
