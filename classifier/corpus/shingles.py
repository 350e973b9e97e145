"""Near-duplicates by words: Jaccard of word sets in a corpus, word five-grams against others."""

from __future__ import annotations

import hashlib
import re
from collections import Counter, defaultdict
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from classifier.schema import Example

_WORD = re.compile(r"[^\W_]+(?:['’-][^\W_]+)*")
SIZE = 5
# A sentence is near another if they share this part of the five-grams of the shorter one.
CONTAINMENT = 0.5
# Near-duplicates have more than this part of all their words in common.
JACCARD = 0.6


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
    # Prefix filter: with words in order of rarity, two sets with such a share have one of their
    # first len - ceil(jaccard * len) + 1 words in common.
    index: dict[str, list[int]] = defaultdict(list)
    for number, one in enumerate(sets):
        if not one:
            continue
        ranked = sorted(one, key=lambda word: (frequency[word], word))
        prefix = ranked[: len(one) - int(jaccard * len(one)) + 1]
        enough = jaccard * len(one)
        seen = {
            other
            for word in prefix
            for other in index[word]
            if len(sets[other]) >= enough and len(one) >= jaccard * len(sets[other])
        }
        for other in sorted(seen):
            share = len(one & sets[other]) / len(one | sets[other])
            if share > jaccard:
                yield other, number, share
        for word in prefix:
            index[word].append(number)


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
