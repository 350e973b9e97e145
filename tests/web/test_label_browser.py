"""Labelling in a real browser: by keys or mouse alone, over a kill, and up to a new model."""

from __future__ import annotations

import os
import re
import shutil
import signal
import socket
import subprocess
import sys

import pytest

from classifier.labelling.store import Store
from tests.labelling.conftest import TOWNS, make_items, truth

CHROMIUM = next(
    filter(None, map(shutil.which, ("chromium", "chromium-browser", "google-chrome"))), ""
)
pytestmark = pytest.mark.skipif(not CHROMIUM, reason="no Chromium here: make browser installs one")
sync_api = pytest.importorskip("playwright.sync_api")
SERIOUS = ("serious", "critical")


@pytest.fixture(scope="module")
def chromium():
    with sync_api.sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=CHROMIUM, args=["--no-sandbox"])
        yield browser
        browser.close()


@pytest.fixture
def open_page(chromium):
    """Open pages of browsers of their own; anything that a page complains of fails the test."""
    contexts, complaints = [], []

    def open_one(address, **options):
        context = chromium.new_context(**{"viewport": {"width": 1280, "height": 900}} | options)
        contexts.append(context)
        page = context.new_page()
        page.on("pageerror", lambda error: complaints.append(str(error)))
        page.on("request", lambda request: check_here(request.url))
        page.goto(address)
        return page

    def check_here(url):
        if not url.startswith("http://127.0.0.1:"):
            complaints.append(f"asked {url}")

    yield open_one
    for context in contexts:
        context.close()
    assert complaints == []


class Server:
    """``esc label`` in a process of its own, on a port that it keeps when it is started again."""

    def __init__(self, folder, *options):
        self.folder, self.options = folder, options
        with socket.socket() as free:
            free.bind(("127.0.0.1", 0))
            self.port = free.getsockname()[1]
        self.start()

    def start(self):
        self.process = subprocess.Popen(
            [
                *(sys.executable, "-m", "classifier", "label", "--project", "mine", "--no-open"),
                *("--annotator", "ann", "--overlap", "1", "--port", str(self.port), *self.options),
            ],
            cwd=self.folder,
            stderr=subprocess.PIPE,
            text=True,
        )
        said = []
        for line in self.process.stderr:
            said.append(line)
            if "serving" in line:
                return
        raise AssertionError(said)

    def kill(self):
        os.kill(self.process.pid, signal.SIGKILL)
        self.process.communicate()

    def stop(self):
        if self.process.poll() is None:
            self.process.terminate()
            self.process.communicate()

    def __call__(self, path="/label"):
        return f"http://127.0.0.1:{self.port}{path}"


@pytest.fixture
def place(tmp_path):
    """A project with the labels offer and threat, and articles to label."""
    from classifier.corpus.starter import write_starter

    write_starter(tmp_path / "mine")
    (tmp_path / "articles").mkdir()
    for town in TOWNS:
        text = "\n\n".join(item.text for item in make_items((town,)))
        (tmp_path / "articles" / f"{town}.md").write_text(
            f"---\ntitle: News of {town}\n---\n{text}\n"
        )
    return tmp_path


@pytest.fixture
def serve(place):
    opened = []

    def open_one(*options):
        opened.append(Server(place, *options))
        return opened[-1]

    yield open_one
    for server in opened:
        server.stop()


@pytest.fixture
def store(place):
    opened = []

    def open_one():
        opened.append(Store(place / "mine" / "labelling.db"))
        return opened[-1]

    yield open_one
    for one in opened:
        one.close()


def text_of(page):
    return page.locator("#sentence").inner_text()


def after(page, seen):
    """Wait for the next sentence."""
    sync_api.expect(page.locator("#sentence")).not_to_have_text(seen)


KEYS = {(): "0", ("offer",): "1\n", ("threat",): "2\n"}


