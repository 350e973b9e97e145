"""What a run of scoring yields: one result a document, with the profile that people ask for."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from classifier.text import read_documents

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence

    from classifier.errors import EscError
    from classifier.schema import Document, Prediction
    from classifier.scoring.predictor import Predictor
    from classifier.text import Reading


@dataclass(frozen=True)
class Result:
    """The predictions of one document, in the order of its sentences."""

    document: Document
    predictions: tuple[Prediction, ...]

    def profile(self, labels: Sequence[str]) -> dict[str, Any]:
        """Return the profile of the document.

        Returns
        -------
        dict
            ``sentences``; ``signals``, the number of sentences with any label, and
            ``signal_share``; for each label its ``count`` and its ``strongest`` sentence (index
            and probability).
        """
        n = len(self.predictions)
        signals = sum(bool(p.decisions) for p in self.predictions)
        profile: dict[str, Any] = {}
        for name in labels:
            best = max(self.predictions, key=lambda p: p.probabilities[name], default=None)
            profile[name] = {
                "count": sum(name in p.decisions for p in self.predictions),
                "strongest": None
                if best is None
                else {"index": best.sentence.index, "probability": best.probabilities[name]},
            }
        return {
            "sentences": n,
            "signals": signals,
            "signal_share": signals / n if n else 0.0,
            "labels": profile,
        }


def score_paths(
    predictor: Predictor,
    paths: Sequence[str],
    problem: Callable[[EscError], None] | None = None,
    reading: Reading | None = None,
) -> Iterator[Result]:
    """Score the documents that some paths name, one at a time, in the order of the paths."""
    for document in read_documents(paths, problem, reading):
        yield Result(document, tuple(predictor.predict(document.text)))
