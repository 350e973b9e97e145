"""The scorer in numpy: which known terms stand in each sentence, and what they add up to.

The compiled kernel (`classifier.scoring.kernel`) computes the same. This twin runs where it was not
built, and takes the few sentences that the kernel hands over.

It repeats scikit-learn's ``TfidfVectorizer`` (analysers ``word`` and ``char_wb``, lower case,
accents stripped, sublinear, smoothed, L2) on whole batches: sentences are laid end to end as code
points, all windows and all words are hashed in a few array operations, and hashes are looked up
in the model's sorted table.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
import numpy.typing as npt

from classifier.model.hashing import codes, look_up, span_hashes, window_hashes
from classifier.model.words import WORD, fold

if TYPE_CHECKING:
    from collections.abc import Sequence

    from classifier.model.artefact import Model
    from classifier.model.table import Block

Ints = npt.NDArray[np.int64]
Floats = npt.NDArray[np.float64]

# Code points laid end to end before they are hashed: bounds the memory of a batch.
MAX_BATCH = 1 << 18
_SPACE, _NEWLINE = np.uint64(32), np.uint64(10)


@dataclass(frozen=True)
class Hits:
    """The places where known terms of one kind stand.

    Parameters
    ----------
    sentence, row : array of int
        Number of the sentence and row of the term in the table.
    start, end : array of int
        Place in the text laid end to end, only of use for a single sentence.
    """

    sentence: Ints
    row: Ints
    start: Ints
    end: Ints


@dataclass(frozen=True)
class Terms:
    """Distinct known terms of sentences, with the values of their features before the norm."""

    sentence: Ints
    row: Ints
    count: Ints
    value: Floats


def logits(model: Model, texts: Sequence[str]) -> Floats:
    """Compute the logits of some sentences, shape (n_sentences, n_labels).

    Raises
    ------
    UnicodeEncodeError
        A sentence has a lone surrogate.
    """
    for text in texts:
        if not text.isascii():
            text.encode()
    result = np.empty((len(texts), len(model.labels)))
    folded = [fold(text, strip_accents=model.features.strip_accents) for text in texts]
    begin = 0
    while begin < len(texts):
        end, size = begin, 0
        while end < len(texts) and (end == begin or size + len(folded[end]) <= MAX_BATCH):
            size += len(folded[end])
            end += 1
        result[begin:end] = _batch(model, folded[begin:end])
        begin = end
    return result


def _batch(model: Model, folded: list[str]) -> Floats:
    total = np.tile(model.intercept, (len(folded), 1))
    for kind, block in model.blocks.items():
        terms = weigh(find(model, kind, folded), block)
        scale = 1 / norms(terms, len(folded))
        for label in range(total.shape[1]):
            products = terms.value * block.coef[terms.row, label]
            total[:, label] += np.bincount(terms.sentence, products, len(folded)) * scale
    return total


def find(model: Model, kind: str, folded: list[str]) -> Hits:
    """Find the known terms of a kind in folded sentences."""
    if kind == "char":
        return _find_windows(model.blocks[kind], folded, model.features.char_ngrams)
    words = [WORD.findall(text) for text in folded]
    lengths, flat = [len(one) for one in words], [word for one in words for word in one]
    if kind == "word":
        return _find_runs(model.blocks[kind], flat, lengths, model.features.word_ngrams)
    assert model.classes is not None
    names = model.classes.names_of(flat)
    return _find_runs(model.blocks[kind], names, lengths, model.features.class_ngrams)


def find_in(model: Model, kind: str, text: str) -> Hits:
    """Find the known terms of a kind in one sentence that is not folded yet."""
    return find(model, kind, [fold(text, strip_accents=model.features.strip_accents)])


def weigh(hits: Hits, block: Block) -> Terms:
    """Count the terms of each sentence and give them their TF-IDF, not yet normalised."""
    width = max(len(block), 1)
    keys, count = np.unique(hits.sentence * width + hits.row, return_counts=True)
    sentence, row = keys // width, keys % width
    value = (1 + np.log(count)) * block.idf[row].astype(np.float64)
    return Terms(sentence, row, count, value)


def norms(terms: Terms, n: int) -> Floats:
    """Return the L2 norms of the rows, 1 for empty ones, shape (n,)."""
    squares = np.bincount(terms.sentence, terms.value**2, n)
    result: Floats = np.sqrt(squares)
    result[result == 0] = 1
    return result


def lay_windows(folded: list[str]) -> list[str]:
    """Give each sentence single spaces between, before and after its words."""
    return [f" {' '.join(words)} " if (words := text.split()) else "" for text in folded]


def _find_windows(block: Block, folded: list[str], sizes: tuple[int, int]) -> Hits:
    laid = lay_windows(folded)
    text = codes("\n".join(laid))
    sentence = np.repeat(np.arange(len(laid)), [len(one) + 1 for one in laid])[: len(text)]
    # A window may have a space at its ends but not inside, and no line break anywhere.
    spaces = np.concatenate(([0], np.cumsum((text == _SPACE) | (text == _NEWLINE))))
    breaks = np.concatenate(([0], np.cumsum(text == _NEWLINE)))
    found = []
    for n in range(sizes[0], sizes[1] + 1):
        hashes = window_hashes(text, n)
        begin = np.arange(len(hashes))
        valid = (spaces[begin + n - 1] == spaces[begin + 1]) & (breaks[begin + n] == breaks[begin])
        begin = begin[valid]
        rows = look_up(block.hash, hashes[valid])
        begin, rows = begin[rows >= 0], rows[rows >= 0]
        found.append(np.stack([sentence[begin], rows, begin, begin + n]))
    return Hits(*np.concatenate(found, axis=1))


def lay_words(folded: str) -> list[tuple[int, int]]:
    """Return the places of the words of a folded sentence."""
    return [match.span() for match in WORD.finditer(folded)]


def _find_runs(block: Block, flat: list[str], lengths: list[int], sizes: tuple[int, int]) -> Hits:
    sentence = np.repeat(np.arange(len(lengths)), lengths)
    # Words stand with one space between them, so an n-gram is one piece of the text.
    text = codes(" ".join(flat))
    ends = np.cumsum(np.array([len(word) + 1 for word in flat], np.int64)) - 1
    starts = np.concatenate(([0], ends[:-1] + 1)) if len(flat) else ends
    found = []
    for n in range(sizes[0], sizes[1] + 1):
        first = np.arange(max(len(flat) - n + 1, 0))
        first = first[sentence[first] == sentence[first + n - 1]]
        rows = look_up(block.hash, span_hashes(text, starts[first], ends[first + n - 1]))
        first, rows = first[rows >= 0], rows[rows >= 0]
        found.append(np.stack([sentence[first], rows, first, first + n]))
    return Hits(*np.concatenate(found, axis=1))