def by_keys(page, n):
    """Label sentences with the keyboard; return what was meant."""
    meant = []
    for _ in range(n):
        seen = text_of(page)
        given = truth(type("Sentence", (), {"text": seen}))
        for key in KEYS[given]:
            page.keyboard.press("Enter" if key == "\n" else key)
        after(page, seen)
        meant.append((seen, given))
    return meant


def serious(page):
    """What axe-core finds serious in a page."""
    from pathlib import Path

    import axe_playwright_python

    [script] = Path(axe_playwright_python.__file__).parent.rglob("axe.min.js")
    page.evaluate(script.read_text())
    found = page.evaluate("axe.run()")["violations"]
    return [
        (v["id"], [n["html"][:200] for n in v["nodes"]]) for v in found if v["impact"] in SERIOUS
    ]


def test_twenty_sentences_by_keyboard_over_a_kill(serve, open_page, store):
    server = serve("--input", "articles")
    page = open_page(server())
    meant = by_keys(page, 11)
    server.kill()
    seen = text_of(page)
    page.keyboard.press("1")
    page.keyboard.press("Enter")  # into the void
    sync_api.expect(page.locator("#said")).to_contain_text("does not answer")
    assert text_of(page) == seen
    server.start()
    page.keyboard.press("1")  # takes the mark back that the void left on the page
    meant += by_keys(page, 9)
    kept = store()
    texts = {item.id: item.text for item in kept.items()}
    assert [(texts[d.sentence], d.labels) for d in kept.log()] == meant
    assert len({d.sentence for d in kept.log()}) == 20


def test_keys_that_come_faster_than_the_server_are_not_lost(serve, open_page, store):
    page = open_page(serve("--input", "articles")())
    with page.expect_response(lambda r: r.request.method == "POST"):
        for key in ("1", "Enter", "2", "Enter", "s", "0"):
            page.keyboard.press(key)
    sync_api.expect(page.locator(".total")).to_contain_text("3 labelled")
    assert [(d.kind, d.labels) for d in store().log()] == [
        ("labels", ("offer",)),
        ("labels", ("threat",)),
        ("skip", ()),
        ("labels", ()),
    ]


def test_undo_flag_and_codebook_by_keyboard(serve, open_page, store):
    page = open_page(serve("--input", "articles")())
    seen = text_of(page)
    page.keyboard.press("?")
    book = page.locator("dialog[open]")
    sync_api.expect(book).to_contain_text("We will close the road unless")
    page.keyboard.press("1")  # not meant for the sentence behind
    page.keyboard.press("Escape")
    sync_api.expect(book).to_have_count(0)
    page.keyboard.press("f")
    page.keyboard.type("who is 1 of 2?")
    page.keyboard.press("Enter")
    after(page, seen)
    page.keyboard.press("u")
    sync_api.expect(page.locator("#sentence")).to_have_text(seen)
    page.keyboard.press("2")
    page.keyboard.press("Enter")
    after(page, seen)
    log = store().log()
    assert [(d.kind, d.labels, d.comment) for d in log] == [
        ("flag", (), "who is 1 of 2?"),
        ("undo", (), ""),
        ("labels", ("threat",), ""),
    ]


def test_the_mouse_alone_is_enough_on_a_phone_too(serve, open_page, store):
    small = {"viewport": {"width": 360, "height": 740}, "has_touch": True}
    page = open_page(serve("--input", "articles")(), **small)
    for button in ("#accept", "#skip", "#none"):
        seen = text_of(page)
        page.locator(".choice", has_text="offer").tap()
        page.locator(button).tap()
        after(page, seen)
    page.locator("#undo").tap()
    sync_api.expect(page.locator(".note")).to_contain_text("Taken back")
    page.locator("#flag summary").tap()
    page.locator("#flag-it").tap()
    sync_api.expect(page.locator(".total")).to_contain_text("1 flagged")
    page.locator("#rules").tap()
    page.locator("[data-close]").tap()
    assert [(d.kind, d.labels) for d in store().log()] == [
        ("labels", ("offer",)),
        ("skip", ()),
        ("labels", ()),
        ("undo", ()),
        ("flag", ()),
    ]
    assert page.evaluate("document.documentElement.scrollWidth") <= 360


