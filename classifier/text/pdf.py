"""Text of PDF files: lines joined to paragraphs, hyphenation mended, running heads left out."""

from __future__ import annotations

import io
import re
from collections import Counter
from typing import TYPE_CHECKING, Any

from classifier.errors import InputError

if TYPE_CHECKING:
    from collections.abc import Sequence

MAX_PAGES = 5_000
_LIGATURES = str.maketrans(
    {"ﬀ": "ff", "ﬁ": "fi", "ﬂ": "fl", "ﬃ": "ffi", "ﬄ": "ffl", "ﬅ": "st", "ﬆ": "st", "\u00ad": "-"}
)
_DIGITS = re.compile(r"\d+")
_PAGE_NUMBER = re.compile(
    r"(?i)^\W*(?:page\s+)?(?:\d{1,4}|[ivxl]{1,6})(?:\s*(?:/|of)\s*\d{1,4})?\W*$"
)
_HYPHEN = re.compile(r"(?<=[^\W\d_])[-\u2010]$")
_STOP = re.compile(r"[.!?…:][\"'”’)\]»]*$")
_SENTENCE = 40
_LIST = re.compile(r"^(?:[•▪◦‣●–—*-]\s|\(?(?:\d{1,2}|[a-z])[.)]\s)")
# Halves of words that keep their hyphen: "self-", "cease-" is not among them, as most are one word.
_KEEP = re.compile(
    r"(?i)\b(?:self|non|anti|ex|vice|post|pre|pro|co|cross|long|short|north|south|east|west|mid|"
    r"well|high|low|all|so|two|three|four|five|six|seven|eight|nine|ten|twenty|half|re)$"
)


def read_pdf(data: bytes) -> dict[str, str]:
    """Return text, title, date and author of a PDF file.

    Raises
    ------
    InputError
        It is locked, has too many pages, or has no text in it, as a scan has none.
    """
    import pypdf

    reader = pypdf.PdfReader(io.BytesIO(data))
    if reader.is_encrypted and not reader.decrypt(""):
        raise InputError("locked with a password")
    if len(reader.pages) > MAX_PAGES:
        raise InputError(f"more than {MAX_PAGES:,} pages; split it")
    text = page_text([_page(page) for page in reader.pages])
    if not text:
        raise InputError("no text in it; if it is a scan, run it through OCR first")
    return {"text": text, **_about(reader)}


def _page(page: Any) -> list[str]:
    text = page.extract_text().replace("\0", "").translate(_LIGATURES)
    return [" ".join(line.split()) for line in text.splitlines()]


def _about(reader: Any) -> dict[str, str]:
    try:
        meta = reader.metadata
        date = meta.creation_date if meta else None
        return {
            "title": _named((meta and meta.title) or ""),
            "author": _named((meta and meta.author) or ""),
            "date": date.date().isoformat() if date else "",
        }
    except (ValueError, TypeError, AttributeError, KeyError):  # a date that is none, and the like
        return {}


def _named(value: object) -> str:
    found = " ".join(str(value).replace("\0", "").split())
    # What programs fill in where nobody gave a name.
    return "" if found.strip("()").lower() in ("anonymous", "untitled", "unspecified") else found


def page_text(pages: Sequence[Sequence[str]]) -> str:
    r"""Join the lines of pages to paragraphs, one a line.

    Parameters
    ----------
    pages : sequence of sequence of str
        The lines of each page, from top to bottom; empty lines part paragraphs.

    Examples
    --------
    >>> page_text([["The envoy left the nego-", "tiations in", "spring.", "1"], ["It rained."]])
    'The envoy left the negotiations in spring.\nIt rained.'
    """
    noise = _running(pages)
    paragraphs: list[str] = []
    fresh = True
    width = _width(pages)
    before = ""
    for page in pages:
        lines = _body(page, noise)
        for line in lines:
            if not line:
                fresh = True
                continue
            # A short line that ends a sentence ends its paragraph, as most papers set them.
            ended = bool(_STOP.search(before)) and len(before) < 0.85 * width
            headline = bool(before) and not _STOP.search(before) and len(before) < 0.5 * width
            starts = line[0].isupper() or not line[0].isalpha()
            if (
                fresh
                or ended
                or _LIST.match(line)
                or (headline and starts and len(line) > len(before))
            ):
                paragraphs.append(line)
            else:
                paragraphs[-1] = _joined(paragraphs[-1], line)
            fresh, before = False, line
        # A paragraph may run on over the end of its page.
        fresh = bool(_STOP.search(before))
    return "\n".join(paragraphs)


def _joined(above: str, below: str) -> str:
    if _HYPHEN.search(above) and below[:1].islower():
        half = above[:-1]
        return above + below if _KEEP.search(half) or "-" in half.split()[-1] else half + below
    if _HYPHEN.search(above):
        return above + below
    return f"{above} {below}"


def _width(pages: Sequence[Sequence[str]]) -> int:
    lengths = sorted(len(line) for page in pages for line in page if line)
    return lengths[int(len(lengths) * 0.8)] if lengths else 0


def _edges(page: Sequence[str]) -> set[int]:
    filled = [number for number, line in enumerate(page) if line]
    return {*filled[:2], *filled[-2:]}


def _running(pages: Sequence[Sequence[str]]) -> set[str]:
    """Return the lines that stand at the top or foot of most pages, with digits masked."""
    counts = Counter(
        line
        for page in pages
        for line in {_DIGITS.sub("0", page[n]) for n in _edges(page)}
        if len(line) < _SENTENCE or not _STOP.search(line)
    )
    return {line for line, count in counts.items() if count >= 3 and count * 2 > len(pages)}


def _body(page: Sequence[str], noise: set[str]) -> list[str]:
    edges = _edges(page)
    return [
        line
        for number, line in enumerate(page)
        if not (
            number in edges
            and (_DIGITS.sub("0", line) in noise or (_PAGE_NUMBER.match(line) and len(edges) > 1))
        )
    ]
