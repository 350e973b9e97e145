"""What the parts of benchmarks/composition.py share: parts of a corpus, scored and summed up."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from typing import TYPE_CHECKING, Any

import numpy as np

from classifier.scoring import Predictor
from classifier.scoring.measure import score_corpus

if TYPE_CHECKING:
    from classifier.corpus.read import Corpus
    from classifier.model.artefact import Model
    from classifier.model.evaluate import Measured
    from classifier.schema import Example

Keep = Callable[["Example"], bool]


def subset(corpus: Corpus, keep: Keep) -> Corpus:
    return replace(corpus, examples=tuple(e for e in corpus.examples if keep(e)))


def score(model: Model, corpus: Corpus, keep: Keep) -> Measured:
    """Score some sentences, each in its whole document."""
    documents = {e.document for e in corpus.examples if keep(e)}
    whole = corpus.part(documents)
    kept = np.flatnonzero([keep(e) for e in whole.examples])
    return score_corpus(Predictor(model), whole).part(kept)


def short(figures: dict[str, Any]) -> dict[str, Any]:
    return {name: figures["labels"][name] for name in figures["labels"]} | {
        "macro": figures["macro"],
        "sentences": figures["sentences"],
    }


def report(name: str, figures: dict[str, Any]) -> None:
    macro = figures["macro"]
    print(
        f"  {name}: macro F1 {macro['f1']['value']:.3f}, "
        f"average precision {macro['average_precision']['value']:.3f}",
        flush=True,
    )
