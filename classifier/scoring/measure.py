"""A model measured on labelled sentences."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from classifier.model.evaluate import Measured, evaluate

if TYPE_CHECKING:
    from classifier.corpus.read import Corpus
    from classifier.scoring.predictor import Predictor


def measure(predictor: Predictor, corpus: Corpus, *, bootstrap: int = 1000) -> dict[str, Any]:
    """Score the sentences of a corpus and compare with their labels.

    Returns
    -------
    dict
        As `classifier.model.evaluate.evaluate` returns it, with the model's name and fingerprint
        and the data's fingerprint.
    """
    examples = corpus.examples
    probabilities = predictor.predict_proba([e.text for e in examples])
    figures = evaluate(
        Measured(
            labels=predictor.labels,
            documents=[e.document for e in examples],
            truth=np.array([[n in e.labels for n in predictor.labels] for e in examples], np.bool_),
            probabilities=probabilities,
            decisions=predictor.decide(probabilities),
        ),
        bootstrap=bootstrap,
    )
    return {
        "model": predictor.model.name,
        "fingerprint": predictor.model.fingerprint,
        "data": corpus.fingerprint,
        **figures,
    }
