"""Labelling in a real browser: by keys or mouse alone, over a kill, and up to a new model."""

from __future__ import annotations

import os
import re
import signal
import socket
import subprocess
import sys
from contextlib import ExitStack
from types import SimpleNamespace

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import expect

from classifier.labelling.store import Store
from tests.labelling.conftest import TOWNS, make_items, truth
from tests.processes import ended
from tests.web.browser import launched, needs_chromium, visiting

pytestmark = needs_chromium
SERIOUS = ("serious", "critical")


@pytest.fixture(scope="module")
def browser():
    with launched() as found:
        yield found


@pytest.fixture
def open_page(browser):
    """Open pages for visitors of their own."""
    with ExitStack() as opened:

        def open_one(address, **options):
            site, _, path = address.rpartition("/")
            view = {"viewport": {"width": 1280, "height": 900}} | options
            page = opened.enter_context(visiting(browser, site, **view))
            page.goto(f"/{path}")
            if path == "label" and options.get("java_script_enabled", True):
                readable(page)
            return page

        yield open_one


class Server:
    """``esc label`` in a process of its own, on a port that it keeps when it is started again."""

    def __init__(self, folder, opened, *options):
        self.folder, self.opened, self.options = folder, opened, options
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
        self.opened.enter_context(ended(self.process))
        said = []
        for line in self.process.stderr:
            said.append(line)
            if "serving" in line:
                return
        raise AssertionError(said)

    def kill(self):
        os.kill(self.process.pid, signal.SIGKILL)
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
    with ExitStack() as opened:
        yield lambda *options: Server(place, opened, *options)


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


def readable(page):
    """Wait as long as it takes to see a sentence."""
    expect(page.locator("#desk[data-ready]")).to_be_visible()


def after(page, seen):
    """Wait for the next sentence, and until it was seen."""
    expect(page.locator("#sentence")).not_to_have_text(seen)
    readable(page)


KEYS = {(): "0", ("offer",): "1\n", ("threat",): "2\n"}


def by_keys(page, n):
    """Label sentences with the keyboard; return what was meant."""
    meant = []
    for _ in range(n):
        seen = text_of(page)
        given = truth(SimpleNamespace(text=seen))
        for key in KEYS[given]:
            page.keyboard.press("Enter" if key == "\n" else key)
        after(page, seen)
        meant.append((seen, given))
    return meant


def serious(page):
    """What axe-core finds serious in a page."""
    found = Axe().run(page).response["violations"]
    return [(v["id"], v["nodes"][0]["html"]) for v in found if v["impact"] in SERIOUS]


def test_twenty_sentences_by_keyboard_over_a_kill(serve, open_page, store):
    server = serve("--input", "articles")
    page = open_page(server(), expected="htmx:(sendError|afterRequest)")
    meant = by_keys(page, 11)
    server.kill()
    seen = text_of(page)
    page.keyboard.press("1")
    page.keyboard.press("Enter")  # into the void
    expect(page.locator("#said")).to_contain_text("does not answer")
    assert text_of(page) == seen
    server.start()
    page.keyboard.press("1")  # takes the mark back that the void left on the page
    meant += by_keys(page, 9)
    kept = store()
    texts = {item.id: item.text for item in kept.items()}
    assert [(texts[d.sentence], d.labels) for d in kept.log()] == meant
    assert len({d.sentence for d in kept.log()}) == 20


def test_what_comes_before_the_next_sentence_was_seen_does_not_decide_about_it(
    serve, open_page, store
):
    page = open_page(serve("--input", "articles")())
    seen = text_of(page)
    page.keyboard.press("1")
    page.keyboard.press("Enter")
    page.keyboard.press("Enter")  # while the first is on its way
    expect(page.locator("#sentence")).not_to_have_text(seen)
    page.keyboard.press("Enter")  # just after the next one came
    page.keyboard.press("0")
    after(page, seen)
    expect(page.locator(".total")).to_contain_text("1 labelled")
    second = text_of(page)
    page.keyboard.down("s")  # held down
    for _ in range(3):
        page.keyboard.down("s")
    after(page, second)
    page.keyboard.down("s")
    page.keyboard.up("s")
    third = text_of(page)
    page.locator("#none").dblclick()
    after(page, third)
    assert [(d.kind, d.labels) for d in store().log()] == [
        ("labels", ("offer",)),
        ("skip", ()),
        ("labels", ()),
    ]


