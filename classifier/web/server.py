"""The site on a socket, until it is interrupted."""

from __future__ import annotations

import gc
import os
import socket
import time
import webbrowser
from contextlib import suppress
from dataclasses import replace
from threading import Thread
from typing import TYPE_CHECKING
from urllib.parse import quote

import uvicorn

from classifier.errors import UsageError
from classifier.web.app import create_app
from classifier.web.settings import is_loopback

if TYPE_CHECKING:
    from collections.abc import Callable

    from classifier.labelling.project import Project
    from classifier.scoring import Predictor
    from classifier.web.settings import WebSettings
    from classifier.web.site import Site

_BACKLOG = 2048
_CONNECTIONS = 512
_GRACE = 2.0
_MADE = 50_000
_INTERRUPTED = 130  # what the command line exits with


def run(
    predictor: Predictor,
    settings: WebSettings,
    note: Callable[[str], None],
    *,
    browser: bool = False,
    labelling: Project | None = None,
    annotator: str = "",
) -> None:
    """Serve the site until it is interrupted.

    Parameters
    ----------
    predictor : Predictor
    settings : WebSettings
        A port of 0 takes a free one.
    note : callable
        Told where the site is.
    browser : bool
        Open the first page.
    labelling : Project, optional
        What is labelled; its page is the first one then.
    annotator : str
        Who labels.

    Raises
    ------
    UsageError
        The address cannot be listened on, or the data folder cannot be written.
    KeyboardInterrupt
    """
    with _listen(settings.host, settings.port) as listening:
        settings = replace(settings, port=listening.getsockname()[1])
        app = create_app(predictor, settings, labelling, annotator)
        address = _address(settings, "label" if labelling else "")
        if not is_loopback(settings.host):
            note(
                f"warning: {settings.host} can be reached from other machines, and what passes is "
                "not encrypted; visitors need the token"
            )
        kept = f"labels in {labelling.store.path}" if labelling else f"articles in {settings.data}"
        note(f"serving {address} ({kept}); Ctrl-C ends it")
        Thread(target=_warm, args=(app.state.site, note), daemon=True).start()
        if browser:
            with suppress(webbrowser.Error):
                webbrowser.open(address)
        config = uvicorn.Config(
            app,
            log_level="warning",
            access_log=False,
            server_header=False,
            proxy_headers=False,
            ws="none",
            timeout_graceful_shutdown=3,
            backlog=_BACKLOG,
            limit_concurrency=_CONNECTIONS,
        )
        try:
            _Server(config, app.state.site).run(sockets=[listening])
        finally:
            # Python waits for threads at its end, however long what they do takes.
            Thread(target=_leave, daemon=True).start()


class _Server(uvicorn.Server):
    def __init__(self, config: uvicorn.Config, site: Site) -> None:
        super().__init__(config)
        self._site = site

    async def shutdown(self, sockets: list[socket.socket] | None = None) -> None:
        # Before requests are waited for: those that work end by this.
        self._site.workers.close()
        await super().shutdown(sockets)


def _leave() -> None:
    time.sleep(_GRACE)
    os._exit(_INTERRUPTED)


def _warm(site: Site, note: Callable[[str], None]) -> None:
    if not site.neighbours.warm(site.predictor) and site.settings.corpus:
        note("--corpus: no sentences with the labels of this model; similar ones are not shown")
    # The corpus stays for good; searched through again and again, it would hold up requests. And
    # what a request makes is seldom in a circle, so circles are looked for less often.
    gc.collect()
    gc.freeze()
    gc.set_threshold(_MADE)


def _address(settings: WebSettings, page: str) -> str:
    host = f"[{settings.host}]" if ":" in settings.host else settings.host
    token = f"?token={quote(settings.token)}" if settings.token else ""
    return f"http://{host}:{settings.port}/{page}{token}"


def _listen(host: str, port: int) -> socket.socket:
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    # With its protocol: asyncio sends at once (TCP_NODELAY) only where that is known. Else the body
    # of an answer waits, up to 40 ms, until its head is acknowledged.
    listening = socket.socket(family, socket.SOCK_STREAM, socket.IPPROTO_TCP)
    try:
        listening.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        listening.bind((host, port))
        # Whoever reads the address and comes at once waits instead of being turned away.
        listening.listen(_BACKLOG)
    except (OSError, UnicodeError) as error:
        listening.close()
        said = getattr(error, "strerror", None) or error
        raise UsageError(
            f"--host {host} --port {port}: cannot be listened on: {said}; --port 0 takes a free one"
        ) from error
    return listening
