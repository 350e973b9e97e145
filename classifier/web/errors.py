"""Errors as answers: JSON ``{"error": {"code", "message"}}`` to programs, a page to people."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import orjson
from fastapi.exceptions import RequestValidationError
from starlette.exceptions import HTTPException
from starlette.responses import Response

from classifier.errors import EscError, InputError, ModelError
from classifier.web.pages import render

if TYPE_CHECKING:
    from fastapi import FastAPI
    from starlette.requests import Request

CODES = {
    400: "usage",
    401: "token",
    403: "csrf",
    404: "not_found",
    405: "method",
    408: "too_slow",
    413: "too_large",
    422: "invalid",
    503: "busy",
    504: "too_slow",
}
_LONGEST = 200
_SAID = {404: "There is nothing here.", 405: "This address does not take that method."}


def error_response(request: Request, status: int, code: str, message: str, **more: Any) -> Response:
    """Build the answer that tells of an error."""
    if request.url.path.startswith("/api/"):
        body = orjson.dumps({"error": {"code": code, "message": message, **more}})
        return Response(body, status, media_type="application/json")
    return render(request, "error.html", status, code=code, message=message, number=status)


def add_handlers(app: FastAPI) -> None:
    """Give every exception its answer."""

    @app.exception_handler(HTTPException)
    async def _http(request: Request, error: HTTPException) -> Response:
        status = error.status_code
        said = _SAID.get(status, str(error.detail))
        response = error_response(request, status, CODES.get(status, "error"), said)
        response.headers.update(error.headers or {})
        return response

    @app.exception_handler(RequestValidationError)
    async def _invalid(request: Request, error: RequestValidationError) -> Response:
        # What was sent is not sent back: it may be long, and is no business of a log.
        details = [
            {"field": ".".join(str(x) for x in one["loc"][1:])[:_LONGEST], "message": one["msg"]}
            for one in error.errors()[:20]
        ]
        first = details[0]
        said = f"{first['field'] or 'request'}: {first['message']}"
        return error_response(request, 422, "invalid", said, details=details)

    @app.exception_handler(EscError)
    async def _ours(request: Request, error: EscError) -> Response:
        if isinstance(error, ModelError):
            return error_response(request, 503, "model", str(error))
        if isinstance(error, InputError):
            return error_response(request, 422, "input", str(error))
        return error_response(request, 400, "usage", str(error))
