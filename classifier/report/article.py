"""An inspected article as one self-contained HTML file: no script, no outside resource."""

from __future__ import annotations

import re
from html import escape
from importlib.resources import files
from typing import TYPE_CHECKING

from classifier.scoring.explain import rows_beside, word_weights

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from classifier.model.artefact import Model
    from classifier.schema import Explanation, LabelSet, Prediction
    from classifier.scoring.results import Result


def article_html(
    results: Sequence[tuple[Result, Sequence[tuple[Prediction, Sequence[Explanation]]]]],
    model: Model,
    top: int,
) -> str:
    """Build the page for some inspected documents.

    Parameters
    ----------
    results : sequence of (Result, inspected sentences)
    model : Model
    top : int
        Terms shown for each label of a sentence.
    """
    body = "\n".join(
        part
        for number, (result, inspected) in enumerate(results, 1)
        for part in _document(result, inspected, model, top, f"document-{number}")
    )
    style = files(__package__).joinpath("article.css").read_text(encoding="utf-8")
    title = ", ".join(_name(result) for result, _ in results[:3])
    legend = "".join(
        f"<tr><td>{_tag(label.name, model.labels)}</td><td>{escape(label.definition)}</td></tr>"
        for label in model.labels
    )
    read = "one sentence" if model.context is None else "one sentence and around it"
    return (
        "<!doctype html>\n"
        f'<html lang="en"><head><meta charset="utf-8"><title>{escape(title)}</title>'
        '<meta name="viewport" content="width=device-width,initial-scale=1">'
        '<meta http-equiv="Content-Security-Policy" content="default-src \'none\'; '
        "style-src 'unsafe-inline'\">"
        f"<style>{style}</style></head><body>\n<h1>Escalation signals</h1>\n"
        f'<p class="soft">Model {escape(model.name)} ({escape(model.fingerprint)}). A probability '
        f"is what a linear model read in {read}; it is not a finding. Open a sentence to see "
        "why: orange words raised the probability, blue dotted ones lowered it.</p>\n"
        f"<table>{legend}</table>\n{body}\n</body></html>\n"
    )


def _name(result: Result) -> str:
    # The page is made to be sent: the folders of the sender's machine are nobody's business.
    return result.document.title or re.split(r"[/\\]", result.document.id)[-1]


def _colour(name: str, labels: LabelSet) -> str:
    return next(label.colour for label in labels if label.name == name)


def _tag(name: str, labels: LabelSet, note: str = "") -> str:
    title = next(label.title for label in labels if label.name == name)
    colour = _colour(name, labels)
    return f'<span class="tag" style="border-color:{colour}">{escape(title)}{note}</span>'


def _document(
    result: Result,
    inspected: Sequence[tuple[Prediction, Sequence[Explanation]]],
    model: Model,
    top: int,
    anchor: str,
) -> Iterator[str]:
    labels = model.labels
    profile = result.profile(labels.names)
    yield f"<h2>{escape(_name(result))}</h2>"
    yield (
        f'<p class="soft">{profile["sentences"]} sentences, {profile["signals"]} with a signal '
        f"({profile['signal_share']:.0%})</p>"
    )
    cells = []
    for prediction in result.predictions:
        strongest = max(prediction.decisions, key=lambda n: prediction.probabilities[n], default="")
        style = f' style="background:{_colour(strongest, labels)}"' if strongest else ""
        index = prediction.sentence.index
        cells.append(f'<a href="#{anchor}-{index}" title="#{index}"{style}></a>')
    yield f'<div class="strip" aria-label="Overview of the document">{"".join(cells)}</div>'
    for prediction, explanations in inspected:
        yield _sentence(prediction, explanations, labels, anchor, top)


def _sentence(
    prediction: Prediction,
    explanations: Sequence[Explanation],
    labels: LabelSet,
    anchor: str,
    top: int,
) -> str:
    sentence = prediction.sentence
    tags = "".join(
        _tag(name, labels, f" {prediction.probabilities[name]:.2f}")
        for name in prediction.decisions
    )
    edge = f' style="border-color:{_colour(prediction.decisions[0], labels)}"' if tags else ""
    why = "".join(
        _explanation(sentence.text, e, e.label in prediction.decisions, top) for e in explanations
    )
    why = why or '<p class="soft">Not explained here: esc inspect explains every sentence.</p>'
    return (
        f'<details id="{anchor}-{sentence.index}"{edge}><summary>{tags}{escape(sentence.text)}'
        f'</summary><div class="why"><p class="soft">Sentence {sentence.index}, characters '
        f"{sentence.start} to {sentence.end}</p>{why}</div></details>"
    )


def _explanation(text: str, explanation: Explanation, yes: bool, top: int) -> str:
    words = word_weights(text, explanation)
    strongest = max((abs(weight) for _, _, weight in words), default=0.0) or 1.0
    marked, place = [], 0
    for start, end, weight in words:
        share = abs(weight) / strongest
        marked.append(escape(text[place:start]))
        word = escape(text[start:end])
        if share >= 0.05:
            side = "up" if weight > 0 else "down"
            word = (
                f'<mark class="{side}" style="--w:{share:.2f}" title="{weight:+.3f}">{word}</mark>'
            )
        marked.append(word)
        place = end
    shown = explanation.contributions[:top]
    rest = explanation.contributions[top:]
    rows = [(escape(c.term.replace(" ", "␣")), c.kind, c.weight) for c in shown]
    rows += [(f"{len(rest)} other terms", "", sum(c.weight for c in rest))]
    rows += [(name, "", weight) for name, weight in rows_beside(explanation)]
    rows += [("intercept", "", explanation.intercept), ("logit", "", explanation.logit)]
    cells = "".join(
        f'<tr><td class="n">{weight:+.3f}</td><td>{term}</td><td>{kind}</td></tr>'
        for term, kind, weight in rows
    )
    bound = explanation.threshold
    threshold = f", threshold {bound:.2f}" if bound == bound else ""
    return (
        f"<h3>{escape(explanation.label)}: {'yes' if yes else 'no'}, probability "
        f"{explanation.probability:.3f}{threshold}</h3><p>{''.join(marked)}</p><table>{cells}</table>"
    )
