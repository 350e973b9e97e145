"""The experiments behind the settings of the shipped model, one at a time.

    esc corpus fetch
    python benchmarks/experiments.py                 # all, an hour and more on two cores
    python benchmarks/experiments.py --only "plain;names masked"

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
from functools import partial
from importlib.util import find_spec
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
import numpy.typing as npt
from composition import THEATRES
from fits import chain, fit_with_copies
from joblib import Parallel, delayed
from tables import render_experiments as render
from tables import render_looks
from tasks import digest
from teacher import encode, teach
from variants import BASE, Variant, variants

from classifier import shipped
from classifier.corpus.read import Corpus, read_corpus
from classifier.model.classes import load_classes
from classifier.model.evaluate import average_precision
from classifier.model.features import Counts, count_terms, tfidf, weigh
from classifier.model.folds import assign_folds
from classifier.model.linear import TrainingSet, fit_linear
from classifier.model.settings import load_settings

if TYPE_CHECKING:
    from collections.abc import Sequence

RESULTS = Path(__file__).parent / "results" / "experiments.json"
Rows = npt.NDArray[np.int64]
Floats = npt.NDArray[np.float64]


@dataclass(frozen=True)
class Bench:
    """The corpus as arrays, and the ways to split it."""

    truth: npt.NDArray[np.bool_]
    real: npt.NDArray[np.bool_]
    origins: npt.NDArray[np.str_]
    folds: Rows
    theatres: npt.NDArray[np.str_]
    regions: npt.NDArray[np.str_]
    # For each sentence without labels, a labelled one of its document.
    near: Rows
    vectors: Floats | None = None


def score(bench: Bench, counts: Counts, variant: Variant, train: Rows, test: Rows) -> Floats:
    settings = variant.settings
    n = len(bench.real)
    others = np.flatnonzero(np.isin(bench.near, train)) if variant.taught else np.arange(0)
    weighting = weigh(counts, np.concatenate([train, n + others]), settings.min_df)
    kind = (*settings.target, *settings.kin)
    weights = np.array([float(settings.origin_weights.get(o, 1)) for o in bench.origins[train]])
    solver = variant.solver
    if variant.theatre_power:
        _, which, sizes = np.unique(bench.regions[train], return_inverse=True, return_counts=True)
        factor = sizes[which].astype(float) ** -variant.theatre_power
        weights *= factor / factor.mean()
    if variant.theatre_scale:
        solver = partial(fit_with_copies, kinds=bench.theatres[train], scale=variant.theatre_scale)
    data = TrainingSet(
        x=tfidf(counts, train, weighting),
        truth=bench.truth[train],
        weights=weights,
        own=np.isin(bench.origins[train], kind),
    )
    asked = tfidf(counts, test, weighting)
    if variant.chained:
        return chain(data, settings, bench.folds[train], asked)
    if variant.taught:
        assert bench.vectors is not None
        # A fifth of the real sentences, by document.
        aside = bench.real[train] & (bench.folds[train] == bench.folds[train].max())
        data = teach(
            data,
            bench.vectors[train],
            aside,
            tfidf(counts, n + others, weighting),
            bench.vectors[n + others],
            settings,
            variant.taught,
        )
    coef, intercept = fit_linear(data, settings, settings.C[0], solver)
    return np.asarray(asked @ coef.T + intercept)


def count(texts: Sequence[str], variant: Variant) -> Counts:
    changed = [variant.text(text) for text in texts] if variant.text else texts
    features = variant.settings.features
    classes = load_classes(features.word_classes, strip_accents=features.strip_accents)
    counts = count_terms(changed, features, 2, classes)
    if variant.n_terms is None:
        return counts
    sizes = {
        kind: np.bincount(m.indices, minlength=m.shape[1]) for kind, m in counts.matrices.items()
    }
    least = np.sort(np.concatenate(list(sizes.values())))[-variant.n_terms]
    kept = {kind: np.flatnonzero(size >= least) for kind, size in sizes.items()}
    terms = {kind: [counts.terms[kind][i] for i in columns] for kind, columns in kept.items()}
    return Counts(terms, {kind: counts.matrices[kind][:, c] for kind, c in kept.items()})


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
        "f1_at_best": [round(x, 4) for x in f1s],
        "macro_f1_at_best": round(float(np.mean(f1s)), 4),
    }


def pooled(
    bench: Bench, counts: Counts, variant: Variant, parts: dict[str, Rows], jobs: int
) -> dict[str, Any]:
    """Score each part of the real sentences by a model that saw none of the part's sentences."""
    everything = np.arange(len(bench.real))
    tests = [rows[bench.real[rows]] for rows in parts.values()]
    found = Parallel(n_jobs=jobs)(
        delayed(score)(bench, counts, variant, np.setdiff1d(everything, rows), test)
        for rows, test in zip(parts.values(), tests, strict=True)
    )
    scores = np.zeros(bench.truth.shape)
    for test, part in zip(tests, found, strict=True):
        scores[test] = part
    return figures(bench, scores, np.sort(np.concatenate(tests)))


