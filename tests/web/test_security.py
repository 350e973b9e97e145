from __future__ import annotations

import asyncio
import stat

import pytest

from classifier.errors import UsageError
from classifier.web.security import load_secret
from tests.web.conftest import HERE, csrf


@pytest.mark.parametrize(
    "host",
    [
        "evil.example",
        "evil.example:8765",
        "127.0.0.1.evil.example",
        "localhost.evil.example",
        "10.0.0.7:8765",
        "[::2]",
        "localhost@evil.example",
        "",
        "local host",
        "127.0.0.1/evil.example",
    ],
)
def test_a_name_that_is_not_this_machine_is_refused(visitor, host):
    answer = visitor.get("/", headers={"host": host})
    assert answer.status_code == 421
    assert "set-cookie" not in answer.headers or "token" not in answer.headers["set-cookie"]


@pytest.mark.parametrize("host", ["localhost", "LOCALHOST:9", "127.0.0.1:8765", "[::1]:80"])
def test_names_of_this_machine_are_served(visitor, host):
    assert visitor.get("/", headers={"host": host}).status_code == 200


def test_an_open_address_knows_its_numbers_and_no_other_name(open_site):
    visitor = open_site(host="0.0.0.0", token="secret")
    bearer = {"authorization": "Bearer secret"}
    assert visitor.get("/", headers={"host": "10.0.0.7:8765", **bearer}).status_code == 200
    assert visitor.get("/", headers={"host": "evil.example", **bearer}).status_code == 421


@pytest.mark.parametrize(
    "headers",
    [
        {"origin": "https://evil.example"},
        {"origin": "null"},
        {"origin": "http://127.0.0.1:9999"},
        {"origin": HERE + ".evil.example"},
        {"sec-fetch-site": "cross-site"},
        {"sec-fetch-site": "same-site"},
    ],
)
@pytest.mark.parametrize("path", ["/articles", "/api/score"])
def test_a_change_from_another_site_is_refused(visitor, headers, path):
    sent = {"csrf": csrf(visitor), "text": "x"}
    answer = visitor.post(path, data=sent, headers=headers)
    assert answer.status_code == 403
    assert "another site" in answer.text


def test_every_answer_says_what_a_page_may_do(visitor):
    static = "/static/site.css"
    for path in ("/", "/nothing", "/api/nothing", static, "/labels.css"):
        headers = visitor.get(path).headers
        policy = headers["content-security-policy"]
        assert "default-src 'none'" in policy
        assert "unsafe" not in policy
        assert headers["x-content-type-options"] == "nosniff"
        assert headers["x-frame-options"] == "DENY"
    assert visitor.get("/", headers={"host": "evil"}).headers["x-frame-options"] == "DENY"
    assert "no-store" in visitor.get("/").headers["cache-control"]
    assert "immutable" in visitor.get(static).headers["cache-control"]


def test_no_page_has_script_or_style_in_it(visitor):
    page = visitor.get("/").text
    assert "<style" not in page
    assert "style=" not in page
    assert "<script>" not in page
    assert " onclick" not in page


def test_a_session_belongs_to_one_visitor(open_site):
    one, other = open_site(), open_site()
    assert csrf(one) == csrf(one)
    assert csrf(one) != csrf(other)
    cookie = one.get("/", headers={"cookie": ""}).headers["set-cookie"]
    assert "HttpOnly" in cookie
    assert "SameSite" in cookie


def test_the_secret_outlives_the_server_and_is_the_owners(tmp_path):
    first = load_secret(tmp_path / "new")
    assert load_secret(tmp_path / "new") == first
    path = tmp_path / "new" / "secret"
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    path.write_bytes(b"")
    assert len(load_secret(tmp_path / "new")) == 32


def test_a_data_folder_that_cannot_be_written_is_said(tmp_path):
    (tmp_path / "file").write_text("")
    with pytest.raises(UsageError, match="cannot be written"):
        load_secret(tmp_path / "file")


def test_a_token_is_asked_for_once(open_site):
    visitor = open_site(host="0.0.0.0", token="open sesame")
    refused = visitor.get("/")
    assert refused.status_code == 401
    assert 'name="token"' in refused.text
    assert visitor.get("/static/site.css").status_code == 200
    assert visitor.get("/?token=guess").status_code == 401
    api = visitor.get("/api/model")
    assert (api.status_code, api.json()["error"]["code"]) == (401, "token")
    entered = visitor.get("/?token=open+sesame&x=1")
    assert (entered.status_code, entered.headers["location"]) == (303, "/?x=1")
    assert visitor.get("/").status_code == 200


def test_the_token_does_not_lead_to_another_site(open_site):
    visitor = open_site(host="0.0.0.0", token="t")
    entered = visitor.get(HERE + "//evil.example/?token=t")
    assert entered.headers["location"].startswith("/evil.example")


@pytest.mark.parametrize("length", ["99999999", "-1", "many", "1e3"])
def test_a_large_request_is_refused_before_it_is_read(open_site, length):
    visitor = open_site(max_body_bytes=1 << 20)
    answer = visitor.post("/articles", content=b"x", headers={"content-length": length})
    assert answer.status_code == 413


def test_a_large_request_of_unknown_length_is_refused_on_the_way(open_site):
    visitor = open_site(max_body_bytes=1 << 20)

    def endless():
        for _ in range(64):
            yield b"x" * (1 << 16)

    answer = visitor.post("/api/score", content=endless())
    assert (answer.status_code, answer.json()["error"]["code"]) == (413, "too_large")


def test_there_is_no_websocket(visitor):
    from starlette.websockets import WebSocketDisconnect

    with pytest.raises(WebSocketDisconnect), visitor.websocket_connect("/"):
        pass


@pytest.mark.parametrize("path", ["/api/score", "/articles"])
def test_a_body_that_comes_too_slowly_is_given_up(open_site, path):
    site = open_site(seconds=0.2).app
    sent = []

    async def receive():
        await asyncio.sleep(0.05)
        return {"type": "http.request", "body": b"x", "more_body": True}

    async def send(message):
        sent.append(message)

    headers = [
        (b"host", b"127.0.0.1"),
        (
            b"content-type",
            b"application/json" if "api" in path else b"application/x-www-form-urlencoded",
        ),
    ]
    scope = {
        "type": "http",
        "method": "POST",
        "path": path,
        "raw_path": path.encode(),
        "query_string": b"",
        "headers": headers,
        "scheme": "http",
        "server": ("127.0.0.1", 8765),
        "client": ("127.0.0.1", 1),
        "http_version": "1.1",
    }
    asyncio.run(asyncio.wait_for(site(scope, receive, send), 10))
    assert sent[0]["status"] == 408
