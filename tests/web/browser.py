"""A real browser: the distribution's Chromium, driven by Playwright; `make browser` installs it."""

from __future__ import annotations

import os
import re
import shutil
from contextlib import contextmanager
from typing import TYPE_CHECKING

import pytest
from playwright.sync_api import sync_playwright

if TYPE_CHECKING:
    from collections.abc import Iterator

    from playwright.sync_api import Browser, Page

CHROMIUM = next(filter(None, map(shutil.which, ("chromium", "chromium-browser"))), None)
FLAGS = [
    "--headless",
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
]
needs_chromium = pytest.mark.skipif(
    CHROMIUM is None and not os.environ.get("CI"),
    reason="no Chromium here: make browser installs it",
)


@contextmanager
def launched() -> Iterator[Browser]:
    """Run a browser."""
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=CHROMIUM, args=FLAGS)
        yield browser
        browser.close()


@contextmanager
def visiting(
    browser: Browser, address: str, *, expected: str = "", **context: object
) -> Iterator[Page]:
    """Open a page for a new visitor; what its console complains of, or a foreign host, fails.

    Complaints that fit the `expected` pattern are none.
    """
    visitor = browser.new_context(base_url=address, **context)  # type: ignore[arg-type]
    page = visitor.new_page()
    complaints: list[str] = []
    page.on("pageerror", lambda error: complaints.append(str(error)))
    page.on(
        "console",
        # An answer that is an error is no fault of the page; the tests look at those themselves.
        lambda said: (
            complaints.append(said.text)
            if said.type in ("error", "warning") and "Failed to load resource" not in said.text
            else None
        ),
    )
    page.on(
        "request",
        lambda asked: complaints.append(asked.url) if not asked.url.startswith(address) else None,
    )
    yield page
    visitor.close()
    left = [one for one in complaints if not expected or not re.search(expected, one)]
    assert left == [], left
