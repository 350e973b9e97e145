"""Predictions of a document are columns until somebody looks at one."""

from __future__ import annotations

import pytest

from classifier.schema import Prediction
from classifier.scoring import predictions as home
from classifier.scoring.sinks import Shape
from classifier.text import segment

TEXTS = (
    "The army said its troops captured the village. Both sides agreed to talks. It rained.",
    "It rained.",
    "",
)


@pytest.fixture
def documents(predictor):
    return predictor.predict_documents([segment(text) for text in TEXTS])


def test_columns_say_what_predictions_say(documents, predictor):
    assert [len(one) for one in documents] == [3, 1, 0]
    for text, one in zip(TEXTS, documents, strict=True):
        columns = list(one.columns())
        assert columns == [(p.sentence, p.probabilities, p.decisions, p.uncertain) for p in one]
        assert list(one) == predictor.predict(text)
    assert documents == predictor.predict_documents([segment(text) for text in TEXTS])
    assert documents[0] == tuple(documents[0])
    assert documents[0] != documents[1]
    assert repr(documents[0]) == repr(list(documents[0]))
    assert documents[0][1] == list(documents[0])[1]
    assert documents[0][1:] == list(documents[0])[1:]


def test_rows_are_written_without_a_prediction(predictor, monkeypatch):
    from classifier.schema import Document
    from classifier.scoring.results import score_documents

    def made(*_):
        raise AssertionError("a prediction was made")

    monkeypatch.setattr(home, "Prediction", made)
    [result] = score_documents(predictor, [Document("d", TEXTS[0])], made)
    rows = list(Shape(predictor.model, predictor.labels).rows(result))
    assert [row["text"] for row in rows] == [s.text for s in segment(TEXTS[0])]
    monkeypatch.setattr(home, "Prediction", Prediction)
    assert [row["probabilities"] for row in rows] == [p.probabilities for p in result.predictions]
