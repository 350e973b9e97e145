"""Thresholds of all labels together, within a share of false alarms."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from classifier.errors import UsageError
from classifier.model.evaluate import Measured, evaluate
from classifier.model.false_alarms import PRICES, _Label, off_topic, thresholds_within
from classifier.model.operating import OperatingPoint, best_thresholds
from classifier.model.settings import Settings
from classifier.model.train import train

SHARES = (0.005, 0.02, 0.1)


def drawn(seed: int = 0, n: int = 6000):
    """Two labels, of which the first is loud in documents of other matters; ten sentences each."""
    rng = np.random.default_rng(seed)
    documents = np.arange(n) // 10
    off = rng.random(n // 10)[documents] < 0.5
    truth = (rng.random((n, 2)) < 0.3) & ~off[:, None]
    logits = rng.normal(size=(n, 2)) + np.where(truth, 1.0, -1.0)
    logits[off] += [0.5, -2.0]
    return 1 / (1 + np.exp(-logits)), truth, documents, off


def choose(shares, seed: int = 0):
    p, truth, documents, off = drawn(seed)
    rng = np.random.default_rng(0)
    return thresholds_within(p, truth, documents, ~off, off, shares, rng)


def flagged(p, off, thresholds) -> float:
    return float((p[off] >= np.array(thresholds)).any(axis=1).mean())


def macro_f1(p, truth, thresholds) -> float:
    said = p >= np.array(thresholds)
    return float(np.mean(2 * (said & truth).sum(axis=0) / (said.sum(axis=0) + truth.sum(axis=0))))


def test_documents_without_any_label_are_those_that_were_labelled_throughout():
    truth = np.array([[True], [False], [False], [False], [False], [False]])
    documents = np.array([2, 2, 0, 0, 1, 1])
    labelled = np.array([True, True, True, True, True, False])
    assert off_topic(truth, documents, labelled).tolist() == [
        False,
        False,
        True,
        True,
        False,
        False,
    ]
    assert off_topic(truth, documents).tolist() == [False, False, True, True, True, True]


def test_a_share_is_kept_and_carries_over_to_new_documents():
    p, _, _, off = drawn()
    later, _, _, later_off = drawn(seed=1)
    for share, found in zip(SHARES, choose(SHARES), strict=True):
        assert flagged(p, off, found) <= share
        assert flagged(later, later_off, found) == pytest.approx(share, rel=0.6, abs=0.004)


def test_more_may_be_flagged_with_a_larger_share():
    found = np.array(choose(SHARES))
    assert (np.diff(found, axis=0) <= 0).all()


def test_a_share_that_is_kept_anyway_leaves_the_best_f1():
    p, truth, documents, off = drawn()
    [found] = choose([0.999])
    for i in range(2):
        rng = np.random.default_rng(0)
        groups = np.unique(documents[~off], return_inverse=True)[1]
        [best] = best_thresholds(p[~off, i], truth[~off, i], groups, rng, [OperatingPoint()])
        assert found[i] == pytest.approx(best, abs=0.02)


def test_the_labels_share_what_is_allowed_better_than_each_by_itself():
    p, truth, documents, off = drawn()
    later, later_truth, _, later_off = drawn(seed=1)
    groups = np.unique(documents[~off], return_inverse=True)[1]
    alone = [
        best_thresholds(
            p[~off, i],
            truth[~off, i],
            groups,
            np.random.default_rng(0),
            [OperatingPoint("precision", 0.95)],
        )[0]
        for i in range(2)
    ]
    [together] = choose([flagged(p, off, alone)])
    assert flagged(later, later_off, together) < flagged(later, later_off, alone) + 0.005
    on = ~later_off
    at_once, each = (macro_f1(later[on], later_truth[on], t) for t in (together, alone))
    assert at_once > each + 0.02


def test_where_no_price_keeps_the_share_the_highest_is_taken():
    p = np.full((40, 1), 1.0)
    truth = np.repeat([[True], [False]], 20, axis=0)
    off = ~truth[:, 0]
    args = (p, truth, np.arange(40), ~off, off)
    assert thresholds_within(*args, [0.01], np.random.default_rng(0)) == [(1.0,)]


def test_a_label_that_nothing_carries_and_no_other_matters():
    p, truth, documents, off = drawn(n=600)
    truth[:, 1] = False
    rng = np.random.default_rng(0)
    nothing = np.zeros(len(p), np.bool_)
    [found] = thresholds_within(p, truth, documents, ~off, nothing, [0.01], rng)
    assert found[1] == 0.5
    assert 0 < found[0] < 0.6
    assert thresholds_within(p, truth, documents, ~off, off, [], rng) == []


@given(
    st.lists(
        st.tuples(st.integers(0, 6), st.sampled_from(["yes", "no", "off"]), st.integers(0, 2)),
        min_size=1,
        max_size=25,
    )
)
def test_cuts_are_those_of_the_definition(rows):
    p = np.array([value for value, _, _ in rows]) / 7
    positive = np.array([kind == "yes" for _, kind, _ in rows])
    off = np.array([kind == "off" for _, kind, _ in rows])
    weight = np.array([float(times) for _, _, times in rows])
    if not (weight * positive).any():
        return
    found = _Label.of(p, positive, ~off, off).best(weight)

    def value(cut: float, price: float) -> float:
        said = p >= cut
        of = (weight * (said & ~off)).sum() + (weight * positive).sum()
        f1 = 2 * (weight * positive * said).sum() / of
        return f1 - price * (weight * off * said).sum() / max((weight * off).sum(), 1)

    every = [0.0, *(np.unique(p) + 1e-9), 1.0]
    for price, cut in zip(PRICES, found, strict=True):
        assert value(cut, price) == pytest.approx(max(value(c, price) for c in every))
    assert (np.diff(found) >= 0).all()


def test_false_alarms_are_counted_where_documents_carry_no_label():
    truth = np.array([[True, False], [False, False], [False, False], [False, False]])
    said = np.array([[True, False], [True, False], [True, True], [False, False]])
    measured = Measured(["a", "b"], ["x", "x", "y", "y"], truth, said.astype(float), said)
    assert evaluate(measured, bootstrap=20)["false_alarms"] == {"sentences": 2, "share": 0.5}
    on_topic = measured.part(np.array([0, 1]))
    assert "false_alarms" not in evaluate(on_topic, bootstrap=20)


def test_a_share_of_false_alarms_wants_documents_without_a_label(corpus):
    points = dict.fromkeys(corpus.labels.names, "false_alarms:0.02")
    quick = Settings(C=(1.0,), folds=3, bootstrap=20, operating_points=points)
    carried = {e.document for e in corpus.examples if e.labels}
    fewer = replace(corpus, examples=tuple(e for e in corpus.examples if e.document in carried))
    with pytest.raises(UsageError, match="no document that was labelled throughout"):
        train(fewer, quick)
