"""Tables and coloured sentences for a terminal."""

from __future__ import annotations

import unicodedata
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from classifier.scoring.explain import rows_beside, word_weights

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    from classifier.schema import Explanation, LabelSet, Prediction
    from classifier.scoring.results import Result
    from classifier.scoring.sinks import Shape

_RESET, _BOLD, _DIM = "\x1b[0m", "\x1b[1m", "\x1b[2m"
# 256-colour codes from weak to strong; blue against orange is told apart by all readers.
_UP, _DOWN = (180, 215, 208), (110, 75, 33)


@dataclass(frozen=True)
class Screen:
    """How wide the output is and whether it takes colours."""

    width: int = 100
    colour: bool = False

    def paint(self, text: str, code: str) -> str:
        """Return the text in a colour, plain where there are none."""
        return f"{code}{text}{_RESET}" if self.colour and code else text


def clean(text: str) -> str:
    """Replace what could steer a terminal: control and direction characters."""
    return "".join(
        " " if unicodedata.category(c) in ("Cc", "Cf", "Cs", "Zl", "Zp") else c for c in text
    )


def clip(text: str, width: int) -> str:
    """Cut a text to a width."""
    text = clean(text)
    return text if len(text) <= width else text[: max(width - 1, 0)] + "…"


def table(rows: Sequence[Sequence[str]], align: str) -> Iterator[str]:
    """Yield the lines of a table, cleaned; `align` has ``<`` or ``>`` for each column."""
    rows = [[clean(cell) for cell in row] for row in rows]
    widths = [max(len(row[i]) for row in rows) for i in range(len(align))]
    for row in rows:
        cells = (f"{cell:{a}{w}}" for cell, a, w in zip(row, align, widths, strict=True))
        yield "  ".join(cells).rstrip()


def short_titles(labels: LabelSet) -> dict[str, str]:
    """Return the first word of each label's title, the name where they are not different."""
    words = {label.name: label.title.split()[0].lower() for label in labels if label.title.split()}
    if len(set(words.values())) < len(labels):
        return {label.name: label.name for label in labels}
    return words


def result_lines(result: Result, shape: Shape, screen: Screen) -> Iterator[str]:
    """Yield a document's sentences with their probabilities, and its profile."""
    labels, only = shape.model.labels, shape.labels
    short = short_titles(labels)
    document = clean(result.document.id)
    yield screen.paint(document, _BOLD)
    if not shape.documents:
        used = 6 + sum(max(len(short[name]), 6) + 2 for name in only)
        rows = [["#", *(short[name] for name in only), "sentence"]]
        for prediction in result.predictions:
            cells = [
                f"{prediction.probabilities[n]:.2f}{'*' if n in prediction.decisions else ' '}"
                for n in only
            ]
            text = clip(prediction.sentence.text, max(screen.width - used, 30))
            rows.append([str(prediction.sentence.index), *cells, text])
        lines = table(rows, ">" * (len(only) + 1) + "<")
        yield screen.paint(next(lines), _DIM)
        for line, prediction in zip(lines, result.predictions, strict=True):
            marked = set(prediction.decisions) & set(only)
            yield line if marked else screen.paint(line, _DIM)
            yield from _term_lines(prediction, shape, short)
    profile = result.profile(only)
    yield (
        f"{profile['sentences']} sentences, {profile['signals']} with a signal "
        f"({profile['signal_share']:.0%})"
    )
    rows = [["label", "count", "strongest", "at"]]
    for name in only:
        found = profile["labels"][name]
        strongest = found["strongest"] or {"probability": 0.0, "index": "-"}
        rows.append(
            [name, str(found["count"]), f"{strongest['probability']:.2f}", f"#{strongest['index']}"]
        )
    yield from table(rows, "<>><")


def _term_lines(prediction: Prediction, shape: Shape, short: Mapping[str, str]) -> Iterator[str]:
    found = shape.terms(prediction, shape.labels) if shape.terms else {}
    for name, terms in found.items():
        listed = ", ".join(f"{t['term'].strip()} {t['weight']:+.2f}" for t in terms)
        yield clean(f"      {short[name]}: {listed}")


