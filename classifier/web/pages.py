"""Rendering of pages: the templates, what each of them knows, and the menu."""

from __future__ import annotations

from functools import cache
from importlib.resources import files
from pathlib import Path
from typing import TYPE_CHECKING, Any

from jinja2 import Environment, PackageLoader, StrictUndefined
from starlette.responses import HTMLResponse

from classifier import disk
from classifier.version import __version__

if TYPE_CHECKING:
    from starlette.requests import Request

FOLDER = Path(str(files("classifier.web")))
# What stands in the menu, in order: address, title.
MENU = (("/", "Read"), ("/articles", "Articles"), ("/api/docs", "API"))
# And before these, where something is labelled.
LABELLING = (("/label", "Label"), ("/review", "Review"), ("/retrain", "Retrain"))


def render(request: Request, template: str, status: int = 200, **context: Any) -> HTMLResponse:
    """Render a template; it always escapes.

    It knows besides `context`: ``csrf``, the token for forms; ``site``, the `Site`; ``path``, what
    was asked for; ``partial``, whether htmx asked, which wants a piece and not a page.
    """
    page = _templates().get_template(template)
    site = request.app.state.site
    text = page.render(
        menu=(*LABELLING, *MENU) if site.labelling else MENU,
        csrf=request.scope.get("esc.csrf", ""),
        path=request.url.path,
        partial=is_partial(request),
        site=site,
        **context,
    )
    return HTMLResponse(text, status)


def is_partial(request: Request) -> bool:
    """Tell whether htmx asks for a piece of a page."""
    return request.headers.get("hx-request") == "true"


@cache
def _templates() -> Environment:
    found = Environment(
        loader=PackageLoader("classifier.web"),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    found.globals.update(static=static, version=__version__)
    found.filters.update(percent=lambda share: f"{share:.0%}", probability=_probability)
    return found


@cache
def static(name: str) -> str:
    """Return the address of a static file; it changes with the file, so browsers may keep it."""
    data = (FOLDER / "static" / name).read_bytes()
    return f"/static/{name}?v={disk.sha256(data)[:12]}"


def _probability(value: float) -> str:
    # A calibrated probability is never quite 0 or 1.
    return "<0.01" if value < 0.01 else ">0.99" if value > 0.99 else f"{value:.2f}"
