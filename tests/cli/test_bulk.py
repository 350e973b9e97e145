"""Runs into a file by the real command: killed, interrupted, resumed, on a full disk."""

from __future__ import annotations

import json
import os
import random
import resource
import signal
import subprocess
import sys
import time
from pathlib import Path

import pyarrow.parquet as pq
import pytest

from tests.cli.conftest import ARTICLE, SHELLING, environment, unmeasured
from tests.processes import ended

N_DOCUMENTS = 9_000  # nine units


@pytest.fixture(scope="module")
def big(tmp_path_factory):
    """Many short documents, with records among them that cannot be used."""
    path = tmp_path_factory.mktemp("big") / "big.jsonl"
    chance = random.Random(7)
    words = ["army", "shelled", "port", "envoy", "talks", "missile", "warned", "rain", "bridge"]
    with path.open("wb") as stream:
        for number in range(N_DOCUMENTS):
            text = f"The {' '.join(chance.choices(words, k=8))}, said he."
            stream.write(json.dumps({"id": f"n{number}", "text": text}).encode() + b"\n")
            if number % 1_500 == 700:
                stream.write(b'{"text": "The \xff\xfe port"}\n')
            if number % 5_000 == 900:
                stream.write(b"[" * 100_000 + b"\n")
            if number == 1_111:
                stream.write(b'{"text": "A nul\\u0000 in it."}\n')
    return path


def start(folder, *args, env=None, **more):
    return subprocess.Popen(
        [sys.executable, "-m", "classifier", "score", *map(str, args)],
        cwd=folder,
        env=env or environment(),
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        **more,
    )


def run(folder, *args, **more):
    with ended(start(folder, *args, **more)) as process:
        out, err = process.communicate(timeout=120)
    assert b"Traceback" not in err, err.decode()
    return process.returncode, out, err.decode()


@pytest.fixture(scope="module")
def undisturbed(big):
    """The folder of runs that nobody disturbed."""
    folder = big.parent / "undisturbed"
    folder.mkdir()
    for name in ("out.jsonl", "out.csv", "out.parquet"):
        code, out, err = run(folder, big, "--output", name)
        assert (code, out) == (1, b"")
        assert "nul" in err.lower()
    return folder


def content(path):
    return pq.read_table(path) if path.suffix == ".parquet" else path.read_bytes()


def test_the_file_has_what_the_pipe_gets(big, undisturbed, tmp_path):
    _, out, _ = run(tmp_path, big)
    assert out == (undisturbed / "out.jsonl").read_bytes()
    _, out, _ = run(tmp_path, big, "--format", "csv")
    assert out == (undisturbed / "out.csv").read_bytes()


def n_parts(folder, name):
    return len(list((folder / f"{name}.part").glob("*.rows")))


@pytest.mark.parametrize(
    ("name", "jobs", "seed"),
    [("out.jsonl", 2, 1), ("out.csv", 1, 3), ("out.parquet", 2, 4)],
)
def test_a_run_killed_at_any_moment_goes_on_without_gap_or_duplicate(
    big, undisturbed, tmp_path, name, jobs, seed
):
    chance = random.Random(seed)
    for _ in range(3):
        process = start(tmp_path, big, "--output", name, "--jobs", jobs, "--resume")
        wanted = min(n_parts(tmp_path, name) + chance.randrange(3), 8)
        wait_for((tmp_path / f"{name}.part" / "journal.jsonl").exists)
        wait_for(lambda: n_parts(tmp_path, name) >= wanted or process.poll() is not None)  # noqa: B023
        time.sleep(chance.uniform(0, 0.1))
        process.kill()
        process.communicate()
        assert process.returncode == -signal.SIGKILL, "it was done before it was killed"
        assert not (tmp_path / name).exists()
    code, _, err = run(tmp_path, big, "--output", name, "--jobs", jobs, "--resume")
    assert code == 1, err
    assert content(tmp_path / name) == content(undisturbed / name)
    rejects = f"{name}.rejects.jsonl"
    assert (tmp_path / rejects).read_bytes() == (undisturbed / rejects).read_bytes()
    assert sorted(p.name for p in tmp_path.iterdir()) == sorted([name, rejects])


