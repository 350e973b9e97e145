from __future__ import annotations

import csv
import io
import json
import os
import socket
import subprocess
import sys

import pytest

from tests.cli.conftest import ARTICLE, SHELLING, WARNING, WEATHER, environment

LABELS = ["battlefield_claim", "red_line_warning", "diplomatic_signal", "weapons_policy"]


def rows(out: bytes):
    return [json.loads(line) for line in out.splitlines()]


def table(out: bytes):
    return list(csv.DictReader(io.StringIO(out.decode(), newline="")))


def test_each_sentence_gets_probabilities_and_decisions(esc):
    code, out, err = esc("score", "good.txt")
    assert (code, err) == (0, "")
    found = rows(out)
    assert [row["text"] for row in found] == [SHELLING, WEATHER, WARNING]
    assert [row["index"] for row in found] == [0, 1, 2]
    assert [row["decisions"] for row in found] == [["battlefield_claim"], [], ["red_line_warning"]]
    for row in found:
        assert list(row["probabilities"]) == LABELS
        assert all(0 <= p <= 1 for p in row["probabilities"].values())
        assert ARTICLE[row["start"] : row["end"]] == row["text"]
        assert row["document"] == row["source"] == "good.txt"


def test_a_pipe_gets_jsonl_and_nothing_on_stderr(run):
    code, out, err = run("score", "good.txt")
    assert (code, err) == (0, "")
    assert [row["index"] for row in rows(out)] == [0, 1, 2]


def test_standard_input_is_a_document(run):
    code, out, err = run("score", "-", stdin=ARTICLE.encode())
    assert (code, err) == (0, "")
    assert [row["document"] for row in rows(out)] == ["-"] * 3


@pytest.mark.parametrize(
    ("stdin", "said"),
    [(b"", "no text"), (b"\xff\x81", "UTF-8"), (b"a\0b", "NUL"), (b" \n\t ", "no text")],
    ids=["empty", "invalid", "nul", "blank"],
)
def test_bad_standard_input_is_reported(run, stdin, said):
    code, out, err = run("score", "-", "good.txt", stdin=stdin)
    assert code == 1
    assert len(rows(out)) == 3
    [line] = err.splitlines()
    assert line.startswith("esc: standard input")
    assert said in line


def test_output_order_is_input_order(esc, place):
    for name in ("c", "a", "b"):
        (place / f"{name}.txt").write_text(f"Document {name} is here.")
    code, out, _ = esc("score", "c.txt", "a.txt", "b.txt", "a.txt")
    assert code == 0
    assert [row["document"] for row in rows(out)] == ["c.txt", "a.txt", "b.txt", "a.txt"]


def test_a_folder_is_read_recursively_and_sorted(esc, place):
    for name in ("f/z.txt", "f/deep/a.md", "f/b.text", "f/skipped.bin"):
        path = place / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(WEATHER)
    code, out, err = esc("score", "f")
    assert (code, err) == (0, "")
    assert [row["document"] for row in rows(out)] == ["f/b.text", "f/deep/a.md", "f/z.txt"]


def _missing(path):
    pass


def _folder(path):
    path.mkdir()
    (path / "photo.jpg").write_bytes(b"\xff\xd8\xff")


def _unreadable(path):
    path.write_text("Nobody may read this.")
    path.chmod(0)
    if os.access(path, os.R_OK):  # root may read everything, but nobody can open a socket
        path.unlink()
        with socket.socket(socket.AF_UNIX) as made:
            made.bind(path.name)


BAD = {
    "missing": (_missing, "no such file"),
    "folder-without-text": (_folder, "in this folder"),
    "invalid-utf-8": (lambda p: p.write_bytes(b"\xe9\n\x81\x8d\x8f\n"), "line 1"),
    "nul": (lambda p: p.write_bytes(b"Some\0text."), "NUL"),
    "empty": (lambda p: p.write_bytes(b""), "no text"),
    "blank": (lambda p: p.write_bytes(b"\n \t\n"), "no text"),
    "unreadable": (_unreadable, "cannot be read"),
    "french": (lambda p: p.write_text("Le port de la ville est dans les mains du roi."), "French"),
    "utf-16-cut-short": (lambda p: p.write_bytes(WARNING.encode("utf-16")[:-1]), "UTF-16"),
}


