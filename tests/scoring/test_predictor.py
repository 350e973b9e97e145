"""A Predictor is found, loaded, and answers in the shapes that it promises."""

from __future__ import annotations

import shutil
import subprocess
import sys

import numpy as np
import pytest

from classifier.errors import InputError, ModelError, UsageError
from classifier.schema import Sentence
from classifier.scoring import Predictor, load
from classifier.scoring.catalogue import find_model

TEXT = (
    "Shells hit the grain port of Sarn overnight. The governor blamed Orvia.\n"
    "\n“If one more boat is stopped, we will answer,” the marshal said. It rained."
)


def test_model_is_found_by_folder_and_by_name(model_folder, tmp_path, monkeypatch):
    shutil.copytree(model_folder, tmp_path / "models" / "mine")
    monkeypatch.chdir(tmp_path)
    assert load("mine").model.name == "mine"
    assert load("models/mine").model.name == "mine"
    assert load(str(tmp_path / "models" / "mine")).model.name == "mine"


def test_local_model_comes_before_the_shipped_one_of_the_same_name(
    model_folder, tmp_path, monkeypatch
):
    shutil.copytree(model_folder, tmp_path / "models" / "default")
    monkeypatch.chdir(tmp_path)
    assert find_model("default").resolve() == tmp_path / "models" / "default"
    assert find_model(None) != find_model("default")


@pytest.mark.parametrize(
    "name", ["no-such-model", "no/such", "", ".", "x" * 400, "y/" * 3000, "nul\0", "line\nbreak"]
)
def test_unknown_model_is_a_model_error_in_one_line(name, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    with pytest.raises(ModelError) as caught:
        load(name)
    assert "\n" not in str(caught.value)


def test_shipped_model_loads_and_scores(shipped_predictor):
    assert len(shipped_predictor.labels) >= 1
    found = shipped_predictor.predict_proba([TEXT, ""])
    assert found.shape == (2, len(shipped_predictor.labels))
    assert ((found >= 0) & (found <= 1)).all()


def test_predictions_stand_where_they_say(predictor):
    predictions = predictor.predict(TEXT)
    assert len(predictions) >= 4
    for index, prediction in enumerate(predictions):
        sentence = prediction.sentence
        assert sentence.index == index
        assert TEXT[sentence.start : sentence.end] == sentence.text
        assert tuple(prediction.probabilities) == predictor.labels


def test_decisions_are_what_reaches_the_threshold(predictor, corpus):
    for text in [e.text for e in corpus.examples[:40]]:
        for prediction in predictor.predict(text):
            expected = tuple(
                name
                for name in predictor.labels
                if prediction.probabilities[name] >= predictor.thresholds[name]
            )
            assert prediction.decisions == expected


def test_model_has_learnt_something(predictor, corpus):
    texts = [e.text for e in corpus.examples]
    truth = np.array([[n in e.labels for n in predictor.labels] for e in corpus.examples])
    found = predictor.predict_proba(texts)
    for i in range(len(predictor.labels)):
        assert found[truth[:, i], i].mean() > found[~truth[:, i], i].mean() + 0.1


@pytest.mark.parametrize("kind", ["three", "two"])
def test_exclusive_model_decides_for_exactly_one(predictors, kind):
    predictor = predictors[kind]
    assert predictor.thresholds == {}
    for prediction in predictor.predict(TEXT):
        assert sum(prediction.probabilities.values()) == pytest.approx(1)
        [name] = prediction.decisions
        assert prediction.probabilities[name] == max(prediction.probabilities.values())


def test_changed_thresholds_change_decisions_and_nothing_else(predictor):
    name = predictor.labels[1]
    low = predictor.with_thresholds({name: 0.0})
    assert all(name in p.decisions for p in low.predict(TEXT))
    assert low.thresholds == {**predictor.thresholds, name: 0.0}
    np.testing.assert_array_equal(low.predict_proba([TEXT]), predictor.predict_proba([TEXT]))
    assert predictor.thresholds[name] > 0
    assert predictor.with_thresholds({}) is predictor


@pytest.mark.parametrize("value", [-0.1, 1.1, float("nan")])
def test_threshold_outside_of_zero_to_one_is_refused(predictor, value):
    with pytest.raises(UsageError, match="expected 0 to 1"):
        predictor.with_thresholds({predictor.labels[0]: value})


def test_threshold_of_an_unknown_label_is_refused(predictor):
    with pytest.raises(UsageError, match="no label 'peace'"):
        predictor.with_thresholds({"peace": 0.5})


def test_exclusive_model_takes_no_thresholds(predictors):
    with pytest.raises(UsageError, match="exclusive"):
        predictors["two"].with_thresholds({predictors["two"].labels[0]: 0.5})


def test_explaining_an_unknown_label_is_refused(predictor):
    with pytest.raises(UsageError, match="no label 'peace'"):
        predictor.explain(TEXT, "peace")


def test_lone_surrogate_is_an_input_error(predictor):
    with pytest.raises(InputError, match="lone surrogate"):
        predictor.predict_proba(["fine", "the \ud800 strike"])


@pytest.mark.parametrize("text", ["", "  \n "])
def test_empty_text_has_no_predictions(predictor, text):
    assert predictor.predict(text) == []


def test_sentences_that_are_split_already_keep_their_place(predictor):
    sentence = Sentence("The dam was mined.", 40, 58, 7)
    [prediction] = predictor.predict_sentences([sentence])
    assert prediction.sentence is sentence


def test_predictor_of_a_model_in_memory_scores_as_the_loaded_one(trained, predictor):
    expected = predictor.predict_proba([TEXT])
    np.testing.assert_array_equal(Predictor(trained.model).predict_proba([TEXT]), expected)


def test_loading_and_scoring_imports_no_training_library(model_folder):
    script = (
        "import sys; from classifier.scoring import load; p = load(sys.argv[1]);"
        "[prediction] = p.predict('The brigade shelled the ford.');"
        "p.explain(prediction.sentence.text, p.labels[0]);"
        "print(sorted({'sklearn', 'pandas', 'scipy', 'joblib', 'typer'} & set(sys.modules)))"
    )
    done = subprocess.run(
        [sys.executable, "-c", script, str(model_folder)],
        check=True,
        capture_output=True,
        text=True,
    )
    assert done.stdout.strip() == "[]"
