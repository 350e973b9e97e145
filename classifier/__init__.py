"""Classify the escalation signals in conflict news, sentence by sentence, and show why.

The names below are the whole Python interface; everything else may move.

Examples
--------
>>> from classifier import load
>>> model = load()
>>> [prediction] = model.predict("The army said its troops captured the village of Orlivka.")
>>> prediction.decisions
('battlefield_claim',)
>>> explanation = model.explain(prediction.sentence.text, "battlefield_claim", prediction.context)
>>> total = explanation.intercept + sum(c.weight for c in explanation.contributions)
>>> total += explanation.beside
>>> abs(total - explanation.logit) < 1e-6
True
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from classifier.version import __version__

__all__ = ["EscError", "Prediction", "Predictor", "__version__", "load"]

if TYPE_CHECKING:
    from classifier.errors import EscError
    from classifier.schema import Prediction
    from classifier.scoring import Predictor, load

_HOMES = {
    "EscError": "classifier.errors",
    "Prediction": "classifier.schema",
    "Predictor": "classifier.scoring",
    "load": "classifier.scoring",
}


def __getattr__(name: str) -> Any:
    # Imported on first use, so that `esc --help` does not pay for numpy.
    if name not in _HOMES:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    import importlib

    return getattr(importlib.import_module(_HOMES[name]), name)
