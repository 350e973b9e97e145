"""The site put together."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import TYPE_CHECKING, Annotated

from fastapi import APIRouter, Depends, FastAPI, Query
from starlette.responses import Response
from starlette.staticfiles import StaticFiles

from classifier.version import __version__
from classifier.web import api, articles, home, label, retraining, review, sentences
from classifier.web.errors import add_handlers
from classifier.web.library import examples_of
from classifier.web.pages import FOLDER
from classifier.web.security import Guard, load_secret, require_csrf
from classifier.web.similar import Neighbours
from classifier.web.site import Scores, Site, SiteOf, label_css
from classifier.web.store import Articles
from classifier.web.together import Together
from classifier.web.work import Workers

if TYPE_CHECKING:
    from classifier.labelling.project import Project
    from classifier.scoring import Predictor
    from classifier.web.settings import WebSettings

# Pages for people; each is included with the check of its CSRF token.
PAGES: tuple[APIRouter, ...] = (
    home.router,
    sentences.router,
    articles.router,
    label.router,
    review.router,
    retraining.router,
)
_THREADS = 4
_YEAR = "public, max-age=31536000, immutable"


class _Static(StaticFiles):
    def file_response(self, *args: object, **more: object) -> Response:
        response = super().file_response(*args, **more)  # type: ignore[arg-type]
        response.headers["Cache-Control"] = _YEAR
        return response


def create_app(
    predictor: Predictor,
    settings: WebSettings,
    labelling: Project | None = None,
    annotator: str = "",
) -> FastAPI:
    """Build the site.

    Parameters
    ----------
    predictor : Predictor
    settings : WebSettings
    labelling : Project, optional
        What is labelled here; without it there are no labelling pages.
    annotator : str
        Who labels where the visitor says nothing else.

    Raises
    ------
    UsageError
        The data folder cannot be written.
    """

    @asynccontextmanager
    async def running(app: FastAPI) -> AsyncIterator[None]:
        yield
        app.state.site.workers.close()

    app = FastAPI(
        title="esc",
        version=__version__,
        description="Escalation signals in news, sentence by sentence.",
        docs_url=None,
        redoc_url=None,
        openapi_url="/api/openapi.json",
        lifespan=running,
    )
    app.state.site = Site(
        predictor,
        settings,
        Articles(settings.data / "articles"),
        Neighbours(examples_of(settings.corpus)),
        Workers(_THREADS, settings.seconds),
        Together(),
        Scores(),
        labelling,
        annotator,
    )
    add_handlers(app)
    app.add_middleware(Guard, settings=settings, secret=load_secret(settings.data))
    # As they are and first: an included router is searched twice for each request.
    app.router.routes[:0] = api.router.routes
    app.mount("/static", _Static(directory=FOLDER / "static"), name="static")

    @app.get("/labels.css", include_in_schema=False)
    async def labels(site: SiteOf, v: Annotated[str, Query()] = "") -> Response:
        """Serve the colours of the labels of the model in use."""
        keep = _YEAR if v == site.predictor.model.fingerprint else "no-cache"
        css = label_css(site.labels)
        return Response(css, media_type="text/css", headers={"Cache-Control": keep})

    for router in PAGES:
        app.include_router(router, dependencies=[Depends(require_csrf)], include_in_schema=False)
    return app
