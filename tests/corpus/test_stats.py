"""What a corpus holds is counted right."""

from __future__ import annotations

import pytest

from classifier.corpus.stats import corpus_stats, repetition
from classifier.schema import Example, Label, LabelSet

SET = LabelSet((Label("threat"), Label("offer"), Label("never")))
LONG = "the old ford below the mill was shut by the second flood"


def example(name: str, text: str, labels: tuple[str, ...] = (), **fields: str) -> Example:
    return Example(name, fields.pop("document", name), 0, text, labels, **fields)


ROWS = [
    example("1", "It rained.", ("threat",), document="a", theatre="hills", date="1931-05-01"),
    example("2", LONG, ("threat", "offer"), document="a", theatre="hills", date="1931-06-01"),
    example("3", f"{LONG} again", (), document="b", theatre="coast", origin="real", genre="wire"),
]


@pytest.fixture(scope="module")
def found() -> dict:
    return corpus_stats(ROWS, SET)


def test_sentences_documents_and_labels_are_counted(found: dict) -> None:
    assert (found["sentences"], found["documents"], found["none"]) == (3, 2, 1)
    assert found["labels"] == {"threat": 2, "offer": 1, "never": 0}
    assert found["origins"] == {"": 2, "real": 1}
    assert found["genres"] == {"": 2, "wire": 1}
    assert found["years"] == {"": 1, "1931": 2}


def test_labels_that_stand_together_are_counted_for_each_pair(found: dict) -> None:
    assert found["together"] == {"threat + offer": 1, "threat + never": 0, "offer + never": 0}


def test_theatres_come_largest_first(found: dict) -> None:
    assert list(found["theatres"]) == ["hills", "coast"]
    assert found["theatres"]["hills"] == {
        "sentences": 2, "threat": 2, "offer": 1, "never": 0, "none": 0
    }  # fmt: skip
    assert found["theatres"]["coast"]["none"] == 1


def test_lengths_are_in_words(found: dict) -> None:
    assert found["words"] == {"mean": pytest.approx((2 + 12 + 13) / 3), "min": 2, "max": 13}


def test_near_duplicates_between_documents_are_leaks(found: dict) -> None:
    assert found["leaks"] == [("2", "3", 0.91)]
    same = [ROWS[1], example("4", f"{LONG} again", document="a")]
    assert corpus_stats(same, SET)["leaks"] == []


def test_each_origin_is_measured_by_itself(found: dict) -> None:
    assert found["repetition"][""]["near_duplicates"] == 0
    assert found["repetition"]["real"]["word_forms"] == 11


def test_repetition_of_known_texts() -> None:
    one = repetition(["A b c d e.", "a B c d f", "x"])
    assert one.distinct_4grams == 3 / 4
    assert (one.commonest_opening, one.opening_count) == ("a b c d", 2)
    assert one.word_forms == 7
    assert one.near_duplicates == 0
    assert repetition([LONG, LONG]).near_duplicates == 1


def test_equally_common_openings_are_told_by_the_alphabet() -> None:
    assert repetition(["b b b b", "a a a a"]).commonest_opening == "a a a a"


def test_short_texts_repeat_nothing() -> None:
    nothing = repetition(["It rained."])
    assert nothing.distinct_4grams == 0
    assert (nothing.commonest_opening, nothing.opening_count) == ("", 0)
