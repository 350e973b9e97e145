"""One real file of each format, made by real writers, in one command; and a hundred nasty ones."""

from __future__ import annotations

import csv
import io
import json
import sqlite3
import subprocess
import sys
from contextlib import closing
from typing import TYPE_CHECKING

import pyarrow.parquet as pq
import pytest

from classifier.errors import EscError, InputError
from classifier.text import Reading, read_documents, segment
from tests.text import writers
from tests.text.nasty import nasty

if TYPE_CHECKING:
    from pathlib import Path


def score(folder: Path, *args: str) -> tuple[int, list[dict], str]:
    done = subprocess.run(
        [sys.executable, "-m", "classifier", "score", *args],
        cwd=folder,
        capture_output=True,
        check=False,
        timeout=120,
    )
    return done.returncode, [json.loads(x) for x in done.stdout.splitlines()], done.stderr.decode()


@pytest.fixture(scope="module")
def scored(tmp_path_factory: pytest.TempPathFactory):
    folder = tmp_path_factory.mktemp("every")
    (folder / "in").mkdir()
    files = writers.every_format()
    for name, data in files.items():
        (folder / "in" / name).write_bytes(data)
    code, rows, err = score(folder, "in", "--keep-text", "texts.jsonl")
    kept = [json.loads(line) for line in (folder / "texts.jsonl").read_bytes().splitlines()]
    return folder, files, code, rows, err, kept


def test_one_command_reads_every_format(scored) -> None:
    _, files, code, rows, err, _ = scored
    assert code == 0, err
    assert {row["source"].removeprefix("in/") for row in rows} == set(files)
    assert all(" in '" in line for line in err.splitlines()), err


def test_the_same_sentences_come_out_of_every_format(scored) -> None:
    _, files, _, rows, _, _ = scored
    for name in files:
        found = {row["text"] for row in rows if row["source"] == f"in/{name}"}
        expected = {writers.FIRST, writers.SECOND}
        expected |= set() if ".warc" in name else {writers.THIRD}
        assert found >= expected, name


def test_offsets_count_in_the_kept_texts(scored) -> None:
    _, _, _, rows, _, kept = scored
    texts = {(one["source"], one["id"]): one["text"] for one in kept}
    assert len(texts) == len(kept)
    for row in rows:
        text = texts[row["source"], row["document"]]
        assert text[row["start"] : row["end"]] == row["text"]


def test_kept_texts_score_as_the_originals_did(scored) -> None:
    folder, _, _, rows, _, _ = scored
    code, again, err = score(folder, "texts.jsonl")
    assert code == 0, err
    columns = ("document", "start", "end", "text", "probabilities", "decisions", "title", "date")
    assert [[row[c] for c in columns] for row in again] == [[r[c] for c in columns] for r in rows]


def to_file(folder: Path, name: str, *args: str) -> tuple[int, list[dict], str]:
    """Score into a file; return its rows with document, source, place and text."""
    code, none, err = score(folder, *args, "--output", name)
    assert none == []
    path = folder / name
    if name.endswith(".parquet"):
        return code, pq.read_table(path).to_pylist(), err
    if name.endswith(".csv"):
        rows = list(csv.DictReader(io.StringIO(path.read_bytes().decode(), newline="")))
        return code, [r | {n: int(r[n]) for n in ("index", "start", "end")} for r in rows], err
    if name.endswith(".sqlite"):
        with closing(sqlite3.connect(path)) as database:
            database.row_factory = sqlite3.Row
            found = database.execute(
                'SELECT *, position AS "index" FROM sentences s JOIN documents d '
                "ON d.id = s.document_id ORDER BY s.id"
            )
            return code, [dict(row) for row in found], err
    data = json.loads(path.read_bytes()) if name.endswith(".json") else None
    if data:
        return code, [row for one in data["documents"] for row in one["predictions"]], err
    return code, [json.loads(line) for line in path.read_bytes().splitlines()], err


@pytest.mark.parametrize("name", ["a.jsonl", "a.json", "a.csv", "a.parquet", "a.sqlite"])
def test_every_format_comes_out_in_every_format(scored, name: str) -> None:
    folder, _, _, rows, _, kept = scored
    jobs = "2" if name == "a.sqlite" else "1"
    code, found, err = to_file(folder, name, "in", "--jobs", jobs, "--keep-text", "again.jsonl")
    assert code == 0, err
    columns = ("document", "source", "title", "date", "author", "outlet", "url", "language")
    columns += ("index", "start", "end", "text")
    assert [[row[c] for c in columns] for row in found] == [[r[c] for c in columns] for r in rows]
    again = [json.loads(line) for line in (folder / "again.jsonl").read_bytes().splitlines()]
    assert again == kept
    texts = {(one["source"], one["id"]): one["text"] for one in again}
    for row in found:
        text = texts[row["source"], row["document"]]
        assert text[row["start"] : row["end"]] == row["text"]


