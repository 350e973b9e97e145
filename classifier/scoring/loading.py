"""From a folder to a Predictor that scores as the model did when it was trained."""

from __future__ import annotations

import numpy as np

from classifier.errors import ModelError
from classifier.model.artefact import load_model
from classifier.scoring.catalogue import find_model
from classifier.scoring.predictor import Predictor

_TOLERANCE = 1e-6


def load(name: str | None = None) -> Predictor:
    """Load a model by name or folder; the one in use (`catalogue.use_model`) if None.

    Raises
    ------
    ModelError
        There is no such model, it is damaged, or it does not score its reference sentences as it
        did when it was trained.

    Examples
    --------
    >>> load().labels
    ('battlefield_claim', 'red_line_warning', 'diplomatic_signal', 'weapons_policy')
    """
    folder = find_model(name)
    predictor = Predictor(load_model(folder))
    if not _scores_as_trained(predictor):
        raise ModelError(
            f"{folder}: scores its reference sentences otherwise than when it was trained; "
            "train or fetch the model again"
        )
    return predictor


def _scores_as_trained(predictor: Predictor) -> bool:
    checks = predictor.model.checks
    if not checks:
        return True
    logits = predictor.scorer.logits([check.text for check in checks])
    found = [logits, predictor.model.together(logits)]
    expected = [[check.logits for check in checks], [check.together for check in checks]]
    return np.allclose(np.array(found), np.array(expected), rtol=0, atol=_TOLERANCE)
