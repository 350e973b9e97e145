"""The rest of the document at scoring: one document together, a lone sentence by itself, exact."""

from __future__ import annotations

import re
import shutil
from dataclasses import replace

import numpy as np
import orjson
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from classifier.errors import ModelError, UsageError
from classifier.model.artefact import load_model, save_model
from classifier.model.calibrate import sigmoid
from classifier.report.article import article_html
from classifier.report.terminal import Screen, explanation_lines
from classifier.schema import Document, Sentence
from classifier.scoring import Predictor, load
from classifier.scoring.explain import rows_beside, word_weights
from classifier.scoring.inspection import inspect, inspection_json
from classifier.scoring.measure import measure, mistakes, score_corpus
from classifier.scoring.results import Result, score_documents

TEXT = "Tanks crossed the Orne at dawn. The envoy flew home. Bread is dear. Missiles were sold."
documents_of = st.lists(
    st.sampled_from([*re.split(r"(?<=\.) ", TEXT), "", "?!", "troops " * 9]), min_size=1, max_size=9
)


def as_sentences(texts):
    return [Sentence(text, 0, len(text), i) for i, text in enumerate(texts)]


def table(predictions):
    return np.array([list(p.probabilities.values()) for p in predictions])


@given(documents_of)
@settings(max_examples=40)
def test_sentences_of_a_document_are_scored_as_defined(context_predictor, texts):
    context, n = context_predictor.model.context, len(texts)
    logits = context_predictor.scorer.logits(texts)
    clipped = np.clip(logits, -2, 2)
    expected = logits.copy()
    for i in range(n):
        others = [j for j in range(n) if j != i]
        near = {j: 0.6 ** (abs(i - j) - 1) for j in others if abs(i - j) <= 8}
        said = sum((w * clipped[j] for j, w in near.items()), np.zeros(4))
        expected[i] += context.near @ said / (sum(near.values()) + 2)
        expected[i] += context.rest @ clipped[others].sum(axis=0) / (len(others) + 2)
    found = context_predictor.predict_sentences(as_sentences(texts))
    np.testing.assert_allclose(table(found), sigmoid(expected), atol=1e-12)
    for prediction in found:
        p, bounds = prediction.probabilities, context_predictor.thresholds
        assert prediction.decisions == tuple(name for name in p if p[name] >= bounds[name])


@given(documents_of)
@settings(max_examples=40)
def test_explanations_with_context_are_exact(context_predictor, texts):
    for prediction in context_predictor.predict_sentences(as_sentences(texts)):
        found = context_predictor.explain_all(prediction.sentence.text, prediction.context)
        for name, e in found.items():
            assert e.probability == prediction.probabilities[name]
            total = e.intercept + sum(c.weight for c in e.contributions) + sum(e.context)
            assert total == pytest.approx(e.logit, abs=1e-9)
            assert sigmoid(np.array(e.logit)) == pytest.approx(e.probability, abs=1e-6)
            words = sum(weight for _, _, weight in word_weights(prediction.sentence.text, e))
            assert words == pytest.approx(e.logit - e.intercept - sum(e.context), abs=1e-6)


def test_lone_sentence_is_scored_by_itself(context_predictor):
    text = "Missiles were sold."
    [prediction] = context_predictor.predict(text)
    assert len(prediction.context) == 0
    [alone] = context_predictor.predict_proba([text])
    assert list(prediction.probabilities.values()) == alone.tolist()
    assert context_predictor.explain(text, context_predictor.labels[0]).context == (0.0, 0.0)
    [same] = context_predictor.predict_proba([text], ["a"])
    assert same.tolist() == alone.tolist()


