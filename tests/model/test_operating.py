"""Thresholds for what is asked, and bands that cover what they promise."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from classifier.errors import UsageError
from classifier.model.operating import (
    KEPT,
    OperatingPoint,
    _best_cuts,
    best_thresholds,
    coverage,
    decide,
    uncertain_band,
)


def drawn(n: int = 12_000, seed: int = 0):
    """Calibrated probabilities, truth drawn from them, one sentence a document."""
    rng = np.random.default_rng(seed)
    p = rng.beta(0.6, 2.5, n)
    return p, rng.random(n) < p, np.arange(n)


def choose(point: str) -> float:
    p, truth, groups = drawn()
    rng = np.random.default_rng(0)
    return best_thresholds(p, truth, groups, rng, [OperatingPoint.parse(point)])[0]


def shares(threshold: float) -> tuple[float, float]:
    p, truth, _ = drawn(seed=1)
    said = p >= threshold
    return float((truth & said).sum() / truth.sum()), float((truth & said).sum() / said.sum())


@pytest.mark.parametrize("share", [0.6, 0.8, 0.95])
def test_a_recall_asked_for_is_kept_on_new_sentences(share):
    recall, _ = shares(choose(f"recall:{share}"))
    assert abs(recall - share) < 0.04


@pytest.mark.parametrize("share", [0.5, 0.7, 0.8])
def test_a_precision_asked_for_is_kept_on_new_sentences(share):
    _, precision = shares(choose(f"precision:{share}"))
    assert abs(precision - share) < 0.05


def test_f2_asks_for_more_recall_than_f1_and_f_half_for_less():
    assert choose("f2") < choose("f1") < choose("f0.5")


def test_a_precision_that_cannot_be_had_gives_the_most_precise_cut():
    rng = np.random.default_rng(0)
    p, truth = rng.random(500), rng.random(500) < 0.3
    point = OperatingPoint.parse("precision:0.99")
    assert 0 < best_thresholds(p, truth, np.arange(500), rng, [point])[0] <= 1


def test_several_points_at_once_are_each_as_alone():
    p, truth, groups = drawn(2000)
    points = [OperatingPoint(), *KEPT]
    together = best_thresholds(p, truth, groups, np.random.default_rng(3), points)
    for point, found in zip(points, together, strict=True):
        alone = best_thresholds(p, truth, groups, np.random.default_rng(3), [point])
        assert alone == [found]


@given(
    st.lists(st.tuples(st.integers(0, 8), st.booleans()), min_size=1, max_size=30),
    st.sampled_from(KEPT),
)
def test_cuts_are_those_of_the_definition(rows, point):
    if not any(is_true for _, is_true in rows):
        return
    p = np.array([value for value, _ in rows]) / 8
    truth = np.array([is_true for _, is_true in rows])
    values = np.unique(p)[::-1]
    said = np.array([(p >= value).sum() for value in values])
    hits = np.array([((p >= value) & truth).sum() for value in values])
    [best] = _best_cuts(hits, said, [point])
    recall, precision = hits / truth.sum(), hits / said
    if point.kind == "recall":
        assert recall[best] >= point.value
        assert (recall[:best] < point.value).all()
    elif point.kind == "precision" and (precision >= point.value).any():
        assert precision[best] >= point.value
        assert (precision[best + 1 :] < point.value).all()
    elif point.kind == "precision":
        assert precision[best] == precision.max()
    else:
        square = point.value**2
        scores = (1 + square) * hits / (said + square * truth.sum())
        assert scores[best] == scores.max()


@pytest.mark.parametrize(
    "text", ["f1", "f0.5", "recall:0.95", "precision:0.75", "false_alarms:0.005"]
)
def test_a_point_is_written_as_it_is_read(text):
    assert str(OperatingPoint.parse(text)) == text


@pytest.mark.parametrize(
    "text",
    [
        *(
            "",
            "f",
            "f0",
            "fx",
            "recall",
            "recall:1.5",
            "recall:0",
            "accuracy:0.9",
            "f1.1.1",
            "f200",
        ),
        *("precision:0.0", "false_alarms", "false_alarms:2", "false_alarms:.0", "false alarms:0.1"),
    ],
)
def test_an_operating_point_that_makes_no_sense_is_refused(text):
    with pytest.raises(UsageError, match=r"recall:0\.9"):
        OperatingPoint.parse(text)


@pytest.mark.parametrize("error", [0.05, 0.1, 0.3])
def test_bands_cover_both_kinds_on_new_sentences(error):
    p, truth, _ = drawn()
    low, high = uncertain_band(p, truth, error)
    p, truth, _ = drawn(seed=1)
    assert (p[truth] >= low).mean() > 1 - error - 0.03
    assert (p[~truth] <= high).mean() > 1 - error - 0.03
    assert (p[truth] >= low).mean() < 1 - error + 0.03


@settings(max_examples=50, deadline=None)
@given(st.lists(st.tuples(st.floats(0, 1), st.booleans()), max_size=40))
def test_bands_stay_inside_zero_and_one(rows):
    p = np.array([row[0] for row in rows])
    truth = np.array([row[1] for row in rows], np.bool_)
    low, high = uncertain_band(p, truth)
    assert 0 <= low <= 1
    assert 0 <= high <= 1


def test_with_too_few_sentences_everything_is_uncertain():
    assert uncertain_band(np.array([0.9, 0.1]), np.array([True, False])) == (0.0, 1.0)


def test_coverage_counts_both_kinds_and_the_share_in_the_band():
    p = np.array([0.1, 0.5, 0.9, 0.2])
    truth = np.array([True, True, True, False])
    found = coverage(p, truth, np.array([[0.3, 0.6]] * 4))
    assert found == {"positives": 2 / 3, "negatives": 1.0, "uncertain": 0.25}


def test_a_yes_is_a_probability_that_reaches_its_threshold():
    p = np.array([[0.5, 0.2], [0.499, 0.3], [0.1, 0.1]])
    found = decide(p, (0.5, 0.3), at_least_one=False)
    assert found.tolist() == [[True, False], [False, True], [False, False]]


def test_at_least_one_gives_the_label_nearest_to_its_threshold_where_none_reaches_it():
    p = np.array([[0.5, 0.2], [0.4, 0.2], [0.1, 0.29], [0.0, 0.0], [0.9, 0.9]])
    found = decide(p, (0.5, 0.3), at_least_one=True)
    assert found.tolist() == [
        [True, False],
        [True, False],
        [False, True],
        [True, False],
        [True, True],
    ]
    assert decide(np.zeros((0, 2)), (0.5, 0.3), at_least_one=True).shape == (0, 2)
    assert decide(np.zeros((1, 2)), (0.0, 0.3), at_least_one=True).tolist() == [[True, False]]
