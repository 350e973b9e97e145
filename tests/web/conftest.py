"""A site over the shipped model, with its data in a folder of the test."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

import pytest
from fastapi.testclient import TestClient

from classifier.web.app import create_app
from classifier.web.settings import WebSettings

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
        chosen = WebSettings(**{"data": tmp_path / "data", **settings})  # type: ignore[arg-type]
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


@pytest.fixture
def visitor(open_site: Callable[..., TestClient]) -> TestClient:
    """A visitor of a site as ``esc serve`` opens it."""
    return open_site()


def csrf(visitor: TestClient) -> str:
    """Return the token that the pages of the visitor's session carry."""
    found = re.search(r'<meta name="csrf" content="([0-9a-f]{64})">', visitor.get("/").text)
    assert found
    return found[1]
