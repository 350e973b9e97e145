"""What names stand for, columns of tables, languages, the parsers' process, bounded memory."""

from __future__ import annotations

import json
import tracemalloc
from pathlib import Path

import pytest

from classifier.errors import EscError, InputError, UsageError
from classifier.text import Reading, read_documents
from classifier.text import isolated as isolated_module
from classifier.text.isolated import Isolated
from classifier.text.language import detect_language
from classifier.text.markdown import markdown_text
from classifier.text.pdf import page_text
from classifier.text.sources import expand, keep_apart, read_list
from tests.text import writers


def write(path: Path, data: bytes | str) -> str:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(data.encode() if isinstance(data, str) else data)
    return str(path)


def test_a_pattern_stands_for_the_files_that_fit(tmp_path: Path) -> None:
    names = [write(tmp_path / n, "x") for n in ("a/1.txt", "a/b/2.txt", "a/b/3.md")]
    assert list(expand(f"{tmp_path}/**/*.txt")) == names[:2]
    with pytest.raises(InputError, match="no file fits this pattern"):
        list(expand(f"{tmp_path}/*.pdf"))


def test_what_is_read_is_not_written_over(tmp_path: Path) -> None:
    one, other = (Path(write(tmp_path / name, "It rained.")) for name in ("a.txt", "b.txt"))
    (tmp_path / "link").symlink_to(one)
    for inputs, written in (
        ([str(one)], [one]),
        (["gone", f"{tmp_path}/../{tmp_path.name}/a.txt"], [tmp_path / "new", one]),
        ([str(tmp_path / "link")], [one]),
    ):
        with pytest.raises(UsageError, match=r"(a\.txt|link): is to be read and written over"):
            keep_apart(inputs, written)
    with pytest.raises(UsageError, match="new: two things would be written there"):
        keep_apart([], [tmp_path / "new", tmp_path / "x" / ".." / "new"])
    keep_apart([str(one), "-", "\0", "https://a.example"], [other, tmp_path / "new"])
    with pytest.raises(UsageError, match="written over"):
        list(read_documents([str(one)], reading=Reading(keep_text=one)))
    assert one.read_text() == "It rained."


def test_a_file_with_marks_of_a_pattern_in_its_name_is_itself(tmp_path: Path) -> None:
    name = write(tmp_path / "a[1].txt", "x")
    assert list(expand(name)) == [name]


@pytest.mark.parametrize("data", ["a.txt\nb c.txt\n", "a.txt\r\n\r\nb c.txt", "a.txt\0b c.txt\0"])
def test_a_list_names_files(tmp_path: Path, data: str) -> None:
    assert list(read_list(write(tmp_path / "list", data))) == ["a.txt", "b c.txt"]


def test_asked_columns_are_used_and_guessed_ones_are_said(tmp_path: Path) -> None:
    path = write(
        tmp_path / "a.csv", "key,lead,text,day\n7,The ford is shut.,The well is dry.,May\n"
    )
    said: list[str] = []
    [plain] = read_documents([path], reading=Reading(notice=said.append))
    assert (plain.id, plain.text, plain.title) == ("7", "The well is dry.", "")
    assert said == [f"{path}: text in 'text', id in 'key'"]
    asked = Reading(
        text_column="lead",
        id_column="day",
        title_column="key",
        notice=said.append,
        date_column="day",
    )
    [other] = read_documents([path], reading=asked)
    assert (other.id, other.text, other.title) == ("May", "The ford is shut.", "7")
    assert len(said) == 1


def test_a_column_without_a_known_name_is_found_by_its_length(tmp_path: Path) -> None:
    path = write(tmp_path / "a.tsv", f"a\tb\n1\t{writers.FIRST}\n2\t{writers.SECOND}\n")
    assert [d.id for d in read_documents([path])] == [f"{path}#2", f"{path}#3"]


def test_a_column_that_is_not_there_is_named(tmp_path: Path) -> None:
    path = write(tmp_path / "a.jsonl", '{"text": "The ford is shut."}\n')
    with pytest.raises(InputError, match="no column 'body' among 'text'"):
        list(read_documents([path], reading=Reading(text_column="body")))


def test_a_name_with_dots_leads_into_json(tmp_path: Path) -> None:
    path = write(tmp_path / "a.jsonl", '{"fields": {"body": "The ford is shut."}}\n')
    [document] = read_documents([path], reading=Reading(text_column="fields.body"))
    assert document.text == "The ford is shut."


def test_a_quoted_cell_may_have_line_breaks_and_separators(tmp_path: Path) -> None:
    path = write(tmp_path / "a.csv", 'id;text\n1;"The ford; it is\n""shut""."\n2;It rained.\n')
    assert [d.text for d in read_documents([path])] == ['The ford; it is\n"shut".', "It rained."]


