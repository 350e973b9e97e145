"""Figures equal scikit-learn's, and say nothing where there is nothing to say."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from hypothesis import assume, given
from hypothesis import strategies as st
from sklearn.metrics import (
    accuracy_score,
    average_precision_score,
    brier_score_loss,
    f1_score,
    hamming_loss,
    precision_score,
    recall_score,
)

from classifier.model.evaluate import Measured, average_precision, calibration_error, evaluate

NAMES = ("clash", "threat", "talks")
tied = st.lists(
    st.tuples(st.booleans(), st.integers(0, 4), st.integers(0, 3)), min_size=1, max_size=40
)


def measured(n=240, seed=0, levels=7):
    rng = np.random.default_rng(seed)
    truth = rng.random((n, 3)) < (0.3, 0.15, 0.05)
    noise = rng.random((n, 3))
    probabilities = np.round((truth * 0.5 + noise) / 1.5 * levels) / levels
    return Measured(
        labels=NAMES,
        documents=[f"d{row // 6}" for row in range(n)],
        truth=truth,
        probabilities=probabilities,
        decisions=probabilities >= 0.5,
    )


@given(tied)
def test_average_precision_equals_scikit_learn_with_ties(rows):
    truth, scores, _ = (np.array(column) for column in zip(*rows, strict=True))
    assume(truth.any())
    found = average_precision(truth, scores.astype(float))
    assert found == pytest.approx(average_precision_score(truth, scores))


@given(tied)
def test_weighted_average_precision_equals_that_of_repeated_rows(rows):
    truth, scores, weights = (np.array(column) for column in zip(*rows, strict=True))
    assume((truth * weights).any())
    found = average_precision(truth, scores.astype(float), weights.astype(float))
    expected = average_precision_score(np.repeat(truth, weights), np.repeat(scores, weights))
    assert found == pytest.approx(expected)


def test_average_precision_without_positives_is_not_a_number():
    assert np.isnan(average_precision(np.zeros(3, bool), np.arange(3.0)))
    assert np.isnan(average_precision(np.zeros(0, bool), np.zeros(0)))


def test_figures_of_each_label_equal_scikit_learn():
    m = measured()
    figures = evaluate(m, bootstrap=20)
    for i, name in enumerate(NAMES):
        truth, said, p = m.truth[:, i], m.decisions[:, i], m.probabilities[:, i]
        found = figures["labels"][name]
        assert found["precision"]["value"] == pytest.approx(precision_score(truth, said))
        assert found["recall"]["value"] == pytest.approx(recall_score(truth, said))
        assert found["f1"]["value"] == pytest.approx(f1_score(truth, said))
        expected = average_precision_score(truth, p)
        assert found["average_precision"]["value"] == pytest.approx(expected)
        assert found["brier"] == pytest.approx(brier_score_loss(truth, p))
        assert found["support"] == truth.sum()


def test_means_equal_scikit_learn():
    m = measured()
    figures = evaluate(m, bootstrap=20)
    assert figures["macro"]["f1"]["value"] == pytest.approx(
        f1_score(m.truth, m.decisions, average="macro")
    )
    assert figures["micro"]["f1"]["value"] == pytest.approx(
        f1_score(m.truth, m.decisions, average="micro")
    )
    assert figures["macro"]["average_precision"]["value"] == pytest.approx(
        average_precision_score(m.truth, m.probabilities, average="macro")
    )
    assert figures["subset_accuracy"] == pytest.approx(accuracy_score(m.truth, m.decisions))
    assert figures["hamming_loss"] == pytest.approx(hamming_loss(m.truth, m.decisions))


def test_counts_and_the_baseline():
    m = measured()
    figures = evaluate(m, bootstrap=20)
    none = (~m.truth.any(axis=1)).sum()
    assert (figures["sentences"], figures["documents"], figures["none"]) == (240, 40, none)
    assert figures["always_none"] == {"macro_f1": 0.0, "subset_accuracy": none / 240}


def test_intervals_contain_their_value():
    figures = evaluate(measured(), bootstrap=200)
    groups = [*figures["labels"].values(), figures["macro"], figures["micro"]]
    intervals = [found for group in groups for found in group.values() if isinstance(found, dict)]
    assert len(intervals) == 3 * 4 + 2 + 1
    for found in intervals:
        assert 0 <= found["low"] <= found["value"] <= found["high"] <= 1
        assert found["low"] < found["high"]


def test_intervals_resample_documents_not_sentences():
    # Sentences of a document are copies of each other: more of them are no more evidence.
    few = measured(30, seed=2)
    few = replace(few, documents=[f"d{row}" for row in range(30)])
    many = Measured(
        labels=NAMES,
        documents=[d for d in few.documents for _ in range(8)],
        truth=np.repeat(few.truth, 8, axis=0),
        probabilities=np.repeat(few.probabilities, 8, axis=0),
        decisions=np.repeat(few.decisions, 8, axis=0),
    )
    first, second = (evaluate(m, bootstrap=50)["micro"]["f1"] for m in (few, many))
    assert first == pytest.approx(second)


def test_seed_decides_the_intervals():
    assert evaluate(measured(), bootstrap=30, seed=1) == evaluate(measured(), bootstrap=30, seed=1)
    one, other = (evaluate(measured(), bootstrap=30, seed=s)["micro"]["f1"] for s in (1, 2))
    assert one["value"] == other["value"]
    assert one != other


def test_label_that_never_occurs_has_no_average_precision():
    m = measured()
    m = replace(m, truth=m.truth & np.array([True, True, False]))
    figures = evaluate(m, bootstrap=20)
    assert figures["labels"]["talks"]["average_precision"] == {
        "value": None,
        "low": None,
        "high": None,
    }
    assert figures["labels"]["talks"]["recall"]["value"] == 0
    known = [figures["labels"][n]["average_precision"]["value"] for n in NAMES[:2]]
    assert figures["macro"]["average_precision"]["value"] == pytest.approx(np.mean(known))


def test_calibration_error_of_perfect_and_of_shifted_probabilities():
    truth = np.arange(1000) % 4 == 0
    # One value for all: each bin of equal size has its share of positives.
    assert calibration_error(truth, np.full(1000, 0.25)) < 0.01
    assert calibration_error(truth, np.full(1000, 0.65)) == pytest.approx(0.4, abs=0.01)
    assert calibration_error(truth, truth.astype(float)) == 0


def test_calibration_error_of_fewer_rows_than_bins():
    assert calibration_error(np.array([True, False]), np.array([0.9, 0.2])) == pytest.approx(0.15)