def test_a_key_that_came_too_soon_is_said_and_counts_when_it_is_pressed_again(serve, open_page):
    page = open_page(serve("--input", "articles")())
    page.clock.install()
    page.reload()
    seen = text_of(page)
    page.clock.run_for(100)
    page.keyboard.press("2")
    page.keyboard.press("Enter")
    expect(page.locator("#said")).to_contain_text("before the sentence could be read")
    expect(page.get_by_label("threat")).to_be_checked()
    assert text_of(page) == seen
    page.clock.run_for(300)
    page.keyboard.press("Enter")
    expect(page.locator("#sentence")).not_to_have_text(seen)


def test_undo_flag_and_codebook_by_keyboard(serve, open_page, store):
    page = open_page(serve("--input", "articles")())
    seen = text_of(page)
    page.keyboard.press("?")
    book = page.locator("dialog[open]")
    expect(book).to_contain_text("We will close the road unless")
    page.keyboard.press("1")  # not meant for the sentence behind
    page.keyboard.press("Escape")
    expect(book).to_have_count(0)
    page.keyboard.press("f")
    page.keyboard.type("who is 1 of 2?")
    page.keyboard.press("Enter")
    after(page, seen)
    page.keyboard.press("u")
    expect(page.locator("#sentence")).to_have_text(seen)
    readable(page)
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
    expect(page.locator(".note")).to_contain_text("Taken back")
    readable(page)
    page.locator("#flag summary").tap()
    page.locator("#flag-it").tap()
    expect(page.locator(".total")).to_contain_text("1 flagged")
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
        for key in ("1", "Enter") if n == 3 else KEYS[truth(SimpleNamespace(text=seen))]:
            bob.keyboard.press("Enter" if key == "\n" else key)
        after(bob, seen)
    ann.reload()
    expect(ann.locator(".side")).to_contain_text("α on 6 sentences that ann and bob")
    disputes = ann.locator("a[href='/review']", has_text="to review")
    expect(disputes).to_have_text("1 to review")
    disputes.click()
    expect(ann.locator(".views section")).to_have_count(2)
    assert serious(ann) == []
    readable(ann)
    ann.keyboard.press("2")
    ann.keyboard.press("Enter")
    expect(ann.locator("#sentence")).to_contain_text("Nothing to review")
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
    expect(page.locator("progress")).to_be_visible()
    page.reload()  # the page has nothing to remember
    expect(page.locator("#compared")).to_contain_text("labelled-1 on", timeout=90_000)
    macro = page.locator("tr", has_text="macro").first.inner_text()
    assert re.search(
        r"0\.\d{3}\s+[01]\.\d{3}\s+[+-]\d\.\d{3} \([+-]\d\.\d{3} to [+-]\d\.\d{3}\)", macro
    )
    assert serious(page) == []
    used = place / "models" / "in-use"
    assert used.read_text() == "first\n"
    page.locator("li", has_text="labelled-1").locator("button").click()
    expect(page.locator("li", has_text="labelled-1")).to_contain_text("in use")
    assert used.read_text() == "labelled-1\n"
    page.locator("li", has_text="first").locator("button").click()
    expect(page.locator("li", has_text="first")).to_contain_text("in use")
    assert used.read_text() == "first\n"


def test_the_pages_work_without_script(serve, open_page, store):
    page = open_page(serve("--input", "articles")(), java_script_enabled=False)
    seen = text_of(page)
    page.get_by_label("offer").check()
    page.get_by_role("button", name="Accept").click()
    expect(page.locator("#sentence")).not_to_have_text(seen)
    page.get_by_role("button", name="Undo").click()
    expect(page.get_by_label("offer")).to_be_checked()
    page.get_by_role("link", name="Retrain").click()
    page.get_by_role("button", name="Retrain now").click()
    expect(page.locator(".note")).to_contain_text("Nothing is labelled yet")
    assert [d.kind for d in store().log()] == ["labels", "undo"]


@pytest.mark.parametrize(("width", "scheme"), [(360, "light"), (1280, "dark"), (3840, "light")])
def test_nobody_is_shut_out(serve, open_page, width, scheme):
    server = serve("--input", "articles", "--suggest")
    view = {"width": width, "height": 900}
    page = open_page(server(), color_scheme=scheme, viewport=view)
    assert serious(page) == []
    by_keys(page, 2)
    page.keyboard.press("f")
    assert serious(page) == []
    page.keyboard.press("Escape")
    page.keyboard.press("?")
    assert serious(page) == []
    for path in ("/label", "/review", "/retrain"):
        page.goto(path)
        assert serious(page) == [], path
        assert page.evaluate("document.documentElement.scrollWidth <= innerWidth"), path
    weight = page.evaluate(
        "performance.getEntriesByType('resource').reduce((n, e) => n + e.encodedBodySize, 0)"
    )
    assert 0 < weight < 300_000
