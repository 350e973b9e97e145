"""A site over the shipped model, with its data in a folder of the test."""

from __future__ import annotations

import re
import subprocess
import sys
from contextlib import contextmanager
from typing import TYPE_CHECKING

import pytest
from fastapi.testclient import TestClient

from classifier import shipped
from classifier.web.app import create_app
from classifier.web.settings import WebSettings
from tests.processes import ended

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

    from classifier.scoring import Predictor

HERE = "http://127.0.0.1:8765"


@pytest.fixture
def open_site(shipped_predictor: Predictor, tmp_path: Path) -> Iterator[Callable[..., TestClient]]:
    """Open a site with some settings, and give a visitor."""
    opened = []

    def open_one(predictor: Predictor | None = None, **settings: object) -> TestClient:
        # One file of labelled sentences: the whole corpus takes seconds to read.
        few = (shipped.data() / "composed" / "black-sea.jsonl",)
        given = {"data": tmp_path / "data", "corpus": few, **settings}
        chosen = WebSettings(**given)  # type: ignore[arg-type]
        visitor = TestClient(
            create_app(predictor or shipped_predictor, chosen),
            base_url=HERE,
            raise_server_exceptions=False,
            follow_redirects=False,
        )
        opened.append(visitor)
        return visitor

    yield open_one
    for visitor in opened:
        visitor.close()
        visitor.app.state.site.workers.close()  # type: ignore[attr-defined]


@pytest.fixture
def visitor(open_site: Callable[..., TestClient]) -> TestClient:
    """A visitor of a site as ``esc serve`` opens it."""
    return open_site()


def csrf(visitor: TestClient) -> str:
    """Return the token that the pages of the visitor's session carry."""
    found = re.search(r'<meta name="csrf" content="([0-9a-f]{64})">', visitor.get("/").text)
    assert found
    return found[1]


@pytest.fixture(scope="session")
def served(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """The address of a site that ``esc serve`` serves in a process of its own."""
    with serving(tmp_path_factory.mktemp("served")) as address:
        yield address


@contextmanager
def serving(data: Path, *options: str) -> Iterator[str]:
    """Run ``esc serve`` on a free port until it is no longer needed."""
    few = shipped.data() / "composed" / "black-sea.jsonl"
    command = [sys.executable, "-m", "classifier", "serve", "--port", "0", "--data-dir", str(data)]
    process = subprocess.Popen(
        [*command, "--corpus", str(few), *options], stderr=subprocess.PIPE, text=True
    )
    with ended(process):
        assert process.stderr is not None
        lines = []
        for line in process.stderr:
            lines.append(line)
            if found := re.search(r"serving (http://\S+)/", line):
                break
        else:
            pytest.fail(f"esc serve did not start: {''.join(lines)}")
        yield found[1]
