"""Small models made by hand: no training, terms of any text, weights by chance."""

from __future__ import annotations

import re
from dataclasses import replace

import numpy as np

from classifier.model.artefact import Model
from classifier.model.classes import WordClasses, build_classes
from classifier.model.hashing import hash_terms
from classifier.model.settings import FeatureSettings
from classifier.model.table import Block
from classifier.model.words import fold
from classifier.schema import Label, LabelSet


def terms_of(
    kind: str, text: str, features: FeatureSettings, classes: WordClasses | None = None
) -> list[str]:
    """List the terms of a text one by one, the plain way."""
    text = fold(text, strip_accents=features.strip_accents)
    if kind != "char":
        words = re.findall(r"(?u)\b\w\w+\b", text)
        low, high = features.word_ngrams
        if kind == "class":
            words, (low, high) = classes.tokeniser()(text), features.class_ngrams
        return [
            " ".join(words[i : i + n])
            for n in range(low, high + 1)
            for i in range(len(words) - n + 1)
        ]
    low, high = features.char_ngrams
    laid = [f" {word} " for word in text.split()]
    return [w[i : i + n] for w in laid for n in range(low, high + 1) for i in range(len(w) - n + 1)]


def made_classes(texts, features, chance) -> WordClasses:
    """Put half of the words of some texts into a few classes."""
    known = sorted(
        {w for t in texts for w in terms_of("word", t, replace(features, word_ngrams=(1, 1)))}
    )
    chosen = [word for word in known if chance.random() < 0.5] or ["word"]
    homes = chance.integers(0, 1 + len(chosen) // 3, len(chosen)).tolist()
    sorted_out = [[w for w, h in zip(chosen, homes, strict=True) if h == home] for home in homes]
    return build_classes({words[0]: words for words in sorted_out}.values())


def made_model(texts, features=None, labels=4, seed=0) -> Model:
    """Make a model that knows half of the terms of some texts."""
    features = features or FeatureSettings()
    chance = np.random.default_rng(seed)
    blocks, classes = {}, None
    kinds = ["word", *(["char"] if features.char_ngrams[1] else [])]
    if features.word_classes:
        classes = made_classes(texts, features, chance)
        kinds.append("class")
    for kind in kinds:
        known = sorted({term for text in texts for term in terms_of(kind, text, features, classes)})
        terms = [term for term in known if chance.random() < 0.5]
        hashes = hash_terms(terms)
        order = np.argsort(hashes)
        encoded = [terms[row].encode() for row in order]
        blocks[kind] = Block(
            hash=hashes[order],
            idf=chance.uniform(1, 9, len(terms)).astype(np.float32),
            coef=chance.normal(0, 3, (len(terms), labels)).astype(np.float32),
            end=np.cumsum([len(term) for term in encoded], dtype=np.uint32),
            text=np.frombuffer(b"".join(encoded), np.uint8),
        )
    names = LabelSet(tuple(Label(f"label_{i}") for i in range(labels)))
    return Model(
        name="made",
        labels=names,
        features=features,
        blocks=blocks,
        intercept=chance.normal(0, 1, labels),
        thresholds=(0.5,) * labels,
        classes=classes,
        about={},
    )
