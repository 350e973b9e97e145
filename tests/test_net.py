"""Only public HTTPS addresses are asked, within limits, and what may pass is tried again."""

from __future__ import annotations

import socket
import threading
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import TYPE_CHECKING

import pytest

from classifier import net
from classifier.errors import InputError

if TYPE_CHECKING:
    from collections.abc import Iterator


class _Server(ThreadingHTTPServer):
    """Answers with what is in `plan`, one entry a request, the last one for ever."""

    plan: list[bytes]
    seen: list[tuple[str, str]]


class _Handler(BaseHTTPRequestHandler):
    server: _Server

    def do_GET(self) -> None:
        self.server.seen.append((self.path, self.headers["User-Agent"]))
        plan = self.server.plan
        self.wfile.write(plan.pop(0) if len(plan) > 1 else plan[0])

    def log_message(self, *args: object) -> None:
        pass


def answer(code: int, body: bytes = b"", **headers: object) -> bytes:
    lines = {"Content-Length": len(body), "Connection": "close"} | headers
    head = "".join(f"{name}: {value}\r\n" for name, value in lines.items())
    return f"HTTP/1.0 {code} Said\r\n{head}\r\n".encode() + body


@contextmanager
def serving(*plan: bytes) -> Iterator[_Server]:
    server = _Server(("127.0.0.1", 0), _Handler)
    server.plan, server.seen = list(plan), []
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
    thread.start()
    try:
        yield server
    finally:
        server.shutdown()
        thread.join()
        server.server_close()


def address(server: _Server, path: str = "/a") -> str:
    return f"http://127.0.0.1:{server.server_port}{path}"


