"""A model measured on labelled sentences gives the figures of its own decisions."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from sklearn.metrics import average_precision_score, f1_score

from classifier.scoring.measure import measure


def test_figures_are_those_of_the_predictor(predictor, corpus):
    found = measure(predictor, corpus, bootstrap=20)
    texts = [e.text for e in corpus.examples]
    probabilities = predictor.predict_proba(texts)
    decisions = predictor.decide(probabilities)
    truth = np.array([[n in e.labels for n in predictor.labels] for e in corpus.examples])
    for i, name in enumerate(predictor.labels):
        figures = found["labels"][name]
        assert figures["f1"]["value"] == pytest.approx(f1_score(truth[:, i], decisions[:, i]))
        assert figures["average_precision"]["value"] == pytest.approx(
            average_precision_score(truth[:, i], probabilities[:, i])
        )


def test_model_and_data_are_named(predictor, corpus):
    found = measure(predictor, corpus, bootstrap=20)
    assert found["model"] == "small"
    assert found["fingerprint"] == predictor.model.fingerprint
    assert found["data"] == corpus.fingerprint
    assert found["sentences"] == len(corpus.examples)


def test_thresholds_of_the_predictor_count(predictor, corpus):
    none = predictor.with_thresholds(dict.fromkeys(predictor.labels, 1.0))
    found = measure(none, corpus, bootstrap=20)
    assert found["macro"]["f1"]["value"] == 0
    assert found["macro"] != measure(predictor, corpus, bootstrap=20)["macro"]


def test_seen_sentences_are_measured_better_than_the_nested_figures(predictor, corpus):
    seen = measure(predictor, corpus, bootstrap=20)["macro"]["average_precision"]["value"]
    nested = predictor.model.about["figures"]["macro"]["average_precision"]["value"]
    assert seen > nested + 0.05


def test_exclusive_model_is_measured(predictors, exclusive_corpus):
    found = measure(predictors["three"], exclusive_corpus, bootstrap=20)
    assert found["none"] == 0
    assert found["micro"]["f1"]["value"] == pytest.approx(found["subset_accuracy"])


def test_sentences_without_labels_can_be_measured(predictor, corpus):
    examples = tuple(replace(e, labels=()) for e in corpus.examples[:20])
    found = measure(predictor, replace(corpus, examples=examples), bootstrap=20)
    assert found["macro"]["average_precision"]["value"] is None
    assert found["always_none"]["subset_accuracy"] == 1
