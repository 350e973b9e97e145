"""Classes of words: read line by line, told apart, and checked before they are believed."""

from __future__ import annotations

import re
from collections import Counter
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from classifier.errors import UsageError
from classifier.model.artefact import load_model, save_model
from classifier.model.classes import (
    UNKNOWN,
    build_classes,
    checked,
    classes_for,
    classes_path,
    load_classes,
)
from classifier.model.settings import ENGLISH, FeatureSettings, load_settings
from classifier.model.train import train
from classifier.model.words import WORD, fold
from classifier.scoring import engine
from tests.conftest import QUICK

LINES = "# towns and verbs\nkyiv Moscow  séoul\n\nwarned cautioned\n"


@pytest.fixture
def classes(tmp_path):
    path = tmp_path / "classes.txt"
    path.write_text(LINES, encoding="utf-8")
    return load_classes(str(path))


def test_words_of_a_line_have_the_name_of_its_first(classes):
    assert classes.names == ["‹kyiv›", "‹warned›", UNKNOWN]
    words = ["seoul", "cautioned", "pyongyang", "moscow"]
    assert classes.names_of(words) == ["‹kyiv›", "‹warned›", UNKNOWN, "‹kyiv›"]
    assert classes.names_of([]) == []
    assert classes.tokeniser()("seoul cautioned, a pyongyang") == ["‹kyiv›", "‹warned›", UNKNOWN]
    assert classes.members("‹kyiv›") == ["kyiv", "moscow", "seoul"]
    assert classes.members(UNKNOWN) == []


def test_accents_stay_where_they_are_kept(tmp_path):
    path = tmp_path / "classes.txt"
    path.write_text(LINES, encoding="utf-8")
    found = load_classes(str(path), strip_accents=False)
    assert found.names_of(["séoul", "seoul"]) == ["‹kyiv›", UNKNOWN]


def test_no_name_no_classes():
    assert load_classes("") is None


@pytest.mark.parametrize(
    ("text", "named"),
    [
        ("kyiv moscow\nwarned Kyiv\n", "classes.txt:2: 'kyiv' stands in line 1 too"),
        ("kyiv new-york\n", "classes.txt:1: 'new-york' is no word"),
        ("kyiv a\n", "'a' is no word"),
        ("# nothing\n", "classes.txt: no word"),
        ("", "no word"),
        ("k\x00\n", "no word"),
        ("\ud800".encode("utf-8", "surrogatepass"), "UTF-8"),
    ],
)
def test_a_bent_file_is_named_with_its_line(tmp_path, text, named):
    path = tmp_path / "classes.txt"
    path.write_bytes(text if isinstance(text, bytes) else text.encode())
    with pytest.raises(UsageError, match=re.escape(named)):
        load_classes(str(path))


def test_a_missing_file_is_named(tmp_path):
    with pytest.raises(UsageError, match=r"features\.word_classes: .*none\.txt: no such file"):
        load_classes(str(tmp_path / "none.txt"))
    with pytest.raises(UsageError, match="no such file"):
        load_classes(str(tmp_path))


def test_shipped_classes_are_whole():
    lines = [
        line.split()
        for line in classes_path(ENGLISH).read_text(encoding="utf-8").splitlines()
        if not line.startswith("#")
    ]
    words = Counter(word for line in lines for word in line)
    assert max(words.values()) == 1
    assert all(WORD.fullmatch(word) for word in words)
    assert all(word == fold(word, strip_accents=True) for word in words)
    assert len(words) > 30_000
    found = load_classes(ENGLISH)
    assert sorted(found.words) == sorted(words)
    assert len(found.first) == len(lines)
    # A sample that any reader would agree with.
    for one, other in (("january", "february"), ("warned", "warns"), ("missile", "missiles")):
        assert len(set(found.names_of([one, other]))) == 1
    assert len(set(found.names_of(["warned", "missile", "january"]))) == 3


