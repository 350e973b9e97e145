"""An inspected article as one self-contained HTML file: no script, no outside resource."""

from __future__ import annotations

import re
from html import escape
from typing import TYPE_CHECKING

from classifier.scoring.explain import word_weights

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from classifier.model.artefact import Model
    from classifier.schema import Explanation, LabelSet, Prediction
    from classifier.scoring.results import Result

_STYLE = """
:root{color-scheme:light dark;--ink:#1b1b1b;--soft:#666;--line:#ddd;--paper:#fff;--card:#f7f7f5}
@media(prefers-color-scheme:dark){:root{--ink:#e8e6e3;--soft:#a5a29c;--line:#3a3a3a;--paper:#161616;--card:#202020}}
*{box-sizing:border-box}
body{font:17px/1.55 system-ui,sans-serif;color:var(--ink);background:var(--paper);margin:0 auto;max-width:60rem;padding:1.5rem 1rem 4rem}
h1{font-size:1.4rem;margin:0 0 .3rem;overflow-wrap:anywhere}
h2{font-size:1.1rem;margin:2.2rem 0 .5rem;overflow-wrap:anywhere}
.soft{color:var(--soft);font-size:.9rem}
table{border-collapse:collapse;font-size:.9rem}
td,th{padding:.15rem .7rem .15rem 0;text-align:left;font-weight:400}
th{color:var(--soft)}
td.n,th.n{text-align:right;font-variant-numeric:tabular-nums}
.strip{display:flex;gap:2px;height:1.6rem;margin:.6rem 0 1rem}
.strip a{flex:1;background:var(--line);border-radius:2px}
details{border-left:4px solid var(--line);background:var(--card);margin:.35rem 0;border-radius:0 4px 4px 0}
summary{padding:.45rem .8rem;cursor:pointer;list-style-position:outside}
.why{padding:.2rem .9rem 1rem}
.why h3{font-size:.95rem;margin:1rem 0 .3rem}
.tag{display:inline-block;font-size:.78rem;border:2px solid;border-radius:999px;padding:0 .5rem;margin:0 .25rem 0 0;white-space:nowrap}
mark{color:inherit;background:none;border-radius:3px;padding:.05rem .1rem}
mark.up{background:rgba(230,120,0,calc(var(--w)*.75))}
mark.down{background:rgba(0,110,190,calc(var(--w)*.6));text-decoration:underline dotted}
"""


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
    body = "\n".join(part for result, inspected in results for part in _document(result, inspected, model, top))
    title = ", ".join(result.document.id for result, _ in results[:3])
    legend = "".join(
        f"<tr><td>{_tag(label.name, model.labels)}</td><td>{escape(label.definition)}</td></tr>"
        for label in model.labels
    )
    return (
        "<!doctype html>\n"
        f'<html lang="en"><head><meta charset="utf-8"><title>{escape(title)}</title>'
        '<meta name="viewport" content="width=device-width,initial-scale=1">'
        "<meta http-equiv=\"Content-Security-Policy\" content=\"default-src 'none'; "
        "style-src 'unsafe-inline'\">"
        f"<style>{_STYLE}</style></head><body>\n<h1>Escalation signals</h1>\n"
        f'<p class="soft">Model {escape(model.name)} ({escape(model.fingerprint)}). A probability '
        "is what a linear model read in one sentence; it is not a finding. Open a sentence to see "
        "why: orange words raised the probability, blue dotted ones lowered it.</p>\n"
        f"<table>{legend}</table>\n{body}\n</body></html>\n"
    )


def _colour(name: str, labels: LabelSet) -> str:
    return next(label.colour for label in labels if label.name == name)


def _tag(name: str, labels: LabelSet, note: str = "") -> str:
    title = next(label.title for label in labels if label.name == name)
    return f'<span class="tag" style="border-color:{_colour(name, labels)}">{escape(title)}{note}</span>'


def _document(
    result: Result,
    inspected: Sequence[tuple[Prediction, Sequence[Explanation]]],
    model: Model,
    top: int,
) -> Iterator[str]:
    labels = model.labels
    profile = result.profile(labels.names)
    anchor = re.sub(r"[^\w.-]", "_", result.document.id)
    yield f"<h2>{escape(result.document.id)}</h2>"
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
        _tag(name, labels, f" {prediction.probabilities[name]:.2f}") for name in prediction.decisions
    )
    edge = f' style="border-color:{_colour(prediction.decisions[0], labels)}"' if tags else ""
    why = "".join(_explanation(sentence.text, e, e.label in prediction.decisions, top) for e in explanations)
    return (
        f'<details id="{anchor}-{sentence.index}"{edge}><summary>{tags}{escape(sentence.text)}'
        f'</summary><div class="why"><p class="soft">Sentence {sentence.index}, characters '
        f"{sentence.start} to {sentence.end}</p>{why}</div></details>"
    )


def _explanation(text: str, explanation: Explanation, yes: bool, top: int) -> str:  # noqa: FBT001
    words = word_weights(text, explanation)
    strongest = max((abs(weight) for _, _, weight in words), default=0.0) or 1.0
    marked, place = [], 0
    for start, end, weight in words:
        share = abs(weight) / strongest
        marked.append(escape(text[place:start]))
        word = escape(text[start:end])
        if share >= 0.05:
            side = "up" if weight > 0 else "down"
            word = f'<mark class="{side}" style="--w:{share:.2f}" title="{weight:+.3f}">{word}</mark>'
        marked.append(word)
        place = end
    shown = explanation.contributions[:top]
    rest = explanation.contributions[top:]
    rows = [(escape(c.term.replace(" ", "␣")), c.kind, c.weight) for c in shown]
    rows += [(f"{len(rest)} other terms", "", sum(c.weight for c in rest))]
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
