"""Documents from files, folders, tables, archives, addresses and standard input.

What only some formats need is imported when one of them comes, so that a plain text starts soon.
"""

from __future__ import annotations

import io
import math
from contextlib import nullcontext
from dataclasses import replace
from typing import TYPE_CHECKING

from classifier.errors import EscError, InputError
from classifier.schema import Document
from classifier.text.encoding import decode, detect
from classifier.text.formats import FORMATS, by_name, by_type, choose
from classifier.text.isolated import Isolated
from classifier.text.language import NAMES, detect_language
from classifier.text.settings import MAX_DOCUMENT_BYTES, Reading
from classifier.text.sources import expand, is_url, keep_apart
from classifier.text.streams import label, open_source, place_of, read_all, unpack, watched

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence

    from classifier.text.web import Web

_HEAD = 2_048
_TABLES = ("csv", "tsv", "jsonl", "json", "parquet")
_ABOUT = ("title", "date", "author", "outlet", "url")


def read_documents(
    paths: Sequence[str],
    problem: Callable[[EscError], None] | None = None,
    reading: Reading | None = None,
    parsers: Isolated | None = None,
) -> Iterator[Document]:
    """Yield the documents that some inputs hold, in the order of the inputs, one at a time.

    Parameters
    ----------
    paths : sequence of str
        Files in any format of `FORMATS`, packed or not; folders (read recursively, sorted);
        patterns such as ``dump/**/*.html``; http and https addresses; ``-`` for standard input.
    problem : callable, optional
        Told of each input, row or record that cannot be used, which is then left out; without it
        the error is raised.
    reading : Reading, optional
        How to read.
    parsers : Isolated, optional
        The process that parses, for callers that read often; by default one is started when it is
        needed and ended with the reading.

    Raises
    ------
    InputError
        Something cannot be read, and no `problem` was given.
    UsageError
        Texts are to be kept where one of the inputs is.
    """
    reading = reading or Reading()
    documents = _documents(paths, problem or _raise, reading, parsers)
    if not reading.keep_text:
        return documents
    from classifier.text.keep import keeping

    keep_apart(paths, [reading.keep_text])
    return keeping(documents, reading.keep_text)


def read_stream(
    stream: io.BufferedReader,
    name: str,
    problem: Callable[[EscError], None],
    reading: Reading,
    parsers: Isolated,
) -> Iterator[Document]:
    """Yield the documents of an open stream, which may be packed; close it at the end.

    Parameters
    ----------
    stream : io.BufferedReader
    name : str
        What it is called; its format is told by that and by the first bytes.
    problem : callable
        Told of each row or record that cannot be used.
    reading : Reading
    parsers : Isolated

    Raises
    ------
    InputError
        It cannot be read (any further).
    """
    reader = _Reader(reading, problem, parsers)
    with unpack(stream, name) as plain:
        yield from _checked(reader.stream(plain, name, by_name(name)), problem, reading)


def _raise(error: EscError) -> None:
    raise error


def _documents(
    paths: Sequence[str],
    problem: Callable[[EscError], None],
    reading: Reading,
    parsers: Isolated | None,
) -> Iterator[Document]:
    with nullcontext(parsers) if parsers else Isolated() as parsers:
        reader = _Reader(reading, problem, parsers)
        for name in paths:
            # An error ends this input; what it gave before stays, and the next one is read.
            yield from _checked(_guarded(reader.inputs(name), problem), problem, reading)


def _checked(
    documents: Iterator[Document], problem: Callable[[EscError], None], reading: Reading
) -> Iterator[Document]:
    for document in documents:
        try:
            checked = _check(document, reading)
        except EscError as error:
            problem(error)
        else:
            yield checked


def _guarded(
    documents: Iterator[Document], problem: Callable[[EscError], None]
) -> Iterator[Document]:
    try:
        yield from documents
    except EscError as error:
        problem(error)


def _check(document: Document, reading: Reading) -> Document:
    where = label(document.id)
    if document.id != document.source and document.source not in document.id:
        where = f"{label(document.source)}, {document.id}"
    if "\0" in document.text:
        raise InputError(f"{where}: has NUL characters; expected a text file")
    if not document.text or document.text.isspace():
        raise InputError(f"{where}: no text in it")
    language = detect_language(document.text)
    if language not in ("", "en") and not reading.any_language:
        raise InputError(
            f"{where}: seems to be {NAMES[language]}, and models know English; --any-language "
            "reads it all the same"
        )
    # `dataclasses.replace` takes ten times as long.
    return Document(
        id=_valid(document.id),
        text=document.text,
        source=_valid(document.source),
        title=_valid(document.title),
        date=_valid(document.date),
        author=_valid(document.author),
        outlet=_valid(document.outlet),
        url=_valid(document.url),
        language=language,
    )


