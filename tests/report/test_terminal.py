"""What the terminal shows: aligned, coloured on request, and never steered by the text."""

from __future__ import annotations

import re
import unicodedata
from types import SimpleNamespace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from classifier.report.terminal import (
    Screen,
    clean,
    clip,
    explanation_lines,
    figure_lines,
    interval,
    result_lines,
    short_titles,
    table,
)
from classifier.schema import (
    Contribution,
    Document,
    Explanation,
    Label,
    LabelSet,
    Prediction,
    Sentence,
)
from classifier.scoring.explain import rows_beside
from classifier.scoring.results import Result
from classifier.scoring.sinks import Shape, Terms

STEERING = "\x1b[31mred\x07\r\n\x9b2J\u202eback\u2028\x00"
COLOUR = re.compile(r"\x1b\[[0-9;]*m")
PLAIN = Screen(width=80)
TEXT = "Jets struck the depot at Kolm. The envoy will not come back. Rain fell."


def steers(line):
    return any(unicodedata.category(c) in ("Cc", "Cf", "Cs", "Zl", "Zp") for c in line)


def result_of(predictor, text=TEXT, name="report.txt"):
    return Result(Document(name, text), tuple(predictor.predict(text)))


def lines_of(result, predictor, screen=PLAIN, *, sentences=True, only=None):
    labels = predictor.model.labels
    shape = Shape(SimpleNamespace(labels=labels), only or labels.names, not sentences)
    return list(result_lines(result, shape, screen))


def test_terms_stand_below_their_sentence(predictor):
    low = predictor.with_thresholds(dict.fromkeys(predictor.labels, 0.0))
    shape = Shape(low.model, predictor.labels[:1], terms=Terms(low, 2))
    lines = list(result_lines(result_of(low), shape, PLAIN))
    [name] = predictor.labels[:1]
    expected = low.explain(TEXT.split(" The")[0], name).contributions[:2]
    row = next(i for i, line in enumerate(lines) if "Jets" in line)
    for contribution in expected:
        assert f"{contribution.term.strip()} {contribution.weight:+.2f}" in lines[row + 1]


def explained(predictor, text=TEXT, screen=PLAIN, top=5):
    [prediction, *_] = predictor.predict(text)
    explanations = list(predictor.explain_all(prediction.sentence.text).values())
    return list(explanation_lines(prediction, explanations, top, screen))


@given(st.text())
def test_cleaned_text_cannot_steer_and_keeps_its_length(text):
    assert not steers(clean(text))
    assert len(clean(text)) == len(text)


def test_letters_and_emoji_are_left_alone():
    assert clean("Łódź 한국 🚀 e\u0301") == "Łódź 한국 🚀 e\u0301"


@given(st.text(), st.integers(1, 40))
def test_clipped_text_fits(text, width):
    found = clip(text, width)
    assert len(found) <= width
    assert found == clean(text) if len(text) <= width else found.endswith("…")


def test_table_aligns_and_cleans():
    assert list(table([["a", "1"], ["b\x1b[m", "22"]], "<>")) == ["a      1", "b [m  22"]


def test_titles_are_shortened_where_they_stay_different():
    pair = (Label("one", "Battle of tanks"), Label("two", "Talks of peace"))
    assert short_titles(LabelSet(pair)) == {"one": "battle", "two": "talks"}
    same = (Label("one", "Red line"), Label("two", "Red flag"))
    assert short_titles(LabelSet(same)) == {"one": "one", "two": "two"}
    assert short_titles(LabelSet((Label("one", "  "), Label("two", "T")))) == {
        "one": "one",
        "two": "two",
    }


def test_result_shows_each_sentence_and_the_profile(predictor):
    result = result_of(predictor)
    lines = lines_of(result, predictor)
    assert lines[0] == "report.txt"
    for prediction in result.predictions:
        [line] = [x for x in lines if prediction.sentence.text[:20] in x]
        first = predictor.labels[0]
        assert f"{prediction.probabilities[first]:.2f}" in line
        assert line.count("*") == len(prediction.decisions)
    assert any(line.startswith("3 sentences") for line in lines)
    assert sum(line.startswith(predictor.labels) for line in lines) == len(predictor.labels)


def test_sentences_are_left_out_on_request(predictor):
    lines = lines_of(result_of(predictor), predictor, sentences=False)
    assert not any("Kolm" in line for line in lines)


