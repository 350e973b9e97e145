"""Whole commands: JSON lines to JSON lines, and one article from a cold start."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path
from statistics import median
from typing import TYPE_CHECKING, Any

from speedtest import workload
from speedtest.rounds import ALONE, HERE, build, folder_of

if TYPE_CHECKING:
    from collections.abc import Callable

ARTICLE = HERE.parent / "seeds" / "2024-09-kursk-counteroffensive.txt"
Commands = dict[str, list[Any]]


def run(command: list[Any], work: Path) -> dict[str, Any]:
    """Run a command with a launcher between, which knows its time and memory."""
    told = work / "told.json"
    launcher = [sys.executable, "-S", "-I", HERE / "speedtest" / "launch.py", told]
    with (work / "out.jsonl").open("wb") as out:
        subprocess.run([*launcher, *command], env=ALONE, stdout=out, check=True)
    found: dict[str, Any] = json.loads(told.read_text())
    if found["code"]:
        raise RuntimeError(f"{command[0]} ended with exit code {found['code']}")
    found["lines"] = (work / "out.jsonl").read_bytes().count(b"\n")
    return found


def _commands(path: Path, work: Path) -> Commands:
    model = folder_of("scikit-learn", work) / "model.joblib"
    esc = Path(sys.executable).with_name("esc")
    return {
        "esc score": [esc, "score", path, "--format", "jsonl"],
        "sentencex and scikit-learn": [
            sys.executable, HERE / "speedtest" / "plain_script.py", model, path,
        ],
    }  # fmt: skip


def interleaved(commands: Commands, work: Path, rounds: int) -> dict[str, dict[str, Any]]:
    turns: dict[str, list[dict[str, Any]]] = {name: [] for name in commands}
    for _ in range(rounds):
        for name, command in commands.items():
            turns[name].append(run(command, work))
    return {
        name: {key: median(turn[key] for turn in found) for key in found[0] if key != "code"}
        for name, found in turns.items()
    }


def end_to_end(
    work: Path, n: int, rounds: int, say: Callable[[str], None]
) -> dict[str, dict[str, Any]]:
    """Measure articles in JSON lines to sentences in JSON lines, with and without the start."""
    say(f"end to end: {n:,} articles")
    build("scikit-learn", work)
    few, many = work / "few.jsonl", work / "many.jsonl"
    for path, size in ((few, 1), (many, n)):
        lines = [json.dumps(document) for document in workload.documents(size, seed=5)]
        path.write_text("\n".join(lines) + "\n", encoding="utf-8")
    found = interleaved(_commands(many, work), work, rounds)
    start = interleaved(_commands(few, work), work, rounds)
    for name, row in found.items():
        seconds = row["seconds"] - start[name]["seconds"]
        row["seconds_without_start"] = seconds
        row["sentences_a_second"] = (row["lines"] - start[name]["lines"]) / seconds
        row["megabytes_a_second"] = (many.stat().st_size - few.stat().st_size) / seconds / 1e6
    return found


def cold_start(work: Path, rounds: int, say: Callable[[str], None]) -> dict[str, dict[str, Any]]:
    """Measure one article, each time by a new process."""
    say("cold start")
    build("scikit-learn", work)
    esc = Path(sys.executable).with_name("esc")
    commands = {
        **_commands(ARTICLE, work),
        "esc --help": [esc, "--help"],
        "python -c 'import numpy'": [sys.executable, "-c", "import numpy"],
        "python -c pass": [sys.executable, "-c", "pass"],
    }
    return interleaved(commands, work, rounds)
