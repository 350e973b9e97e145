"""Near-duplicates by words: Jaccard of word sets in a corpus, word five-grams against others."""

from __future__ import annotations

import hashlib
import re
from collections import Counter
from typing import TYPE_CHECKING

import numpy as np
import numpy.typing as npt

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    from scipy.sparse import csr_matrix

    from classifier.schema import Example

_WORD = re.compile(r"[^\W_]+(?:['’-][^\W_]+)*")
SIZE = 5
# A sentence is near another if they share this part of the five-grams of the shorter one.
CONTAINMENT = 0.5
# Near-duplicates have more than this part of all their words in common.
JACCARD = 0.6
# Common words that make two texts worth comparing; rows and pairs that are compared at a time.
_FEW, _ROWS, _PAIRS = 3, 256, 1 << 16

Ints = npt.NDArray[np.int64]


def words(text: str) -> list[str]:
    """Return the words of a text in lower case.

    Examples
    --------
    >>> words("Kyiv's long-range drones, 14 of them")
    ["kyiv's", 'long-range', 'drones', '14', 'of', 'them']
    """
    return _WORD.findall(text.lower())


def five_grams(text: str) -> frozenset[int]:
    """Return 48-bit hashes of the runs of five words in a text.

    Hashes can be published where the text cannot: they tell whether a text is known, not what it
    says.
    """
    found = words(text)
    return frozenset(
        int.from_bytes(hashlib.sha256(" ".join(found[i : i + SIZE]).encode()).digest()[:6], "big")
        for i in range(len(found) - SIZE + 1)
    )


def near_duplicates(
    texts: Sequence[str], *, jaccard: float = JACCARD, min_words: int = 8
) -> Iterator[tuple[int, int, float]]:
    """Yield pairs of texts that share most of their words.

    Parameters
    ----------
    texts : sequence of str
    jaccard : float
        Pairs above this share of common words (of their union) are yielded.
    min_words : int
        Texts with fewer words are left out.

    Yields
    ------
    first, second : int
        Places in `texts`, first < second.
    share : float
    """
    sets = [frozenset(w) if len(w := words(text)) >= min_words else frozenset() for text in texts]
    frequency = Counter(word for one in sets for word in one)
    rank = {w: i for i, w in enumerate(sorted(frequency, key=lambda w: (frequency[w], w)))}
    ranked = [np.sort([rank[word] for word in one]) for one in sets]
    size = np.array([len(one) for one in ranked], np.int64)
    if not size.any():
        return
    # Prefix filter (Chaudhuri et al. 2006; several words at once: Wang et al. 2012): two such sets
    # share at least ceil(jaccard * size) words, so with words in order of rarity they have their
    # first few in common after all but the last that many.
    common = np.ceil(jaccard * size - 1e-9).astype(np.int64)
    few = np.clip(common, 1, _FEW)
    prefix = _matrix(
        [one[: n - c + f] for one, n, c, f in zip(ranked, size, common, few, strict=True)], rank
    )
    whole, columns = _matrix(ranked, rank), prefix.T.tocsr()
    for begin in range(0, len(sets), _ROWS):
        found = (prefix[begin : begin + _ROWS] @ columns).tocoo()
        second, first = found.row + begin, found.col
        smaller, larger = (
            np.minimum(size[first], size[second]),
            np.maximum(size[first], size[second]),
        )
        kept = (first < second) & (smaller >= jaccard * larger)
        kept &= found.data >= np.minimum(few[first], few[second])
        yield from _shares(whole, size, first[kept], second[kept], jaccard)


def _shares(
    whole: csr_matrix, size: Ints, first: Ints, second: Ints, jaccard: float
) -> Iterator[tuple[int, int, float]]:
    order = np.lexsort((first, second))
    for begin in range(0, len(order), _PAIRS):
        part = order[begin : begin + _PAIRS]
        a, b = first[part], second[part]
        both = np.asarray(whole[a].multiply(whole[b]).sum(axis=1)).ravel()
        share = both / (size[a] + size[b] - both)
        near = share > jaccard
        yield from zip(a[near].tolist(), b[near].tolist(), share[near].tolist(), strict=True)


def _matrix(sets: list[Ints], rank: Mapping[str, int]) -> csr_matrix:
    from scipy.sparse import csr_matrix

    ends = np.concatenate(([0], np.cumsum([len(one) for one in sets])))
    columns = np.concatenate(sets).astype(np.int64)
    ones = np.ones(len(columns), np.int32)
    return csr_matrix((ones, columns, ends), shape=(len(sets), len(rank)))


def document_groups(examples: Sequence[Example]) -> list[str]:
    """Return a group for each example: its document, joined with those it shares sentences with.

    Documents that have a near-duplicate sentence in common get the same group, so that a fold or
    a part that keeps groups whole never tests on what it has trained on.

    Returns
    -------
    list of str
        The name of the first document of each group, in the order of `examples`.
    """
    parent = {e.document: e.document for e in examples}

    def find(name: str) -> str:
        while parent[name] != name:
            parent[name] = parent[parent[name]]
            name = parent[name]
        return name

    for a, b, _ in near_duplicates([e.text for e in examples]):
        one, other = sorted((find(examples[a].document), find(examples[b].document)))
        parent[other] = one
    return [find(e.document) for e in examples]
