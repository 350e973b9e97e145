"""A corpus with sentences of a target and others, and a quick model of it, for the studies."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

import pytest

from classifier.model.settings import FeatureSettings, Settings
from classifier.model.train import Trained, train

if TYPE_CHECKING:
    from classifier.corpus.read import Corpus

LEAN = Settings(
    C=(1.0, 10.0),
    folds=3,
    bootstrap=20,
    features=FeatureSettings(char_ngrams=(0, 0)),
    target=("field",),
)


@pytest.fixture(scope="session")
def mixed(corpus: Corpus) -> Corpus:
    """Three of four documents are of the origin `field`, the others composed."""
    names = sorted({e.document for e in corpus.examples})
    other = set(names[::4])
    examples = tuple(
        replace(e, origin="composed" if e.document in other else "field") for e in corpus.examples
    )
    return replace(corpus, examples=examples)


@pytest.fixture(scope="session")
def lean(mixed: Corpus) -> Trained:
    """A model of words alone."""
    return train(mixed, LEAN)
