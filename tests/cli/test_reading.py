from __future__ import annotations

import json

from tests.cli.conftest import SHELLING, WEATHER


def rows(out):
    return [json.loads(line) for line in out.splitlines()]


def test_a_list_of_files_is_read_behind_the_paths(esc, place):
    (place / "other.txt").write_text(WEATHER)
    (place / "list").write_text("other.txt\n")
    code, out, err = esc("score", "good.txt", "--files-from", "list")
    assert (code, err) == (0, "")
    assert [r["document"] for r in rows(out)] == ["good.txt"] * 3 + ["other.txt"]


def test_a_list_may_come_from_standard_input(run):
    code, out, err = run("score", "--files-from", "-", stdin=b"good.txt\n")
    assert (code, err) == (0, "")
    assert len(rows(out)) == 3


def test_nothing_to_read_is_wrong_usage(esc):
    code, out, err = esc("score")
    assert (code, out) == (2, b"")
    assert "nothing to read" in err


def test_standard_input_may_be_any_format(run):
    line = json.dumps({"id": "x", "text": SHELLING}).encode() + b"\n"
    code, out, err = run(
        "score", "-", "--input-format", "jsonl", "--text-column", "text", stdin=line
    )
    assert code == 0
    assert err == "esc: standard input: id in 'id'\n"
    assert [(r["document"], r["text"]) for r in rows(out)] == [("x", SHELLING)]


def test_an_unknown_input_format_is_wrong_usage(esc):
    code, _, err = esc("score", "good.txt", "--input-format", "doc")
    assert code == 2
    assert "expected text, markdown, html" in err


def test_inspect_has_the_same_options(esc, place):
    (place / "a.csv").write_text(f"id,story\n1,{WEATHER}\n")
    code, out, _ = esc("inspect", "a.csv", "--text-column", "story", "--id-column", "id")
    assert code == 0
    assert rows(out)[0]["document"] == "1"


def test_an_address_of_this_machine_is_not_fetched(esc):
    code, out, err = esc("score", "http://127.0.0.1:1/a", "good.txt")
    assert code == 1
    assert len(rows(out)) == 3
    assert "not a public address" in err
