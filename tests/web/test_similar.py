from __future__ import annotations

import numpy as np
import pytest
from sklearn.feature_extraction.text import TfidfVectorizer

from classifier.model.export import to_pipeline
from classifier.web.similar import Neighbours


@pytest.fixture(scope="module")
def neighbours(corpus) -> Neighbours:
    return Neighbours(lambda _model: corpus.examples)


def test_the_sentence_itself_is_nearest(neighbours, predictor, corpus):
    for example in corpus.examples[::97]:
        found = neighbours.find(predictor, example.text, 3)
        if found:  # some share no word with the vocabulary
            assert found[0].similarity == pytest.approx(1)
            assert found[0].example.text == example.text


def test_similarities_are_those_of_scikit_learn(neighbours, predictor, corpus):
    texts = [example.text for example in corpus.examples]
    union = to_pipeline(predictor.model).steps[0][1]
    words = dict(union.transformer_list)["word"]
    assert isinstance(words, TfidfVectorizer)
    asked = "Moscow warned that missiles would cross a red line, and shelled the port again."
    expected = (words.transform(texts) @ words.transform([asked]).T).toarray()[:, 0]
    found = neighbours.find(predictor, asked, 5)
    assert found
    np.testing.assert_allclose(
        [one.similarity for one in found], np.sort(expected)[::-1][: len(found)], atol=1e-6
    )
    assert all(texts[np.argmax(expected)] == one.example.text for one in found[:1])


@pytest.mark.parametrize("text", ["", "   ", "qqqq zzzz", "!!!"])
def test_a_text_without_known_words_has_none(neighbours, predictor, text):
    assert neighbours.find(predictor, text) == []


def test_models_of_every_kind_have_neighbours(predictors, corpus):
    asked = corpus.examples[0].text
    for kind, predictor in predictors.items():
        assert Neighbours(lambda _model: corpus.examples).find(predictor, asked), kind


def test_the_corpus_is_read_once_for_a_model(predictor, predictors, corpus):
    read = []
    neighbours = Neighbours(lambda model: read.append(model.name) or corpus.examples[:50])
    for one in (predictor, predictor, predictors["words"], predictors["words"]):
        neighbours.find(one, "the army shelled the port")
    assert len(read) == 2


def test_without_a_corpus_there_are_none(predictor):
    assert Neighbours(lambda _model: ()).find(predictor, "the army shelled the port") == []
