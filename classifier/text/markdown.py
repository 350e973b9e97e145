"""Markdown as the text that a reader sees, one line a paragraph."""

from __future__ import annotations

import html
import re

_FRONT = re.compile(r"\A---[ \t]*\n(.*?)\n(?:---|\.\.\.)[ \t]*(?:\n|\Z)", re.S)
_KEY = re.compile(r"^(title|date|author)[ \t]*:[ \t]*(.+?)[ \t]*$", re.M | re.I)
_FENCE = re.compile(r"^ {0,3}(`{3,}|~{3,})")
_HEADING = re.compile(r"^ {0,3}#{1,6}(?:[ \t]+|$)(.*?)(?:[ \t]+#+)?[ \t]*$")
_UNDERLINE = re.compile(r"^ {0,3}(?:=+|-+)[ \t]*$")
_RULE = re.compile(r"^ {0,3}(?:(?:\*[ \t]*){3,}|(?:-[ \t]*){3,}|(?:_[ \t]*){3,})$")
_ITEM = re.compile(r"^[ \t]*(?:[-*+]|\d{1,9}[.)])[ \t]+(?:\[[ xX]\][ \t]+)?")
_QUOTE = re.compile(r"^ {0,3}(?:>[ \t]?)+")
_DEFINITION = re.compile(r"^ {0,3}\[[^\]\n]+\]:[ \t]*\S+")
_TABLE_RULE = re.compile(r"^[ \t]*\|?[ \t]*:?-{2,}:?[ \t]*(?:\|[ \t]*:?-{2,}:?[ \t]*)*\|?[ \t]*$")
_COMMENT = re.compile(r"<!--.*?-->", re.S)
_INLINE = (
    (re.compile(r"!\[([^\[\]\n]*)\](?:\([^()\n]*\)|\[[^\[\]\n]*\])"), r"\1"),
    (
        re.compile(r"\[([^\[\]\n]+)\](?:\([^()\n]*(?:\([^()\n]*\)[^()\n]*)*\)|\[[^\[\]\n]*\])"),
        r"\1",
    ),
    (re.compile(r"\[\^[^\[\]\n]+\]"), ""),
    (re.compile(r"<((?:https?://|mailto:)[^<>\s]+)>"), r"\1"),
    (re.compile(r"</?[A-Za-z][A-Za-z0-9-]*(?:\s[^<>]*)?/?>"), ""),
    (re.compile(r"(?<!`)(`+)(?!`)(.+?)(?<!`)\1(?!`)"), r"\2"),
    (re.compile(r"(\*\*|__)(?=\S)([^\n]*?\S)\1"), r"\2"),
    (re.compile(r"(?<![\w*])\*(?=[^\s*])([^*\n]*[^\s*])\*(?![\w*])"), r"\1"),
    (re.compile(r"(?<![\w_])_(?=[^\s_])([^_\n]*[^\s_])_(?![\w_])"), r"\1"),
    (re.compile(r"~~(?=\S)([^\n]*?\S)~~"), r"\1"),
    (re.compile(r"\\([!-/:-@\[-`{-~])"), r"\1"),
)


def markdown_text(source: str) -> tuple[str, dict[str, str]]:
    r"""Return the text of a Markdown file, and title, date and author of its front matter.

    Lines of a paragraph are joined, marks of headings, lists, quotations, links and emphasis are
    dropped, code between fences is left out.

    Examples
    --------
    >>> markdown_text("# The ford\n\nIt is **shut**,\nsaid [Lind](https://a.example).\n")
    ('The ford\nIt is shut, said Lind.', {})
    """
    source = source.replace("\r\n", "\n").replace("\r", "\n")
    about: dict[str, str] = {}
    front = _FRONT.match(source)
    if front:
        about = {k.lower(): v.strip("\"'") for k, v in _KEY.findall(front[1])}
        source = source[front.end() :]
    paragraphs: list[str] = []
    open_paragraph = False
    fence = ""
    for raw in _COMMENT.sub("", source).split("\n"):
        mark = _FENCE.match(raw)
        if fence or mark:
            if not fence and mark:
                fence = mark[1]
            elif mark and mark[1].startswith(fence) and not raw.strip(" `~"):
                fence = ""
            open_paragraph = False
            continue
        line = _QUOTE.sub("", raw)
        silent = (_RULE, _DEFINITION, _TABLE_RULE, *((_UNDERLINE,) if open_paragraph else ()))
        if not line.strip() or any(pattern.match(line) for pattern in silent):
            open_paragraph = False
        elif heading := _HEADING.match(line):
            paragraphs.append(heading[1])
            open_paragraph = False
        elif open_paragraph and not _ITEM.match(line) and not line.lstrip().startswith("|"):
            hard = paragraphs[-1].endswith(("  ", "\\"))
            paragraphs[-1] = paragraphs[-1].rstrip(" \\") + ("\n" if hard else " ") + line.strip()
            paragraphs[-1] += "  " if line.endswith("  ") else ""
        else:
            cells = line.strip().strip("|").split("|") if line.lstrip().startswith("|") else None
            paragraphs.append("\n".join(c.strip() for c in cells) if cells else _unlisted(line))
            open_paragraph = cells is None
    lines = (_inline(paragraph).strip() for paragraph in paragraphs)
    return "\n".join(line for line in lines if line), about


def _unlisted(line: str) -> str:
    kept = _ITEM.sub("", line).lstrip()
    return kept if kept.strip() else ""


def _inline(text: str) -> str:
    for pattern, by in _INLINE:
        text = pattern.sub(by, text)
    return html.unescape(text)
