from __future__ import annotations

import json

import pytest


def test_the_files_are_listed_and_the_next_step_told(esc, place):
    code, out, err = esc("init", "mine")
    assert code == 0
    assert out.decode().splitlines() == [
        "mine/labels.json",
        "mine/CODEBOOK.md",
        "mine/examples.jsonl",
    ]
    assert "esc train --data mine --output models/mine" in err
    assert {str(p.relative_to(place)) for p in (place / "mine").iterdir()} == set(
        out.decode().splitlines()
    )


def test_the_examples_use_the_labels_of_the_set_and_the_codebook_explains_them(esc, place):
    esc("init", "mine")
    names = {
        label["name"] for label in json.loads((place / "mine/labels.json").read_bytes())["labels"]
    }
    examples = [json.loads(x) for x in (place / "mine/examples.jsonl").read_text().splitlines()]
    assert len(examples) == 10
    assert {name for example in examples for name in example["labels"]} == names
    codebook = (place / "mine/CODEBOOK.md").read_text()
    assert all(f"## {name}" in codebook for name in names)


def test_an_empty_folder_is_filled(esc, place):
    (place / "empty").mkdir()
    assert esc("init", "empty").code == 0
    assert (place / "empty/labels.json").is_file()


@pytest.mark.parametrize("where", [".", "good.txt"])
def test_what_is_there_already_is_left_alone(esc, place, where):
    before = {p.name: p.read_bytes() for p in place.iterdir()}
    code, out, err = esc("init", where)
    assert (code, out) == (2, b"")
    assert len(err.splitlines()) == 1
    assert {p.name: p.read_bytes() for p in place.iterdir()} == before
