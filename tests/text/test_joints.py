"""Boundaries that are taken for plain are those that no rule touches."""

from __future__ import annotations

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from classifier.text import joints, segment

PARTS = st.sampled_from(
    [
        *(
            '"',
            "”",
            "“",
            "(",
            ")",
            "?",
            "!",
            ".",
            " ",
            ". ",
            "? ",
            "1",
            "1.",
            "12. ",
            "2001. ",
            "A",
        ),
        *(
            "a",
            "be. ",
            "shut. ",
            "xiv. ",
            "ii. ",
            "Gen. ",
            "Gens. ",
            "No. ",
            "nos. ",
            "p.m. ",
            "é",
            "A",
        ),
        *("•", "— ", "Sept. ", "approx. ", "(ret.) ", "etc. ", "\u200b", "The", "9", " 9", "x.) "),
    ]
)


@given(st.lists(PARTS, min_size=2, max_size=12).map("".join))
@example('He said: "no. "The gate was shut.')
@example("They met in 2001. 12 came.")
@example("see nos. 12")
@example("(xiv. The")
def test_no_rule_touches_a_plain_boundary(piece: str) -> None:
    for cut in range(1, len(piece)):
        for begin in range(cut):
            for after in range(cut + 1, len(piece) + 1):
                if joints.is_plain(piece, begin, cut, after):
                    assert not joints._joined(piece[begin:cut], piece[cut:after]), (begin, cut)


@pytest.mark.parametrize("title", joints._TITLES.split("|"))
def test_a_name_follows_a_title(title: str) -> None:
    text = f"It came from the office of {title}. Marlow at noon."
    cut = text.index("Marlow")
    assert joints.mend(text, [0, cut, len(text)]) == [0, len(text)]
    assert [s.text for s in segment(text)] == [text]


COUNTED = [w for word in joints._COUNTED.split("|") for w in (word, word.capitalize())]
TITLES = {*joints._TITLES.split("|")}  # Sec. and Min. are both, and a name follows those


@pytest.mark.parametrize("word", sorted({*COUNTED, *joints._NAMED.split("|")} - TITLES))
def test_a_number_follows_what_is_counted(word: str) -> None:
    text = f"It is told in {word}. 12 of the report."
    cut = text.index("12")
    assert joints.mend(text, [0, cut, len(text)]) == [0, len(text)]
