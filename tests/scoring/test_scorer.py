"""The kernel runs where it was built, else its twin."""

from __future__ import annotations

import os
from types import SimpleNamespace

import pytest

from classifier.scoring import kernel
from classifier.scoring.scorer import Twin, choose, why_twin
from tests.scoring.made import made_model


@pytest.mark.skipif(not os.environ.get("CI"), reason="only continuous integration must have it")
def test_continuous_integration_has_the_kernel():
    assert kernel.missing() == ""


@pytest.mark.parametrize(
    ("found", "words"),
    [(None, "was not built"), (SimpleNamespace(REVISION=-1), "revision -1.*install again")],
)
def test_twin_runs_without_a_kernel_of_this_revision(monkeypatch, found, words):
    monkeypatch.delenv("ESC_KERNEL", raising=False)
    monkeypatch.setattr(kernel, "_kernel", found)
    with pytest.raises(AssertionError, match=words):
        assert not why_twin(), why_twin()
    model = made_model(["the talks failed"])
    assert isinstance(choose(model), Twin)
