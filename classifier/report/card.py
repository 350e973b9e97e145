"""The model card: what a model is for, what it was trained on and how good it is, in Markdown.

After Mitchell et al. 2019, Model cards for model reporting. Everything in it comes from the model
itself, so that the same training writes the same card.
"""

from __future__ import annotations

import re
from html import escape
from typing import TYPE_CHECKING, Any

from classifier.report.terminal import alarm_words, interval, point_rows

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    from classifier.model.artefact import Model

NOT_FOR = """\
- A probability says how a sentence reads, not whether it is true: a claim may be false, a warning a
  bluff. Do not base a decision about people, and none about force, on it alone.
- English news prose only. Other languages, social media slang and single words are not what it has
  seen.
- Words, not meaning: what only understanding tells (irony, who "they" are) is lost.
- Theatres, weapons and names that came up after the training data are read by their company, less
  surely than the figures say."""


# Of those that a model keeps thresholds for, what a card tells of.
POINTS = (
    *("f1", "f2", "precision:0.8", "precision:0.9", "precision:0.95", "recall:0.8", "recall:0.9"),
    *("false_alarms:0.05", "false_alarms:0.02", "false_alarms:0.01"),
)


def model_card(model: Model) -> str:
    """Write the card of a model."""
    return "\n".join(_lines(model)) + "\n"


def field_section(figures: Mapping[str, Any]) -> str:
    """Write the section on the field set from figures of `scoring.measure.measure`."""
    lines = [
        "## On the field set",
        "",
        f"{figures['sentences']} real sentences of {figures['documents']} documents, labelled",
        "twice blind and adjudicated, never trained on. In brackets: 95 per cent, by bootstrap",
        "over documents.",
        "",
        *_figures(figures),
    ]
    return "\n".join(lines) + "\n"


def _read(model: Model) -> str:
    """Say what is read of a text."""
    kinds = {"word": "words", "char": "characters", "class": "classes of like words"}
    told = [kinds[kind] for kind in model.blocks]
    return " and ".join([", ".join(told[:-1]), told[-1]] if len(told) > 1 else told)


def _lines(model: Model) -> Iterator[str]:
    about, data = model.about, model.about["data"]
    yield f"# Model card: {model.name}"
    yield ""
    yield (
        f"A linear model (TF-IDF of {_read(model)}, logistic regression, calibrated) that gives "
        f"each sentence a probability for {len(model.labels)} "
        f"{'exclusive ' if model.labels.exclusive else ''}labels"
        f"{', at least one a sentence' if model.labels.at_least_one else ''}."
        + (
            ""
            if model.context is None
            else " What the other sentences of its document look like, near by and all of it, "
            "joins the logit of a sentence; one that is scored by itself goes without."
        )
        + (
            ""
            if model.dependence is None
            else " How probable the other labels of a sentence are joins the logit of a label."
        )
        + " Written by `esc train`."
    )
    yield ""
    rows = [[f"`{label.name}`", label.definition or label.title] for label in model.labels]
    yield from _table(["label", "what it means"], rows)
    yield ""
    yield "## Data"
    yield ""
    yield (
        f"{data['sentences']:,} sentences of {data['documents']:,} documents, {data['none']:,} "
        f"without a label. "
        + _neighbours(0 if model.context is None else data.get("neighbours", 0))
        + self_taught(about)
        + f"Fingerprint `{data['fingerprint'][:12]}`."
    )
    yield ""
    origins = [[name or "not stated", f"{count:,}"] for name, count in data["origins"].items()]
    yield from _table(["origin", "sentences"], origins)
    yield ""
    positives = [[f"`{name}`", f"{count:,}"] for name, count in data["positives"].items()]
    yield from _table(["label", "positive sentences"], positives)
    yield ""
    yield "## Figures"
    yield ""
    target = ", ".join(about["settings"]["target"])
    yield (
        "Nested cross-validation: no document is split between folds, and no calibration, "
        "threshold or strength is judged on sentences that chose it."
        + (f" Measured on the sentences of origin {target}." if target else "")
        + " In brackets: 95 per cent, by bootstrap over documents."
    )
    yield ""
    yield from _figures(about["figures"])
    yield ""
    if model.thresholds:
        points = about["settings"]["operating_points"]
        yield (
            "Thresholds, for the best F1"
            + (" where nothing else is said: " if points else ": ")
            + ", ".join(
                f"`{name}` {bound:.3f}" + (f" ({points[name]})" if name in points else "")
                for name, bound in zip(model.labels.names, model.thresholds, strict=True)
            )
            + "."
        )
        yield ""
    yield from _points(about["figures"])
    yield from _failures(about.get("failures", ()))
    yield "## Not for"
    yield ""
    yield NOT_FOR
    yield ""
    yield "## Made with"
    yield ""
    yield ", ".join(f"{name} {version}" for name, version in about["versions"].items()) + (
        f"; C={about['strength']:g}, seed {about['settings']['seed']}."
    )


