"""Texts of references are rebuilt from a mirror: all of them, once, and nothing else is read."""

from __future__ import annotations

import hashlib
import io
import zipfile
from dataclasses import replace
from typing import TYPE_CHECKING

import orjson
import pytest

from classifier import net
from classifier.corpus import fetch as module
from classifier.corpus.fetch import Fetched, fetch
from classifier.corpus.records import Reference
from classifier.corpus.references import CACHE_NAME, read_cache
from classifier.errors import InputError

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

FORD, WELL, RAIN = "The ford is shut.", "The well is dry.", "It rained."
QUOTED, ZOE = 'He said: "No."', "“Zoë left,” she said."


def point(text: str, piece: str, sentence: str, path: str, **fields: str) -> Reference:
    start = text.index(piece)
    return Reference(
        path=path,
        start=start,
        end=start + len(piece),
        sha256=hashlib.sha256(sentence.encode()).hexdigest(),
        repository=fields.pop("repository", "owner/name"),
        commit="c0ffee",
        **fields,
    )


def pack(members: dict[str, bytes], method: int = zipfile.ZIP_DEFLATED) -> bytes:
    stream = io.BytesIO()
    with zipfile.ZipFile(stream, "w", method) as archive:
        for name, data in members.items():
            archive.writestr(name, data)
    return stream.getvalue()


PLAIN = f"Title\r\n{FORD} The well\r\n  is dry. "
TABLE = 'id,text\n1,"He said: ""No."""\n'
JSON = r'{"text": "\u201cZo\u00eb left,\u201d she said."}'
MEMBER = f"x {RAIN}"

REFERENCES = [
    point(PLAIN, FORD, FORD, "a b/plain é.txt"),
    point(PLAIN, "The well\r\n  is dry. ", WELL, "a b/plain é.txt"),
    point(TABLE, 'He said: ""No.""', QUOTED, "table.csv", format="csv"),
    point(JSON, JSON[10:-2], ZOE, "data.json", format="json", repository="other/one"),
    point(MEMBER, RAIN, RAIN, "all.zip!in/member.txt", encoding="utf-16"),
]
SENTENCES = {FORD, WELL, QUOTED, ZOE, RAIN}


@pytest.fixture
def mirror(tmp_path: Path) -> Path:
    base = tmp_path / "mirror"
    files = {
        "owner/name/c0ffee/a b/plain é.txt": PLAIN.encode(),
        "owner/name/c0ffee/table.csv": TABLE.encode(),
        "owner/name/c0ffee/all.zip": pack({"in/member.txt": MEMBER.encode("utf-16")}),
        "other/one/c0ffee/data.json": JSON.encode(),
    }
    for name, data in files.items():
        (base / name).parent.mkdir(parents=True, exist_ok=True)
        (base / name).write_bytes(data)
    return base


@pytest.fixture
def run(tmp_path: Path, mirror: Path) -> Callable[..., Fetched]:
    def call(*references: Reference) -> Fetched:
        return fetch(references or REFERENCES, tmp_path / "cache", mirror=mirror)

    return call


def texts(tmp_path: Path) -> set[str]:
    return set(read_cache(tmp_path / "cache").values())


def test_everything_is_found_in_a_mirror(run, tmp_path) -> None:
    assert run() == Fetched(wanted=5, cached=0, found=5)
    assert texts(tmp_path) == SENTENCES


def test_a_second_run_reads_nothing(run, tmp_path, mirror) -> None:
    run()
    before = (tmp_path / "cache" / CACHE_NAME).read_bytes()
    mirror.rename(tmp_path / "away")
    again = run()
    assert again == Fetched(wanted=5, cached=5)
    assert again.missing == 0
    assert (tmp_path / "cache" / CACHE_NAME).read_bytes() == before


def test_files_of_this_project_are_not_fetched(run) -> None:
    assert run(replace(REFERENCES[0], repository="")) == Fetched()


