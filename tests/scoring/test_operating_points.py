"""Other operating points of a trained model, without training."""

from __future__ import annotations

import shutil

import numpy as np
import orjson
import pytest

from classifier.errors import ModelError, UsageError
from classifier.model.operating import KEPT, KEPT_WITHIN
from classifier.scoring import Predictor, load

NAMES = [str(point) for point in KEPT]
# Those for which the data of the tests has sentences enough.
WITHIN = [str(point) for point in KEPT_WITHIN if point.value >= 0.02]


def test_a_model_keeps_thresholds_of_many_points(broad):
    points = broad.model.points
    assert list(points) == [*NAMES, *WITHIN]
    assert points["f1"] == broad.model.thresholds
    for kind in ("precision", "recall", "false_alarms"):
        rows = np.array([row for name, row in points.items() if kind in name])
        steps = np.diff(rows, axis=0)
        assert (steps >= 0).all() if kind == "precision" else (steps <= 0).all()


def test_their_error_is_measured_nested(trained):
    measured = trained.model.about["figures"]["operating_points"]
    assert list(measured) == NAMES
    figures = trained.model.about["figures"]["labels"]
    for name, found in measured["f1"].items():
        assert found["precision"] == pytest.approx(figures[name]["precision"]["value"])
        assert found["recall"] == pytest.approx(figures[name]["recall"]["value"])
    for name in trained.model.labels.names:
        recalls = [measured[f"recall:{share}"][name]["recall"] for share in (0.5, 0.7, 0.9, 0.98)]
        assert recalls == sorted(recalls)


def test_false_alarms_are_counted_nested_at_each_point(broad):
    figures = broad.model.about["figures"]["false_alarms"]
    assert figures["sentences"] == int(broad.chooser.bare.sum()) > 250
    shares = figures["operating_points"]
    assert list(shares) == [*NAMES, *WITHIN]
    assert shares["f1"] == figures["share"]["value"] > 0
    within = [shares[name] for name in WITHIN]
    assert within == sorted(within)
    assert within[0] < shares["f1"]


def test_thresholds_within_a_share_of_false_alarms_can_be_taken(broad):
    predictor = Predictor(broad.model)
    found = predictor.at_operating_points({"": "false_alarms:0.02"}).thresholds
    assert tuple(found.values()) == broad.model.points["false_alarms:0.02"]
    assert found != predictor.thresholds


def test_without_documents_of_other_matters_there_is_no_share_to_keep(trained, predictor):
    assert list(predictor.model.points) == NAMES
    assert "false_alarms" not in trained.model.about["figures"]
    with pytest.raises(UsageError, match="keeps no thresholds for false_alarms"):
        predictor.at_operating_points({"": "false_alarms:0.02"})


def test_a_point_for_all_and_one_for_a_label(predictor):
    first, second, *others = predictor.labels
    found = predictor.at_operating_points({second: "recall:.9", "": "precision:0.9"})
    points = predictor.model.points
    expected = dict(zip(predictor.labels, points["precision:0.9"], strict=True))
    expected[second] = points["recall:0.9"][1]
    assert found.thresholds == expected
    only = predictor.at_operating_points({first: "f2"}).thresholds
    assert only[first] == points["f2"][0]
    assert [only[name] for name in others] == [predictor.thresholds[name] for name in others]
    assert predictor.at_operating_points({}) is predictor


@pytest.mark.parametrize(
    ("points", "message"),
    [
        ({"": "f3"}, "keeps no thresholds for f3.*esc train --operating-point"),
        ({"": "precision:0.93"}, "keeps no thresholds for precision:0.93"),
        ({"": "best"}, "expected f1, f2"),
        ({"other": "f2"}, "no label 'other'"),
    ],
)
def test_what_is_not_there_is_refused(predictor, points, message):
    with pytest.raises(UsageError, match=message):
        predictor.at_operating_points(points)


def test_exclusive_labels_have_none(predictors):
    assert predictors["three"].model.points == {}
    with pytest.raises(UsageError, match="exclusive"):
        predictors["three"].at_operating_points({"": "f2"})


@pytest.mark.parametrize(
    "bent",
    [None, [], {"f1": [0.5]}, {"f1": [0.5, 0.5, 0.5, 2.0]}, {"f1": "0.5"}, {"f1": [None] * 4}],
)
def test_points_that_do_not_fit_are_damage(model_folder, tmp_path, bent):
    folder = shutil.copytree(model_folder, tmp_path / "model")
    path = folder / "model.json"
    path.write_bytes(orjson.dumps(orjson.loads(path.read_bytes()) | {"operating_points": bent}))
    with pytest.raises(ModelError, match="damaged"):
        load(str(folder))
