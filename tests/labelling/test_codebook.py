from __future__ import annotations

from classifier import shipped
from classifier.corpus.labels import FILE_NAME, load_label_set
from classifier.corpus.starter import write_starter
from classifier.labelling.codebook import read_codebook
from tests.labelling.conftest import LABELS


def test_each_shipped_label_has_its_section():
    labels = load_label_set(shipped.data() / FILE_NAME)
    rules = read_codebook(labels)
    for label in labels:
        assert "- Yes:" in rules[label.name]
        assert not rules[label.name].startswith("#")
    assert "Hard boundaries" in rules[""]
    assert rules["red_line_warning"] not in rules["diplomatic_signal"]


def test_a_codebook_beside_the_project_counts(tmp_path):
    write_starter(tmp_path / "p")
    rules = read_codebook(load_label_set(tmp_path / "p" / FILE_NAME), tmp_path / "p")
    assert "unless" in rules["threat"]
    assert "in a shop" in rules["offer"]


def test_without_a_codebook_for_these_labels_their_definitions_are_shown(tmp_path):
    rules = read_codebook(LABELS, tmp_path)
    assert rules == {
        "threat": "Somebody threatens a cost.",
        "offer": "Somebody offers talks or help.",
        "": "",
    }
