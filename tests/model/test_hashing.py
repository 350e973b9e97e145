"""Hashes of terms, of windows and of spans are the same number."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from classifier.model.hashing import (
    _INVERSE,
    BASE,
    codes,
    hash_terms,
    powers,
    span_hashes,
    window_hashes,
)


def plain(term):
    """Hash in Python's own integers."""
    result = 0
    for character in term:
        result = (result * BASE + (ord(character) or 0x110000)) % 2**64
    return result


@given(st.lists(st.text(), max_size=20))
def test_terms_are_polynomials_of_their_code_points(terms):
    assert hash_terms(terms).tolist() == [plain(term) for term in terms]


@given(st.text(max_size=60), st.integers(1, 8))
def test_windows_equal_terms(text, n):
    windows = [text[i : i + n] for i in range(len(text) - n + 1)]
    assert window_hashes(codes(text), n).tolist() == [plain(window) for window in windows]


@given(st.data())
def test_spans_equal_terms(data):
    text = data.draw(st.text(min_size=1))
    place = st.integers(0, len(text))
    spans = [sorted(pair) for pair in data.draw(st.lists(st.tuples(place, place), min_size=1))]
    starts, ends = np.array(spans).T
    found = span_hashes(codes(text), starts, ends)
    assert found.tolist() == [plain(text[s:e]) for s, e in spans]


def test_slices_of_many_terms_join_without_a_seam():
    terms = [f"term {i}" for i in range(9000)]
    found = hash_terms(terms)
    assert len(set(found.tolist())) == 9000
    assert found[[0, 4095, 4096, 8999]].tolist() == [plain(terms[i]) for i in (0, 4095, 4096, 8999)]


def test_leading_nul_changes_the_hash():
    assert hash_terms(["\0ab"])[0] != hash_terms(["ab"])[0]


def test_base_has_its_inverse():
    forward, backward = powers(BASE, 50), powers(_INVERSE, 50)
    assert (forward * backward == 1).all()
    assert powers(BASE, 3).tolist() == [1, BASE, BASE**2 % 2**64]


@pytest.mark.parametrize("text", ["", "ab"])
def test_text_shorter_than_the_window_has_none(text):
    assert len(window_hashes(codes(text), 3)) == 0


def test_codes_of_astral_characters_are_one_number():
    assert codes("a😀").tolist() == [97, 0x1F600]


def test_lone_surrogate_is_refused():
    with pytest.raises(UnicodeEncodeError):
        codes("\ud800")
