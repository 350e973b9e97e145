"""The process that opens the files of strangers, apart from the one that scores.

Parsers of HTML, PDF and archives can run for ever, take all memory or crash on what somebody made
for that. Here they do so within a limit of memory and of time, and cost that one document. It is
asked by lines of JSON, each followed by the bytes to be read, and answers in the same way.
"""

from __future__ import annotations

import contextlib
import os
import signal
import sys
from typing import Any

import orjson

from classifier.errors import InputError

MAX_MEMORY_BYTES = 4 << 30


def parse(kind: str, data: bytes, options: dict[str, str]) -> list[dict[str, str]]:
    """Return the documents in some bytes, as JSON objects.

    Raises
    ------
    InputError
    """
    if kind == "pdf":
        from classifier.text.pdf import read_pdf

        return [read_pdf(data)]
    if kind in ("docx", "epub"):
        from classifier.text.office import read_docx, read_epub

        return [read_docx(data) if kind == "docx" else read_epub(data)]
    if kind == "feed":
        from classifier.text.feed import read_feed

        return read_feed(data)
    from classifier.text.web_page import read_html, read_html_fast

    page = data.decode().replace("\0", "\ufffd")
    return [read_html_fast(page) if kind == "fast-html" else read_html(page, options["url"])]


def answer(kind: str, data: bytes, options: dict[str, str]) -> bytes:
    """Return the answer to a request: documents, or what is wrong, as JSON."""
    try:
        documents = parse(kind, data, options)
        return orjson.dumps(
            {"documents": [{k: _valid(v) for k, v in one.items()} for one in documents]}
        )
    except ImportError as error:
        return orjson.dumps({"missing": _valid(str(error.name or error))})
    except InputError as error:
        return orjson.dumps({"error": _valid(str(error))})
    except MemoryError:
        return orjson.dumps({"error": "takes too much memory"})
    # Whatever else a parser raises at the bytes of a stranger, it costs one document.
    except Exception as error:
        said = " ".join(str(error).split())[:200]
        return orjson.dumps({"error": f"damaged: {_valid(said) or type(error).__name__}"})


def _valid(text: str) -> str:
    """Join halves of surrogate pairs, and replace those left alone."""
    return text.encode("utf-16", "surrogatepass").decode("utf-16", "replace")


def main() -> None:
    """Answer requests until there are no more."""
    # Ctrl-C is the business of the process that asks; this one ends when its input does.
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    with contextlib.suppress(ImportError, ValueError, OSError):
        import resource

        resource.setrlimit(resource.RLIMIT_AS, (MAX_MEMORY_BYTES, MAX_MEMORY_BYTES))
    asked = sys.stdin.buffer
    # What libraries print must not get between the answers.
    answers = os.fdopen(os.dup(1), "wb")
    nowhere = os.open(os.devnull, os.O_WRONLY)
    os.dup2(nowhere, 1)
    os.dup2(nowhere, 2)
    while line := asked.readline():
        request: dict[str, Any] = orjson.loads(line)
        data = asked.read(request["size"])
        if len(data) < request["size"]:
            return
        reply = answer(request["kind"], data, request["options"])
        answers.write(b"%d\n" % len(reply) + reply)
        answers.flush()