@pytest.fixture(autouse=True)
def no_proxy(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("no_proxy", "*")


@pytest.fixture
def local(monkeypatch: pytest.MonkeyPatch) -> None:
    """Let the server of a test pass the check; everything else is checked as always."""
    real = net.check_url

    def check(url: str) -> None:
        if "/secret" in url or not url.startswith("http://127.0.0.1:"):
            real(url)

    monkeypatch.setattr(net, "check_url", check)


def fetch(server: _Server, waits: list[float] | None = None, limit: int = 1000, **options) -> bytes:
    note = (waits if waits is not None else []).append
    return net.download(address(server), limit=limit, timeout=5, wait=note, **options)


# What is asked at all


def test_a_server_without_https_is_not_even_asked() -> None:
    with serving(answer(200, b"x")) as server, pytest.raises(InputError, match="expected an https"):
        fetch(server)
    assert server.seen == []


@pytest.mark.parametrize(
    "url",
    [
        "http://example.com/",
        "ftp://example.com/",
        "file:///etc/passwd",
        "",
        "https://",
        "/etc",
        "//x",
    ],
)
def test_only_https_addresses_are_addresses(url: str) -> None:
    with pytest.raises(InputError, match="expected an https address"):
        net.check_url(url)


@pytest.mark.parametrize(
    "host",
    [
        "127.0.0.1",
        "127.1",
        "localhost",
        "10.1.2.3",
        "172.16.0.1",
        "192.168.1.1",
        "169.254.169.254",
        "100.64.0.1",
        "0.0.0.0",
        "255.255.255.255",
        "[::1]",
        "[::]",
        "[fe80::1]",
        "[fd00::1]",
        "[::ffff:127.0.0.1]",
        "user:secret@127.0.0.1:8443",
        "2130706433",
    ],
)
def test_an_address_that_is_not_public_is_refused(host: str) -> None:
    with pytest.raises(InputError, match=r"is not a public address|cannot be resolved"):
        net.check_url(f"https://{host}/a")


@pytest.mark.parametrize(
    "address",
    [
        "64:ff9b::7f00:1",
        "64:ff9b:1::a00:1",
        "2002:7f00:1::",
        "2002:a00:1::1",
        "fec0::1",
        "ff02::1",
        "ff0e::1",
        "224.0.0.1",
        "239.255.255.250",
        "::ffff:192.168.0.1",
        "fe80::1%eth0",
        "100.64.0.1",
    ],
)
def test_an_address_that_leads_to_what_is_not_public_is_none(address: str) -> None:
    assert not net.is_public(address)


@pytest.mark.parametrize(
    "address", ["8.8.8.8", "2606:4700::1111", "64:ff9b::808:808", "2002:808:808::1"]
)
def test_an_address_of_the_internet_is_public(address: str) -> None:
    assert net.is_public(address)


def test_a_public_address_passes() -> None:
    net.check_url("https://1.1.1.1/a")
    net.check_url("https://[2606:4700::1111]:8443/")


@pytest.mark.parametrize(
    "url", ["https://[::1/", "https://1.1.1.1:99999/", "https://1.1.1.1:x/", "https://[zz]/"]
)
def test_what_is_no_address_is_refused(url: str) -> None:
    with pytest.raises(InputError, match="no address"):
        net.check_url(url)


def test_a_name_that_is_not_known_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    def unknown(*_args: object, **_options: object) -> None:
        raise socket.gaierror(-2, "Name or service not known")

    monkeypatch.setattr(socket, "getaddrinfo", unknown)  # asking for one would need the network
    with pytest.raises(InputError, match=r"nowhere.invalid cannot be resolved: .*not known"):
        net.check_url("https://nowhere.invalid/")


@pytest.mark.parametrize("host", ["a" * 64 + ".invalid", "a..b"])
def test_what_cannot_be_a_name_is_refused(host: str) -> None:
    with pytest.raises(InputError, match="cannot be resolved"):
        net.check_url(f"https://{host}/")


# What comes back


def test_the_body_comes_back(local: None) -> None:
    with serving(answer(200, b"\x00data\xff")) as server:
        assert fetch(server) == b"\x00data\xff"
    assert server.seen == [("/a", net.AGENT)]


@pytest.mark.parametrize("headers", [{}, {"Content-Length": ""}])
def test_more_than_the_limit_is_refused_and_not_tried_again(local: None, headers: dict) -> None:
    reply = answer(200, b"x" * 1001, **headers).replace(b"Content-Length: \r\n", b"")
    with serving(reply) as server, pytest.raises(InputError, match=r"larger than 1,000 bytes"):
        fetch(server)
    assert len(server.seen) == 1


def test_exactly_the_limit_is_fine(local: None) -> None:
    with serving(answer(200, b"x" * 1000)) as server:
        assert len(fetch(server)) == 1000


def test_what_may_pass_is_tried_again_after_longer_and_longer_waits(local: None) -> None:
    waits: list[float] = []
    with serving(answer(503), answer(429), answer(500), answer(200, b"x")) as server:
        assert fetch(server, waits) == b"x"
    assert waits == [1.0, 2.0, 4.0]


@pytest.mark.parametrize(
    ("reply", "said"),
    [
        (answer(503), "answered 503"),
        (answer(200, b"half", **{"Content-Length": 10}), "broke off 6 bytes before the end"),
        (b"no HTTP at all\r\n\r\n", "no HTTP"),
        (b"", ""),
        (answer(200, b"zz\r\n", **{"Transfer-Encoding": "chunked"}), ""),
    ],
    ids=["busy", "cut", "garbage", "nothing", "chunks"],
)
def test_after_the_last_try_the_problem_is_told(local: None, reply: bytes, said: str) -> None:
    waits: list[float] = []
    with (
        serving(reply) as server,
        pytest.raises(InputError, match=r"cannot be fetched: .+") as told,
    ):
        fetch(server, waits, tries=3)
    assert said in str(told.value)
    assert str(told.value).startswith(address(server))
    assert len(server.seen) == 3
    assert waits == [1.0, 2.0]


@pytest.mark.parametrize("code", [400, 403, 404, 410])
def test_what_will_not_pass_is_not_tried_again(local: None, code: int) -> None:
    with serving(answer(code)) as server, pytest.raises(InputError, match=f"answered {code}"):
        fetch(server)
    assert len(server.seen) == 1


def test_a_closed_door_is_told(local: None) -> None:
    with serving(answer(200)) as server:
        pass
    with pytest.raises(InputError, match=r"cannot be fetched: .*refused"):
        fetch(server)


def test_an_answer_that_never_comes_is_given_up(local: None) -> None:
    with socket.create_server(("127.0.0.1", 0)) as silent:
        url = f"http://127.0.0.1:{silent.getsockname()[1]}/"
        with pytest.raises(InputError, match="cannot be fetched: timed out"):
            net.download(url, limit=9, timeout=0.1, tries=2, wait=lambda _: None)


def test_a_redirect_is_followed(local: None) -> None:
    with serving(answer(302, Location="/b"), answer(200, b"x")) as server:
        assert fetch(server) == b"x"
    assert [path for path, _ in server.seen] == ["/a", "/b"]


@pytest.mark.parametrize(
    "target",
    [
        "/secret",
        "https://127.0.0.1/",
        "https://169.254.169.254/latest",
        "http://example.com/",
        "https://[::1/",
    ],
)
def test_a_redirect_to_what_is_not_public_is_refused(local: None, target: str) -> None:
    with serving(answer(302, Location=target), answer(200, b"x")) as server:
        with pytest.raises(InputError, match=r"https address|not a public|Invalid"):
            fetch(server)
        assert len(server.seen) == 1


def test_a_redirect_to_a_file_of_the_disk_is_refused(local: None) -> None:
    with serving(answer(302, Location="file:///etc/passwd")) as server, pytest.raises(InputError):
        fetch(server)


def test_redirects_in_a_circle_end(local: None) -> None:
    with serving(answer(302, Location="/a")) as server, pytest.raises(InputError, match="302"):
        fetch(server)
    assert len(server.seen) <= 6
