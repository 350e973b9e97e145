"""Text of web pages: the article without menus, advertisements and comments."""

from __future__ import annotations

import html
import re
from typing import Any

from classifier.text.markup import fragment_text

_DECLARED = re.compile(rb"<meta[^>]{0,200}?charset\s*=\s*[\"']?\s*([\w.:-]{2,30})", re.I)
_DECLARED_XML = re.compile(rb"^\s*<\?xml[^>]{0,100}encoding\s*=\s*[\"']([\w.:-]{2,30})")
_META = re.compile(r"<meta\s([^<>]{1,1000})>", re.I)
_ATTRIBUTE = re.compile(r"([\w:-]+)\s*=\s*(?:\"([^\"]*)\"|'([^']*)')")
_DATES = (
    "article:published_time",
    "datepublished",
    "date",
    "dc.date",
    "pubdate",
    "parsely-pub-date",
)


def declared_encoding(data: bytes) -> str:
    """Return the encoding that a page or an XML file states of itself, or ``""``."""
    found = _DECLARED_XML.match(data[:512]) or _DECLARED.search(data[:4096])
    return found[1].decode("ascii", "ignore") if found else ""


def read_html(page: str, url: str = "") -> dict[str, str]:
    """Return text, title, date, author and outlet of a page, with trafilatura.

    A page that has no article in it gives all of its text.
    """
    from trafilatura import bare_extraction

    found: Any = bare_extraction(
        page, url=url or None, with_metadata=True, include_comments=False, include_tables=True
    )
    if found is None or not (found.text or "").strip():
        return {"text": fragment_text(page), **_head(page)}
    return {
        "text": found.text or "",
        "title": found.title or "",
        "date": found.date or "",
        "author": found.author or "",
        "outlet": found.sitename or found.hostname or "",
        "url": found.url or "",
    }


def read_html_fast(page: str) -> dict[str, str]:
    """Return text, title and date of a page, with resiliparse."""
    from resiliparse.extract.html2text import extract_plain_text

    text = extract_plain_text(page, main_content=True, list_bullets=False, alt_texts=False)
    lines = (" ".join(line.split()) for line in text.splitlines())
    body = "\n".join(line for line in lines if line)
    return {"text": body or fragment_text(page), **_head(page)}


def _head(page: str) -> dict[str, str]:
    head = page[:100_000]
    title = re.search(r"<title[^>]{0,200}>(.{0,1000}?)</title", head, re.I | re.S)
    about: dict[str, str] = {}
    for tag in _META.findall(head):
        values = {k.lower(): a or b for k, a, b in _ATTRIBUTE.findall(tag)}
        name = (
            values.get("property") or values.get("name") or values.get("itemprop") or ""
        ).lower()
        about.setdefault(name, html.unescape(values.get("content", "")))
    return {
        "title": " ".join(html.unescape(title[1]).split()) if title else about.get("og:title", ""),
        "date": next((about[name] for name in _DATES if about.get(name)), "")[:10],
        "author": about.get("author", ""),
        "outlet": about.get("og:site_name", ""),
    }
