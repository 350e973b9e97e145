from __future__ import annotations

import json
import re
import signal
import socket
import subprocess
import sys
from contextlib import ExitStack, closing
from http.client import HTTPConnection
from urllib.error import HTTPError
from urllib.parse import urlencode
from urllib.request import Request, urlopen

import pytest

from tests.cli.conftest import environment
from tests.processes import ended


@pytest.fixture
def started(place):
    """Start ``esc serve`` and give the process and its first lines."""
    running = ExitStack()

    def start(*options: str, lines: int = 1, **env: str):
        process = subprocess.Popen(
            [sys.executable, "-m", "classifier", "serve", "--port", "0", *options],
            cwd=place,
            env=environment(XDG_DATA_HOME=str(place / "home"), **env),
            stderr=subprocess.PIPE,
            text=True,
        )
        running.enter_context(ended(process))
        return process, [process.stderr.readline() for _ in range(lines)]

    with running:
        yield start


def test_the_site_is_served_until_it_is_interrupted(started, place):
    process, [said] = started()
    address = re.fullmatch(r"esc: serving (http://127\.0\.0\.1:\d+/) \(.*\); Ctrl-C.*\n", said)[1]
    with urlopen(address) as answer:
        assert b"Show its signals" in answer.read()
    assert (place / "home" / "esc" / "secret").exists()
    process.send_signal(signal.SIGINT)
    _, err = process.communicate(timeout=30)
    assert (process.returncode, err) == (130, "esc: interrupted\n")


def test_an_interrupt_ends_what_still_works(started):
    process, [said] = started("--allow-urls", "--allow-private")
    host, port = re.search(r"http://(.*?):(\d+)/", said).groups()
    with socket.create_server(("127.0.0.1", 0)) as silent, ExitStack() as opened:
        silent.settimeout(20)
        address = f"http://127.0.0.1:{silent.getsockname()[1]}/"
        page = opened.enter_context(closing(HTTPConnection(host, int(port), timeout=30)))
        page.request("GET", "/")
        answer = page.getresponse()
        token = re.search(r'name="csrf" content="(\w+)"', answer.read().decode())[1]
        sent = {
            "Cookie": answer.headers["Set-Cookie"].split(";")[0],
            "Content-Type": "application/x-www-form-urlencoded",
        }
        # One job that looks at the clock, one that cannot: it waits for an answer.
        long = json.dumps({"text": "The army shelled the port of Velmar. " * 8000})
        slow = opened.enter_context(closing(HTTPConnection(host, int(port), timeout=30)))
        slow.request("POST", "/api/explain", long, {"Content-Type": "application/json"})
        page.request("POST", "/articles", urlencode({"csrf": token, "url": address}), sent)
        opened.enter_context(silent.accept()[0])
        process.send_signal(signal.SIGINT)
        assert slow.getresponse().status == 503
        _, err = process.communicate(timeout=20)
    assert (process.returncode, err) == (130, "esc: interrupted\n")


def test_an_open_address_warns_and_asks_for_a_token(started):
    _, (warning, said) = started("--host", "0.0.0.0", lines=2, ESC_TOKEN="to ken")
    assert "warning: 0.0.0.0 can be reached from other machines" in warning
    port, token = re.search(r"http://0\.0\.0\.0:(\d+)/\?token=(\S+)", said).groups()
    assert token == "to%20ken"
    with pytest.raises(HTTPError) as refused:
        urlopen(f"http://127.0.0.1:{port}/api/model")
    with refused.value as error:
        assert error.code == 401
    shown = {"Authorization": "Bearer to ken"}
    with urlopen(Request(f"http://127.0.0.1:{port}/api/model", headers=shown)) as answer:
        assert answer.status == 200


def test_a_token_of_the_environment_holds_on_this_machine_too(started):
    _, [said] = started(ESC_TOKEN="sesame")
    assert "/?token=sesame " in said


def test_without_a_token_one_is_made(started):
    tokens = set()
    for _ in range(2):
        _, (_, said) = started("--host", "0.0.0.0", lines=2)
        tokens.add(re.search(r"token=(\S+)", said)[1])
    assert len(tokens) == 2
    assert min(map(len, tokens)) >= 20


def test_a_corpus_that_does_not_fit_the_model_is_said(started, place):
    (place / "other.csv").write_text("text,labels\nThe port is shut.,strike\n")
    _, (_, said) = started("--corpus", "other.csv", lines=2)
    assert said.startswith("esc: --corpus: no sentences with the labels of this model")


def test_a_port_that_is_taken_is_one_line(esc):
    with socket.create_server(("127.0.0.1", 0)) as taken:
        code, out, err = esc("serve", "--port", taken.getsockname()[1], "--data-dir", "data")
    assert (code, out) == (2, b"")
    assert re.fullmatch(r"esc: --host 127.0.0.1 --port \d+: cannot be listened on: .*\n", err)


@pytest.mark.parametrize(
    ("options", "code", "said"),
    [
        (("--host", "nowhere.invalid"), 2, "cannot be listened on"),
        (("--data-dir", "good.txt"), 2, "cannot be written"),
        (("--model", "nothing"), 3, "no model"),
        (("--corpus", "nothing"), 1, "no such file or folder"),
        (("--threshold", "x"), 2, "expected LABEL=P"),
        (("--operating-point", "f3"), 2, "keeps no thresholds for f3"),
    ],
)
def test_what_cannot_be_served_is_one_line(esc, options, code, said):
    found = esc("serve", "--port", "0", *options)
    assert (found.code, found.err.count("\n")) == (code, 1)
    assert said in found.err


@pytest.mark.parametrize("library", ["fastapi", "uvicorn", "jinja2"])
def test_a_missing_library_is_named_with_its_cure(esc, monkeypatch, library):
    for name in [n for n in sys.modules if n.startswith("classifier.web")]:
        monkeypatch.delitem(sys.modules, name)
    monkeypatch.setitem(sys.modules, library, None)
    code, _, err = esc("serve", "--data-dir", "data")
    assert code == 2
    assert err == f"esc: esc serve needs {library}; pip install 'escalation-classifier[web]'\n"
