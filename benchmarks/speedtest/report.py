"""The tables of a run, the chart and the section of docs/benchmarks.md, from saved figures."""

from __future__ import annotations

import textwrap
from typing import TYPE_CHECKING, Any

from speedtest.rounds import HERE

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

DOCS = HERE.parent / "docs"
CHART = DOCS / "img" / "speed.svg"
BEGIN, END = "<!-- speed: rendered from benchmarks/results/speed.json -->", "<!-- /speed -->"
Rows = list[list[str]]


def number(value: float) -> str:
    """Three digits, with commas: 12,300; 4.21; 0.0213."""
    if value == 0:
        return "0"
    if abs(value) >= 100:
        digits = len(str(int(abs(value))))
        return f"{round(value, 3 - digits):,.0f}"
    return f"{value:.3g}"


def times(value: float) -> str:
    return f"{number(value)}x" if value >= 100 else f"{value:.2g}x"


def markdown(rows: Rows) -> str:
    head, *body = rows
    lines = [head, ["---", *["---:"] * (len(head) - 1)], *body]
    return "\n".join("| " + " | ".join(line) + " |" for line in lines)


def _throughput(found: dict[str, Any]) -> Rows:
    kernel = found["kernel"]["sentences_a_second"]
    rows = [["scorer", "sentences/s", "MB/s", "all cores", "peak MB", "kernel is faster by"]]
    for name, row in found.items():
        if "left_out" in row:
            rows.append([name, "left out", "", "", "", row["left_out"]])
            continue
        rate = row["sentences_a_second"]
        every = row.get("sentences_a_second_all_cores")
        rows.append(
            [
                name,
                number(rate),
                number(row["megabytes_a_second"]),
                number(every) if every else "",
                number(row["peak_megabytes"]),
                "" if name.startswith("kernel") else times(kernel / rate),
            ]
        )
    return rows


def _commands(found: dict[str, Any]) -> Rows:
    rows = [["command", "sentences/s", "MB/s", "seconds in all", "peak MB"]]
    for name, row in found.items():
        rows.append(
            [
                f"`{name}`" if name.startswith("esc") else name,
                number(row["sentences_a_second"]),
                number(row["megabytes_a_second"]),
                number(row["seconds"]),
                number(row["peak_megabytes"]),
            ]
        )
    return rows


def _start(found: dict[str, Any]) -> Rows:
    rows = [["one article, cold", "seconds", "CPU seconds", "peak MB"]]
    for name, row in found.items():
        shown = name if name.startswith("sentencex") else f"`{name}`"
        cells = [row["seconds"], row["cpu_seconds"], row["peak_megabytes"]]
        rows.append([shown, *map(number, cells)])
    return rows


def _plain(found: list[dict[str, Any]], titles: list[str]) -> Rows:
    body = [[v if isinstance(v, str) else number(v) for v in row.values()] for row in found]
    return [titles, *body]


def _training(found: list[dict[str, Any]]) -> Rows:
    steps = list(found[0]["steps"])
    rows = [["sentences", "CPU seconds", "peak MB", *steps]]
    for row in found:
        cells = [row["sentences"], row["cpu_seconds"], row["peak_megabytes"]]
        # Shares stay what they are when something else runs beside.
        shares = [f"{row['steps'][step] / row['seconds']:.0%}" for step in steps]
        rows.append([*map(number, cells), *shares])
    return rows


def tables(result: dict[str, Any]) -> Iterator[tuple[str, Rows]]:
    """Yield the title and the rows of each table that the figures are there for."""
    yield "Scoring", _throughput(result["throughput"])
    yield "From JSON lines to JSON lines", _commands(result["end_to_end"])
    yield "Cold start", _start(result["cold_start"])
    growth = result["growth"]
    yield (
        "Number of sentences (streamed)",
        _plain(growth["sentences"], ["sentences", "seconds", "peak MB"]),
    )
    yield "Size of the vocabulary", _plain(growth["terms"], ["terms", "sentences/s"])
    yield "Number of labels", _plain(growth["labels"], ["labels", "sentences/s"])
    yield "Floors", _plain(result["floors"], ["without scoring", "sentences/s", "MB/s"])
    if "training" in result:
        yield "Training", _training(result["training"])


def as_text(rows: Rows) -> str:
    widths = [max(len(row[i]) for row in rows) for i in range(len(rows[0]))]
    lines = []
    for row in rows:
        cells = [row[0].ljust(widths[0])]
        cells += [cell.rjust(width) for cell, width in zip(row[1:], widths[1:], strict=True)]
        lines.append("  ".join(cells).rstrip())
    return "\n".join(lines)


def summary(result: dict[str, Any]) -> str:
    """Say in a few lines what the figures come to."""
    found, pairs = result["throughput"], result["end_to_end"]
    rate = {n: r["sentences_a_second"] for n, r in found.items() if "left_out" not in r}
    parts = [
        f"{times(rate['kernel'] / rate[name])} {name}"
        for name in ("scikit-learn", "fastText", "MiniLM")
        if name in rate
    ]
    ours, plain = pairs["esc score"], pairs["sentencex and scikit-learn"]
    end = times(ours["sentences_a_second"] / plain["sentences_a_second"])
    agreed = ", ".join(
        f"{pair['of']} and {pair['and']} {pair['largest_difference']:.1g}"
        for pair in result["agreement"]
    )
    start = result["cold_start"]["esc score"]
    return f"""The kernel scores {", ".join(parts)}, in sentences a second. From JSON lines to JSON
    lines `esc score` does {end} what sentencex and scikit-learn do. One article from a cold start
    takes {start["seconds"]:.2f} s and {start["peak_megabytes"]:.0f} MB. Largest differences between
    probabilities on {result["agreement"][0]["sentences"]:,} sentences: {agreed}."""


