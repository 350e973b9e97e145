"""Corrections that a reader left in a file come into the store, once."""

from __future__ import annotations

from dataclasses import replace

import pytest

from classifier.errors import InputError, UsageError
from classifier.labelling.corrections import add_correction, take_corrections
from classifier.labelling.queue import Plan, Queue
from classifier.labelling.store import Store
from classifier.web.corrections import add_correction as keep_in_file
from tests.labelling.conftest import LABELS


def leave(folder, text, labels, **more):
    keep_in_file(
        folder, text=text, labels=labels, document="d1", position=2, context=["Before."],
        title="A title", annotator="ann", comment="no threat", **more,
    )  # fmt: skip


def test_what_the_page_wrote_is_read(store, tmp_path):
    leave(tmp_path, "The mayor offered help.", ["offer"])
    leave(tmp_path, "Rain fell.", [])
    path = tmp_path / "corrections.jsonl"
    assert take_corrections(store, path) == 2
    assert take_corrections(store, path) == 0
    first, second = store.log()
    assert (first.how, first.annotator, first.labels) == ("correction", "ann", ("offer",))
    assert (second.labels, second.comment) == ((), "no threat")
    item = store.item(first.sentence)
    assert (item.headline, item.before, item.position) == ("A title", ("Before.",), 2)


def test_a_file_that_is_given_again_overrules_nothing(store, tmp_path):
    for labels in (["offer"], ["threat"], ["offer"]):
        leave(tmp_path, "The mayor offered help.", labels)
    path = tmp_path / "corrections.jsonl"
    assert take_corrections(store, path) == 3
    last = store.log()[-1]
    assert last.labels == ("offer",)
    store.decide(last.sentence, "ann", labels=["threat"], base=last.number)
    assert take_corrections(store, path) == 0
    leave(tmp_path, "The mayor offered help.", [])
    assert take_corrections(store, path) == 1
    assert store.log()[-1].labels == ()


def test_a_sentence_that_a_correction_brought_is_no_random_sample(store):
    before = len(store.items())
    brought = add_correction(store, "The mayor offered help.", ["offer"], "ann", document="new")
    seen = store.items()[0]
    add_correction(store, seen.text, ["threat"], "ann", document=seen.document)
    for item in store.items()[:before]:
        with store.reading() as ledger:
            base = ledger.base(item.id, "ann")
        store.decide(item.id, "ann", base=base)
    with store.reading() as ledger:
        sample = Queue(store.items(), Plan()).random_sample(ledger)
    assert brought.sentence not in sample
    assert len(sample) >= before


def test_a_label_of_another_model_is_refused(store, tmp_path):
    leave(tmp_path, "The mayor offered help.", ["nonsense"])
    with pytest.raises(InputError, match=r"1: no label 'nonsense'.*take it out"):
        take_corrections(store, tmp_path / "corrections.jsonl")


def test_a_correction_that_the_label_set_does_not_allow_leaves_nothing_behind(tmp_path):
    store = Store(tmp_path / "x.db", replace(LABELS, at_least_one=True))
    with pytest.raises(UsageError, match="expected at least one"):
        add_correction(store, "The mayor offered help.", [], "ann", document="d1")
    assert store.items() == []
    leave(tmp_path, "Rain fell.", [])
    with pytest.raises(InputError, match="expected at least one"):
        take_corrections(store, tmp_path / "corrections.jsonl")
    assert store.items() == []
    store.close()


def test_a_correction_adds_its_sentence_and_says_what_it_is(store):
    given = add_correction(
        store, "The mayor  offered help.", ["offer"], "ann", document="news/1.txt", headline="Help"
    )
    item = store.item(given.sentence)
    assert (item.text, item.headline, given.how) == (
        "The mayor offered help.",
        "Help",
        "correction",
    )
    again = add_correction(store, item.text, ["threat"], "ann", document="news/1.txt")
    assert again.sentence == given.sentence
    with store.reading() as ledger:
        assert ledger.view(item.id, "ann").labels == ("threat",)
