"""What every request and every answer passes: who may ask, for what, and what a page may do.

A page on the Internet can make the visitor's browser send requests to this machine. So the Host
header must name this machine (else a name could be pointed here after the page was loaded: DNS
rebinding), the Origin of a change must be the site itself, and a change of a page carries a token
that only its own pages know. See the OWASP cheat sheets on CSRF and on the Content Security Policy.
"""

from __future__ import annotations

import asyncio
import hashlib
import hmac
import ipaddress
import os
import re
import secrets
import socket
import time
from contextlib import suppress
from functools import lru_cache
from typing import TYPE_CHECKING
from urllib.parse import parse_qsl, urlencode

from starlette.datastructures import Headers
from starlette.exceptions import HTTPException
from starlette.requests import Request, cookie_parser
from starlette.responses import RedirectResponse

from classifier.errors import UsageError
from classifier.web.errors import error_response
from classifier.web.settings import is_loopback

if TYPE_CHECKING:
    from pathlib import Path

    from starlette.responses import Response
    from starlette.types import ASGIApp, Message, Receive, Scope, Send

    from classifier.web.settings import WebSettings

POLICY = "; ".join(
    (
        "default-src 'none'",
        *(f"{kind}-src 'self'" for kind in ("script", "style", "img", "connect")),
        "form-action 'self'",
        "base-uri 'none'",
        "frame-ancestors 'none'",
    )
)
HEADERS = {
    "Content-Security-Policy": POLICY,
    "Cross-Origin-Opener-Policy": "same-origin",
    "Cross-Origin-Resource-Policy": "same-origin",
    "Permissions-Policy": "camera=(), geolocation=(), microphone=()",
    "Referrer-Policy": "same-origin",
    "X-Content-Type-Options": "nosniff",
    "X-Frame-Options": "DENY",
}
_RAW = [(name.lower().encode(), value.encode()) for name, value in HEADERS.items()]
SAFE = ("GET", "HEAD", "OPTIONS")
API = "/api/"
STATIC = "/static/"
_SESSION = re.compile(r"[0-9a-f]{32}")
_YEAR = 365 * 24 * 3600


