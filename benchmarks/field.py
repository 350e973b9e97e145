"""Measure the shipped model on the field set, and count the look.

    esc corpus fetch                       # once, for the texts
    python benchmarks/field.py --why "release 0.1.0"

The figures go to benchmarks/results/field.json with the fingerprints of model and data. The field
set is for measuring only: choose by cross-validation over the real training sentences instead.
"""

from __future__ import annotations

import argparse
import datetime
import json
from pathlib import Path
from typing import Any

from classifier import load, shipped
from classifier.corpus.read import read_corpus
from classifier.report.card import field_section
from classifier.report.terminal import figure_lines
from classifier.scoring.measure import measure

RESULTS = Path(__file__).parent / "results" / "field.json"


def write_card(figures: dict[str, Any]) -> None:
    card = shipped.models() / "default" / "README.md"
    head = card.read_text(encoding="utf-8").split("## On the field set")[0].rstrip("\n")
    card.write_text(f"{head}\n\n{field_section(figures)}", encoding="utf-8")


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--model", help="name or folder of a model; the shipped one else")
    parser.add_argument("--why", help="why the field set is looked at")
    parser.add_argument("--card", action="store_true", help="write the saved figures into the card")
    options = parser.parse_args()
    predictor = load(options.model)
    if options.card:
        saved = json.loads(RESULTS.read_text())["figures"]
        if saved["fingerprint"] != predictor.model.fingerprint:
            raise SystemExit("the saved figures are of another model: measure again, with --why")
        write_card(saved)
        return
    if not options.why:
        raise SystemExit("say why the field set is looked at: --why TEXT")
    files = sorted(shipped.data().glob("field.*references.jsonl"))
    corpus = read_corpus(files, labels=predictor.model.labels)
    if corpus.missing:
        raise SystemExit(f"{corpus.missing} sentences are not at hand: esc corpus fetch")
    figures = measure(predictor, corpus)
    before = json.loads(RESULTS.read_text()) if RESULTS.exists() else {"looks": []}
    look = {
        "date": datetime.datetime.now(tz=datetime.UTC).date().isoformat(),
        "why": options.why,
        "model": figures["model"],
        "fingerprint": figures["fingerprint"],
        "macro_f1": round(figures["macro"]["f1"]["value"], 4),
        "macro_average_precision": round(figures["macro"]["average_precision"]["value"], 4),
    }
    result = {
        "command": f"python benchmarks/field.py --why {options.why!r}",
        "looks": [*before["looks"], look],
        "figures": figures,
    }
    RESULTS.parent.mkdir(exist_ok=True)
    RESULTS.write_text(json.dumps(result, indent=1, ensure_ascii=False) + "\n")
    if options.model is None:
        write_card(figures)
    print("\n".join(figure_lines(figures)))
    print(f"looks at the field set so far: {len(result['looks'])}")


if __name__ == "__main__":
    main()