def _figures(figures: Mapping[str, Any]) -> Iterator[str]:
    rows = []
    for name, found in [*figures["labels"].items(), ("macro", figures["macro"])]:
        cells = [
            interval(found[metric]) if metric in found else ""
            for metric in ("precision", "recall", "f1", "average_precision")
        ]
        error = f"{found['calibration_error']:.3f}" if "calibration_error" in found else ""
        rows.append([f"`{name}`" if name != "macro" else "macro", *cells, error])
    heading = ["label", "precision", "recall", "F1", "average precision", "calibration error"]
    yield from _table(heading, rows)


def _points(figures: Mapping[str, Any]) -> Iterator[str]:
    rows = [row for row in point_rows(figures) if row[0] in {"operating point", *POINTS}]
    if not rows:
        return
    yield (
        "Other operating points, without training: `--operating-point precision:0.9` and the "
        "like (`esc models show` has more); the lowest threshold that keeps a precision, the "
        "highest that keeps a recall. Precision / recall, nested as above:"
    )
    yield ""
    heading, *others = rows
    names = [f"`{name}`" if name in figures["labels"] else name for name in heading]
    yield from _table(names, others)
    yield ""
    if alarms := figures.get("false_alarms"):
        yield (
            f"False alarms, at the thresholds above: {alarm_words(alarms)}, of all origins. The "
            "last column has their share at each point. `false_alarms:0.01` and the like are the "
            "thresholds of all labels together with the best F1 at about that share."
        )
        yield ""


def _failures(failures: Sequence[Mapping[str, Any]]) -> Iterator[str]:
    if not failures:
        return
    yield "## Known failures"
    yield ""
    yield (
        "The worst ones on composed sentences, by models that had not seen their documents; the "
        "sentences of others are not printed here. A label may also be wrong itself."
    )
    yield ""
    for found in failures:
        what = "missed" if found["label"] in found["labels"] else "false alarm"
        carries = ", ".join(f"`{name}`" for name in found["labels"]) or "no label"
        text = escape(" ".join(found["text"].split()), quote=False)
        text = re.sub(r"([\\`*_\[\]])", r"\\\1", text)
        yield (
            f"- `{found['label']}` {what}, probability {found['probability']:.2f} (it carries "
            f"{carries}): {text}"
        )
    yield ""


def _neighbours(count: int) -> str:
    if not count:
        return ""
    return f"Around them stand {count:,} sentences that have no labels, as context. "


def self_taught(about: Mapping[str, Any]) -> str:
    """Say of how many sentences without labels a model learnt, and whose word it took."""
    if not about["settings"].get("self_training"):
        return ""
    data = about["data"]
    taught = data.get("taught", 0)
    count = data.get("neighbours", 0) + data.get("unlabelled", 0) - taught
    said = ""
    if count:
        said = (
            f"Of {count:,} sentences without labels it learnt what a first fit on the labelled "
            "ones was sure of. "
        )
    if taught:
        said += (
            f"Of {taught:,} it learnt what another model, its teacher, was sure of: if that one "
            "had learnt from sentences that are measured on, the figures flatter. "
        )
    return said


def _table(heading: Sequence[str], rows: Sequence[Sequence[str]]) -> Iterator[str]:
    yield "| " + " | ".join(heading) + " |"
    yield "|" + "---|" * len(heading)
    for row in rows:
        yield "| " + " | ".join(cell.replace("|", "\\|") for cell in row) + " |"
