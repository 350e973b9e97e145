"""The exported Pipeline is plain scikit-learn and says the same as the Predictor."""

from __future__ import annotations

import subprocess
import sys

import joblib
import numpy as np
import pytest

from classifier.errors import UsageError
from classifier.model.export import export_joblib, oracle_logits, to_pipeline
from classifier.scoring import engine

TEXTS = [
    "The militia claims it holds both bridges over the Sorna.",
    "Cross this line and you will be fired on, the admiral warned.",
    "Mediators hope for a second meeting before the snow comes.",
    "",
]
KINDS = ["multi", "three", "two", "one", "accents", "words", "classes"]


@pytest.mark.parametrize("kind", KINDS)
def test_oracle_logits_equal_those_of_the_engine(predictors, kind):
    model = predictors[kind].model
    expected = oracle_logits(model, TEXTS)
    assert expected.shape == (len(TEXTS), len(model.labels))
    np.testing.assert_allclose(engine.logits(model, TEXTS), expected, atol=1e-9)


@pytest.mark.parametrize("kind", ["three", "two"])
def test_exclusive_pipeline_predicts_the_names(predictors, pipelines, kind):
    predictor, pipeline = predictors[kind], pipelines[kind]
    best = predictor.predict_proba(TEXTS).argmax(axis=1)
    assert pipeline.predict(TEXTS).tolist() == [predictor.labels[i] for i in best]


def test_pipeline_carries_labels_and_thresholds(predictors, pipelines):
    assert pipelines["multi"].labels_ == list(predictors["multi"].labels)
    assert pipelines["multi"].thresholds_ == dict(predictors["multi"].thresholds)
    assert pipelines["three"].thresholds_ == {}


def test_multi_label_pipeline_cuts_at_one_half(predictors, pipelines, corpus):
    texts = [e.text for e in corpus.examples[:50]]
    expected = predictors["multi"].predict_proba(texts) > 0.5
    assert expected.any()
    np.testing.assert_array_equal(pipelines["multi"].predict(texts).astype(bool), expected)


def test_single_label_pipeline_names_both_sides(predictors, pipelines):
    [name] = predictors["one"].labels
    assert set(pipelines["one"].predict(TEXTS)) <= {name, f"not_{name}"}


def test_pipeline_does_not_share_arrays_that_it_could_change(predictor):
    before = engine.logits(predictor.model, TEXTS)
    pipeline = to_pipeline(predictor.model)
    pipeline.named_steps["features"].transformer_list[0][1].idf_ *= 2
    np.testing.assert_array_equal(engine.logits(predictor.model, TEXTS), before)


def test_joblib_file_needs_nothing_of_this_package(predictor, tmp_path):
    path = tmp_path / "model.joblib"
    export_joblib(predictor.model, path)
    script = (
        "import sys, json, joblib; p = joblib.load(sys.argv[1]);"
        "print(json.dumps(p.predict_proba([sys.argv[2]]).tolist()));"
        "assert 'classifier' not in sys.modules"
    )
    done = subprocess.run(
        [sys.executable, "-c", script, str(path), TEXTS[0]],
        check=True,
        capture_output=True,
        text=True,
        cwd=tmp_path,
    )
    found = np.array(eval(done.stdout))
    np.testing.assert_allclose(found, predictor.predict_proba(TEXTS[:1]), atol=1e-6)


def test_joblib_file_holds_the_whole_pipeline(predictor, tmp_path):
    path = tmp_path / "model.joblib"
    export_joblib(predictor.model, path)
    found = joblib.load(path)
    np.testing.assert_allclose(
        found.predict_proba(TEXTS), predictor.predict_proba(TEXTS), atol=1e-6
    )
    assert found.labels_ == list(predictor.labels)


def test_folder_as_the_target_is_a_usage_error(predictor, tmp_path):
    with pytest.raises(UsageError, match="is a folder"):
        export_joblib(predictor.model, tmp_path)
