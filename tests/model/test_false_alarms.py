"""Thresholds of all labels together, within a share of false alarms."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from classifier.errors import UsageError
from classifier.model.evaluate import Measured, false_alarms
from classifier.model.false_alarms import (
    PRICES,
    _Label,
    can_tell,
    thresholds_within,
    without_label,
)
from classifier.model.learning_curve import _scored
from classifier.model.leave_out import leave_out
from classifier.model.operating import KEPT, OperatingPoint, best_thresholds
from classifier.model.settings import Settings
from classifier.model.train import Trained, train
from classifier.schema import LabelSet, Neighbour
from classifier.scoring import Predictor

SHARES = (0.005, 0.02, 0.1)
LABELS = ("battlefield_claim", "red_line_warning", "diplomatic_signal", "weapons_policy")


def drawn(seed: int = 0, documents: int = 600, bare: int | None = None):
    """Two labels, of which the first is loud in documents without one; ten sentences each.

    The sentences of a document are alike. Half the documents are without a label, or `bare`.
    """
    rng = np.random.default_rng(seed)
    number = np.repeat(np.arange(documents), 10)
    bare_document = np.arange(documents) < (documents // 2 if bare is None else bare)
    is_bare = bare_document[number]
    truth = (rng.random((len(number), 2)) < 0.3) & ~is_bare[:, None]
    alike = rng.normal(size=(documents, 2))[number]
    logits = rng.normal(size=truth.shape) + alike + np.where(truth, 1.5, -1.5)
    logits[is_bare] += [0.0, -2.0]
    return 1 / (1 + np.exp(-logits)), truth, number, is_bare


def choose(shares, seed: int = 0, bare: int | None = None):
    p, truth, documents, is_bare = drawn(seed, bare=bare)
    rng = np.random.default_rng(0)
    return thresholds_within(p, truth, documents, ~is_bare, is_bare, shares, rng)


def flagged(p, bare, thresholds) -> float:
    return float((p[bare] >= np.array(thresholds)).any(axis=1).mean())


def macro_f1(p, truth, thresholds) -> float:
    said = p >= np.array(thresholds)
    return float(np.mean(2 * (said & truth).sum(axis=0) / (said.sum(axis=0) + truth.sum(axis=0))))


@pytest.mark.parametrize(("bare", "above"), [(300, 1.15), (40, 1.3)])
def test_a_share_is_kept_on_new_documents(bare, above):
    later, _, _, is_bare = drawn(seed=99, documents=4000)
    rows = [choose(SHARES, seed, bare) for seed in range(6)]
    found = np.array([[flagged(later, is_bare, t) for t in row] for row in rows]).mean(axis=0)
    assert (found <= np.array(SHARES) * above + 0.001).all()
    assert (found >= np.array(SHARES) * 0.4).all()


def test_more_may_be_flagged_with_a_larger_share():
    found = np.array(choose(SHARES))
    assert (np.diff(found, axis=0) < 0).all()


def test_a_share_that_is_kept_anyway_leaves_the_best_f1():
    p, truth, documents, bare = drawn()
    [found] = choose([0.999])
    for i in range(2):
        groups = np.unique(documents[~bare], return_inverse=True)[1]
        rng = np.random.default_rng(0)
        [best] = best_thresholds(p[~bare, i], truth[~bare, i], groups, rng, [OperatingPoint()])
        assert found[i] == pytest.approx(best, abs=0.01)


def test_the_labels_share_what_is_allowed_better_than_each_by_itself():
    p, truth, documents, bare = drawn()
    later, later_truth, _, later_bare = drawn(seed=1)
    groups = np.unique(documents[~bare], return_inverse=True)[1]
    precise = [OperatingPoint("precision", 0.95)]
    alone = [
        *best_thresholds(p[~bare, 0], truth[~bare, 0], groups, np.random.default_rng(0), precise),
        *best_thresholds(p[~bare, 1], truth[~bare, 1], groups, np.random.default_rng(0), precise),
    ]
    [together] = choose([flagged(p, bare, alone)])
    assert flagged(later, later_bare, together) < flagged(later, later_bare, alone) + 0.005
    on = ~later_bare
    at_once, each = (macro_f1(later[on], later_truth[on], t) for t in (together, alone))
    assert at_once > each + 0.02


def test_sentences_that_are_of_the_target_and_carry_no_label_count_on_both_sides():
    p, truth, documents, bare = drawn()
    everything = np.ones(len(p), np.bool_)
    rng = np.random.default_rng(0)
    [both] = thresholds_within(p, truth, documents, everything, bare, [0.999], rng)
    for i in range(2):
        rng = np.random.default_rng(0)
        [best] = best_thresholds(p[:, i], truth[:, i], documents, rng, [OperatingPoint()])
        assert both[i] == pytest.approx(best, abs=0.01)


def test_sentences_of_neither_kind_change_nothing():
    p, truth, documents, bare = drawn(documents=100)
    neither = documents >= 90
    kept = ~neither
    args = (~bare & ~neither, bare & ~neither, SHARES)
    whole = thresholds_within(p, truth, documents, *args, np.random.default_rng(0))
    other = np.where(neither[:, None], 1 - p, p)
    assert whole == thresholds_within(other, truth, documents, *args, np.random.default_rng(0))
    assert kept.sum() == 900


def test_where_no_price_keeps_the_share_the_highest_is_taken():
    p = np.full((40, 1), 1.0)
    truth = np.repeat([[True], [False]], 20, axis=0)
    bare = ~truth[:, 0]
    args = (p, truth, np.arange(40), ~bare, bare)
    assert thresholds_within(*args, [0.01], np.random.default_rng(0)) == [(1.0,)]


def test_a_label_that_nothing_carries_is_not_given_and_spoils_nothing():
    p, truth, documents, bare = drawn()
    truth[:, 1] = False
    rng = np.random.default_rng(0)
    args = (documents, ~bare, bare, [0.02])
    [found] = thresholds_within(p, truth, *args, rng)
    assert found[1] > p[:, 1].max()
    [alone] = thresholds_within(p[:, :1], truth[:, :1], *args, np.random.default_rng(0))
    assert found[0] == alone[0]


def test_a_label_of_one_document_is_chosen_where_it_is_drawn():
    p, truth, documents, bare = drawn()
    truth[:, 1] &= documents == documents[~bare][0]
    p[truth[:, 1], 1] = 0.9
    [found] = thresholds_within(p, truth, documents, ~bare, bare, [0.1], np.random.default_rng(0))
    assert found[1] > 0.8


@given(
    st.lists(
        st.tuples(
            st.integers(0, 7), st.sampled_from(["yes", "no", "bare", "both"]), st.integers(0, 3)
        ),
        min_size=1,
        max_size=25,
    ),
    st.lists(st.integers(0, 2), min_size=4, max_size=4),
)
def test_cuts_are_those_of_the_definition(rows, draws):
    p = np.array([value for value, _, _ in rows]) / 8
    kinds = np.array([kind for _, kind, _ in rows])
    positive, bare = kinds == "yes", np.isin(kinds, ["bare", "both"])
    target = kinds != "bare"
    documents = np.array([number for _, _, number in rows])
    counts = np.array(draws, np.float64)[: documents.max() + 1]
    weight = counts[documents]
    found = _Label.of(p, positive, documents, target, bare).best(counts)
    if not (weight * positive).any():
        assert np.isnan(found).all()
        return

    def value(cut: float, price: float) -> float:
        said = p >= cut
        of = (weight * (said & target)).sum() + (weight * positive).sum()
        f1 = 2 * (weight * (positive & said)).sum() / of
        return f1 - price * (weight * (bare & said)).sum() / max((weight * bare).sum(), 1)

    every = [0.0, *(np.unique(p) + 1e-9)]
    for price, cut in zip(PRICES, found, strict=True):
        assert value(cut, price) == pytest.approx(max(value(c, price) for c in every))
    assert (np.diff(found) >= 0).all()


def test_false_alarms_are_counted_in_documents_that_carry_no_label():
    truth = np.array([[True, False], [False, False], [False, False], [False, False]])
    said = np.array([[True, False], [True, False], [True, True], [False, False]])
    measured = Measured(["a", "b"], ["x", "x", "y", "y"], truth, said.astype(float), said)
    found = false_alarms(measured, np.array([False, False, True, True]), bootstrap=20)
    assert found["share"] == {"value": 0.5, "low": 0.5, "high": 0.5}
    assert (found["sentences"], found["documents"]) == (2, 1)
    assert false_alarms(measured, np.zeros(4, np.bool_)) == {}


def test_documents_without_any_label_are_those_that_were_labelled_throughout(corpus):
    assert not without_label(corpus).any()
    first = corpus.examples[0]
    none = tuple(replace(e, labels=()) for e in corpus.examples if e.document == first.document)
    alone = replace(corpus, examples=none)
    assert without_label(alone).all()
    beside = Neighbour("n", first.document, 99, "Nobody has said what this carries.")
    assert not without_label(replace(alone, neighbours=(beside,))).any()


def test_a_share_needs_room_for_some_false_alarms_in_some_documents():
    documents = np.repeat(np.arange(30), 20)
    bare = documents < 25
    assert can_tell(0.01, bare, documents)
    assert not can_tell(0.009, bare, documents)
    assert not can_tell(0.5, documents < 19, documents)


def test_a_share_of_false_alarms_wants_documents_without_a_label(corpus):
    points = dict.fromkeys(corpus.labels.names, "false_alarms:0.02")
    quick = Settings(C=(1.0,), folds=3, bootstrap=20, operating_points=points)
    with pytest.raises(UsageError, match=r"0 sentences of 0 documents .* 20 documents and 250"):
        train(corpus, quick)


@pytest.fixture(scope="module")
def within(broad_corpus) -> Trained:
    points = dict.fromkeys(LABELS, "false_alarms:0.1")
    quick = Settings(C=(1.0,), folds=3, bootstrap=20, operating_points=points)
    return train(broad_corpus, quick)


def test_thresholds_for_a_share_are_those_that_are_kept_for_it(within):
    model = within.model
    assert model.thresholds == model.points["false_alarms:0.1"]
    assert min(model.thresholds) > 0
    figures = model.about["figures"]["false_alarms"]
    assert figures["share"]["value"] == figures["operating_points"]["false_alarms:0.1"]
    assert figures["origins"]["composed"]["sentences"] == figures["sentences"]
    assert figures["operating_points"]["f1"] > figures["share"]["value"]


def test_shares_that_the_data_cannot_tell_are_not_kept(within, broad_corpus):
    names = [name for name in within.model.points if name.startswith("false_alarms")]
    bare = int(without_label(broad_corpus).sum())
    assert names
    assert all(float(name.partition(":")[2]) * bare >= 5 for name in names)
    assert len(within.model.points) == len(KEPT) + len(names)


def test_a_learning_curve_scores_what_false_alarms_are_counted_on(within, broad):
    only = np.zeros(len(within.chooser.target), np.bool_)
    only[: len(only) // 2] = True
    for trained, joins in ((within, True), (broad, False)):
        chooser = replace(trained.chooser, target=only & ~trained.chooser.bare)
        assert bool(_scored(chooser)[chooser.bare].any()) == joins


def test_labels_for_other_points_are_said_to_spoil_the_share(broad_corpus):
    points = dict.fromkeys(LABELS[:2], "false_alarms:0.1")
    told: list[str] = []
    quick = Settings(C=(1.0,), folds=3, bootstrap=20, operating_points=points)
    train(broad_corpus, quick, notice=told.append)
    assert any("kept where all labels take it" in line for line in told)


def test_where_each_sentence_has_a_label_there_is_none_without(broad_corpus):
    examples = tuple(
        replace(e, labels=e.labels or (LABELS[0],)) for e in broad_corpus.examples if e.labels
    )
    labels = LabelSet(broad_corpus.labels.labels, at_least_one=True)
    always = replace(broad_corpus, examples=examples, labels=labels)
    points = dict.fromkeys(LABELS, "false_alarms:0.1")
    quick = Settings(C=(1.0,), folds=3, bootstrap=20, operating_points=points)
    with pytest.raises(UsageError, match="each sentence gets at least one label"):
        train(always, quick)
    model = train(always, replace(quick, operating_points={})).model
    assert [name for name in model.points if "false" in name] == []


def test_a_theatre_that_has_all_documents_without_a_label_can_be_left_out(within, broad_corpus):
    first = broad_corpus.examples[0].theatre
    moved = tuple(
        replace(e, theatre=first) if e.theatre == "off-topic" else e for e in broad_corpus.examples
    )
    told: list[str] = []
    corpus = replace(broad_corpus, examples=moved)
    study = leave_out(within, corpus, "theatre", notice=told.append)
    assert any("no document without any label is left" in line for line in told)
    assert study["values"]


def test_the_error_names_what_the_model_keeps_of_the_kind(broad):
    predictor = Predictor(broad.model)
    with pytest.raises(UsageError) as caught:
        predictor.at_operating_points({"": "false_alarms:0.04"})
    assert "it has false_alarms:0.02" in str(caught.value)
    assert "precision" not in str(caught.value)
