"""What goes into the JSON interface and comes out of it, for checking and for its description."""

from __future__ import annotations

from typing import Annotated, Any

from pydantic import BaseModel, ConfigDict, Field

_TEXT = "The President warned that any attack on the bridge would cross a red line."


class _Closed(BaseModel):
    model_config = ConfigDict(extra="forbid")


class _Open(BaseModel):
    # Names may be added to rows; none of these goes or changes its meaning without a new schema.
    model_config = ConfigDict(extra="allow")


# More is refused at the first one too many: a list of a million is no question about an article.
_MOST_LABELS = 1000
_MOST_SENTENCES = 10_000
_MOST_DOCUMENTS = 1000
LabelName = Annotated[str, Field(max_length=200)]


class Wanted(_Closed):
    """What of the model is used."""

    labels: Annotated[
        list[LabelName] | None,
        Field(max_length=_MOST_LABELS, description="labels that are shown; all if not given"),
    ] = None
    thresholds: Annotated[
        dict[LabelName, float],
        Field(
            max_length=_MOST_LABELS,
            description="probability from which a label is a yes; the model's if not given",
        ),
    ] = {}


class Article(_Closed):
    """An article."""

    text: Annotated[str, Field(description="plain text in English", examples=[_TEXT])]
    id: Annotated[str, Field(max_length=1000, description="comes back as document")] = "-"
    title: Annotated[
        str, Field(max_length=1000, description="comes back; a sentence of the context, too")
    ] = ""
    date: Annotated[str, Field(max_length=100, description="comes back")] = ""


class ScoreRequest(Article, Wanted):
    """An article, and what of the model is used."""


class Batch(Wanted):
    """Some articles, and what of the model is used."""

    documents: Annotated[
        list[Article],
        Field(min_length=1, max_length=_MOST_DOCUMENTS, fail_fast=True, description="articles"),
    ]


class ExplainRequest(Article, Wanted):
    """An article, and what of it is explained."""

    labels: Annotated[
        list[LabelName] | None,
        Field(
            max_length=_MOST_LABELS,
            description="labels that are explained; those decided on if not given",
        ),
    ] = None
    sentences: Annotated[
        list[int] | None,
        Field(
            max_length=_MOST_SENTENCES, description="numbers of sentences, from 0; all if not given"
        ),
    ] = None
    top: Annotated[int, Field(ge=0, le=10_000, description="terms for each label")] = 8


class SentenceRow(_Open):
    """A sentence: ``text`` is ``start`` to ``end`` of the article, in code points."""

    document: str
    source: str
    title: str
    date: str
    index: int
    start: int
    end: int
    text: str
    probabilities: dict[str, float]
    decisions: list[str]
    model: str
    fingerprint: str


class DocumentRow(_Open):
    """An article: its profile, and its sentences."""

    document: str
    source: str
    title: str
    date: str
    sentences: int
    signals: int
    signal_share: float
    labels: dict[str, Any]
    predictions: list[SentenceRow]


class Scored(_Open):
    """Scored articles, and by what."""

    schema_: Annotated[int, Field(alias="schema", description="version of these names")]
    model: str
    fingerprint: str
    labels: list[str]
    thresholds: dict[str, float]
    documents: list[DocumentRow]


class TermShare(_Open):
    """What a term adds to the logit."""

    term: str
    kind: str
    weight: float
    count: int
    spans: list[tuple[int, int]]


class ContextShare(_Open):
    """What the rest of the document adds: the sentences near by, and all of it."""

    near: float
    rest: float


class LabelExplained(_Open):
    """All shares and the ``intercept`` add up to the ``logit``.

    The shares are the contributions, ``other_terms``, ``context`` and ``other_labels``.
    """

    label: str
    probability: float
    threshold: float | None
    logit: float
    intercept: float
    contributions: list[TermShare]
    other_terms: float
    context: ContextShare
    other_labels: Annotated[
        dict[str, float], Field(description="what the probability of each other label adds")
    ]


class SentenceExplained(_Open):
    """A sentence with the reasons of its labels."""

    index: int
    start: int
    end: int
    text: str
    probabilities: dict[str, float]
    decisions: list[str]
    explanations: list[LabelExplained]


class Explained(_Open):
    """An explained article."""

    document: str
    title: str
    model: str
    fingerprint: str
    sentences: list[SentenceExplained]


class ModelLabel(_Open):
    """A label.

    ``uncertain`` are the probabilities between which a person should look, ``operating_points``
    the thresholds for other precisions and recalls, which requests may ask for.
    """

    name: str
    title: str
    definition: str
    colour: str
    sign: str
    threshold: float | None
    uncertain: tuple[float, float] | None
    operating_points: dict[str, float]


class ModelAnswer(_Open):
    """What the model is."""

    model: str
    fingerprint: str
    exclusive: bool
    at_least_one: bool
    labels: list[ModelLabel]
    data: dict[str, Any] | None
    figures: dict[str, Any] | None
    versions: dict[str, str] | None


class Fault(_Open):
    """What went wrong: a code for programs, a sentence for people."""

    code: str
    message: str


class Refused(BaseModel):
    """Every error."""

    error: Fault
