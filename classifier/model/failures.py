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
    shown = np.array(
        [e.origin == PUBLISHABLE and len(e.text) <= MAX_CHARACTERS for e in examples], np.bool_
    )
    found: list[dict[str, Any]] = []
    for i, label in enumerate(out_of_fold.labels):
        said, truth = out_of_fold.decisions[:, i], out_of_fold.truth[:, i]
        p = out_of_fold.probabilities[:, i]
        for wrong, sign in ((said & ~truth, -1), (~said & truth, 1)):
            rows = np.flatnonzero(wrong & shown)
            worst = rows[np.argsort(sign * p[rows], kind="stable")][:EACH].tolist()
            found += [
                {
                    "label": label,
                    "probability": float(p[row]),
                    "labels": list(examples[row].labels),
                    "text": examples[row].text,
                }
                for row in worst
            ]
    return found
