"""Label sets are data: read, checked, inferred, written."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import orjson
import pytest
from hypothesis import given
from hypothesis import strategies as st

from classifier import shipped
from classifier.corpus.labels import (
    infer_label_set,
    label_set_json,
    load_label_set,
    parse_label_set,
    valid_name,
)
from classifier.errors import InputError
from classifier.schema import Label, LabelSet

if TYPE_CHECKING:
    from pathlib import Path

NAMES = st.text("abz09_-", min_size=1, max_size=20)
LABELS = st.builds(
    Label,
    name=NAMES,
    title=st.text(),
    definition=st.text(),
    colour=st.integers(0, 0xFFFFFF).map("#{:06x}".format),
    key=st.just(""),
)


def refusal(value: Any) -> str:
    with pytest.raises(InputError) as caught:
        parse_label_set(value, "set.json")
    return str(caught.value)


@pytest.mark.parametrize("name", ["threat", "red_line", "drohung-ß", "تهدید", "a" * 64])
def test_a_name_may_be_any_word(name: str) -> None:
    assert valid_name(name)


@pytest.mark.parametrize(
    "name",
    [
        "",
        "red line",
        "a,b",
        "a;b",
        "a|b",
        'a"',
        "a'",
        "[a]",
        "{a}",
        "a" * 65,
        "a\x1bb",
        "a\0",
        3,
        None,
    ],
)
def test_a_name_that_would_not_survive_a_table_is_refused(name: object) -> None:
    assert not valid_name(name)


@given(
    st.lists(LABELS, min_size=2, max_size=3, unique_by=lambda label: label.name),
    st.sampled_from([(False, False), (True, False), (False, True)]),
)
def test_a_label_set_comes_back_from_its_json_form(
    labels: list[Label], counts: tuple[bool, bool]
) -> None:
    label_set = LabelSet(tuple(labels), *counts)
    value = orjson.loads(orjson.dumps(label_set_json(label_set)))
    assert parse_label_set(value, "set.json") == label_set


def test_a_label_needs_no_more_than_a_name() -> None:
    label_set = parse_label_set({"labels": ["red_line", {"name": "offer"}]}, "set.json")
    assert label_set == LabelSet(
        (
            Label("red_line", title="red line", colour="#0072b2", key="1"),
            Label("offer", title="offer", colour="#d55e00", key="2"),
        )
    )


def test_keys_end_at_nine_and_colours_begin_anew() -> None:
    label_set = parse_label_set({"labels": [f"l{n}" for n in range(10)]}, "set.json")
    assert [label.key for label in label_set] == [*"123456789", ""]
    assert label_set.labels[8].colour == label_set.labels[0].colour


def test_inferred_labels_are_sorted_and_each_there_once() -> None:
    label_set = infer_label_set(["threat", "offer", "threat"], exclusive=True)
    assert label_set.names == ("offer", "threat")
    assert label_set.exclusive


@pytest.mark.parametrize(
    ("value", "message"),
    [
        ([], 'set.json: expected an object with a list "labels"'),
        ({"labels": {}}, 'set.json: expected an object with a list "labels"'),
        ({"labels": []}, "set.json: 0 labels, expected at least 1"),
        ({"labels": ["a"], "exclusive": True}, "set.json: 1 labels, expected at least 2"),
        (
            {"labels": ["a"], "exclusive": 1},
            'set.json: "exclusive" is 1, expected true or false',
        ),
        ({"labels": ["a"], "at_least_one": True}, "set.json: 1 labels, expected at least 2"),
        (
            {"labels": ["a"], "at_least_one": "yes"},
            "set.json: \"at_least_one\" is 'yes', expected true or false",
        ),
        (
            {"labels": ["a", "b"], "exclusive": True, "at_least_one": True},
            (
                'set.json: "exclusive" and "at_least_one" are both true; exclusive sets give each '
                "sentence one label anyway: leave at_least_one out"
            ),
        ),
        ({"labels": ["a", 3]}, "set.json, label 2: expected an object with a name"),
        (
            {"labels": ["a b"]},
            "set.json, label 1: name is 'a b', expected text without spaces or separators",
        ),
        (
            {"labels": ["a", {"title": "A"}]},
            "set.json, label 2: name is None, expected text without spaces or separators",
        ),
        ({"labels": [{"name": 1}]}, "set.json, label 1: name is 1, expected text"),
        (
            {"labels": [{"name": "a", "color": "#000000"}]},
            "set.json, label 1: unknown field 'color'",
        ),
        (
            {"labels": [{"name": "a", "colour": "#00000g"}]},
            "set.json, label 1: colour is '#00000g', expected #rrggbb",
        ),
        ({"labels": ["b", "a", "b", "a"]}, "set.json: name used twice: a, b"),
        (
            {"labels": [{"name": "a", "key": "x"}, {"name": "b", "key": "x"}]},
            "set.json: key used twice: x",
        ),
        ({"labels": ["a", {"name": "b", "key": "1"}]}, "set.json: key used twice: 1"),
    ],
)
def test_what_is_no_label_set_is_refused_with_its_place(value: Any, message: str) -> None:
    assert refusal(value) == message


def test_labels_without_keys_do_not_clash() -> None:
    labels = [{"name": "a", "key": ""}, {"name": "b", "key": ""}]
    assert parse_label_set({"labels": labels}, "set.json").names == ("a", "b")


def test_a_label_file_is_read(tmp_path: Path) -> None:
    path = tmp_path / "labels.json"
    path.write_bytes(b'{"labels": ["offer", "threat"], "exclusive": true}')
    label_set = load_label_set(path)
    assert label_set.names == ("offer", "threat")
    assert label_set.exclusive


def test_a_label_file_that_is_no_json_is_named(tmp_path: Path) -> None:
    path = tmp_path / "labels.json"
    path.write_bytes(b'{"labels": [')
    with pytest.raises(InputError) as caught:
        load_label_set(path)
    assert str(caught.value).startswith(f"{path}: not JSON: ")
    assert "line 1 column" in str(caught.value)


def test_a_label_file_has_a_size_limit(tmp_path: Path) -> None:
    path = tmp_path / "labels.json"
    path.write_bytes(b" " * ((1 << 20) + 1))
    with pytest.raises(InputError) as caught:
        load_label_set(path)
    assert str(caught.value) == f"{path}: larger than 1,048,576 bytes; split the file"


def test_the_shipped_label_set_is_read_and_comes_back() -> None:
    path = shipped.data() / "labels.json"
    label_set = load_label_set(path)
    assert "red_line_warning" in label_set
    assert label_set_json(label_set) == orjson.loads(path.read_bytes())
