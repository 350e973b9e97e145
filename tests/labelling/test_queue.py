"""The order of sentences: what each is for, what is mixed in, and that a restart repeats it."""

from __future__ import annotations

import numpy as np
import pytest

from classifier.errors import UsageError
from classifier.labelling.orders import ORDERS, Coverage, margins
from classifier.labelling.queue import Plan, Queue
from classifier.labelling.store import Store
from tests.labelling.conftest import make_items


@pytest.fixture(scope="module")
def pool(corpus):
    """Sentences of the training corpus as items that nobody has labelled."""
    from classifier.labelling.items import Item

    return [Item(e.id, e.document, e.position, e.text) for e in corpus.examples[:150]]


@pytest.fixture
def pool_store(tmp_path, pool, corpus):
    store = Store(tmp_path / "pool.db", corpus.labels)
    store.add(pool)
    yield store
    store.close()


def serve(queue, store, annotator, n, labels=()):
    """Label the next sentences; return their ids and how they came up."""
    served = []
    for _ in range(n):
        with store.reading() as ledger:
            found = queue.next(ledger, annotator)
            if found is None:
                break
            base = ledger.base(found.item.id, annotator)
        store.decide(found.item.id, annotator, labels=labels, base=base, how=found.how)
        served.append((found.item.id, found.how))
    return served


@pytest.mark.parametrize("order", ORDERS)
def test_the_same_seed_gives_the_same_order_also_after_a_restart(
    tmp_path, pool, corpus, predictor, order
):
    runs = []
    for run in ("one", "two"):
        store = Store(tmp_path / f"{run}.db", corpus.labels)
        store.add(pool)
        queue = Queue(pool, Plan(order, seed=3), predictor)
        first = serve(queue, store, "ann", 7)
        if run == "two":  # killed and started again
            queue = Queue(store.items(), Plan(order, seed=3), predictor)
        runs.append(first + serve(queue, store, "ann", 8))
        store.close()
    assert runs[0] == runs[1]
    assert len({sentence for sentence, _ in runs[0]}) == 15


def test_a_document_is_read_in_its_order_whatever_the_order_of_the_sentences(
    tmp_path, pool, corpus, context_predictor
):
    served = []
    for name, items in (("as it is", pool), ("mixed", pool[::2] + pool[1::2])):
        store = Store(tmp_path / f"{name}.db", corpus.labels)
        store.add(items)
        queue = Queue(items, Plan("uncertain", seed=3, random_share=0.0), context_predictor)
        served.append(serve(queue, store, "ann", 12))
        store.close()
    assert served[0] == served[1]


def test_another_seed_gives_another_order(pool_store, pool):
    with pool_store.reading() as ledger:
        first = [Queue(pool, Plan(seed=seed)).next(ledger, "ann").item.id for seed in range(6)]
    assert len(set(first)) > 3


@pytest.mark.parametrize(("share", "expected"), [(0.0, 0), (0.2, 4), (0.5, 10), (1.0, 20)])
def test_the_random_share_is_mixed_in_and_recorded(pool_store, pool, predictor, share, expected):
    queue = Queue(pool, Plan("uncertain", random_share=share), predictor)
    served = serve(queue, pool_store, "ann", 20)
    assert sum(how == "random" for _, how in served) == expected
    assert [d.how for d in pool_store.log()] == [how for _, how in served]


def test_uncertain_takes_the_labels_in_turn_nearest_to_the_threshold(pool_store, pool, predictor):
    queue = Queue(pool, Plan("uncertain", random_share=0), predictor)
    served = [sentence for sentence, _ in serve(queue, pool_store, "ann", 4)]
    texts = [item.text for item in pool]
    distances = margins(predictor, predictor.predict_proba(texts))
    taken: set[str] = set()
    for label, sentence in enumerate(served):
        rows = [
            r for r in np.argsort(distances[:, label], kind="stable") if pool[r].id not in taken
        ]
        assert pool[rows[0]].id == sentence
        taken.add(sentence)


def test_the_margin_of_a_label_is_zero_at_its_threshold(predictor):
    bounds = np.array([list(predictor.thresholds.values())])
    assert np.allclose(margins(predictor, bounds), 0, atol=1e-9)


def test_the_margin_of_exclusive_labels_is_to_the_best_other(predictors):
    three = predictors["three"]
    found = margins(three, np.array([[0.5, 0.25, 0.25]]))
    assert np.allclose(found, [[np.log(2)] * 3])


def test_rare_first_finds_more_of_the_rarest_label_than_chance(pool_store, pool, predictor, corpus):
    truth = {e.id: e.labels for e in corpus.examples}
    names = corpus.labels.names
    rarest = min(names, key=lambda n: sum(n in truth[item.id] for item in pool))
    queue = Queue(pool, Plan("rare", random_share=0), predictor)
    hits = 0
    for _ in range(12):
        with pool_store.reading() as ledger:
            found = queue.next(ledger, "ann")
        pool_store.decide(found.item.id, "ann", labels=truth[found.item.id], base=0)
        hits += rarest in truth[found.item.id]
    share = sum(rarest in truth[item.id] for item in pool) / len(pool)
    assert hits / 12 > 1.5 * share


def test_diverse_covers_the_pool_better_than_chance(pool_store, pool, predictor):
    queue = Queue(pool, Plan("diverse", random_share=0), predictor)
    chosen = {sentence for sentence, _ in serve(queue, pool_store, "ann", 15)}
    rows = {row for row, item in enumerate(pool) if item.id in chosen}

    def worst(rows):
        coverage = Coverage(predictor.model, [item.text for item in pool])
        coverage.take(set(rows))
        return coverage._nearest.min()

    rng = np.random.default_rng(0)
    by_chance = [worst(rng.choice(len(pool), 15, replace=False).tolist()) for _ in range(20)]
    assert worst(rows) > np.mean(by_chance)


