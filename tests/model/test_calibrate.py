"""Calibration keeps the order of scores and finds their frequency; thresholds make sense."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import example, given
from hypothesis import strategies as st
from sklearn.metrics import f1_score

from classifier.model.calibrate import fit_sigmoid, fit_softmax, sigmoid, softmax
from classifier.model.operating import OperatingPoint, best_thresholds

scored = st.lists(
    st.tuples(st.floats(-20, 20, allow_subnormal=False), st.booleans()), min_size=4, max_size=60
)


def noisy(n=2000, slope=1.3, offset=-1.5, seed=3):
    rng = np.random.default_rng(seed)
    scores = rng.normal(size=n)
    return scores, rng.random(n) < sigmoid(slope * scores + offset)


def threshold(probabilities, truth, groups=None, seed=0):
    p, y = np.asarray(probabilities, float), np.asarray(truth, bool)
    groups = np.arange(len(p)) if groups is None else groups
    return best_thresholds(p, y, groups, np.random.default_rng(seed), [OperatingPoint()])[0]


def test_sigmoid_does_not_overflow():
    with np.errstate(all="raise", under="ignore"):
        found = sigmoid(np.array([-1e4, -2.0, 0.0, 2.0, 1e4]))
    np.testing.assert_allclose(found, [0, 0.11920292, 0.5, 0.88079708, 1], atol=1e-8)


def test_softmax_does_not_overflow():
    with np.errstate(all="raise", under="ignore"):
        found = softmax(np.array([[1e4, 0.0], [0.0, np.log(3)]]))
    np.testing.assert_allclose(found, [[1, 0], [0.25, 0.75]])


@given(scored)
def test_slope_is_never_negative(rows):
    scores, truth = (np.array(column) for column in zip(*rows, strict=True))
    slope, offset = fit_sigmoid(scores, truth)
    assert slope >= 0
    assert np.isfinite([slope, offset]).all()


@given(scored)
@example([(-20.0, True), (-20.0, True), (-20.0, True), (-20.0, False)])
@example([(16.5, False), (12.8, False), (-18.2, False), (16.5, False)])
def test_calibrated_mean_is_near_the_frequency(rows):
    scores, truth = (np.array(column) for column in zip(*rows, strict=True))
    slope, offset = fit_sigmoid(scores, truth)
    # Platt's targets move the mean by less than 2 / n.
    gap = abs(sigmoid(slope * scores + offset).mean() - truth.mean())
    assert gap < 2 / len(truth) + 1e-3


def test_slope_and_offset_are_found_again():
    slope, offset = fit_sigmoid(*noisy())
    assert slope == pytest.approx(1.3, abs=0.2)
    assert offset == pytest.approx(-1.5, abs=0.2)


def test_scores_that_point_the_wrong_way_leave_the_frequency():
    scores, truth = noisy()
    slope, offset = fit_sigmoid(-scores, truth)
    assert slope == 0
    assert sigmoid(np.array(offset)) == pytest.approx(truth.mean(), abs=0.01)


def test_separable_scores_do_not_run_away():
    scores = np.array([-3.0] * 50 + [3.0] * 50)
    slope, offset = fit_sigmoid(scores, scores > 0)
    assert 0.5 < slope < 5
    assert abs(offset) < 0.1


def test_softmax_calibration_finds_the_frequencies_and_sharpens():
    rng = np.random.default_rng(5)
    scores = rng.normal(size=(3000, 3))
    p = softmax(2 * scores + np.array([0.8, 0.0, -0.8]))
    drawn = (rng.random((3000, 1)) > np.cumsum(p, axis=1)).sum(axis=1)
    truth = drawn[:, None] == np.arange(3)
    slope, offsets = fit_softmax(scores, truth)
    assert slope == pytest.approx(2, abs=0.3)
    found = softmax(slope * scores + offsets).mean(axis=0)
    np.testing.assert_allclose(found, truth.mean(axis=0), atol=0.01)


def test_softmax_slope_stays_positive_for_wrong_scores():
    truth = np.arange(90)[:, None] % 3 == np.arange(3)
    slope, offsets = fit_softmax(np.where(truth, -4.0, 4.0), truth)
    assert 0 < slope < 0.05
    np.testing.assert_allclose(offsets, 0, atol=0.1)


def test_threshold_parts_what_can_be_parted():
    found = threshold([0.9, 0.8, 0.7, 0.2, 0.1], [1, 1, 1, 0, 0])
    assert 0.2 < found < 0.7


def test_threshold_is_one_half_where_nothing_is_positive():
    assert threshold([0.9, 0.1], [0, 0]) == 0.5


def test_equal_probabilities_are_not_divided():
    assert threshold([0.3] * 6, [1, 0, 0, 1, 0, 0]) == pytest.approx(0.15)


def test_threshold_is_nearly_the_best_there_is():
    scores, truth = noisy()
    p = sigmoid(1.3 * scores - 1.5)
    best = max(f1_score(truth, p >= cut) for cut in np.linspace(0.02, 0.98, 97))
    found = threshold(p, truth, np.arange(len(p)) // 20)
    assert f1_score(truth, p >= found) > best - 0.02
    assert f1_score(truth, p >= found) > f1_score(truth, p >= 0.5) + 0.05


def test_threshold_does_not_depend_on_the_order_of_rows():
    scores, truth = noisy(300)
    p, groups = sigmoid(scores), np.arange(300) // 10
    order = np.random.default_rng(1).permutation(300)
    assert threshold(p, truth, groups) == threshold(p[order], truth[order], groups[order])


@given(scored, st.integers(1, 8))
def test_threshold_is_a_probability(rows, n_groups):
    scores, truth = (np.array(column) for column in zip(*rows, strict=True))
    groups = np.unique(np.arange(len(rows)) % n_groups, return_inverse=True)[1]
    assert 0 <= threshold(sigmoid(scores), truth, groups) <= 1
