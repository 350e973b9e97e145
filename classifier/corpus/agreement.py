"""How far annotators agree, label by label.

Krippendorff's alpha for nominal data (Krippendorff 2011, Computing Krippendorff's
alpha-reliability), by the package of that name, and the F1 of each pair of annotators.
"""

from __future__ import annotations

from dataclasses import dataclass
from itertools import combinations
from typing import TYPE_CHECKING, Any

import numpy as np
import numpy.typing as npt

from classifier.errors import InputError

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

Views = dict[str, dict[str, tuple[str, ...]]]


@dataclass(frozen=True)
class Annotation:
    """The labels that one annotator gave to one sentence."""

    sentence: str
    document: str
    annotator: str
    labels: tuple[str, ...]


def collect(annotations: Sequence[Annotation]) -> tuple[Views, dict[str, str]]:
    """Return the views of each sentence that two or more annotators read, and its document.

    Raises
    ------
    InputError
        No sentence was read twice.
    """
    views: Views = {}
    documents: dict[str, str] = {}
    for a in annotations:
        views.setdefault(a.sentence, {})[a.annotator] = a.labels
        documents[a.sentence] = a.document
    both = {sentence: found for sentence, found in views.items() if len(found) > 1}
    if not both:
        annotators = sorted({a.annotator for a in annotations})
        raise InputError(
            f"no sentence has the labels of two annotators (found {', '.join(annotators) or 'none'}"
            "); sentences are matched by their ids"
        )
    return both, documents


def alpha(ratings: npt.NDArray[np.float64]) -> float | None:
    """Return Krippendorff's alpha, None where it is not defined.

    Parameters
    ----------
    ratings : array of float, shape (n_annotators, n_sentences)
        NaN where an annotator did not read a sentence.

    Returns
    -------
    float or None
        None if all ratings are the same: then nothing could have been disagreed about, and chance
        agreement is perfect as well. Sentences that only one annotator read do not count.
    """
    import krippendorff

    ratings = ratings[:, (~np.isnan(ratings)).sum(axis=0) > 1]
    known = ratings[~np.isnan(ratings)]
    if len(known) == 0 or (known == known[0]).all():
        return None
    return float(krippendorff.alpha(reliability_data=ratings, level_of_measurement="nominal"))


def agreement(
    annotations: Sequence[Annotation],
    labels: Sequence[str],
    *,
    bootstrap: int = 1000,
    seed: int = 0,
) -> dict[str, Any]:
    """Measure agreement on the sentences that two or more annotators read.

    Parameters
    ----------
    annotations : sequence of Annotation
    labels : sequence of str
    bootstrap : int
        Resamples of documents behind the 95 per cent intervals.
    seed : int

    Returns
    -------
    dict
        ``sentences``, ``documents``, ``annotators``, ``exact`` (share of sentences on which all
        labels are the same), ``labels`` (for each ``alpha`` and ``f1`` with intervals,
        ``agreement``, and on how many sentences at least one gave it as ``positives``),
        ``disagreements``.
    """
    views, documents = collect(annotations)
    sentences = sorted(views)
    annotators = sorted({name for found in views.values() for name in found})
    ratings = np.full((len(labels), len(annotators), len(sentences)), np.nan)
    for column, sentence in enumerate(sentences):
        for name, given in views[sentence].items():
            row = annotators.index(name)
            ratings[:, row, column] = [label in given for label in labels]
    groups = np.unique([documents[s] for s in sentences], return_inverse=True)[1]
    members = [np.flatnonzero(groups == g) for g in range(int(groups.max()) + 1)]
    rng = np.random.default_rng(seed)
    draws = [
        np.concatenate([members[g] for g in rng.integers(0, len(members), len(members))])
        for _ in range(bootstrap)
    ]
    return {
        "sentences": len(sentences),
        "documents": len(members),
        "annotators": annotators,
        "exact": float(np.mean([len(set(found.values())) == 1 for found in views.values()])),
        "labels": {
            name: {
                "alpha": _with_interval(alpha, ratings[i], draws),
                "f1": _with_interval(_pair_f1, ratings[i], draws),
                "agreement": float(
                    np.mean([_same(ratings[i, :, j]) for j in range(len(sentences))])
                ),
                "positives": int(
                    np.nansum(ratings[i].max(axis=0, initial=0, where=~np.isnan(ratings[i])))
                ),
            }
            for i, name in enumerate(labels)
        },
        "disagreements": [
            {
                "sentence": s,
                "views": {name: list(given) for name, given in sorted(views[s].items())},
            }
            for s in sentences
            if len(set(views[s].values())) > 1
        ],
    }


def _same(column: npt.NDArray[np.float64]) -> bool:
    known = column[~np.isnan(column)]
    return bool((known == known[0]).all())


def _pair_f1(ratings: npt.NDArray[np.float64]) -> float | None:
    """Return the mean F1 over pairs of annotators; it does not matter who of a pair is right."""
    values = []
    for one, other in combinations(ratings, 2):
        known = ~np.isnan(one) & ~np.isnan(other)
        total = one[known].sum() + other[known].sum()
        if total:
            values.append(2 * float((one[known] * other[known]).sum()) / float(total))
    return float(np.mean(values)) if values else None


def _with_interval(
    measure: Any, ratings: npt.NDArray[np.float64], draws: Sequence[npt.NDArray[np.int64]]
) -> Mapping[str, float | None]:
    found = [value for draw in draws if (value := measure(ratings[:, draw])) is not None]
    low, high = np.percentile(found, (2.5, 97.5)) if found else (None, None)
    return {
        "value": measure(ratings),
        "low": None if low is None else float(low),
        "high": None if high is None else float(high),
    }
