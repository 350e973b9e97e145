"""Partitions: found, scored, recorded; here and in a store of objects."""

from __future__ import annotations

import json
import os
from dataclasses import replace

import fsspec
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from classifier.cluster import find_partitions, scoring
from classifier.cluster.connection import connect
from classifier.cluster.scoring import _check_manifest, _records, _settings, score_partition
from classifier.errors import InputError, UsageError
from classifier.scoring.bulk import Task
from classifier.scoring.sinks import Target
from classifier.text import Reading
from tests.text import writers


@pytest.fixture
def task(tmp_path, predictor, model_folder):
    yield Task(
        str(model_folder),
        predictor.model.fingerprint,
        (),
        predictor.labels,
        Target(tmp_path, "parquet"),
        Reading(),
    )
    if known := getattr(scoring._worker, "known", None):
        known[1].close()
        del scoring._worker.known


def test_tables_and_archives_are_found_sorted_and_notes_are_not(tmp_path):
    for name in ("b.parquet", "x/a.jsonl.gz", "a.warc.gz", "a.txt", "_done/c.parquet", ".d.csv"):
        (tmp_path / name).parent.mkdir(exist_ok=True)
        (tmp_path / name).write_bytes(b"x")
    found = find_partitions([str(tmp_path)])
    assert [one.url.removeprefix(f"{tmp_path}/") for one in found] == [
        "a.warc.gz", "b.parquet", "x/a.jsonl.gz",
    ]  # fmt: skip
    [alone] = find_partitions([str(tmp_path / "b.parquet")])
    assert alone == found[1]
    assert len({one.name for one in found}) == 3


def test_results_are_no_partitions(tmp_path):
    for name in ("in/a.parquet", "in/out/b.parquet", "in/out-2/c.parquet"):
        (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / name).write_bytes(b"x")
    inputs = str(tmp_path / "in")
    found = find_partitions([inputs], f"{inputs}/out/")
    assert [one.url.removeprefix(f"{inputs}/") for one in found] == ["a.parquet", "out-2/c.parquet"]
    with pytest.raises(UsageError, match="is the folder of results too"):
        find_partitions([inputs], f"{inputs}/")


@pytest.mark.parametrize(
    ("path", "said"),
    [("gone", "no such file or folder"), ("empty", "nothing in it"), ("texts", "no table")],
)
def test_nothing_to_score_is_said(tmp_path, path, said):
    (tmp_path / "empty").mkdir()
    (tmp_path / "texts").mkdir()
    (tmp_path / "texts" / "a.txt").write_text("It rained.")
    with pytest.raises(InputError, match=said):
        find_partitions([str(tmp_path / path)])


@pytest.mark.parametrize("url", ["nosuch://a/b", "gcs://a/b"])
def test_a_protocol_that_is_not_installed_is_said(url):
    with pytest.raises(UsageError, match=r"gcs|nosuch"):
        find_partitions([url])


@pytest.mark.parametrize("address", ["local:0", "local:x", "here", "tcp://127.0.0.1:x"])
def test_an_address_that_cannot_be_is_refused(address):
    with pytest.raises(UsageError, match="--cluster"), connect(address):
        pass


@pytest.fixture
def store():
    """A store of objects, in memory."""
    filesystem = fsspec.filesystem("memory")
    yield filesystem
    filesystem.store.clear()
    filesystem.pseudo_dirs[:] = [""]


FILES = {
    "a.parquet": writers.parquet,
    "b.jsonl": writers.jsonl,
    "c.csv": lambda: writers.separated(","),
    "d.warc": writers.warc,
}


def test_every_kind_of_partition_is_scored_out_of_a_store_and_into_it(store, task, predictor):
    for name, make in FILES.items():
        store.pipe(f"/in/{name}", make())
    partitions = find_partitions(["memory://in"])
    assert len(partitions) == len(FILES)
    done = [score_partition(task, one, "memory://out") for one in partitions]
    assert [one.error for one in done] == [""] * len(FILES)
    for one in done:
        with store.open(f"/out/{one.name}.parquet") as file:
            rows = pq.read_table(file).to_pylist()
        assert len(rows) == one.n_sentences >= 2
        expected = predictor.predict(writers.FIRST)[0].probabilities
        [row] = [row for row in rows if row["text"] == writers.FIRST][:1]
        assert {name: row[name] for name in predictor.labels} == expected
    assert set(_records(store, "/out", partitions, task)) == {one.name for one in partitions}


def test_a_partition_that_changed_or_lost_its_file_is_not_done(tmp_path, task):
    names = ("a.jsonl", "b.jsonl", "c.jsonl", "d.jsonl")
    (tmp_path / "in").mkdir()
    for name in names:
        (tmp_path / "in" / name).write_bytes(writers.jsonl())
    out = tmp_path / "out"
    partitions = find_partitions([str(tmp_path / "in")])
    for one in partitions:
        score_partition(task, one, str(out))
    os.utime(tmp_path / "in" / "a.jsonl", (1, 1))
    (out / f"{partitions[1].name}.parquet").write_bytes(b"cut short")
    (out / "_done" / f"{partitions[2].name}.json").write_text("{")
    again = find_partitions([str(tmp_path / "in")])
    filesystem = fsspec.filesystem("file")
    assert set(_records(filesystem, str(out), again, task)) == {partitions[3].name}
    assert not list(out.rglob("*.tmp"))


def test_a_partition_that_cannot_be_read_is_told_of(tmp_path, task):
    for name, data in (("a.parquet", b"PAR1 no more"), ("b.csv", b"x\n1\n")):
        (tmp_path / name).write_bytes(data)
    first, second = find_partitions([str(tmp_path)])
    out = tmp_path / "out"
    assert "damaged, or no Parquet" in score_partition(task, first, str(out)).error
    assert "no column of texts" in score_partition(task, second, str(out)).error
    assert not out.exists()


def test_results_of_other_settings_are_not_added_to(tmp_path, task):
    filesystem, path = fsspec.filesystem("file"), str(tmp_path / "_manifest.json")
    for _ in range(2):
        _check_manifest(filesystem, path, _settings(task), "out")
    other = _settings(replace(task, documents=True))
    with pytest.raises(UsageError, match="out: holds results with documents false"):
        _check_manifest(filesystem, path, other, "out")
    (tmp_path / "_manifest.json").write_text("{")
    with pytest.raises(UsageError, match="damaged"):
        _check_manifest(filesystem, path, other, "out")


def test_records_that_cannot_be_used_are_listed(tmp_path, task):
    table = pa.table({"text": ["It rained.", "", "It snowed."], "id": ["a", "b", "c"]})
    pq.write_table(table, tmp_path / "a.parquet")
    [one] = find_partitions([str(tmp_path)])
    done = score_partition(task, one, str(tmp_path / "out"))
    assert (done.n_documents, done.n_rejects) == (2, 1)
    [line] = (tmp_path / "out" / "_rejects" / f"{one.name}.jsonl").read_text().splitlines()
    assert json.loads(line) == {
        "source": str(tmp_path / "a.parquet"),
        "place": "row 2",
        "reason": "no text in column 'text'",
    }
    pq.write_table(table.slice(2), tmp_path / "a.parquet")
    [one] = find_partitions([str(tmp_path / "a.parquet")])
    assert score_partition(task, one, str(tmp_path / "out")).n_rejects == 0
    assert list((tmp_path / "out" / "_rejects").iterdir()) == []
