"""Folds that never split a document."""

from __future__ import annotations

import warnings
from collections import Counter
from typing import TYPE_CHECKING

import numpy as np
import numpy.typing as npt

from classifier.corpus.shingles import document_groups
from classifier.errors import ModelError

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from classifier.schema import Example, LabelSet

MIN_DOCUMENTS = 2


def assign_folds(
    examples: Sequence[Example],
    labels: LabelSet,
    folds: int,
    seed: int,
    notice: Callable[[str], None],
    groups: Sequence[str] | None = None,
) -> npt.NDArray[np.int64]:
    """Give each sentence the number of a fold, whole documents together.

    Documents with near-duplicate sentences go to the same fold.
    Folds are stratified on the rarest label of each sentence
    (``sklearn.model_selection.StratifiedGroupKFold``).

    Parameters
    ----------
    examples : sequence of Example
    labels : LabelSet
    folds, seed : int
    notice : callable
        Told when there are fewer folds than asked for.
    groups : sequence of str, optional
        `document_groups` of the examples, where they are known already.

    Returns
    -------
    array of int, shape (n_examples,)

    Raises
    ------
    ModelError
        A label stands in fewer than two documents, or there are fewer than three documents.
    """
    from sklearn.model_selection import StratifiedGroupKFold

    groups = document_groups(examples) if groups is None else groups
    documents = {
        name: len({g for e, g in zip(examples, groups, strict=True) if name in e.labels})
        for name in labels.names
    }
    for name, count in documents.items():
        if count < MIN_DOCUMENTS:
            raise ModelError(
                f"label {name!r} stands in {count} independent documents (near-duplicates count as "
                f"one), at least {MIN_DOCUMENTS} are needed to train and test it; label more, or "
                "take it out of the label set"
            )
    total = len(set(groups))
    if total < 3:
        raise ModelError(
            f"{total} independent documents, at least 3 are needed for cross-validation"
        )
    rare = min(documents, key=lambda name: documents[name])
    possible = max(3, min(folds, documents[rare], total))
    if possible < folds:
        notice(
            f"label {rare!r} stands in {documents[rare]} documents only: {possible} folds instead "
            f"of {folds}, and its figures are rough"
        )
    support = {name: sum(name in e.labels for e in examples) for name in labels.names}
    classes = [min(e.labels, key=lambda name: support[name], default="") for e in examples]
    if max(Counter(classes).values()) < possible:
        classes = [""] * len(examples)  # a handful of sentences: nothing to stratify on
    result = np.zeros(len(examples), np.int64)
    splitter = StratifiedGroupKFold(possible, shuffle=True, random_state=seed)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", UserWarning)  # said above, in words that name the label
        parts = splitter.split(np.zeros(len(examples)), classes, groups)
        for number, (_, test) in enumerate(parts):
            result[test] = number
    return result