@pytest.mark.parametrize("title", ["Tanks crossed a river", "  ŁÓDŹ — no  news "])
def test_title_is_context_and_not_scored(context_predictor, title):
    below = re.split(r"(?<=\.) ", TEXT)
    together = table(context_predictor.predict_sentences(as_sentences([title, *below])))[1:]
    found = context_predictor.predict_sentences(as_sentences(below), title)
    assert [p.sentence.text for p in found] == below
    np.testing.assert_allclose(table(found), together, rtol=0, atol=1e-12)
    several = [as_sentences(below), as_sentences(below[:1]), [], as_sentences(below)]
    one, lone, none, other = context_predictor.predict_documents(several, ["", title, title, title])
    np.testing.assert_allclose(table(other), together, rtol=0, atol=1e-12)
    np.testing.assert_array_equal(
        table(one), table(context_predictor.predict_sentences(as_sentences(below)))
    )
    pair = table(context_predictor.predict_sentences(as_sentences([title, below[0]])))[1:]
    np.testing.assert_allclose(table(lone), pair, rtol=0, atol=1e-12)
    for prediction in (*one, *lone, *other):
        found = context_predictor.explain_all(prediction.sentence.text, prediction.context)
        assert {n: e.probability for n, e in found.items()} == prediction.probabilities
    assert list(none) == []


@pytest.mark.parametrize(
    "title",
    [
        *("", "Home", "Daily news", "2026 - 07 - 31", " tanks CROSSED the\nOrne at dawn"),
        *("Tanks crossed the Orne at dawn | Daily News", "Tanks crossed the Orne"),
    ],
)
def test_title_that_says_nothing_new_is_passed_over(context_predictor, title):
    expected = table(context_predictor.predict(TEXT))
    np.testing.assert_array_equal(table(context_predictor.predict(TEXT, title)), expected)


def test_gaps_between_sentences_are_known_by_their_places(context_predictor):
    below = re.split(r"(?<=\.) ", TEXT)
    sentences, places = as_sentences(below), [3 * i + 5 for i in range(len(below))]
    title = "Tanks crossed a river at dawn"
    found = table(context_predictor.predict_sentences(sentences, title, places))
    expected = context_predictor.predict_proba(
        [title, *below], [0] * (len(below) + 1), [4, *places]
    )[1:]
    np.testing.assert_allclose(found, expected, rtol=0, atol=1e-12)
    unbroken = context_predictor.predict_sentences(sentences, title)
    assert np.abs(found - table(unbroken)).max() > 1e-4
    [one, other] = context_predictor.predict_documents(
        [sentences, sentences[:2]], ["", title], [places, [0, 1]]
    )
    assert table(one).shape[0] == len(below)
    pair = table(context_predictor.predict_sentences(sentences[:2], title))
    np.testing.assert_allclose(table(other), pair, rtol=0, atol=1e-12)


def test_each_sentence_has_its_place(context_predictor):
    two = as_sentences(["Tanks.", "Rain."])
    with pytest.raises(UsageError, match="the places are not"):
        context_predictor.predict_sentences(two, "", [1])
    for places in ([[0, 1]], [[0, 1, 2], [0]], [[0], [1, 2, 3]]):
        with pytest.raises(UsageError, match="the places are not"):
            context_predictor.predict_documents([two, two], ["", ""], places)


def test_each_document_has_its_title(context_predictor):
    with pytest.raises(UsageError, match="1 titles for 2 documents"):
        context_predictor.predict_documents([as_sentences([TEXT])] * 2, ["Tanks crossed a river"])


def test_model_without_context_ignores_the_title(predictor):
    assert predictor.predict(TEXT, "Tanks crossed a river") == predictor.predict(TEXT)


def test_scored_documents_have_their_title_for_context(context_predictor):
    [result] = score_documents(
        context_predictor, [Document("a", TEXT, title="Tanks crossed a river")], pytest.fail
    )
    expected = table(context_predictor.predict(TEXT, "Tanks crossed a river"))
    np.testing.assert_array_equal(table(result.predictions), expected)


def test_neighbours_change_the_probability(context_predictor):
    text = "Missiles were sold."
    [alone] = context_predictor.predict(text)
    *_, last = context_predictor.predict(TEXT)
    assert last.sentence.text == text
    assert last.probabilities != alone.probabilities