def test_what_is_known_of_a_document_is_kept(scored) -> None:
    kept = {one["source"].removeprefix("in/"): one for one in reversed(scored[-1])}
    page = kept["c.html"]
    assert (page["title"], page["date"]) == (writers.TITLE, writers.DATE)
    assert (page["author"], page["outlet"]) == ("Ada Lind", "The Delta Post")
    assert kept["e.docx"]["title"] == kept["f.epub"]["title"] == writers.TITLE
    assert kept["f.epub"]["date"] == writers.DATE
    assert kept["g.rss"]["url"] == kept["h.xml"]["url"] == "https://delta.example/0"
    assert kept["i.csv"]["id"] == kept["m.parquet"]["id"] == "n0"
    assert kept["n.warc"]["url"] == "https://delta.example/0"
    assert {one["language"] for one in kept.values()} == {"en"}


def test_menus_and_running_heads_are_left_out(scored) -> None:
    for one in scored[-1]:
        for noise in ("Home", "All rights", "Weekly Review", "Page 1", "<p>"):
            assert noise not in one["text"], one["source"]


def test_inspect_reads_them_too(scored) -> None:
    folder = scored[0]
    done = subprocess.run(
        [sys.executable, "-m", "classifier", "inspect", "in/d.pdf", "in/c.html", "--fast-html"],
        cwd=folder,
        capture_output=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    rows = [json.loads(line) for line in done.stdout.splitlines()]
    assert [row["document"] for row in rows] == ["in/d.pdf", "in/c.html"]
    assert writers.SECOND in {sentence["text"] for sentence in rows[1]["sentences"]}


@pytest.fixture(scope="module")
def nasty_folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("nasty") / "in"
    folder.mkdir()
    (folder / "caf\udce9.txt").write_text("The ford is shut.")
    for name, data in nasty().items():
        (folder / name).write_bytes(data)
    return folder


def test_nasty_files_end_in_sentences_or_one_line_never_in_a_traceback(nasty_folder: Path) -> None:
    keep = "../texts.jsonl"
    code, rows, err = score(nasty_folder, ".", "--any-language", "--documents", "--keep-text", keep)
    assert code == 1
    assert "Traceback" not in err
    assert all(line.startswith("esc: ") for line in err.splitlines())
    # A name that is no UTF-8 is written out.
    names = {p.name.encode(errors="backslashreplace").decode() for p in nasty_folder.iterdir()}
    assert len(names) >= 100
    silent = {n for n in names if n not in err and n not in {r["source"] for r in rows}}
    assert silent == set()
    plain = score(nasty_folder, keep, "--any-language")[1]
    assert len(plain) > 500
    for name in ("a.csv", "a.parquet", "a.sqlite"):  # the pipe has shown JSON
        code, found, err = to_file(nasty_folder.parent, name, "texts.jsonl", "--any-language")
        assert "Traceback" not in err
        assert code == 0
        assert [row["text"] for row in found] == [row["text"] for row in plain]


@pytest.mark.parametrize(
    ("name", "said"),
    [
        ("bomb.txt.gz", "larger than 64 MB"),
        ("bomb.docx", "larger than 256 MB when unpacked"),
        ("greedy.txt.xz", "Memory usage limit"),
        ("cut.txt.zst", "the end is missing"),
        ("old-word.txt", "save it as .docx"),
        ("picture.pdf", "OCR"),
        ("cut.warc", "cut short"),
        ("long.jsonl", "line 1: larger than 16 MB"),
        ("unclosed.csv", "row 2: a quotation in it never ends"),
    ],
)
def test_the_reason_is_said(nasty_folder: Path, name: str, said: str) -> None:
    told: list[EscError] = []
    list(read_documents([str(nasty_folder / name)], told.append))
    assert said in " ".join(map(str, told))


@pytest.mark.parametrize(
    "name",
    [
        *("unclosed.csv", "nul.csv", "ragged.csv", "long.csv", "broken.jsonl", "surrogate.jsonl"),
        *("nul.jsonl", "deep.jsonl", "long.jsonl"),
    ],
)
def test_a_poisonous_record_costs_that_record_only(nasty_folder: Path, name: str) -> None:
    told: list[EscError] = []
    found = list(read_documents([str(nasty_folder / name)], told.append))
    assert found[-1].text.startswith("The well is dry.")
    assert told


def test_without_somebody_to_tell_the_first_problem_is_raised(nasty_folder: Path) -> None:
    with pytest.raises(InputError, match=r"broken\.jsonl, row 2: not JSON"):
        list(read_documents([str(nasty_folder / "broken.jsonl")]))


def test_a_language_that_the_models_do_not_know_is_flagged(tmp_path: Path) -> None:
    path = tmp_path / "a.txt"
    path.write_text("Le port de la ville est dans les mains de la marine du roi.")
    with pytest.raises(InputError, match=r"seems to be French.*--any-language"):
        list(read_documents([str(path)]))
    [document] = read_documents([str(path)], reading=Reading(any_language=True))
    assert document.language == "fr"


def test_a_pdf_is_mended_and_its_offsets_hold(tmp_path: Path) -> None:
    path = tmp_path / "a.pdf"
    path.write_bytes(writers.pdf([["The envoys left the nego-", "tiations at the port", "today."]]))
    [document] = read_documents([str(path)])
    assert document.text == "The envoys left the negotiations at the port today."
    assert document.title == writers.TITLE
    for sentence in segment(document.text):
        assert document.text[sentence.start : sentence.end] == sentence.text
