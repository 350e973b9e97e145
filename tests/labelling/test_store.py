"""A decision that was made is there for good, and nobody overwrites another's."""

from __future__ import annotations

import os
import signal
import sqlite3
import subprocess
import sys
import threading
from dataclasses import replace
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from classifier.corpus.labels import parse_label_set
from classifier.errors import InputError, UsageError
from classifier.labelling.items import Item
from classifier.labelling.ledger import Ledger
from classifier.labelling.store import ConflictError, Store
from tests.labelling.conftest import EXCLUSIVE, LABELS, make_items

FIRST = "Velmar-00"


def test_a_decision_is_there_after_the_file_was_opened_again(store):
    store.decide(FIRST, "ann", labels=["offer", "threat"], base=0, how="random")
    other = Store(store.path)
    with other.reading() as ledger:
        view = ledger.view(FIRST, "ann")
    other.close()
    assert (view.labels, view.how, view.kind) == (("threat", "offer"), "random", "labels")


CHILD = """
import os, sys
from pathlib import Path
from classifier.labelling.store import Store
store = Store(Path(sys.argv[1]))
for item in store.items():
    store.decide(item.id, "ann", labels=["threat"], base=0)
    sys.stdout.write(item.id + "\\n")
    sys.stdout.flush()
    sys.stdin.readline()
"""


def test_a_kill_loses_nothing_that_was_said_to_be_written(store):
    child = subprocess.Popen(
        [sys.executable, "-c", CHILD, store.path],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
    )
    told = []
    for _ in range(7):
        told.append(child.stdout.readline().strip())
        child.stdin.write("\n")
        child.stdin.flush()
    told.append(child.stdout.readline().strip())
    os.kill(child.pid, signal.SIGKILL)
    child.communicate()
    with store.reading() as ledger:
        assert set(told) <= set(ledger.sentences())
    assert store._db.execute("PRAGMA integrity_check").fetchone() == ("ok",)


def test_the_file_is_written_through(store):
    assert store._db.execute("PRAGMA synchronous").fetchone() == (2,)
    assert store._db.execute("PRAGMA journal_mode").fetchone() == ("wal",)


def test_the_second_of_two_windows_is_told_and_changes_nothing(store):
    store.decide(FIRST, "ann", labels=["threat"], base=0, session="one")
    with pytest.raises(ConflictError, match="another window"):
        store.decide(FIRST, "ann", labels=["offer"], base=0, session="two")
    with store.reading() as ledger:
        assert ledger.view(FIRST, "ann").labels == ("threat",)
    assert len(store.log()) == 1


def test_the_same_decision_sent_twice_is_written_once(store):
    one = store.decide(FIRST, "ann", labels=["threat"], base=0, session="one")
    assert store.decide(FIRST, "ann", labels=["threat"], base=0, session="one") == one
    assert len(store.log()) == 1


def test_annotators_do_not_touch_each_other(store):
    store.decide(FIRST, "ann", labels=["threat"], base=0)
    store.decide(FIRST, "bob", labels=["offer"], base=0)
    with store.reading() as ledger:
        assert ledger.labelled(FIRST) == {"ann": ("threat",), "bob": ("offer",)}
        assert ledger.resolved(FIRST) is None
        assert ledger.in_dispute() == [FIRST]


def test_many_threads_of_two_stores_lose_nothing_and_write_nothing_twice(store):
    other = Store(store.path)
    items = store.items()[:10]
    conflicts = []

    def work(one: Store, name: str) -> None:
        for item in items:
            try:
                one.decide(item.id, name, labels=["threat"], base=0, session=str(id(one)))
            except ConflictError:
                conflicts.append(item.id)

    jobs = [(s, name) for s in (store, other) for name in ("ann", "bob")]
    threads = [threading.Thread(target=work, args=job) for job in jobs]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    other.close()
    log = store.log()
    assert len(log) == 20
    assert len(conflicts) == 20
    assert len({(d.sentence, d.annotator) for d in log}) == 20


