"""The tables of accuracy and of experiments, in the terminal and in docs/."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

from protocol import ALONE, METRICS, OURS

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from variants import Variant

DOCS = Path(__file__).parents[1] / "docs"
BEGIN, END = "<!-- accuracy: written by benchmarks/accuracy.py --render -->", "<!-- /accuracy -->"
VARIANTS = "<!-- variants: written by benchmarks/experiments.py --render -->"
VARIANTS_END = "<!-- /variants -->"
LOOKS = "<!-- looks: written by benchmarks/experiments.py --render -->"
LOOKS_END = "<!-- /looks -->"
TITLES = {
    "macro_f1": "macro F1",
    "micro_f1": "micro F1",
    "average_precision": "average precision",
    "example_f1": "example F1",
    "accuracy": "accuracy",
}
# Hu et al. 2022, ConfliBERT, with the same training and test splits: fine-tuned on a graphics
# processor, the epoch chosen on the dev split, every label decided at 0.5, mean over seeds.
PUBLISHED = {
    "cameo_pentacode": ("macro F1", 86.4, 87.6),
    "satp_relevant": ("example F1", 87.8, 89.1),
    "india_police_sents": ("example F1", 64.9, 67.3),
    "insight_crime": ("example F1", 68.6, 68.7),
}


def columns(result: dict[str, Any]) -> list[str]:
    figures = result["peers"][OURS]["figures"]
    # With one label a text, example F1 and micro F1 are the accuracy.
    left_out = ("micro_f1", "example_f1") if "accuracy" in figures else ()
    return [metric for metric in METRICS if metric in figures and metric not in left_out]


def table_lines(name: str, result: dict[str, Any]) -> list[str]:
    """Return the table of a task for the terminal, with differences to ours."""
    metrics = columns(result)
    lines = [
        f"{name}: {result['training sentences']} training, {result['scored sentences']} scored",
        "  ".join([f"{'':30}", *(f"{TITLES[m]:>24}" for m in metrics)]),
    ]
    for peer, entry in result["peers"].items():
        cells = [f"{peer:30}"]
        for metric in metrics:
            figure = entry["figures"][metric]
            text = f"{figure['value']:.3f} ({figure['low']:.3f}-{figure['high']:.3f})"
            cells.append(f"{text:>24}")
        lines.append("  ".join(cells))
        if gains := entry.get("ours_ahead_by"):
            cells = [f"{'   ours ahead by':30}"]
            for metric in metrics:
                gain = gains[metric]
                text = f"{gain['value']:+.3f} ({gain['low']:+.3f} {gain['high']:+.3f})"
                cells.append(f"{text:>24}")
            lines.append("  ".join(cells))
    return lines


def _set(name: str) -> str:
    """Return the name of the data without the splits that were learnt from."""
    name_of_set = name.partition(",")[0]
    return name_of_set if name_of_set in PUBLISHED else name


def _section(name: str, result: dict[str, Any]) -> list[str]:
    metrics = columns(result)
    kind = "one label a text" if result["exclusive"] else "any number of labels a text"
    if result.get("at_least_one"):
        kind = "one or more labels a text"
    facts = (
        f"{result['training sentences']:,} training texts, {result['scored sentences']:,} scored, "
        f"{len(result['labels'])} labels, {kind}. `{result['command']}`"
    )
    lines = [f"### {name}", "", facts, ""]
    lines.append("| | " + " | ".join(TITLES[m] for m in metrics) + " | ours ahead by, macro F1 |")
    lines.append("|---|" + "---|" * (len(metrics) + 1))
    for peer, entry in result["peers"].items():
        cells = []
        for metric in metrics:
            figure = entry["figures"][metric]
            cells.append(f"{figure['value']:.3f} ({figure['low']:.3f} to {figure['high']:.3f})")
        gain = entry.get("ours_ahead_by", {}).get("macro_f1")
        text = f"{gain['value']:+.3f} ({gain['low']:+.3f} to {gain['high']:+.3f})" if gain else ""
        title = f"**{peer}**" if peer == OURS else peer
        if "epochs" in entry:
            title += f", {entry['epochs']:g} epochs"
        lines.append(f"| {title} | " + " | ".join(cells) + f" | {text} |")
    if _set(name) in PUBLISHED:
        metric, bert, conflibert = PUBLISHED[_set(name)]
        lines += [
            "",
            f"Published, {metric}: BERT {bert / 100:.3f}, ConfliBERT {conflibert / 100:.3f}.",
        ]
    return [*lines, ""]


def render(saved: dict[str, Any]) -> None:
    """Write the section between the two marks of docs/benchmarks.md."""
    body: list[str] = []
    names = list(saved)
    sets = [_set(name) for name in names]
    for name in sorted(names, key=lambda name: sets.index(_set(name))):
        body += _section(name, saved[name])
    settings = {
        peer: entry["settings"]
        for result in saved.values()
        for peer, entry in result["peers"].items()
        if peer not in (OURS, ALONE)
    }
    body += ["Settings of the peers:", ""]
    body += [f"- {peer}: {text}." for peer, text in settings.items()]
    versions = {k: v for result in saved.values() for k, v in result["versions"].items()}
    body += ["", "Versions: " + ", ".join(f"{k} {v}" for k, v in versions.items()) + "."]
    _fill(DOCS / "benchmarks.md", BEGIN, END, body)


def render_experiments(variants: Mapping[str, Variant], saved: dict[str, Any]) -> None:
    """Write the table between the two marks of docs/experiments.md."""
    parts = ("cross_validation", "theatre_left_out")
    body = [
        "| variant | expected | cross-validation | theatre left out | |",
        "|---|---|---|---|---|",
    ]
    for name, variant in variants.items():
        if name not in saved["variants"]:
            continue
        found = [saved["variants"][name].get(part) for part in parts]
        cells = [
            f"{f['macro_average_precision']:.4f}, {f['macro_f1_at_best']:.4f}" if f else ""
            for f in found
        ]
        verdict = "kept" if variant.kept else "dropped"
        body.append(f"| {name} | {variant.expected} | {' | '.join(cells)} | {verdict} |")
    _fill(DOCS / "experiments.md", VARIANTS, VARIANTS_END, body)


def render_looks(looks: Sequence[Mapping[str, Any]]) -> None:
    """Write how often the field set was looked at into docs/experiments.md."""
    body = [
        f"{len(looks)} times so far:",
        "",
        "| date | why | model | macro F1 | average precision |",
        "|---|---|---|---|---|",
    ]
    for look in looks:
        figures = f"{look['macro_f1']:.3f} | {look['macro_average_precision']:.3f}"
        body.append(
            f"| {look['date']} | {look['why']} | `{look['fingerprint'][:12]}` | {figures} |"
        )
    _fill(DOCS / "experiments.md", LOOKS, LOOKS_END, body)


def _fill(path: Path, begin: str, end: str, body: list[str]) -> None:
    text = path.read_text(encoding="utf-8")
    if begin not in text or end not in text:
        raise SystemExit(f"{path.name}: the marks {begin} and {end} are missing")
    head, _, rest = text.partition(begin)
    _, _, tail = rest.partition(end)
    path.write_text(f"{head}{begin}\n\n" + "\n".join(body) + f"\n{end}{tail}", encoding="utf-8")
