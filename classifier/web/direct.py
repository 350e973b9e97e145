"""Endpoints of the JSON interface that read their request themselves.

FastAPI describes them like any other. But what it does for a request before an endpoint is called
(dependencies, exit stacks, each parameter checked by itself) takes half as long as scoring a page.
"""

from __future__ import annotations

import codecs
from typing import TYPE_CHECKING, Any, Literal, get_type_hints

from fastapi.exceptions import RequestValidationError
from fastapi.routing import APIRoute
from pydantic import BaseModel, TypeAdapter, ValidationError
from starlette.requests import ClientDisconnect, Request

if TYPE_CHECKING:
    from collections.abc import Callable

    from starlette.types import Receive, Scope, Send

Format = Literal["json", "jsonl", "csv"]
_FORMAT: TypeAdapter[Format] = TypeAdapter(Format)


class DirectRoute(APIRoute):
    """A route that reads for itself if its endpoint is ``(site, asked)`` or ``(…, format)``.

    ``asked`` is a shape that comes as JSON, ``format`` stands in the address.
    """

    def __init__(self, path: str, endpoint: Callable[..., Any], **more: Any) -> None:
        super().__init__(path, endpoint, **more)
        hints = get_type_hints(endpoint)
        self._shape: type[BaseModel] | None = hints.get("asked")
        self._has_format = "format" in hints

    async def handle(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer a request.

        Raises
        ------
        RequestValidationError
        """
        if self._shape is None or scope["method"] not in (self.methods or ()):
            await super().handle(scope, receive, send)
            return
        request = Request(scope, receive)
        try:
            body = await request.body()
        except ClientDisconnect:
            return
        _check_kind(request.headers.get("content-type", ""))
        try:
            asked = self._shape.model_validate_json(body.removeprefix(codecs.BOM_UTF8))
        except ValidationError as error:
            raise _invalid(error, "body") from None
        chosen: dict[str, Format] = {}
        if self._has_format and scope["query_string"] and "format" in request.query_params:
            try:
                chosen["format"] = _FORMAT.validate_python(request.query_params["format"])
            except ValidationError as error:
                raise _invalid(error, "query", "format") from None
        response = await self.endpoint(request.app.state.site, asked, **chosen)
        await response(scope, receive, send)


def _check_kind(stated: str) -> None:
    # No form of another site can send this.
    kind = stated.partition(";")[0].strip().lower()
    if kind != "application/json" and not (
        kind.startswith("application/") and kind.endswith("+json")
    ):
        raise RequestValidationError(
            [{"loc": ("header", "content-type"), "msg": "expected application/json"}]
        )


def _invalid(error: ValidationError, *place: str) -> RequestValidationError:
    found = error.errors(include_url=False, include_context=False, include_input=False)
    return RequestValidationError([{**one, "loc": (*place, *one["loc"])} for one in found])
