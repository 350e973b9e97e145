"""The shipped model is what training on the shipped data gives."""

from __future__ import annotations

import tomllib

import orjson
import pytest

from classifier import load, shipped
from classifier.corpus.files import shipped_paths
from classifier.corpus.labels import load_label_set
from classifier.corpus.read import declared_fingerprint, read_corpus, read_records
from classifier.model.classes import load_classes
from classifier.model.settings import ENGLISH, Settings, load_settings, settings_json


@pytest.fixture(scope="module")
def model():
    return load().model


def test_the_model_was_trained_on_the_data_as_it_is_now(model):
    assert model.about["data"]["fingerprint"] == declared_fingerprint(), (
        "the data has changed since the shipped model was trained: run `make model`"
    )


def test_the_model_has_the_classes_of_words_as_they_are_now(model):
    assert model.about["data"]["word_classes"] == load_classes(ENGLISH).fingerprint


def test_the_data_of_the_project_passes_strict_reading():
    own = [path for path in shipped_paths() if path.name != "references.jsonl"]
    assert read_corpus(own, strict=True, training=True).notices == ()


def test_the_counts_of_the_model_are_those_of_the_data(model):
    records = [r for path in shipped_paths() for r in read_records(path, print)]
    about = model.about["data"]
    assert about["sentences"] == len(records)
    assert about["documents"] == len({r.document for r in records})
    assert about["positives"] == {
        name: sum(name in (r.labels or ()) for r in records) for name in model.labels.names
    }


def test_the_label_set_is_that_of_the_data(model):
    assert model.labels == load_label_set(shipped.data() / "labels.json")
    assert model.labels.exclusive is False


def test_the_settings_are_those_documented(model):
    path = shipped.data() / "training.toml"
    documented = load_settings(path) if path.is_file() else Settings()
    assert model.about["settings"] == orjson.loads(orjson.dumps(settings_json(documented)))


def test_the_settings_file_names_only_what_differs_from_the_defaults():
    path = shipped.data() / "training.toml"
    given = tomllib.loads(path.read_text()) if path.is_file() else {}
    defaults = orjson.loads(orjson.dumps(settings_json(Settings())))
    features = given.pop("features", {})
    assert [k for k, v in given.items() if defaults[k] == v] == []
    assert [k for k, v in features.items() if defaults["features"][k] == v] == []


def test_every_label_has_a_threshold_between_0_and_1(model):
    assert len(model.thresholds) == len(model.labels)
    assert all(0 < bound < 1 for bound in model.thresholds)


def test_the_figures_cover_every_label(model):
    assert list(model.about["figures"]["labels"]) == list(model.labels.names)
