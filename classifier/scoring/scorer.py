"""Which of the two scorers runs: the compiled kernel, or its twin in numpy."""

from __future__ import annotations

import os
from dataclasses import dataclass
from typing import TYPE_CHECKING, Protocol

from classifier.scoring import engine
from classifier.scoring.kernel import Kernel, missing

if TYPE_CHECKING:
    from collections.abc import Sequence

    from classifier.model.artefact import Model


class Scorer(Protocol):
    """What the kernel and the twin have in common."""

    def logits(self, texts: Sequence[str]) -> engine.Floats:
        """Compute the logits of some sentences, shape (n_sentences, n_labels)."""

    def find(self, kind: str, text: str) -> engine.Hits:
        """Find the places of the known terms of a kind in one sentence."""


@dataclass(frozen=True)
class Twin:
    """A model in the hands of the scorer in numpy."""

    model: Model

    def logits(self, texts: Sequence[str]) -> engine.Floats:
        """Compute the logits of some sentences, shape (n_sentences, n_labels)."""
        return engine.logits(self.model, texts)

    def find(self, kind: str, text: str) -> engine.Hits:
        """Find the places of the known terms of a kind in one sentence."""
        return engine.find_in(self.model, kind, text)


def why_twin() -> str:
    """Return why the twin runs, in a few words; empty if the kernel does."""
    if os.environ.get("ESC_KERNEL") == "0":
        return "ESC_KERNEL=0"
    return missing()


def choose(model: Model) -> Scorer:
    """Return the kernel for a model, or the twin where there is none."""
    return Twin(model) if why_twin() else Kernel(model)
