"""What the labelling pages share: who labels, and where the project is."""

from __future__ import annotations

import hashlib
import hmac
import secrets
from typing import TYPE_CHECKING, Annotated, Any
from urllib.parse import quote, unquote

import orjson
from fastapi import Depends
from starlette.exceptions import HTTPException
from starlette.requests import Request

from classifier.errors import UsageError
from classifier.labelling.items import check_annotator
from classifier.labelling.keys import label_keys
from classifier.labelling.project import Project
from classifier.web.pages import is_partial, render
from classifier.web.site import SiteOf, marks

if TYPE_CHECKING:
    from starlette.responses import Response

    from classifier.labelling.session import Session
    from classifier.schema import LabelSet

_YEAR = 365 * 24 * 3600
_DAY = 24 * 3600


def current_project(site: SiteOf) -> Project:
    """Return the project that is labelled here.

    Raises
    ------
    HTTPException
        404: the site was opened without one.
    """
    if site.labelling is None:
        raise HTTPException(404, "nothing is labelled here; esc label opens this page")
    return site.labelling


ProjectOf = Annotated[Project, Depends(current_project)]


class Visitor:
    """Who sits before the page, as the cookies say."""

    def __init__(self, request: Request, site: SiteOf, project: ProjectOf) -> None:
        # Cookies know no ports, and two sites may run on one machine.
        self._who, self._when = (f"esc-{x}-{site.settings.port}" for x in ("annotator", "sitting"))
        self._project, self._default = project, site.annotator
        self.annotator = self._named(unquote(request.cookies.get(self._who, "")))
        self._given = request.cookies.get(self._when, "")
        self.sitting = self._given if self._given.isalnum() else secrets.token_hex(8)

    def _named(self, name: str) -> str:
        try:
            return check_annotator(name)
        except UsageError:
            return self._default

    def session(self, annotator: str | None = None) -> Session:
        """Return the work of the visitor, or of who the page was opened for."""
        name = self.annotator if annotator is None else annotator
        return self._project.session(name, self.sitting)

    def remember(self, response: Response, annotator: str | None = None) -> Response:
        """Keep the visitor's name and sitting in cookies."""
        if annotator is not None:
            _cookie(response, self._who, quote(check_annotator(annotator)), _YEAR)
        if self._given != self.sitting:
            _cookie(response, self._when, self.sitting, _DAY)
        return response


def _cookie(response: Response, name: str, value: str, seconds: int) -> None:
    response.set_cookie(name, value, max_age=seconds, httponly=True, samesite="lax")


VisitorOf = Annotated[Visitor, Depends(Visitor)]


def show(
    request: Request, visitor: Visitor, template: str, piece: str, status: int = 200, **context: Any
) -> Response:
    """Show a page with a sentence to decide about, or the piece of it that a decision swaps."""
    project = request.app.state.site.labelling
    offered = choices(project.labels)
    context = {
        "choices": offered,
        "exclusive": project.labels.exclusive,
        "needs_label": project.labels.needs_label,
        "annotator": visitor.annotator,
    } | context
    if is_partial(request):
        # A page that swaps pieces wants the piece whatever happened.
        return visitor.remember(render(request, piece, **context))
    keys = orjson.dumps({str(one["key"]): one["name"] for one in offered if one["key"]}).decode()
    codebook = project.codebook
    return visitor.remember(
        render(request, template, status, keys=keys, codebook=codebook, **context)
    )


def shown_mark(request: Request, *what: object) -> str:
    """Return what a form carries as a sign that all of this was shown to this visitor together."""
    said = orjson.dumps([str(one) for one in what])
    return hmac.new(request.scope["esc.csrf"].encode(), said, hashlib.sha256).hexdigest()


def was_shown(request: Request, mark: str, *what: object) -> bool:
    """Tell whether a form is about what was shown, whatever its fields say."""
    return hmac.compare_digest(mark.encode(), shown_mark(request, *what).encode())


def choices(labels: LabelSet) -> list[dict[str, str | int]]:
    """Return what a page needs to know of each label: name, title, sign, key, number, rule."""
    keys = {name: key for key, name in label_keys(labels).items()}
    return [
        {
            "name": label.name,
            "title": label.title or label.name,
            "sign": sign,
            "key": keys.get(label.name, ""),
            "number": number,
            "definition": label.definition,
        }
        for number, (label, sign) in enumerate(zip(labels, marks(labels), strict=True))
    ]
