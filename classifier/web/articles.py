"""Articles: giving one, seeing its signals, taking them away."""

from __future__ import annotations

from dataclasses import replace
from typing import Annotated

from fastapi import APIRouter, Depends, File, Form, UploadFile
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import RedirectResponse, Response

from classifier.errors import InputError
from classifier.schema import Document
from classifier.web import view
from classifier.web.output import MEDIA, file_name, write
from classifier.web.pages import render
from classifier.web.reading import Given, read_address, read_file, read_text
from classifier.web.site import PredictorOf, Site, SiteOf
from classifier.web.store import name_of

router = APIRouter(prefix="/articles")
MOST_LISTED = 100


def kept_article(article: str, site: SiteOf) -> Document:
    """Return the article that an address names.

    Raises
    ------
    HTTPException
        404.
    """
    found = site.articles.get(article)
    if found is None:
        raise HTTPException(404)
    return found


ArticleOf = Annotated[Document, Depends(kept_article)]


@router.get("")
def articles(request: Request, site: SiteOf) -> Response:
    """List the articles that were given last."""
    return render(request, "articles.html", kept=site.articles.recent(MOST_LISTED))


@router.post("")
async def give(
    request: Request,
    site: SiteOf,
    text: Annotated[str, Form()] = "",
    title: Annotated[str, Form(max_length=500)] = "",
    url: Annotated[str, Form(max_length=2000)] = "",
    file: Annotated[UploadFile | None, File()] = None,
) -> Response:
    """Take an article and lead to its page; what cannot be read is said above the form."""
    try:
        given = await _given(site, text, title, url, file)
    except InputError as error:
        return render(
            request, "home.html", 422, problem=str(error), text=text, title=title, url=url
        )
    return RedirectResponse(await site.workers.run(_keep, site, given, file), 303)


async def _given(site: Site, text: str, title: str, url: str, file: UploadFile | None) -> Given:
    if file is not None and file.filename:
        name, data = file.filename, file.file
        return await site.workers.run(read_file, name, data, site.settings, site.workers)
    if url.strip():
        if not site.settings.allow_urls:
            raise InputError("addresses are not fetched here; esc serve --allow-urls does")
        return await site.workers.run(read_address, url.strip(), site.settings, site.workers)
    return Given((read_text(text, site.settings, title.strip()),))


def _keep(site: Site, given: Given, file: UploadFile | None) -> str:
    found = [site.articles.put(document) for document in given.documents]
    if len(found) == 1 and not given.problems:
        return f"/articles/{found[0]}"
    name = (file.filename if file else None) or given.documents[0].source
    collection = site.articles.put_collection(name, found, list(given.problems))
    return f"/articles/collections/{collection}"


@router.get("/collections/{collection}")
def one_collection(request: Request, site: SiteOf, collection: str) -> Response:
    """List the articles that came in one file."""
    found = site.articles.get_collection(collection)
    if found is None:
        raise HTTPException(404)
    name, kept, problems = found
    return render(request, "collection.html", name=name, kept=kept, problems=problems)


@router.get("/{article}")
async def one_article(
    request: Request, site: SiteOf, document: ArticleOf, predictor: PredictorOf
) -> Response:
    """Show an article with its signals in the text."""

    def page() -> Response:
        result = site.scores.of(predictor, document)
        found = view.of_article(result, predictor, site.predictor.thresholds)
        left_out = len(result.predictions) - found.profile["sentences"]
        name = name_of(document)
        return render(request, "article.html", view=found, name=name, left_out=left_out)

    return await site.workers.run(page)


@router.get("/{article}/download/{form}")
async def download(
    site: SiteOf, document: ArticleOf, predictor: PredictorOf, form: str
) -> Response:
    """Send the signals of an article as a file."""
    if form not in MEDIA:
        raise HTTPException(404)

    in_time = site.workers.deadline()

    def work() -> bytes:
        result = site.scores.of(predictor, document)
        if form == "html":  # a page for people; data keep what was given
            result = replace(result, document=replace(document, title=name_of(document)))
        return b"".join(write(form, [result], predictor, follow=in_time))

    data = await site.workers.run(work)
    name = file_name(name_of(document), form)
    headers = {"Content-Disposition": f'attachment; filename="{name}"'}
    return Response(data, media_type=MEDIA[form], headers=headers)


@router.post("/{article}/delete")
def delete(site: SiteOf, document: ArticleOf) -> Response:
    """Forget an article."""
    site.articles.delete(document.id)
    site.scores.forget(document.id)
    return RedirectResponse("/articles", 303)