def test_progress_counts_sources_and_not_sentences(tmp_path, mirror) -> None:
    told = []
    fetch(REFERENCES, tmp_path / "c", mirror=mirror, progress=lambda *now: told.append(now))
    assert told == [(1, 4), (2, 4), (3, 4), (4, 4)]


@pytest.mark.parametrize("lost", [1, 10, 60])
def test_a_cache_cut_within_a_line_is_mended(run, tmp_path, lost) -> None:
    run()
    cache = tmp_path / "cache" / CACHE_NAME
    cache.write_bytes(cache.read_bytes()[: -1 - lost])
    assert len(texts(tmp_path)) == 4
    assert run() == Fetched(wanted=5, cached=4, found=1)
    assert texts(tmp_path) == SENTENCES
    assert run().cached == 5


def test_what_the_last_run_fetched_is_kept_when_this_one_dies(run, tmp_path, mirror) -> None:
    class KilledError(Exception):
        pass

    def kill(done: int, _total: int) -> None:
        if done == 2:
            raise KilledError

    with pytest.raises(KilledError):
        fetch(REFERENCES, tmp_path / "cache", mirror=mirror, progress=kill)
    at_hand = len(texts(tmp_path))
    assert 0 < at_hand < 5
    assert run() == Fetched(wanted=5, cached=at_hand, found=5 - at_hand)


def test_a_changed_source_is_reported_and_not_cached(run, tmp_path, mirror) -> None:
    (mirror / "owner/name/c0ffee/a b/plain é.txt").write_text(PLAIN.replace("shut", "open"))
    found = run()
    assert found.changed == ["owner/name/a b/plain é.txt[7:24]"]
    assert found.missing == 1
    assert not found.vanished
    assert texts(tmp_path) == SENTENCES - {FORD}


def test_a_vanished_source_is_skipped_and_the_rest_fetched(run, tmp_path, mirror) -> None:
    (mirror / "owner/name/c0ffee/table.csv").unlink()
    found = run()
    assert list(found.vanished) == ["owner/name/c0ffee/table.csv"]
    assert "cannot be read" in found.vanished["owner/name/c0ffee/table.csv"]
    assert (found.found, found.missing) == (4, 1)
    assert texts(tmp_path) == SENTENCES - {QUOTED}


def test_the_same_sentence_in_two_places_counts_twice(run, tmp_path) -> None:
    first, other = REFERENCES[0], replace(REFERENCES[0], commit="gone")
    found = run(first, other)
    assert (found.wanted, found.found, found.missing) == (2, 1, 1)
    assert run(first, other).missing == 0


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("path", "../../../../secret.txt"),
        ("path", "link.txt"),
        ("path", "{tmp}/secret.txt"),
        ("path", "loop"),
        ("path", "a\0b"),
        ("path", "x" * 5000),
        ("path", ""),
        ("commit", "../../.."),
        ("repository", "{tmp}"),
        ("repository", ".."),
    ],
)
def test_nothing_outside_the_mirror_is_read(run, tmp_path, mirror, field, value) -> None:
    (tmp_path / "secret.txt").write_text(FORD)
    for place in (tmp_path, mirror.parent / "c0ffee"):
        place.mkdir(exist_ok=True)
        (place / "secret.txt").write_text(FORD)
    (mirror / "owner/name/c0ffee/link.txt").symlink_to(tmp_path / "secret.txt")
    (mirror / "owner/name/c0ffee/loop").symlink_to(mirror / "owner/name/c0ffee/loop")
    good = replace(REFERENCES[0], path="secret.txt", start=0, end=len(FORD))
    found = run(replace(good, **{field: value.format(tmp=tmp_path)}), REFERENCES[2])
    assert len(found.vanished) == 1
    assert found.found == 1
    assert texts(tmp_path) == {QUOTED}