@pytest.mark.parametrize("name", ["a.jsonl", "a.csv"])
def test_a_big_table_is_read_in_bounded_memory(tmp_path: Path, name: str) -> None:
    def peak(times: int) -> int:
        data = writers.jsonl() if name == "a.jsonl" else writers.separated(",")
        head, _, body = data.partition(b"\n")
        path = write(tmp_path / f"{times}{name}", head + b"\n" + body * times)
        tracemalloc.start()
        try:
            assert sum(1 for _ in read_documents([path])) > times
            return tracemalloc.get_traced_memory()[1]
        finally:
            tracemalloc.stop()

    small = peak(100)
    assert peak(1_000) < 1.2 * small + 100_000


@pytest.mark.parametrize(
    ("text", "language"),
    [
        (writers.FIRST, "en"),
        ("Die Armee hat den Hafen der Stadt nicht mit Granaten beschossen.", "de"),
        ("El ejército dijo que los barcos de la flota no salieron del puerto.", "es"),
        ("Военные сообщили, что порт закрыт до весны.", "ru"),
        ("Військові повідомили, що порт закрито до весни.", "uk"),
        ("أعلن الجيش أن الميناء مغلق حتى الربيع", "ar"),
        ("צבא ההגנה הודיע כי הנמל סגור עד האביב", "he"),
        ("军队表示，港口将一直关闭到明年春天，桥梁也将关闭。", "zh"),
        ("Velmar, Ostrava: 3", ""),
        ("", ""),
    ],
)
def test_languages_are_told_apart(text: str, language: str) -> None:
    assert detect_language(text) == language


def test_markdown_becomes_what_a_reader_sees() -> None:
    text, about = markdown_text(
        '---\ntitle: "The ford"\ndate: 1931-05-04\n---\nHead\n====\n\n> It is *shut*,\n> `now`.\n\n'
        "1. One\n2. Two\n\n```\ncode\n```\n\n| a | b |\n|---|---|\n| c | d |\n\n"
        "![map](m.png) End[^1]."
    )
    assert text.split("\n") == [
        "Head",
        "It is shut, now.",
        "One",
        "Two",
        "a",
        "b",
        "c",
        "d",
        "map End.",
    ]
    assert about == {"title": "The ford", "date": "1931-05-04"}


def test_hyphens_of_compounds_stay_and_those_of_the_typesetter_go() -> None:
    lines = [
        "The long-",
        "range guns of the south-",
        "east fired at the settle-",
        "ment of Velmar.",
    ]
    expected = "The long-range guns of the south-east fired at the settlement of Velmar."
    assert page_text([lines]) == expected


def test_running_heads_are_left_out_and_paragraphs_run_on() -> None:
    pages = [
        ["The Post 1931", "The gate of the ford was", "shut by the army of", str(n)]
        for n in range(1, 5)
    ]
    pages = [
        [head, f"{top} {n}", f"{end} {n}", foot] for n, (head, top, end, foot) in enumerate(pages)
    ]
    text = page_text(pages)
    assert "Post" not in text


def test_a_parser_that_never_ends_is_stopped(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(isolated_module.SECONDS, "html", 0.001)
    with Isolated() as parsers:
        with pytest.raises(InputError, match=r"a: takes longer than 0\.001 seconds"):
            parsers.parse("html", writers.html(), "a")
        monkeypatch.setitem(isolated_module.SECONDS, "html", 60)
        [found] = parsers.parse("html", writers.html(), "a")
    assert writers.FIRST in found["text"]


def test_a_parser_that_crashes_costs_one_document() -> None:
    with Isolated() as parsers:
        parsers.parse("html", writers.html(), "a")
        assert parsers._process is not None
        parsers._process.kill()
        with pytest.raises(InputError, match="a: crashes the parser"):
            parsers.parse("html", writers.html(), "a")
        assert parsers.parse("html", writers.html(), "a")


def test_kept_texts_appear_only_when_all_are_read(tmp_path: Path) -> None:
    path, keep = write(tmp_path / "a.jsonl", writers.jsonl()), tmp_path / "out" / "texts.jsonl"
    documents = read_documents([path], reading=Reading(keep_text=keep))
    next(documents)
    assert not keep.exists()
    documents.close()
    assert list((tmp_path / "out").iterdir()) == []
    assert len(list(read_documents([path], reading=Reading(keep_text=keep)))) == 3
    assert [json.loads(x)["id"] for x in keep.read_bytes().splitlines()] == ["n0", "n1", "n2"]


def test_a_place_for_texts_that_cannot_be_written_is_a_usage_error(tmp_path: Path) -> None:
    path = write(tmp_path / "a.txt", "It rained.")
    with pytest.raises(UsageError, match="cannot be written"):
        list(read_documents([path], reading=Reading(keep_text=tmp_path / "a.txt" / "b")))


def test_html_in_an_archive_that_is_damaged_costs_its_record(tmp_path: Path) -> None:
    pages = [("text/plain", b"\x81\x8d\x8f\x90" * 20), ("text/plain", b"It rained.")]
    path = write(tmp_path / "a.warc", writers.warc(*pages))
    told: list[EscError] = []
    assert [d.text for d in read_documents([path], told.append)] == ["It rained."]
    assert len(told) == 1
