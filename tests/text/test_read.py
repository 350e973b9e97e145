"""Documents from files, folders and standard input."""

from __future__ import annotations

import io
import sys
from typing import TYPE_CHECKING

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from classifier.errors import EscError, InputError
from classifier.schema import Document
from classifier.text import Reading, read_documents
from classifier.text.read import MAX_DOCUMENT_BYTES

if TYPE_CHECKING:
    from pathlib import Path

PRINTABLE = st.text(st.characters(exclude_categories=["Cs"], exclude_characters="\0")).filter(
    lambda text: text.strip() and not text.startswith("\ufeff")
)


def write(path: Path, data: bytes = b"The ford is shut.") -> Path:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(data)
    return path


def refusal(path: object) -> str:
    with pytest.raises(InputError) as caught:
        list(read_documents([str(path)]))
    return str(caught.value)


def stand_in_for_stdin(monkeypatch: pytest.MonkeyPatch, data: bytes) -> None:
    monkeypatch.setattr(sys, "stdin", io.TextIOWrapper(io.BytesIO(data)))


def test_a_file_becomes_a_document_named_after_its_path(tmp_path: Path) -> None:
    path = write(tmp_path / "gate.txt", "Zoë shut the ford.\r\n".encode())
    assert list(read_documents([str(path)])) == [
        Document(id=str(path), text="Zoë shut the ford.\r\n", source=str(path))
    ]


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture], deadline=None)
@given(PRINTABLE, st.sampled_from(["utf-8", "utf-8-sig", "utf-16"]))
def test_a_text_comes_back_as_it_was_written(tmp_path: Path, text: str, encoding: str) -> None:
    path = write(tmp_path / "gate.txt", text.encode(encoding))
    (document,) = read_documents([str(path)], reading=Reading(any_language=True))
    assert document.text == text


def test_a_named_file_may_have_any_ending(tmp_path: Path) -> None:
    path = write(tmp_path / "gate.log")
    assert [d.id for d in read_documents([str(path)])] == [str(path)]


def test_a_folder_gives_its_text_files_sorted_and_from_below(tmp_path: Path) -> None:
    names = ["b.txt", "a.MD", "below/c.text", "d.txt.GZ"]
    for name in [*names, "d.jpeg", "e", ".hidden.txt", ".hidden/f.txt"]:
        write(tmp_path / name)
    (tmp_path / "folder.txt").mkdir()
    found = [d.source for d in read_documents([str(tmp_path)])]
    assert found == [str(tmp_path / name) for name in sorted(names)]


def test_paths_keep_their_order(tmp_path: Path) -> None:
    paths = [str(write(tmp_path / name)) for name in ("b.txt", "a.txt")]
    assert [d.id for d in read_documents(paths)] == paths


def test_documents_are_read_one_by_one(tmp_path: Path) -> None:
    documents = read_documents([str(write(tmp_path / "a.txt")), str(tmp_path / "nowhere.txt")])
    assert next(documents).text == "The ford is shut."
    with pytest.raises(InputError):
        next(documents)


def test_a_dash_reads_standard_input(monkeypatch: pytest.MonkeyPatch) -> None:
    stand_in_for_stdin(monkeypatch, "\ufeffZoë left.".encode())
    assert list(read_documents(["-"])) == [Document(id="-", text="Zoë left.", source="-")]


@pytest.mark.parametrize(
    ("data", "message"),
    [
        (b"", "standard input: no text in it"),
        (b"\x81\n\xff", "standard input, line 1: byte 0 is not valid UTF-8"),
        (b"a\0b", "standard input: has NUL characters; expected a text file"),
    ],
)
def test_errors_in_standard_input_name_it(
    monkeypatch: pytest.MonkeyPatch, data: bytes, message: str
) -> None:
    stand_in_for_stdin(monkeypatch, data)
    assert refusal("-").startswith(message)


def test_standard_input_has_a_size_limit(monkeypatch: pytest.MonkeyPatch) -> None:
    stand_in_for_stdin(monkeypatch, b"x" * (MAX_DOCUMENT_BYTES + 1))
    assert refusal("-") == "standard input: larger than 64 MB; split it"


def test_a_file_has_a_size_limit(tmp_path: Path) -> None:
    path = tmp_path / "gate.txt"
    with path.open("wb") as stream:
        stream.truncate(MAX_DOCUMENT_BYTES + 1)
    assert refusal(path) == f"{path}: larger than 64 MB; split it"


@pytest.mark.parametrize(
    ("data", "message"),
    [
        (b"", ": no text in it"),
        (b" \r\n\t\xc2\xa0", ": no text in it"),
        (b"gate\0", ": has NUL characters; expected a text file"),
        (b"\x89PNG\r\n", ": a PNG image, expected a text file"),
        (b"\xe9\x81", ", line 1: byte 0 is not valid UTF-8; save the file as UTF-8"),
    ],
)
def test_a_file_without_readable_text_is_refused(tmp_path: Path, data: bytes, message: str) -> None:
    path = write(tmp_path / "gate.txt", data)
    assert refusal(path) == f"{path}{message}"


def test_a_missing_path_is_named(tmp_path: Path) -> None:
    path = tmp_path / "nowhere.txt"
    assert refusal(path) == f"{path}: no such file or folder"


def test_a_folder_without_text_files_says_what_it_looked_for(tmp_path: Path) -> None:
    write(tmp_path / "gate.jpeg")
    said = f"{tmp_path}: no file in this folder that can be read; expected .txt, .text, .md, "
    assert refusal(tmp_path).startswith(said)


def test_a_text_given_in_place_of_a_path_is_an_input_error() -> None:
    text = "The general will shut the ford at dawn. " * 10
    assert refusal(text) == f"{text}: cannot be read: File name too long"


def test_with_somebody_to_tell_the_others_are_still_read(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    stand_in_for_stdin(monkeypatch, b"")
    good = [str(write(tmp_path / name)) for name in ("a.txt", "c.txt")]
    bad = str(write(tmp_path / "b.txt", b"\xff\x81"))
    told: list[EscError] = []
    found = list(
        read_documents([good[0], "nowhere.txt", "x" * 5000, "-", bad, good[1]], told.append)
    )
    assert [d.id for d in found] == good
    assert [str(error).split(":")[0] for error in told] == [
        "nowhere.txt",
        "x" * 5000,
        "standard input",
        f"{bad}, line 1",
    ]
