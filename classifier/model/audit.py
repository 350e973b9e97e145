"""Likely label errors: sentences whose labels a model that did not see them finds unlikely.

Confident learning (Northcutt et al. 2021) in its multi-label form, by cleanlab, on nested
out-of-fold probabilities; and near-duplicates that carry different labels.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from classifier.corpus.shingles import near_duplicates

if TYPE_CHECKING:
    from collections.abc import Sequence

    from classifier.model.train import Trained
    from classifier.schema import Example, LabelSet


@dataclass(frozen=True)
class Suspect:
    """A sentence to be labelled again.

    ``doubtful`` are the labels in question with the model's out-of-fold probability of each.
    """

    example: Example
    score: float
    doubtful: dict[str, float]


def audit(trained: Trained, examples: Sequence[Example], labels: LabelSet) -> list[Suspect]:
    """Rank the sentences whose labels are likely wrong, the least likely labels first.

    Parameters
    ----------
    trained : Trained
        With the out-of-fold probabilities of the examples ``examples[row]``, row in
        ``trained.rows``.
    examples : sequence of Example
        Those that the model was trained on.
    labels : LabelSet
    """
    from cleanlab.filter import find_label_issues

    measured = trained.measured
    suspects: dict[int, dict[str, float]] = {}
    for i, name in enumerate(labels.names):
        given = measured.truth[:, i].astype(int)
        p = measured.probabilities[:, i]
        issues = find_label_issues(given, np.stack([1 - p, p], axis=1), n_jobs=1)
        for place in np.flatnonzero(issues).tolist():
            suspects.setdefault(place, {})[name] = float(p[place])
    found = []
    for place, doubtful in suspects.items():
        example = examples[int(trained.rows[place])]
        score = min(p if name in example.labels else 1 - p for name, p in doubtful.items())
        found.append(Suspect(example, score, doubtful))
    return sorted(found, key=lambda s: (s.score, s.example.id))


def contradictions(examples: Sequence[Example]) -> list[tuple[Example, Example, float]]:
    """Return near-duplicate sentences with different labels, the most similar first."""
    pairs = [
        (examples[a], examples[b], share)
        for a, b, share in near_duplicates([e.text for e in examples])
        if examples[a].labels != examples[b].labels
    ]
    return sorted(pairs, key=lambda pair: -pair[2])