def test_rejects_are_listed_with_their_reason(undisturbed):
    rows = [
        json.loads(line)
        for line in (undisturbed / "out.jsonl.rejects.jsonl").read_text().splitlines()
    ]
    assert len(rows) == 6 + 2 + 1
    assert {row["source"].rsplit("/", 1)[-1] for row in rows} == {"big.jsonl"}
    assert [row["place"] for row in rows] == [
        *("line 702", "row 903", "row 1115", "line 2205", "line 3706", "line 5207", "row 5908"),
        *("line 6709", "line 8210"),
    ]
    assert rows[0]["reason"] == "byte 14 of it is not valid utf-8"
    assert "not JSON" in rows[1]["reason"]
    assert rows[2]["reason"] == "has NUL characters; expected a text file"


def wait_for(condition, seconds=60):
    until = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < until, "it did not happen"
        time.sleep(0.01)


@pytest.mark.parametrize("jobs", [1, 2])
def test_ctrl_c_leaves_what_is_finished_and_says_how_to_go_on(big, undisturbed, tmp_path, jobs):
    process = start(
        tmp_path,
        *(big, "--output", "out.jsonl", "--jobs", jobs),
        env=unmeasured(),
        start_new_session=True,
        preexec_fn=lambda: signal.signal(signal.SIGINT, signal.SIG_DFL),
    )
    part = tmp_path / "out.jsonl.part"
    wait_for(lambda: list(part.glob("*.rows")))
    wait_for(lambda: (part / "journal.jsonl").stat().st_size)
    os.killpg(process.pid, signal.SIGINT)  # as a terminal does, to all of them
    _, err = process.communicate(timeout=60)
    assert process.returncode == 130
    lines = [line for line in err.decode().splitlines() if "skipped" not in line]
    assert lines[-2:] == [
        "esc: what is finished is kept in out.jsonl.part; --resume goes on",
        "esc: interrupted",
    ]
    assert "Traceback" not in err.decode()
    code, _, err = run(tmp_path, big, "--output", "out.jsonl")
    assert code == 2
    assert "an unfinished run" in err
    code, _, err = run(tmp_path, big, "--output", "out.jsonl", "--resume", "--threshold",
                       "red_line_warning=0.9")  # fmt: skip
    assert code == 2
    assert "begun with thresholds" in err
    assert run(tmp_path, big, "--output", "out.jsonl", "--jobs", jobs, "--resume")[0] == 1
    assert (tmp_path / "out.jsonl").read_bytes() == (undisturbed / "out.jsonl").read_bytes()


def children_of(pid):
    """The processes that score for one, among which the tracker of shared resources is not."""
    found = Path(f"/proc/{pid}/task/{pid}/children").read_text().split()
    lines = {child: Path(f"/proc/{child}/cmdline").read_bytes() for child in found}
    return [int(child) for child, line in lines.items() if b"spawn_main" in line]


def test_a_process_that_dies_is_replaced(big, undisturbed, tmp_path):
    process = start(tmp_path, big, "--output", "out.jsonl", "--jobs", 2)
    wait_for(lambda: list((tmp_path / "out.jsonl.part").glob("*.rows")))
    os.kill(children_of(process.pid)[0], signal.SIGKILL)
    _, err = process.communicate(timeout=120)
    assert process.returncode == 1, err  # there are records that cannot be used
    assert (tmp_path / "out.jsonl").exists(), err.decode()
    for name in ("out.jsonl", "out.jsonl.rejects.jsonl"):
        assert (tmp_path / name).read_bytes() == (undisturbed / name).read_bytes()


def test_processes_end_with_the_one_that_was_killed(big, tmp_path):
    process = start(tmp_path, big, "--output", "out.jsonl", "--jobs", 2)
    wait_for(lambda: list((tmp_path / "out.jsonl.part").glob("*.rows")))
    children = children_of(process.pid)
    assert len(children) == 2
    process.kill()
    process.communicate()

    def gone(pid):
        try:
            state = Path(f"/proc/{pid}/stat").read_text().rsplit(")", 1)[1].split()[0]
        except (FileNotFoundError, ProcessLookupError):
            return True
        return state == "Z"

    wait_for(lambda: all(map(gone, children)))


