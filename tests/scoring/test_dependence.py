"""Models whose labels depend on one another, from disk to explanations."""

from __future__ import annotations

import shutil

import joblib
import numpy as np
import orjson
import pytest

from classifier.errors import ModelError
from classifier.model.artefact import load_model
from classifier.model.calibrate import sigmoid
from classifier.model.export import export_joblib, to_pipeline
from classifier.scoring import load
from classifier.scoring.explain import NAMED, rows_beside

TEXTS = [
    "Tanks crossed the Orne at dawn.",
    "Ministers warned that any strike would be answered.",
    "",
    "Envoys met to discuss the sale of missiles.",
]


def edit(folder, change):
    path = folder / "model.json"
    value = orjson.loads(path.read_bytes())
    change(value)
    path.write_bytes(orjson.dumps(value))


@pytest.fixture
def folder(model_folder, tmp_path):
    return shutil.copytree(model_folder, tmp_path / "model")


def test_probabilities_are_those_of_the_definition(predictor):
    found = predictor.predict_proba(TEXTS)
    dependence = predictor.model.dependence
    stored = predictor.scorer.logits(TEXTS)
    p = sigmoid(stored * dependence.slopes + dependence.offsets)
    np.testing.assert_allclose(found, sigmoid(stored + p @ dependence.weights.T), atol=1e-12)
    assert np.abs(found - sigmoid(stored)).max() > 0.001


def test_alone_and_among_others_a_sentence_has_the_same_bits(predictor):
    together = predictor.predict_proba(TEXTS * 3)
    for i, text in enumerate(TEXTS):
        np.testing.assert_array_equal(predictor.predict_proba([text])[0], together[i])


def test_explanations_name_the_other_labels(predictor):
    for text in TEXTS:
        for name, found in predictor.explain_all(text).items():
            assert set(found.other_labels) == set(predictor.labels) - {name}
            terms = found.intercept + sum(c.weight for c in found.contributions)
            total = terms + sum(found.other_labels.values())
            assert total == pytest.approx(found.logit)
            assert sigmoid(np.array(total)) == pytest.approx(found.probability, abs=1e-6)
            told = dict(rows_beside(found))
            assert sum(told.values()) == pytest.approx(found.beside)
            named = {n for n, x in found.other_labels.items() if abs(x) >= NAMED}
            few = any(0 < abs(x) < NAMED for x in found.other_labels.values())
            expected = [f"other label: {n}" for n in named] + ["other labels: the rest"] * few
            assert set(told) == set(expected)


def test_a_model_with_context_has_no_other_labels(context_predictor):
    for found in context_predictor.explain_all(TEXTS[0]).values():
        assert found.other_labels == {}


def test_the_pipeline_has_the_same_probabilities_and_needs_nothing_of_ours(predictor, tmp_path):
    pipeline = to_pipeline(predictor.model)
    expected = predictor.predict_proba(TEXTS)
    np.testing.assert_allclose(pipeline.predict_proba(TEXTS), expected, atol=1e-6)
    export_joblib(predictor.model, tmp_path / "p.joblib")
    names = pipeline[:-1].get_feature_names_out()
    assert len(names) == 2 * len(predictor.labels)
    found = joblib.load(tmp_path / "p.joblib").predict_proba(TEXTS)
    np.testing.assert_allclose(found, expected, atol=1e-6)


@pytest.mark.parametrize(
    "change",
    [
        lambda found: found["dependence"]["weights"][1].__setitem__(0, 1.23),
        lambda found: found["dependence"]["slopes"].__setitem__(0, 3.0),
        lambda found: found["dependence"]["offsets"].__setitem__(0, 2.0),
        lambda found: found["checks"][0]["together"].__setitem__(0, 0.5),
        lambda found: found.update(dependence=None),
    ],
)
def test_a_change_is_found_by_the_reference_sentences(folder, change):
    edit(folder, change)
    with pytest.raises(ModelError, match="reference sentences otherwise"):
        load(str(folder))


@pytest.mark.parametrize(
    "change",
    [
        lambda found: found.pop("dependence"),
        lambda found: found.update(dependence=[]),
        lambda found: found["dependence"].update(weights=[[0.1]]),
        lambda found: found["label_set"].update(exclusive=True),
    ],
)
def test_what_does_not_fit_is_damage(folder, change):
    edit(folder, change)
    with pytest.raises(ModelError, match="damaged"):
        load(str(folder))


def test_context_and_dependence_at_once_are_damage(folder, context_folder):
    context = orjson.loads((context_folder / "model.json").read_bytes())["context"]
    edit(folder, lambda found: found.update(context=context))
    with pytest.raises(ModelError, match="both a context and a dependence"):
        load(str(folder))


def test_it_comes_back_as_it_was_saved(trained, model_folder):
    saved, found = trained.model.dependence, load_model(model_folder).dependence
    np.testing.assert_array_equal(found.weights, saved.weights)
    np.testing.assert_array_equal(found.slopes, saved.slopes)
    np.testing.assert_array_equal(found.offsets, saved.offsets)
