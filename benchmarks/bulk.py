"""What a million sentences cost, on this machine and on a cluster on it; fills in docs/scale.md.

    python benchmarks/bulk.py            # measure (some minutes) and fill in
    python benchmarks/bulk.py --docs     # fill in what was measured before
    python benchmarks/bulk.py --check    # fail if docs/scale.md says something else

The text is that of the project's own composed sentences, put together at random.
"""

from __future__ import annotations

import argparse
import json
import os
import platform
import random
import subprocess
import sys
import tempfile
import threading
import time
from contextlib import suppress
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
RESULTS = ROOT / "benchmarks" / "results" / "bulk.json"
DOCS = ROOT / "docs" / "scale.md"
BEGIN, END = "<!-- measured: make scale -->", "<!-- end -->"
SMALL, PER_DOCUMENT, N_PARTITIONS = 10_000, 20, 16
HOUR, GB, TB = 3600, 1e9, 1e12


def compose(path: Path, n_sentences: int) -> None:
    """Write documents of twenty sentences as JSON lines packed with Zstandard."""
    from backports import zstd

    texts = [
        json.loads(line)["text"]
        for file in sorted((ROOT / "data" / "composed").glob("*.jsonl"))
        for line in file.read_text().splitlines()
    ]
    chance = random.Random(1)
    with zstd.open(path, "wt") as stream:
        for number in range(n_sentences // PER_DOCUMENT):
            row = {
                "id": f"d{number}",
                "title": "Shelling and talks on the river",
                "date": "2024-01-01",
                "text": "\n".join(chance.choices(texts, k=PER_DOCUMENT)),
            }
            stream.write(json.dumps(row) + "\n")


def partition(path: Path, folder: Path) -> None:
    """Write the same documents as a folder of Parquet files."""
    import pyarrow as pa
    import pyarrow.parquet as pq
    from backports import zstd

    folder.mkdir()
    with zstd.open(path, "rt") as stream:
        rows = [json.loads(line) for line in stream]
    size = -(-len(rows) // N_PARTITIONS)
    for number in range(N_PARTITIONS):
        part = rows[number * size : (number + 1) * size]
        pq.write_table(pa.Table.from_pylist(part), folder / f"part-{number:03}.parquet")


class Peaks(threading.Thread):
    """Watches how much memory a process and those below it have taken at most."""

    def __init__(self, pid: int) -> None:
        super().__init__(daemon=True)
        self.pid, self.peaks, self.done = pid, {}, threading.Event()

    def run(self) -> None:
        while not self.done.wait(0.1):
            todo = [self.pid]
            while todo:
                one = todo.pop()
                with suppress(OSError, StopIteration, ValueError):
                    for task in Path(f"/proc/{one}/task").glob("*/children"):
                        todo += map(int, task.read_text().split())
                    lines = Path(f"/proc/{one}/status").read_text().splitlines()
                    line = next(line for line in lines if line.startswith("VmHWM"))
                    self.peaks[one] = int(line.split()[1]) / 1024


def measure(what: str, n_sentences: int, folder: Path, source: str, *args: str) -> dict:
    """Run `esc score` and return what it took."""
    output = args[args.index("--output") + 1]
    begun = time.monotonic()
    process = subprocess.Popen(
        [sys.executable, "-m", "classifier", "score", source, *args],
        cwd=folder,
        stderr=subprocess.DEVNULL,
    )
    peaks = Peaks(process.pid)
    peaks.start()
    _, status, usage = os.wait4(process.pid, 0)
    seconds = time.monotonic() - begun
    process.returncode = os.waitstatus_to_exitcode(status)
    peaks.done.set()
    peaks.join()
    if process.returncode:
        sys.exit(f"{what}: exit code {process.returncode}")
    made = folder / output
    files = [made] if made.is_file() else list(made.glob("*.parquet"))
    read = folder / source
    sources = [read] if read.is_file() else list(read.iterdir())
    below = [peak for pid, peak in peaks.peaks.items() if pid != process.pid]
    result = {
        "what": what,
        "sentences": n_sentences,
        "seconds": round(seconds, 2),
        "cpu_seconds": round(usage.ru_utime + usage.ru_stime, 2),
        "peak_mb": round(peaks.peaks[process.pid], 1),
        "peak_mb_of_others": round(max(below, default=0), 1),
        "bytes_in": sum(file.stat().st_size for file in sources),
        "bytes_out": sum(file.stat().st_size for file in files),
    }
    print(json.dumps(result), file=sys.stderr)
    return result


def measure_all(n_sentences: int) -> dict:
    """Measure everything that docs/scale.md tells."""
    before = os.getloadavg()[0]
    with tempfile.TemporaryDirectory() as scratch:
        folder = Path(scratch)
        compose(folder / "small.jsonl.zst", SMALL)
        compose(folder / "big.jsonl.zst", n_sentences)
        partition(folder / "big.jsonl.zst", folder / "lake")
        runs = []

        def run(what: str, n: int, source: str, *args: str) -> None:
            runs.append(measure(what, n, folder, source, *args))

        big, small = "big.jsonl.zst", "small.jsonl.zst"
        for jobs in ("1", "2"):
            for name in ("parquet", "jsonl"):
                more = ("--output", f"{jobs}.{name}", "--jobs", jobs)
                run(f"{name}, --jobs {jobs}", n_sentences, big, *more)
            more = ("--output", f"s{jobs}.parquet", "--jobs", jobs)
            run(f"parquet, --jobs {jobs}, small", SMALL, small, *more)
        run("sqlite, --jobs 2", n_sentences, big, "--output", "2.sqlite", "--jobs", "2")
        more = ("--output", "out", "--cluster", "local:2")
        run("parquet, --cluster local:2", n_sentences, "lake", *more)
        return {
            "machine": {
                "cpu": _cpu(),
                "cores": len(os.sched_getaffinity(0)),
                "python": platform.python_version(),
            },
            "load_before": round(before, 2),
            "load_after": round(os.getloadavg()[0], 2),
            "stages": stages(folder / small),
            "runs": runs,
        }


def stages(path: Path) -> dict[str, float]:
    """Return the CPU seconds for a million sentences of each stage, in one process."""
    from classifier import load
    from classifier.scoring.results import Result
    from classifier.scoring.sinks import Shape, Target, Terms
    from classifier.text import read_documents, segment

    model = load()
    shape = Shape(model.model, model.labels)
    spent = {}

    def timed(name: str, work):
        begun = time.process_time()
        made = work()
        spent[name] = round((time.process_time() - begun) * 1e6 / SMALL, 2)
        return made

    documents = timed("read", lambda: list(read_documents([str(path)])))
    split = timed("split into sentences", lambda: [segment(one.text) for one in documents])
    predicted = timed("score", lambda: [model.predict_sentences(one) for one in split])
    results = [Result(d, tuple(p)) for d, p in zip(documents, predicted, strict=True)]
    for name in ("jsonl", "csv", "parquet", "sqlite"):
        sink = Target(path, name).sink(shape)
        part, whole = (path.with_name(f"{kind}.{name}") for kind in ("part", "whole"))

        def write(sink=sink, part=part) -> None:
            with sink.part(part) as add:
                for result in results:
                    add(result)

        timed(f"write {name}", write)
        timed(f"put {name} together", lambda s=sink, p=part, w=whole: s.assemble([p], w))
    terms = Terms(model, 3)
    found = [p for one in predicted for p in one if p.decisions][:500]
    timed("explain", lambda: [terms(one, model.labels) for one in found])
    spent["explain"] = round(spent["explain"] * SMALL / len(found), 2)
    return spent


def _cpu() -> str:
    with suppress(OSError, StopIteration):
        lines = Path("/proc/cpuinfo").read_text().splitlines()
        return next(x for x in lines if x.startswith("model name")).split(":", 1)[1].strip()
    return platform.processor()


def render(found: dict) -> str:
    """Return the measured part of docs/scale.md."""
    machine, runs = found["machine"], {run["what"]: run for run in found["runs"]}
    before, after = found["load_before"], found["load_after"]
    lines = [
        (
            f"{machine['cpu']}, {machine['cores']} cores, Python {machine['python']}; load of "
            f"the machine {before:.1f} before and {after:.1f} after (its own is 1 to 2; more means "
            "that others were at work, and that the seconds are too many)."
        ),
        "",
        (
            "| run | sentences | seconds | CPU seconds a million | sentences a second "
            "| peak MB, first process | largest other |"
        ),
        "|---|---|---|---|---|---|---|",
    ]
    for run in found["runs"]:
        n = run["sentences"]
        lines.append(
            f"| {run['what']} | {n:,} | {run['seconds']:,.1f} | "
            f"{run['cpu_seconds'] * 1e6 / n:,.1f} | {n / run['seconds']:,.0f} | "
            f"{run['peak_mb']:,.0f} | {run['peak_mb_of_others']:,.0f} |"
        )
    for jobs in (1, 2):
        small, big = runs[f"parquet, --jobs {jobs}, small"], runs[f"parquet, --jobs {jobs}"]
        grown = big["peak_mb"] / small["peak_mb"] - 1
        lines += [
            "",
            (
                f"Memory of the first process with `--jobs {jobs}`, {big['sentences']:,} sentences "
                f"against {small['sentences']:,}: {grown:+.0%}."
            ),
        ]
    spent = found["stages"]
    lines += [
        "",
        "| stage, in one process | CPU seconds a million sentences |",
        "|---|---|",
        f"| read (JSON lines, Zstandard; language) | {spent['read']:.1f} |",
        f"| split into sentences | {spent['split into sentences']:.1f} |",
        f"| score | {spent['score']:.1f} |",
        *(
            f"| write {title} | {spent[f'write {name}']:.1f}, and "
            f"{spent[f'put {name} together']:.1f} to put parts together |"
            for name, title in (
                ("jsonl", "JSON lines"),
                ("csv", "CSV"),
                ("parquet", "Parquet"),
                ("sqlite", "SQLite"),
            )
        ),
        f"| `--explain 3`, a million sentences with a label | {spent['explain']:,.0f} |",
        "",
        *_arithmetic(runs["parquet, --cluster local:2"]),
    ]
    return "\n".join(lines)


def _arithmetic(run: dict) -> list[str]:
    n = run["sentences"]
    cpu, read, written = (run[k] / n for k in ("cpu_seconds", "bytes_in", "bytes_out"))
    lines = [
        (
            f"A sentence costs {cpu * 1e6:.0f} microseconds of a core on the cluster, "
            f"{read:.0f} bytes of Parquet to read and {written:.0f} to write. So, if cores are "
            "added and nothing else is short:"
        ),
        "",
        (
            "| sentences | core hours | read | written | hours on 64 cores | on 1,000 cores | "
            "network of 1,000 cores |"
        ),
        "|---|---|---|---|---|---|---|",
    ]
    for power in (9, 11):
        total = 10**power
        hours = total * cpu / HOUR
        traffic = 1000 * (read + written) / cpu * 8 / 1e9
        lines.append(
            f"| 10^{power} | {hours:,.0f} | {_bytes(total * read)} | {_bytes(total * written)} | "
            f"{hours / 64:,.1f} | {hours / 1000:,.2f} | {traffic:,.1f} Gbit/s |"
        )
    return lines


def _bytes(n: float) -> str:
    return f"{n / TB:,.1f} TB" if n >= TB else f"{n / GB:,.0f} GB"


def documented(found: dict) -> str:
    """Return docs/scale.md with the figures in it."""
    text = DOCS.read_text()
    head, rest = text.split(BEGIN, 1)
    return f"{head}{BEGIN}\n{render(found)}\n{END}{rest.split(END, 1)[1]}"


def main() -> None:
    """Measure, fill in or check."""
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("--sentences", type=int, default=1_000_000)
    parser.add_argument("--docs", action="store_true", help="fill in what was measured before")
    parser.add_argument("--check", action="store_true", help="fail if docs/scale.md differs")
    chosen = parser.parse_args()
    if not chosen.docs and not chosen.check:
        RESULTS.write_text(json.dumps(measure_all(chosen.sentences), indent=1) + "\n")
    text = documented(json.loads(RESULTS.read_text()))
    if not chosen.check:
        DOCS.write_text(text)
    elif text != DOCS.read_text():
        sys.exit("docs/scale.md does not say what was measured: benchmarks/bulk.py --docs")


if __name__ == "__main__":
    main()
