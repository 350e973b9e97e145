"""The rest of the document: defined as documented, fitted nested, nothing for a lone sentence."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import orjson
import pytest
from hypothesis import given
from hypothesis import strategies as st

from classifier.errors import UsageError
from classifier.model.calibrate import fit_sigmoid, fit_sigmoid_over, sigmoid
from classifier.model.choose import Chooser
from classifier.model.context import Context, context_json, features, fit_context, parse_context
from classifier.model.learning_curve import learning_curve
from classifier.model.leave_out import leave_out
from classifier.model.settings import Settings
from classifier.model.train import train
from classifier.schema import Neighbour
from tests.conftest import QUICK
from tests.model.conftest import LEAN

logit_rows = st.lists(
    st.tuples(st.floats(-30, 30), st.floats(-30, 30), st.integers(0, 2), st.integers(0, 40)),
    min_size=1,
    max_size=40,
    unique_by=lambda row: row[2:],  # each has its place in its document
)


def slow_features(logits, documents, places, clip=2.0, shrink=2.0, decay=0.6):
    """The definition, sentence by sentence."""
    clipped, rows = np.clip(logits, -clip, clip), []
    for i, document in enumerate(documents):
        away = {
            j: abs(int(places[j]) - int(places[i]))
            for j, other in enumerate(documents)
            if other == document and j != i
        }
        near = {j: decay ** (d - 1) for j, d in away.items() if d <= 8}
        sums = (
            sum((weight * clipped[j] for j, weight in weights.items()), np.zeros(logits.shape[1]))
            / (sum(weights.values()) + shrink)
            for weights in (near, dict.fromkeys(away, 1.0))
        )
        rows.append(np.concatenate(list(sums)))
    return np.array(rows)


def added(context, around):
    n = len(context.near)
    return around[:, :n] @ context.near.T + around[:, n:] @ context.rest.T


@given(logit_rows)
def test_features_are_those_of_the_definition(rows):
    logits = np.array([row[:2] for row in rows])
    documents, places = np.array([row[2] for row in rows]), np.array([row[3] for row in rows])
    how = {"clip": 3.0, "shrink": 1.5, "decay": 0.7}
    np.testing.assert_allclose(
        features(logits, documents, places, **how),
        slow_features(logits, documents, places, **how),
        rtol=0,
        atol=1e-12,
    )
    np.testing.assert_array_equal(features(logits), features(logits, documents * 0))


def test_without_places_sentences_stand_in_their_order_without_gaps():
    logits, documents = np.random.default_rng(6).normal(size=(9, 2)), np.array([1, 0] * 4 + [1])
    places = np.array([0, 0, 1, 1, 2, 2, 3, 3, 4])
    np.testing.assert_array_equal(features(logits, documents), features(logits, documents, places))


def test_sentences_of_one_place_count_as_next_to_each_other():
    logits = np.array([[1.0], [-1.0], [0.5]])
    found = features(logits, places=np.array([3, 3, 3]))
    np.testing.assert_array_equal(found[:, 0], found[:, 1])


def test_weights_are_of_the_label_that_gains_and_the_label_that_speaks():
    context = Context(np.array([[0.0, 3.0], [0.0, 0.0]]), np.array([[0.0, 0.0], [5.0, 0.0]]))
    near, rest = context.shares(np.array([[0.1, 0.2, 0.3, 0.4]]))
    np.testing.assert_allclose(near, [[0.6, 0.0]])
    np.testing.assert_allclose(rest, [[0.0, 1.5]])


def test_a_document_is_the_same_among_others():
    rng = np.random.default_rng(4)
    logits, documents = rng.normal(size=(300, 4)) * 2, rng.integers(0, 40, 300)
    together = features(logits, documents)
    context = Context(rng.normal(size=(4, 4)), rng.normal(size=(4, 4)))
    for document in range(40):
        here = documents == document
        alone = features(logits[here])
        np.testing.assert_array_equal(together[here], alone)
        np.testing.assert_array_equal(context.added(together)[here], context.added(alone))


def test_lone_sentence_has_exactly_nothing():
    logits = np.random.default_rng(0).normal(size=(50, 3)) * 7
    assert not features(logits, np.arange(50)).any()


def drawn(n_documents=1200, seed=1, most=4):
    """Documents of one to `most` sentences that share a leaning which the scores do not show."""
    rng = np.random.default_rng(seed)
    documents = np.repeat(np.arange(n_documents), rng.integers(1, most + 1, n_documents))
    leaning = rng.normal(scale=2.0, size=(n_documents, 2))[documents]
    hidden = rng.normal(size=(len(documents), 2)) + leaning - 1
    scores = hidden + rng.normal(scale=2.0, size=hidden.shape)
    return scores, rng.random(hidden.shape) < sigmoid(2 * hidden), documents


def fitted(scores, truth, documents, target=None):
    target = np.ones(len(scores), bool) if target is None else target
    return fit_context(scores, truth, target, documents, np.arange(len(scores)))


def log_loss(logits, truth):
    return float(np.mean(np.logaddexp(0, logits) - truth * logits))


def test_context_helps_on_documents_that_it_was_not_fitted_to():
    scores, truth, documents = drawn()
    new_scores, new_truth, new_documents = drawn(seed=2)
    slopes, offsets, context = fitted(scores, truth, documents)
    plain = new_scores * slopes + offsets
    with_context = plain + context.added(context.features(plain, new_documents))
    assert (np.diag(context.near + context.rest) > 0.2).all()
    assert log_loss(with_context, new_truth) < log_loss(plain, new_truth) - 0.02
    # The calibration holds for what is used: the mean of the probabilities is the frequency.
    np.testing.assert_allclose(
        sigmoid(with_context).mean(axis=0), new_truth.mean(axis=0), atol=0.03
    )


# Whole steps to and fro would grow without end where documents are long and of one mind.
@pytest.mark.parametrize(("n_documents", "most"), [(1200, 4), (300, 20)])
def test_turns_of_the_fit_have_settled(n_documents, most):
    scores, truth, documents = drawn(n_documents, most=most)
    slopes, offsets, context = fitted(scores, truth, documents)
    found = features(scores * slopes + offsets, documents)
    for i in range(2):
        inputs = np.column_stack([scores[:, i], found])
        weights, offset = fit_sigmoid_over(inputs, truth[:, i], np.array([0.0, 1.0, 1.0, 1.0, 1.0]))
        settled = (slopes[i], *context.near[i], *context.rest[i], offsets[i])
        np.testing.assert_allclose((*weights, offset), settled, atol=2e-3)
        p = sigmoid(weights @ inputs.T + offset)
        assert p.mean() == pytest.approx(truth[:, i].mean(), abs=1e-3)


def test_what_does_not_settle_is_not_used(monkeypatch):
    monkeypatch.setattr("classifier.model.context.MAX_TURNS", 1)
    scores, truth, documents = drawn()
    slopes, offsets, context = fitted(scores, truth, documents)
    assert context is None
    for i in range(2):
        assert fit_sigmoid(scores[:, i], truth[:, i]) == (slopes[i], offsets[i])


def test_other_sentences_are_context_and_not_fitted_to():
    scores, truth, documents = drawn()
    target = np.random.default_rng(3).random(len(scores)) < 0.6
    first = fitted(scores, truth, documents, target)
    again = fitted(scores, truth ^ ~target[:, None], documents, target)
    np.testing.assert_array_equal(first[2].near, again[2].near)
    moved = fitted(np.where(target[:, None], scores, -scores), truth, documents, target)
    assert not np.allclose(first[2].near, moved[2].near)


def test_sentences_near_by_are_found_by_their_places():
    scores, truth, documents = drawn(most=12)
    order = np.random.default_rng(5).permutation(len(scores))
    places = np.arange(len(scores))
    first, shuffled, blind = (
        fit_context(scores[rows], truth[rows], np.ones(len(rows), bool), documents[rows], at)[2]
        for rows, at in ((places, places), (order, places[order]), (order, places))
    )
    np.testing.assert_allclose(shuffled.near, first.near, atol=1e-6)
    assert not np.allclose(blind.near, first.near, atol=1e-2)


def test_documents_of_one_sentence_give_no_context():
    scores, truth, _ = drawn()
    assert fitted(scores, truth, np.arange(len(scores)))[2] is None


def test_inputs_that_tell_nothing_get_no_weight():
    scores, truth, _ = drawn()
    inputs = np.column_stack([scores[:, 0], np.zeros(len(scores))])
    weights, _ = fit_sigmoid_over(inputs, truth[:, 0], np.array([0.0, 1.0]))
    assert weights[1] == 0
    assert weights[0] > 0


def test_ridge_holds_the_weights_back():
    scores, truth, documents = drawn()
    inputs = np.column_stack([scores[:, 0], features(scores, documents)[:, 0]])
    free, held = (
        fit_sigmoid_over(inputs, truth[:, 0], np.array([0.0, ridge]))[0][1] for ridge in (0.0, 1e4)
    )
    assert abs(held) < abs(free) / 2


# Training.


def test_figures_are_nested_choices_of_a_fold_do_not_depend_on_its_truth(mixed, monkeypatch):
    chosen = []
    original = Chooser.choose

    def spy(self, scores, rows):
        found = original(self, scores, rows)
        # Whatever stands outside of the rows, the choice is the same.
        outside = np.setdiff1d(np.arange(len(scores)), rows)
        other = scores.copy()
        other[outside] = 1e3
        truth = self.truth.copy()
        truth[outside] ^= True
        again = original(replace(self, truth=truth), other, rows)
        np.testing.assert_array_equal(found.context.near, again.context.near)
        assert found.thresholds == again.thresholds
        chosen.append(found.context)
        return found

    monkeypatch.setattr(Chooser, "choose", spy)
    trained = train(mixed, replace(LEAN, context=True))
    assert len(chosen) == 4
    assert trained.model.context.near.tolist() == chosen[-1].near.tolist()
    assert len({context.near.tobytes() for context in chosen}) == 4


def test_context_of_the_nested_predictions_is_the_rest_of_the_document(mixed, monkeypatch):
    seen = []
    original = Chooser.decide

    def spy(self, scores, chosen, rows):
        found = original(self, scores, chosen, rows)
        alone = chosen.alone(scores)
        around = slow_features(alone, self.documents[rows], self.places[rows])
        expected = sigmoid(alone + added(chosen.context, around))
        np.testing.assert_allclose(found[0], expected, atol=1e-9)
        seen.append(rows)
        return found

    monkeypatch.setattr(Chooser, "decide", spy)
    train(mixed, replace(LEAN, context=True))
    everything = np.sort(np.concatenate(seen))
    np.testing.assert_array_equal(everything, np.arange(len(mixed.examples)))


def test_without_the_setting_there_is_none(trained, context_trained):
    assert trained.model.context is None
    assert context_trained.model.context is not None
    assert context_trained.model.about["settings"]["context"] is True


def test_exclusive_labels_are_refused(exclusive_corpus):
    with pytest.raises(UsageError, match=r"exclusive.*context = false"):
        train(exclusive_corpus, replace(QUICK, context=True))


@pytest.mark.parametrize("lone", ["all", "field"])
def test_where_documents_are_lone_sentences_it_is_said(mixed, lone):
    examples = tuple(
        replace(e, document=e.id) if lone in ("all", e.origin) else e for e in mixed.examples
    )
    said = []
    model = train(
        replace(mixed, examples=examples), replace(LEAN, context=True), notice=said.append
    ).model
    assert model.context is None
    assert any("no document" in line and "context" in line for line in said)


def test_the_model_without_some_sentences_keeps_the_context(context_trained):
    found = context_trained.without(np.arange(20))
    np.testing.assert_array_equal(found.context.near, context_trained.model.context.near)


@pytest.fixture(scope="module")
def around(mixed):
    """The corpus with every third sentence of a document unlabelled."""
    kept = [e for e in mixed.examples if e.position % 3]
    documents = {e.document for e in kept}
    neighbours = [
        Neighbour(e.id, e.document, e.position, e.text)
        for e in mixed.examples
        if not e.position % 3 and e.document in documents
    ]
    return replace(mixed, examples=tuple(kept), neighbours=tuple(neighbours))


def test_nothing_is_fitted_to_neighbours_but_the_context(around):
    settings = replace(LEAN, context=True)
    trained, without = train(around, settings), train(replace(around, neighbours=()), settings)
    alone = trained.model.blocks["word"]
    other = without.model.blocks["word"]
    np.testing.assert_array_equal(alone.text, other.text)
    np.testing.assert_array_equal(alone.idf, other.idf)
    # The weights carry the slopes of the calibration, which is fitted beside the context.
    slopes = alone.coef / other.coef
    np.testing.assert_allclose(slopes, np.tile(slopes[:1], (len(slopes), 1)), rtol=1e-3)
    assert trained.model.context.near.tolist() != without.model.context.near.tolist()
    assert trained.model.about["data"]["neighbours"] == len(around.neighbours)
    for one in (trained, without):
        assert len(one.out_of_fold.truth) == len(around.examples)
        assert len(one.groups) == len(around.examples)
    np.testing.assert_array_equal(trained.rows, without.rows)


def test_nested_predictions_see_the_neighbours(around, monkeypatch):
    seen = []
    original = Chooser.decide

    def spy(self, scores, chosen, rows):
        alone = chosen.alone(scores)
        around = slow_features(alone, self.documents[rows], self.places[rows])
        p, decided = original(self, scores, chosen, rows)
        np.testing.assert_allclose(p, sigmoid(alone + added(chosen.context, around)), atol=1e-9)
        seen.append(rows)
        return p, decided

    monkeypatch.setattr(Chooser, "decide", spy)
    train(around, replace(LEAN, context=True))
    everything = np.sort(np.concatenate(seen))
    np.testing.assert_array_equal(everything, np.arange(len(around.sentences)))


def test_places_are_the_positions_in_the_data(around):
    settings = replace(LEAN, context=True)
    trained = train(around, settings)
    assert trained.chooser.places.tolist() == [s.position for s in around.sentences]
    order = np.random.default_rng(7).permutation(len(around.examples))
    shuffled = replace(around, examples=tuple(around.examples[i] for i in order))
    moved = replace(
        around, examples=tuple(replace(e, position=-e.position) for e in around.examples)
    )
    near = trained.model.context.near
    assert not np.allclose(train(moved, settings).model.context.near, near, atol=1e-3)
    assert train(shuffled, settings).chooser.places.tolist() == [
        s.position for s in shuffled.sentences
    ]


def test_many_labels_have_weights_for_themselves_alone():
    rng = np.random.default_rng(8)
    scores, truth = rng.normal(size=(400, 21)), rng.random((400, 21)) < 0.3
    documents = np.repeat(np.arange(100), 4)
    *_, context = fitted(scores, truth, documents)
    assert context.near.shape == context.rest.shape == (21,)
    near, rest = context.shares(features(scores, documents))
    np.testing.assert_allclose(near, features(scores, documents)[:, :21] * context.near)
    assert rest.shape == (400, 21)
    again = parse_context(orjson.loads(orjson.dumps(context_json(context))), 21)
    np.testing.assert_array_equal(again.near, context.near)
    *_, few = fitted(scores[:, :20], truth[:, :20], documents)
    assert few.near.shape == (20, 20)


def test_neighbours_are_of_no_use_without_context(around):
    assert train(around, LEAN).model.about["data"]["neighbours"] == len(around.neighbours)
    np.testing.assert_array_equal(
        train(around, LEAN).model.intercept,
        train(replace(around, neighbours=()), LEAN).model.intercept,
    )


def test_studies_take_neighbours_for_context_alone(around):
    trained = train(around, replace(LEAN, context=True))
    curve = learning_curve(trained, around, shares=(1.0,))
    assert curve["others"] == sum(e.origin != "field" for e in around.examples)
    found = leave_out(trained, around, "theatre")["values"]
    for theatre, row in found.items():
        here = {e.document for e in around.examples if e.theatre == theatre}
        assert row["left_out"] >= sum(e.document in here for e in around.examples)
        assert row["left_out"] < len(around.examples)
    origin = replace(around, examples=tuple(replace(e, outlet=e.origin) for e in around.examples))
    assert leave_out(trained, origin, "outlet")["values"]


def test_studies_look_at_the_rest_of_the_document(mixed):
    other = replace(LEAN, context=True)
    # One sentence of each document is of another origin: it is context of the target's.
    first = {e.document: e.id for e in reversed(mixed.examples)}
    examples = tuple(
        replace(e, origin="extra" if e.id == first[e.document] else e.origin)
        for e in mixed.examples
    )
    corpus = replace(mixed, examples=examples)
    trained = train(corpus, other)
    plain = replace(trained, chooser=replace(trained.chooser, settings=LEAN))
    for study in (
        lambda t: learning_curve(t, corpus, shares=(1.0,))["points"][0],
        lambda t: leave_out(t, corpus, "theatre")["pooled"]["unseen"],
    ):
        found, without = (study(t)["macro"]["average_precision"]["value"] for t in (trained, plain))
        assert 0 < found < 1
        assert found != without


# Its JSON form.


@pytest.fixture
def value():
    weights = np.array([[0.5, 0.1], [0.0, 2.0]]), np.array([[-0.2, 0.0], [0.3, 1.0]])
    context = Context(*weights)
    return orjson.loads(orjson.dumps(context_json(context)))


def test_json_form_comes_back(value):
    found = parse_context(value, 2)
    assert context_json(found) == value
    assert (found.clip, found.shrink, found.decay) == (2.0, 2.0, 0.6)


@pytest.mark.parametrize(
    ("name", "bad"),
    [
        ("near", [0.5, 0.1]),
        ("near", [[0.5, 0.1]]),
        ("near", [[0.5, 0.1], [0.5, "0.1"]]),
        ("near", [[0.5, 0.1], [0.5, True]]),
        ("near", [[0.5, 0.1], [0.5, None]]),
        ("near", [[0.5], [0.1]]),
        ("near", [[0.5, 0.1], [1e300, 0.1]]),
        ("near", {"0": 1, "1": 2}),
        ("rest", [[0.5, 0.1], [0.5, float("nan")]]),
        ("rest", [[0.5, 0.1], [0.5, float("inf")]]),
        ("rest", 3),
        ("clip", 0),
        ("clip", -6.0),
        ("clip", "6"),
        ("clip", 1e9),
        ("shrink", 0),
        ("shrink", float("nan")),
        ("shrink", None),
        ("decay", -0.1),
        ("decay", 1.5),
        ("decay", float("nan")),
        ("decay", "1"),
    ],
)
def test_bad_values_are_refused(value, name, bad):
    value[name] = bad
    with pytest.raises((ValueError, TypeError)):
        parse_context(value, 2)


@pytest.mark.parametrize("name", ["near", "rest", "clip", "shrink", "decay"])
def test_missing_values_are_refused(value, name):
    del value[name]
    with pytest.raises(KeyError):
        parse_context(value, 2)


def test_exclusive_labels_have_none(value):
    with pytest.raises(ValueError, match="exclusive"):
        parse_context(value, 0)


def test_setting_is_a_flag():
    assert Settings().context is False
