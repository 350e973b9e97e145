"""Sentences of others are found again by slice and checksum, and only inside the project."""

from __future__ import annotations

import csv
import hashlib
import io
from typing import TYPE_CHECKING

import orjson
import pytest
from hypothesis import given
from hypothesis import strategies as st

from classifier.corpus.records import Reference
from classifier.corpus.references import CACHE_NAME, Resolver, cut, read_cache

if TYPE_CHECKING:
    from pathlib import Path

SENTENCE = "The ford is shut."
PROSE = st.text(st.characters(exclude_categories=["Cs", "Cc"])).filter(str.strip)


def checksum(text: str) -> str:
    return hashlib.sha256(" ".join(text.split()).encode()).hexdigest()


def slice_of(text: str, piece: str, sentence: str, kind: str = "text") -> Reference:
    start = text.index(piece)
    return Reference("a.txt", start, start + len(piece), checksum(sentence), format=kind)


@pytest.fixture
def project(tmp_path: Path) -> Path:
    folder = tmp_path / "project"
    folder.mkdir()
    (folder / "a.txt").write_bytes(f"It rained. {SENTENCE} Nobody came.".encode())
    (tmp_path / "secret.txt").write_bytes(SENTENCE.encode())
    return folder


def test_a_slice_with_the_right_checksum_is_the_sentence() -> None:
    text = "It rained. The ford\r\n  is\u00a0shut. Nobody came."
    reference = slice_of(text, "The ford\r\n  is\u00a0shut. ", SENTENCE)
    assert cut(text, reference) == SENTENCE


@pytest.mark.parametrize("text", ["The ford is open.", "", " The ford is shut.", "The ford"])
def test_a_changed_text_is_not_the_sentence(text: str) -> None:
    assert cut(text, slice_of(SENTENCE, SENTENCE, SENTENCE)) is None


@given(PROSE, PROSE, PROSE)
def test_a_cell_of_a_csv_file_is_undone_of_its_quotes(a: str, sentence: str, b: str) -> None:
    stream = io.StringIO()
    writer = csv.writer(stream, quoting=csv.QUOTE_ALL)
    writer.writerow([sentence])
    piece = stream.getvalue()[1:-3]
    text = a + "\r\n" + stream.getvalue() + b
    start = len(a) + 3
    reference = Reference("a", start, start + len(piece), checksum(sentence), format="csv")
    assert cut(text, reference) == " ".join(sentence.split())


@given(PROSE, st.booleans())
def test_a_string_of_a_json_file_is_undone_of_its_escapes(sentence: str, pretty: bool) -> None:
    option = orjson.OPT_INDENT_2 if pretty else 0
    text = orjson.dumps({"text": sentence}, option=option).decode()
    piece = orjson.dumps(sentence).decode()[1:-1]
    start = text.rindex(piece)
    reference = Reference("a", start, start + len(piece), checksum(sentence), format="json")
    assert cut(text, reference) == " ".join(sentence.split())


def test_json_escapes_of_every_kind_are_undone() -> None:
    piece = r"“Shut the \"ford\"\u002c” said Zo\u00eb.\n\tShe\/he left \ud83d\ude80"
    sentence = '“Shut the "ford",” said Zoë. She/he left 🚀'
    assert cut(piece, slice_of(piece, piece, sentence, "json")) == sentence


def test_raw_line_breaks_inside_a_json_slice_are_white_space() -> None:
    piece = "The ford\r\n\tis shut."
    assert cut(piece, slice_of(piece, piece, SENTENCE, "json")) == SENTENCE


@pytest.mark.parametrize("piece", ['The ford", "x', "The ford\\", r"The \ud83d ford", "a\0b"])
def test_a_slice_that_is_no_json_string_is_not_the_sentence(piece: str) -> None:
    assert cut(piece, slice_of(piece, piece, piece, "json")) is None


def test_only_the_named_format_is_undone() -> None:
    piece = r'The ""ford"" is \u0061.'
    assert cut(piece, slice_of(piece, piece, piece)) == piece
    assert cut(piece, slice_of(piece, piece, r'The "ford" is \u0061.', "csv")) is not None


def test_a_sentence_is_found_in_the_project(project: Path) -> None:
    reference = Reference("a.txt", 11, 28, checksum(SENTENCE))
    assert Resolver(project, project / "cache").text(reference) == SENTENCE


