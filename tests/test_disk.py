"""Files are read within bounds, decoded with good errors, and written whole or not at all."""

from __future__ import annotations

import hashlib
import os
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from hypothesis import given
from hypothesis import strategies as st

from classifier import disk
from classifier.errors import EscError, InputError, UsageError

if TYPE_CHECKING:
    from collections.abc import Iterator

UNICODE = st.text(st.characters(exclude_categories=["Cs"]))


@contextmanager
def files_of_at_most(size: int) -> Iterator[None]:
    """Let the system itself refuse to write more than `size` bytes to a file."""
    resource = pytest.importorskip("resource")
    soft, hard = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (size, hard))
    try:
        yield
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, (soft, hard))


def test_a_file_is_read_whole(tmp_path: Path) -> None:
    path = tmp_path / "gate.txt"
    path.write_bytes(b"The gate\x00\xff")
    assert disk.read_bytes(path) == b"The gate\x00\xff"


def test_a_file_of_just_the_limit_is_read(tmp_path: Path) -> None:
    path = tmp_path / "gate.txt"
    path.write_bytes(b"x" * 2000)
    assert len(disk.read_bytes(path, limit=2000)) == 2000


def test_one_byte_over_the_limit_is_refused_with_the_limit(tmp_path: Path) -> None:
    path = tmp_path / "gate.txt"
    path.write_bytes(b"x" * 2001)
    with pytest.raises(InputError) as caught:
        disk.read_bytes(path, limit=2000)
    assert str(caught.value) == f"{path}: larger than 2,000 bytes; split the file"


@pytest.mark.skipif(not Path("/dev/zero").exists(), reason="needs /dev/zero")
def test_an_endless_file_is_not_read_to_its_end() -> None:
    with pytest.raises(InputError, match="/dev/zero: larger than 10 bytes"):
        disk.read_bytes(Path("/dev/zero"), limit=10)


def test_a_missing_file_is_named(tmp_path: Path) -> None:
    path = tmp_path / "nowhere.txt"
    with pytest.raises(InputError) as caught:
        disk.read_bytes(path)
    assert str(caught.value) == f"{path}: cannot be read: No such file or directory"


def test_a_folder_is_no_file(tmp_path: Path) -> None:
    with pytest.raises(InputError) as caught:
        disk.read_bytes(tmp_path)
    assert str(caught.value) == f"{tmp_path}: is a directory, expected a file"


def test_a_name_too_long_for_the_system_is_an_input_error() -> None:
    with pytest.raises(InputError, match="cannot be read: File name too long"):
        disk.read_bytes(Path("x" * 5000))


@given(UNICODE)
def test_utf_8_comes_back_as_it_was(text: str) -> None:
    assert disk.decode(text.encode("utf-8-sig"), "f") == text
    if not text.startswith("\ufeff"):
        assert disk.decode(text.encode(), "f") == text


@given(UNICODE, st.sampled_from(["utf-16-le", "utf-16-be"]))
def test_utf_16_with_a_byte_order_mark_comes_back_as_it_was(text: str, encoding: str) -> None:
    assert disk.decode(("\ufeff" + text).encode(encoding), "f") == text


@given(st.binary())
def test_bytes_are_decoded_just_when_they_are_valid(data: bytes) -> None:
    encoding = "utf-16" if data[:2] in (b"\xff\xfe", b"\xfe\xff") else "utf-8-sig"
    try:
        expected = data.decode(encoding)
    except UnicodeDecodeError:
        with pytest.raises(InputError, match=r"^f, line \d+: byte \d+ is not valid UTF-(8|16); "):
            disk.decode(data, "f")
    else:
        assert disk.decode(data, "f") == expected


@pytest.mark.parametrize(
    ("data", "message"),
    [
        (b"gate\nwell\xff", "f.txt, line 2: byte 9 is not valid UTF-8; save the file as UTF-8"),
        (b"\xe9", "f.txt, line 1: byte 0 is not valid UTF-8; save the file as UTF-8"),
        (
            b"\xef\xbb\xbfgate\n\n\xff",
            "f.txt, line 3: byte 9 is not valid UTF-8; save the file as UTF-8",
        ),
        (
            b"\xff\xfea\0\n\0b",
            "f.txt, line 2: byte 6 is not valid UTF-16; save the file as UTF-8",
        ),
        (
            # U+0A0A has the byte of a line break twice and is none.
            b"\xfe\xff\x0a\x0a\xd8\x00\x00a",
            "f.txt, line 1: byte 4 is not valid UTF-16; save the file as UTF-8",
        ),
    ],
)
def test_bytes_that_are_no_text_are_placed(data: bytes, message: str) -> None:
    with pytest.raises(InputError) as caught:
        disk.decode(data, "f.txt")
    assert str(caught.value) == message


