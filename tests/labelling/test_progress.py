"""Counts, pace, agreement while it comes about, and the advice to stop."""

from __future__ import annotations

from dataclasses import replace
from types import SimpleNamespace

import numpy as np
import pytest

from classifier.labelling.progress import expected_gain, live_agreement, progress, stop_advice
from classifier.labelling.queue import Plan, Queue
from classifier.labelling.session import Session
from classifier.labelling.store import Store
from classifier.schema import Sentence
from classifier.scoring import Predictor
from tests.labelling.conftest import truth


@pytest.fixture
def session(store):
    return Session(store, Queue(store.items(), Plan(overlap=1)), "ann", name="s1")


def label(session, n, wrong=()):
    for place in range(n):
        task = session.next()
        given = truth(task.item)
        if place in wrong:
            given = () if given else ("offer",)
        session.decide(task, "labels", given)


def test_counts_are_of_the_annotator_and_totals_of_all(session):
    label(session, 12)
    session.decide(session.next(), "skip")
    session.decide(session.next(), "flag", comment="?")
    other = Session(session.store, session.queue, "bob", name="s2")
    label(other, 3)
    found = progress(session)
    assert (found.done, found.skipped, found.flagged, found.here) == (12, 1, 1, 14)
    assert found.labelled == 12
    assert found.done == found.none + sum(found.positives.values())
    assert progress(other).done == 3
    assert progress(other).total == found.total


def test_the_pace_leaves_pauses_out(session, monkeypatch):
    import classifier.labelling.store as module

    times = iter([0, 10, 20, 1000, 1010, 1020])
    from datetime import UTC, datetime

    monkeypatch.setattr(
        module,
        "datetime",
        SimpleNamespace(now=lambda zone: datetime.fromtimestamp(next(times), UTC)),
    )
    label(session, 6)
    assert progress(session).pace == pytest.approx(360)


def test_agreement_appears_with_the_first_shared_sentences(session):
    label(session, 10)
    with session.store.reading() as ledger:
        assert live_agreement(ledger, session.store.labels.names) is None
    label(Session(session.store, session.queue, "bob"), 10, wrong=(2, 5))
    found = progress(session)
    assert found.agreement["sentences"] == 10
    assert found.agreement["exact"] == pytest.approx(0.8)
    assert found.disputes == 2
    alphas = [row["alpha"]["value"] for row in found.agreement["labels"].values()]
    assert min(alphas) < 1


class Knowing:
    """Stands in for a model that knows every answer but those about the first sentences it sees."""

    labels = ("threat", "offer")

    def __init__(self, unknown: int, learning: object = None) -> None:
        self.unknown = unknown
        self.model = SimpleNamespace(about={"learning_curve": learning}, fingerprint="abc")

    def predict_sentences(self, sentences, title, places):
        known, self.unknown = self.unknown <= 0, self.unknown - 1
        found = [truth(SimpleNamespace(text=s.text)) for s in sentences]
        if not known:
            found = [() if given else ("offer",) for given in found]
        return [SimpleNamespace(decisions=given) for given in found]


def curve(*values):
    shares = [1 / 2 ** (len(values) - 1 - n) for n in range(len(values))]
    return {
        "points": [
            {"share": s, "macro": {"average_precision": {"value": v}}}
            for s, v in zip(shares, values, strict=True)
        ]
    }


FLAT, RISING = curve(0.5, 0.6, 0.63, 0.632), curve(0.4, 0.5, 0.6, 0.7)


@pytest.mark.parametrize(
    ("labelled", "unknown", "learning", "said"),
    [
        (99, 0, FLAT, ""),
        (100, 20, None, ""),
        (100, 20, RISING, ""),
        (100, 0, None, "change little"),
        (100, 3, FLAT, "change little"),
        (100, 4, None, ""),
        (100, 0, RISING, "other articles may teach it more"),
        (100, 20, FLAT, "curve is flat"),
    ],
)
def test_the_advice_to_stop(session, labelled, unknown, learning, said):
    session.predictor = Knowing(unknown, learning)
    label(session, labelled)
    found = stop_advice(session)
    assert (said in found) if said else found == ""


