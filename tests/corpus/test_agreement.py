"""Agreement of annotators equals what can be counted by hand."""

from __future__ import annotations

from itertools import product

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from classifier.corpus.agreement import Annotation, agreement, alpha, collect
from classifier.errors import InputError

NAN = np.nan
RATINGS = st.integers(2, 4).flatmap(
    lambda n: st.lists(
        st.lists(st.sampled_from([0.0, 1.0, NAN]), min_size=n, max_size=n), min_size=1, max_size=8
    )
)


def matrix(*rows: list[float]) -> np.ndarray:
    return np.array(rows, np.float64)


def annotations(views: dict[str, dict[str, str]], documents: int = 10**6) -> list[Annotation]:
    """Build annotations from {annotator: {sentence: labels between spaces}}."""
    return [
        Annotation(sentence, f"d{int(sentence) % documents}", name, tuple(labels.split()))
        for name, given_labels in views.items()
        for sentence, labels in given_labels.items()
    ]


def counted(ratings: np.ndarray) -> float | None:
    """Krippendorff's alpha for two values, from its definition by pairs within units."""
    units = [c[~np.isnan(c)] for c in ratings.T]
    units = [u for u in units if len(u) > 1]
    n = sum(map(len, units))
    ones = sum(u.sum() for u in units)
    if not ones * (n - ones):
        return None
    observed = sum(
        sum(a != b for a, b in product(u, u)) / (len(u) - 1) for u in units
    )  # pairs in both orders
    return float(1 - (n - 1) * observed / (2 * ones * (n - ones)))


def test_alpha_of_krippendorffs_own_example() -> None:
    one = [0, 1, 0, 0, 0, 0, 0, 0, 1, 0]
    other = [1, 1, 1, 0, 0, 1, 0, 0, 0, 0]
    assert alpha(matrix(one, other)) == pytest.approx(0.095, abs=5e-4)


def test_alpha_of_one_disagreement_in_five() -> None:
    # Observed 2 of 10 values, expected 2 * 5 * 5 / (10 * 9): 1 - 0.2 * 1.8.
    assert alpha(matrix([1, 1, 0, 0, 1], [1, 0, 0, 0, 1])) == pytest.approx(0.64)


def test_alpha_of_full_agreement_and_of_full_disagreement() -> None:
    assert alpha(matrix([1, 0], [1, 0])) == 1.0
    # Observed 4 of 4, expected 2 * 2 * 2 / (4 * 3).
    assert alpha(matrix([1, 0], [0, 1])) == pytest.approx(-0.5)


@pytest.mark.parametrize(
    "ratings",
    [
        matrix([1, 1], [1, 1]),
        matrix([0, 0, NAN], [0, 0, 0]),
        matrix([NAN, NAN], [NAN, NAN]),
        matrix([1, NAN], [NAN, 0]),
        matrix([1, 1, NAN], [1, 1, 0]),
    ],
)
def test_alpha_is_not_defined_where_nothing_could_differ(ratings: np.ndarray) -> None:
    assert alpha(ratings) is None


def test_a_sentence_with_one_reader_changes_nothing() -> None:
    both = matrix([1, 1, 0, 0], [1, 0, 0, 0])
    more = np.hstack([both, matrix([1, NAN], [NAN, 0])])
    assert alpha(more) == pytest.approx(alpha(both))


@given(RATINGS)
def test_alpha_follows_its_definition(rows: list[list[float]]) -> None:
    ratings = matrix(*rows).T
    expected = counted(ratings)
    found = alpha(ratings)
    assert found == (None if expected is None else pytest.approx(expected, abs=1e-9))


def test_only_sentences_with_two_readers_are_collected() -> None:
    views, documents = collect(annotations({"ann": {"1": "a", "2": ""}, "bob": {"2": "a"}}))
    assert views == {"2": {"ann": (), "bob": ("a",)}}
    assert documents["2"] == "d2"


@pytest.mark.parametrize(
    ("views", "named"),
    [
        ({}, "none"),
        ({"ann": {"1": "a"}}, "ann"),
        ({"ann": {"1": ""}, "bob": {"2": ""}}, "ann, bob"),
    ],
)
def test_without_a_sentence_read_twice_there_is_no_agreement(
    views: dict[str, dict[str, str]], named: str
) -> None:
    with pytest.raises(InputError, match=rf"two annotators \(found {named}\)"):
        agreement(annotations(views), ["a"])


