"""Sentences of the field set are kept out of training, without their texts."""

from __future__ import annotations

import hashlib
from typing import TYPE_CHECKING

import orjson
import pytest

from classifier.corpus.field import NAME, FieldSet, refuse_field_sentences
from classifier.corpus.read import read_corpus
from classifier.corpus.records import Reference
from classifier.corpus.shingles import five_grams
from classifier.errors import InputError

if TYPE_CHECKING:
    from pathlib import Path

# Made up, as every sentence here: the real ones are not in the project.
KNOWN = "Nine barges lay burning off the salt quay of Velmar when the pilots came home at dawn."
SHORT = "The quay burned."
OTHER = "The choir of the valley sang twice at the harvest fair and went home by cart."


def row(name: str, text: str, start: int = 100) -> dict:
    return {
        "id": name,
        "reference": {
            "repository": "owner/name",
            "commit": "c0ffee",
            "path": "news.csv",
            "start": start,
            "end": start + len(text),
            "sha256": hashlib.sha256(text.encode()).hexdigest(),
        },
        "five_grams": [f"{gram:012x}" for gram in sorted(five_grams(text))],
    }


ROWS = (row("g1", KNOWN), row("g2", SHORT, start=500))


@pytest.fixture(scope="module")
def field() -> FieldSet:
    return FieldSet(ROWS)


@pytest.mark.parametrize(
    ("text", "name"), [(KNOWN, "g1"), (SHORT, "g2"), (f" {KNOWN.replace(' ', chr(10))}\t", "g1")]
)
def test_a_known_sentence_is_known_by_its_checksum(field, text, name) -> None:
    assert field.match(text) == f"is {name} of the field set"


def reference(start: int, end: int, **fields: str) -> Reference:
    place = {"repository": "owner/name", "commit": "c0ffee", "path": "news.csv"} | fields
    return Reference(start=start, end=end, sha256="0", **place)


@pytest.mark.parametrize(("start", "end"), [(0, 101), (120, 130), (100 + len(KNOWN) - 1, 400)])
def test_an_overlapping_slice_is_known(field, start, end) -> None:
    assert field.match(OTHER, reference(start, end)) == ("overlaps g1 of the field set in news.csv")


@pytest.mark.parametrize(
    "place",
    [
        reference(0, 100),
        reference(100 + len(KNOWN), 500),
        reference(100, 120, commit="other"),
        reference(100, 120, path="other.csv"),
        reference(100, 120, repository="other/name"),
    ],
)
def test_a_slice_beside_it_or_of_another_file_is_not(field, place) -> None:
    assert field.match(OTHER, place) is None


WORDS = KNOWN.lower().strip(".").split()
GRAMS = len(WORDS) - 4


@pytest.mark.parametrize(
    "text",
    [
        KNOWN.upper(),
        f"Reporters said that {KNOWN.lower()}",
        " ".join(WORDS[: (GRAMS + 1) // 2 + 4]) + " " + OTHER,
        " ".join(WORDS[3:10]),
    ],
)
def test_half_of_the_five_grams_make_a_near_duplicate(field, text) -> None:
    assert field.match(text) == "is a near-duplicate of g1 of the field set"


def test_the_half_is_of_the_shorter_sentence(field) -> None:
    longer = OTHER + " " + " ".join(WORDS[: 4 + (GRAMS - 1) // 2])
    assert len(five_grams(longer)) > GRAMS
    assert field.match(longer) is None


@pytest.mark.parametrize("text", [OTHER, "The quay burned again.", " ".join(WORDS[:5]), ""])
def test_an_unrelated_sentence_passes(field, text) -> None:
    assert field.match(text) is None


def test_one_common_five_gram_is_never_enough(field) -> None:
    short = FieldSet((row("g3", "nine barges lay burning off"),))
    assert short.match("Nine barges lay burning off the coast.") is None


def test_a_refusal_counts_and_names_sentences(field) -> None:
    sentences = [("a", OTHER, None), ("b", KNOWN, None), ("c", OTHER, reference(90, 110))]
    with pytest.raises(InputError) as caught:
        refuse_field_sentences(sentences, field)
    assert str(caught.value) == (
        "2 sentences belong to the field set, which is for measuring only; take them out of the "
        "training data: b is g1 of the field set; c overlaps g1 of the field set in news.csv"
    )


def test_only_the_first_five_are_named(field) -> None:
    with pytest.raises(InputError) as caught:
        refuse_field_sentences([(f"s{i}", KNOWN, None) for i in range(9)], field)
    assert str(caught.value).startswith("9 sentences")
    assert "s4 is" in str(caught.value)
    assert "s5" not in str(caught.value)


def test_clean_sentences_are_not_refused(field) -> None:
    refuse_field_sentences([("a", OTHER, reference(0, 50)), ("b", "It rained.", None)], field)
    refuse_field_sentences([("a", KNOWN, None)], FieldSet(()))


def test_a_missing_file_is_an_empty_field_set(tmp_path: Path) -> None:
    assert FieldSet.load(tmp_path / NAME) == FieldSet(())


@pytest.fixture
def planted(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The shipped data is a field set of two made-up sentences."""
    (tmp_path / NAME).write_bytes(b"".join(orjson.dumps(r) + b"\n" for r in ROWS))
    monkeypatch.setattr("classifier.shipped.data", lambda: tmp_path)
    return tmp_path


def test_a_written_field_set_is_the_same_one(planted: Path) -> None:
    assert FieldSet.load() == FieldSet(ROWS)


def test_a_corpus_for_training_is_refused_and_one_for_reading_is_not(planted: Path) -> None:
    path = planted / "mine.jsonl"
    lines = [
        {"id": "x", "text": KNOWN, "labels": ["battle"]},
        {"id": "y", "text": OTHER, "labels": []},
    ]
    path.write_bytes(b"".join(orjson.dumps(line) + b"\n" for line in lines))
    with pytest.raises(InputError, match=r"1 sentences belong to the field set.* x is g1"):
        read_corpus([path], training=True)
    assert len(read_corpus([path]).examples) == 2


def test_the_shipped_guard_is_whole() -> None:
    shipped = FieldSet.load()
    assert len(shipped.rows) == len({r["id"] for r in shipped.rows}) == 611
    assert all("text" not in r for r in shipped.rows)
    # Each row guards its own slice, whatever text comes with it.
    for r in shipped.rows[::50]:
        place = r["reference"]
        inside = Reference(
            place["path"], place["start"], place["end"], "0", place["repository"], place["commit"]
        )
        assert "of the field set" in (shipped.match(OTHER, inside) or "")
    assert shipped.match(OTHER) is None
