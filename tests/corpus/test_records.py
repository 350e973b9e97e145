"""One row of a labelled file: checked field by field."""

from __future__ import annotations

import hashlib
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from classifier.corpus.records import MAX_TEXT, Record, Reference, parse_record, parse_reference
from classifier.errors import InputError

SHA = hashlib.sha256(b"The ford is shut.").hexdigest()
REFERENCE = {"path": "a.txt", "start": 0, "end": 17, "sha256": SHA}
ROW = {"id": "a-1", "document": "a", "text": "The ford is shut.", "labels": ["threat"]}
JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False) | st.text(),
    lambda inner: st.lists(inner) | st.dictionaries(st.text(), inner),
    max_leaves=5,
)
FIELDS = ("id", "document", "position", "text", "labels", "reference", "language", "date")


def record(**fields: Any) -> Record:
    return parse_record({**ROW, **fields}, "f.jsonl, line 3", "")


def refusal(**fields: Any) -> str:
    with pytest.raises(InputError) as caught:
        record(**fields)
    place, _, message = str(caught.value).partition(", field ")
    assert place == "f.jsonl, line 3"
    return message


def test_a_whole_row_becomes_a_record() -> None:
    found = record(position=4, annotator="ann", date="1931-05-01", note={"seen": True})
    assert (found.id, found.document, found.position) == ("a-1", "a", 4)
    assert (found.text, found.labels) == ("The ford is shut.", ("threat",))
    assert found.fields == {
        "annotator": "ann",
        "author": "",
        "origin": "",
        "theatre": "",
        "outlet": "",
        "genre": "",
        "language": "en",
        "date": "1931-05-01",
    }
    assert found.extra == {"note": {"seen": True}}
    assert found.where == "f.jsonl, line 3"


def test_white_space_of_a_text_is_folded() -> None:
    assert record(text=" The\r\n ford\u00a0is\tshut. ").text == "The ford is shut."


@given(st.text(st.characters(exclude_categories=["Cs"]), max_size=300))
def test_any_text_is_kept_but_for_its_white_space(text: str) -> None:
    if text.strip():
        assert record(text=text).text.split() == text.split()
    else:
        assert refusal(text=text) == "text: empty, expected a sentence"


def test_a_row_without_id_is_called_after_its_text() -> None:
    first = parse_record({"text": "The ford  is shut."}, "f", "")
    again = parse_record({"text": "The ford is shut. "}, "g", "")
    other = parse_record({"text": "The well is dry."}, "f", "")
    assert first.id == first.document == again.id == SHA[:12]
    assert other.id != first.id


def test_a_row_with_a_reference_only_is_called_after_its_checksum() -> None:
    found = parse_record({"reference": REFERENCE}, "f", "")
    assert found.text == ""
    assert found.id == hashlib.sha256(SHA.encode()).hexdigest()[:12]
    assert found.reference == Reference("a.txt", 0, 17, SHA)


def test_the_default_document_is_for_rows_that_name_none() -> None:
    assert parse_record({"text": "It rained."}, "f", "paper").document == "paper"
    assert parse_record({"text": "It rained.", "document": "a"}, "f", "paper").document == "a"


def test_numbers_may_stand_for_ids() -> None:
    found = record(id=7, document=12)
    assert (found.id, found.document) == ("7", "12")


def test_a_title_stands_above_the_first_sentence() -> None:
    assert record(position="title").position == 0


@pytest.mark.parametrize(("labels", "expected"), [(None, None), ([], ()), (["b", "a"], ("b", "a"))])
def test_not_reviewed_is_told_from_reviewed_and_none(
    labels: list[str] | None, expected: tuple[str, ...] | None
) -> None:
    assert record(labels=labels).labels == expected


def test_a_row_without_labels_is_not_reviewed() -> None:
    assert parse_record({"text": "It rained."}, "f", "").labels is None