THREE = {
    "ann": {"1": "a", "2": "a b", "3": "", "4": "b"},
    "bob": {"1": "a", "2": "b", "3": "", "4": "b"},
    "eve": {"1": "b", "3": "b", "5": "a"},
}


def test_counts_of_a_small_example() -> None:
    found = agreement(annotations(THREE, documents=3), ["a", "b", "c"], bootstrap=50)
    assert found["sentences"] == 4
    assert found["documents"] == 3
    assert found["annotators"] == ["ann", "bob", "eve"]
    assert found["exact"] == 1 / 4
    assert [row["sentence"] for row in found["disagreements"]] == ["1", "2", "3"]
    assert found["disagreements"][1]["views"] == {"ann": ["a", "b"], "bob": ["b"]}
    a = found["labels"]["a"]
    assert a["positives"] == 2
    assert a["agreement"] == 2 / 4
    # ann and bob share one of 2 and 1; eve gave it on none of those that the two read too.
    assert a["f1"]["value"] == pytest.approx((2 / 3 + 0 + 0) / 3)


def test_a_label_that_nobody_gave_has_no_alpha_and_no_f1() -> None:
    c = agreement(annotations(THREE), ["c"], bootstrap=20)["labels"]["c"]
    empty = {"value": None, "low": None, "high": None}
    assert c == {"alpha": empty, "f1": empty, "agreement": 1.0, "positives": 0}


def test_a_label_that_everyone_gave_has_an_f1_but_no_alpha() -> None:
    same = {name: {"1": "a", "2": "a"} for name in ("ann", "bob")}
    found = agreement(annotations(same), ["a"], bootstrap=20)["labels"]["a"]
    assert found["alpha"]["value"] is None
    assert found["f1"] == {"value": 1.0, "low": 1.0, "high": 1.0}


@given(st.lists(st.tuples(st.booleans(), st.booleans()), min_size=1, max_size=12))
def test_it_does_not_matter_who_is_called_first(pairs: list[tuple[bool, bool]]) -> None:
    one = {str(i): "a" * left for i, (left, _) in enumerate(pairs)}
    other = {str(i): "a" * right for i, (_, right) in enumerate(pairs)}
    there = agreement(annotations({"x": one, "y": other}), ["a"], bootstrap=0)["labels"]["a"]
    back = agreement(annotations({"x": other, "y": one}), ["a"], bootstrap=0)["labels"]["a"]
    assert there == back
    total = sum(a + b for a, b in pairs)
    both = sum(a and b for a, b in pairs)
    assert there["f1"]["value"] == (pytest.approx(2 * both / total) if total else None)


def many(seed: int = 0) -> list[Annotation]:
    rng = np.random.default_rng(seed)
    truth = rng.random(200) < 0.4
    return annotations(
        {
            name: {str(i): "a" * int(t ^ (rng.random() < 0.1)) for i, t in enumerate(truth)}
            for name in ("ann", "bob")
        },
        documents=40,
    )


def test_the_interval_holds_the_value() -> None:
    found = agreement(many(), ["a"], bootstrap=300)["labels"]["a"]
    for measure in ("alpha", "f1"):
        value = found[measure]
        assert value["low"] < value["value"] < value["high"]
        assert value["high"] - value["low"] < 0.3


def test_documents_and_not_sentences_are_drawn() -> None:
    one = [Annotation(a.sentence, "d", a.annotator, a.labels) for a in many()]
    found = agreement(one, ["a"], bootstrap=20)["labels"]["a"]["alpha"]
    assert found["low"] == pytest.approx(found["value"])
    assert found["high"] == pytest.approx(found["value"])


def test_the_seed_decides_the_interval() -> None:
    first, again, other = (
        agreement(many(), ["a"], bootstrap=30, seed=seed)["labels"]["a"] for seed in (1, 1, 2)
    )
    assert first == again
    assert first != other
    assert first["alpha"]["value"] == other["alpha"]["value"]


def test_without_resamples_there_is_no_interval() -> None:
    found = agreement(many(), ["a"], bootstrap=0)["labels"]["a"]["alpha"]
    assert found["low"] is None
    assert found["high"] is None
