"""Near-duplicates are found as by comparing every pair; documents that share one are one group."""

from __future__ import annotations

from itertools import combinations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from classifier.corpus.shingles import document_groups, five_grams, near_duplicates, words
from classifier.schema import Example

# Few words, some of them common, so that random texts do share most of theirs.
WORDS = st.sampled_from([*"aaabbbcdefghijkl"])
TEXTS = st.lists(st.lists(WORDS, max_size=14).map(" ".join), max_size=14)
LONG = "the old ford below the mill was shut by the second flood"


def brute(texts: list[str], jaccard: float, min_words: int) -> set[tuple[int, int, float]]:
    found = set()
    for (i, one), (j, other) in combinations(enumerate(texts), 2):
        a, b = set(words(one)), set(words(other))
        if min(len(words(one)), len(words(other))) >= min_words and a | b:
            share = len(a & b) / len(a | b)
            if share > jaccard:
                found.add((i, j, share))
    return found


@given(TEXTS, st.sampled_from([0.1, 0.3, 0.5, 0.6, 0.75, 0.9]), st.integers(1, 8))
def test_every_pair_is_found_and_no_other(texts: list[str], jaccard: float, least: int) -> None:
    found = list(near_duplicates(texts, jaccard=jaccard, min_words=least))
    assert len(found) == len(set(found))
    assert set(found) == brute(texts, jaccard, least)


@given(TEXTS)
def test_the_defaults_are_what_they_are_said_to_be(texts: list[str]) -> None:
    assert set(near_duplicates(texts)) == brute(texts, 0.6, 8)


def test_exactly_the_bound_is_not_above_it() -> None:
    six, ten = "a b c d e f", "a b c d e f g h i j"
    assert list(near_duplicates([six, ten], min_words=1)) == []
    assert list(near_duplicates([six, ten], jaccard=0.59, min_words=1)) == [(0, 1, 0.6)]


def test_case_and_punctuation_make_no_difference() -> None:
    assert list(near_duplicates([LONG, LONG.upper() + "!"])) == [(0, 1, 1.0)]


def test_words_keep_their_inner_marks() -> None:
    assert words("Kyiv's 14-day — _truce_, Zoë’s") == ["kyiv's", "14-day", "truce", "zoë’s"]


@pytest.mark.parametrize(("n_words", "grams"), [(0, 0), (4, 0), (5, 1), (9, 5)])
def test_five_grams_of_so_many_words(n_words: int, grams: int) -> None:
    found = five_grams(" ".join(f"w{i}" for i in range(n_words)))
    assert len(found) == grams
    assert all(0 <= gram < 1 << 48 for gram in found)


def test_five_grams_are_stable_and_see_order() -> None:
    assert five_grams("The ford is shut, sir") == five_grams("the FORD is shut sir")
    assert five_grams("the ford is shut sir") != five_grams("sir the ford is shut")
    assert five_grams("the ford is shut sir") == {0xEF6412A8CBA6}


def examples(*rows: tuple[str, str]) -> list[Example]:
    return [Example(str(i), document, 0, text, ()) for i, (document, text) in enumerate(rows)]


def test_documents_that_share_a_sentence_are_one_group() -> None:
    rows = examples(("b", LONG), ("a", LONG + " again"), ("c", "It rained."), ("a", "It hailed."))
    assert document_groups(rows) == ["a", "a", "c", "a"]


def test_groups_are_joined_along_a_chain() -> None:
    def run(first: int) -> str:
        return " ".join(f"w{i}" for i in range(first, first + 10))

    chain = examples(*((name, run(2 * i)) for i, name in enumerate("dbacz")))
    assert not list(near_duplicates([chain[0].text, chain[4].text]))
    assert document_groups(chain) == ["a"] * 5


@given(st.lists(st.tuples(st.sampled_from("pqrstu"), st.lists(WORDS, max_size=12))))
def test_groups_are_the_connected_documents(rows: list[tuple[str, list[str]]]) -> None:
    data = examples(*((document, " ".join(text)) for document, text in rows))
    groups = document_groups(data)
    # The same by spreading names over the links until nothing changes.
    name = {e.document: e.document for e in data}
    links = brute([e.text for e in data], 0.6, 8)
    for _ in data:
        for i, j, _share in links:
            one, other = data[i].document, data[j].document
            name[one] = name[other] = min(name[one], name[other])
    assert groups == [name[e.document] for e in data]
