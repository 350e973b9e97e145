"""Folds never split a document, and small corpora are refused or remarked on."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from classifier.errors import ModelError
from classifier.model.folds import assign_folds
from classifier.schema import Example, Label, LabelSet

LABELS = LabelSet((Label("clash"), Label("talks")))


def examples(documents):
    """Build examples from {document: [labels of each sentence]}."""
    return [
        Example(f"{name}-{i}", name, i, f"Sentence {i} of {name}.", tuple(labels))
        for name, sentences in documents.items()
        for i, labels in enumerate(sentences)
    ]


def many(n=20, rare=20):
    return examples(
        {f"d{i}": [["clash"], [], ["talks"] if i < rare else ["clash"]] for i in range(n)}
    )


def assign(found, folds=5, seed=0, notice=lambda _: None):
    return assign_folds(found, LABELS, folds, seed, notice)


sentences = st.lists(
    st.sampled_from([[], ["clash"], ["talks"], ["clash", "talks"]]), min_size=1, max_size=8
)


@given(st.lists(sentences, min_size=3, max_size=14), st.integers(3, 6), st.integers(0, 99))
def test_no_document_is_split_and_no_fold_empty(documents, folds, seed):
    for name in LABELS.names:
        assume(sum(any(name in labels for labels in one) for one in documents) >= 2)
    found = examples({f"d{i}": one for i, one in enumerate(documents)})
    result = assign(found, folds, seed)
    places = {}
    for example, fold in zip(found, result, strict=True):
        assert places.setdefault(example.document, fold) == fold
    assert set(result.tolist()) == set(range(result.max() + 1))
    assert 3 <= result.max() + 1 <= folds


COPIED = (
    "The harbour master of Tiel said on Monday that two patrol boats had opened fire on a "
    "fishing vessel which had crossed the marked line by less than a mile."
)


def test_documents_that_share_a_sentence_share_a_fold():
    found = many()
    copies = [Example(f"copy-{name}", name, 9, COPIED, ("clash",)) for name in ("d3", "d11", "d17")]
    for seed in range(5):
        result = assign([*found, *copies], seed=seed)
        folds = {e.document: fold for e, fold in zip(found, result, strict=False)}
        assert folds["d3"] == folds["d11"] == folds["d17"]


def test_copies_of_one_document_are_not_enough():
    copies = [
        Example(f"{name}-{i}", name, i, COPIED + "!" * i, (label,))
        for name in ("a", "b", "c", "d")
        for i, label in enumerate(LABELS.names)
    ]
    with pytest.raises(ModelError, match="stands in 1 independent documents"):
        assign(copies)


def test_as_many_folds_as_asked_without_a_notice():
    said = []
    assert assign(many(), 5, notice=said.append).max() == 4
    assert not said


def test_labels_are_spread_over_folds():
    result = assign(many(30, rare=15), 3)
    rare = np.array(["talks" in e.labels for e in many(30, rare=15)])
    assert set(np.bincount(result[rare], minlength=3)) == {5}


def test_seed_decides_the_folds():
    assert (assign(many(), seed=1) == assign(many(), seed=1)).all()
    assert (assign(many(), seed=1) != assign(many(), seed=2)).any()


@pytest.mark.parametrize("rare", [0, 1])
def test_label_in_fewer_than_two_documents_is_named(rare):
    with pytest.raises(ModelError, match=rf"'talks' stands in {rare} independent documents"):
        assign(many(rare=rare))


def test_two_documents_are_too_few():
    with pytest.raises(ModelError, match="2 independent documents, at least 3"):
        assign(many(2))


def test_few_documents_of_a_label_give_fewer_folds_and_a_notice():
    said = []
    result = assign(many(rare=4), 5, notice=said.append)
    assert result.max() == 3
    [notice] = said
    assert "'talks'" in notice
    assert "4 folds instead of 5" in notice


def test_two_documents_of_a_label_still_give_three_folds():
    assert assign(many(rare=2)).max() == 2
