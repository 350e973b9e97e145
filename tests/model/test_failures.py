"""The failures that a card shows: the worst ones, of composed sentences alone."""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from classifier.model.evaluate import Measured
from classifier.model.failures import failures
from classifier.schema import Example


def example(i, labels=(), origin="composed", text=""):
    return Example(
        id=str(i), document=str(i), position=0, text=text or f"Sentence {i}.", labels=labels,
        origin=origin,
    )  # fmt: skip


def test_the_worst_of_each_kind_come_first_and_none_of_others():
    examples = [
        example(0, ()),
        example(1, ()),
        example(2, ()),
        example(3, ("a",)),
        example(4, ("a",)),
        example(5, (), origin="real"),
        example(6, (), text="x" * 301),
    ]
    p = np.array([[0.6], [0.9], [0.7], [0.4], [0.1], [0.99], [0.98]])
    truth = np.array([["a" in e.labels] for e in examples])
    measured = Measured(["a"], [e.document for e in examples], truth, p, p >= 0.5)
    found = failures(measured, examples)
    assert [f["text"] for f in found] == [f"Sentence {i}." for i in (1, 2, 4, 3)]
    assert [f["probability"] for f in found] == [0.9, 0.7, 0.1, 0.4]
    assert [f["labels"] for f in found] == [[], [], ["a"], ["a"]]
    real = [replace(e, origin="real") for e in examples]
    assert failures(measured, real) == []


def test_a_model_has_those_of_its_cross_validation(trained, corpus):
    found = trained.model.about["failures"]
    place = {e.text: row for row, e in enumerate(corpus.examples)}
    for one in found:
        row, label = place[one["text"]], trained.model.labels.names.index(one["label"])
        assert trained.out_of_fold.probabilities[row, label] == one["probability"]
        truth = one["label"] in one["labels"]
        assert trained.out_of_fold.decisions[row, label] != truth