def test_a_source_above_the_limit_is_refused(run, monkeypatch) -> None:
    monkeypatch.setattr(module, "MAX_SOURCE_BYTES", len(PLAIN.encode()) - 1)
    (problem,) = run(REFERENCES[0]).vanished.values()
    assert "larger than" in problem


def test_a_member_that_unpacks_above_the_limit_is_refused(run, mirror, monkeypatch) -> None:
    bomb = pack({"in/member.txt": MEMBER.encode("utf-16") + b"\0" * 100_000})
    assert len(bomb) < 5_000
    (mirror / "owner/name/c0ffee/all.zip").write_bytes(bomb)
    monkeypatch.setattr(module, "MAX_SOURCE_BYTES", 5_000)
    (problem,) = run(REFERENCES[4]).vanished.values()
    assert problem == "in/member.txt: larger than 5,000 bytes"


def damaged(method: int) -> bytes:
    body = hashlib.shake_256(b"x").digest(3000).hex().encode()
    data = bytearray(pack({"in/member.txt": body}, method))
    data[60:900] = b"\xff" * 840
    return bytes(data)


def encrypted() -> bytes:
    data = bytearray(pack({"in/member.txt": MEMBER.encode("utf-16")}))
    for header, flags in ((b"PK\x03\x04", 6), (b"PK\x01\x02", 8)):
        data[data.index(header) + flags] |= 1
    return bytes(data)


@pytest.mark.parametrize(
    "data",
    [
        b"",
        b"no archive",
        pack({"other.txt": b"x"}),
        pack({"in/member.txt": MEMBER.encode("utf-16")})[:-30],
        damaged(zipfile.ZIP_STORED),
        damaged(zipfile.ZIP_DEFLATED),
        damaged(zipfile.ZIP_BZIP2),
        damaged(zipfile.ZIP_LZMA),
        encrypted(),
        pack({"in/member.txt": b"\xff"}),
    ],
    ids=["empty", "none", "member", "cut", "stored", "deflated", "bzip2", "lzma", "locked", "code"],
)
def test_a_bad_archive_is_skipped_and_the_rest_fetched(run, tmp_path, mirror, data) -> None:
    (mirror / "owner/name/c0ffee/all.zip").write_bytes(data)
    found = run()
    assert list(found.vanished) == ["owner/name/c0ffee/all.zip"]
    assert found.found == 4
    assert texts(tmp_path) == SENTENCES - {RAIN}


@pytest.mark.parametrize("encoding", ["ascii", "no-such", "hex", "undefined", "idna", "a\0b"])
def test_an_encoding_that_does_not_fit_is_reported(run, mirror, encoding) -> None:
    (mirror / "other/one/c0ffee/data.json").write_bytes(b"\xff\xfe\xff\n")
    (problem,) = run(replace(REFERENCES[3], encoding=encoding)).vanished.values()
    assert problem == f"data.json: not {encoding}"


def test_without_a_mirror_the_raw_file_of_the_commit_is_asked_for(tmp_path, monkeypatch) -> None:
    asked = []

    def refuse(url: str) -> None:
        asked.append(url)
        raise InputError("no network here")

    monkeypatch.setattr(net, "check_url", refuse)
    found = fetch(REFERENCES, tmp_path / "cache")
    assert found.missing == 5
    base = "https://raw.githubusercontent.com"
    assert asked == [
        f"{base}/other/one/c0ffee/data.json",
        f"{base}/owner/name/c0ffee/a%20b/plain%20%C3%A9.txt",
        f"{base}/owner/name/c0ffee/all.zip",
        f"{base}/owner/name/c0ffee/table.csv",
    ]


def test_the_cache_holds_checksums_and_texts_alone(run, tmp_path) -> None:
    run(REFERENCES[0])
    (line,) = (tmp_path / "cache" / CACHE_NAME).read_bytes().splitlines()
    assert orjson.loads(line) == {"sha256": REFERENCES[0].sha256, "text": FORD}