def paragraph(text: str) -> str:
    """Fill lines of a hundred characters."""
    text = " ".join(text.split())
    return textwrap.fill(text, 100, break_long_words=False, break_on_hyphens=False)


def _how(result: dict[str, Any]) -> str:
    machine = result["machine"]
    versions = ", ".join(f"{name} {version}" for name, version in result["versions"].items())
    return paragraph(
        f"""`make bench-speed` measures all of this and `python benchmarks/speed.py --render` writes
        it from benchmarks/results/speed.json. Every scorer runs in a process of its own, on one
        thread unless it says otherwise, in rounds that go around all of them; figures are medians.
        Ratios travel, seconds are those of one machine: {machine["processor"]},
        {machine["cores"]} cores, {machine["memory_gigabytes"]:.0f} GB, {machine["system"]}, Python
        {machine["python"]}; {versions}{" (a quick run)" if result["quick"] else ""}."""
    )


def _about_scorers(result: dict[str, Any]) -> str:
    rows = result["throughput"]
    scaling, threads = "", rows.get("kernel, threads", {})
    if "sentences_a_second" in threads:
        by = threads["sentences_a_second"] / rows["kernel"]["sentences_a_second"]
        scaling = f"""With {result["machine"]["cores"]} threads in one process the kernel, which
        lets go of the interpreter's lock, scores {by:.2g} times as many sentences as with one."""
    text = paragraph(
        f"""The text is made of the composed sentences: the front of one and the back of another,
        and in every second one a name that is made up, so that what was seen before does not help
        more than it does in news. *All cores*: a process for each. {scaling} fastText and Vowpal
        Wabbit get prepared text, and fastText's loading is taken off. ONNX holds words alone: it
        has no n-grams of characters inside words, strips no accents, and its tokenizer knows
        ASCII. {_onnx(result)} What each scorer is:"""
    )
    notes = [f"- {name}: {row['about']}." for name, row in rows.items() if "about" in row]
    return text + "\n\n" + "\n".join(notes)


def _onnx(result: dict[str, Any]) -> str:
    for pair in result["agreement"]:
        if pair["of"].startswith("ONNX"):
            return f"""Against scikit-learn with the same words its probabilities differ by up to
            {pair["largest_difference"]:.2f}, by more than 0.01 in
            {pair["sentences_that_differ_by_0.01"]:,} of {pair["sentences"]:,} sentences."""
    return ""


def _about_training(result: dict[str, Any]) -> str:
    largest = result["training"][-1]
    classes = largest.get("word_classes")
    without = "" if classes else "Measured without classes of words, a third kind of terms."
    slowest, _ = max(largest["steps"].items(), key=lambda item: item[1])
    return paragraph(
        f"""`python benchmarks/speed.py --training` (some twenty minutes on an idle machine): one
        process, one thread (`esc train --jobs` shares the fits out), one strength, sixteen fits of
        four labels: ten inner ones, five outer ones and the last. Steps as shares of the time; what
        is left of it are scaling by the log-count ratio, calibration and thresholds. The slowest
        step is {slowest}, which is scikit-learn's; it takes the dual problem, twice as fast here as
        the primal one. {without}"""
    )


def section(result: dict[str, Any]) -> str:
    """Return the section of docs/benchmarks.md."""
    chart = "![Sentences a second of each scorer](img/speed.svg)"
    parts = ["## Speed", paragraph(summary(result)), chart, _how(result)]
    for title, rows in tables(result):
        parts += [f"### {title}", markdown(rows)]
        if title == "Scoring":
            parts.append(_about_scorers(result))
        if title == "Training":
            parts.append(_about_training(result))
    return "\n\n".join(parts)


def render(result: dict[str, Any]) -> None:
    """Write the chart, and the section into docs/benchmarks.md."""
    chart(result, CHART)
    path = DOCS / "benchmarks.md"
    text = path.read_text(encoding="utf-8")
    head, _, rest = text.partition(BEGIN)
    tail = rest.partition(END)[2]
    if not rest:
        head, tail = text.rstrip("\n") + "\n\n", "\n"
    path.write_text(f"{head}{BEGIN}\n\n{section(result)}\n\n{END}{tail}", encoding="utf-8")


def chart(result: dict[str, Any], path: Path) -> None:
    """Draw sentences a second of each scorer and of the floors, on a scale of powers of ten."""
    import matplotlib as mpl

    mpl.use("svg")
    mpl.rcParams.update({"svg.hashsalt": "esc", "svg.fonttype": "none", "font.size": 10})
    import matplotlib.pyplot as plt

    rows = [
        (
            name,
            row["sentences_a_second"],
            "#0072b2" if name[:6] in ("kernel", "twin") else "#999999",
        )
        for name, row in result["throughput"].items()
        if "left_out" not in row and not name.endswith("threads")
    ]
    rows += [(row["floor"], row["sentences_a_second"], "#e0e0e0") for row in result["floors"]]
    rows.sort(key=lambda row: row[1])
    figure, axes = plt.subplots(figsize=(8, 0.32 * len(rows) + 0.9))
    bars = axes.barh([r[0] for r in rows], [r[1] for r in rows], color=[r[2] for r in rows])
    axes.bar_label(bars, [number(r[1]) for r in rows], padding=4, fontsize=9)
    axes.set_xscale("log")
    axes.set_xlim(left=min(r[1] for r in rows) / 2, right=max(r[1] for r in rows) * 8)
    axes.set_xlabel("sentences a second on one thread (log scale)")
    axes.spines[["top", "right"]].set_visible(False)
    figure.patch.set_facecolor("white")
    figure.tight_layout()
    path.parent.mkdir(exist_ok=True)
    figure.savefig(path, metadata={"Date": None, "Creator": None})
    plt.close(figure)