def test_a_model_is_not_praised_for_what_it_has_learned_from_us(session):
    session.predictor = Knowing(50)
    label(session, 100)
    session.predictor = Knowing(0)
    session.predictor.model.fingerprint = "retrained on these"
    assert stop_advice(session) == ""


def test_no_advice_from_a_model_with_other_labels_or_from_none(session, predictor):
    label(session, 100)
    assert stop_advice(session) == ""
    session.predictor = predictor
    assert stop_advice(session) == ""


def test_the_expected_gain_shrinks_as_the_last_one_did():
    assert expected_gain(curve(0.4, 0.6, 0.7)) == pytest.approx(0.05)
    assert expected_gain(RISING) == pytest.approx(0.1)
    assert expected_gain(curve(0.4, 0.6, 0.5)) == 0
    assert expected_gain(curve(0.6, 0.5, 0.6)) == pytest.approx(0.1)
    for unusable in (None, {}, {"points": []}, curve(0.4, 0.6), {"points": [{"share": "x"}] * 3}):
        assert expected_gain(unusable) is None


def test_the_shipped_model_either_has_a_curve_or_gives_no_gain(shipped_predictor):
    found = expected_gain(shipped_predictor.model.about.get("learning_curve"))
    assert found is None or 0 <= found < 0.2


def test_a_suggestion_is_what_the_article_says_where_the_model_looks_at_the_rest_of_it(
    store, context_trained
):
    predictor = Predictor(context_trained.model)
    items = [item for item in store.items() if item.document == "Velmar.txt"]
    title = next(item.headline for item in items if item.headline)
    whole = predictor.predict_sentences([Sentence(i.text, 0, len(i.text)) for i in items], title)
    queue = Queue(store.items(), Plan())
    session = Session(store, queue, "ann", predictor, suggest=True)
    for item, expected in zip(items, whole, strict=True):
        assert session.suggestion(item).probabilities == pytest.approx(expected.probabilities)
    alone = predictor.predict_proba([item.text for item in items])
    together = np.array([list(one.probabilities.values()) for one in whole])
    assert not np.allclose(alone, together)


def test_a_suggestion_knows_of_sentences_that_are_not_in_the_store(
    tmp_path, store, context_trained
):
    predictor = Predictor(context_trained.model)
    items = [item for item in store.items() if item.document == "Velmar.txt"]
    apart = [replace(item, position=4 * item.position) for item in items]
    other = Store(tmp_path / "apart.db", store.labels)
    other.add(apart)
    session = Session(other, Queue(other.items(), Plan()), "ann", predictor, suggest=True)
    found = [session.suggestion(item).probabilities for item in other.items()]
    sentences = [Sentence(i.text, 0, len(i.text)) for i in apart]
    title, places = next(i.headline for i in items if i.headline), [i.position for i in apart]
    expected = predictor.predict_sentences(sentences, title, places)
    assert found == [p.probabilities for p in expected]
    unbroken = predictor.predict_sentences(sentences, title)
    assert found != [p.probabilities for p in unbroken]
    other.close()


def test_after_an_undo_as_many_are_left_as_before(session):
    before = session.next()
    session.decide(before, "labels", ())
    after = session.undo()
    assert (after.item, after.left) == (before.item, before.left)


def test_a_session_shows_a_suggestion_only_if_asked_to(session, predictor):
    item = session.next().item
    assert session.suggestion(item) is None
    blind = Session(session.store, session.queue, "ann", predictor)
    assert blind.suggestion(item) is None
    shown = Session(session.store, session.queue, "ann", predictor, suggest=True).suggestion(item)
    assert set(shown.probabilities) == set(predictor.labels)
    assert replace(shown, decisions=()).sentence.text == item.text
