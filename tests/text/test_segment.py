"""Sentences: none lost, in order, exact offsets, and cut where a reader would cut."""

from __future__ import annotations

import re
import time
from importlib import import_module

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from classifier.errors import InputError
from classifier.schema import Sentence
from classifier.text import segment

SCALARS = st.text(st.characters(exclude_categories=["Cs"]))
# What splitters stumble over, side by side far more often than chance brings it.
TRAPS = st.lists(
    st.one_of(
        st.sampled_from(" \t\n\r\v\f.!?…,;:\"'“”‘’«»()[]-—•·1aAéßİ\0。؟।"),
        st.sampled_from("\u00a0\u2009\u3000\u2028\x85\x1c\x1f\u200b\ufeff\u200f\u202b\u0301"),
        st.sampled_from(["Gen. ", "e.g.", "3.5", "U.S.", "...", "\r\n", "http://a.b/c.", "[1]"]),
    )
).map("".join)


def texts(text: str) -> list[str]:
    return [sentence.text for sentence in segment(text)]


def check(text: str) -> None:
    end = 0
    for index, sentence in enumerate(segment(text)):
        assert sentence.index == index
        assert text[sentence.start : sentence.end] == sentence.text
        assert sentence.text
        assert sentence.text == sentence.text.strip()
        assert sentence.start >= end
        assert not text[end : sentence.start].strip()
        end = sentence.end
    assert not text[end:].strip()


@given(SCALARS)
def test_any_text_is_covered_in_order_with_exact_offsets(text: str) -> None:
    check(text)


@given(TRAPS)
@example("Unit\u00a0A\u00a0. The road was cut.")
@example("A\u3000.")
def test_text_made_of_traps_is_covered_in_order_with_exact_offsets(text: str) -> None:
    check(text)


@given(st.integers(3990, 4010), st.text("ab .\u00a0“", max_size=30), st.integers(1, 3))
def test_lines_about_as_long_as_a_piece_are_covered(size: int, tail: str, times: int) -> None:
    check(("x" * size + tail) * times)


@given(TRAPS, TRAPS)
def test_a_line_break_always_parts_two_sentences(above: str, below: str) -> None:
    assert texts(f"{above}\n{below}") == texts(above) + texts(below)


@given(SCALARS, st.characters(categories=["Cs"]), SCALARS)
def test_a_lone_surrogate_is_an_input_error_with_its_place(
    before: str, surrogate: str, after: str
) -> None:
    with pytest.raises(InputError) as caught:
        segment(before + surrogate + after)
    assert str(caught.value) == (
        f"lone surrogate at character {len(before)}; the text was decoded wrongly"
    )


def test_a_lone_surrogate_is_placed_in_the_text_not_in_its_line() -> None:
    with pytest.raises(InputError, match="at character 9010;"):
        segment("x" * 9000 + "\nA line. \r\ud800")


@pytest.mark.parametrize("text", ["", " ", "\n\r\n\t", "\u00a0\u3000\u2028"])
def test_a_text_of_white_space_has_no_sentence(text: str) -> None:
    assert segment(text) == []


def test_offsets_count_code_points_not_bytes() -> None:
    assert segment("\U0001f680 é. Zoë left.") == [
        Sentence("\U0001f680 é.", 0, 4, 0),
        Sentence("Zoë left.", 5, 14, 1),
    ]


