"""What the names on a command line stand for: files, folders, patterns, lists, addresses."""

from __future__ import annotations

import glob
from contextlib import suppress
from pathlib import Path
from typing import TYPE_CHECKING

from classifier.errors import InputError, UsageError
from classifier.text.formats import PACKED, SUFFIXES, by_name
from classifier.text.streams import label, open_source, read_all

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

MAX_LIST_BYTES = 256 << 20


def is_url(name: str) -> bool:
    """Tell whether an input is an address and not a path."""
    return name.lower().startswith(("http://", "https://"))


def keep_apart(inputs: Sequence[str], written: Sequence[Path]) -> None:
    """See to it that nothing that is read is written over, and that each place is written once.

    Parameters
    ----------
    inputs : sequence of str
        As they are given: files that only a folder among them holds are not looked at.
    written : sequence of Path

    Raises
    ------
    UsageError
        An input is one of the places, or two of them are the same.
    """
    places = [place.resolve() for place in written]
    twice = next((one for one in places if places.count(one) > 1), None)
    if twice is not None:
        raise UsageError(f"{written[places.index(twice)]}: two things would be written there")
    taken = set()
    for place in written:
        with suppress(OSError):
            found = place.stat()
            taken.add((found.st_dev, found.st_ino))
    for name in inputs if taken else ():
        with suppress(OSError, ValueError):
            found = Path(name).stat()
            if (found.st_dev, found.st_ino) in taken:
                raise UsageError(f"{name}: is to be read and written over; write to another place")


def expand(name: str) -> Iterator[str]:
    """Yield the inputs that a name stands for: itself, the files of a folder or of a pattern.

    Raises
    ------
    InputError
        There is no such input.
    """
    if not name:  # an unset variable of a shell, not the current folder
        raise InputError("an empty path; expected a file, a folder or -")
    if name == "-" or is_url(name):
        yield name
        return
    path = Path(name)
    try:
        if path.is_dir():
            yield from _inside(path)
        elif path.exists():
            yield name
        elif glob.has_magic(name):
            # Not `Path.glob`: it takes no absolute pattern.
            fitting = sorted(glob.glob(name, recursive=True))  # noqa: PTH207
            found = [file for file in fitting if not Path(file).is_dir()]
            if not found:
                raise InputError(f"{name}: no file fits this pattern")
            yield from found
        else:
            raise InputError(f"{name}: no such file or folder")
    except (OSError, ValueError) as error:
        said = getattr(error, "strerror", None) or error
        raise InputError(f"{name}: cannot be read: {said}") from error


def _inside(folder: Path) -> Iterator[str]:
    found = False
    for path in _walk(folder):
        found = True
        yield str(path)
    if not found:
        raise InputError(
            f"{folder}: no file in this folder that can be read; expected {', '.join(SUFFIXES)}, "
            f"also with {', '.join(PACKED)}"
        )


def _walk(folder: Path) -> Iterator[Path]:
    # One folder at a time, in the order of all paths sorted; hidden ones are nobody's articles.
    for path in sorted(folder.iterdir()):
        if path.name.startswith("."):
            continue
        if path.is_dir():
            if not path.is_symlink():
                yield from _walk(path)
        elif by_name(path.name) and path.is_file():
            yield path


def read_list(name: str) -> Iterator[str]:
    """Yield the names in a list of files: one a line, or with NUL between as `find -print0` writes.

    Raises
    ------
    InputError
        The list cannot be read.
    """
    where = label(name)
    with open_source(name) as stream:
        data = read_all(stream, where, MAX_LIST_BYTES)
    try:
        text = data.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        raise InputError(f"{where}: a list of files that is not UTF-8") from error
    names = text.split("\0") if "\0" in text else text.splitlines()
    yield from (one for one in (n.strip("\r\n") for n in names) if one.strip())
