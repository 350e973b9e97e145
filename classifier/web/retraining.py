"""The page on which a model is trained anew, compared with the old one, and taken into use."""

from __future__ import annotations

from contextlib import suppress
from typing import Any

from fastapi import APIRouter, Depends
from starlette.requests import Request
from starlette.responses import RedirectResponse, Response

from classifier.errors import ModelError, UsageError
from classifier.labelling.retrain import State, read_log
from classifier.scoring import load
from classifier.scoring.catalogue import find_model, list_models, use_model
from classifier.web.desk import ProjectOf, current_project
from classifier.web.label import TextField
from classifier.web.pages import is_partial, render
from classifier.web.site import SiteOf

router = APIRouter(prefix="/retrain", dependencies=[Depends(current_project)])
# A percentile bootstrap over fewer documents is too narrow to be trusted.
FEW = 10
FIGURES = {"f1": "F1", "average_precision": "Average precision"}


@router.get("")
def page(request: Request) -> Response:
    """Show how the last retraining stands, and which model is in use."""
    return _show(request)


@router.post("")
def start(request: Request, project: ProjectOf) -> Response:
    """Begin a retraining in the background."""
    try:
        project.retraining.start()
    except UsageError as error:
        return _show(request, f"{str(error).capitalize()}.", 400)
    except ModelError as error:
        return _show(request, f"The model in use cannot be used: {error}.", 503)
    return _after(request)


@router.post("/cancel")
def cancel(request: Request, project: ProjectOf) -> Response:
    """End the retraining that runs."""
    project.retraining.cancel()
    return _after(request)


@router.post("/use")
def use(request: Request, site: SiteOf, project: ProjectOf, model: TextField) -> Response:
    """Take a model into use: here, and wherever ``esc`` is run in this folder."""
    try:
        predictor = load(model)
        use_model(model)
    except ModelError as error:
        said = f"This model cannot be used: {error}. The one that was in use goes on being used."
        return _show(request, said, 503)
    site.predictor = predictor
    project.take_model(predictor)
    return _after(request)


def _after(request: Request) -> Response:
    return _show(request) if is_partial(request) else RedirectResponse("/retrain", 303)


def _show(request: Request, said: str = "", status: int = 200) -> Response:
    project = request.app.state.site.labelling
    state = project.retraining.latest()
    jobs = project.retraining.jobs()
    log = read_log(jobs[-1]) if jobs and state and state.stage in ("failed", "died") else ""
    in_use = ""
    with suppress(ModelError):
        in_use = str(find_model().resolve())
    context: dict[str, Any] = {
        "said": said,
        "wrong": status >= 400,
        "state": state,
        "log": log,
        "rows": comparison_rows(state) if state else [],
        "verdict": verdict(state) if state else "",
        "models": [
            {"name": f.name, "folder": str(f), "in_use": str(f.resolve()) == in_use}
            for f in list_models()
        ],
        "base": project.base_name,
    }
    template = "retraining_state.html" if is_partial(request) else "retraining.html"
    return render(request, template, 200 if is_partial(request) else status, **context)


def comparison_rows(state: State) -> list[dict[str, Any]]:
    """Return what the table of a comparison shows, with the places of its drawing.

    The drawing is 200 wide; its middle is no difference, its ends the largest bound of any row.
    """
    if not state.comparison or "against" not in state.comparison:
        return []
    rows = []
    for label, figures in state.comparison["against"]["differences"].items():
        for figure, title in FIGURES.items():
            found = figures.get(figure)
            if found and all(found[x] is not None for x in ("old", "new", "low", "high")):
                rows.append({"label": label, "figure": title, **found})
    widest = max((abs(row[x]) for row in rows for x in ("low", "high")), default=0.0) or 1.0
    for row in rows:
        for bound in ("low", "high", "difference"):
            row[f"{bound}_x"] = round(100 + 96 * row[bound] / widest, 1)
    return rows


def verdict(state: State) -> str:
    """Say in one sentence what the comparison means; empty where there is none."""
    if not state.comparison:
        return ""
    if "against" not in state.comparison:
        return (
            "The model in use has other labels, so there is nothing to compare the new one with: "
            "these are its figures on the documents that were held out."
        )
    found = state.comparison["against"]["differences"]["macro"]["f1"]
    low, high = found["low"], found["high"]
    if low is None:
        return "There are too few held-out sentences to compare the two."
    documents = state.comparison["documents"]
    if documents < FEW:
        return (
            f"Only {documents} documents are held out, and an interval over so few promises more "
            "than it can keep: label more documents before you choose by it."
        )
    if low > 0:
        return "The new model is better: the interval of the difference in macro F1 is above zero."
    if high < 0:
        return "The new model is worse: the interval of the difference in macro F1 is below zero."
    return (
        "No telling which is better: the interval of the difference in macro F1 includes zero. "
        "More labelled documents would make it narrower."
    )
