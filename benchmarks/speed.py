"""How fast scoring is, against its peers, in one table.

    make bench-speed                               # installs the peers, runs the whole, renders
    python benchmarks/speed.py --quick             # two minutes, few rounds, nothing saved
    python benchmarks/speed.py --training          # training from 1,000 to 200,000 sentences
    python benchmarks/speed.py --render            # chart and docs from the saved figures

Needs the packages in benchmarks/requirements.txt and Debian's `fasttext`; who is not installed is
left out, and the table says so. Results: benchmarks/results/speed.json.
"""

from __future__ import annotations

import argparse
import json
import os
import platform
import sys
import tempfile
from importlib import metadata
from pathlib import Path
from typing import Any

sys.path.insert(0, str(Path(__file__).parent))

from speedtest import commands, growth, report, rounds, training
from speedtest.peers import PEERS

RESULTS = Path(__file__).parent / "results" / "speed.json"
PACKAGES = ("escalation-classifier", "numpy", "scikit-learn", "sentencex", "orjson", "typer")
PEER_PACKAGES = (
    "spacy",
    "vowpalwabbit",
    "onnxruntime",
    "skl2onnx",
    "sentence-transformers",
    "torch",
)
TRAINING = (1_000, 5_000, 20_000, 60_000, 200_000)


def say(message: str) -> None:
    print(f"speed: {message}", file=sys.stderr, flush=True)


def machine() -> dict[str, Any]:
    """What figures depend on; nothing that names the machine."""
    cpu = Path("/proc/cpuinfo").read_text()
    memory = os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES")
    return {
        "processor": cpu.split("model name")[1].split(":", 1)[1].splitlines()[0].strip(),
        "cores": len(os.sched_getaffinity(0)),
        "memory_gigabytes": round(memory / 1e9, 1),
        "system": f"{platform.system()} {platform.machine()}",
        "python": platform.python_version(),
    }


def versions() -> dict[str, str]:
    found = {}
    for name in PACKAGES + PEER_PACKAGES:
        try:
            found[name] = metadata.version(name)
        except metadata.PackageNotFoundError:
            continue
    return found


def measure(names: list[str], work: Path, *, quick: bool) -> dict[str, Any]:
    turns = 2 if quick else 7
    result: dict[str, Any] = {
        "command": "python benchmarks/speed.py" + (" --quick" if quick else ""),
        "quick": quick,
        "machine": machine(),
        "versions": versions(),
        "load_before": os.getloadavg()[0],
    }
    throughput = rounds.throughput(names, work, turns, say)
    rounds.all_cores(throughput, work, 1 if quick else 3, say)
    result["throughput"] = throughput
    say("agreement")
    result["agreement"] = rounds.agreement(throughput, work)
    result["end_to_end"] = commands.end_to_end(
        work, 200 if quick else 2_000, 1 if quick else 3, say
    )
    result["cold_start"] = commands.cold_start(work, 3 if quick else 15, say)
    say("growth")
    result["growth"] = {
        "sentences": growth.apart("sentences", 100_000 if quick else 10_000_000),
        "terms": growth.apart("terms"),
        "labels": growth.apart("labels"),
    }
    result["floors"] = growth.apart("floors")
    return result


def main() -> None:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--quick", action="store_true", help="few rounds; nothing is saved")
    parser.add_argument("--training", action="store_true", help="measure training instead")
    parser.add_argument(
        "--render", action="store_true", help="write chart and docs, measure nothing"
    )
    parser.add_argument("--only", metavar="NAME", action="append", choices=list(PEERS), default=[])
    parser.add_argument("--work", type=Path, help="keep trained peers here, for another run")
    options = parser.parse_args()
    saved = json.loads(RESULTS.read_text()) if RESULTS.exists() else {}
    if options.render:
        if "throughput" not in saved:
            raise SystemExit(f"speed: {RESULTS.name} has no figures of a whole run to render")
        report.render(saved)
        return
    if options.training:
        for n in TRAINING[:2] if options.quick else TRAINING:
            say(f"training on {n:,} sentences")
            found = training.apart(n)
            print(found, flush=True)
            if not options.quick:  # after each, so that the small ones are not lost
                others = [row for row in saved.get("training", []) if row["sentences"] != n]
                saved["training"] = sorted([*others, found], key=lambda row: row["sentences"])
                RESULTS.write_text(json.dumps(saved, indent=1) + "\n")
        if not options.quick and "throughput" in saved:
            report.render(saved)
        return
    needed = {"kernel", *options.only}
    names = [name for name in PEERS if not options.only or name in needed]
    with tempfile.TemporaryDirectory() as temporary:
        work = options.work or Path(temporary)
        work.mkdir(parents=True, exist_ok=True)
        result = measure(names, work.absolute(), quick=options.quick)
    if "training" in saved:
        result["training"] = saved["training"]
    for title, rows in report.tables(result):
        print(f"\n{title}\n{report.as_text(rows)}")
    print("\n" + report.paragraph(report.summary(result)))
    if options.quick or options.only:
        say("a quick run or a part: not saved")
        return
    RESULTS.write_text(json.dumps(result, indent=1) + "\n")
    report.render(result)


if __name__ == "__main__":
    main()