def test_two_annotators_disagree_and_resolve(serve, open_page, store):
    server = serve("--input", "articles")
    ann, bob = open_page(server()), open_page(server())
    bob.locator("summary", has_text="Somebody else").click()
    bob.locator("#annotator").fill("bob")
    bob.locator("button", has_text="under this name").click()
    by_keys(ann, 6)
    for n in range(6):
        seen = text_of(bob)
        for key in ("1", "Enter") if n == 3 else KEYS[truth(type("S", (), {"text": seen}))]:
            bob.keyboard.press("Enter" if key == "\n" else key)
        after(bob, seen)
    ann.reload()
    sync_api.expect(ann.locator(".side")).to_contain_text("α on 6 sentences that ann and bob")
    disputes = ann.locator("a[href='/review']", has_text="to review")
    sync_api.expect(disputes).to_have_text("1 to review")
    disputes.click()
    sync_api.expect(ann.locator(".views section")).to_have_count(2)
    assert serious(ann) == []
    ann.keyboard.press("2")
    ann.keyboard.press("Enter")
    sync_api.expect(ann.locator("#sentence")).to_contain_text("Nothing to review")
    kept = store()
    with kept.reading() as ledger:
        assert ledger.in_dispute() == []
        [settled] = [s for s in ledger.sentences() if len(set(ledger.labelled(s).values())) > 1]
        assert ledger.resolved(settled) == ("threat",)


def test_retrain_compare_take_into_use_and_go_back(place, serve, open_page, store):
    (place / "quick.toml").write_text("bootstrap = 20\nC = [1.0]\nfolds = 3\n")
    esc = [sys.executable, "-m", "classifier"]
    for arguments in (
        ("train", "--data", "mine", "-o", "models/first", "--config", "quick.toml"),
        ("models", "use", "first"),
    ):
        subprocess.run([*esc, *arguments], cwd=place, check=True, capture_output=True)
    server = serve("--input", "articles")
    kept = store()
    for item in kept.items():
        kept.decide(item.id, "ann", labels=truth(item), base=0)
    page = open_page(server("/retrain"))
    assert serious(page) == []
    page.locator("button", has_text="Retrain now").click()
    sync_api.expect(page.locator("progress")).to_be_visible()
    page.reload()  # the page has nothing to remember
    sync_api.expect(page.locator("#compared")).to_contain_text("labelled-1 on", timeout=90_000)
    macro = page.locator("tr", has_text="macro").first.inner_text()
    assert re.search(
        r"0\.\d{3}\s+[01]\.\d{3}\s+[+-]\d\.\d{3} \([+-]\d\.\d{3} to [+-]\d\.\d{3}\)", macro
    )
    assert serious(page) == []
    used = place / "models" / "in-use"
    assert used.read_text() == "first\n"
    page.locator("li", has_text="labelled-1").locator("button").click()
    sync_api.expect(page.locator("li", has_text="labelled-1")).to_contain_text("in use")
    assert used.read_text() == "labelled-1\n"
    page.locator("li", has_text="first").locator("button").click()
    sync_api.expect(page.locator("li", has_text="first")).to_contain_text("in use")
    assert used.read_text() == "first\n"


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_nobody_is_shut_out(serve, open_page, scheme):
    server = serve("--input", "articles", "--suggest")
    page = open_page(server(), color_scheme=scheme)
    assert serious(page) == []
    by_keys(page, 2)
    page.keyboard.press("f")
    assert serious(page) == []
    page.keyboard.press("Escape")
    page.keyboard.press("?")
    assert serious(page) == []
    weight = page.evaluate(
        "performance.getEntriesByType('resource').reduce((n, e) => n + e.encodedBodySize, 0)"
    )
    assert 0 < weight < 300_000