def test_texts_given_at_once_stand_alone_unless_documents_are_named(context_predictor):
    texts = re.split(r"(?<=\.) ", TEXT)
    alone = np.concatenate([context_predictor.predict_proba([text]) for text in texts])
    np.testing.assert_array_equal(context_predictor.predict_proba(texts), alone)
    np.testing.assert_array_equal(context_predictor.predict_proba(texts, texts), alone)
    together = context_predictor.predict_proba([*texts, *texts], ["b"] * 4 + ["a"] * 4)
    expected = table(context_predictor.predict_sentences(as_sentences(texts)))
    np.testing.assert_array_equal(together, np.concatenate([expected, expected]))


def test_model_without_context_takes_documents_and_ignores_them(predictor):
    texts = re.split(r"(?<=\.) ", TEXT)
    found = predictor.predict_proba(texts, ["a"] * 4)
    np.testing.assert_array_equal(found, predictor.predict_proba(texts))
    assert predictor.contexts(texts, ["a"] * 4).shape == (4, 0)
    assert all(len(p.context) == 0 for p in predictor.predict(TEXT))


@pytest.mark.parametrize("documents", [[], ["a"], ["a"] * 5])
def test_each_sentence_needs_its_document(context_predictor, documents):
    with pytest.raises(UsageError, match=f"^{len(documents)} documents for 4 sentences"):
        context_predictor.predict_proba(re.split(r"(?<=\.) ", TEXT), documents)


def test_no_sentences(context_predictor):
    assert context_predictor.predict("") == []
    assert context_predictor.predict_proba([], []).shape == (0, len(context_predictor.labels))


def test_changed_thresholds_keep_the_context(context_predictor):
    changed = context_predictor.with_thresholds({context_predictor.labels[0]: 0.0})
    np.testing.assert_array_equal(
        table(changed.predict(TEXT)), table(context_predictor.predict(TEXT))
    )


@pytest.mark.parametrize("numbers", [1, 4, 9])
def test_context_of_another_model_is_refused(context_predictor, predictor, numbers):
    with pytest.raises(UsageError, match="of another model"):
        context_predictor.explain_all(TEXT, [0.1] * numbers)
    with pytest.raises(UsageError, match="of another model"):
        predictor.explain_all(TEXT, [0.1] * numbers)


# What people see.


@pytest.fixture
def inspected(context_predictor):
    result = Result(Document("d", TEXT), tuple(context_predictor.predict(TEXT)))
    return result, inspect(context_predictor, result)


def test_inspection_in_json_sums_up(context_predictor, inspected):
    value = orjson.loads(orjson.dumps(inspection_json(*inspected, context_predictor.model, 3)))
    for sentence in value["sentences"]:
        for e in sentence["explanations"]:
            total = e["intercept"] + sum(c["weight"] for c in e["contributions"])
            total += e["other_terms"] + e["context"]["near"] + e["context"]["rest"]
            assert total == pytest.approx(e["logit"], abs=1e-9)
            assert e["context"]["near"] != 0
            assert e["probability"] == sentence["probabilities"][e["label"]]


def test_terminal_and_page_show_the_rest_of_the_document(context_predictor, inspected):
    result, found = inspected
    for prediction, explanations in found:
        for e in explanations:
            lines = list(explanation_lines(prediction, [e], 3, Screen()))
            numbers = [float(line.split()[0]) for line in lines if re.match(r"\s+[+-]\d", line)]
            assert len(numbers) == min(3, len(e.contributions)) + 5
            assert sum(numbers[:-1]) == pytest.approx(numbers[-1], abs=0.006)
            assert sum("rest of the document" in line for line in lines) == 2
    page = article_html([(result, found)], context_predictor.model, 3)
    count = sum(len(explanations) for _, explanations in found)
    assert page.count("rest of the document: sentences near by") == count
    assert "one sentence and around it" in page


def test_nothing_is_shown_of_a_lone_sentence(context_predictor):
    assert rows_beside(context_predictor.explain("Bread.", context_predictor.labels[0])) == []


# Measured on labelled sentences.


