"""Entries of RSS and Atom files."""

from __future__ import annotations

import io
from typing import Any

from classifier.errors import InputError
from classifier.text.markup import fragment_text


def read_feed(data: bytes) -> list[dict[str, str]]:
    """Return id, text, title, date, author, outlet and url of each entry of a feed.

    The text is the full content where the feed has it, or the summary, or the title.

    Raises
    ------
    InputError
        It is no feed, or has no entry.
    """
    import feedparser

    # Bytes go in as a stream: text could be taken for an address to fetch.
    feed: Any = feedparser.parse(io.BytesIO(data), sanitize_html=False, resolve_relative_uris=False)
    if not feed.version:
        raise InputError("no RSS or Atom feed")
    if not feed.entries:
        problem = feed.get("bozo_exception")
        raise InputError(f"a feed without entries{f': {problem}' if problem else ''}")
    outlet = _plain(feed.feed.get("title"))
    return [
        {
            "id": str(entry.get("id") or ""),
            "text": _text(entry),
            "title": _plain(entry.get("title")),
            "date": _date(entry),
            "author": _plain(entry.get("author")),
            "outlet": outlet,
            "url": str(entry.get("link") or ""),
        }
        for entry in feed.entries
    ]


def _text(entry: Any) -> str:
    full = [str(part.get("value") or "") for part in entry.get("content") or []]
    for markup in (*full, entry.get("summary"), entry.get("title")):
        text = fragment_text(str(markup or ""))
        if text:
            return text
    return ""


def _plain(value: Any) -> str:
    return " ".join(fragment_text(str(value or "")).split())


def _date(entry: Any) -> str:
    found = entry.get("published_parsed") or entry.get("updated_parsed")
    if not found:
        return str(entry.get("published") or entry.get("updated") or "")
    year, month, day, hour, minute, second, *_ = found
    return f"{year:04}-{month:02}-{day:02}T{hour:02}:{minute:02}:{second:02}Z"
