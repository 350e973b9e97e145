"""Breakdowns, comparison and worst mistakes of an evaluation."""

from __future__ import annotations

from dataclasses import replace

import pytest

from classifier.errors import UsageError
from classifier.report.evaluation import (
    breakdown_lines,
    comparison_lines,
    mistake_lines,
    mistake_rows,
)
from classifier.scoring.explain import rows_beside
from classifier.scoring.measure import MIN_GROUP, breakdown_fields, measure, mistakes


@pytest.fixture(scope="module")
def found(predictor, corpus):
    return measure(predictor, corpus, bootstrap=20, against=predictor)


def test_the_groups_of_a_field_hold_all_sentences_but_those_of_small_groups(found, corpus):
    for name, groups in found["breakdown"].items():
        total = sum(group["sentences"] for group in groups.values())
        assert total <= len(corpus.examples), name
        assert all(group["sentences"] >= MIN_GROUP for group in groups.values())
    assert sum(g["sentences"] for g in found["breakdown"]["theatre"].values()) == len(
        corpus.examples
    )


def test_sentences_are_broken_down_by_their_outlet(predictor, corpus):
    examples = tuple(
        replace(e, outlet=("north", "south", "")[i % 3]) for i, e in enumerate(corpus.examples)
    )
    groups = measure(predictor, replace(corpus, examples=examples), bootstrap=0)["breakdown"]
    sizes = {name: group["sentences"] for name, group in groups["outlet"].items()}
    assert sizes["north"] == len(examples[::3])
    assert sizes["south"] == len(examples[1::3])
    assert breakdown_fields(["outlet"]) == ["outlet"]


def test_a_field_that_does_not_exist_is_refused():
    with pytest.raises(UsageError, match="theatre"):
        breakdown_fields(["colour"])


def test_a_model_compared_with_itself_is_not_better(found):
    assert found["against"]["differences"]["macro"]["f1"]["difference"] == 0


def test_mistakes_are_wrong_and_the_surest_first(predictor, corpus):
    worst = mistakes(predictor, corpus, 15)
    assert worst
    margins = []
    for m in worst:
        truth = m.label in m.example.labels
        assert truth != (m.probability >= predictor.thresholds[m.label])
        margins.append(m.probability if truth else 1 - m.probability)
        assert m.explanation.label == m.label
    assert margins == sorted(margins)


def test_the_tables_name_what_they_show(found, predictor, corpus):
    lines = list(breakdown_lines("theatre", found["breakdown"]["theatre"], predictor.labels))
    assert lines[1].split()[:3] == ["by", "theatre", "sentences"]
    assert any("same sentences" in line for line in comparison_lines(found["against"]))
    assert list(breakdown_lines("genre", {}, predictor.labels))[1].endswith("enough sentences")
    worst = mistakes(predictor, corpus, 3)
    text = "\n".join(mistake_lines(worst))
    assert worst
    assert text.count("probability") == len(worst)
    reasons = [rows_beside(m.explanation) for m in worst]
    assert any(reasons)
    assert text.count("other label") == sum(map(len, reasons))
    for row, m in zip(mistake_rows(worst), worst, strict=True):
        assert row["other_labels"] == m.explanation.other_labels
        assert row["context"] == {"near": 0.0, "rest": 0.0}
