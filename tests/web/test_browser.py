"""The pages in a real browser, as people use them."""

from __future__ import annotations

import gzip
from typing import TYPE_CHECKING
from urllib.parse import parse_qs, urlsplit

import pytest
from axe_playwright_python.sync_playwright import Axe

from classifier import shipped
from tests.web.attacks import SCRIPTS
from tests.web.browser import launched, needs_chromium, visiting
from tests.web.conftest import serving

if TYPE_CHECKING:
    from collections.abc import Iterator

    from playwright.sync_api import Browser, Page

pytestmark = needs_chromium
SEED = shipped.root() / "seeds" / "2024-09-kursk-counteroffensive.txt"
ARTICLE = (
    "The army shelled the port of Velmar on Monday, killing four dockers and a pilot.\n\n"
    "Rice is dear in the delta. Ostrava warned that any strike on its soil would cross a red line "
    "and be met with a crushing response."
)
SERIOUS = ("serious", "critical")


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    with launched() as found:
        yield found


@pytest.fixture
def page(browser: Browser, served: str) -> Iterator[Page]:
    with visiting(browser, served, viewport={"width": 1280, "height": 800}) as found:
        yield found


def paste(page: Page, text: str, title: str = "") -> None:
    page.goto("/")
    page.get_by_label("Text", exact=True).fill(text)
    page.get_by_label("Title").fill(title)
    page.get_by_role("button", name="Show its signals").click()
    page.wait_for_url("**/articles/*")


@pytest.mark.skipif(not SEED.exists(), reason="the seed article is not part of the package")
def test_the_seed_article_shows_its_red_line_and_the_words_for_it(page):
    paste(page, SEED.read_text())
    sentence = page.locator("a.s.c1", has_text="The Kremlin has labeled this a")
    assert sentence.locator(".sign").inner_text() == "R"
    sentence.click()
    why = page.locator("#detail details.label").first
    why.wait_for()
    assert "Red-line warning" in why.inner_text()
    assert "yes" in why.locator(".answer").inner_text()
    words = [word.lower() for word in why.locator("mark[class^=up]").all_inner_texts()]
    assert any("red" in word for word in words)
    assert any("line" in word for word in words)


def test_a_threshold_moves_the_marks_the_counts_and_the_address(page):
    paste(page, ARTICLE)
    assert page.locator("#s2").get_attribute("class") == "s yes c1"
    assert page.locator("#signals").inner_text() == "2"
    slider = page.get_by_label("Threshold of Red-line warning")
    slider.focus()
    page.keyboard.press("End")
    assert page.locator("#s2").get_attribute("class") == "s"
    assert page.locator("#s2 .sign").count() == 0
    assert page.locator(".lane").nth(1).locator(".count").inner_text() == "0"
    assert page.locator("#signals").inner_text() == "1"
    page.wait_for_url(lambda url: "t=red_line_warning" in url)
    with page.expect_download() as download:
        page.get_by_role("link", name="JSONL").click()
    assert b'"decisions":["red_line_warning"]' not in download.value.path().read_bytes()
    page.reload()
    assert page.locator("#s2").get_attribute("class") == "s"
    page.goto(page.url.split("?")[0])
    assert page.locator("#s2").get_attribute("class") == "s yes c1"


def test_the_thresholds_of_an_address_stay_until_they_are_reset(page):
    paste(page, ARTICLE)
    address = page.url
    page.goto(f"{address}?t=red_line_warning:0.99999")
    assert page.locator("#s2").get_attribute("class") == "s"
    page.get_by_label("Threshold of Battlefield claim").focus()
    page.keyboard.press("End")
    # The address follows a moment later.
    page.wait_for_url(lambda url: "battlefield_claim" in url)
    asked = parse_qs(urlsplit(page.url).query)
    assert asked == {"t": ["battlefield_claim:1", "red_line_warning:0.99999"]}
    page.reload()
    assert page.locator("a.s.yes").count() == 0
    with page.expect_download() as download:
        page.get_by_role("link", name="JSONL").click()
    assert download.value.path().read_bytes().count(b'"decisions":[]') == 3
    page.get_by_role("button", name="Thresholds of the model").click()
    assert page.locator("#s2").get_attribute("class") == "s yes c1"
    page.wait_for_url(address)


