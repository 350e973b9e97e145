"""Real files, made by the programs and libraries that make them in the world; all text made up."""

from __future__ import annotations

import io
import zipfile
from typing import TYPE_CHECKING

import orjson

if TYPE_CHECKING:
    from collections.abc import Sequence

FIRST = "The army shelled the port of Velmar on Monday, killing four dockers and a pilot."
SECOND = "Ostrava warned that any strike on its soil would be met with a crushing response."
THIRD = "The envoys of both sides will meet in the spring to talk about the bridges of the delta."
STORY = (FIRST, SECOND, THIRD)
TITLE = "Shells fall on Velmar"
DATE = "2021-05-04"


def html(*sentences: str) -> bytes:
    body = "".join(f"<p>{one} {THIRD} {THIRD}</p>" for one in sentences or STORY)
    return (
        f"<!DOCTYPE html><html lang='en'><head><meta charset='utf-8'><title>{TITLE}</title>"
        f"<meta property='og:site_name' content='The Delta Post'><meta name='author' content='Ada "
        f"Lind'><meta property='article:published_time' content='{DATE}T08:00:00Z'></head><body>"
        "<nav><a href='/'>Home</a> <a href='/war'>War</a></nav><article>"
        f"<h1>{TITLE}</h1>{body}</article><footer>All rights reserved, the Post</footer></body>"
        "</html>"
    ).encode()


def pdf(pages: Sequence[Sequence[str]] | None = None) -> bytes:
    from reportlab.lib.pagesizes import A5
    from reportlab.pdfgen.canvas import Canvas

    buffer = io.BytesIO()
    canvas = Canvas(buffer, pagesize=A5)
    canvas.setTitle(TITLE)
    canvas.setAuthor("Ada Lind")
    for lines in pages or [STORY]:
        for number, line in enumerate(lines):
            canvas.drawString(40, 540 - 16 * number, line)
        canvas.showPage()
    canvas.save()
    return buffer.getvalue()


def flowing_pdf(n_pages: int = 4) -> bytes:
    """A paper with running heads, page numbers and lines broken by the typesetter."""
    from reportlab.lib.pagesizes import A5
    from reportlab.lib.styles import getSampleStyleSheet
    from reportlab.platypus import PageBreak, Paragraph, SimpleDocTemplate

    def edges(canvas, document):
        canvas.drawString(72, 570, "The Delta Post - Weekly Review")
        canvas.drawCentredString(210, 30, f"Page {document.page} of {n_pages}")

    style = getSampleStyleSheet()["BodyText"]
    parts = []
    for page, name in enumerate(("Aune", "Bor", "Cyrill", "Dace")[:n_pages]):
        parts += [
            Paragraph(f"This is of {name}. {' '.join(STORY)}", style),
            Paragraph(f"{name} stayed in the delta. {SECOND}", style),
        ]
        parts += [PageBreak()] * (page < n_pages - 1)
    buffer = io.BytesIO()
    SimpleDocTemplate(buffer, pagesize=A5).build(parts, onFirstPage=edges, onLaterPages=edges)
    return buffer.getvalue()


def docx() -> bytes:
    from docx import Document

    document = Document()
    document.core_properties.title = TITLE
    document.add_heading(TITLE)
    document.add_paragraph(f"{FIRST} {SECOND}")
    table = document.add_table(1, 2)
    table.cell(0, 0).text, table.cell(0, 1).text = THIRD, "It rained."
    buffer = io.BytesIO()
    document.save(buffer)
    return buffer.getvalue()


def epub() -> bytes:
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w") as archive:
        archive.writestr("mimetype", "application/epub+zip")
        archive.writestr(
            "META-INF/container.xml",
            '<?xml version="1.0"?><container version="1.0" '
            'xmlns="urn:oasis:names:tc:opendocument:xmlns:container"><rootfiles><rootfile '
            'full-path="OEBPS/book.opf" media-type="application/oebps-package+xml"/></rootfiles>'
            "</container>",
        )
        archive.writestr(
            "OEBPS/book.opf",
            '<?xml version="1.0"?><package xmlns="http://www.idpf.org/2007/opf" version="3.0">'
            '<metadata xmlns:dc="http://purl.org/dc/elements/1.1/"><dc:title>'
            f"{TITLE}</dc:title><dc:date>{DATE}</dc:date></metadata><manifest>"
            '<item id="b" href="two.xhtml" media-type="application/xhtml+xml"/>'
            '<item id="a" href="text/one%20a.xhtml" media-type="application/xhtml+xml"/></manifest>'
            '<spine><itemref idref="a"/><itemref idref="b"/></spine></package>',
        )
        page = "<html><head><title>x</title></head><body><p>{}</p></body></html>"
        archive.writestr("OEBPS/two.xhtml", page.format(THIRD))
        archive.writestr("OEBPS/text/one a.xhtml", page.format(f"{FIRST}</p><p>{SECOND}"))
    return buffer.getvalue()