def test_the_checksum_is_sha_256() -> None:
    assert disk.sha256(b"gate") == hashlib.sha256(b"gate").hexdigest()


def test_a_written_file_is_there_with_the_folders_above_it(tmp_path: Path) -> None:
    path = tmp_path / "a" / "b" / "gate.bin"
    disk.write_atomic(path, b"\x00\xffgate\r\n")
    assert path.read_bytes() == b"\x00\xffgate\r\n"
    assert list(path.parent.iterdir()) == [path]


def test_a_written_file_replaces_the_old_one(tmp_path: Path) -> None:
    path = tmp_path / "gate.bin"
    path.write_bytes(b"a much longer old file")
    disk.write_atomic(path, b"new")
    assert path.read_bytes() == b"new"
    assert list(tmp_path.iterdir()) == [path]


@pytest.mark.skipif(os.name != "posix", reason="file modes are of POSIX")
@pytest.mark.parametrize(("mask", "mode"), [(0o022, 0o644), (0o077, 0o600)])
def test_a_written_file_has_the_mode_the_user_asks_for(
    tmp_path: Path, mask: int, mode: int
) -> None:
    before = os.umask(mask)
    try:
        disk.write_atomic(tmp_path / "gate.bin", b"new")
        assert os.umask(mask) == mask
    finally:
        os.umask(before)
    assert (tmp_path / "gate.bin").stat().st_mode & 0o777 == mode


def test_the_old_file_stays_whole_when_writing_fails(tmp_path: Path) -> None:
    path = tmp_path / "gate.bin"
    path.write_bytes(b"old")
    with files_of_at_most(4096), pytest.raises(UsageError) as caught:
        disk.write_atomic(path, b"x" * 100_000)
    assert str(caught.value) == f"{path}: cannot be written: File too large"
    assert path.read_bytes() == b"old"
    assert list(tmp_path.iterdir()) == [path]


def test_a_first_writing_that_fails_leaves_nothing(tmp_path: Path) -> None:
    with files_of_at_most(4096), pytest.raises(UsageError):
        disk.write_atomic(tmp_path / "gate.bin", b"x" * 100_000)
    assert list(tmp_path.iterdir()) == []


def test_a_failure_that_is_no_error_of_the_system_leaves_no_scraps(tmp_path: Path) -> None:
    path = tmp_path / "gate.bin"
    path.write_bytes(b"old")
    with pytest.raises(TypeError):
        disk.write_atomic(path, "text")  # type: ignore[arg-type]
    assert path.read_bytes() == b"old"
    assert list(tmp_path.iterdir()) == [path]


def test_a_folder_is_not_written_over(tmp_path: Path) -> None:
    folder = tmp_path / "gate"
    folder.mkdir()
    with pytest.raises(UsageError) as caught:
        disk.write_atomic(folder, b"new")
    assert str(caught.value) == f"{folder}: cannot be written: Is a directory"
    assert list(tmp_path.iterdir()) == [folder]


@pytest.mark.skipif(not hasattr(os, "mkfifo"), reason="no pipes with names here")
def test_a_pipe_or_device_is_not_replaced(tmp_path: Path) -> None:
    pipe = tmp_path / "pipe"
    os.mkfifo(pipe)
    with pytest.raises(UsageError, match="is a device or a pipe"):
        disk.write_atomic(pipe, b"new")
    assert pipe.is_fifo()
    assert list(tmp_path.iterdir()) == [pipe]


def test_a_symbolic_link_is_replaced_and_what_it_leads_to_left_alone(tmp_path: Path) -> None:
    path, link, loop = tmp_path / "well.bin", tmp_path / "link.bin", tmp_path / "loop"
    path.write_bytes(b"old")
    link.symlink_to(path)
    loop.symlink_to(loop)
    for place in (link, loop):
        disk.write_atomic(place, b"new")
        assert not place.is_symlink()
        assert place.read_bytes() == b"new"
    assert path.read_bytes() == b"old"


def test_a_file_below_a_file_cannot_be_written(tmp_path: Path) -> None:
    (tmp_path / "gate").write_bytes(b"old")
    path = tmp_path / "gate" / "well.bin"
    with pytest.raises(UsageError, match=r"well\.bin: cannot be written: "):
        disk.write_atomic(path, b"new")
    assert (tmp_path / "gate").read_bytes() == b"old"


def test_an_input_error_is_an_error_of_the_user_with_exit_code_one() -> None:
    assert issubclass(InputError, EscError)
    assert (InputError.exit_code, UsageError.exit_code) == (1, 2)
