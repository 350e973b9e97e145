"""The JSON interface: the rows of ``esc score`` and ``esc inspect`` for programs."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Annotated, Any

import orjson
from fastapi import APIRouter, Query
from starlette.requests import Request
from starlette.responses import Response

from classifier.errors import InputError, UsageError
from classifier.schema import Document
from classifier.scoring import Predictor
from classifier.scoring.inspection import inspect, inspection_json
from classifier.web.api_shapes import (
    Article,
    Batch,
    Explained,
    ExplainRequest,
    ModelAnswer,
    Refused,
    Scored,
    ScoreRequest,
    Wanted,
)
from classifier.web.direct import DirectRoute, Format
from classifier.web.output import MEDIA, write
from classifier.web.pages import render
from classifier.web.reading import read_text
from classifier.web.site import Site, SiteOf, marks, score

_ERRORS: dict[int | str, dict[str, Any]] = {
    400: {"model": Refused, "description": "Something asked for does not fit the model"},
    413: {"model": Refused, "description": "The request is too large"},
    422: {"model": Refused, "description": "The request or the text in it is not valid"},
    503: {"model": Refused, "description": "Too much is done at once, or the model is unusable"},
    504: {"model": Refused, "description": "It takes too long"},
}
_ROWS: dict[int | str, dict[str, Any]] = {
    200: {
        "model": Scored,
        "content": {MEDIA["jsonl"]: {"schema": {"type": "string"}}, "text/csv": {}},
    }
}
router = APIRouter(prefix="/api", responses=_ERRORS, tags=["api"], route_class=DirectRoute)
# Shorter texts are scored where they come in: a thread would cost more than they do. Each line is a
# sentence at least, and thousands of sentences hold up all other requests.
_SHORT = 20_000
_FEW_LINES = 200

FormatOf = Annotated[
    Format, Query(description="json, or the lines that esc score writes: jsonl, csv")
]


@router.post("/score", response_model=None, responses=_ROWS)
async def score_one(site: SiteOf, asked: ScoreRequest, format: FormatOf = "json") -> Response:  # noqa: A002
    """Score an article: a probability and a decision for each label of each sentence."""
    return await _scored(site, [asked], asked, format)


@router.post("/batch", response_model=None, responses=_ROWS)
async def score_many(site: SiteOf, asked: Batch, format: FormatOf = "json") -> Response:  # noqa: A002
    """Score some articles at once."""
    most = site.settings.max_documents
    if len(asked.documents) > most:
        raise InputError(f"{len(asked.documents)} documents, at most {most} at once")
    return await _scored(site, asked.documents, asked, format, "documents.{}: ")


@router.post("/explain", response_model=None, responses={200: {"model": Explained}})
async def explain(site: SiteOf, asked: ExplainRequest) -> Response:
    """Explain sentences of an article: the exact share of every term of the model."""
    predictor = site.predictor.with_thresholds(asked.thresholds)
    labels = _labels(asked, predictor)
    in_time = site.workers.deadline()

    def work() -> bytes:
        result = score(predictor, _document(asked, site))
        found = inspect(predictor, result, asked.sentences, labels, in_time)
        return orjson.dumps(inspection_json(result, found, predictor.model, asked.top))

    return Response(await site.workers.run(work), media_type=MEDIA["json"])


@router.get("/model", response_model=None, responses={200: {"model": ModelAnswer}})
def model(site: SiteOf) -> Response:
    """Tell what the model is: labels, thresholds, and how well it did when it was measured."""
    found = site.predictor.model
    bands = dict(zip(found.labels.names, found.bands, strict=False))
    value = {
        "model": found.name,
        "fingerprint": found.fingerprint,
        "exclusive": found.labels.exclusive,
        "at_least_one": found.labels.at_least_one,
        "labels": [
            {
                "name": label.name,
                "title": label.title,
                "definition": label.definition,
                "colour": label.colour,
                "sign": sign,
                "threshold": site.predictor.thresholds.get(label.name),
                "uncertain": bands.get(label.name),
                "operating_points": {point: row[i] for point, row in found.points.items()},
            }
            for i, (label, sign) in enumerate(zip(found.labels, marks(found.labels), strict=True))
        ],
        "data": found.about.get("data"),
        "figures": found.about.get("figures"),
        "versions": found.about.get("versions"),
    }
    return Response(orjson.dumps(value), media_type=MEDIA["json"])


@router.get("/docs", include_in_schema=False)
def docs(request: Request) -> Response:
    """Show this interface to people."""
    return render(request, "api.html", schema=request.app.openapi(), host=request.url.netloc)


def _document(asked: Article, site: Site, where: str = "") -> Document:
    try:
        found = read_text(asked.text, site.settings, asked.title, asked.date)
        asked.id.encode()
    except InputError as error:
        raise InputError(f"{where}{error}") from error
    return Document(
        asked.id, found.text, asked.id, found.title, found.date, language=found.language
    )


def _labels(asked: Wanted, predictor: Predictor) -> Sequence[str] | None:
    for name in asked.labels or ():
        if name not in predictor.labels:
            raise UsageError(f"no label {name!r} in this model: {', '.join(predictor.labels)}")
    if not asked.labels:
        return None
    return [name for name in predictor.labels if name in asked.labels]


async def _scored(
    site: Site, articles: Sequence[Article], asked: Wanted, form: str, where: str = ""
) -> Response:
    predictor = site.predictor.with_thresholds(asked.thresholds)
    labels = _labels(asked, predictor)
    in_time = site.workers.deadline()

    def documents() -> list[Document]:
        return [
            _document(one, site, where.format(number))
            for number, one in enumerate(in_time(articles))
        ]

    def work() -> bytes:
        results = (score(predictor, document) for document in in_time(documents()))
        return b"".join(write(form, results, predictor, labels))

    if _are_short(articles):
        results = await site.together.score(predictor, documents(), in_time)
        data = b"".join(write(form, results, predictor, labels))
    else:
        data = await site.workers.run(work)
    return Response(data, media_type=MEDIA[form])


def _are_short(articles: Sequence[Article]) -> bool:
    return (
        sum(len(one.text) + len(one.title) for one in articles) <= _SHORT
        and sum(len(one.text.splitlines()) for one in articles) <= _FEW_LINES
    )
