"""The text of marked-up fragments: what stands in feeds and books, without any judgement."""

from __future__ import annotations

import re
from html.parser import HTMLParser

_BLOCKS = frozenset(
    (
        *("address", "article", "aside", "blockquote", "body", "br", "dd", "div", "dl"),
        *("dt", "fieldset", "figcaption", "figure", "footer", "form", "h1", "h2", "h3"),
        *("h4", "h5", "h6", "header", "hr", "html", "li", "main", "nav"),
        *("ol", "p", "pre", "section", "table", "tbody", "td", "th", "thead"),
        *("title", "tr", "ul"),
    )
)
_SILENT = frozenset(("script", "style", "template", "noscript", "svg", "head"))
_SPACES = re.compile(r"[ \t\r\n\f\v\u00a0]+")


class _Text(HTMLParser):
    def __init__(self) -> None:
        super().__init__(convert_charrefs=True)
        self.lines: list[list[str]] = [[]]
        self._silent: list[str] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:  # noqa: ARG002
        if tag in _SILENT:
            self._silent.append(tag)
        elif tag in _BLOCKS:
            self.lines.append([])

    def handle_startendtag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:  # noqa: ARG002
        if tag in _BLOCKS:
            self.lines.append([])

    def handle_endtag(self, tag: str) -> None:
        if self._silent and tag == self._silent[-1]:
            self._silent.pop()
        elif tag in _BLOCKS:
            self.lines.append([])
            if tag == "body":
                self._silent.clear()

    def handle_data(self, data: str) -> None:
        if not self._silent:
            self.lines[-1].append(data)


def fragment_text(markup: str) -> str:
    r"""Return the text of an HTML fragment, one line a block.

    Examples
    --------
    >>> fragment_text("<p>The <b>ford</b> is&nbsp;shut.</p><p>It rained.")
    'The ford is shut.\nIt rained.'
    >>> fragment_text("No mark & none to come")
    'No mark & none to come'
    """
    parser = _Text()
    parser.feed(markup)
    parser.close()
    lines = (_SPACES.sub(" ", "".join(line)).strip() for line in parser.lines)
    return "\n".join(line for line in lines if line)