def test_lines_fit_the_width(predictor):
    result = result_of(
        predictor, "The column of trucks " + "rolled on and on " * 20 + "until night."
    )
    for width in (80, 120):
        assert max(map(len, lines_of(result, predictor, Screen(width=width)))) <= width


def test_only_the_wanted_labels_are_shown(predictor):
    kept, dropped = predictor.labels[0], predictor.labels[1]
    text = "\n".join(lines_of(result_of(predictor), predictor, only=[kept]))
    assert kept in text
    assert dropped not in text


def test_no_colours_unless_asked_for(predictor):
    result = result_of(predictor)
    assert not any("\x1b" in line for line in lines_of(result, predictor))
    assert not any("\x1b" in line for line in explained(predictor))
    coloured = lines_of(result, predictor, Screen(colour=True))
    assert any(COLOUR.search(line) for line in coloured)
    assert [COLOUR.sub("", line) for line in coloured] == lines_of(result, predictor, Screen())
    assert any("\x1b[38;5;" in line for line in explained(predictor, screen=Screen(colour=True)))


@pytest.mark.parametrize("colour", [False, True])
def test_hostile_document_cannot_steer_the_terminal(predictor, colour):
    screen = Screen(colour=colour)
    text = f"The troops{STEERING}said they would strike{STEERING}"
    lines = lines_of(result_of(predictor, text, STEERING), predictor, screen)
    lines += explained(predictor, text, screen)
    assert lines
    assert not any(steers(COLOUR.sub("", line)) for line in lines)
    assert not any("\x1b[31m" in line for line in lines)


def test_hostile_labels_and_terms_cannot_steer_the_terminal():
    name = "\x1bc\x9bx"
    labels = LabelSet((Label(name, "\x1b[31mred"), Label("b", "\x1b]0;t\x07")))
    prediction = Prediction(Sentence("Fire.", 0, 5), {name: 0.9, "b": 0.1}, (name,))
    explanation = Explanation(
        name, 0.9, 0.5, 2.0, 1.0, (Contribution("\x1b[2Jx", "word", 1.0, 1, ((0, 4),)),)
    )
    result = Result(Document("d", "Fire."), (prediction,))
    lines = list(result_lines(result, Shape(SimpleNamespace(labels=labels), labels.names), PLAIN))
    lines += explanation_lines(prediction, [explanation], 5, PLAIN)
    assert not any(steers(line) for line in lines)


def test_explanation_shows_terms_rest_intercept_and_logit(predictor):
    [prediction, *_] = predictor.predict(TEXT)
    name = predictor.labels[1]  # the others tell of it
    explanation = predictor.explain(prediction.sentence.text, name)
    lines = list(explanation_lines(prediction, [explanation], 3, PLAIN))
    numbers = [float(line.split()[0]) for line in lines if re.match(r"\s+[+-]\d", line)]
    others = [line for line in lines if "other label" in line]
    assert len(others) == len(rows_beside(explanation)) > 0
    assert len(numbers) == 3 + 3 + len(others)
    assert sum(numbers[:-1]) == pytest.approx(numbers[-1], abs=0.005)
    assert lines[0] == f"#0  [0:{prediction.sentence.end}]"
    assert f"threshold {predictor.thresholds[name]:.2f}" in lines[1]
    assert ("YES" in lines[1]) == (name in prediction.decisions)


def test_exclusive_labels_show_no_threshold(predictors):
    assert "threshold" not in "\n".join(explained(predictors["two"]))


def test_spaces_in_runs_of_characters_are_seen(predictor):
    lines = explained(predictor, top=10_000)
    characters = [line.split()[1] for line in lines if line.endswith("char")]
    assert any("␣" in term for term in characters)


def test_figures_of_the_trained_model(trained):
    lines = list(figure_lines(trained.model.about["figures"]))
    names = [line.split()[0] for line in lines[1:7]]
    assert names == [*trained.model.labels.names, "macro", "micro"]
    assert str(trained.model.about["figures"]["sentences"]) in lines[-2]


@pytest.mark.parametrize(
    ("found", "shown"),
    [
        ({"value": 0.5, "low": 0.41, "high": 0.62}, "0.500 (0.41-0.62)"),
        ({"value": 0.5, "low": None, "high": None}, "0.500"),
        ({"value": None, "low": None, "high": None}, "-"),
    ],
)
def test_interval_is_written_as_far_as_it_is_known(found, shown):
    assert interval(found) == shown
