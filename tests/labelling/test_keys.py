from __future__ import annotations

from classifier.corpus.labels import parse_label_set
from classifier.labelling.keys import RESERVED, label_keys


def keys(*entries):
    return label_keys(parse_label_set({"labels": list(entries)}, "here"))


def test_nine_labels_have_the_digits_and_more_have_letters():
    found = keys(*(f"label{n}" for n in range(30)))
    assert list(found)[:9] == list("123456789")
    assert len(found) == 30
    assert not set(found) & RESERVED


def test_a_label_keeps_the_key_of_its_label_set_unless_it_means_something_else():
    found = keys({"name": "threat", "key": "t"}, {"name": "offer", "key": "q"}, "news")
    assert found["t"] == "threat"
    assert "q" not in found
    assert set(found.values()) == {"threat", "offer", "news"}


def test_no_two_labels_share_a_key():
    found = keys({"name": "a", "key": ""}, {"name": "b", "key": "1"}, {"name": "c", "key": ""})
    assert found["1"] == "b"
    assert len(found) == 3
