"""One sentence of an article: why, by which rule, what is like it, and what it should have been."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Annotated

from fastapi import APIRouter, Form
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import Response

from classifier.corpus.codebook import rules_of, sections
from classifier.errors import UsageError
from classifier.labelling.corrections import add_correction as keep_in_store
from classifier.schema import Document, Prediction
from classifier.scoring import Predictor
from classifier.web import view
from classifier.web.articles import ArticleOf
from classifier.web.corrections import add_correction
from classifier.web.library import codebook_beside
from classifier.web.pages import render
from classifier.web.site import PredictorOf, Site, SiteOf
from classifier.web.store import name_of

router = APIRouter(prefix="/articles/{article}/sentences")
TERMS = 10
SIMILAR = 5


@router.get("/{number}")
async def sentence(
    request: Request, site: SiteOf, document: ArticleOf, predictor: PredictorOf, number: int
) -> Response:
    """Show why a sentence got its probabilities."""
    return await site.workers.run(_explained, request, site, document, predictor, number)


def _explained(
    request: Request, site: Site, document: Document, predictor: Predictor, number: int
) -> Response:
    predictions = site.scores.of(predictor, document).predictions
    prediction = _at(predictions, number)
    text = prediction.sentence.text
    rules = sections(codebook_beside(site.settings.corpus), predictor.model.labels)
    explanations = predictor.explain_all(text, prediction.context)
    bands = dict(zip(predictor.labels, predictor.model.bands, strict=False))
    probabilities, decided = prediction.probabilities, prediction.decisions
    ordered = sorted(
        predictor.model.labels, key=lambda x: (x.name not in decided, -probabilities[x.name])
    )
    details = [
        {
            "label": label,
            "probability": probabilities[label.name],
            "threshold": predictor.thresholds.get(label.name),
            "band": bands.get(label.name),
            "decided": label.name in decided,
            "uncertain": label.name in prediction.uncertain,
            "words": view.marked_words(text, explanations[label.name]),
            "terms": view.term_rows(explanations[label.name], TERMS),
            "logit": explanations[label.name].logit,
            "rules": rules_of(rules.get(label.name, "")),
        }
        for label in ordered
    ]
    before, after = view.neighbours_of(predictions, number, 2, 1)
    return render(
        request,
        "sentence.html",
        document=document,
        name=name_of(document),
        prediction=prediction,
        last=len(predictions) - 1,
        before=before,
        after=after,
        details=details,
        similar=site.neighbours.find(predictor, text, SIMILAR),
    )


@router.post("/{number}/correction")
async def correct(
    request: Request,
    site: SiteOf,
    document: ArticleOf,
    number: int,
    label: Annotated[list[str], Form()] = [],  # noqa: B006
    annotator: Annotated[str, Form(max_length=100)] = "",
    comment: Annotated[str, Form(max_length=2000)] = "",
) -> Response:
    """Keep the labels that a reader says a sentence should have."""
    labels = site.labels
    unknown = [name for name in label if name not in labels]
    if unknown:
        raise UsageError(f"no label {unknown[0][:80]!r} in this model: {', '.join(labels.names)}")
    # The answer goes into the project, whose label set may ask for more than the model's.
    project = site.labelling
    same = project is not None and project.labels.names == labels.names
    for given in [labels, project.labels] if project is not None and same else [labels]:
        if not given.allows(len(set(label))):
            raise UsageError(
                "the labels exclude each other: choose exactly one"
                if given.exclusive
                else "every sentence has a label in this label set: choose at least one"
            )
    return await site.workers.run(_keep, request, site, document, number, label, annotator, comment)


def _keep(
    request: Request,
    site: Site,
    document: Document,
    number: int,
    label: list[str],
    annotator: str,
    comment: str,
) -> Response:
    labels = site.labels
    predictions = site.scores.of(site.predictor, document).predictions
    prediction = _at(predictions, number)
    chosen = [name for name in labels.names if name in label]
    before, after = view.neighbours_of(predictions, number, 2, 1)
    project = site.labelling
    if project is not None and project.labels.names == labels.names:
        keep_in_store(
            project.store,
            prediction.sentence.text,
            chosen,
            annotator.strip() or site.annotator,
            document=document.id,
            position=number,
            headline=document.title,
            before=before,
            after=after,
            comment=comment,
        )
    else:
        add_correction(
            site.settings.data,
            text=prediction.sentence.text,
            labels=chosen,
            document=document.id,
            position=number,
            context=before,
            title=document.title,
            annotator=annotator.strip(),
            comment=comment.strip(),
            model=site.predictor.model.fingerprint,
            probabilities=prediction.probabilities,
        )
    return render(
        request,
        "corrected.html",
        document=document,
        name=name_of(document),
        number=number,
        chosen=chosen,
    )


def _at(predictions: Sequence[Prediction], number: int) -> Prediction:
    if not 0 <= number < len(predictions):
        raise HTTPException(404)
    return predictions[number]
