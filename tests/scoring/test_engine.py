"""The scorer counts, weighs and sums exactly as scikit-learn does, whatever the text."""

from __future__ import annotations

import re
import unicodedata

import numpy as np
import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st
from sklearn.feature_extraction.text import CountVectorizer, strip_accents_unicode

from classifier.model.features import analysers
from classifier.model.words import fold
from classifier.scoring import engine
from classifier.scoring.predictor import Predictor
from classifier.scoring.scorer import Twin
from tests.scoring.nasty import NASTY, sentences

KINDS = ["multi", "three", "two", "one", "accents", "words", "classes"]


def probabilities(predictor, pipeline, texts):
    """Return what the predictor and scikit-learn say; one column where there is one label."""
    expected = pipeline.predict_proba(texts)[:, -len(predictor.labels) :]
    # The predictor has the kernel where it was built; its twin must agree in any case.
    twin = Predictor(predictor.model, Twin(predictor.model)).predict_proba(texts)
    np.testing.assert_allclose(twin, expected, rtol=0, atol=1e-6)
    return predictor.predict_proba(texts), expected


@pytest.mark.parametrize("kind", KINDS)
@given(texts=st.lists(sentences, min_size=1, max_size=5))
@settings(max_examples=80)
@example(texts=NASTY)
def test_any_text_gets_the_probabilities_of_scikit_learn(predictors, pipelines, kind, texts):
    found, expected = probabilities(predictors[kind], pipelines[kind], texts)
    np.testing.assert_allclose(found, expected, rtol=0, atol=1e-6)


@pytest.mark.parametrize("kind", ["multi", "accents"])
def test_every_assigned_plane_of_unicode(predictors, pipelines, kind):
    planes = [*range(0xD800), *range(0xE000, 0x20000), *range(0xE0000, 0xE0200)]
    texts = [
        " ".join(f"strike{chr(c)}the {chr(c)}talks{chr(c)}" for c in planes[i : i + 24])
        for i in range(0, len(planes), 24)
    ]
    found, expected = probabilities(predictors[kind], pipelines[kind], texts)
    np.testing.assert_allclose(found, expected, rtol=0, atol=1e-6)


def test_sentences_of_the_corpus(predictors, pipelines, corpus):
    texts = [e.text for e in corpus.examples]
    for kind in KINDS:
        found, expected = probabilities(predictors[kind], pipelines[kind], texts)
        np.testing.assert_allclose(found, expected, rtol=0, atol=1e-6)


@pytest.mark.parametrize("kind", ["multi", "accents"])
@given(text=sentences)
@settings(max_examples=60)
def test_terms_are_counted_as_scikit_learn_counts_them(predictors, kind, text):
    model = predictors[kind].model
    folded = fold(text, strip_accents=model.features.strip_accents)
    for name, arguments in analysers(model.features).items():
        block = model.blocks[name]
        vectoriser = CountVectorizer(**arguments, vocabulary=block.terms())
        expected = vectoriser.transform([text]).toarray()[0]
        terms = engine.weigh(engine.find(model, name, [folded]), block)
        found = np.zeros(len(block), int)
        found[terms.row] = terms.count
        np.testing.assert_array_equal(found, expected)


@given(sentences)
@example("".join(NASTY))
def test_folding_is_that_of_scikit_learn(text):
    assert fold(text, strip_accents=True) == strip_accents_unicode(text.lower())
    assert fold(text, strip_accents=False) == text.lower()


@given(st.lists(sentences, min_size=2, max_size=8))
@settings(max_examples=50)
def test_sentences_do_not_touch_each_other(predictor, texts):
    together = engine.logits(predictor.model, texts)
    alone = np.concatenate([engine.logits(predictor.model, [text]) for text in texts])
    np.testing.assert_allclose(together, alone, rtol=0, atol=1e-9)


@pytest.mark.parametrize("size", [1, 50, 1000])
def test_size_of_a_batch_does_not_matter(predictor, corpus, monkeypatch, size):
    texts = [*NASTY, *(e.text for e in corpus.examples[:60])]
    expected = engine.logits(predictor.model, texts)
    monkeypatch.setattr(engine, "MAX_BATCH", size)
    np.testing.assert_allclose(engine.logits(predictor.model, texts), expected, atol=1e-9)


def test_no_sentences_no_rows(predictor):
    assert engine.logits(predictor.model, []).shape == (0, 4)


@pytest.mark.parametrize("text", ["", "   ", "\n\t", "? ! …", "\u0301"])
def test_text_without_known_terms_gets_the_intercept(predictor, text):
    if not fold(text, strip_accents=True).split():
        np.testing.assert_array_equal(
            engine.logits(predictor.model, [text])[0], predictor.model.intercept
        )
    found = engine.logits(predictor.model, ["\U0001f9ca\U0001f9ca"])[0]
    np.testing.assert_array_equal(found, predictor.model.intercept)


def test_known_words_move_the_logit(predictor, corpus):
    found = engine.logits(predictor.model, [corpus.examples[0].text])[0]
    assert (found != predictor.model.intercept).all()


def test_single_very_long_sentence(predictor, pipelines):
    text = "Guns were heard beyond the dam. " * 12_000
    assert len(text) > engine.MAX_BATCH
    found, expected = probabilities(predictor, pipelines["multi"], [text, "short one"])
    np.testing.assert_allclose(found, expected, rtol=0, atol=1e-6)


@given(sentences)
def test_laid_windows_are_words_between_single_spaces(text):
    [laid] = engine.lay_windows([text])
    assert laid.split() == text.split()
    assert not re.search(r"\s\s", laid)
    assert laid == "" or (laid[0], laid[-1]) == (" ", " ")


def test_unicode_data_has_the_characters_that_the_tests_name():
    assert unicodedata.normalize("NFKD", "ﬁ") == "fi"
    assert len("İ".lower()) == 2