def test_labels_are_hidden_and_the_rest_of_the_text_too(page):
    paste(page, ARTICLE)
    page.get_by_label("Show Battlefield claim").uncheck()
    assert page.locator("#s0").get_attribute("class") == "s"
    page.get_by_label("Only marked sentences").check()
    assert not page.locator("#s0").is_visible()
    assert page.locator("#s2").is_visible()
    page.get_by_label("Show Battlefield claim").check()
    assert page.locator("#s0").is_visible()
    assert not page.locator("#s1").is_visible()


def test_the_page_is_read_by_keyboard(page):
    paste(page, ARTICLE)
    page.keyboard.press("n")
    page.keyboard.press("n")
    assert page.evaluate("document.activeElement.id") == "s2"
    page.keyboard.press("Enter")
    page.locator("#detail h2").wait_for()
    assert page.evaluate("document.activeElement.textContent") == "Sentence 2"
    page.keyboard.press("Escape")
    assert page.locator("#detail").inner_text() == ""
    assert page.evaluate("document.activeElement.id") == "s2"
    page.keyboard.press("p")
    assert page.evaluate("document.activeElement.id") == "s0"


def test_a_wrong_label_is_put_right(page):
    paste(page, ARTICLE)
    page.locator("#s1").click()
    page.locator("#detail").get_by_text("This is wrong").click()
    page.locator("#detail .wrong").get_by_label("Diplomatic signal").check()
    page.get_by_role("button", name="Put it into the labelling queue").click()
    page.locator("#detail").get_by_text("Kept for labelling").wait_for()


def test_a_dropped_file_is_read(page):
    page.goto("/")
    page.evaluate(
        """text => {
          const files = new DataTransfer();
          files.items.add(new File([text], "dropped.txt", {type: "text/plain"}));
          document.dispatchEvent(new DragEvent("drop", {dataTransfer: files, cancelable: true}));
        }""",
        ARTICLE,
    )
    page.wait_for_url("**/articles/*")
    assert page.locator("h1").inner_text() == "dropped.txt"


def test_a_hostile_file_is_refused_and_the_form_stays(page):
    page.goto("/")
    bomb = {"name": "b.txt.gz", "mimeType": "text/plain", "buffer": gzip.compress(bytes(70 << 20))}
    page.locator("#file").set_input_files(bomb)
    page.get_by_role("button", name="Show its signals").click()
    assert "larger than 64 MB" in page.get_by_role("alert").inner_text()
    assert page.get_by_role("button", name="Show its signals").is_enabled()


def test_nothing_in_an_article_runs(page):
    paste(page, "\n\n".join(f"The army said {one} on Monday." for one in SCRIPTS), SCRIPTS[0])
    for number in range(3):
        page.locator(f"#s{number}").click()
        page.locator("#detail h2", has_text=f"Sentence {number}").wait_for()
    assert page.evaluate("window.broken") is None
    page.goto("/articles")
    assert page.evaluate("window.broken") is None


def test_the_pages_work_without_script(browser, served):
    with visiting(browser, served, java_script_enabled=False) as page:
        paste(page, ARTICLE)
        page.locator("#s2").click()
        assert page.locator("h2", has_text="Sentence 2").is_visible()
        page.get_by_text("This is wrong").click()
        page.get_by_role("button", name="Put it into the labelling queue").click()
        assert page.get_by_text("Kept for labelling").is_visible()


@pytest.mark.parametrize(("width", "scheme"), [(360, "light"), (1280, "dark")])
def test_every_page_is_accessible_and_fits(browser, served, width, scheme):
    view = {"width": width, "height": 800}
    with visiting(browser, served, viewport=view, color_scheme=scheme) as page:
        paste(page, ARTICLE, "An article")
        address = page.url
        for path in (address, f"{address}/sentences/2", "/", "/articles", "/api/docs", "/nothing"):
            page.goto(path)
            if path == address:
                page.locator("#s2").click()
                page.locator("#detail h2").wait_for()
            found = Axe().run(page).response["violations"]
            bad = [
                (one["id"], one["nodes"][0]["html"]) for one in found if one["impact"] in SERIOUS
            ]
            assert bad == [], path
            assert page.evaluate("document.documentElement.scrollWidth <= innerWidth"), path


def test_a_page_that_is_open_survives_a_restart(browser, tmp_path):
    with serving(tmp_path) as address:
        page = browser.new_page(base_url=address)
        page.goto("/")
        page.get_by_label("Text", exact=True).fill(ARTICLE)
    with serving(tmp_path, "--port", address.rsplit(":", 1)[1]):
        page.get_by_role("button", name="Show its signals").click()
        page.wait_for_url("**/articles/*")
        assert page.locator("#s2").is_visible()
        page.close()
