"""A hundred files that somebody made wrongly, or for somebody to stumble over."""

from __future__ import annotations

import bz2
import gzip
import io
import lzma
import random
import zipfile
import zlib

from backports import zstd

from tests.text import writers

TEXT = " ".join(writers.STORY)


def zipped(**files: bytes) -> bytes:
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, data in files.items():
            archive.writestr(name.replace("__", "/"), data)
    return buffer.getvalue()


def spoilt(data: bytes, seed: int, n: int = 40) -> bytes:
    """Some bytes of a file changed, as a bad disk would."""
    chance, changed = random.Random(seed), bytearray(data)
    for _ in range(n):
        changed[chance.randrange(len(changed))] = chance.randrange(256)
    return bytes(changed)


def _texts() -> dict[str, bytes]:
    return {
        "empty.txt": b"",
        "blank.txt": b" \n\t\r\n",
        "nul.txt": b"The ford\0is shut.",
        "only-nul.txt": b"\0" * 100,
        "all-bytes.txt": bytes(range(256)),
        "mark-only.txt": b"\xef\xbb\xbf",
        "mark-16-only.txt": b"\xff\xfe",
        "half-16.txt": TEXT.encode("utf-16")[:-1],
        "unmarked-16.txt": TEXT.encode("utf-16-le"),
        "unmarked-16-be.txt": TEXT.encode("utf-16-be"),
        "utf-32.txt": TEXT.encode("utf-32"),
        "half-32.txt": TEXT.encode("utf-32")[:-3],
        "latin.txt": "The café of Velmar was shelled at noon.".encode("latin-1"),
        "cyrillic.txt": ("Армия обстреляла порт и мост. " * 9).encode("cp1251"),
        "chinese.txt": ("军队炮击了港口和桥梁。" * 9).encode("gb18030"),
        "surrogates.txt": b"The ford \xed\xa0\x80 is shut.",
        "overlong.txt": b"The ford \xc0\xaf is shut.",
        "cut-utf-8.txt": "The ford is shut, said Zoë".encode()[:-1],
        "one-line.txt": b"The ford is shut and the well is dry. " * 20_000,
        "no-space.txt": b"x" * 300_000,
        "dots.txt": b"." * 50_000,
        "breaks.txt": b"\n" * 100_000,
        "quotes.txt": b"\"'" * 20_000,
        "brackets.txt": b"(" * 50_000,
        "invisible.txt": ("\u200b\u200f\u202e" * 5_000).encode(),
        "combining.txt": ("e" + "\u0301" * 20_000).encode(),
        "bidi.txt": "\u202eThe ford is shut.\u202c \u2066The well is dry.\u2069".encode(),
        "escapes.txt": b"\x1b[2J\x1b]0;owned\x07The ford is shut.",
        "picture.txt": b"\x89PNG\r\n\x1a\n" + bytes(range(256)) * 9,
        "program.txt": b"\x7fELF\x02\x01\x01" + bytes(500),
        "old-word.txt": b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + bytes(600),
        "noise.txt": random.Random(1).randbytes(5_000),
        "frontless.md": b"---\ntitle: [\n",
        "stars.md": b"*" * 20_000 + b"_" * 20_000 + b"`" * 20_000,
        "links.md": b"[" * 20_000 + b"](" * 20_000,
        "fence.md": b"~~~\nThe ford is shut.",
        "tags.md": b"<a " * 20_000,
    }


