"""The page on which disagreements are looked at, side by side, and settled."""

from __future__ import annotations

from typing import Annotated, Any

from fastapi import APIRouter, Form
from starlette.requests import Request
from starlette.responses import RedirectResponse, Response

from classifier.errors import UsageError
from classifier.labelling.items import RESOLUTION
from classifier.labelling.progress import live_agreement
from classifier.labelling.store import ConflictError
from classifier.web.desk import Visitor, VisitorOf, show
from classifier.web.label import LabelsField, TextField
from classifier.web.pages import is_partial

router = APIRouter(prefix="/review")


@router.get("")
def page(request: Request, visitor: VisitorOf) -> Response:
    """Show the next sentence about which annotators differ, or that one has flagged."""
    return _table(request, visitor)


@router.post("")
def settle(
    request: Request,
    visitor: VisitorOf,
    labels: LabelsField,
    sentence: TextField,
    base: Annotated[int, Form()],
    kind: TextField = "labels",
    comment: TextField = "",
    view: Annotated[int | None, Form(ge=1)] = None,
) -> Response:
    """Write what holds for a sentence, and show the next one."""
    session = visitor.session()
    try:
        if view is not None:  # as it was shown
            session.settle_by(sentence, view, base=base, comment=comment)
        elif kind != "none" and not labels:
            rest = "" if session.store.labels.needs_label else ", or press “None of them”"
            raise UsageError(f"tick what holds{rest}")
        else:
            given = () if kind == "none" else labels
            session.settle(sentence, given, base=base, comment=comment)
    except ConflictError as error:
        return _table(request, visitor, f"{str(error).capitalize()}.", 409, first=sentence)
    except UsageError as error:
        return _table(request, visitor, f"{str(error).capitalize()}.", 400)
    if not is_partial(request):
        return visitor.remember(RedirectResponse("/review", 303))
    return _table(request, visitor)


@router.post("/undo")
def undo(request: Request, visitor: VisitorOf) -> Response:
    """Take back what the visitor settled last, and show its sentence again."""
    sentence = visitor.session().unsettle()
    said = "Taken back: decide again." if sentence else "You have settled nothing to take back."
    return _table(request, visitor, said, first=sentence)


def _table(
    request: Request,
    visitor: Visitor,
    said: str = "",
    status: int = 200,
    *,
    first: str | None = None,
) -> Response:
    project = request.app.state.site.labelling
    with project.store.reading() as ledger:
        disputes = ledger.in_dispute()
        sentence = first if first in disputes else disputes[0] if disputes else ""
        views = ledger.views(sentence) if sentence else {}
        context: dict[str, Any] = {
            "said": said,
            "wrong": status >= 400,
            "left": len(disputes),
            "item": project.store.item(sentence) if sentence else None,
            "views": [v for v in views.values() if v.kind != "skip"],
            "base": ledger.base(sentence, RESOLUTION) if sentence else 0,
            "agreement": live_agreement(ledger, project.labels.names),
        }
    return show(request, visitor, "review.html", "review_table.html", status, **context)
