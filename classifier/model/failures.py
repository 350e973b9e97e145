"""What a model gets wrong, in sentences that may be shown: the composed ones."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

if TYPE_CHECKING:
    from collections.abc import Sequence

    from classifier.model.evaluate import Measured
    from classifier.schema import Example

# The origin of sentences that were written for training; others belong to their publishers.
PUBLISHABLE = "composed"
EACH = 2
MAX_CHARACTERS = 300


def failures(out_of_fold: Measured, examples: Sequence[Example]) -> list[dict[str, Any]]:
    """Return, for each label, the worst false alarms and misses on composed sentences.

    Parameters
    ----------
    out_of_fold : Measured
        Of all examples, by models that did not see their documents.
    examples : sequence of Example

    Returns
    -------
    list of dict
        ``text``, ``labels``, the ``label`` that was missed or given wrongly and its
        ``probability``; the worst first, for each label in their order.
    """
    shown = np.flatnonzero(
        [e.origin == PUBLISHABLE and len(e.text) <= MAX_CHARACTERS for e in examples]
    )
    found = []
    for label in out_of_fold.labels:
        measured = out_of_fold.part(shown, [label])
        places = worst_of(measured, EACH)
        for row, _ in sorted(places, key=lambda at: measured.truth[at]):
            example = examples[shown[row]]
            found.append(
                {
                    "label": label,
                    "probability": float(measured.probabilities[row, 0]),
                    "labels": list(example.labels),
                    "text": example.text,
                }
            )
    return found


def worst_of(measured: Measured, n: int) -> list[tuple[int, int]]:
    """Return (row, label) of the surest wrong answers: misses first, then false alarms.

    The two are ranked apart: a rare label is missed with a probability near zero, and hardly ever
    given wrongly with one near one, so that one list would show misses alone.
    """
    found: list[tuple[int, int]] = []
    truth, said, p = measured.truth, measured.decisions, measured.probabilities
    for wrong, sure in ((truth & ~said, p), (~truth & said, -p)):
        places = np.argwhere(wrong)
        order = np.argsort(sure[wrong], kind="stable")[:n]
        found += [(int(row), int(label)) for row, label in places[order]]
    return found