def _pages() -> dict[str, bytes]:
    return {
        "empty.html": b"",
        "hollow.html": b"<html></html>",
        "unclosed.html": b"<html><body><p>The ford is shut",
        "script.html": b"<html><script>while(1){}</script>",
        "deep.html": b"<div>" * 50_000 + b"The ford is shut.",
        "deep-table.html": b"<table><tr><td>" * 5_000 + b"x",
        "attribute.html": b"<p a='" + b"x" * 500_000,
        "attributes.html": b"<p" + b" a=1" * 50_000 + b">The ford is shut.",
        "entities.html": b"<p>" + b"&amp;#x110000;&#0;&#xd800;&bogus;" * 500,
        "lying-charset.html": "<meta charset=utf-16><p>The café is shut.".encode(),
        "odd-charset.html": b"<meta charset=rot13><p>The ford is shut. \xe9",
        "nul.html": b"<html><p>The ford\0 is shut.</p>",
        "wide.html": "<html><body><p>The ford is shut.</p>".encode("utf-16"),
        "frames.html": b"<frameset><frame src='file:///etc/passwd'></frameset>",
        "binary.html": random.Random(2).randbytes(3_000),
        "lines.html": b"<br>" * 15_000,
        "entities.xml": b'<?xml version="1.0"?><!DOCTYPE r [<!ENTITY a "ha">'
        + b"".join(b'<!ENTITY %c "&%c;&%c;&%c;">' % (c + 1, c, c, c) for c in range(97, 120))
        + b"]><rss version='2.0'><channel><item><title>&x;</title></item></channel></rss>",
        "outside.rss": b'<!DOCTYPE r [<!ENTITY a SYSTEM "file:///etc/passwd">]><rss version="2.0">'
        b"<channel><item><title>&a;</title></item></channel></rss>",
        "no-entry.rss": b"<rss version='2.0'><channel><title>x</title></channel></rss>",
        "cut.rss": writers.feed()[:-200],
        "cut.atom": writers.feed("atom")[:300],
        "not-a-feed.xml": b"<invoice><total>3</total></invoice>",
        "empty.xml": b"",
        "deep.rss": b"<rss version='2.0'><channel><item><description>" + b"<a>" * 20_000,
    }


