"""What a corpus holds: counts, co-occurrence, and how much it repeats itself."""

from __future__ import annotations

from collections import Counter
from dataclasses import asdict, dataclass
from typing import TYPE_CHECKING, Any

from classifier.corpus.shingles import near_duplicates, words

if TYPE_CHECKING:
    from collections.abc import Sequence

    from classifier.schema import Example, LabelSet


@dataclass(frozen=True)
class Repetition:
    """How much sentences repeat each other.

    Parameters
    ----------
    distinct_4grams : float
        Distinct runs of four words divided by all runs of four words.
    near_duplicates : int
        Pairs of sentences of eight words or more that share over 0.6 of their words (Jaccard).
    commonest_opening : str
        The first four words that most sentences begin with.
    opening_count : int
        How many begin with it.
    word_forms : int
        Different words, in lower case.
    """

    distinct_4grams: float
    near_duplicates: int
    commonest_opening: str
    opening_count: int
    word_forms: int


def repetition(texts: Sequence[str]) -> Repetition:
    """Measure how much sentences repeat each other."""
    tokens = [words(text) for text in texts]
    grams = Counter(tuple(t[i : i + 4]) for t in tokens for i in range(len(t) - 3))
    openings = Counter(" ".join(t[:4]) for t in tokens if len(t) >= 4)
    opening, count = min(openings.items(), key=lambda item: (-item[1], item[0]), default=("", 0))
    return Repetition(
        distinct_4grams=len(grams) / max(grams.total(), 1),
        near_duplicates=sum(1 for _ in near_duplicates(texts)),
        commonest_opening=opening,
        opening_count=count,
        word_forms=len({word for t in tokens for word in t}),
    )


def corpus_stats(examples: Sequence[Example], labels: LabelSet) -> dict[str, Any]:
    """Count a corpus.

    Returns
    -------
    dict
        ``sentences``, ``documents``, ``none``, ``labels``, ``together`` (sentences that carry both
        labels of a pair), ``origins``, ``theatres`` (for each its sentences and labels),
        ``genres``, ``years``, ``words`` (mean, shortest, longest), ``leaks`` (near-duplicates
        between documents), ``repetition`` of each origin.
    """
    names = labels.names
    texts = [e.text for e in examples]
    lengths = [len(words(text)) for text in texts]
    pairs = list(near_duplicates(texts))
    leaks = [
        (examples[a].id, examples[b].id, round(share, 2))
        for a, b, share in pairs
        if examples[a].document != examples[b].document
    ]
    theatres: dict[str, Counter[str]] = {}
    for e in examples:
        theatres.setdefault(e.theatre, Counter()).update(["sentences", *(e.labels or ["none"])])
    origins = sorted({e.origin for e in examples})
    return {
        "sentences": len(examples),
        "documents": len({e.document for e in examples}),
        "none": sum(not e.labels for e in examples),
        "labels": {n: sum(n in e.labels for e in examples) for n in names},
        "together": {
            f"{a} + {b}": sum(a in e.labels and b in e.labels for e in examples)
            for i, a in enumerate(names)
            for b in names[i + 1 :]
        },
        "origins": {o: sum(e.origin == o for e in examples) for o in origins},
        "theatres": {
            name: {key: count[key] for key in ("sentences", *names, "none")}
            for name, count in sorted(theatres.items(), key=lambda item: -item[1]["sentences"])
        },
        "genres": dict(Counter(e.genre for e in examples).most_common()),
        "years": dict(sorted(Counter(e.date[:4] for e in examples).items())),
        "words": {"mean": sum(lengths) / len(lengths), "min": min(lengths), "max": max(lengths)},
        "leaks": leaks,
        "repetition": {
            o: asdict(repetition([e.text for e in examples if e.origin == o])) for o in origins
        },
    }