def _valid(text: str) -> str:
    """Write the bytes of a file name that is no UTF-8 out in hexadecimal digits."""
    return text if text.isascii() else text.encode("utf-8", "backslashreplace").decode()


class _Reader:
    """Reads inputs of every kind for one run."""

    def __init__(
        self, reading: Reading, problem: Callable[[EscError], None], parsers: Isolated
    ) -> None:
        self._reading, self._problem, self._parsers = reading, problem, parsers
        self._web: Web | None = None

    def inputs(self, name: str) -> Iterator[Document]:
        for one in expand(name):
            yield from _guarded(
                self._address(one) if is_url(one) else self._file(one), self._problem
            )

    def _file(self, name: str) -> Iterator[Document]:
        stream = open_source(name)
        try:
            for document in self.stream(stream, name, by_name(name)):
                self._reading.place(name, place_of(stream))
                yield document
        finally:
            if name != "-":
                stream.close()

    def _address(self, url: str) -> Iterator[Document]:
        if self._web is None:
            from classifier.text.web import Web

            self._web = Web(allow_private=self._reading.allow_private)
        page = self._web.page(url)
        stream = unpack(io.BytesIO(page.data), url)
        kind = by_type(page.content_type) or by_name(page.url.split("?")[0])
        for document in self.stream(stream, url, kind, page.charset):
            yield replace(document, url=document.url or page.url)

    def stream(
        self, stream: io.BufferedReader, name: str, named: str, charset: str = ""
    ) -> Iterator[Document]:
        where = label(name)
        if self._reading.left() < math.inf:  # a few bytes may unpack to more than anyone waits for
            stream = watched(stream, self._reading.left)
        try:
            head = stream.peek(_HEAD)[:_HEAD]
        except OSError as error:
            raise InputError(f"{where}: cannot be read: {error.strerror or error}") from error
        kind = self._reading.format or choose(named, head, where)
        if kind in _TABLES:
            from classifier.text.tables import read_table

            yield from read_table(kind, stream, name, where, self._reading, self._problem)
        elif kind == "warc":
            yield from self._archive(stream, name, where)
        else:
            data = read_all(stream, where, MAX_DOCUMENT_BYTES)
            blank = Document(id=name, text="", source=name, url=name if is_url(name) else "")
            yield from self._whole(kind, data, where, blank, charset)

    def _whole(
        self, kind: str, data: bytes, where: str, blank: Document, charset: str = ""
    ) -> Iterator[Document]:
        """Read a document that is one piece; `blank` says what is known of it."""
        if kind in ("text", "markdown"):
            text = decode(data, where, self._reading.notice, charset)
            about: dict[str, str] = {}
            if kind == "markdown":
                from classifier.text.markdown import markdown_text

                text, about = markdown_text(text)
            yield replace(blank, text=text, **about)
            return
        if kind == "html":
            from classifier.text.web_page import declared_encoding

            stated = charset or declared_encoding(data)
            if not (detect(data[:_HEAD]) or "").startswith(("utf-16", "utf-32")):
                data = data.replace(b"\0", b"")
            page = decode(data, where, self._reading.notice, stated)
            data = page.encode("utf-8", "replace")
            kind = "fast-html" if self._reading.fast_html else "html"
        if not data.strip():
            raise InputError(f"{where}: no text in it")
        found = self._parsers.parse(kind, data, where, {"url": blank.url}, self._reading.left())
        for number, row in enumerate(found, 1):
            known = {name: row[name] for name in _ABOUT if row.get(name)}
            identifier = blank.id
            if kind == "feed":
                identifier = row["id"] or f"{blank.id}#{number}"
            yield replace(blank, id=identifier, text=row["text"], **known)

    def _archive(self, stream: io.BufferedReader, name: str, where: str) -> Iterator[Document]:
        from classifier.text.warc import read_records

        for record in read_records(stream, where, self._problem):
            place = f"{where}, record {record.id}"
            blank = Document(record.id, "", name, date=record.date, url=record.url)
            found = self._record(record.kind, record.data, place, blank, record.charset)
            yield from _guarded(found, self._problem)

    def _record(
        self, kind: str, data: bytes, where: str, blank: Document, charset: str
    ) -> Iterator[Document]:
        kind = choose(kind, data[:_HEAD], where)
        if kind in _TABLES or kind == "warc":
            return
        yield from self._whole(kind, data, where, blank, charset)


__all__ = ["FORMATS", "Reading", "read_documents"]
