"""Settings are checked by name, type and range, and survive the way to JSON and back."""

from __future__ import annotations

import orjson
import pytest

from classifier import shipped
from classifier.errors import InputError, UsageError
from classifier.model.settings import (
    FeatureSettings,
    Settings,
    load_settings,
    parse_settings,
    settings_json,
    settings_toml,
)

OTHER = Settings(
    features=FeatureSettings(word_ngrams=(1, 3), char_ngrams=(3, 4), strip_accents=False),
    min_df=3,
    C=(0.5, 2.0),
    balanced=False,
    folds=4,
    bootstrap=50,
    origin_weights={"composed": 0.5},
    target=("field",),
    own_scale=0.5,
    seed=7,
)


@pytest.mark.parametrize("settings", [Settings(), OTHER])
def test_json_form_comes_back(settings):
    value = orjson.loads(orjson.dumps(settings_json(settings)))
    assert parse_settings(value, "here") == settings


def test_what_is_not_named_keeps_its_default():
    assert parse_settings({"features": {"word_ngrams": [1, 1]}}, "here") == Settings(
        features=FeatureSettings(word_ngrams=(1, 1))
    )
    assert parse_settings({}, "here") == Settings()


def test_whole_numbers_are_strengths_too():
    assert parse_settings({"C": [1, 2.5]}, "here").C == (1.0, 2.5)


def test_whole_number_is_a_scale_too():
    found = parse_settings({"own_scale": 1}, "here").own_scale
    assert (found, type(found)) == (1.0, float)


@pytest.mark.parametrize(
    ("value", "named"),
    [
        ({"sead": 1}, "sead: unknown setting"),
        ({"features": {"ngrams": [1, 2]}}, "features.ngrams: unknown setting"),
        ({"features": 3}, "features is 3"),
        ({"folds": "5"}, "folds: found '5'"),
        ({"folds": True}, "folds: found True"),
        ({"folds": 2}, "setting folds: found 2"),
        ({"folds": 51}, "setting folds: found 51"),
        ({"balanced": 1}, "balanced: found 1"),
        ({"C": []}, "setting C"),
        ({"C": [1.0, 0.0]}, "setting C"),
        ({"C": ["1"]}, "C: found"),
        ({"C": 1.0}, "C: found"),
        ({"min_df": 0}, "setting min_df"),
        ({"bootstrap": 5}, "setting bootstrap"),
        ({"seed": -1}, "setting seed"),
        ({"seed": 2**31}, "setting seed"),
        ({"origin_weights": {"a": -1}}, "setting origin_weights"),
        ({"origin_weights": {"a": "1"}}, "origin_weights: found"),
        ({"own_scale": -0.1}, "setting own_scale"),
        ({"own_scale": "1"}, "own_scale: found"),
        ({"target": [1]}, "target: found"),
        ({"target": "field"}, "target: found"),
        ({"features": {"word_ngrams": [1]}}, "word_ngrams: found"),
        ({"features": {"word_ngrams": [0, 1]}}, "setting features.word_ngrams"),
        ({"features": {"word_ngrams": [2, 1]}}, "setting features.word_ngrams"),
        ({"features": {"char_ngrams": [4, 5]}}, "setting features.char_ngrams"),
        ({"features": {"char_ngrams": [1, 5]}}, "setting features.char_ngrams"),
        ({"features": {"char_ngrams": [2, 9]}}, "setting features.char_ngrams"),
    ],
)
def test_wrong_setting_is_named(value, named):
    with pytest.raises(UsageError) as caught:
        parse_settings(value, "here")
    assert named in str(caught.value)


def test_toml_file_is_read(tmp_path):
    path = tmp_path / "settings.toml"
    path.write_text('folds = 4\ntarget = ["field"]\n[features]\nchar_ngrams = [0, 0]\n')
    found = load_settings(path)
    assert (found.folds, found.target) == (4, ("field",))
    assert found.features.char_ngrams == (0, 0)


def test_broken_toml_names_the_file(tmp_path):
    path = tmp_path / "settings.toml"
    path.write_text("folds = ")
    with pytest.raises(UsageError, match=r"settings\.toml: not TOML"):
        load_settings(path)


def test_missing_file_is_an_input_error(tmp_path):
    with pytest.raises(InputError, match="cannot be read"):
        load_settings(tmp_path / "none.toml")


def test_settings_written_are_settings_read(tmp_path):
    given = Settings(
        features=FeatureSettings(char_ngrams=(3, 4)),
        C=(0.5, 2.0),
        target=("real", 'a "quoted" one'),
        origin_weights={"composed": 0.5, "an origin": 2.0},
        operating_points={"threat": "recall:0.9"},
        leave_out_groups={"east": ["x", "y"]},
    )
    for settings in (given, Settings()):
        path = tmp_path / "settings.toml"
        path.write_text(settings_toml(settings))
        assert load_settings(path) == settings


def test_the_shipped_settings_survive_being_written(tmp_path):
    path = tmp_path / "settings.toml"
    path.write_text(settings_toml(load_settings(shipped.settings())))
    assert load_settings(path) == load_settings(shipped.settings())
