"""Small models made by hand: no training, terms of any text, weights by chance."""

from __future__ import annotations

import re

import numpy as np

from classifier.model.artefact import Model
from classifier.model.hashing import hash_terms
from classifier.model.settings import FeatureSettings
from classifier.model.table import Block
from classifier.schema import Label, LabelSet
from classifier.scoring import engine


def terms_of(kind: str, text: str, features: FeatureSettings) -> list[str]:
    """List the terms of a text one by one, the plain way."""
    text = engine.fold(text, strip_accents=features.strip_accents)
    if kind == "word":
        words = re.findall(r"(?u)\b\w\w+\b", text)
        low, high = features.word_ngrams
        return [
            " ".join(words[i : i + n])
            for n in range(low, high + 1)
            for i in range(len(words) - n + 1)
        ]
    low, high = features.char_ngrams
    laid = [f" {word} " for word in text.split()]
    return [w[i : i + n] for w in laid for n in range(low, high + 1) for i in range(len(w) - n + 1)]


def made_model(texts, features=None, labels=4, seed=0) -> Model:
    """Make a model that knows half of the terms of some texts."""
    features = features or FeatureSettings()
    chance = np.random.default_rng(seed)
    blocks = {}
    for kind in ("word", "char")[: 2 if features.char_ngrams[1] else 1]:
        known = sorted({term for text in texts for term in terms_of(kind, text, features)})
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
        about={},
    )
