"""Text of docx and EPUB files: archives of XML, read within bounds."""

from __future__ import annotations

import io
import posixpath
import zipfile
from typing import TYPE_CHECKING, Any
from urllib.parse import unquote

from classifier.errors import InputError
from classifier.text.markup import fragment_text

if TYPE_CHECKING:
    from collections.abc import Iterator

MAX_UNPACKED_BYTES = 256 << 20
_CONTAINER = "META-INF/container.xml"


def read_docx(data: bytes) -> dict[str, str]:
    """Return text, title, date and author of a docx file, tables cell by cell.

    Raises
    ------
    InputError
        It is no docx file, or too large when unpacked.
    """
    import docx

    _check(data)
    document = docx.Document(io.BytesIO(data))
    about = document.core_properties
    return {
        "text": "\n".join(line for line in _lines(document) if line.strip()),
        "title": about.title or "",
        "author": about.author or "",
        "date": about.created.date().isoformat() if about.created else "",
    }


def _lines(block: Any) -> Iterator[str]:
    from docx.table import Table

    for item in block.iter_inner_content():
        if not isinstance(item, Table):
            yield item.text
            continue
        for row in item.rows:
            seen = set()
            for cell in row.cells:  # a merged cell comes once for each column that it spans
                if cell._tc not in seen:
                    seen.add(cell._tc)
                    yield from _lines(cell)


def read_epub(data: bytes) -> dict[str, str]:
    """Return text, title, date and author of an EPUB file, chapters in reading order.

    Raises
    ------
    InputError
        It is no EPUB file, or too large when unpacked.
    """
    _check(data)
    with zipfile.ZipFile(io.BytesIO(data)) as archive:
        names = set(archive.namelist())
        if _CONTAINER not in names:
            raise InputError(f"no {_CONTAINER} in it; expected an EPUB file")
        found = _xml(archive.read(_CONTAINER)).find(".//{*}rootfile")
        root = found.get("full-path", "") if found is not None else ""
        if root not in names:
            raise InputError("its container names no package; expected an EPUB file")
        package = _xml(archive.read(root))
        items = {item.get("id"): item.get("href", "") for item in package.iterfind(".//{*}item")}
        chapters = []
        for entry in package.iterfind(".//{*}itemref"):
            href = unquote(items.get(entry.get("idref"), "")).split("#")[0]
            name = posixpath.normpath(posixpath.join(posixpath.dirname(root), href))
            if name in names:
                chapters.append(fragment_text(archive.read(name).decode("utf-8", "replace")))
    return {
        "text": "\n\n".join(filter(None, chapters)),
        "title": _meta(package, "title"),
        "author": _meta(package, "creator"),
        "date": _meta(package, "date")[:10],
    }


def _meta(package: Any, name: str) -> str:
    return " ".join(
        (package.findtext(f".//{{http://purl.org/dc/elements/1.1/}}{name}") or "").split()
    )


def _xml(data: bytes) -> Any:
    from lxml import etree

    # No entities of the file's own: they can read files and grow without end.
    parser = etree.XMLParser(resolve_entities=False, no_network=True, load_dtd=False)
    return etree.fromstring(data, parser)


def _check(data: bytes) -> None:
    with zipfile.ZipFile(io.BytesIO(data)) as archive:
        # `zipfile` never unpacks more than the stated size, so the sum bounds what follows.
        if sum(entry.file_size for entry in archive.infolist()) > MAX_UNPACKED_BYTES:
            raise InputError(f"larger than {MAX_UNPACKED_BYTES >> 20} MB when unpacked")
