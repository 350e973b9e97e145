from __future__ import annotations

import json
import shutil

import pytest


@pytest.fixture
def copy(place, tiny):
    """A model of the current folder that may be damaged."""
    return shutil.copytree(tiny, place / "models" / "copy")


def change(folder, **values):
    path = folder / "model.json"
    value = json.loads(path.read_bytes()) | values
    gone = {name for name, found in values.items() if found is None}
    path.write_text(json.dumps({k: v for k, v in value.items() if k not in gone}))


def test_the_shipped_model_is_listed(esc):
    code, out, err = esc("models", "list")
    assert (code, err) == (0, "")
    heading, *lines = out.decode().splitlines()
    assert heading.split()[:2] == ["name", "labels"]
    assert [line.split()[0] for line in lines] == ["default"]


def test_models_of_this_folder_are_listed_too(esc, copy):
    code, out, _ = esc("models", "list")
    assert code == 0
    assert [line.split()[0] for line in out.decode().splitlines()] == ["name", "copy", "default"]


def test_a_broken_model_is_told_and_the_others_are_listed(esc, copy):
    (copy / "model.json").write_text("{")
    code, out, err = esc("models", "list")
    assert code == 3
    assert len(err.splitlines()) == 1
    assert "copy" in err
    assert "default" in out.decode()


def test_show_tells_of_the_shipped_model_if_none_is_named(esc):
    code, out, err = esc("models", "show")
    assert (code, err) == (0, "")
    found = json.loads(out)
    assert found["name"] == "default"
    assert list(found["thresholds"]) == found["labels"]
    assert found["data"]["sentences"] > 0
    assert found["terms"]["word"] > 0


def test_show_finds_a_model_by_name_and_by_folder(esc, copy):
    by_name, by_folder = esc("models", "show", "copy"), esc("models", "show", copy)
    assert by_name.code == by_folder.code == 0
    assert by_name.out == by_folder.out
    assert json.loads(by_name.out)["labels"] == ["offer", "threat"]


def test_show_as_a_table_has_data_thresholds_and_figures(esc):
    code, out, _ = esc("models", "show", "--format", "table")
    text = out.decode()
    assert code == 0
    for said in ("sentences of", "threshold red_line_warning", "nested", "macro", "scikit-learn"):
        assert said in text
    assert "operating point" in text
    assert any(line.startswith("precision:0.95 ") for line in text.splitlines())


def _no_json(folder):
    (folder / "model.json").unlink()


def _no_table(folder):
    next(folder.glob("*.bin")).unlink()


def _cut_table(folder):
    path = next(folder.glob("*.bin"))
    path.write_bytes(path.read_bytes()[:-1])


def _flipped_table(folder):
    path = next(folder.glob("*.bin"))
    data = bytearray(path.read_bytes())
    data[len(data) // 2] ^= 1
    path.write_bytes(data)


DAMAGES = {
    "no model.json": _no_json,
    "no table": _no_table,
    "table cut short": _cut_table,
    "a bit of the table flipped": _flipped_table,
    "not JSON": lambda f: (f / "model.json").write_text("{"),
    "empty": lambda f: (f / "model.json").write_text(""),
    "not UTF-8": lambda f: (f / "model.json").write_bytes(b"\xff\xfe{}"),
    "a list": lambda f: (f / "model.json").write_text("[]"),
    "no format": lambda f: change(f, format=None),
    "a newer format": lambda f: change(f, format=99),
    "no labels": lambda f: change(f, label_set=None),
    "no intercept": lambda f: change(f, intercept=None),
    "a threshold of 7": lambda f: change(f, thresholds=[0.5, 7]),
    "a table elsewhere": lambda f: change(f, table={"file": "../x.bin", "bytes": 1}),
    "unknown settings": lambda f: change(f, settings={"colour": "red"}),
}


@pytest.mark.parametrize("damage", DAMAGES)
@pytest.mark.parametrize(
    "command",
    [("score", "good.txt"), ("inspect", "good.txt"), ("export", "-o", "out.joblib")],
    ids=lambda command: command[0],
)
def test_a_damaged_model_is_one_line_and_code_3(esc, copy, command, damage):
    DAMAGES[damage](copy)
    code, out, err = esc(*command, "--model", "copy")
    assert (code, out) == (3, b"")
    assert len(err.splitlines()) == 1
    assert "copy" in err


def test_a_model_that_scores_otherwise_than_it_was_trained_is_refused(esc, copy):
    intercept = json.loads((copy / "model.json").read_bytes())["intercept"]
    change(copy, intercept=[value + 0.01 for value in intercept])
    code, out, err = esc("score", "good.txt", "--model", "copy")
    assert (code, out) == (3, b"")
    assert "reference sentences" in err


@pytest.mark.parametrize("field", ["data", "figures", "strength", "versions"])
def test_a_model_that_does_not_tell_of_itself_is_damaged(esc, copy, field):
    change(copy, **{field: None})
    code, out, err = esc("models", "show", "copy", "--format", "table")
    assert (code, out) == (3, b"")
    assert field in err
    assert len(err.splitlines()) == 1


def test_a_model_without_figures_does_not_stop_the_list(esc, copy):
    change(copy, figures=None)
    code, out, err = esc("models", "list")
    assert code == 3
    assert "figures" in err
    assert "default" in out.decode()


@pytest.mark.parametrize("name", ["nonsense", "models/nonsense", "", "good.txt"])
def test_a_missing_model_is_code_3(esc, name):
    code, out, err = esc("models", "show", name)
    assert (code, out) == (3, b"")
    assert "esc models list" in err
    assert len(err.splitlines()) == 1
