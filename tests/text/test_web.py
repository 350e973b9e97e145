"""Addresses: fetched from a real server, politely, and never from where they should not lead."""

from __future__ import annotations

import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import TYPE_CHECKING, ClassVar

import pytest

from classifier import net
from classifier.errors import EscError, InputError
from classifier.text import Reading, read_documents
from classifier.text.web import Web
from tests.text import writers

if TYPE_CHECKING:
    from collections.abc import Iterator

OPEN = Reading(allow_private=True)


class Handler(BaseHTTPRequestHandler):
    seen: ClassVar[list[tuple[str, str]]] = []
    robots: ClassVar[tuple[int, bytes]] = (404, b"")

    def do_GET(self) -> None:
        self.seen.append((self.path, self.headers["User-Agent"]))
        pages = {
            "/page": ("text/html; charset=utf-8", writers.html()),
            "/paper": ("application/pdf", writers.pdf()),
            "/closed/page": ("text/html", writers.html()),
            "/large": ("text/plain", b"x" * 5000),
            "/latin": ("text/plain; charset=latin-1", "The café was shelled.".encode("latin-1")),
        }
        if self.path == "/robots.txt":
            code, body = self.robots
            self.answer(code, body, {"Content-Type": "text/plain"})
        elif self.path in pages:
            kind, body = pages[self.path]
            self.answer(200, body, {"Content-Type": kind})
        elif self.path.startswith("/to/"):
            self.answer(302, b"", {"Location": self.path[4:]})
        elif self.path == "/loop":
            self.answer(301, b"", {"Location": "/loop"})
        else:
            self.answer(404, b"no", {})

    def answer(self, code: int, body: bytes, headers: dict[str, str]) -> None:
        self.send_response(code)
        for name, value in headers.items():
            self.send_header(name, value)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *args: object) -> None:
        pass


@pytest.fixture
def site(monkeypatch: pytest.MonkeyPatch) -> Iterator[str]:
    monkeypatch.setattr(Handler, "seen", [])
    monkeypatch.setattr(Handler, "robots", (404, b""))
    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
    thread.start()
    try:
        yield f"http://127.0.0.1:{server.server_port}"
    finally:
        server.shutdown()
        thread.join()
        server.server_close()


def test_a_page_is_fetched_and_read(site: str) -> None:
    [document] = read_documents([f"{site}/page"], reading=OPEN)
    assert document.id == document.source == f"{site}/page"
    assert (document.title, document.outlet) == (writers.TITLE, "The Delta Post")
    assert writers.FIRST in document.text


def test_the_content_type_says_what_it_is(site: str) -> None:
    [paper, latin] = read_documents([f"{site}/paper", f"{site}/latin"], reading=OPEN)
    assert writers.FIRST in paper.text
    assert latin.text == "The café was shelled."


def test_it_says_who_asks(site: str) -> None:
    list(read_documents([f"{site}/page"], reading=OPEN))
    assert [path for path, _ in Handler.seen] == ["/robots.txt", "/page"]
    assert {agent for _, agent in Handler.seen} == {net.AGENT}


def test_what_robots_txt_closes_is_not_fetched(site: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(Handler, "robots", (200, b"User-agent: *\nDisallow: /closed/\n"))
    told: list[EscError] = []
    inputs = [f"{site}/closed/page", f"{site}/to/{site}/closed/page", f"{site}/page"]
    found = list(read_documents(inputs, told.append, OPEN))
    assert [document.id for document in found] == [f"{site}/page"]
    assert ["robots.txt" in str(error) for error in told] == [True, True]
    assert "/closed/page" not in {path for path, _ in Handler.seen}
    assert [path for path, _ in Handler.seen].count("/robots.txt") == 1


def test_a_site_whose_robots_txt_is_broken_is_left_alone(
    site: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(Handler, "robots", (503, b""))
    with pytest.raises(InputError, match=r"robots\.txt"):
        list(read_documents([f"{site}/page"], reading=OPEN))


def test_a_private_address_is_not_asked_unless_allowed(site: str) -> None:
    with pytest.raises(InputError, match="not a public address; --allow-private"):
        list(read_documents([f"{site}/page"]))
    assert Handler.seen == []


def test_a_redirect_to_a_private_address_is_not_followed(
    site: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    real = net._checked_socket
    first = [True]

    def public_once(url: str, *args: object, allow_private: bool):
        # The first page stands for a public one; what it leads to is checked as always.
        allowed, first[0] = first[0], False
        return real(url, *args, allow_private=allowed)

    monkeypatch.setattr(net, "_checked_socket", public_once)
    with pytest.raises(InputError, match="not a public address"):
        net.fetch_page(f"{site}/to/{site}/page", limit=10_000)
    assert [path for path, _ in Handler.seen] == [f"/to/{site}/page"]


@pytest.mark.parametrize("target", ["file:///etc/passwd", "ftp://a.example/", "//[x", "http://"])
def test_a_redirect_leads_nowhere_else(site: str, target: str) -> None:
    with pytest.raises(InputError):
        net.fetch_page(f"{site}/to/{target}", limit=10_000, allow_private=True)


@pytest.mark.parametrize(
    ("path", "said"),
    [("/loop", "more than 5 redirects"), ("/large", "larger than 1,000"), ("/no", "answered 404")],
)
def test_limits_hold(site: str, path: str, said: str) -> None:
    with pytest.raises(InputError, match=said):
        net.fetch_page(site + path, limit=1000, allow_private=True)


def test_a_server_that_trickles_is_left(monkeypatch: pytest.MonkeyPatch) -> None:
    import socket
    import time

    with socket.create_server(("127.0.0.1", 0)) as listening:
        done = threading.Event()

        def trickle() -> None:
            connection, _ = listening.accept()
            with connection:
                connection.recv(1000)
                connection.sendall(b"HTTP/1.0 200 OK\r\n\r\n")
                while not done.wait(0.05):
                    try:
                        connection.sendall(b"x")
                    except OSError:
                        return

        thread = threading.Thread(target=trickle)
        thread.start()
        begin = time.monotonic()
        url = f"http://127.0.0.1:{listening.getsockname()[1]}/"
        try:
            with pytest.raises(InputError, match="takes too long"):
                net.fetch_page(url, limit=1000, seconds=0.5, allow_private=True)
        finally:
            done.set()
            thread.join()
        assert time.monotonic() - begin < 5


def test_robots_txt_is_asked_once_a_site() -> None:
    asked = []

    def fetch(url: str, **options: object) -> net.Page:
        asked.append(url)
        if "visit" in options:
            options["visit"](url)
        return net.Page(url, "text/plain", "", b"")

    web = Web(fetch=fetch)
    for page in ("https://a.example/1", "https://a.example/2", "https://b.example/1"):
        web.page(page)
    assert [url for url in asked if url.endswith("robots.txt")] == [
        "https://a.example/robots.txt",
        "https://b.example/robots.txt",
    ]
