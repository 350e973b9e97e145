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
    "number of a point": "1. Shut the gate.\n | 2. Open the well.",
    "Roman number of a point": "IV. The siege of Ode.",
    "letter of a point": "a) Shut the gate.",
    "numbers in brackets": "(1) Shut the gate. | (2) Open the well.",
    "numbers with a bracket": "1) Shut the gate. | 2) Open the well.",
    "sections": "1.1 The pact is void. | 1.2 The ford is free.",
    "numbered brigade": "5. Brigade fell at the ford.",
    "question and answer": "Q. Why now? | A. Because it rained.",
    "bullets on one line": "• Shut the gate | • Open the well",
    "ellipsis, then a capital": "The envoy waited… | Nothing came.",
    "ellipsis in a quote at the end": "“The gate…” | He left.",
    "ellipsis, then I": "“I… I shut it,” he said. | She left.",
    "four full stops": "The gate.... | It rained.",
    "ellipsis, then a small letter": "The gate... was shut. | It rained.",
    "time and weekday": "They left at 5 p.m. Monday by boat. | It rained.",
    "time and month": "They left at 5 p.m. Jan. 5 by boat. | It rained.",
    "time and zone": "They left at 5 a.m. EST on Friday. | It rained.",
    "time and local time": "They left at 5:30 p.m. local time. | It rained.",
    "time and place": "They left at 5 p.m. Velmar time. | It rained.",
    "time and bracket": "They left at 5 p.m. (0900 GMT) on Friday.",
    "time at the end": "They left at 5 p.m. | Nobody stayed.",
    "time as an adjective": "The a.m. raid failed. | The p.m. raid did not.",
    "ambassador": "Pres. Vane met Amb. Roe and Sec. Lee. | It rained.",
    "more ranks still": "Pvt. Ode, Spc. Vane and Pfc. Bell fell. | It rained.",
    "ranks in the plural": "Sgts. Ode and Roe fell. | Gens. Pym and Lee did not.",
    "retired": "Ret. Gen. Ode spoke. | Gen. (ret.) Pym did not.",
    "first lieutenant": "1st Lt. Roe and Sgt. Maj. Bell ran.",
    "brigadier": "Maj. Gen. Pavo left. | Brig. Gen. Ode stayed.",
    "navy": "Lt. Cmdr. Vane sank the H.M.S. Orla. | The U.S.S. Roe sailed on.",
    "forts": "Mt. Orla is high. | Ft. Ode fell.",
    "junior": "Ode Jr. left. | Lind Sr. stayed.",
    "versus": "Ode vs. Lind was tried. | It rained.",
    "and the rest": "He has arms, food, etc. and left. | It rained.",
    "and others": "Roe et al. wrote it. | It rained.",
    "degrees": "Dr. Ode, M.D., and a Ph.D. student left. | It rained.",
    "figures and articles": "Art. 5 of the pact holds. | See Fig. 3. and Sec. 2.",
    "volumes": "See Vol. 3, pp. 5-6 of the report. | It rained.",
    "about": "Arms approx. 5 km away fired. | Est. 5 died.",
    "units": "He moved 5 km. from the front. | It weighs 5 kg. | They left.",
    "calibres": "A .50 caliber gun and a 7.62mm gun fired. | It rained.",
    "money": "It cost $3.5bn. | It rained.",
    "dates with dots": "They met on 24.02.1932. | It rained.",
    "dates with dots and spaces": "They met on 5. 6. 1932. | It rained.",
    "short weekdays": "On Mon. the port fell. | On Tues. it rained.",
    "short months": "By Oct. the road was cut. | It fell on Feb. 24. | Nobody came.",
    "hill": "They held Hill 203. | Hill 203.5 fell.",
    "bracket with a sentence": "They came. | (It rained.) | They left.",
    "bracket at the end": "They came (all of them.) | It rained.",
    "square brackets": "They came. | [Editors note.] | They left.",
    "foot note": "They came.1 | They left.[2] | It rained.",
    "country at the end": "The U.K. Ministry spoke. | He left the U.K. | Nobody stayed.",
    "country and body": "The U.N. Security Council met. | The U.S. Army left.",
    "capital": "He came from Washington, D.C. | The envoy left.",
    "dateline": "VELMAR, Jan. 5 (Roe) — The port fell. | It rained.",
    "guillemets": "He said «Hold it.» | She left.",
    "low quotes": "„Hold it.“ | She left.",
    "colon and quote": "Adm. Lee said: “Fire.” | They fired.",
    "mixed cries": "They ran!! | They fled?! | Nobody came.",
    "ideographic space": "The gate shut.\u3000 | The well dried.",
    "no-break space after a rank": "Gen.\u00a0Ode left. | It rained.",
    "no-break space after a full stop": "The gate shut.\u00a0 | The well dried.",
    "mail and web": "Mail ode@orla.example. | See www.orla.example/a.html. | It rained.",
    "several initials": "J.R.R. Moss and George W. Ode left. | K. M. Vane stayed.",
    "small letters": "the port fell. | the army left.",
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
    assert found == ["\u200fThe gate shut.\u200f", "The well dried.\u200f"]


def test_a_mark_of_direction_before_a_sentence_stays_with_it() -> None:
    found = texts("\u200fThe gate shut. \u200fThe well dried.")
    assert found == ["\u200fThe gate shut.", "\u200fThe well dried."]


def test_there_are_many_hard_texts() -> None:
    assert len(GOLDEN) >= 90


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