def _binaries() -> dict[str, bytes]:
    pdf, docx, epub = writers.pdf(), writers.docx(), writers.epub()
    bomb = zipped(**{"word__document.xml": bytes(300 << 20)})
    return {
        "empty.pdf": b"",
        "head.pdf": b"%PDF-1.7\n",
        "cut.pdf": pdf[: len(pdf) // 2],
        "no-table.pdf": pdf[:-200],
        "spoilt.pdf": spoilt(pdf, 3),
        "worse.pdf": spoilt(pdf, 4, 400),
        "picture.pdf": writers.pdf([[]]),
        "loop.pdf": b"%PDF-1.4\n1 0 obj<</Type/Catalog/Pages 2 0 R>>endobj\n2 0 obj<</Type/Pages/"
        b"Kids[2 0 R]/Count 1>>endobj\ntrailer<</Root 1 0 R>>",
        "text.pdf": b"The ford is shut.",
        "pdf.txt": pdf,
        "empty.docx": b"",
        "cut.docx": docx[: len(docx) // 2],
        "spoilt.docx": spoilt(docx, 5),
        "hollow.docx": zipped(),
        "other.docx": zipped(**{"a.txt": b"The ford is shut."}),
        "bomb.docx": bomb,
        "text.docx": b"The ford is shut.",
        "cut.epub": epub[:400],
        "spoilt.epub": spoilt(epub, 6),
        "no-package.epub": zipped(mimetype=b"application/epub+zip"),
        "no-root.epub": zipped(**{"META-INF__container.xml": b"<container/>"}),
        "bad-xml.epub": zipped(**{"META-INF__container.xml": b"<container"}),
        "archive.txt": zipped(**{"a.txt": b"The ford is shut."}),
    }


def _tables() -> dict[str, bytes]:
    parquet, warc = writers.parquet(), writers.warc()
    long = b"x" * (17 << 20)
    return {
        "empty.csv": b"",
        "heading.csv": b"id,text\n",
        "numbers.csv": b"a,b\n1,2\n",
        "twice.csv": b"text,text\na,b\n",
        "ragged.csv": b"id,text\n1,The ford is shut.,more,and more\n2\n3,The well is dry.\n",
        "unclosed.csv": b'id,text\n1,"The ford\n2,The well is dry.\n',
        "quote.csv": b'id,text\n1,A 5" gun fired at the ford.\n2,The well is dry.\n',
        "nul.csv": b"id,text\n1,The\0ford\n2,The well is dry.\n",
        "invalid.csv": b"id,text\n1,The ford \xff is shut.\n2,The well is dry.\n",
        "wide.csv": "id,text\n1,The ford is shut.\n".encode("utf-16"),
        "old-mac.csv": b"id,text\r1,The ford is shut.\r2,The well is dry.\r",
        "long.csv": b"id,text\n1," + long + b"\n2,The well is dry.\n",
        "tab.tsv": b"\t\t\t\n\t\t\t\n",
        "binary.csv": random.Random(7).randbytes(4_000),
        "empty.jsonl": b"\n\n",
        "broken.jsonl": b'{"text": "The ford is shut."}\n{"text":\n{"text": "The well is dry."}\n',
        "scalars.jsonl": b'1\n"x"\nnull\n[]\n',
        "types.jsonl": b'{"text": 5}\n{"text": null}\n{"text": ["x"]}\n{"text": {"a": 1}}\n',
        "keys.jsonl": b'{"a": 1}\n{"b": 2}\n',
        "surrogate.jsonl": b'{"text": "The ford \\ud800 is shut."}\n{"text": "The well is dry."}\n',
        "nul.jsonl": b'{"text": "The ford \\u0000 is shut."}\n{"text": "The well is dry."}\n',
        "deep.jsonl": b'{"text": ' + b"[" * 100_000 + b'\n{"text": "The well is dry."}\n',
        "long.jsonl": b'{"text": "' + long + b'"}\n{"text": "The well is dry."}\n',
        "empty.json": b"",
        "deep.json": b"[" * 200_000,
        "scalar.json": b"3",
        "huge-number.json": b'[{"text": 1' + b"0" * 5_000 + b"}]",
        "empty.parquet": b"",
        "cut.parquet": parquet[: len(parquet) // 2],
        "spoilt.parquet": spoilt(parquet, 8),
        "numbers.parquet": writers.parquet([{"a": 1, "b": 2.5}]),
        "empty.warc": b"",
        "cut.warc": warc[:-300],
        "spoilt.warc": spoilt(warc, 9),
        "header.warc": b"WARC/1.1\r\nWARC-Type: response\r\nContent-Length: -5\r\n\r\n",
        "endless.warc": b"WARC/1.1\r\n" + b"X-A: b\r\n" * 100_000,
        "text.warc": b"The ford is shut.",
    }


def _packed() -> dict[str, bytes]:
    data = TEXT.encode() * 50
    zeros = bytes(80 << 20)
    return {
        "cut.txt.gz": gzip.compress(data)[:-9],
        "spoilt.txt.gz": spoilt(gzip.compress(data), 10, 5),
        "bomb.txt.gz": gzip.compress(zeros, 9),
        "bomb.txt.bz2": bz2.compress(zeros),
        "bomb.txt.xz": lzma.compress(zeros, preset=1),
        "bomb.txt.zst": zstd.compress(zeros),
        "bomb.jsonl.zst": zstd.compress(zeros),
        "greedy.txt.xz": lzma.compress(
            data, filters=[{"id": lzma.FILTER_LZMA2, "dict_size": 1 << 30}]
        ),
        "cut.txt.bz2": bz2.compress(data)[:-9],
        "cut.txt.xz": lzma.compress(data)[:-9],
        "cut.txt.zst": zstd.compress(data)[:-9],
        "spoilt.txt.zst": spoilt(zstd.compress(data), 11, 9),
        "plain.txt.gz": data,
        "magic.txt.gz": b"\x1f\x8b",
        "twice.txt.gz": gzip.compress(gzip.compress(data)),
        "deflate.txt.gz": zlib.compress(data),
        "cut.warc.gz": writers.warc(gzip=True)[:-40],
    }


def nasty() -> dict[str, bytes]:
    """The files by name."""
    return {**_texts(), **_pages(), **_binaries(), **_tables(), **_packed()}