def test_undo_goes_back_one_by_one_and_keeps_the_log(store):
    one = store.decide(FIRST, "ann", labels=["threat"], base=0)
    store.decide("Velmar-01", "ann", labels=["offer"], base=0)
    store.decide(FIRST, "ann", labels=[], base=one.number)
    assert store.undo("ann").sentence == FIRST
    with store.reading() as ledger:
        assert ledger.view(FIRST, "ann").labels == ("threat",)
    assert store.undo("ann").sentence == "Velmar-01"
    assert store.undo("ann").sentence == FIRST
    assert store.undo("ann") is None
    assert [d.kind for d in store.log()].count("undo") == 3
    with store.reading() as ledger:
        assert list(ledger.sentences()) == []
        base = ledger.base(FIRST, "ann")
    store.decide(FIRST, "ann", labels=["offer"], base=base)
    with store.reading() as ledger:
        assert ledger.view(FIRST, "ann").labels == ("offer",)


def test_one_annotator_does_not_undo_another(store):
    store.decide(FIRST, "ann", labels=["threat"], base=0)
    assert store.undo("bob") is None


def test_a_resolution_settles_and_two_resolvers_do_not_collide(store):
    store.decide(FIRST, "ann", labels=["threat"], base=0)
    store.decide(FIRST, "bob", labels=["offer"], base=0)
    store.decide(FIRST, "cem", labels=["threat", "offer"], base=0, resolution=True)
    with pytest.raises(ConflictError):
        store.decide(FIRST, "dora", labels=[], base=0, resolution=True)
    with store.reading() as ledger:
        assert ledger.resolved(FIRST) == ("threat", "offer")
        assert ledger.in_dispute() == []
        assert ledger.annotators() == ["ann", "bob"]


def test_a_flag_waits_for_a_second_look_and_a_skip_does_not(store):
    store.decide(FIRST, "ann", "flag", base=0, comment="  who is  they? ")
    store.decide("Velmar-01", "ann", "skip", base=0)
    with store.reading() as ledger:
        assert ledger.in_dispute() == [FIRST]
        assert ledger.view(FIRST, "ann").comment == "who is they?"
        assert ledger.resolved("Velmar-01") is None
    # What waits does not hold, even if all who labelled it agree.
    store.decide(FIRST, "bob", labels=["threat"], base=0)
    with store.reading() as ledger:
        assert ledger.in_dispute() == [FIRST]
        assert ledger.resolved(FIRST) is None
    store.decide(FIRST, "cem", labels=["threat"], base=0, resolution=True)
    with store.reading() as ledger:
        assert ledger.resolved(FIRST) == ("threat",)


def test_rows_can_be_neither_changed_nor_removed(store):
    store.decide(FIRST, "ann", labels=["threat"], base=0)
    for statement in ("UPDATE decisions SET labels = '[]'", "DELETE FROM decisions"):
        with pytest.raises(sqlite3.IntegrityError, match="never"):
            store._db.execute(statement)


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        ({"labels": ["nonsense"]}, "no label 'nonsense'"),
        ({"kind": "undo"}, "expected labels, skip or flag"),
        ({"annotator": "  "}, "expected a name"),
        ({"annotator": "a\x1bb"}, "expected a name"),
        ({"sentence": "no"}, "no sentence 'no'"),
        ({"comment": "x" * 2_001}, "at most 2,000"),
        ({"base": 3}, "nothing was decided"),
        ({"how": "by the moon"}, "expected one of random"),
    ],
)
def test_what_makes_no_sense_is_refused(store, arguments, said):
    with pytest.raises(UsageError, match=said):
        store.decide(**{"sentence": FIRST, "annotator": "ann", "base": 0} | arguments)
    assert store.log() == []


def test_exclusive_labels_take_exactly_one(tmp_path):
    store = Store(tmp_path / "x.db", EXCLUSIVE)
    store.add(make_items()[:1])
    for chosen in ([], ["good", "bad"]):
        with pytest.raises(UsageError, match="exactly one"):
            store.decide(FIRST, "ann", labels=chosen, base=0)
    assert store.decide(FIRST, "ann", labels=["bad"], base=0).labels == ("bad",)
    store.close()


