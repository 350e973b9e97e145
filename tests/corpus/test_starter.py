"""The folder that esc init writes is whole, valid, and never written over another."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from classifier.corpus.read import read_corpus
from classifier.corpus.starter import write_starter
from classifier.errors import UsageError

if TYPE_CHECKING:
    from pathlib import Path


def test_the_starter_is_a_corpus_without_any_problem(tmp_path: Path) -> None:
    folder = tmp_path / "new" / "project"
    write_starter(folder)
    corpus = read_corpus([folder], strict=True)
    assert corpus.notices == ()
    assert len(corpus.examples) == 10
    assert corpus.labels.names == ("offer", "threat")
    assert not corpus.labels.exclusive


def test_the_starter_shows_every_case_of_labelling(tmp_path: Path) -> None:
    write_starter(tmp_path)
    kinds = {example.labels for example in read_corpus([tmp_path]).examples}
    assert kinds == {(), ("offer",), ("threat",), ("offer", "threat")}


def test_the_starter_has_several_documents_for_folds(tmp_path: Path) -> None:
    write_starter(tmp_path)
    assert len({example.document for example in read_corpus([tmp_path]).examples}) > 2


def test_the_codebook_has_a_rule_for_each_label(tmp_path: Path) -> None:
    written = write_starter(tmp_path)
    assert sorted(tmp_path.iterdir()) == sorted(written)
    headings = (tmp_path / "CODEBOOK.md").read_text(encoding="utf-8").split("\n## ")[1:]
    labels = read_corpus([tmp_path]).labels
    assert {text.split("\n")[0] for text in headings} == set(labels.names)
    assert all(label.definition for label in labels)


def test_a_folder_with_anything_in_it_is_left_alone(tmp_path: Path) -> None:
    (tmp_path / ".hidden").write_bytes(b"")
    with pytest.raises(UsageError) as caught:
        write_starter(tmp_path)
    assert str(caught.value) == f"{tmp_path}: is not empty, expected a new folder"
    assert [path.name for path in tmp_path.iterdir()] == [".hidden"]


def test_a_file_is_no_new_folder(tmp_path: Path) -> None:
    path = tmp_path / "project"
    path.write_bytes(b"mine")
    with pytest.raises(UsageError):
        write_starter(path)
    assert path.read_bytes() == b"mine"