GOLDEN = {
    "titles": "Mr. Ode met Mrs. Lind and Dr. Pym at the ford. | Nobody wrote it down.",
    "ranks": "Gen. Harrow met Col. Dace at the bridge. | They left at noon.",
    "two ranks in a row": "Lt. Col. Pavo said the line held. | It did not.",
    "more ranks": "Sgt. Bell and Capt. Roe fell. | Maj. Oan ran.",
    "rank and initial": "The regent resigned. | Her deputy, Adm. Q. Lee, took over.",
    "initials": "J. R. Moss signed the order. | K. Vane refused.",
    "initials of countries": "The U.S. envoy left. | Prof. Lind of the U.N. spoke.",
    "decimals": "The toll rose by 3.5 percent. | Then it fell to 0.7.",
    "numbers at the end": "He came on Jan. 5. | They left in 1931. | It rained.",
    "times of day": "The convoy left at 5 p.m. on Tuesday. | It came back.",
    "numbered units": "No. 4 Battery fired at dawn. | No. 5 Battery did not.",
    "saints and mountains": "The hamlet of St. Orla lies below Mt. Brand. | It is small.",
    "companies": "Orlov Inc. shipped rifles. | Brand Ltd. did not.",
    "latin abbreviations": "The fleet, i.e. two boats, sailed. | The rest, e.g. rafts, sank.",
    "curly quote, then the speaker": "“We will not move.” | The envoy sat down.",
    "straight quotes": '"Leave the valley," he said. | "Or else." | She laughed.',
    "quote at the end": "The marshal said “Hold the ford.” | Then he left.",
    "single quotes": "‘We wait at the well.’ | They waited.",
    "question inside a quote": "“Why now?” he asked. | “Because.”",
    "questions and cries": "Did they cross? | They did! | So be it.",
    "three full stops": "The envoy waited... | Nothing came.",
    "ellipsis inside a sentence": "The envoy … waited. | Nothing came.",
    "brackets": "The gate (built by Dr. Pym) is shut. | It rained.",
    "semicolon and colon": "The ford is shut; nobody crosses: not even goats. | So it stays.",
    "web address": "See https://example.org/a.b?c=1 for the map. | It is old.",
    "bullets": "• Shut the gate\n | • Open the well\n | - Count the boats",
    "bullets with full stops": "- Shut the gate. | - Open the well.",
    "headline without a full stop": "Harrow shuts the ford\n | The general spoke at noon.",
    "no-break space before a full stop": "Gen. Harrow holds Hill\u00a0A\u00a0. | The road was cut.",
    "narrow spaces as in French": "« Hold the ford\u202f! » | She left.",
    "line breaks of Windows": "The ford is shut.\r\n | The well is dry.\r\n\r\n | Nobody came.",
    "line breaks of old Macs": "The ford is shut.\r | The well is dry.",
    "line separators of Unicode": "The ford is shut\u2028 | The well is dry\u2029 | Nobody came",
    "tabs": "The ford\tis shut. | The well\tis dry.",
    "zero width space": "The\u200b ford is shut. | The\u200b well is dry.",
}


def as_found(text: str) -> list[str]:
    return [re.sub(r"\s+", " ", sentence) for sentence in texts(text)]


@pytest.mark.parametrize("marked", GOLDEN.values(), ids=GOLDEN.keys())
def test_a_hard_text_is_cut_where_a_reader_cuts_it(marked: str) -> None:
    expected = [re.sub(r"\s+", " ", part.strip()) for part in marked.split(" | ")]
    assert as_found(marked.replace(" | ", " ")) == expected


def test_a_missing_space_after_a_full_stop_hides_no_boundary() -> None:
    assert texts("The gate shut.The well dried.") == ["The gate shut.", "The well dried."]


def test_marks_of_right_to_left_text_hide_no_boundary() -> None:
    found = texts("\u200fThe gate shut.\u200f The well dried.\u200f")
    assert [part.strip("\u200f ") for part in found if part != "\u200f"] == [
        "The gate shut.",
        "The well dried.",
    ]


def test_sentences_of_a_very_long_line_stay_whole() -> None:
    wanted = [f"Column {n} crossed the ford near hill {n} and turned north." for n in range(400)]
    assert texts(" ".join(wanted)) == wanted


def test_a_long_sentence_behind_a_short_one_is_cut_at_a_space() -> None:
    found = texts("It rained. " + "goat " * 2000)
    assert found[0] == "It rained."
    assert {word for part in found[1:] for word in part.split()} == {"goat"}
    assert max(map(len, found)) <= 4000


def test_a_line_without_any_space_is_cut_into_pieces() -> None:
    assert [len(part) for part in texts("x" * 9000)] == [4000, 4000, 1000]


def test_a_megabyte_on_one_line_takes_no_quadratic_time() -> None:
    text = "The ford is shut and the well is dry. " * 27_000
    begin = time.perf_counter()
    assert len(segment(text)) == 27_000
    assert time.perf_counter() - begin < 5


def test_a_panic_of_the_splitter_falls_back_to_the_plain_rule(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    # Without the guard the real splitter panics on this text.
    module = import_module("classifier.text.segment")
    monkeypatch.setattr(module, "_SPACE", re.compile(r"(?!)"))
    text = "They hold Hill\u00a0A\u00a0. The road was cut. “Go on!” Nobody did."
    assert texts(text) == [
        "They hold Hill\u00a0A\u00a0.",
        "The road was cut.",
        "“Go on!”",
        "Nobody did.",
    ]
