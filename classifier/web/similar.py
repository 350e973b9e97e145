"""Labelled sentences that are like another: cosine of TF-IDF, with the features of the model."""

from __future__ import annotations

import threading
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
import numpy.typing as npt

from classifier.model.words import fold
from classifier.scoring import engine

if TYPE_CHECKING:
    from classifier.model.artefact import Model
    from classifier.schema import Example
    from classifier.scoring import Predictor

_BATCH = 4096
# Below this two sentences share hardly more than one common word.
_LEAST = 0.08


@dataclass(frozen=True)
class Neighbour:
    """A labelled sentence, and its cosine to the one asked for: 0 to 1."""

    example: Example
    similarity: float


@dataclass(frozen=True)
class _Index:
    fingerprint: str
    kind: str
    examples: Sequence[Example]
    starts: npt.NDArray[np.int64]
    sentence: npt.NDArray[np.int64]
    value: npt.NDArray[np.float64]


class Neighbours:
    """Finds labelled sentences; the corpus is read when it is first needed.

    Parameters
    ----------
    read : callable
        Gives the labelled sentences for the labels of a model; none if there are no such.
    """

    def __init__(self, read: Callable[[Model], Sequence[Example]]) -> None:
        self._read = read
        self._lock = threading.Lock()
        self._index: _Index | None = None

    def find(self, predictor: Predictor, text: str, most: int = 5) -> list[Neighbour]:
        """Return the labelled sentences that are most like a text, the nearest first."""
        index = self._built(predictor.model)
        block = predictor.model.blocks[index.kind]
        terms = engine.weigh(predictor.scorer.find(index.kind, text), block)
        if not len(terms.row) or not index.examples:
            return []
        weights = terms.value / engine.norms(terms, 1)[0]
        cosine = np.zeros(len(index.examples))
        for row, weight in zip(terms.row.tolist(), weights.tolist(), strict=True):
            place = slice(index.starts[row], index.starts[row + 1])
            cosine[index.sentence[place]] += index.value[place] * weight
        best = np.argsort(-cosine, kind="stable")[:most].tolist()
        return [
            Neighbour(index.examples[i], min(float(cosine[i]), 1.0))
            for i in best
            if cosine[i] >= _LEAST
        ]

    def warm(self, predictor: Predictor) -> int:
        """Read the corpus now, so that the first visitor need not wait; return its size."""
        return len(self._built(predictor.model).examples)

    def _built(self, model: Model) -> _Index:
        with self._lock:
            if self._index is None or self._index.fingerprint != model.fingerprint:
                self._index = _build(model, self._read(model))
            return self._index


def _build(model: Model, examples: Sequence[Example]) -> _Index:
    # Words say what a sentence is about; pieces of words would only blur it, at ten times the size.
    kind = "word" if len(model.blocks.get("word", ())) else next(iter(model.blocks))
    block = model.blocks[kind]
    rows, sentences, values = [], [], []
    for begin in range(0, len(examples), _BATCH):
        texts = [example.text for example in examples[begin : begin + _BATCH]]
        accents = model.features.strip_accents
        folded = [fold(text, strip_accents=accents) for text in texts]
        terms = engine.weigh(engine.find(model, kind, folded), block)
        rows.append(terms.row)
        sentences.append(terms.sentence + begin)
        values.append(terms.value / engine.norms(terms, len(texts))[terms.sentence])
    row = np.concatenate(rows) if rows else np.empty(0, np.int64)
    order = np.argsort(row, kind="stable")
    starts = np.searchsorted(row[order], np.arange(len(block) + 1))
    sentence = np.concatenate(sentences)[order] if rows else row
    value = np.concatenate(values)[order] if rows else np.empty(0)
    return _Index(model.fingerprint, kind, examples, starts, sentence, value)
