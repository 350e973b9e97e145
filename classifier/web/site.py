"""What all pages of a running site share."""

from __future__ import annotations

from collections import OrderedDict
from dataclasses import dataclass
from threading import Lock
from typing import TYPE_CHECKING, Annotated

from fastapi import Depends, Query
from pydantic import StringConstraints
from starlette.requests import Request

from classifier.errors import UsageError
from classifier.report.colours import DARK, LIGHT, visible
from classifier.scoring import Predictor
from classifier.scoring.results import Result

if TYPE_CHECKING:
    from collections.abc import Hashable

    from classifier.labelling.project import Project
    from classifier.schema import Document, LabelSet, Prediction
    from classifier.web.settings import WebSettings
    from classifier.web.similar import Neighbours
    from classifier.web.store import Articles
    from classifier.web.together import Together
    from classifier.web.work import Workers

# Lines under the sentences of each label: what tells them apart for those who see no colour.
_LINES = ("solid", "double", "dashed", "dotted", "wavy")


@dataclass
class Site:
    """What the pages share; ``request.app.state.site``.

    Parameters
    ----------
    predictor : Predictor
        The model in use. It may be replaced while the site runs.
    settings : WebSettings
    articles : Articles
    neighbours : Neighbours
    workers : Workers
        For what takes long.
    together : Together
        For short articles.
    scores : Scores
    labelling : Project, optional
        What is labelled here.
    annotator : str
        Who labels where the visitor says nothing else.
    """

    predictor: Predictor
    settings: WebSettings
    articles: Articles
    neighbours: Neighbours
    workers: Workers
    together: Together
    scores: Scores
    labelling: Project | None = None
    annotator: str = ""

    @property
    def labels(self) -> LabelSet:
        """The labels of the model in use."""
        return self.predictor.model.labels

    def mark(self, name: str) -> str:
        """Return the short sign of a label, which stands beside its colour."""
        return marks(self.labels)[self.labels.names.index(name)]

    def place(self, name: str) -> int:
        """Return the number of a label; ``class="c0"`` gives the colours of the first."""
        return self.labels.names.index(name)

    def title(self, name: str) -> str:
        """Return what people call a label."""
        return self.labels.labels[self.place(name)].title or name

    @staticmethod
    def strongest(prediction: Prediction) -> str:
        """Return the most probable label among the decided ones; empty if there is none."""
        return max(prediction.decisions, key=lambda n: prediction.probabilities[n], default="")


async def current_site(request: Request) -> Site:  # a plain function would get a thread
    """Return the site that a request is for."""
    site: Site = request.app.state.site
    return site


SiteOf = Annotated[Site, Depends(current_site)]


async def asked_predictor(
    site: SiteOf,
    t: Annotated[
        list[Annotated[str, StringConstraints(max_length=300)]], Query(max_length=1000)
    ] = [],  # noqa: B006
) -> Predictor:
    """Return the model in use, with the thresholds of the address (``?t=LABEL:P``).

    Raises
    ------
    UsageError
        A threshold is not of that form.
    """
    values = {}
    for text in t:
        name, _, value = text.rpartition(":")
        try:
            values[name] = float(value)
        except ValueError:
            raise UsageError(f"t={text[:80]}: expected LABEL:P") from None
    return site.predictor.with_thresholds(values)


PredictorOf = Annotated[Predictor, Depends(asked_predictor)]


def score(predictor: Predictor, document: Document) -> Result:
    """Score a document."""
    return Result(document, tuple(predictor.predict(document.text, document.title)))


class Scores:
    """The results of the articles that were looked at last; each is scored once.

    Parameters
    ----------
    most : int
        Most results that are kept.
    sentences : int
        Most sentences of all of them together.
    """

    def __init__(self, most: int = 8, sentences: int = 50_000) -> None:
        self._most, self._sentences = most, sentences
        self._lock = Lock()
        self._kept: OrderedDict[Hashable, Result] = OrderedDict()

    def of(self, predictor: Predictor, document: Document) -> Result:
        """Return the result of a kept article, by its id, the model and the thresholds."""
        key = (document.id, predictor.model.fingerprint, predictor.model.thresholds)
        with self._lock:
            found = self._kept.get(key)
            if found is not None:
                self._kept.move_to_end(key)
                return found
        found = score(predictor, document)
        with self._lock:
            self._kept[key] = found
            while len(self._kept) > self._most or self._size() > self._sentences:
                self._kept.popitem(last=False)
        return found

    def forget(self, article: str) -> None:
        """Drop the results of an article."""
        with self._lock:
            kept = self._kept.items()
            self._kept = OrderedDict((k, r) for k, r in kept if r.document.id != article)

    def _size(self) -> int:
        return sum(len(result.predictions) for result in self._kept.values())


def marks(labels: LabelSet) -> tuple[str, ...]:
    """Return a short sign for each label: the fewest first letters that tell it apart.

    Examples
    --------
    >>> from classifier.schema import Label, LabelSet
    >>> marks(LabelSet((Label("threat", "Threat"), Label("talks", "Talks"), Label("aid", "Aid"))))
    ('Th', 'Ta', 'A')
    """
    titles = [label.title or label.name for label in labels]
    found = []
    for place, title in enumerate(titles):
        others = [other.lower() for i, other in enumerate(titles) if i != place]
        for size in (1, 2, 3):
            if not any(other.startswith(title[:size].lower()) for other in others):
                found.append(title[:size].capitalize())
                break
        else:
            found.append(str(place + 1))
    return tuple(found)


def label_css(labels: LabelSet) -> str:
    """Return the style sheet with the colours and the lines of the labels."""
    light = [f".c{i}{{--label:{visible(x.colour, LIGHT)};" for i, x in enumerate(labels)]
    light = [f"{rule}--line:{_LINES[i % len(_LINES)]}}}" for i, rule in enumerate(light)]
    dark = [f".c{i}{{--label:{visible(x.colour, DARK)}}}" for i, x in enumerate(labels)]
    return "\n".join([*light, "@media (prefers-color-scheme:dark){", *dark, "}"]) + "\n"
