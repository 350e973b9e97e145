from __future__ import annotations

from classifier import shipped
from classifier.corpus.codebook import codebook_of, rules_of, sections
from classifier.corpus.labels import FILE_NAME, load_label_set
from classifier.corpus.starter import write_starter
from tests.labelling.conftest import LABELS


def test_each_shipped_label_has_its_section(tmp_path):
    labels = load_label_set(shipped.data() / FILE_NAME)
    rules = codebook_of(labels, tmp_path)
    for label in labels:
        assert "- Yes:" in rules[label.name]
        assert not rules[label.name].startswith("#")
    assert "Hard boundaries" in rules[""]
    assert rules["red_line_warning"] not in rules["diplomatic_signal"]


def test_a_codebook_beside_the_project_counts(tmp_path):
    write_starter(tmp_path / "p")
    rules = codebook_of(load_label_set(tmp_path / "p" / FILE_NAME), tmp_path / "p")
    assert "unless" in rules["threat"]
    assert "in a shop" in rules["offer"]


def test_without_a_codebook_for_these_labels_their_definitions_are_shown(tmp_path):
    rules = codebook_of(LABELS, tmp_path)
    assert rules == {
        "threat": "Somebody threatens a cost.",
        "offer": "Somebody offers talks or help.",
        "": "",
    }


def test_a_label_without_a_heading_has_no_section():
    assert sections("# threats\nA cost.\n", LABELS) == {"": "# threats\nA cost."}
    assert sections("", LABELS) == {"": ""}


def test_a_section_goes_to_the_next_label_or_the_next_heading_of_its_depth():
    codebook = (
        "# Book\n## `Threat`\nOne.\n### Inner\n* No: two.\n### OFFER #\nThree.\n## Else\nFour.\n"
    )
    found = sections(codebook, LABELS)
    assert found == {
        "": "# Book\n## Else\nFour.",
        "threat": "One.\n### Inner\n* No: two.",
        "offer": "Three.",
    }
    assert [(rule.kind, rule.text) for rule in rules_of(found["threat"])] == [
        ("", "One."),
        ("No", "two."),
    ]


def test_a_heading_may_be_closed_by_signs_and_white_space():
    # So wide that a pattern which tries every end of it would not come back.
    wide = " " * 50_000
    found = sections(f"# Threat{wide}##{wide}\nA cost.\n# Other{wide}x{wide}#y\nRain.", LABELS)
    assert found == {"threat": "A cost.", "": f"# Other{wide}x{wide}#y\nRain."}