def run(bench: Bench, counts: Counts, variant: Variant, least: float, jobs: int) -> dict[str, Any]:
    """Measure a variant; only left out where that gives less than `least` average precision."""
    theatres = {name: np.flatnonzero(bench.theatres == name) for name in THEATRES}
    found = {"theatre_left_out": pooled(bench, counts, variant, theatres, jobs)}
    if found["theatre_left_out"]["macro_average_precision"] >= least:
        folds = {str(k): np.flatnonzero(bench.folds == k) for k in range(5)}
        found["cross_validation"] = pooled(bench, counts, variant, folds, jobs)
    return found


def prepare(corpus: Corpus) -> Bench:
    examples = corpus.examples
    first = {e.document: i for i, e in reversed(list(enumerate(examples)))}
    known = {theatre: name for name, group in THEATRES.items() for theatre in group}
    return Bench(
        truth=np.array([[n in e.labels for n in corpus.labels.names] for e in examples], np.bool_),
        real=np.array([e.origin == "real" for e in examples], np.bool_),
        origins=np.array([e.origin for e in examples]),
        folds=assign_folds(examples, corpus.labels, 5, 0, print),
        theatres=np.array([known.get(e.theatre, "") for e in examples]),
        regions=np.array([known.get(e.theatre, e.theatre) for e in examples]),
        near=np.array([first[s.document] for s in corpus.neighbours], np.int64),
    )


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--only", help="names of variants, with semicolons")
    parser.add_argument(
        "--screen", action="store_true", help="no cross-validation for what is worse left out"
    )
    parser.add_argument("--jobs", type=int, default=-1)
    parser.add_argument(
        "--keep",
        type=Path,
        default=Path(__file__).parents[1] / "data" / "cache",
        help="folder to keep the vectors of the teacher in",
    )
    parser.add_argument("--render", action="store_true", help="write docs/experiments.md")
    options = parser.parse_args()
    wanted = variants(load_settings(shipped.settings()))
    saved = json.loads(RESULTS.read_text()) if RESULTS.exists() else {}
    if options.render:
        render(wanted, saved)
        render_looks(json.loads((RESULTS.parent / "field.json").read_text())["looks"])
        return
    chosen = options.only.split(";") if options.only else list(wanted)
    if unknown := [name for name in chosen if name not in wanted]:
        parser.error(f"no variant {unknown[0]!r}; there are {'; '.join(wanted)}")
    corpus = read_corpus(training=True)
    if corpus.missing:
        raise SystemExit(f"{corpus.missing} sentences are not at hand: esc corpus fetch")
    bench, data = prepare(corpus), digest(corpus.examples)
    results = saved["variants"] if saved.get("data") == data else {}
    of, counts = None, None
    for name in chosen:
        variant, begin = wanted[name], time.monotonic()
        if variant.needs and not find_spec(variant.needs):
            print(f"{name:36}  left out: {variant.needs} is not installed", flush=True)
            continue
        texts = [s.text for s in (corpus.sentences if variant.taught else corpus.examples)]
        if variant.taught:
            bench = replace(bench, vectors=encode(texts, options.keep))
        key = (variant.settings.features, variant.text, variant.n_terms, len(texts))
        if counts is None or of != key:
            of, counts = key, count(texts, variant)
        base = results.get(BASE, {}).get("theatre_left_out")
        least = base["macro_average_precision"] if options.screen and base else 0.0
        results[name] = run(bench, counts, variant, least, options.jobs)
        shown = [
            f"{part} {f['macro_average_precision']:.4f} {f['macro_f1_at_best']:.4f}"
            for part, f in results[name].items()
        ]
        print(f"{name:36}  {'  '.join(shown)}  ({time.monotonic() - begin:.0f} s)", flush=True)
        RESULTS.parent.mkdir(exist_ok=True)
        value = {"command": "python benchmarks/experiments.py", "data": data, "variants": results}
        RESULTS.write_text(json.dumps(value, indent=1) + "\n")


if __name__ == "__main__":
    main()
