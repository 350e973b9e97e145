"""The report on a model: what it was trained on, how good it is, where it fails.

One self-contained HTML file for people who do not program: no script, nothing from outside. The
same page serves a training run and a measurement on other data.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from html import escape
from typing import TYPE_CHECKING, Any

from classifier.report.card import self_taught
from classifier.report.composition import composition
from classifier.report.confusion import confusion_section
from classifier.report.html import figure_cell, marked, page, table, tag
from classifier.report.label import label_section
from classifier.report.mistakes import held_out_mistakes, shown_mistakes
from classifier.report.studies import learning_section, leave_out_section
from classifier.report.terminal import alarm_words
from classifier.scoring.explain import rows_beside
from classifier.scoring.measure import score_corpus

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    from classifier.corpus.read import Corpus
    from classifier.model.artefact import Model
    from classifier.model.evaluate import Measured
    from classifier.model.train import Trained
    from classifier.schema import Example
    from classifier.scoring import Predictor
    from classifier.scoring.measure import Mistake

# A page with more labels than this would be read by nobody; the commonest are shown.
MAX_LABELS = 40
MISTAKES = 6


@dataclass(frozen=True)
class Report:
    """What a report is made from.

    Parameters
    ----------
    model : Model
    measured : Measured
        Predictions by models that did not see the sentence, and the truth.
    figures : mapping
        Of them, as `classifier.model.evaluate.evaluate` returns it.
    examples : sequence of Example
        The data: what the model was trained on, or what it was measured on.
    mistakes : sequence of Mistake
        The worst ones that may be printed.
    training : bool
        Whether this is the report of a training run.
    """

    model: Model
    measured: Measured
    figures: Mapping[str, Any]
    examples: Sequence[Example]
    mistakes: Sequence[Mistake]
    training: bool


def training_report(trained: Trained, corpus: Corpus, fingerprint: str) -> str:
    """Build the page of a training run; `fingerprint` is the one under which it was saved."""
    return report_html(
        Report(
            model=replace(trained.model, fingerprint=fingerprint),
            measured=trained.measured,
            figures=trained.model.about["figures"],
            examples=corpus.examples,
            mistakes=held_out_mistakes(trained, corpus, MISTAKES),
            training=True,
        )
    )


def evaluation_report(predictor: Predictor, corpus: Corpus, figures: Mapping[str, Any]) -> str:
    """Build the page of a measurement; `figures` are those of `scoring.measure.measure`."""
    return report_html(
        Report(
            model=predictor.model,
            measured=score_corpus(predictor, corpus),
            figures=figures,
            examples=corpus.examples,
            mistakes=shown_mistakes(predictor, corpus, MISTAKES),
            training=False,
        )
    )


def report_html(report: Report) -> str:
    """Build the page.

    Raises
    ------
    UsageError
        matplotlib is not installed.
    """
    what = "Training report" if report.training else "Evaluation report"
    return page(f"{what}: {report.model.name}", report.model.labels, _body(report, what))


def _body(report: Report, what: str) -> Iterator[str]:
    model, about = report.model, report.model.about
    yield f"<h1>{what}: {escape(model.name)}</h1>"
    yield f'<p class="soft">{_identity(model)}</p>'
    curve = about.get("learning_curve") if report.training else None
    left_out = about.get("leave_out", {}) if report.training else {}
    parts = [
        ("short", "In short"),
        ("labels", "Label by label"),
        ("confusion", "What is taken for what"),
        *([("learning", "What more data would bring")] if curve else []),
        *([("unseen", "On what it has never seen")] if left_out else []),
        ("data", "The data"),
        ("mistakes", "The worst mistakes"),
        ("limits", "What it is not for"),
    ]
    title = dict(parts)
    links = "".join(f'<li><a href="#{anchor}">{name}</a></li>' for anchor, name in parts)
    yield f'<nav aria-label="Contents"><ul>{links}</ul></nav>'
    yield f'<h2 id="short">{title["short"]}</h2>'
    yield from _short(report)
    yield f'<h2 id="labels">{title["labels"]}</h2>'
    yield from _labels(report)
    yield f'<h2 id="confusion">{title["confusion"]}</h2>'
    yield from confusion_section(report.measured, model.labels)
    if curve:
        yield f'<h2 id="learning">{title["learning"]}</h2>'
        yield from learning_section(curve, model.labels)
    if left_out:
        yield f'<h2 id="unseen">{title["unseen"]}</h2>'
        for field, found in left_out.items():
            yield from leave_out_section(field, found, model.labels)
    yield f'<h2 id="data">{title["data"]}</h2>'
    yield from _data(report)
    yield f'<h2 id="mistakes">{title["mistakes"]}</h2>'
    yield from _mistakes(report)
    yield f'<h2 id="limits">{title["limits"]}</h2>'
    yield from _limits(report)


def _identity(model: Model) -> str:
    data = str(model.about["data"]["fingerprint"])[:12]
    fingerprint = f" {escape(model.fingerprint)}" if model.fingerprint else ""
    return f"Model {escape(model.name)}{fingerprint}, trained on data {data}."


def _short(report: Report) -> Iterator[str]:
    figures, labels = report.figures, report.model.labels
    what = "one of" if labels.exclusive else "any of"
    yield (
        f"<p>The model reads one sentence at a time and gives it {what} {len(labels)} labels, each "
        "with a probability. "
        + (
            ""
            if report.model.context is None
            else "What the rest of the document looks like, near by and all of it, counts too. "
        )
        + (
            ""
            if report.model.dependence is None
            else "How probable its other labels are counts too. "
        )
        + (
            "All figures here come from sentences that the model had not seen when it judged them: "
            "the documents were dealt into parts, and each part was judged by a model trained on "
            "the others."
            if report.training
            else "All figures here come from the labelled sentences that it was given to judge; "
            "they count only if it was not trained on them."
        )
        + "</p>"
    )
    share = 100 * figures["subset_accuracy"]
    yield (
        f"<p>It judged {figures['sentences']:,} sentences of {figures['documents']:,} documents"
        f"{_target(report)}. Of 100 sentences it gets {share:.0f} wholly right"
        + (
            "."
            if labels.needs_label
            else f"; a program that never gives a label would get "
            f"{100 * figures['always_none']['subset_accuracy']:.0f}, and find nothing."
        )
        + "</p>"
    )
    metrics = ("precision", "recall", "f1", "average_precision")
    rows = [
        [tag(labels, n), *(figure_cell(found[m]) for m in metrics), f"{found['support']:,}"]
        for n, found in figures["labels"].items()
    ]
    macro = figures["macro"]
    means = (figure_cell(macro["f1"]), figure_cell(macro["average_precision"]))
    rows.append(["mean (macro)", "", "", *means, ""])
    heading = ["label", "precision", "recall", "F1", "average precision", "sentences with it"]
    yield table(heading, rows, total=True)
    if alarms := figures.get("false_alarms"):
        yield f"<p>False alarms: {escape(alarm_words(alarms))}.</p>"
    yield (
        '<p class="soft"><b>Precision</b>: of the sentences that it flags, the share that carry '
        "the label. <b>Recall</b>: of the sentences that carry the label, the share that it flags. "
        "<b>F1</b> is high only if both are. <b>Average precision</b>: how well the probability "
        "sorts the sentences, whatever the threshold. 1 is perfect. The small numbers, and "
        "“likely” below, are 95 per cent intervals: they say how much hangs on which documents "
        "happened to be there (bootstrap over documents).</p>"
    )


def _target(report: Report) -> str:
    target = report.model.about["settings"].get("target") or []
    if not (report.training and target):
        return ""
    return f" of the origin {escape(', '.join(target))}, which is what it is for"


def _labels(report: Report) -> Iterator[str]:
    names = list(report.model.labels.names)
    support = report.measured.truth.sum(axis=0)
    shown = sorted(range(len(names)), key=lambda i: (-int(support[i]), i))[:MAX_LABELS]
    if len(shown) < len(names):
        yield f"<p>The {len(shown)} commonest of {len(names)} labels.</p>"
    for i in sorted(shown):
        yield from label_section(report.model, report.measured, report.figures, i)


def _data(report: Report) -> Iterator[str]:
    settings, labels = report.model.about["settings"], report.model.labels
    roles: dict[str, str] = {}
    if report.training:
        for origin in sorted({e.origin for e in report.examples}):
            said = []
            if origin in settings.get("target", ()):
                said.append("the figures are measured on these")
            weight = float(settings.get("origin_weights", {}).get(origin, 1))
            if weight != 1:
                said.append(f"counts {weight:g} in training")
            if said:
                roles[origin] = "; ".join(said)
    yield (
        f"<p>What the model was trained on. {escape(self_taught(report.model.about))}</p>"
        if report.training
        else ("<p>What the model was measured on. Its model card says what it was trained on.</p>")
    )
    yield from composition(report.examples, labels, roles)


def _mistakes(report: Report) -> Iterator[str]:
    labels = report.model.labels
    if not report.mistakes:
        yield (
            "<p>None can be shown: only sentences that were written for training (origin "
            "“composed”) are printed here, since the others belong to their publishers.</p>"
        )
        return
    yield (
        "<p>Where the model was surest and wrong. Only sentences that were written for training "
        "are printed, since the others belong to their publishers. Orange words raised the "
        "probability, blue dotted ones lowered it."
        + (
            " The explanations are by a model that was trained without these documents."
            if report.training
            else ""
        )
        + "</p>"
    )
    last = None
    for m in report.mistakes:
        missed = m.label in m.example.labels
        if missed is not last:
            yield f"<h3>{'Missed' if missed else 'False alarms'}</h3>"
            last = missed
        place = labels.names.index(m.label)
        true = "".join(tag(labels, name) for name in m.example.labels) or "no label"
        terms = [c for c in m.explanation.contributions if c.kind != "char"][:6]
        told = [f"{escape(c.term)} {c.weight:+.2f}" for c in terms]
        told += [f"{name} {weight:+.2f}" for name, weight in rows_beside(m.explanation)]
        why = ", ".join(told)
        yield (
            f'<div class="mistake" style="border-color:var(--c{place})"><p>'
            f"{tag(labels, m.label)}<b>{'missed' if missed else 'given wrongly'}</b>: probability "
            f'{m.probability:.2f}. <span class="soft">It carries: {true}</span></p>'
            f"<p>{marked(m.example.text, m.explanation)}</p>"
            f'<p class="soft">{escape(m.example.id)}'
            + (f" · strongest shares: {why}" if why else "")
            + "</p></div>"
        )


def _limits(report: Report) -> Iterator[str]:
    from classifier.report.card import NOT_FOR

    items = " ".join(NOT_FOR.split()).removeprefix("- ").split(" - ")
    yield "<ul class=facts>" + "".join(f"<li>{escape(item)}</li>" for item in items) + "</ul>"
    versions = ", ".join(f"{n} {v}" for n, v in report.model.about["versions"].items())
    strength, seed = report.model.about["strength"], report.model.about["settings"]["seed"]
    yield f'<p class="soft">Made with {escape(versions)}; C={strength:g}, seed {seed}.</p>'
