"""Which format an input is in, by its name and its first bytes."""

from __future__ import annotations

import re
from pathlib import PurePath

from classifier.errors import InputError

SUFFIXES = {
    ".txt": "text",
    ".text": "text",
    ".md": "markdown",
    ".markdown": "markdown",
    ".html": "html",
    ".htm": "html",
    ".xhtml": "html",
    ".pdf": "pdf",
    ".docx": "docx",
    ".epub": "epub",
    ".rss": "feed",
    ".atom": "feed",
    ".xml": "feed",
    ".csv": "csv",
    ".tsv": "tsv",
    ".jsonl": "jsonl",
    ".ndjson": "jsonl",
    ".json": "json",
    ".parquet": "parquet",
    ".warc": "warc",
    ".wet": "warc",
}
PACKED = (".gz", ".bz2", ".xz", ".zst", ".zstd")
FORMATS = tuple(dict.fromkeys(SUFFIXES.values()))
_TYPES = {
    "text/html": "html",
    "application/xhtml+xml": "html",
    "text/plain": "text",
    "text/markdown": "markdown",
    "application/pdf": "pdf",
    "application/rss+xml": "feed",
    "application/atom+xml": "feed",
    "application/epub+zip": "epub",
    "application/vnd.openxmlformats-officedocument.wordprocessingml.document": "docx",
    "text/csv": "csv",
    "text/tab-separated-values": "tsv",
    "application/json": "json",
    "application/x-ndjson": "jsonl",
    "application/warc": "warc",
}
_PROLOGUE = rb"(?:\xef\xbb\xbf)?(?:\s|<\?.{0,300}?\?>|<!--.{0,1500}?-->)*"
_HTML = re.compile(_PROLOGUE + rb"<(?:!doctype\s+html|html|head|body)\b", re.I | re.S)
_FEED = re.compile(
    _PROLOGUE + rb"(?:<!DOCTYPE\s+rss.{0,300}?>\s*)?<(?:rss|feed|rdf:RDF)\b", re.I | re.S
)


def by_name(name: str) -> str:
    """Return the format that a file name stands for, or ``""``.

    Examples
    --------
    >>> by_name("dump/news.jsonl.zst"), by_name("notes")
    ('jsonl', '')
    """
    path = PurePath(name.lower())
    if path.suffix in PACKED:
        path = path.with_suffix("")
    return SUFFIXES.get(path.suffix, "")


def by_type(content_type: str) -> str:
    """Return the format that an HTTP content type stands for, or ``""``."""
    return _TYPES.get(content_type.split(";")[0].strip().lower(), "")


def choose(named: str, head: bytes, where: str) -> str:
    """Return the format of an input.

    Parameters
    ----------
    named : str
        What its name or its server says, or ``""``.
    head : bytes
        Its first bytes; they are believed rather than its name where they are clear.
    where : str
        What messages call the input.

    Raises
    ------
    InputError
        An archive of files, which has no one format.
    """
    if b"%PDF-" in head[:1024]:
        return "pdf"
    if head.startswith(b"PAR1"):
        return "parquet"
    if head.startswith(b"WARC/"):
        return "warc"
    if head.startswith(b"PK\x03\x04"):
        return _zipped(named, head, where)
    if named in ("", "feed", "html"):
        if _FEED.match(head):
            return "feed"
        if _HTML.match(head):
            return "html"
    return named or "text"


def _zipped(named: str, head: bytes, where: str) -> str:
    if b"application/epub+zip" in head[:200]:
        return "epub"
    if named in ("docx", "epub"):
        return named
    if b"word/" in head or b"[Content_Types].xml" in head[:200]:
        return "docx"
    raise InputError(f"{where}: a zip archive; unpack it first")