@pytest.mark.parametrize(
    "bent",
    [
        {"number": np.array([0, 0, 9], np.uint32)},
        {"number": np.array([0, 1], np.uint32)},
        {"first": np.array([0, 9], np.uint32)},
        {"first": np.array([0, 0], np.uint32)},
        {"first": np.array([], np.uint32)},
        {"end": np.array([2, 1, 6], np.uint32)},
        {"end": np.array([2, 4, 7], np.uint32)},
        {"end": np.array([0, 4, 6], np.uint32)},
        {"text": np.frombuffer(b"\xff\xfeccdd", np.uint8)},
        {"hash": np.array([3, 2, 1], np.uint64)},
    ],
    ids=str,
)
def test_bent_arrays_are_refused(bent):
    fine = build_classes([["aa", "bb"], ["cc"]])
    assert checked(fine) is fine
    with pytest.raises(ValueError, match=r"\w"):
        checked(replace(fine, **bent))


def test_classes_travel_with_the_model(predictors, tmp_path):
    model = predictors["classes"].model
    assert list(model.blocks) == ["word", "class"]
    assert model.about["data"]["word_classes"] == load_classes(ENGLISH).fingerprint
    save_model(model, tmp_path / "copy")
    again = load_model(tmp_path / "copy")
    texts = ["Seoul cautioned Pyongyang.", "Xyzzy.", ""]
    np.testing.assert_array_equal(engine.logits(again, texts), engine.logits(model, texts))


def test_own_classes_lie_beside_their_settings(tmp_path, monkeypatch):
    (tmp_path / "mine").mkdir()
    (tmp_path / "mine" / "classes.txt").write_text(LINES, encoding="utf-8")
    config = tmp_path / "mine" / "training.toml"
    config.write_text('[features]\nword_classes = "classes.txt"\n', encoding="utf-8")
    monkeypatch.chdir(tmp_path)
    found = load_settings(Path("mine/training.toml"))
    assert load_classes(found.features.word_classes).names[0] == "‹kyiv›"


def test_a_model_says_nothing_of_the_folder_of_its_classes(corpus, tmp_path):
    path = tmp_path / "classes.txt"
    path.write_text(LINES, encoding="utf-8")
    features = FeatureSettings(char_ngrams=(0, 0), word_classes=str(path))
    model = train(corpus, replace(QUICK, features=features)).model
    assert model.about["settings"]["features"]["word_classes"] == "classes.txt"
    save_model(model, tmp_path / "model")
    path.unlink()
    assert str(tmp_path) not in (tmp_path / "model" / "model.json").read_text(encoding="utf-8")
    assert load_model(tmp_path / "model").classes.names == ["‹kyiv›", "‹warned›", UNKNOWN]


def test_english_classes_are_left_out_of_other_languages():
    french = ["Le ministre a averti que toute attaque serait suivie d'une riposte immédiate."]
    told = []
    assert classes_for(french, FeatureSettings(), told.append) is None
    assert re.fullmatch(r"of the words \d\d% are in the classes of English words: .*", told[0])
    english = ["The minister warned that any attack would be met with an immediate response."]
    assert classes_for(english, FeatureSettings(), told.append) is not None
    assert len(told) == 1
    assert classes_for(french, FeatureSettings(word_classes=""), told.append) is None
    assert len(told) == 1


def test_names_that_no_class_has_have_no_members(classes):
    assert classes.members("‹missile›") == []


def test_a_word_never_seen_counts_as_its_class(corpus, tmp_path):
    path = tmp_path / "classes.txt"
    path.write_text("army zorvanians\n", encoding="utf-8")
    features = FeatureSettings(char_ngrams=(0, 0), word_classes=str(path), class_ngrams=(1, 1))
    model = train(corpus, replace(QUICK, features=features)).model
    one, other = (engine.find_in(model, "class", text) for text in ("army", "zorvanians"))
    assert one.row.tolist() == other.row.tolist()
    assert len(one.row) == 1
    assert model.blocks["class"].term(int(one.row[0])) == "‹army›"
    assert not len(engine.find_in(model, "word", "zorvanians").row)


def test_the_example_of_the_documents_holds():
    one, other = (
        load_classes(ENGLISH).names_of(text.split())
        for text in ("warns of rockets", "warned of missiles")
    )
    assert one == other == ["‹warned›", "‹of›", "‹missile›"]