def test_the_same_sentences_are_added_once_and_changed_ones_refused(store):
    items = make_items()
    assert store.add(items) == 0
    assert len(store.items()) == len(items)
    assert store.items()[3] == items[3]
    with pytest.raises(InputError, match="another text"):
        store.add([Item("new", "d", 0, "A new one."), Item(FIRST, "d", 0, "Other words.")])
    assert len(store.items()) == len(items)


def test_labels_may_be_added_to_a_store_and_not_taken_away(store):
    more = parse_label_set({"labels": ["threat", "offer", "appeal"]}, "here")
    Store(store.path, more).close()
    again = Store(store.path)
    assert again.labels.names == ("threat", "offer", "appeal")
    again.close()
    with pytest.raises(UsageError, match="lacks 'appeal'"):
        Store(store.path, LABELS)


def test_whether_a_sentence_needs_a_label_may_change_while_no_answer_is_against_it(store):
    needed = replace(LABELS, at_least_one=True)
    store.decide(FIRST, "ann", labels=["offer"], base=0)
    for labels in (needed, LABELS, needed):
        Store(store.path, labels).close()
        again = Store(store.path)
        assert again.labels == labels
        again.close()
    Store(store.path, LABELS).close()
    store.decide(store.items()[1].id, "ann", labels=[], base=0)
    with pytest.raises(UsageError, match='says "at_least_one", and 1 decisions gave no label'):
        Store(store.path, needed)
    with pytest.raises(UsageError, match="is exclusive where it was not"):
        Store(store.path, replace(LABELS, exclusive=True))


@pytest.mark.parametrize("content", [b"not a database at all, but long enough to be one" * 40])
def test_a_file_that_is_no_store_is_one_clear_error(tmp_path, content):
    path = tmp_path / "x.db"
    path.write_bytes(content)
    with pytest.raises(InputError, match="not a database"):
        Store(path, LABELS)
    assert path.read_bytes() == content


def test_a_database_of_another_program_is_left_alone(tmp_path):
    path = tmp_path / "x.db"
    with sqlite3.connect(path) as db:
        db.execute("CREATE TABLE birds (name TEXT)")
    db.close()
    with pytest.raises(InputError, match="something else"):
        Store(path, LABELS)


def test_a_new_store_needs_labels(tmp_path):
    with pytest.raises(UsageError, match="needs a label set"):
        Store(tmp_path / "x.db")


STEPS = st.lists(
    st.tuples(
        st.sampled_from(["ann", "bob"]),
        st.sampled_from(["label", "undo"]),
        st.integers(0, 2),
        st.sampled_from([(), ("threat",), ("threat", "offer")]),
    ),
    max_size=25,
)


@settings(max_examples=30)
@given(STEPS)
def test_playing_back_the_log_gives_what_a_list_of_undos_gives(tmp_path_factory, steps):
    store = Store(Path(tmp_path_factory.mktemp("log")) / "x.db", LABELS)
    store._db.execute("PRAGMA synchronous = OFF")  # durability is looked at elsewhere
    store.add(make_items()[:3])
    done = {"ann": [], "bob": []}
    for who, what, place, given_labels in steps:
        sentence = f"Velmar-{place:02}"
        if what == "undo":
            undone = store.undo(who)
            expected = done[who].pop() if done[who] else None
            assert (undone and (undone.sentence, undone.labels)) == expected
        else:
            with store.reading() as ledger:
                base = ledger.base(sentence, who)
            store.decide(sentence, who, labels=given_labels, base=base)
            done[who].append((sentence, given_labels))
    again = Ledger()
    for decision in store.log():
        again.feed(decision)
    with store.reading() as ledger:
        for who, made in done.items():
            last = dict(made)
            assert {d.sentence: d.labels for d in ledger.decisions(who)} == last
            assert {d.sentence: d.labels for d in again.decisions(who)} == last
    store.close()
