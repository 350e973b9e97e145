"""Wrong labels planted in a corpus come out on top of the list of doubtful ones."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from classifier.corpus.read import Corpus
from classifier.model.audit import Suspect, audit, contradictions
from classifier.model.settings import FeatureSettings, Settings
from classifier.model.train import Trained, train
from classifier.schema import Example, Label, LabelSet

LABELS = LabelSet((Label("threat"), Label("offer")))
SETTINGS = Settings(
    features=FeatureSettings(char_ngrams=(0, 0)), C=(1.0,), folds=3, bootstrap=20, target=("own",)
)
THREATS = ["warned", "threatened", "vowed", "strike", "crush", "retaliate"]
OFFERS = ["offered", "talks", "envoy", "truce", "mediate", "table"]
NOISE = [f"noun{i}" for i in range(60)]
PLANTED = 16


def clean() -> list[Example]:
    rng = np.random.default_rng(5)
    found = []
    for i in range(400):
        labels = [(), ("threat",), ("offer",), ("threat", "offer")][int(rng.integers(4))]
        told = list(rng.choice(NOISE, 8))
        told += list(rng.choice(THREATS, 3)) if "threat" in labels else []
        told += list(rng.choice(OFFERS, 3)) if "offer" in labels else []
        text = " ".join(rng.permutation(told))
        origin = "other" if i % 10 == 0 else "own"
        found.append(Example(f"s{i:03}", f"d{i // 5}", i % 5, text, labels, origin=origin))
    return found


def flipped(example: Example, name: str) -> Example:
    labels = set(example.labels) ^ {name}
    return replace(example, labels=tuple(n for n in LABELS.names if n in labels))


@pytest.fixture(scope="module")
def planted() -> dict[str, str]:
    """The sentences with a wrong label, and the label."""
    rng = np.random.default_rng(7)
    places = [i for i in rng.permutation(400).tolist() if i % 10][:PLANTED]
    return {f"s{i:03}": LABELS.names[n % 2] for n, i in enumerate(places)}


@pytest.fixture(scope="module")
def examples(planted: dict[str, str]) -> list[Example]:
    return [flipped(e, planted[e.id]) if e.id in planted else e for e in clean()]


@pytest.fixture(scope="module")
def result(examples: list[Example]) -> Trained:
    return train(Corpus(tuple(examples), LABELS), SETTINGS)


@pytest.fixture(scope="module")
def suspects(result: Trained, examples: list[Example]) -> list[Suspect]:
    return audit(result, examples, LABELS)


def test_most_planted_errors_are_at_the_top(suspects, planted) -> None:
    top = {s.example.id for s in suspects[: PLANTED + 4]}
    assert len(top & set(planted)) >= 0.8 * PLANTED


def test_the_label_in_doubt_is_the_planted_one(suspects, planted) -> None:
    found = [s for s in suspects if s.example.id in planted]
    right = sum(planted[s.example.id] in s.doubtful for s in found)
    assert right >= 0.9 * len(found) > 0


def test_a_score_is_the_probability_of_the_given_label(suspects) -> None:
    for s in suspects:
        given = [p if name in s.example.labels else 1 - p for name, p in s.doubtful.items()]
        assert s.score == min(given)
        assert 0 <= s.score < 0.5


def test_suspects_come_least_likely_first(suspects) -> None:
    assert [s.score for s in suspects] == sorted(s.score for s in suspects)
    assert len({s.example.id for s in suspects}) == len(suspects)


def test_only_sentences_of_the_target_are_doubted_and_matched_by_row(result, suspects, examples):
    assert {s.example.origin for s in suspects} == {"own"}
    known = {examples[row].id: place for place, row in enumerate(result.rows)}
    for s in suspects:
        for name, p in s.doubtful.items():
            column = LABELS.names.index(name)
            assert result.measured.probabilities[known[s.example.id], column] == p


def test_clean_labels_are_hardly_doubted() -> None:
    data = clean()
    found = audit(train(Corpus(tuple(data), LABELS), SETTINGS), data, LABELS)
    assert len(found) <= PLANTED // 2


LONG = "the old ford below the mill was shut by the second flood"


def test_near_duplicates_with_other_labels_contradict_each_other() -> None:
    rows = [
        Example("1", "a", 0, LONG, ("threat",)),
        Example("2", "a", 1, f"{LONG} again and again", ()),
        Example("3", "b", 0, f"{LONG} again", ("threat",)),
        Example("4", "c", 0, "It rained all day in the valley and on the hills.", ()),
    ]
    found = contradictions(rows)
    assert [(one.id, other.id) for one, other, _ in found] == [("2", "3"), ("1", "2")]
    assert found[0][2] > found[1][2] > 0.6