def test_inputs_that_changed_are_not_resumed(big, tmp_path):
    for name, text in (("a.jsonl", '{"text": "It rained."}\n'), ("b.txt", ARTICLE)):
        (tmp_path / name).write_text(text)
    process = start(
        tmp_path,
        *("a.jsonl", "b.txt", big, "--output", "out.csv"),
    )
    wait_for(lambda: (tmp_path / "out.csv.part" / "000000003.rows").exists())
    process.kill()
    process.communicate()
    (tmp_path / "b.txt").write_text("It rained all day.")
    code, _, err = run(tmp_path, "a.jsonl", "b.txt", big, "--output", "out.csv", "--resume")
    assert code == 2
    [line] = [line for line in err.splitlines() if " in '" not in line]
    assert "the inputs have changed since the run began, at or before b.txt" in line
    code, _, err = run(tmp_path, "b.txt", "--output", "out.csv", "--resume")
    assert "begun with inputs" in err


def test_two_runs_into_one_file_do_not_meet(big, tmp_path):
    process = start(tmp_path, big, "--output", "out.csv")
    wait_for((tmp_path / "out.csv.part" / "manifest.json").exists)
    code, _, err = run(tmp_path, big, "--output", "out.csv", "--resume")
    process.kill()
    process.communicate()
    assert (code, err) == (2, "esc: out.csv.part: another run is at work there\n")


def test_a_line_of_200_mb_costs_itself(tmp_path):
    good = json.dumps({"text": SHELLING}).encode() + b"\n"
    with (tmp_path / "a.jsonl").open("wb") as stream:
        stream.write(good + b'{"text": "')
        for _ in range(200):
            stream.write(b"x" * (1 << 20))
        stream.write(b'"}\n' + good)
    code, _, err = run(tmp_path, "a.jsonl", "--output", "a.csv", "--rejects", "bad/list.jsonl")
    assert code == 1
    assert "a.jsonl, line 2: larger than 16 MB; skipped" in err
    assert (tmp_path / "a.csv").read_text().count(SHELLING) == 2
    [row] = (tmp_path / "bad/list.jsonl").read_text().splitlines()
    assert json.loads(row) == {
        "source": "a.jsonl", "place": "line 2", "reason": "larger than 16 MB",
    }  # fmt: skip


def limited(n_bytes):
    def set_limit():
        resource.setrlimit(resource.RLIMIT_FSIZE, (n_bytes, n_bytes))

    return set_limit


@pytest.mark.parametrize(
    ("name", "jobs"), [("out.jsonl", 1), ("out.csv.gz", 2), ("out.parquet", 1), ("out.sqlite", 2)]
)
def test_a_full_disk_is_said_and_what_is_finished_is_kept(big, tmp_path, name, jobs):
    # A limit on the size of files stands in for the end of the disk; it would stop the file of the
    # coverage of the process too.
    env = unmeasured()
    args = [big, "--output", name, "--jobs", jobs]
    code, _, err = run(tmp_path, *args, env=env, preexec_fn=limited(30_000))
    assert code == 2
    [line] = [x for x in err.splitlines() if "skipped" not in x and " in '" not in x]
    assert line.startswith(f"esc: {name}: cannot be written: ")
    assert not (tmp_path / name).exists()


def test_a_full_standard_output_is_one_line(place):
    with open("/dev/full", "wb") as full:  # noqa: PTH123
        done = subprocess.run(
            [sys.executable, "-m", "classifier", "score", "good.txt"],
            cwd=place,
            env=environment(),
            stdout=full,
            stderr=subprocess.PIPE,
            check=False,
        )
    assert (done.returncode, done.stderr.decode()) == (1, "esc: No space left on device\n")


