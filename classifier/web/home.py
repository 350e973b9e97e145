"""The first page: where an article goes in."""

from __future__ import annotations

from fastapi import APIRouter
from starlette.requests import Request
from starlette.responses import Response

from classifier.web.pages import render

router = APIRouter()


@router.get("/")
async def home(request: Request) -> Response:
    """Show the form for an article."""
    return render(request, "home.html", problem="", text="", title="", url="")