def test_coverage_forgets_what_was_undone(pool, predictor):
    coverage = Coverage(predictor.model, [item.text for item in pool])
    coverage.take({1, 2})
    before = coverage._nearest.copy()
    coverage.take({1, 2, 9})
    coverage.take({1, 2})
    assert np.allclose(coverage._nearest, before)


def test_near_duplicates_of_labelled_sentences_are_skipped(tmp_path, labels):
    from classifier.labelling.items import Item

    text = "The council of Velmar said that it would close the northern gate on Monday"
    items = [
        Item("a", "one", 0, f"{text}."),
        Item("b", "two", 0, f"{text} night."),
        Item("c", "three", 0, "Rain."),
        Item("d", "four", 0, "rain."),
    ]
    store = Store(tmp_path / "x.db", labels)
    store.add(items)
    served = [s for s, _ in serve(Queue(items, Plan()), store, "ann", 10)]
    assert len(served) == 2
    assert len({"a", "b"} & set(served)) == 1
    assert len({"c", "d"} & set(served)) == 1
    store.undo("ann")
    assert len(serve(Queue(items, Plan()), store, "ann", 10)) == 1
    store.close()


def test_near_duplicates_of_the_training_data_are_skipped(store):
    items = store.items()
    queue = Queue(items, Plan(), known=[items[0].text, items[1].text.upper(), "Something else."])
    served = [s for s, _ in serve(queue, store, "ann", 200)]
    assert queue.duplicates() >= 2
    assert not {items[0].id, items[1].id} & set(served)


def test_what_is_shared_goes_to_everybody_and_the_rest_to_one(tmp_path, pool, corpus):
    store = Store(tmp_path / "x.db", corpus.labels)
    store.add(pool)
    queue = Queue(pool, Plan(overlap=0.3))
    ann = {s for s, _ in serve(queue, store, "ann", 200)}
    bob = {s for s, _ in serve(queue, store, "bob", 200)}
    store.close()
    assert bob < ann
    assert 0.15 < len(bob) / len(ann) < 0.45


def test_what_was_settled_is_not_asked_again(store):
    queue = Queue(store.items(), Plan(overlap=1))
    with store.reading() as ledger:
        first = queue.next(ledger, "bob").item.id
    store.decide(first, "ann", "flag", base=0)
    store.decide(first, "cem", labels=["threat"], base=0, resolution=True)
    with store.reading() as ledger:
        assert queue.next(ledger, "bob").item.id != first


def test_a_skipped_sentence_is_left_to_others(store):
    queue = Queue(store.items(), Plan(overlap=0))
    with store.reading() as ledger:
        first = queue.next(ledger, "ann").item.id
    store.decide(first, "ann", "skip", base=0)
    with store.reading() as ledger:
        assert queue.next(ledger, "ann").item.id != first
        assert queue.next(ledger, "bob").item.id == first


def test_the_random_sample_is_the_beginning_of_the_shuffled_order(pool_store, pool, predictor):
    queue = Queue(pool, Plan("uncertain", random_share=0.5), predictor)
    serve(queue, pool_store, "ann", 40)
    shuffled = [pool[row].id for row in queue._shuffled]
    with pool_store.reading() as ledger:
        sample = queue.random_sample(ledger)
        decided = set(ledger.sentences())
    # Nothing that was passed over, and all that the model had picked from there as well.
    assert 20 <= len(sample) < 40
    opened = [s for s in shuffled if s in decided]
    assert sample == opened[: len(sample)]


def test_left_counts_what_comes_after(store):
    queue = Queue(store.items(), Plan())
    lefts = []
    while True:
        with store.reading() as ledger:
            found = queue.next(ledger, "ann")
        if found is None:
            break
        lefts.append(found.left)
        store.decide(found.item.id, "ann", "skip", base=0)
    assert lefts == list(range(len(make_items()) - 1, -1, -1))


@pytest.mark.parametrize("order", ["uncertain", "diverse", "rare"])
def test_an_order_by_a_model_needs_one(order):
    with pytest.raises(UsageError, match="needs a model"):
        Queue(make_items(), Plan(order))


@pytest.mark.parametrize(
    "plan",
    [{"order": "best"}, {"random_share": 1.2}, {"overlap": -1}, {"random_share": float("nan")}],
)
def test_plans_that_cannot_work_are_refused(plan):
    with pytest.raises(UsageError):
        Plan(**plan)


def test_another_model_changes_the_order_and_not_what_is_skipped(pool_store, pool, predictor):
    plain = Queue(pool, Plan(), known=[pool[0].text])
    ranked = plain.reordered(Plan("uncertain", random_share=0), predictor)
    fresh = Queue(pool, Plan("uncertain", random_share=0), predictor, [pool[0].text])
    with pool_store.reading() as ledger:
        found = [queue.next(ledger, "ann") for queue in (ranked, fresh)]
        assert plain.next(ledger, "ann").how == "random"
    assert found[0] == found[1]
    assert ranked.duplicates() == plain.duplicates() > 0


def test_an_empty_pool_has_nothing_to_serve(tmp_path, labels, predictor):
    store = Store(tmp_path / "x.db", labels)
    with store.reading() as ledger:
        assert Queue([], Plan("uncertain"), predictor).next(ledger, "ann") is None
    store.close()
