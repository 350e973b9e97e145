"""Articles without labels become sentences to learn from: each once, none that is known."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

import orjson
import pytest

from classifier.corpus.field import FieldSet
from classifier.errors import InputError
from classifier.model.unlabelled import with_teacher, with_unlabelled
from classifier.schema import Unlabelled
from tests.corpus.test_field import KNOWN, ROWS
from tests.model.test_train import invented

if TYPE_CHECKING:
    from pathlib import Path

SHELLED = "Gunners shelled the ford again."
TALKS = "Both sides will talk in the capital."


@pytest.fixture
def corpus():
    return invented([SHELLED, "The mill is open."], [["attack"], []], ["a", "b"])


def article(path: Path, *sentences: str) -> str:
    path.write_text("\n".join(sentences))
    return str(path)


def test_sentences_come_once_and_sorted_whatever_the_order(corpus, tmp_path) -> None:
    one = article(tmp_path / "1.txt", TALKS, "The road was mined at night.", TALKS.upper())
    two = article(tmp_path / "2.txt", "Nobody was hurt in the raid.", TALKS)
    found = with_unlabelled(corpus, [one, two], print)
    assert {s.text for s in found.unlabelled} == {
        TALKS.upper(), "The road was mined at night.", "Nobody was hurt in the raid."
    }  # fmt: skip
    assert with_unlabelled(corpus, [str(tmp_path)], print) == found
    assert found.fingerprint != corpus.fingerprint
    assert found.examples == corpus.examples


def test_what_is_labelled_and_what_is_short_is_left_out(corpus, tmp_path) -> None:
    path = article(tmp_path / "1.txt", SHELLED.upper(), "No comment.", TALKS)
    assert with_unlabelled(corpus, [path], print).unlabelled == (Unlabelled(TALKS),)


def test_the_field_set_is_left_out_and_said(corpus, tmp_path, monkeypatch) -> None:
    monkeypatch.setattr(FieldSet, "load", classmethod(lambda _: FieldSet(ROWS)))
    path, said = article(tmp_path / "1.txt", KNOWN, TALKS), []
    assert with_unlabelled(corpus, [path], said.append).unlabelled == (Unlabelled(TALKS),)
    assert said == ["1 sentences belong to the field set, which is for measuring: left out"]


def test_of_too_many_the_same_ones_stay_in_any_order(corpus, tmp_path) -> None:
    lines = [f"The {i} boats lay at the quay" for i in range(40)]
    one, said = article(tmp_path / "1.txt", *lines), []
    two = article(tmp_path / "2.txt", *lines[::-1])
    found = with_unlabelled(corpus, [one], said.append, limit=7)
    assert len(found.unlabelled) == 7
    assert found.unlabelled == with_unlabelled(corpus, [two], print, limit=7).unlabelled
    assert said == ["more than 7 sentences without labels: 7 of them are learnt from"]


def test_nothing_to_learn_from_is_an_error(corpus, tmp_path) -> None:
    path = article(tmp_path / "1.txt", SHELLED, "No comment.")
    with pytest.raises(InputError, match=r"1\.txt: no sentence of 4 words or more that is not"):
        with_unlabelled(corpus, [path], print)


def test_what_cannot_be_read_is_told_and_the_rest_is_read(corpus, tmp_path) -> None:
    path, told = article(tmp_path / "1.txt", TALKS), []
    gone = str(tmp_path / "gone.txt")
    assert with_unlabelled(corpus, [gone, path], print, told.append).unlabelled == (
        Unlabelled(TALKS),
    )
    assert [type(error) for error in told] == [InputError]
    with pytest.raises(InputError, match="gone"):
        with_unlabelled(corpus, [gone, path], print)


def rows(path: Path, *values: object) -> Path:
    path.write_bytes(b"\n".join(orjson.dumps(value) for value in values))
    return path


def test_a_teacher_gives_probabilities_in_the_order_of_the_labels(corpus, tmp_path) -> None:
    path = rows(
        tmp_path / "t.jsonl",
        {"text": f" {TALKS} ", "probabilities": {"other": 1, "attack": 0.25}, "model": "any"},
        {"text": SHELLED, "probabilities": {"attack": 1}},
    )
    found = with_teacher(corpus, path, print)
    assert found.unlabelled == (Unlabelled(TALKS, (0.25,)),)
    assert found.fingerprint != corpus.fingerprint


def test_articles_and_a_teacher_stand_beside_each_other(corpus, tmp_path) -> None:
    news = article(tmp_path / "1.txt", TALKS, "The road was mined at night.")
    sure = {"probabilities": {"attack": 0.9}}
    third = "A third text of the teacher."
    path = rows(tmp_path / "t.jsonl", {"text": TALKS, **sure}, {"text": third, **sure})
    both = with_unlabelled(with_teacher(corpus, path, print), [news], print)
    assert {s.text: s.probabilities for s in both.unlabelled} == {
        TALKS: (0.9,), third: (0.9,), "The road was mined at night.": ()
    }  # fmt: skip


@pytest.mark.parametrize(
    ("value", "said"),
    [
        ([], "line 1: expected an object with a text and its probabilities by label"),
        ({"text": TALKS}, "line 1: expected an object with a text and its probabilities"),
        ({"text": 1, "probabilities": {"attack": 1}}, "line 1: expected an object with a text"),
        ({"text": TALKS, "probabilities": {}}, "found None for 'attack', expected a number from 0"),
        ({"text": TALKS, "probabilities": {"attack": 1.5}}, "found 1.5 for 'attack'"),
        ({"text": TALKS, "probabilities": {"attack": True}}, "found True for 'attack'"),
    ],
)
def test_a_row_of_a_teacher_that_is_none_is_named(corpus, tmp_path, value, said) -> None:
    with pytest.raises(InputError, match=re.escape(said)):
        with_teacher(corpus, rows(tmp_path / "t.jsonl", value), print)
