"""Curves, reliability, confusion and top terms against scikit-learn and by hand."""

from __future__ import annotations

import numpy as np
import pytest
from sklearn.metrics import precision_recall_curve

from classifier.model.curves import (
    confusion,
    frequent_from,
    precision_recall,
    reliability,
    top_terms,
)
from classifier.model.evaluate import Measured


@pytest.fixture
def drawn():
    rng = np.random.default_rng(3)
    p = np.round(rng.beta(0.5, 4, 3000), 3)
    return rng.random(3000) < p, p


def test_precision_recall_equals_scikit_learn(drawn):
    truth, p = drawn
    recall, precision = precision_recall(truth, p)
    expected_precision, expected_recall, _ = precision_recall_curve(truth, p)
    np.testing.assert_allclose(recall, expected_recall[-2::-1])
    np.testing.assert_allclose(precision, expected_precision[-2::-1])


def test_without_positives_there_is_no_curve():
    recall, precision = precision_recall(np.zeros(4, np.bool_), np.arange(4.0))
    assert len(recall) == len(precision) == 0


def test_calibrated_probabilities_stay_in_the_band(drawn):
    found = reliability(*drawn)
    inside = (found.observed >= found.low) & (found.observed <= found.high)
    assert inside.sum() >= len(inside) - 1
    assert found.error <= found.high_error * 1.2
    assert found.counts.sum() == 3000
    assert (np.diff(found.predicted) > 0).all()


def test_exaggerated_probabilities_leave_the_band(drawn):
    truth, p = drawn
    found = reliability(truth, np.sqrt(p))
    assert (found.observed < found.low).sum() >= len(found.low) / 2
    assert found.error > found.high_error
    assert 0 < found.expected_error < found.high_error


def test_points_rest_on_about_equal_evidence(drawn):
    truth, p = drawn
    found = reliability(truth, p)
    assert len(found.counts) == 10
    assert found.counts[0] > 3 * found.counts[-1]


@pytest.mark.parametrize("value", [0.0, 1.0, 0.3])
def test_equal_probabilities_make_one_or_more_points_and_no_warning(value):
    found = reliability(np.array([True, False, False]), np.full(3, value))
    assert found.counts.sum() == 3
    assert np.isfinite(found.low).all()


def test_confusion_counts_by_hand():
    measured = Measured(
        labels=("a", "b"),
        documents=list("vwxyz"),
        truth=np.array([[1, 0], [1, 0], [1, 1], [0, 1], [0, 0]], np.bool_),
        probabilities=np.zeros((5, 2)),
        decisions=np.array([[1, 0], [0, 1], [1, 1], [0, 0], [0, 1]], np.bool_),
    )
    counts, totals = confusion(measured)
    assert counts.tolist() == [[2, 1, 0], [0, 1, 1], [0, 1, 0]]
    # Two carry a and not b; one carries b and not a; one carries none.
    assert totals.tolist() == [[3, 2, 3], [1, 2, 2], [1, 1, 1]]


def test_top_terms_are_those_with_the_largest_weights(trained):
    model = trained.model
    for kind in ("word", "char"):
        found = top_terms(model, 0, kind, 10)
        weights = [w for _, w in found.up]
        assert len(weights) == 10
        assert weights == sorted(weights, reverse=True)
        assert all(w > 0 for w in weights)
        assert all(w < 0 for _, w in found.down)


def test_top_terms_stand_in_enough_sentences(corpus, trained):
    from sklearn.feature_extraction.text import CountVectorizer

    found = top_terms(trained.model, 0, "word", 30)
    terms = [term for term, _ in (*found.up, *found.down)]
    counter = CountVectorizer(
        vocabulary=sorted(terms), ngram_range=(1, 2), strip_accents="unicode", binary=True
    )
    frequency = np.asarray(counter.fit_transform([e.text for e in corpus.examples]).sum(axis=0))
    assert frequency.min() >= frequent_from(trained.model) == 3


def test_a_kind_that_the_model_lacks_has_no_terms(lean):
    assert top_terms(lean.model, 0, "char", 5).up == ()
