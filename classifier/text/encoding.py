"""Which encoding some bytes are in."""

from __future__ import annotations

import codecs
import re
from typing import TYPE_CHECKING

from classifier import disk
from classifier.errors import InputError

if TYPE_CHECKING:
    from collections.abc import Callable

_MARKS = (
    (codecs.BOM_UTF8, "utf-8-sig"),
    (codecs.BOM_UTF32_LE, "utf-32"),
    (codecs.BOM_UTF32_BE, "utf-32"),
    (codecs.BOM_UTF16_LE, "utf-16"),
    (codecs.BOM_UTF16_BE, "utf-16"),
)
# What news archives are found in; the exotic rest of what could be guessed is seldom right.
_CANDIDATES = (
    *("cp1252", "cp1250", "cp1251", "cp1253", "cp1254", "cp1255", "cp1256", "cp1257", "koi8_r"),
    *("mac_roman", "gb18030", "big5", "shift_jis", "euc_jp", "euc_kr"),
)
_SAMPLE = 1 << 18
_BINARY = {
    b"\x89PNG": "a PNG image",
    b"\xff\xd8\xff": "a JPEG image",
    b"GIF8": "a GIF image",
    b"\x7fELF": "a program",
    b"MZ\x90": "a program",
    b"Rar!": "a RAR archive",
    b"7z\xbc\xaf": "a 7z archive",
    b"PK\x03\x04": "a zip archive",
    b"\xd0\xcf\x11\xe0": "a file of old Word or Excel; save it as .docx or .csv",
    b"SQLite format 3": "an SQLite database",
    b"\x93NUMPY": "a NumPy array",
    b"OggS": "a sound or film",
    b"ID3": "a sound",
}
_CONTROL = re.compile(r"[\x01-\x08\x0e-\x1a\x7f]")


def decode(data: bytes, where: str, notice: Callable[[str], None], declared: str = "") -> str:
    """Decode a text: by its byte order mark, as declared, as UTF-8, or as it looks.

    Parameters
    ----------
    data : bytes
    where : str
        What messages call the input.
    notice : callable
        Told of an encoding that had to be guessed.
    declared : str
        The encoding that the source states; not trusted when the bytes say otherwise.

    Raises
    ------
    InputError
        It is no text.
    """
    encoding = detect(data, declared)
    guessed = encoding is None
    if guessed or b"\0" in data[:_SAMPLE]:
        for magic, what in _BINARY.items():
            if data.startswith(magic):
                raise InputError(f"{where}: {what}, expected a text file")
    if encoding is None:
        encoding = _guess(data, where)
    if guessed or encoding in ("utf-16-le", "utf-16-be"):
        notice(f"{where}: read as {encoding}, as it is not UTF-8")
    try:
        text = data.decode(encoding)
    except UnicodeError:
        text = disk.decode(data, where)  # says which byte of which line
    if "\0" in text:
        raise InputError(f"{where}: has NUL characters; expected a text file")
    if guessed and len(_CONTROL.findall(text[:_SAMPLE])) > len(text[:_SAMPLE]) // 20:
        raise InputError(f"{where}: full of control characters; expected a text file")
    return text


def detect(data: bytes, declared: str = "") -> str | None:
    """Return the encoding that some bytes are surely in, or None."""
    for mark, encoding in _MARKS:
        if data.startswith(mark):
            return encoding
    for encoding in ("utf-8", _known(declared)):
        if encoding:
            try:
                data.decode(encoding)
            except (UnicodeError, LookupError):  # LookupError: a codec that gives no text
                continue
            return _wide(data) or encoding
    return _wide(data)


def detect_sample(data: bytes, where: str) -> tuple[str, bool]:
    """Return the encoding of a text of which these bytes are the beginning, and if it is a guess.

    Raises
    ------
    InputError
        It is no text in a known encoding.
    """
    # The sample may end within a character.
    whole = data.rsplit(b"\n", 1)[0] if b"\n" in data else data[: max(len(data) - 4, 0)] or data
    found = detect(whole)
    return (found, False) if found else (_guess(whole, where), True)


def _wide(data: bytes) -> str | None:
    """Return UTF-16 without a mark, which Western text shows by every other byte being zero."""
    sample = data[:_SAMPLE]
    if len(sample) < 8 or b"\0" not in sample:
        return None
    even, odd = sample[::2].count(0), sample[1::2].count(0)
    half = len(sample) // 2
    if odd > 0.6 * half and even < 0.1 * half:
        return "utf-16-le"
    return "utf-16-be" if even > 0.6 * half and odd < 0.1 * half else None


def _known(name: str) -> str:
    try:
        found = codecs.lookup(name.strip().strip("\"'")).name if name.strip() else ""
    except (LookupError, ValueError, UnicodeError):
        return ""
    # What the Web calls Latin-1 is Windows-1252.
    if found in ("iso8859-1", "ascii"):
        return "cp1252"
    return found


def _guess(data: bytes, where: str) -> str:
    try:
        from charset_normalizer import from_bytes
    except ImportError:
        disk.decode(data, where)
        raise
    sample = data[:_SAMPLE]
    letters = sum(chr(byte).isalpha() for byte in sample[:4096] if byte < 128)
    if b"\0" not in sample and letters * 2 >= min(len(sample), 4096):
        # English with a few other characters: too few for statistics, and almost always this.
        try:
            data.decode("cp1252")
        except UnicodeDecodeError:
            pass
        else:
            return "cp1252"
    best = None
    if len(sample) >= 16 and b"\0" not in sample:
        best = from_bytes(sample, cp_isolation=list(_CANDIDATES), enable_fallback=False).best()
    if best is None:
        disk.decode(data, where)
        raise InputError(f"{where}: in no encoding known here; save the file as UTF-8")
    return str(best.encoding)