def feed(kind: str = "rss") -> bytes:
    from feedgen.feed import FeedGenerator

    made = FeedGenerator()
    made.id("https://delta.example/feed")
    made.title("The Delta Post")
    made.link(href="https://delta.example/")
    made.description("News of the delta")
    for number, sentence in enumerate(STORY):
        entry = made.add_entry(order="append")
        entry.id(f"https://delta.example/{number}")
        entry.title(f"Part {number}")
        entry.link(href=f"https://delta.example/{number}")
        entry.published(f"{DATE}T08:00:00Z")
        entry.content(f"<p>{sentence}</p><p>It <b>rained</b> &amp; hailed.</p>", type="CDATA")
    return bytes(made.rss_str() if kind == "rss" else made.atom_str())


def rows() -> list[dict[str, str]]:
    return [
        {
            "id": f"n{number}",
            "headline": f"Part {number}",
            "published": DATE,
            "body": f"{one} It rained.",
        }
        for number, one in enumerate(STORY)
    ]


def jsonl() -> bytes:
    return b"".join(orjson.dumps(row) + b"\n" for row in rows())


def separated(mark: str) -> bytes:
    import csv

    buffer = io.StringIO()
    writer = csv.DictWriter(buffer, list(rows()[0]), delimiter=mark)
    writer.writeheader()
    writer.writerows(rows())
    return buffer.getvalue().encode()


def parquet(table: list[dict[str, object]] | None = None) -> bytes:
    import pyarrow as pa
    import pyarrow.parquet as pq

    buffer = io.BytesIO()
    pq.write_table(pa.Table.from_pylist(table or rows()), buffer, row_group_size=2)
    return buffer.getvalue()


def warc(*pages: tuple[str, bytes], gzip: bool = False) -> bytes:
    import gc
    import warnings

    # warcio leaves its temporary files to be closed by chance.
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", ResourceWarning)
        made = _warc(*pages, gzip=gzip)
        gc.collect()
    return made


def _warc(*pages: tuple[str, bytes], gzip: bool = False) -> bytes:
    from warcio.statusandheaders import StatusAndHeaders
    from warcio.warcwriter import WARCWriter

    buffer = io.BytesIO()
    writer = WARCWriter(buffer, gzip=gzip)
    writer.write_record(writer.create_warcinfo_record("delta.warc", {"software": "a test"}))
    kinds = pages or (
        ("text/html; charset=utf-8", html(FIRST)),
        ("image/png", b"\x89PNG"),
        ("text/plain", f"{SECOND} It rained.".encode()),
    )
    for number, (kind, body) in enumerate(kinds):
        head = StatusAndHeaders("200 OK", [("Content-Type", kind)], protocol="HTTP/1.1")
        address = f"https://delta.example/{number}"
        record = writer.create_warc_record(
            address, "response", payload=io.BytesIO(body), http_headers=head
        )
        writer.write_record(record)
    return buffer.getvalue()


def every_format() -> dict[str, bytes]:
    """A name and the bytes of one file of each format."""
    import bz2
    import gzip
    import lzma

    from backports import zstd

    story = " ".join(STORY).encode()
    return {
        "a.txt": story,
        "b.md": f"# {TITLE}\n\n**{FIRST[:8]}**{FIRST[8:]}\n{SECOND}\n\n- {THIRD}\n".encode(),
        "c.html": html(),
        "d.pdf": flowing_pdf(),
        "e.docx": docx(),
        "f.epub": epub(),
        "g.rss": feed(),
        "h.xml": feed("atom"),
        "i.csv": separated(","),
        "j.tsv": separated("\t"),
        "k.jsonl": jsonl(),
        "l.json": orjson.dumps({"articles": rows()}),
        "m.parquet": parquet(),
        "n.warc": warc(),
        "o.warc.gz": warc(gzip=True),
        "p.txt.gz": gzip.compress(story),
        "q.csv.bz2": bz2.compress(separated(";")),
        "r.jsonl.xz": lzma.compress(jsonl()),
        "s.jsonl.zst": zstd.compress(jsonl()),
        "t.html.gz": gzip.compress(html()),
        "u.parquet.gz": gzip.compress(parquet()),
    }