@pytest.mark.parametrize("kind", BAD)
def test_a_bad_file_is_one_line_and_the_others_are_scored(esc, place, kind):
    make, said = BAD[kind]
    make(place / "bad.txt")
    (place / "last.txt").write_text(WARNING)
    code, out, err = esc("score", "good.txt", "bad.txt", "last.txt")
    assert code == 1
    assert [row["document"] for row in rows(out)] == ["good.txt"] * 3 + ["last.txt"]
    [line] = err.splitlines()
    assert line.startswith("esc: bad.txt")
    assert line.endswith("; skipped")
    assert said in line


def test_every_bad_file_is_named(esc):
    code, out, err = esc("score", "one.txt", "two.txt", "good.txt")
    assert code == 1
    assert len(rows(out)) == 3
    assert [line.split(":")[1].strip() for line in err.splitlines()] == ["one.txt", "two.txt"]


@pytest.mark.parametrize("form", ["jsonl", "json", "csv", "table"])
def test_every_format_survives_when_no_file_is_good(esc, form):
    code, out, err = esc("score", "gone.txt", "--format", form)
    assert code == 1
    assert len(err.splitlines()) == 1
    if form == "json":
        assert json.loads(out)["documents"] == []
    else:
        assert out == b""


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16"])
def test_marked_encodings_score_alike(esc, place, encoding):
    text = "Łódź’s mayor said the army shelled the bridge — twice."
    (place / "coded.txt").write_bytes(text.encode(encoding))
    (place / "plain.txt").write_text(text, encoding="utf-8")
    code, out, _ = esc("score", "coded.txt", "plain.txt")
    assert code == 0
    coded, plain = rows(out)
    assert coded["text"] == text
    assert coded["probabilities"] == plain["probabilities"]


def test_the_formats_agree_with_each_other(esc, place):
    (place / "other.txt").write_text('He said: "We, too, will ""act"" if shelled".\r\nSo.')
    outs = {}
    for form in ("jsonl", "json", "csv"):
        code, outs[form], err = esc("score", "good.txt", "other.txt", "--format", form)
        assert (code, err) == (0, "")
    lines = rows(outs["jsonl"])
    whole = json.loads(outs["json"])
    assert [row for d in whole["documents"] for row in d["predictions"]] == lines
    cells = table(outs["csv"])
    assert len(cells) == len(lines)
    for cell, row in zip(cells, lines, strict=True):
        for name in ("document", "source", "title", "date", "text", "model", "fingerprint"):
            assert cell[name] == row[name]
        for name in ("index", "start", "end"):
            assert int(cell[name]) == row[name]
        for name in LABELS:
            assert float(cell[name]) == pytest.approx(row["probabilities"][name], abs=1e-6)
            assert cell[f"{name}_decision"] == str(int(name in row["decisions"]))


def test_the_table_shows_what_jsonl_says(esc):
    code, out, err = esc("score", "good.txt", "--format", "table")
    assert (code, err) == (0, "")
    text = out.decode()
    _, raw, _ = esc("score", "good.txt")
    for row in rows(raw):
        [line] = [line for line in text.splitlines() if row["text"][:25] in line]
        for name, probability in row["probabilities"].items():
            assert f"{probability:.2f}{'*' if name in row['decisions'] else ''}" in line
    assert "3 sentences, 2 with a signal (67%)" in text


def test_documents_gives_one_row_each_in_every_format(esc, place):
    (place / "other.txt").write_text(WEATHER)
    outs = {}
    for form in ("jsonl", "json", "csv"):
        code, outs[form], _ = esc("score", "good.txt", "other.txt", "--documents", "-f", form)
        assert code == 0
    found = rows(outs["jsonl"])
    assert [row["document"] for row in found] == ["good.txt", "other.txt"]
    assert [row["sentences"] for row in found] == [3, 1]
    assert [row["signals"] for row in found] == [2, 0]
    assert found[0]["labels"]["battlefield_claim"]["count"] == 1
    assert found[0]["labels"]["battlefield_claim"]["strongest"]["index"] == 0
    assert found[0]["labels"]["red_line_warning"]["strongest"]["index"] == 2
    assert json.loads(outs["json"])["documents"] == found
    for cell, row in zip(table(outs["csv"]), found, strict=True):
        assert cell["sentences"] == str(row["sentences"])
        assert cell["signals"] == str(row["signals"])
        for name in LABELS:
            assert cell[f"{name}_count"] == str(row["labels"][name]["count"])
            assert cell[f"{name}_strongest"] == str(row["labels"][name]["strongest"]["index"])


def test_documents_as_a_table_shows_no_sentence(esc):
    _, out, _ = esc("score", "good.txt", "--documents", "--format", "table")
    assert b"3 sentences" in out
    assert SHELLING[:20].encode() not in out


