"""What people would pick instead: each peer learns from texts and labels and scores texts."""

from __future__ import annotations

import re
import shutil
import subprocess
import sys
import tempfile
import warnings
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

Floats = npt.NDArray[np.float64]
Bools = npt.NDArray[np.bool_]
Score = Callable[[Sequence[str]], Floats]
Fit = Callable[[Sequence[str], Bools, bool], Score]


def say(text: str) -> None:
    print(text, file=sys.stderr, flush=True)


@dataclass(frozen=True)
class Peer:
    """A way to classify that ours is measured against.

    Parameters
    ----------
    name, settings : str
        What it is called, and the settings that are not its defaults.
    fit : callable
        (texts, truth, exclusive) -> a function from texts to scores of shape (n_texts, n_labels).
    thresholds : str
        ``out of fold``; ``held out`` for what is too slow to be fitted six times; ``none`` where
        the answer is always no.
    report : callable
        What else is to be said of the last fit.
    """

    name: str
    settings: str
    fit: Fit
    thresholds: str = "out of fold"
    report: Callable[[], dict[str, Any]] = dict


def fit_frequencies(texts: Sequence[str], truth: Bools, exclusive: bool) -> Score:
    """Score every text with the share of each label."""
    del texts, exclusive
    share = truth.mean(axis=0)
    return lambda asked: np.tile(share, (len(asked), 1))


def _pipeline(features: Any, regression: Any, truth: Bools, texts: Sequence[str]) -> Score:
    from sklearn.multiclass import OneVsRestClassifier
    from sklearn.pipeline import make_pipeline

    model = make_pipeline(features, OneVsRestClassifier(regression))
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # a fold without a rare label
        model.fit(list(texts), truth.astype(int))
    # One column comes back as one number a text.
    return lambda asked: np.asarray(model.predict_proba(list(asked))).reshape(len(asked), -1)


def fit_plain(texts: Sequence[str], truth: Bools, exclusive: bool) -> Score:
    """Fit ``TfidfVectorizer()`` and ``LogisticRegression()``."""
    from sklearn.feature_extraction.text import TfidfVectorizer
    from sklearn.linear_model import LogisticRegression
    from sklearn.pipeline import make_pipeline

    if not exclusive:
        return _pipeline(TfidfVectorizer(), LogisticRegression(), truth, texts)
    model = make_pipeline(TfidfVectorizer(), LogisticRegression())
    model.fit(list(texts), truth.argmax(axis=1))
    return lambda asked: _all_columns(model, asked, truth.shape[1])


def _all_columns(model: Any, texts: Sequence[str], n_labels: int) -> Floats:
    scores = np.zeros((len(texts), n_labels))
    scores[:, model.classes_] = model.predict_proba(list(texts))
    return scores


def fit_word_char(texts: Sequence[str], truth: Bools, exclusive: bool) -> Score:
    """Fit the well-tuned recipe: words and characters, sublinear, C=10, balanced."""
    from sklearn.feature_extraction.text import TfidfVectorizer
    from sklearn.linear_model import LogisticRegression
    from sklearn.pipeline import make_union

    del exclusive
    common = {"min_df": 2, "sublinear_tf": True, "strip_accents": "unicode"}
    features = make_union(
        TfidfVectorizer(ngram_range=(1, 2), **common),
        TfidfVectorizer(analyzer="char_wb", ngram_range=(2, 5), **common),
    )
    regression = LogisticRegression(
        C=10, class_weight="balanced", solver="liblinear", dual=True, random_state=0, max_iter=2000
    )
    return _pipeline(features, regression, truth, texts)


# The tutorial of fastText: https://fasttext.cc/docs/en/supervised-tutorial.html
_MARKS = re.compile(r"([.!?,'/()])")
_FASTTEXT = "-lr 0.5 -epoch 25 -wordNgrams 2 -bucket 200000 -dim 50 -thread 1"


def _tokens(text: str) -> str:
    return " ".join(_MARKS.sub(r" \1 ", text.lower()).split())


