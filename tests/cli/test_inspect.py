from __future__ import annotations

import json
import re

import pytest

from tests.cli.conftest import SHELLING, WARNING


def inspected(out: bytes):
    return [json.loads(line) for line in out.splitlines()]


def test_the_weights_add_up_to_the_logit(esc):
    code, out, err = esc("inspect", "good.txt", "--top", "3")
    assert (code, err) == (0, "")
    [document] = inspected(out)
    for sentence in document["sentences"]:
        for why in sentence["explanations"]:
            assert len(why["contributions"]) == 3
            total = why["intercept"] + why["other_terms"] + sum(why["context"].values())
            total += sum(c["weight"] for c in why["contributions"])
            assert total == pytest.approx(why["logit"], abs=1e-9)


def test_the_spans_point_at_the_terms(esc):
    _, out, _ = esc("inspect", "good.txt", "--sentence", "0")
    [document] = inspected(out)
    [sentence] = document["sentences"]
    words = [c for e in sentence["explanations"] for c in e["contributions"] if c["kind"] == "word"]
    assert words
    for found in words:
        for start, end in found["spans"]:
            assert (
                re.findall(r"\w\w+", sentence["text"][start:end].lower()) == found["term"].split()
            )


def test_probabilities_are_those_of_score(esc):
    [document] = inspected(esc("inspect", "good.txt").out)
    scored = [json.loads(line) for line in esc("score", "good.txt").out.splitlines()]
    assert [s["probabilities"] for s in document["sentences"]] == [
        row["probabilities"] for row in scored
    ]


def test_decided_labels_are_explained_and_else_the_most_probable(esc):
    [document] = inspected(esc("inspect", "good.txt").out)
    for sentence in document["sentences"]:
        likeliest = max(sentence["probabilities"], key=sentence["probabilities"].get)
        names = [e["label"] for e in sentence["explanations"]]
        assert names == (sentence["decisions"] or [likeliest])


def test_label_chooses_what_is_explained(esc):
    _, out, _ = esc("inspect", "good.txt", "-l", "weapons_policy", "-l", "battlefield_claim")
    [document] = inspected(out)
    for sentence in document["sentences"]:
        names = [e["label"] for e in sentence["explanations"]]
        assert names == ["battlefield_claim", "weapons_policy"]


def test_sentence_chooses_by_number(esc):
    [document] = inspected(esc("inspect", "good.txt", "-s", "2", "-s", "0").out)
    assert [s["index"] for s in document["sentences"]] == [0, 2]


def test_threshold_changes_what_is_decided(esc):
    [document] = inspected(esc("inspect", "good.txt", "-s", "0", "-t", "battlefield_claim=1").out)
    assert document["sentences"][0]["decisions"] == []


def test_operating_point_sets_the_threshold_that_is_shown(esc):
    shown = json.loads(esc("models", "show", "-f", "json").out)["operating_points"]["recall:0.99"]
    point = ("--operating-point", "recall:0.99", "--label", "battlefield_claim")
    [document] = inspected(esc("inspect", "good.txt", "-s", "0", *point).out)
    [explanation] = document["sentences"][0]["explanations"]
    assert explanation["threshold"] == shown["battlefield_claim"]


def test_top_zero_lists_no_term(esc):
    [document] = inspected(esc("inspect", "good.txt", "--top", "0").out)
    assert all(e["contributions"] == [] for s in document["sentences"] for e in s["explanations"])


def test_the_table_names_label_terms_and_logit(esc):
    code, out, err = esc("inspect", "good.txt", "-f", "table", "-s", "2")
    text = out.decode()
    assert (code, err) == (0, "")
    assert "red_line_warning: YES" in text
    assert "intercept" in text
    assert "logit" in text
    assert "other terms" in text


def test_html_is_one_whole_page_with_the_text(esc):
    code, out, err = esc("inspect", "good.txt", "--format", "html")
    page = out.decode()
    assert (code, err) == (0, "")
    assert page.lower().startswith("<!doctype html>")
    assert page.rstrip().endswith("</html>")
    shown = re.sub(r"\s+", " ", re.sub(r"<[^>]+>", "", page))
    assert WARNING in shown
    assert SHELLING in shown


def test_html_escapes_the_text(esc, place):
    (place / "tag.txt").write_text("The army <script>alert(1)</script> & shelled the port.")
    page = esc("inspect", "tag.txt", "--format", "html").out
    assert b"<script>alert" not in page
    assert b"script&gt;" in page


@pytest.mark.parametrize("form", ["table", "json", "html"])
def test_a_bad_file_is_skipped_with_code_1(esc, form):
    code, out, err = esc("inspect", "gone.txt", "good.txt", "--format", form)
    assert code == 1
    assert b"good.txt" in out
    assert len(err.splitlines()) == 1


def test_no_good_file_gives_no_page(esc):
    code, out, _ = esc("inspect", "gone.txt", "--format", "html")
    assert (code, out) == (1, b"")


@pytest.mark.parametrize("number", ["3", "-1"])
def test_a_sentence_that_is_not_there_is_wrong_usage(esc, number):
    code, _, err = esc("inspect", "good.txt", "--sentence", number)
    assert code == 2
    assert "numbered 0 to 2" in err
    assert len(err.splitlines()) == 1


def test_an_unknown_label_is_wrong_usage(esc):
    code, out, err = esc("inspect", "good.txt", "--label", "nonsense")
    assert (code, out) == (2, b"")
    assert "nonsense" in err