def test_the_encoding_of_a_source_is_heeded(project: Path) -> None:
    (project / "a.txt").write_bytes("Zoë left.".encode("latin-1"))
    resolver = Resolver(project, project / "cache")
    latin = Reference("a.txt", 0, 9, checksum("Zoë left."), encoding="latin-1")
    assert resolver.text(latin) == "Zoë left."
    assert resolver.text(Reference("a.txt", 0, 9, checksum("Zoë left."))) is None


@pytest.mark.parametrize(
    "encoding", ["no-such", "hex", "undefined", "idna", "a\0b", "unicode_escape"]
)
def test_an_encoding_that_fits_no_text_finds_nothing(project: Path, encoding: str) -> None:
    (project / "a.txt").write_bytes(b"\\ud800 is a lone surrogate to unicode_escape")
    reference = Reference("a.txt", 0, 17, checksum(SENTENCE), encoding=encoding)
    assert Resolver(project, project / "cache").text(reference) is None


@pytest.mark.parametrize(
    "path",
    ["../secret.txt", "x/../../secret.txt", "{tmp}/secret.txt", "link.txt", "loop", ".", "a\0.txt"],
)
def test_nothing_outside_the_project_is_read(project: Path, path: str) -> None:
    (project / "link.txt").symlink_to(project.parent / "secret.txt")
    (project / "loop").symlink_to(project / "loop")
    reference = Reference(path.format(tmp=project.parent), 0, len(SENTENCE), checksum(SENTENCE))
    assert Resolver(project, project / "cache").text(reference) is None


def test_the_same_slice_inside_the_project_is_read(project: Path) -> None:
    (project / "x").mkdir()
    (project / "inside.txt").write_bytes(SENTENCE.encode())
    for path in ("inside.txt", "x/../inside.txt", str(project / "inside.txt")):
        reference = Reference(path, 0, len(SENTENCE), checksum(SENTENCE))
        assert Resolver(project, project / "cache").text(reference) == SENTENCE


@pytest.mark.parametrize("path", ["nowhere.txt", "no/where.txt", "x" * 5000])
def test_a_missing_source_finds_nothing(project: Path, path: str) -> None:
    reference = Reference(path, 0, 17, checksum(SENTENCE))
    assert Resolver(project, project / "cache").text(reference) is None


def cached(folder: Path, *lines: bytes) -> Path:
    folder.mkdir(exist_ok=True)
    (folder / CACHE_NAME).write_bytes(b"\n".join(lines) + b"\n")
    return folder


def test_a_sentence_of_a_repository_is_taken_from_the_cache(project: Path) -> None:
    line = orjson.dumps({"sha256": checksum(SENTENCE), "text": SENTENCE})
    resolver = Resolver(project, cached(project / "cache", line))
    wanted = Reference("a.txt", 0, 17, checksum(SENTENCE), repository="o/r", commit="c")
    other = Reference("a.txt", 0, 17, checksum("It rained."), repository="o/r", commit="c")
    assert resolver.text(wanted) == SENTENCE
    assert resolver.text(other) is None


@pytest.mark.parametrize("repository", ["..", "/", "{project}"])
def test_a_repository_is_no_way_to_files_of_the_disk(project: Path, repository: str) -> None:
    reference = Reference(
        "a.txt", 11, 28, checksum(SENTENCE), repository=repository.format(project=project)
    )
    assert Resolver(project, project / "cache").text(reference) is None


def test_a_missing_cache_is_empty(tmp_path: Path) -> None:
    assert read_cache(tmp_path / "nowhere") == {}


def test_damaged_lines_of_a_cache_count_as_not_fetched(tmp_path: Path) -> None:
    good = {"sha256": checksum(SENTENCE), "text": SENTENCE}
    folder = cached(
        tmp_path / "cache",
        b'{"sha256": "',
        b"\xff\xfe",
        b"[]",
        b"",
        orjson.dumps({**good, "text": 3}),
        orjson.dumps({**good, "text": "The ford is open."}),
        orjson.dumps({"text": "It rained."}),
        orjson.dumps(good),
    )
    assert read_cache(folder) == {checksum(SENTENCE): SENTENCE}
