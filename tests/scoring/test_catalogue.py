"""Models of the current directory come first, then the shipped ones."""

from __future__ import annotations

import shutil

import pytest

from classifier import shipped
from classifier.errors import ModelError
from classifier.scoring import load
from classifier.scoring.catalogue import find_model, list_models, model_in_use, use_model


def test_local_models_come_before_the_shipped_ones(model_folder, tmp_path, monkeypatch):
    for name in ("zulu", "alpha"):
        shutil.copytree(model_folder, tmp_path / "models" / name)
    monkeypatch.chdir(tmp_path)
    found = list_models()
    assert [folder.name for folder in found[:2]] == ["alpha", "zulu"]
    assert (shipped.models() / "default").resolve() in found[2:]


def test_folders_without_a_model_are_not_listed(tmp_path, monkeypatch):
    (tmp_path / "models" / "empty").mkdir(parents=True)
    (tmp_path / "models" / "note.txt").write_text("no model")
    monkeypatch.chdir(tmp_path)
    assert not [folder for folder in list_models() if tmp_path in folder.parents]


def test_no_model_is_listed_twice(monkeypatch):
    monkeypatch.chdir(shipped.root())
    found = list_models()
    assert len(found) == len(set(found)) >= 1


def test_link_to_a_model_is_the_same_model(model_folder, tmp_path, monkeypatch):
    shutil.copytree(model_folder, tmp_path / "models" / "mine")
    (tmp_path / "models" / "same").symlink_to(tmp_path / "models" / "mine")
    monkeypatch.chdir(tmp_path)
    assert [f.name for f in list_models() if tmp_path in f.parents] == ["mine"]


@pytest.fixture
def place(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    return tmp_path


def test_a_choice_that_is_not_there_any_more_says_how_to_go_back(place):
    (place / "models").mkdir()
    (place / "models" / "in-use").write_text("gone\n")
    with pytest.raises(ModelError, match="esc models use default"):
        load()
    (place / "models" / "in-use").write_text("\n")
    with pytest.raises(ModelError, match="is empty"):
        load()
    use_model("default")
    assert load().model.name == "default"


def test_a_model_that_is_not_there_cannot_be_chosen(place):
    with pytest.raises(ModelError, match="no model"):
        use_model("nonsense")
    assert not (place / "models").exists()


def test_a_model_of_another_folder_is_kept_by_its_path(place, model_folder):
    use_model(str(model_folder))
    assert model_in_use() == str(model_folder.resolve())
    assert find_model(None) == model_folder.resolve()
