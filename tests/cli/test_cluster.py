"""The command on a Dask cluster of two processes."""

from __future__ import annotations

import json
import os
import shutil
import signal
import subprocess
import sys
import time
from pathlib import Path

import pyarrow.parquet as pq
import pytest

from tests.cli.conftest import environment, execute
from tests.conftest import write_corpus

N_PARTITIONS = 8


@pytest.fixture(scope="module")
def lake(tmp_path_factory):
    """A folder of Parquet files, one of which is none, and what one process makes of the rest."""
    folder = tmp_path_factory.mktemp("lake")
    (folder / "in").mkdir()
    for number in range(N_PARTITIONS):
        texts = [f"The army shelled bridge {n} of port {number}. It rained." for n in range(600)]
        texts[3] = ""
        ids = [f"p{number}-{n}" for n in range(600)]
        from pyarrow import table

        pq.write_table(table({"id": ids, "text": texts}), folder / "in" / f"p{number}.parquet")
    (folder / "in" / "poison.parquet").write_bytes(b"PAR1" + b"\xff" * 100)
    alone = execute("score", "in", "--output", "alone.parquet", cwd=folder)
    assert alone.code == 1
    return folder


def rows_of(paths):
    names = ["document", "index", "start", "end", "text", "battlefield_claim"]
    rows = [row for path in paths for row in pq.read_table(path, columns=names).to_pylist()]
    return [tuple(row.values()) for row in rows]


def workers_of(pid):
    found, todo = [], [pid]
    while todo:
        one = todo.pop()
        for task in Path(f"/proc/{one}/task").glob("*/children"):
            for child in map(int, task.read_text().split()):
                todo.append(child)
                if b"spawn_main" in Path(f"/proc/{child}/cmdline").read_bytes():
                    found.append(child)
    return found


def test_a_worker_that_is_killed_loses_nothing_and_a_second_run_does_what_is_missing(lake):
    out = lake / "out"
    process = subprocess.Popen(
        [sys.executable, "-m", "classifier", "score", "in", "--cluster", "local:2", "-o", "out"],
        cwd=lake,
        env=environment(),
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
    )
    until = time.monotonic() + 90
    while not list(out.glob("*.parquet")):
        assert time.monotonic() < until
        assert process.poll() is None, process.stderr.read()
        time.sleep(0.01)
    workers = workers_of(process.pid)
    assert len(workers) == 2
    os.kill(workers[0], signal.SIGKILL)
    _, err = process.communicate(timeout=120)
    assert process.returncode == 1
    lines = err.decode().splitlines()
    assert len(lines) == 2, lines
    assert "in/poison.parquet: damaged, or no Parquet" in lines[0]
    assert "8 partitions in out; 1 could not be scored; 8 records skipped" in lines[1]
    parts = sorted(out.glob("*.parquet"))
    assert len(parts) == N_PARTITIONS
    assert sorted(rows_of(parts)) == sorted(rows_of([lake / "alone.parquet"]))
    said = json.loads((out / "_manifest.json").read_text())["summary"]
    assert (said["partitions"], said["sentences"]) == (9, N_PARTITIONS * 599 * 2)
    assert [Path(one["source"]).name for one in said["failed"]] == ["poison.parquet"]
    assert len(pq.read_table(out)) == N_PARTITIONS * 599 * 2  # the notes beside are passed over

    before = {path: path.stat().st_mtime_ns for path in parts}
    parts[2].unlink()
    shutil.copy(lake / "in" / "p0.parquet", lake / "in" / "poison.parquet")
    again = execute("score", "in", "--cluster", "local:1", "-o", "out", cwd=lake)
    assert again.code == 1, again.err  # records without text
    assert "could not be scored" not in again.err
    after = {path: path.stat().st_mtime_ns for path in sorted(out.glob("*.parquet"))}
    assert len(after) == N_PARTITIONS + 1
    assert {p for p in before if before[p] != after[p]} == {parts[2]}


def test_fits_of_a_cluster_give_the_same_model(corpus, tmp_path):
    write_corpus(corpus, tmp_path / "data")
    (tmp_path / "quick.toml").write_text("bootstrap = 20\nfolds = 3\nC = [1.0]\n")
    models = []
    for name, more in (("a", ()), ("b", ("--cluster", "local:2"))):
        done = execute(
            "train", "--data", "data", "--output", f"{name}/same", "--config", "quick.toml",
            *more, cwd=tmp_path,
        )  # fmt: skip
        assert done.code == 0, done.err
        folder = tmp_path / name / "same"
        models.append({path.name: path.read_bytes() for path in folder.iterdir()})
    assert models[0] == models[1]


@pytest.mark.parametrize(
    ("args", "code", "said"),
    [
        (("--cluster", "local:0", "-o", "out"), 2, "expected local:N"),
        (("--cluster", "local:2"), 2, "--cluster goes with --output"),
        (("--cluster", "local:2", "-o", "out", "--resume"), 2, "without --cluster"),
        (("--cluster", "local:2", "-o", "out", "-f", "sqlite"), 2, "with --cluster expected"),
        (("--cluster", "tcp://127.0.0.1:x", "-o", "out"), 2, "no scheduler answers"),
    ],
)
def test_what_does_not_go_with_a_cluster_is_said(esc, place, args, code, said):
    (place / "a.csv").write_text("text\nIt rained on the bridge of the port.\n")
    found = esc("score", "a.csv", *args)
    assert (found.code, found.out) == (code, b"")
    assert said in found.err