@pytest.mark.parametrize(
    ("fields", "message"),
    [
        ({"text": None}, "text: found nothing, expected text"),
        ({"text": 3}, "text: found the number 3, expected text"),
        ({"text": ["a"]}, "text: found an array, expected text"),
        ({"text": " \n"}, "text: empty, expected a sentence"),
        (
            {"text": "ab\ud800"},
            "text: lone surrogate at character 2; the text was decoded wrongly",
        ),
        ({"text": "x" * (MAX_TEXT + 1)}, "text: 200,001 characters, at most 200,000"),
        ({"id": ""}, "id: found '', expected 1 to 200 characters"),
        ({"id": None}, "id: found None, expected 1 to 200 characters"),
        ({"id": True}, "id: found True, expected 1 to 200 characters"),
        ({"id": "a\x1b"}, "id: control character in 'a\\x1b'"),
        ({"document": " "}, "document: found ' ', expected 1 to 200 characters"),
        ({"document": 1.5}, "document: found 1.5, expected 1 to 200 characters"),
        ({"document": "a\n"}, "document: control character in 'a\\n'"),
        ({"position": -1}, "position: found -1, expected a whole number from 0"),
        ({"position": "4"}, "position: found '4', expected a whole number from 0"),
        ({"position": False}, "position: found False, expected a whole number from 0"),
        ({"position": None}, "position: found None, expected a whole number from 0"),
        (
            {"labels": "threat"},
            (
                "labels: found text, expected an array "
                "([] for a sentence that was looked at and has none)"
            ),
        ),
        (
            {"labels": {"threat": 1}},
            (
                "labels: found an object, expected an array "
                "([] for a sentence that was looked at and has none)"
            ),
        ),
        (
            {"labels": ["offer", "red line"]},
            "labels: 'red line' is no name of a label, expected text without spaces or separators",
        ),
        (
            {"labels": [["a"]]},
            "labels: ['a'] is no name of a label, expected text without spaces or separators",
        ),
        ({"labels": ["offer", "offer"]}, "labels: a label stands twice"),
        ({"language": 3}, "language: found the number 3, expected text"),
        ({"date": True}, "date: found true/false, expected text"),
        ({"genre": {}}, "genre: found an object, expected text"),
        ({"theatre": None}, "theatre: found nothing, expected text"),
        ({"reference": "a.txt"}, "reference: found text, expected an object"),
        ({"reference": {**REFERENCE, "path": None}}, "reference.path: expected text"),
        ({"reference": {**REFERENCE, "sha256": 1}}, "reference.sha256: expected text"),
        ({"reference": {**REFERENCE, "commit": 1}}, "reference.commit: expected text"),
        (
            {"reference": {**REFERENCE, "format": "xml"}},
            "reference.format: expected text, csv or json",
        ),
    ],
)
def test_a_wrong_field_is_named_with_what_was_expected(
    fields: dict[str, Any], message: str
) -> None:
    assert refusal(**fields) == message


@pytest.mark.parametrize(
    ("start", "end"), [(None, 3), (0, None), (-1, 3), (3, 3), (4, 3), (0.0, 3), (True, 3), ("0", 3)]
)
def test_a_slice_must_be_a_slice(start: Any, end: Any) -> None:
    found = refusal(reference={**REFERENCE, "start": start, "end": end})
    assert found == "reference: start and end must be 0 <= start < end"


def test_a_text_of_just_the_limit_is_taken() -> None:
    assert len(record(text="x" * MAX_TEXT).text) == MAX_TEXT


def test_a_long_wrong_id_is_not_shown_whole() -> None:
    assert len(refusal(id="x" * 5000)) < 150


@pytest.mark.parametrize(("value", "kind"), [([], "an array"), ("x", "text"), (None, "nothing")])
def test_a_line_that_is_no_object_is_refused(value: object, kind: str) -> None:
    with pytest.raises(InputError) as caught:
        parse_record(value, "f.jsonl, line 3", "")
    assert str(caught.value) == f"f.jsonl, line 3: expected an object, found {kind}"


def test_a_reference_keeps_all_it_says() -> None:
    value = {
        **REFERENCE,
        "repository": "o/r",
        "commit": "c",
        "encoding": "latin-1",
        "format": "csv",
    }
    assert parse_reference(value, "f") == Reference(
        "a.txt", 0, 17, SHA, repository="o/r", commit="c", encoding="latin-1", format="csv"
    )


@given(st.dictionaries(st.sampled_from(FIELDS), JSON))
def test_no_json_object_does_worse_than_an_input_error(fields: dict[str, Any]) -> None:
    try:
        found = parse_record(fields, "f.jsonl, line 3", "")
    except InputError as error:
        message = str(error)
    else:
        message = found.where
        assert found.id
        assert found.document
        assert found.text or found.reference
    assert message.startswith("f.jsonl, line 3")
