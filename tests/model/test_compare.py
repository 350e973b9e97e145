"""Two models on the same sentences."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from classifier.errors import UsageError
from classifier.model.compare import compare
from classifier.model.evaluate import Measured


def measured(noise: float, seed: int = 0) -> Measured:
    rng = np.random.default_rng(7)
    truth = rng.random((600, 2)) < 0.3
    rng = np.random.default_rng(seed)
    p = np.clip(truth * 0.6 + 0.2 + rng.normal(0, noise, truth.shape), 0, 1)
    documents = [f"d{i // 4}" for i in range(600)]
    return Measured(("red", "blue"), documents, truth, p, p >= 0.5)


def test_a_model_against_itself_shows_no_difference():
    found = compare(measured(0.3), measured(0.3), bootstrap=50)
    for metrics in found.values():
        for d in metrics.values():
            assert (d["difference"], d["low"], d["high"], d["better"]) == (0, 0, 0, 0)


def test_a_better_model_is_ahead_with_an_interval_above_zero():
    found = compare(measured(0.5, 1), measured(0.2, 2), bootstrap=200)
    for metric in ("f1", "average_precision"):
        d = found["macro"][metric]
        assert 0 < d["low"] < d["difference"] < d["high"]
        assert d["better"] == 1
        assert d["new"] - d["old"] == pytest.approx(d["difference"])


def test_the_paired_interval_is_narrower_than_that_of_each_model():
    one, other = measured(0.4, 1), measured(0.4, 1)
    flipped = other.decisions.copy()
    flipped[:10] ^= True
    d = compare(one, replace(other, decisions=flipped), bootstrap=200)["macro"]["f1"]
    assert d["high"] - d["low"] < 0.05


def test_predictions_of_other_sentences_are_refused():
    one = measured(0.3)
    with pytest.raises(UsageError, match="same sentences"):
        compare(one, replace(one, documents=["x"] * 600))
