"""The scorer in C: what `engine` computes, some fifty times as fast.

The compiled part (native/) folds, splits, hashes, looks up and sums without making an object for a
term. How characters fold it does not know: this module asks the running Python, 256 characters at a
time and when they first occur. What depends on its neighbours (a capital sigma) or is too long for
it goes to the twin, sentence by sentence.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

import numpy as np

from classifier.model.hashing import BASE, hash_terms
from classifier.model.words import fold
from classifier.scoring import engine

try:
    from classifier.scoring import _kernel
except ImportError:  # no compiler was at hand, or one for another Python
    _kernel = None  # type: ignore[assignment]

if TYPE_CHECKING:
    from collections.abc import Sequence

    import numpy.typing as npt

    from classifier.model.artefact import Model
    from classifier.model.classes import WordClasses

# Raised with every change of what native/ takes or gives.
REVISION = 2
# Sentences a call: between calls Ctrl-C is heard.
_BATCH = 4096
_PAGE = 256
# As native/fold.h names them.
_NUL, _WORD, _SPACE, _MANY, _HARD = 0x110000, 1 << 21, 1 << 22, 1 << 30, 1 << 31
_NEEDS_PAGES, _NEEDS_PYTHON = 1, 2
_KINDS = {"word": 0, "char": 1, "class": 2}


def missing() -> str:
    """Return why there is no kernel to run, in a few words; empty if there is one."""
    if _kernel is None:
        return "the kernel was not built when this was installed"
    if _kernel.REVISION != REVISION:
        return f"the kernel is of revision {_kernel.REVISION}, not {REVISION}: install again"
    return ""


@dataclass(frozen=True)
class Kernel:
    """A model in the hands of the compiled scorer.

    Parameters
    ----------
    model : Model
        Its arrays are used where they lie; but for the classes of words none is copied.
    """

    model: Model
    _native: Any = field(init=False, repr=False, compare=False)

    def __post_init__(self) -> None:
        """Index the table of terms."""
        features = self.model.features
        sizes = {
            "word": features.word_ngrams,
            "char": features.char_ngrams,
            "class": features.class_ngrams,
        }
        blocks = tuple(
            (
                _KINDS[kind],
                len(block),
                np.ascontiguousarray(block.hash, np.uint64),
                np.ascontiguousarray(block.idf, np.float32),
                np.ascontiguousarray(block.coef, np.float32),
                *sizes[kind],
                _classes(self.model.classes) if kind == "class" else None,
            )
            for kind, block in self.model.blocks.items()
        )
        intercept = np.ascontiguousarray(self.model.intercept, np.float64)
        object.__setattr__(self, "_native", _kernel.Kernel(intercept, blocks))

    def __reduce__(self) -> tuple[type[Kernel], tuple[Model]]:
        return Kernel, (self.model,)

    def logits(self, texts: Sequence[str]) -> engine.Floats:
        """Compute the logits of some sentences, shape (n_sentences, n_labels).

        Raises
        ------
        UnicodeEncodeError
            A sentence has a lone surrogate.
        """
        result = np.empty((len(texts), len(self.model.labels)))
        for begin in range(0, len(texts), _BATCH):
            part = tuple(texts[begin : begin + _BATCH])
            self._score(part, result[begin : begin + len(part)])
        return result

    def _score(self, texts: tuple[str, ...], result: engine.Floats) -> None:
        states = np.zeros(len(texts), np.uint8)
        pages = self._native.score(texts, result, states)
        if pages:
            self._add_pages(pages)
            again = np.flatnonzero(states == _NEEDS_PAGES)
            found, after = np.empty((len(again), result.shape[1])), np.zeros(len(again), np.uint8)
            self._native.score(tuple(texts[i] for i in again), found, after)
            result[again], states[again] = found, after
        left = np.flatnonzero(states == _NEEDS_PYTHON)
        if len(left):
            result[left] = engine.logits(self.model, [texts[i] for i in left])

    def find(self, kind: str, text: str) -> engine.Hits:
        """Find the places of the known terms of a kind in one sentence."""
        number = list(self.model.blocks).index(kind)
        state, pages, places = self._native.find(number, text)
        if pages:
            self._add_pages(pages)
            state, _, places = self._native.find(number, text)
        if state == _NEEDS_PYTHON:
            return engine.find_in(self.model, kind, text)
        row, start, end = np.frombuffer(places, np.uint32).reshape(-1, 3).T.astype(np.int64)
        return engine.Hits(np.zeros(len(row), np.int64), row, start, end)

    def _add_pages(self, numbers: list[int]) -> None:
        for number in numbers:
            self._native.add_page(number, *_page(number, self.model.features.strip_accents))


def _classes(classes: WordClasses | None) -> tuple[int, npt.NDArray[Any], npt.NDArray[Any]]:
    """Return for each word its hash, and the hash and the power of the name of its class.

    Those of the words without a class come last.
    """
    assert classes is not None
    hashes = hash_terms(classes.names)
    power = np.array([pow(BASE, len(name), 1 << 64) for name in classes.names], np.uint64)
    number = np.append(classes.number, np.uint32(len(classes.first)))
    named = np.ascontiguousarray(np.stack([hashes[number], power[number]], axis=1))
    return len(classes.hash), np.ascontiguousarray(classes.hash, np.uint64), named


def _page(number: int, strip_accents: bool) -> tuple[bytes, bytes]:
    entries = np.empty(_PAGE, np.uint32)
    pool: list[int] = []
    for place in range(_PAGE):
        units = _fold(chr(number * _PAGE + place), strip_accents)
        if units is None:
            entries[place] = _HARD
        elif len(units) == 1:
            entries[place] = units[0]
        else:
            entries[place] = _MANY | len(units) << 16 | len(pool)
            pool += units
    return entries.tobytes(), np.array(pool, np.uint32).tobytes()


def _fold(character: str, strip_accents: bool) -> list[int] | None:
    # The lower case of a capital sigma is another at the end of a word. Decomposed accents change
    # their order by what stands beside them, but all that do so are dropped.
    if character == "Σ":
        return None
    units = []
    for c in fold(character, strip_accents=strip_accents):
        kind = (_WORD if c.isalnum() or c == "_" else 0) | (_SPACE if c.isspace() else 0)
        if kind == _WORD | _SPACE:  # no such character is known
            return None
        units.append((ord(c) or _NUL) | kind)
    return units
