"""Which sentences and labels are explained, and their JSON form."""

from __future__ import annotations

import json

import pytest

from classifier.errors import UsageError
from classifier.schema import Document
from classifier.scoring.inspection import inspect, inspection_json
from classifier.scoring.results import Result

TEXT = "Tanks crossed the Orne at dawn. The envoy flew home. Bread is dear. Missiles were sold."


@pytest.fixture(scope="module")
def result(predictor):
    return Result(Document("d.txt", TEXT), tuple(predictor.predict(TEXT)))


def test_every_sentence_is_explained_for_its_decisions_or_the_most_probable(predictor, result):
    inspected = inspect(predictor, result)
    assert [prediction for prediction, _ in inspected] == list(result.predictions)
    for prediction, explanations in inspected:
        found = tuple(e.label for e in explanations)
        likely = max(prediction.probabilities, key=prediction.probabilities.get)
        assert found == (prediction.decisions or (likely,))


def test_undecided_sentences_get_the_most_probable_label(predictor):
    high = predictor.with_thresholds(dict.fromkeys(predictor.labels, 1.0))
    result = Result(Document("d.txt", TEXT), tuple(high.predict(TEXT)))
    for prediction, [explanation] in inspect(high, result):
        assert explanation.probability == max(prediction.probabilities.values())


def test_chosen_sentences_and_labels(predictor, result):
    wanted = [predictor.labels[2], predictor.labels[0]]
    inspected = inspect(predictor, result, [0, 2], wanted)
    assert [p.sentence.index for p, _ in inspected] == [0, 2]
    assert all([e.label for e in explanations] == wanted for _, explanations in inspected)


@pytest.mark.parametrize("index", [-1, 4, 99])
def test_sentence_that_is_not_there_is_refused(predictor, result, index):
    with pytest.raises(UsageError, match=f"no sentence {index}; they are numbered 0 to 3"):
        inspect(predictor, result, [index])


@pytest.mark.parametrize("top", [0, 3, 10_000])
def test_json_sums_to_the_logit(predictor, result, top):
    inspected = inspect(predictor, result)
    value = json.loads(json.dumps(inspection_json(result, inspected, predictor.model, top)))
    assert value["document"] == "d.txt"
    assert value["fingerprint"] == predictor.model.fingerprint
    for sentence in value["sentences"]:
        assert TEXT[sentence["start"] : sentence["end"]] == sentence["text"]
        for found in sentence["explanations"]:
            assert len(found["contributions"]) <= top
            listed = sum(c["weight"] for c in found["contributions"])
            total = found["intercept"] + listed + found["other_terms"]
            total += sum(found["context"].values()) + sum(found["other_labels"].values())
            assert found["label"] not in found["other_labels"]
            assert len(found["other_labels"]) == len(predictor.labels) - 1
            assert total == pytest.approx(found["logit"], abs=1e-6)


def test_exclusive_labels_have_no_threshold_in_json(predictors):
    two = predictors["two"]
    result = Result(Document("d.txt", TEXT), tuple(two.predict(TEXT)))
    value = inspection_json(result, inspect(two, result), two.model, 3)
    assert value["sentences"][0]["explanations"][0]["threshold"] is None