def explanation_lines(
    prediction: Prediction, explanations: Sequence[Explanation], top: int, screen: Screen
) -> Iterator[str]:
    """Yield a sentence with its words coloured by weight, and the terms behind each label."""
    sentence = prediction.sentence
    yield screen.paint(f"#{sentence.index}  [{sentence.start}:{sentence.end}]", _BOLD)
    for explanation in explanations:
        yes = explanation.label in prediction.decisions
        bound = (
            ""
            if explanation.threshold != explanation.threshold
            else (f", threshold {explanation.threshold:.2f}")
        )
        if yes and explanation.probability < explanation.threshold:
            bound += ", the nearest to its own of labels of which each sentence has one or more"
        yield (
            f"{clean(explanation.label)}: {'YES' if yes else 'no'}, probability "
            f"{explanation.probability:.3f}{bound}"
        )
        yield "  " + _coloured(sentence.text, explanation, screen)
        shown = explanation.contributions[:top]
        rest = sum(c.weight for c in explanation.contributions[top:])
        terms = [
            [
                f"{c.weight:+.3f}",
                c.term.replace(" ", "␣") if c.kind == "char" else c.term,
                c.kind,
            ]
            for c in shown
        ]
        terms.append(
            [f"{rest:+.3f}", f"{len(explanation.contributions) - len(shown)} other terms", ""]
        )
        terms += [[f"{weight:+.3f}", name, ""] for name, weight in rows_beside(explanation)]
        terms.append([f"{explanation.intercept:+.3f}", "intercept", ""])
        terms.append([f"{explanation.logit:+.3f}", "logit", ""])
        for line in table(terms, "><<"):
            yield "    " + line
    yield ""


def _coloured(text: str, explanation: Explanation, screen: Screen) -> str:
    words = word_weights(text, explanation)
    strongest = max((abs(weight) for _, _, weight in words), default=0.0) or 1.0
    pieces = []
    for start, end, weight in words:
        share = abs(weight) / strongest
        step = 2 if share > 0.6 else 1 if share > 0.3 else 0
        code = "" if share < 0.1 else f"\x1b[38;5;{(_UP if weight > 0 else _DOWN)[step]}m"
        word = clean(text[start:end])
        if not screen.colour and share > 0.3:
            word = f"{word}({weight:+.1f})"
        pieces.append(screen.paint(word, code))
    return " ".join(pieces)


def figure_lines(figures: Mapping[str, Any]) -> Iterator[str]:
    """Yield the figures of an evaluation as a table."""
    metrics = ("precision", "recall", "f1", "average_precision")
    rows = [
        ["", "precision", "recall", "F1", "average precision", "calibration error", "positives"]
    ]
    for name, found in figures["labels"].items():
        cells = [interval(found[metric]) for metric in metrics]
        rows.append([name, *cells, f"{found['calibration_error']:.3f}", str(found["support"])])
    for name in ("macro", "micro"):
        cells = [interval(figures[name][m]) if m in figures[name] else "" for m in metrics]
        rows.append([name, *cells, "", ""])
    yield from table(rows, "<>>>>>>")
    none = figures["always_none"]
    yield (
        f"{figures['sentences']} sentences of {figures['documents']} documents, "
        f"{figures['none']} without a label; intervals: 95 per cent, bootstrap over documents"
    )
    yield (
        f"all labels of a sentence right: {figures['subset_accuracy']:.3f} "
        f"(always none: {none['subset_accuracy']:.3f}, with macro F1 {none['macro_f1']:.0f}); "
        f"Hamming loss {figures['hamming_loss']:.3f}"
    )
    if alarms := figures.get("false_alarms"):
        yield f"false alarms: {alarm_words(alarms)}"


def alarm_words(alarms: Mapping[str, Any]) -> str:
    """Say how much is flagged in documents without any label, of all and of each origin."""
    share, origins = alarms["share"], alarms.get("origins", {})
    between = "" if share["low"] is None else f" ({share['low']:.1%}-{share['high']:.1%})"
    told = (
        f"{share['value']:.1%}{between} of {alarms['sentences']} sentences of "
        f"{alarms['documents']} documents that carry no label"
    )
    if len(origins) > 1:
        parts = (f"{n} {x['flagged']} of {x['sentences']}" for n, x in origins.items())
        told += f" ({', '.join(parts)})"
    return told


def point_rows(figures: Mapping[str, Any]) -> list[list[str]]:
    """Return, under a heading, a row for each operating point.

    Precision and recall by label, then, where the data has documents without any label, the share
    of their sentences that is flagged.
    """
    names = list(figures["labels"])
    alarms = figures.get("false_alarms", {}).get("operating_points", {})
    rows = [["operating point", *names, *(["false alarms"] if alarms else [])]]
    for point, labels in figures.get("operating_points", {}).items():
        found = [labels[name] for name in names]
        cells = [f"{_share(at['precision'])} / {_share(at['recall'])}" for at in found]
        rows.append([point, *cells, *([f"{alarms[point]:.1%}"] if alarms else [])])
    return rows if len(rows) > 1 else []


def _share(value: float | None) -> str:
    return "-" if value is None else f"{value:.2f}"


def interval(found: Mapping[str, float | None]) -> str:
    """Write a figure with its interval."""
    if found["value"] is None:
        return "-"
    if found["low"] is None:
        return f"{found['value']:.3f}"
    to = "-" if found["low"] >= 0 else ".."
    return f"{found['value']:.3f} ({found['low']:.2f}{to}{found['high']:.2f})"
