"""Models of the current directory come first, then the shipped ones."""

from __future__ import annotations

import shutil

from classifier import shipped
from classifier.scoring.catalogue import list_models


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