def fit_fasttext(texts: Sequence[str], truth: Bools, exclusive: bool) -> Score:
    """Train with the command-line program, as the tutorial of fastText does it."""
    program = shutil.which("fasttext")
    if program is None:
        raise SystemExit("fasttext is not installed (Debian: apt-get install fasttext)")
    folder = tempfile.TemporaryDirectory()
    lines = []
    for text, row in zip(texts, truth, strict=True):
        # It skips lines without a label, so what carries none gets a label that says so.
        names = [f"__label__{i}" for i in np.flatnonzero(row)] or ["__label__none"]
        lines.append(" ".join([*names, _tokens(text)]))
    data, model = Path(folder.name) / "train.txt", Path(folder.name) / "model"
    data.write_text("\n".join(lines) + "\n", encoding="utf-8")
    loss = "softmax" if exclusive else "one-vs-all"
    subprocess.run(
        [
            program,
            "supervised",
            "-input",
            data,
            "-output",
            model,
            "-loss",
            loss,
            *_FASTTEXT.split(),
        ],
        check=True,
        capture_output=True,
    )

    def score(asked: Sequence[str]) -> Floats:
        done = subprocess.run(
            [program, "predict-prob", f"{model}.bin", "-", "-1"],
            input="".join(f"{_tokens(text)}\n" for text in asked),
            check=True,
            capture_output=True,
            encoding="utf-8",
            cwd=folder.name,  # which lives as long as this function
        )
        scores = np.zeros((len(asked), truth.shape[1]))
        for row, line in enumerate(done.stdout.splitlines()):
            said = line.split()
            for name, value in zip(said[::2], said[1::2], strict=True):
                column = name.removeprefix("__label__")
                if column != "none":
                    scores[row, int(column)] = float(value)
        return scores

    return score


SPACY_EPOCHS = 10


def fit_spacy(texts: Sequence[str], truth: Bools, exclusive: bool) -> Score:
    """Train spaCy's bag of words, ``spacy.TextCatBOW.v3`` with unigrams."""
    import spacy
    from spacy.training import Example
    from spacy.util import compounding, fix_random_seed, minibatch

    fix_random_seed(0)
    nlp = spacy.blank("en")
    name = "textcat" if exclusive else "textcat_multilabel"
    model = {
        "@architectures": "spacy.TextCatBOW.v3",
        "exclusive_classes": exclusive,
        "length": 262144,
        "ngram_size": 1,
        "no_output_layer": False,
    }
    component: Any = nlp.add_pipe(name, config={"model": model})
    labels = [str(i) for i in range(truth.shape[1])]
    for label in labels:
        component.add_label(label)
    examples = [
        Example.from_dict(
            nlp.make_doc(text), {"cats": dict(zip(labels, row.astype(float).tolist(), strict=True))}
        )
        for text, row in zip(texts, truth, strict=True)
    ]
    optimiser = nlp.initialize(lambda: examples[:100])
    rng = np.random.default_rng(0)
    sizes = compounding(4.0, 64.0, 1.001)
    for _ in range(SPACY_EPOCHS):
        order = [examples[i] for i in rng.permutation(len(examples))]
        for batch in minibatch(order, size=sizes):
            nlp.update(batch, sgd=optimiser)

    def score(asked: Sequence[str]) -> Floats:
        return np.array([[doc.cats[label] for label in labels] for doc in nlp.pipe(asked)])

    return score


def cheap_peers() -> tuple[Peer, ...]:
    """Return the peers that train in seconds to minutes."""
    return (
        Peer(
            "always none",
            "the most frequent label where there is one a text",
            fit_frequencies,
            thresholds="none",
        ),
        Peer("scikit-learn defaults", "TfidfVectorizer(), LogisticRegression()", fit_plain),
        Peer(
            "TF-IDF word + char",
            "word 1-2-grams, char_wb 2-5-grams, sublinear, LogisticRegression(C=10, balanced)",
            fit_word_char,
        ),
        Peer("fastText", f"{_FASTTEXT}, one-vs-all where a text may have several", fit_fasttext),
        Peer("spaCy bag of words", f"TextCatBOW, unigrams, {SPACY_EPOCHS} epochs", fit_spacy),
    )