@pytest.mark.parametrize("form", ["jsonl", "json", "csv", "table"])
def test_only_leaves_the_other_labels_out(esc, form):
    code, out, _ = esc("score", "good.txt", "--only", "weapons_policy", "-f", form)
    assert code == 0
    assert b"red_line_warning" not in out.split(b'"thresholds"')[0]
    if form == "jsonl":
        assert [list(row["probabilities"]) for row in rows(out)] == [["weapons_policy"]] * 3
        assert all(row["decisions"] == [] for row in rows(out))


def test_only_is_repeatable_and_keeps_the_order_of_the_model(esc):
    _, out, _ = esc("score", "good.txt", "--only", LABELS[2], "--only", LABELS[0])
    assert [list(row["probabilities"]) for row in rows(out)] == [[LABELS[0], LABELS[2]]] * 3


def test_threshold_moves_the_decision_and_not_the_probability(esc):
    plain = rows(esc("score", "good.txt").out)
    code, out, err = esc(
        "score", "good.txt", "-t", "battlefield_claim=1", "--threshold", "weapons_policy=0"
    )
    assert (code, err) == (0, "")
    moved = rows(out)
    assert [r["probabilities"] for r in moved] == [r["probabilities"] for r in plain]
    assert [r["decisions"] for r in moved] == [
        ["weapons_policy"],
        ["weapons_policy"],
        ["red_line_warning", "weapons_policy"],
    ]


def test_operating_points_are_those_that_the_model_shows(esc):
    shown = json.loads(esc("models", "show", "--format", "json").out)["operating_points"]
    strict = json.loads(
        esc("score", "good.txt", "-f", "json", "--operating-point", "precision:0.95").out
    )
    assert strict["thresholds"] == shown["precision:0.95"]
    mixed = json.loads(
        esc(
            *("score", "good.txt", "-f", "json", "-t", f"{LABELS[0]}=0.125"),
            *(
                "--operating-point",
                f"{LABELS[0]}=f2",
                "--operating-point",
                f"{LABELS[1]}=recall:.9",
            ),
        ).out
    )["thresholds"]
    assert mixed[LABELS[0]] == 0.125
    assert mixed[LABELS[1]] == shown["recall:0.9"][LABELS[1]]
    assert mixed[LABELS[2]] == shown["f1"][LABELS[2]]


def test_the_json_output_names_the_thresholds_in_use(esc):
    _, out, _ = esc("score", "good.txt", "-f", "json", "-t", "battlefield_claim=0.125")
    head = json.loads(out)
    assert head["schema"] == 1
    assert head["labels"] == LABELS
    assert head["thresholds"]["battlefield_claim"] == 0.125


@pytest.mark.parametrize(
    "args",
    [
        ("--only", "nonsense"),
        ("-t", "nonsense=0.5"),
        ("-t", "battlefield_claim=1.5"),
        ("-t", "battlefield_claim=-0.1"),
        ("-t", "battlefield_claim=nan"),
        ("-t", "battlefield_claim=much"),
        ("-t", "battlefield_claim"),
        ("-t", "="),
        ("--format", "xml"),
        ("--format", "JSONL"),
        ("--format", ""),
    ],
    ids=" ".join,
)
def test_a_wrong_option_is_one_line_and_code_2(esc, args):
    code, out, err = esc("score", "good.txt", *args)
    assert (code, out) == (2, b"")
    assert len(err.splitlines()) == 1
    assert err.startswith("esc: ")


def test_another_model_brings_its_own_labels(esc, tiny):
    code, out, _ = esc("score", "good.txt", "--model", tiny)
    assert code == 0
    assert {tuple(row["probabilities"]) for row in rows(out)} == {("offer", "threat")}
    assert {row["model"] for row in rows(out)} == {"tiny"}


@pytest.mark.parametrize("form", ["jsonl", "csv", "table", "json"])
def test_a_closed_pipe_is_silent_and_no_failure(place, form):
    (place / "long.txt").write_text(ARTICLE * 2000)
    command = 'set -o pipefail; "$0" -m classifier score long.txt --format "$1" | head -1'
    done = subprocess.run(
        ["/bin/bash", "-c", command, sys.executable, form],
        cwd=place,
        env=environment(),
        capture_output=True,
        check=False,
    )
    assert done.returncode == 0
    assert done.stderr == b""
    assert done.stdout.count(b"\n") == 1