@pytest.mark.parametrize("name", ["good.txt/out.csv", "/proc/none/out.csv"])
def test_a_place_that_cannot_be_written_is_one_line(run, name):
    code, out, err = run("score", "good.txt", "--output", name)
    assert (code, out) == (2, b"")
    [line] = err.splitlines()
    assert line.startswith(f"esc: {name}: cannot be written: ")


def test_a_model_that_cannot_be_written_to_scores(place, tiny, run):
    import shutil

    shutil.copytree(tiny, place / "frozen")
    for path in (*(place / "frozen").iterdir(), place / "frozen"):
        path.chmod(path.stat().st_mode & 0o555)
    code, _, err = run("score", "good.txt", "--model", "./frozen", "--output", "a.csv", "-j", 2)
    assert (code, err) == (0, "")
    assert (place / "a.csv").read_text().count("frozen") == 3


@pytest.mark.parametrize(
    "args", [("--jobs", 2), ("--resume",), ("--rejects", "x"), ("--format", "parquet")]
)
def test_what_goes_with_a_file_wants_one(esc, args):
    code, _, err = esc("score", "good.txt", *args)
    assert code == 2
    assert "--output FILE" in err


@pytest.mark.parametrize("jobs", [0, -2, "x"])
def test_a_number_of_processes_that_cannot_be_is_refused(esc, jobs):
    assert esc("score", "good.txt", "--output", "a.csv", "--jobs", jobs).code == 2


def test_a_finished_file_is_not_made_again(esc, place):
    assert esc("score", "good.txt", "--output", "a.csv", "--resume").code == 0
    before = (place / "a.csv").stat().st_mtime_ns
    code, _, err = esc("score", "good.txt", "--output", "a.csv", "--resume")
    assert (code, err) == (0, "esc: a.csv: finished already; nothing to resume\n")
    assert (place / "a.csv").stat().st_mtime_ns == before


def test_the_output_is_no_input_of_its_own_run(esc, place):
    (place / "in").mkdir()
    (place / "in" / "a.txt").write_text(ARTICLE)
    for _ in range(2):
        code, _, err = esc("score", "in", "--output", "in/out.jsonl")
        assert (code, err) == (0, "")
        assert (place / "in/out.jsonl").read_text().count("\n") == 3
    assert sorted(p.name for p in (place / "in").iterdir()) == ["a.txt", "out.jsonl"]


def test_an_input_is_not_replaced_by_its_results(esc, place):
    (place / "in.jsonl").write_text(json.dumps({"text": SHELLING}))
    code, out, err = esc("score", "in.jsonl", "--output", "in.jsonl")
    assert (code, out) == (2, b"")
    assert err == "esc: in.jsonl: is to be read and written over; write to another place\n"
    assert json.loads((place / "in.jsonl").read_text()) == {"text": SHELLING}


def test_rejects_of_an_earlier_run_go_when_all_is_well(esc, place):
    assert esc("score", "good.txt", "gone.txt", "--output", "a.csv").code == 1
    assert json.loads((place / "a.csv.rejects.jsonl").read_text()) == {
        "source": "gone.txt", "place": "", "reason": "no such file or folder",
    }  # fmt: skip
    assert esc("score", "good.txt", "--output", "a.csv").code == 0
    assert not (place / "a.csv.rejects.jsonl").exists()


def test_explained_rows_come_in_a_pipe_too(esc):
    code, out, _ = esc("score", "good.txt", "--explain", 2)
    assert code == 0
    rows = [json.loads(line) for line in out.splitlines()]
    assert [len(t) for row in rows for t in row["terms"].values()] == [2, 2]
    code, out, _ = esc("score", "good.txt", "--explain", 2, "--format", "table")
    assert code == 0
    assert rows[0]["terms"]["battlefield_claim"][0]["term"] in out.decode()
    assert esc("score", "good.txt", "--explain", 2, "--documents").code == 2


def test_the_schema_can_be_shown(esc):
    for args in ((), ("--documents",)):
        code, out, _ = esc("schema", *args)
        assert code == 0
        assert json.loads(out)["type"] == "object"
