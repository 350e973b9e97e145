"""The page on which sentences are labelled."""

from __future__ import annotations

from typing import Annotated, Any

from fastapi import APIRouter, Form, Query
from starlette.requests import Request
from starlette.responses import RedirectResponse, Response

from classifier.corpus.formats import write_jsonl
from classifier.errors import UsageError
from classifier.labelling.export import raw_records, resolved_records
from classifier.labelling.progress import progress, stop_advice
from classifier.labelling.session import Session, Task
from classifier.labelling.store import ConflictError
from classifier.web.desk import ProjectOf, Visitor, VisitorOf, show, shown_mark, was_shown
from classifier.web.pages import is_partial
from classifier.web.site import label_css

router = APIRouter(prefix="/label")
_NAMES = {"labelled": "labelled.jsonl", "annotators": "annotators.jsonl"}
LabelsField = Annotated[list[str], Form(default_factory=list)]
TextField = Annotated[str, Form()]


@router.get("")
def page(
    request: Request,
    visitor: VisitorOf,
    sentence: Annotated[str, Query()] = "",
) -> Response:
    """Show the next sentence, or a certain one."""
    session = visitor.session()
    task = session.task(sentence) if sentence else session.next()
    return _desk(request, visitor, session, task)


@router.post("")
def decide(
    request: Request,
    project: ProjectOf,
    visitor: VisitorOf,
    labels: LabelsField,
    sentence: TextField,
    annotator: TextField,
    base: Annotated[int, Form()],
    shown: TextField = "",
    how: TextField = "chosen",
    kind: TextField = "labels",
    comment: TextField = "",
) -> Response:
    """Write a decision, and show the next sentence once it is on the disk."""
    session = visitor.session(annotator)
    chosen = () if kind == "none" else labels
    if not was_shown(request, shown, session.annotator, sentence, base, how):
        said = "That was not about the sentence that was shown; nothing was written."
        return _desk(request, visitor, session, session.next(), said, 409)
    task = Task(project.store.item(sentence), how, 0, base, tuple(chosen))
    try:
        session.decide(task, "labels" if kind == "none" else kind, chosen, comment)
    except ConflictError as error:
        said = f"{str(error).capitalize()}. This is the next one."
        return _desk(request, visitor, session, session.next(), said, 409)
    except UsageError as error:
        return _desk(request, visitor, session, task, f"{str(error).capitalize()}.", 400)
    if not is_partial(request):
        return visitor.remember(RedirectResponse("/label", 303))
    return _desk(request, visitor, session, session.next())


@router.post("/undo")
def undo(request: Request, visitor: VisitorOf, annotator: TextField) -> Response:
    """Take the last decision back, and show its sentence again."""
    session = visitor.session(annotator)
    task = session.undo()
    said = "Taken back: decide again." if task else "There is nothing to take back."
    return _desk(request, visitor, session, task or session.next(), said)


@router.post("/annotator")
def name(visitor: VisitorOf, annotator: TextField) -> Response:
    """Say who labels from now on in this browser."""
    return visitor.remember(RedirectResponse("/label", 303), annotator)


@router.get("/labels.css")
def colours(project: ProjectOf) -> Response:
    """Serve the colours of the project's labels, which need not be the model's."""
    return Response(label_css(project.labels), media_type="text/css")


@router.get("/export/{what}")
def export(project: ProjectOf, what: str) -> Response:
    """Give the labels as a file: those that hold, or those of every annotator."""
    if what not in _NAMES:
        raise UsageError(f"export {what!r:.40}: expected {', '.join(_NAMES)}")
    if what == "labelled":
        with project.store.reading() as ledger:
            sample = project.queue.random_sample(ledger)
        records = resolved_records(project.store, sample)
    else:
        records = [r for found in raw_records(project.store).values() for r in found]
    return Response(
        write_jsonl(records),
        media_type="application/jsonl",
        headers={"Content-Disposition": f'attachment; filename="{_NAMES[what]}"'},
    )


def _desk(
    request: Request,
    visitor: Visitor,
    session: Session,
    task: Task | None,
    said: str = "",
    status: int = 200,
) -> Response:
    project = request.app.state.site.labelling
    context: dict[str, Any] = {
        "task": task,
        "shown": shown_mark(request, session.annotator, task.item.id, task.base, task.how)
        if task
        else "",
        "said": said,
        "wrong": status >= 400,
        "annotator": session.annotator,
        "suggestion": session.suggestion(task.item) if task else None,
        "progress": progress(session),
        "advice": stop_advice(session),
        "total": len(project.queue.items),
        "duplicates": project.queue.duplicates(),
    }
    return show(request, visitor, "label.html", "label_desk.html", status, **context)