def test_evaluation_groups_by_document(context_predictor, corpus):
    # The rows of a document need not stand together, nor in its order.
    order = np.random.default_rng(0).permutation(len(corpus.examples))
    examples = tuple(corpus.examples[i] for i in order)
    measured = score_corpus(context_predictor, replace(corpus, examples=examples))
    name = examples[0].document
    rows = [i for i, e in enumerate(examples) if e.document == name]
    rows.sort(key=lambda i: examples[i].position)
    assert len(rows) > 3
    expected = table(
        context_predictor.predict_sentences(as_sentences([examples[i].text for i in rows]))
    )
    np.testing.assert_array_equal(measured.probabilities[rows], expected)
    lone = replace(corpus, examples=tuple(replace(e, document=e.id) for e in examples))
    alone = score_corpus(context_predictor, lone).probabilities
    np.testing.assert_array_equal(
        alone, context_predictor.predict_proba([e.text for e in examples])
    )
    assert (
        measure(context_predictor, lone, bootstrap=0)["macro"]
        != (measure(context_predictor, replace(corpus, examples=examples), bootstrap=0)["macro"])
    )


def test_mistakes_are_explained_as_they_were_scored(context_predictor, corpus):
    # The rows of a document need not stand in its order.
    corpus = replace(corpus, examples=corpus.examples[::2] + corpus.examples[1::2])
    measured = score_corpus(context_predictor, corpus)
    found = mistakes(context_predictor, corpus, 5)
    assert len(found) == 5
    place = {e.id: i for i, e in enumerate(corpus.examples)}
    for m in found:
        column = context_predictor.labels.index(m.label)
        assert m.probability == measured.probabilities[place[m.example.id], column]
        assert any(m.explanation.context)


# On disk.


@pytest.fixture
def folder(context_folder, tmp_path):
    return shutil.copytree(context_folder, tmp_path / "context")


def edit(folder, change):
    value = orjson.loads((folder / "model.json").read_bytes())
    change(value)
    (folder / "model.json").write_bytes(orjson.dumps(value))


def test_context_comes_back_as_it_was_saved(context_trained, context_folder, tmp_path):
    saved, found = context_trained.model.context, load_model(context_folder).context
    np.testing.assert_array_equal(found.near, saved.near)
    np.testing.assert_array_equal(found.rest, saved.rest)
    assert (found.clip, found.shrink, found.decay) == (2.0, 2.0, 0.6)
    save_model(load_model(context_folder), tmp_path)
    for path in context_folder.iterdir():
        assert (tmp_path / path.name).read_bytes() == path.read_bytes()


def test_predictor_of_a_model_in_memory_scores_as_the_loaded_one(
    context_trained, context_predictor
):
    found = Predictor(context_trained.model).predict(TEXT)
    np.testing.assert_array_equal(table(found), table(context_predictor.predict(TEXT)))


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("near", [[0.1]]),
        ("near", [[1e308] * 4] * 4),
        ("rest", "four"),
        ("rest", [[None] * 4] * 4),
        ("clip", 0),
        ("shrink", 0),
        ("shrink", -1),
    ],
)
def test_context_that_does_not_fit_is_damage(folder, name, value):
    edit(folder, lambda found: found["context"].update({name: value}))
    with pytest.raises(ModelError, match="damaged") as caught:
        load(str(folder))
    assert "\n" not in str(caught.value)


def test_missing_context_is_damage(folder):
    edit(folder, lambda found: found.pop("context"))
    with pytest.raises(ModelError, match="damaged: missing 'context'"):
        load(str(folder))


@pytest.mark.parametrize(
    "change",
    [
        lambda found: found["context"]["near"][1].__setitem__(0, 1.23),
        lambda found: found["context"]["rest"][0].__setitem__(0, 0.456),
        lambda found: found["context"].update(shrink=3),
        lambda found: found["context"].update(decay=0.9),
        lambda found: found["checks"][0]["together"].__setitem__(0, 0.5),
        lambda found: found["checks"][0]["together"].__setitem__(0, "nan"),
        lambda found: found.update(context=None),
    ],
)
def test_changed_context_is_found_by_the_reference_sentences(folder, change):
    edit(folder, change)
    with pytest.raises(ModelError, match="reference sentences otherwise"):
        load(str(folder))
