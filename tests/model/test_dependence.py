"""What labels say of one another: defined as documented, learnt where it is there."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import orjson
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

from classifier.model.calibrate import fit_sigmoid, sigmoid
from classifier.model.choose import Chooser
from classifier.model.dependence import (
    Dependence,
    dependence_json,
    fit_dependence,
    parse_dependence,
)
from classifier.model.evaluate import average_precision
from classifier.model.learning_curve import learning_curve
from classifier.model.operating import OperatingPoint
from classifier.model.settings import Settings
from classifier.model.train import train
from tests.conftest import QUICK


def linked(n: int = 4000, seed: int = 0):
    """Scores of three labels; the third excludes the first, which its own scores hardly tell."""
    rng = np.random.default_rng(seed)
    truth = rng.random((n, 3)) < 0.4
    truth[:, 2] &= ~truth[:, 0]
    scores = np.where(truth, 1.0, -1.0) + rng.normal(0, [0.7, 1.5, 3.0], (n, 3))
    return scores, truth


def final(scores, slopes, offsets, dependence):
    stored = scores * slopes + offsets
    return stored + dependence.added(stored)


def test_what_a_label_says_of_another_is_learnt():
    scores, truth = linked()
    slopes, offsets, dependence = fit_dependence(scores, truth, np.arange(len(truth)))
    assert dependence is not None
    assert dependence.weights[2, 0] < -1
    assert abs(dependence.weights[1, 0]) < 0.5 < abs(dependence.weights[2, 0])
    scores, truth = linked(seed=1)
    together = final(scores, slopes, offsets, dependence)
    alone = average_precision(truth[:, 2], scores[:, 2])
    assert average_precision(truth[:, 2], together[:, 2]) > alone + 0.05
    p = sigmoid(together[:, 2])
    for low in (0.0, 0.2, 0.4, 0.6):
        inside = (p >= low) & (p < low + 0.2)
        if inside.sum() > 100:
            assert abs(p[inside].mean() - truth[inside, 2].mean()) < 0.08


def test_labels_that_do_not_help_one_another_are_left_alone():
    rng = np.random.default_rng(0)
    truth = rng.random((150, 12)) < 0.3
    scores = np.where(truth, 0.7, -0.7) + rng.normal(0, 1, truth.shape)
    _, _, dependence = fit_dependence(scores, truth, np.arange(150))
    helped = 0 if dependence is None else int(dependence.weights.any(axis=1).sum())
    assert helped <= 4
    scores, truth = linked()
    _, _, dependence = fit_dependence(scores, truth, np.arange(len(truth)))
    assert dependence.weights[[0, 2]].any(axis=1).all()


def test_where_no_label_gains_there_is_none():
    truth = np.tile([[True, False], [False, True], [True, True], [False, False]], (50, 1))
    scores = np.where(truth, 3.0, -3.0)
    slopes, offsets, dependence = fit_dependence(scores, truth, np.arange(200))
    assert dependence is None
    assert (slopes[0], offsets[0]) == fit_sigmoid(scores[:, 0], truth[:, 0])


def test_decisions_of_the_cross_validation_are_made_with_it():
    scores, truth = linked(600)
    rows, n = np.arange(600), 600
    chooser = Chooser(
        truth, rows, np.zeros(n, np.int64), np.ones(n, bool), np.zeros(n, bool), QUICK,
        exclusive=False, points=(OperatingPoint(),) * 3,
    )  # fmt: skip
    chosen = chooser.choose(scores, rows)
    assert chosen.dependence is not None
    p, decided = chooser.decide(scores, chosen, rows)
    stored = scores * chosen.slopes + chosen.offsets
    alone = sigmoid(stored * chosen.dependence.slopes + chosen.dependence.offsets)
    expected = sigmoid(stored + alone @ chosen.dependence.weights.T)
    np.testing.assert_allclose(p, expected, atol=1e-12)
    np.testing.assert_array_equal(decided, expected >= np.array(chosen.thresholds))


def test_models_that_lack_some_documents_have_it_too(trained):
    again = trained.without(np.arange(5))
    assert again.dependence is trained.model.dependence


def test_the_learning_curve_is_of_probabilities_with_it(corpus, trained):
    found = learning_curve(trained, corpus)["points"][-1]["macro"]["average_precision"]["value"]
    plain = train(corpus, replace(QUICK, label_dependence=False))
    without = learning_curve(plain, corpus)["points"][-1]["macro"]["average_precision"]["value"]
    assert found != without


def test_probabilities_by_themselves_are_those_of_each_label_alone():
    scores, truth = linked()
    slopes, offsets, dependence = fit_dependence(scores, truth, np.arange(len(truth)))
    found = dependence.probabilities(scores * slopes + offsets)
    for i in range(3):
        slope, offset = fit_sigmoid(scores[:, i], truth[:, i])
        np.testing.assert_allclose(found[:, i], sigmoid(slope * scores[:, i] + offset), atol=1e-9)


@given(arrays(np.float64, (5, 3), elements=st.floats(-40, 40)), st.integers(0, 2**31))
def test_what_is_added_is_the_sum_of_the_shares(logits, seed):
    rng = np.random.default_rng(seed)
    weights = rng.normal(0, 2, (3, 3)) * (1 - np.eye(3))
    dependence = Dependence(weights, rng.uniform(0.5, 2, 3), rng.normal(0, 1, 3))
    together = dependence.added(logits)
    for row, added in zip(logits, together, strict=True):
        shares = dependence.shares(row)
        assert not np.diag(shares).any()
        np.testing.assert_allclose(shares.sum(axis=1), added, atol=1e-12)
        np.testing.assert_array_equal(dependence.added(row[None])[0], added)


def test_scores_that_tell_nothing_or_the_wrong_way_are_left_alone():
    scores, truth = linked()
    scores[:, 1] = 0.0
    scores[:, 2] = -scores[:, 2]
    rng = np.random.default_rng(1)
    truth = np.column_stack([truth, truth[:, 0]])  # a second name of the first label, told worse
    scores = np.column_stack([scores, truth[:, 3] + rng.normal(0, 3, len(truth))])
    slopes, offsets, dependence = fit_dependence(scores, truth, np.arange(len(truth)))
    assert slopes[2] == 0
    assert not dependence.weights[2].any()
    assert dependence.weights[3].any()
    for values in (slopes, offsets, dependence.weights, dependence.slopes, dependence.offsets):
        assert np.isfinite(values).all()
    found = dependence.probabilities(scores * slopes + offsets)
    np.testing.assert_allclose(found[:, 2], truth[:, 2].mean(), atol=0.01)
    value = orjson.loads(orjson.dumps(dependence_json(dependence)))
    parse_dependence(value, 4)


@pytest.mark.parametrize("n_labels", [1, 21])
def test_one_label_or_too_many_are_calibrated_alone(n_labels):
    rng = np.random.default_rng(0)
    truth = rng.random((300, n_labels)) < 0.3
    scores = truth + rng.normal(0, 1, truth.shape)
    slopes, offsets, dependence = fit_dependence(scores, truth, np.arange(len(truth)))
    assert dependence is None
    assert (slopes[0], offsets[0]) == fit_sigmoid(scores[:, 0], truth[:, 0])


def test_it_comes_back_from_json():
    dependence = fit_dependence(*linked(), np.arange(4000))[2]
    value = orjson.loads(orjson.dumps(dependence_json(dependence)))
    found = parse_dependence(value, 3)
    np.testing.assert_array_equal(found.weights, dependence.weights)
    np.testing.assert_array_equal(found.slopes, dependence.slopes)
    np.testing.assert_array_equal(found.offsets, dependence.offsets)


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("weights", [[0.0, 1.0]]),
        ("weights", [[0.0, 1e300], [1.0, 0.0]]),
        ("weights", [[0.5, 1.0], [1.0, 0.0]]),
        ("weights", [[0.0, None], [1.0, 0.0]]),
        ("slopes", [1.0]),
        ("slopes", [-1.0, 1.0]),
        ("offsets", ["0", 1.0]),
        ("offsets", 3),
    ],
)
def test_what_does_not_fit_is_refused(name, value):
    good = {
        "weights": [[0.0, 1.0], [1.0, 0.0]],
        "slopes": [1, 1],
        "offsets": [0, 0],
    }
    parse_dependence(good, 2)
    with pytest.raises((ValueError, TypeError)):
        parse_dependence(good | {name: value}, 2)


@pytest.mark.parametrize("n_labels", [0, 1, 21])
def test_label_sets_that_have_none_are_refused(n_labels):
    with pytest.raises(ValueError, match="no dependence"):
        parse_dependence({}, n_labels)


def test_training_has_it_by_default_where_it_has_no_context(
    trained, context_trained, exclusive_corpus
):
    assert Settings().label_dependence is True
    assert trained.model.dependence is not None
    assert context_trained.model.dependence is None
    assert context_trained.model.context is not None
    assert train(exclusive_corpus, QUICK).model.dependence is None


def test_without_it_labels_stand_by_themselves(corpus, trained):
    found = train(corpus, replace(QUICK, label_dependence=False))
    assert found.model.dependence is None
    assert found.chosen.dependence is None
    assert (found.measured.probabilities != trained.measured.probabilities).any()


def test_asked_for_context_without_documents_it_is_used(corpus):
    lone = replace(
        corpus,
        examples=tuple(replace(e, document=str(i)) for i, e in enumerate(corpus.examples)),
        neighbours=(),
    )
    notices = []
    model = train(lone, replace(QUICK, context=True), notice=notices.append).model
    assert model.context is None
    assert model.dependence is not None
    assert any("no context to learn from" in notice for notice in notices)