class Guard:
    """ASGI middleware around the whole site.

    Parameters
    ----------
    app : ASGI application
    settings : WebSettings
    secret : bytes
        What CSRF tokens are made with.
    """

    def __init__(self, app: ASGIApp, settings: WebSettings, secret: bytes) -> None:
        self._app, self._settings, self._secret = app, settings, secret
        self._names = {"localhost"}
        self._local = is_loopback(settings.host)
        if not self._local:
            self._names |= {settings.host.lower(), socket.gethostname().lower()}
        # Cookies know no ports, and two sites may run on one machine.
        self._session_cookie = f"esc-session-{settings.port}"
        self._token_cookie = f"esc-token-{settings.port}"
        # Most requests come under the same name.
        self._is_us = lru_cache(64)(self._has_name)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Let a request through, or refuse it."""
        if scope["type"] == "lifespan":
            await self._app(scope, receive, send)
        elif scope["type"] != "http":  # nothing here speaks WebSocket
            await send({"type": "websocket.close", "code": 1008})
        else:
            await self._guard(scope, receive, send)

    async def _guard(self, scope: Scope, receive: Receive, send: Send) -> None:
        headers = Headers(scope=scope)
        cookies = cookie_parser(headers.get("cookie", "")) if "cookie" in headers else {}
        session = new = ""
        if not scope["path"].startswith(API):  # programs have no session
            session = cookies.get(self._session_cookie, "")
            if not _SESSION.fullmatch(session):
                session = new = secrets.token_hex(16)
            scope["esc.csrf"] = hmac.new(self._secret, session.encode(), hashlib.sha256).hexdigest()
        gives_session = bool(new) and not scope["path"].startswith(STATIC)
        started = False

        async def answer(message: Message) -> None:
            nonlocal started
            if message["type"] == "http.response.start":
                started = True
                own = message["headers"]
                message["headers"] = [*own, *_RAW]
                if all(name != b"cache-control" for name, _ in own):
                    message["headers"].append((b"cache-control", b"no-store"))
                if gives_session:
                    cookie = self._cookie(self._session_cookie, new)
                    message["headers"].append((b"set-cookie", cookie.encode()))
            await send(message)

        response = self._refusal(scope, headers, cookies)
        if response is not None:
            await response(scope, receive, answer)
            return
        try:
            await self._app(scope, self._bounded(receive), answer)
        except Exception:
            if not started:
                said = "Something broke inside esc; the terminal in which it runs says more."
                response = error_response(Request(scope), 500, "internal", said)
                await response(scope, receive, answer)
            raise  # the server logs it

    def _refusal(self, scope: Scope, headers: Headers, cookies: dict[str, str]) -> Response | None:
        if refused := self._foreign(scope, headers):
            return error_response(Request(scope), *refused)
        if not self._has_token(scope, headers, cookies):
            return self._ask_token(Request(scope))
        stated = headers.get("content-length", "0")
        if not stated.isdecimal() or int(stated) > self._settings.max_body_bytes:
            return error_response(Request(scope), 413, "too_large", self._too_large())
        return None

    def _foreign(self, scope: Scope, headers: Headers) -> tuple[int, str, str] | None:
        hosts = headers.getlist("host")
        if len(hosts) != 1 or not self._is_us(hosts[0]):
            return 421, "host", "This site is not known under the name that was asked for."
        if scope["method"] in SAFE:
            return None
        origin = headers.get("origin")
        if origin is not None:
            own = origin.lower() in (f"http://{hosts[0]}".lower(), f"https://{hosts[0]}".lower())
        else:
            own = headers.get("sec-fetch-site", "none") in ("same-origin", "none")
        return None if own else (403, "origin", "This request comes from another site.")

    def _has_name(self, host: str) -> bool:
        match = re.fullmatch(r"(?:\[([0-9a-fA-F:.]+)\]|([^:\[\]@/\\\s]+))(?::\d{1,5})?", host)
        if match is None:
            return False
        name = (match[1] or match[2]).lower()
        try:
            address = ipaddress.ip_address(name)
        except ValueError:
            return name in self._names
        # A number cannot be pointed elsewhere, so on an open address each of ours will do.
        return address.is_loopback or not self._local

    def _has_token(self, scope: Scope, headers: Headers, cookies: dict[str, str]) -> bool:
        token = self._settings.token
        if not token or scope["path"].startswith(STATIC):
            return True
        bearer = headers.get("authorization", "").removeprefix("Bearer ")
        return any(_same(x, token) for x in (cookies.get(self._token_cookie, ""), bearer))

    def _ask_token(self, request: Request) -> Response:
        query = parse_qsl(request.url.query, keep_blank_values=True)
        shown = [value for name, value in query if name == "token"]
        if request.method == "GET" and shown and _same(shown[-1], self._settings.token):
            # The token must not stay in the address bar, which gets copied.
            rest = urlencode([(name, value) for name, value in query if name != "token"])
            target = "/" + request.url.path.lstrip("/\\") + (f"?{rest}" if rest else "")
            response: Response = RedirectResponse(target, 303)
            response.headers["Set-Cookie"] = self._cookie(self._token_cookie, shown[-1])
            return response
        return error_response(request, 401, "token", "This site asks for its token.")

    def _cookie(self, name: str, value: str) -> str:
        return f"{name}={value}; Path=/; Max-Age={_YEAR}; HttpOnly; SameSite=Lax"

    def _too_large(self) -> str:
        limit = self._settings.max_body_bytes >> 20
        return f"Larger than {limit} MB; score it with esc score instead."

    def _bounded(self, receive: Receive) -> Receive:
        size, whole = 0, False
        end = time.monotonic() + self._settings.seconds

        async def bounded() -> Message:
            nonlocal size, whole
            if whole:  # what comes next is that the visitor goes
                return await receive()
            try:
                async with asyncio.timeout(end - time.monotonic()):
                    message = await receive()
            except TimeoutError as error:
                raise HTTPException(408, "The request comes too slowly.") from error
            size += len(message.get("body", b""))
            whole = not message.get("more_body", False)
            if size > self._settings.max_body_bytes:
                raise HTTPException(413, self._too_large())
            return message

        return bounded


async def require_csrf(request: Request) -> None:
    """Refuse a change whose form or header lacks the token of the visitor's session.

    Raises
    ------
    HTTPException
        403.
    """
    if request.method in SAFE:
        return
    shown = request.headers.get("x-csrf-token")
    if shown is None:
        shown = (await request.form()).get("csrf")  # type: ignore[assignment]
    if not isinstance(shown, str) or not _same(shown, request.scope["esc.csrf"]):
        raise HTTPException(403, "The page is out of date; load it again and repeat.")


def _same(one: str, other: str) -> bool:
    return hmac.compare_digest(one.encode("utf-8", "replace"), other.encode())


def load_secret(folder: Path) -> bytes:
    """Return the secret of a data folder, made when there is none.

    It is kept so that pages which are open while the server starts again go on working.

    Raises
    ------
    UsageError
        The folder cannot be written.
    """
    path = folder / "secret"
    try:
        folder.mkdir(parents=True, exist_ok=True, mode=0o700)
        with suppress(FileExistsError):
            made = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
            with os.fdopen(made, "wb") as stream:
                stream.write(secrets.token_bytes(32))
        found = path.read_bytes()
        if len(found) < 32:  # cut short by a crash or a full disk
            found = secrets.token_bytes(32)
            path.write_bytes(found)
    except OSError as error:
        raise UsageError(f"{path}: cannot be written: {error.strerror or error}") from error
    return found
