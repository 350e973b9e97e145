"""Tables about labelled sentences say what was counted, and nothing in them is lost or alive."""

from __future__ import annotations

import pytest

from classifier.corpus.agreement import Annotation, agreement
from classifier.corpus.stats import corpus_stats
from classifier.model.audit import Suspect
from classifier.report.corpus import (
    agreement_lines,
    audit_lines,
    audit_rows,
    example_lines,
    stats_lines,
)
from classifier.schema import Example, Label, LabelSet

SET = LabelSet((Label("threat"), Label("offer")))
LONG = "the old ford below the mill was shut by the second flood"
BELL = "The \x1b[31mford\x07 is shut."
ROWS = [
    Example("1", "a", 0, LONG, ("threat",), theatre="hills", genre="wire", date="1931-05-01"),
    Example("2", "a", 1, BELL, ("threat", "offer"), origin="real"),
    Example("3", "b", 0, f"{LONG} again", ()),
]


def cells(lines: list[str], first: str) -> list[str]:
    """The cells of the table row that begins with a word."""
    (found,) = [line.split() for line in lines if line.split()[:1] == [first]]
    return found


@pytest.fixture(scope="module")
def stats() -> list[str]:
    return list(stats_lines(corpus_stats(ROWS, SET)))


def test_counts_head_the_tables(stats: list[str]) -> None:
    assert stats[0] == (
        "3 sentences of 2 documents, 1 without a label (33%); 9.7 words a sentence (4 to 13)"
    )
    assert ["threat", "2"] in [line.split() for line in stats]
    assert ["threat", "+", "offer", "1"] in [line.split() for line in stats]


def test_theatres_have_a_column_for_every_label(stats: list[str]) -> None:
    assert cells(stats, "theatre") == ["theatre", "sentences", "threat", "offer", "none"]
    assert cells(stats, "hills") == ["hills", "1", "1", "0", "0"]
    assert ["-", "2", "1", "1", "1"] in [line.split() for line in stats]


def test_repetition_is_told_for_each_origin_and_leaks_by_id(stats: list[str]) -> None:
    assert "repetition, origin -:" in stats
    assert "repetition, origin real:" in stats
    assert stats[-2:] == ["near-duplicates between documents: 1", "  1 ~ 3 (0.91)"]


def test_sentences_stand_below_their_document_without_control_characters() -> None:
    lines = list(example_lines(ROWS))
    assert lines[0] == "a (hills, wire, 1931-05-01)"
    assert lines[1] == f"  1 [threat] {LONG}"
    assert lines[2].startswith("  2 [threat, offer] The ")
    assert "\x1b" not in lines[2]
    assert "\x07" not in lines[2]
    assert lines[3:] == ["b ()", f"  3 [none] {LONG} again"]


@pytest.fixture(scope="module")
def agreed() -> list[str]:
    views = {"ann": [["threat"], [], ["threat"]], "bob": [["threat"], ["threat"], []]}
    found = agreement(
        [
            Annotation(f"s{i}", f"d{i}", name, tuple(labels))
            for name, rows in views.items()
            for i, labels in enumerate(rows)
        ],
        SET.names,
        bootstrap=50,
    )
    return list(agreement_lines(found))


def test_agreement_is_told_for_each_label(agreed: list[str]) -> None:
    assert agreed[0] == ("3 sentences of 3 documents read by ann, bob; all labels the same: 33.3%")
    threat = cells(agreed, "threat")
    assert threat[1].startswith("-0.")
    assert threat[3] == "0.500"
    assert threat[-2:] == ["0.333", "3"]


def test_alpha_that_is_not_defined_is_not_a_number(agreed: list[str]) -> None:
    assert cells(agreed, "offer") == ["offer", "not", "defined", "-", "1.000", "0"]


def test_disagreements_show_both_views(agreed: list[str]) -> None:
    assert agreed[-3:] == [
        "2 disagreements",
        "  s1  ann: none; bob: threat",
        "  s2  ann: threat; bob: none",
    ]


SUSPECTS = [Suspect(ROWS[1], 0.04, {"offer": 0.04, "threat": 0.3})]
PAIRS = [(ROWS[0], ROWS[2], 0.91)]


def test_an_audit_is_one_object_a_problem() -> None:
    doubt, pair = audit_rows(SUSPECTS, PAIRS)
    assert doubt == {
        "id": "2",
        "document": "a",
        "text": BELL,
        "labels": ["threat", "offer"],
        "problem": "labels unlikely",
        "score": 0.04,
        "probabilities": {"offer": 0.04, "threat": 0.3},
    }
    assert pair["score"] == pytest.approx(0.09)
    assert pair["other"] == {"id": "3", "text": f"{LONG} again", "labels": []}


def test_an_audit_reads_well() -> None:
    lines = list(audit_lines(SUSPECTS, PAIRS))
    assert lines[0] == "2 [threat, offer] labels unlikely"
    assert "\x1b" not in lines[1]
    assert lines[2:] == [
        "  offer: out-of-fold probability 0.04",
        "  threat: out-of-fold probability 0.30",
        "1 [threat] near-duplicate with different labels",
        f"  {LONG}",
        f"  3 [none] {LONG} again",
    ]
