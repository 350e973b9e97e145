"""The article that the project began with, read by the shipped model and by one without it."""

from __future__ import annotations

import subprocess
import sys

import pytest

from classifier import load, shipped

ARTICLE = "2024-09-kursk-counteroffensive.txt"
# A sentence is found by these words, all of which it has.
BATTLE = {
    "the counter-offensive begins": ("initiated", "counteroffensive"),
    "the advance on video": ("Videos", "advancing"),
    "the advance in the east": ("now making", "advances"),
}
RED_LINE = {
    "the repeated warning": ("repeatedly warned",),
    "the line that was drawn": ("labeled", "red line"),
}
WEAPONS = ("hinted", "long-range")
TALKS = ("dismissed", "peace talks")


@pytest.fixture(scope="session")
def text():
    return (shipped.root() / "seeds" / ARTICLE).read_text(encoding="utf-8")


@pytest.fixture(scope="session")
def without_article(tmp_path_factory):
    """A model that never saw the article; few folds and one strength, to be quick."""
    folder = tmp_path_factory.mktemp("without")
    (folder / "quick.toml").write_text("bootstrap = 20\nfolds = 3\nC = [10.0]\n")
    done = subprocess.run(
        [
            *(sys.executable, "-m", "classifier", "train"),
            *("--data", shipped.data() / "composed", "--labels", shipped.data() / "labels.json"),
            *("--config", "quick.toml", "--output", "without"),
        ],
        cwd=folder,
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    return load(str(folder / "models" / "without"))


@pytest.fixture(scope="session")
def shipped_model():
    return load()


@pytest.fixture(params=["shipped_model", "without_article"])
def found(request, text):
    """Look up the decisions on the one sentence with some words."""
    predictions = request.getfixturevalue(request.param).predict(text)

    def look_up(words):
        [one] = [p for p in predictions if all(word in p.sentence.text for word in words)]
        return one.decisions

    return look_up


@pytest.mark.parametrize("which", BATTLE)
def test_the_advances_are_battlefield_claims(found, which):
    assert "battlefield_claim" in found(BATTLE[which])


def test_a_red_line_is_a_warning(found):
    assert any("red_line_warning" in found(words) for words in RED_LINE.values())


def test_the_long_range_weapons_are_weapons_policy(found):
    assert "weapons_policy" in found(WEAPONS)


def test_the_dismissed_talks_are_a_diplomatic_signal(found):
    assert "diplomatic_signal" in found(TALKS)


def test_the_model_without_the_article_never_saw_it(without_article):
    assert set(without_article.model.about["data"]["origins"]) == {"composed"}
