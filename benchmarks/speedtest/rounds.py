"""Interleaved rounds: each scorer in its own process, one at work at a time, medians in the end."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import time
from pathlib import Path
from statistics import median
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

HERE = Path(__file__).resolve().parents[1]
# One thread each; who uses more says so.
ALONE = {
    **os.environ,
    **dict.fromkeys(
        ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS", "TOKENIZERS_PARALLELISM"),
        "1",
    ),
    "PYTHONPATH": str(HERE),
    "HF_HUB_OFFLINE": "1",
}
SECONDS = 0.5  # a turn of the slow
MOST = 20_000  # sentences in a turn of the fast


class LeftOutError(Exception):
    """A scorer cannot run here."""


def folder_of(name: str, work: Path) -> Path:
    return work / "".join(c if c.isalnum() else "-" for c in name)


def build(name: str, work: Path) -> None:
    """Train or convert a scorer, unless that was done before."""
    folder = folder_of(name, work)
    folder.mkdir(parents=True, exist_ok=True)
    if (folder / "built").exists():
        return
    command = [sys.executable, "-m", "speedtest.peers", "build", name, str(folder)]
    done = subprocess.run(command, env=ALONE, capture_output=True, text=True, check=False)
    if done.returncode:
        raise LeftOutError(_reason(done.stderr))
    (folder / "built").touch()


def _reason(said: str) -> str:
    lines = said.strip().splitlines()
    return lines[-1][:120] if lines else "no reason given"


class Worker:
    """A scorer in its process."""

    def __init__(self, name: str, work: Path) -> None:
        log = folder_of(name, work) / f"log-{os.getpid()}.txt"
        with log.open("w") as errors:
            self._process: Any = subprocess.Popen(
                [sys.executable, "-m", "speedtest.peers", "serve", name, folder_of(name, work)],
                env=ALONE,
                stdin=subprocess.PIPE,
                stdout=subprocess.PIPE,
                stderr=errors,
                text=True,
            )
        line = self._process.stdout.readline()
        if not line:
            raise LeftOutError(_reason(log.read_text()))
        self.about, self.limit = (json.loads(line)[key] for key in ("about", "limit"))

    def ask(self, **request: Any) -> dict[str, Any]:
        self._send(request)
        return self.answer()

    def ready(self, n: int, seed: int) -> None:
        """Have sentences made; the scoring begins with `go`."""
        self._send({"do": "score", "n": n, "seed": seed})
        self.answer()

    def go(self) -> None:
        self._send({})

    def answer(self) -> dict[str, Any]:
        line = self._process.stdout.readline()
        if not line:
            raise RuntimeError("a scorer died in the middle of a round")
        answer: dict[str, Any] = json.loads(line)
        return answer

    def score(self, n: int, seed: int) -> dict[str, Any]:
        self.ready(n, seed)
        self.go()
        return self.answer()

    def close(self) -> None:
        self._process.stdin.close()
        self._process.wait()
        self._process.stdout.close()

    def _send(self, request: dict[str, Any]) -> None:
        self._process.stdin.write(json.dumps(request) + "\n")
        self._process.stdin.flush()


def throughput(
    names: Sequence[str], work: Path, rounds: int, say: Callable[[str], None]
) -> dict[str, dict[str, Any]]:
    """Measure sentences and bytes a second of each scorer, and its peak of memory."""
    found: dict[str, dict[str, Any]] = {}
    workers: dict[str, Worker] = {}
    for name in names:
        say(f"preparing {name}")
        try:
            build(name, work)
            workers[name] = Worker(name, work)
        except LeftOutError as error:
            found[name] = {"left_out": str(error)}
            say(f"{name} is left out: {error}")
    sizes = {name: _size(worker) for name, worker in workers.items()}
    turns: dict[str, list[dict[str, Any]]] = {name: [] for name in workers}
    for number in range(rounds):
        say(f"round {number + 1} of {rounds}")
        for name, worker in workers.items():
            turns[name].append(worker.score(sizes[name], seed=100 + number))
    for name, worker in workers.items():
        rate = [sizes[name] / turn["seconds"] for turn in turns[name]]
        found[name] = {
            "about": worker.about,
            "sentences_a_turn": sizes[name],
            "sentences_a_second": median(rate),
            "slowest_and_fastest": [min(rate), max(rate)],
            "megabytes_a_second": median(t["bytes"] / t["seconds"] / 1e6 for t in turns[name]),
            "peak_megabytes": worker.ask(do="peak")["bytes"] / 1e6,
        }
        worker.close()
    return found


def _size(worker: Worker) -> int:
    """Find how many sentences take a turn's time."""
    n = 50
    while True:
        seconds = worker.score(n, seed=3)["seconds"]
        if seconds > SECONDS / 5 or n >= min(worker.limit, MOST):
            break
        n = min(n * 4, worker.limit, MOST)
    return max(16, min(int(n * SECONDS / seconds), worker.limit, MOST))


def all_cores(
    found: dict[str, dict[str, Any]], work: Path, rounds: int, say: Callable[[str], None]
) -> None:
    """Measure each scorer in as many processes as there are cores, all at work at once."""
    n = len(os.sched_getaffinity(0))
    for name, row in found.items():
        if "left_out" in row or name.endswith("threads"):
            continue
        say(f"{name} on {n} cores")
        workers = [Worker(name, work) for _ in range(n)]
        size = row["sentences_a_turn"]
        rates = []
        for number in range(rounds):
            for i, worker in enumerate(workers):
                worker.ready(size, seed=1000 + number * n + i)
            begin = time.perf_counter()
            for worker in workers:
                worker.go()
            answers = [worker.answer() for worker in workers]
            # What a turn does before and after is not part of it, where the scorer says so.
            seconds = min(time.perf_counter() - begin, max(a["seconds"] for a in answers))
            rates.append(n * size / seconds)
        row["sentences_a_second_all_cores"] = median(rates)
        for worker in workers:
            worker.close()


PAIRS = (
    ("kernel", "scikit-learn"),
    ("twin", "scikit-learn"),
    ("kernel", "twin"),
    ("ONNX, words", "scikit-learn, words"),
)


def agreement(found: dict[str, dict[str, Any]], work: Path) -> list[dict[str, Any]]:
    """Compare the probabilities of scorers that should agree."""
    import numpy as np

    saved = {}
    for name in {name for pair in PAIRS for name in pair}:
        if "left_out" in found.get(name, {"left_out": ""}):
            continue
        worker = Worker(name, work)
        file = folder_of(name, work) / "probabilities.npy"
        worker.ask(do="probabilities", file=str(file))
        worker.close()
        saved[name] = np.load(file)
    return [
        {
            "of": one,
            "and": other,
            "sentences": len(saved[one]),
            "largest_difference": float(np.abs(saved[one] - saved[other]).max()),
            "sentences_that_differ_by_0.01": int(
                (np.abs(saved[one] - saved[other]) > 0.01).any(axis=1).sum()
            ),
        }
        for one, other in PAIRS
        if one in saved and other in saved
    ]
