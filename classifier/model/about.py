"""What a model says of itself: what it stands on, how good it is, what it was made with."""

from __future__ import annotations

import platform
from typing import TYPE_CHECKING, Any

import numpy as np
import numpy.typing as npt

from classifier.model.evaluate import Measured, evaluate
from classifier.model.operating import coverage
from classifier.version import __version__

if TYPE_CHECKING:
    from classifier.corpus.read import Corpus
    from classifier.model.classes import WordClasses
    from classifier.model.crossval import Nested
    from classifier.model.settings import Settings
    from classifier.schema import LabelSet

Bools = npt.NDArray[np.bool_]
Rows = npt.NDArray[np.int64]


def figures_json(
    nested: Nested,
    measured: Measured,
    rows: Rows,
    off: Bools,
    labels: LabelSet,
    settings: Settings,
) -> dict[str, Any]:
    """Return the figures of a nested cross-validation.

    Parameters
    ----------
    nested : Nested
    measured : Measured
        Of the target's sentences.
    rows : array of int
        Their places among all.
    off : array of bool
        Which of all are of documents without any label.
    labels : LabelSet
    settings : Settings
    """
    figures = evaluate(measured, bootstrap=settings.bootstrap, seed=settings.seed)
    if labels.exclusive:
        return figures
    for i, label in enumerate(labels.names):
        figures["labels"][label]["band"] = coverage(
            measured.probabilities[:, i], measured.truth[:, i], nested.bands[rows, i]
        )
    figures["operating_points"] = nested.at_points(labels.names, measured.truth)
    if off.any():
        figures["false_alarms"] = nested.false_alarms(off)
    return figures


def data_json(corpus: Corpus, classes: WordClasses | None) -> dict[str, Any]:
    """Count what a model was trained on."""
    examples = corpus.examples
    more = {
        "unlabelled": len(corpus.unlabelled),
        "taught": sum(bool(s.probabilities) for s in corpus.unlabelled),
    }
    origins = sorted({e.origin for e in examples})
    return {
        "fingerprint": corpus.fingerprint,
        "sentences": len(examples),
        "documents": len({e.document for e in examples}),
        "neighbours": len(corpus.neighbours),
        **{name: count for name, count in more.items() if count},
        "none": sum(not e.labels for e in examples),
        "positives": {n: sum(n in e.labels for e in examples) for n in corpus.labels.names},
        "origins": {o: sum(e.origin == o for e in examples) for o in origins},
        **({} if classes is None else {"word_classes": classes.fingerprint}),
    }


def versions() -> dict[str, str]:
    """Return the versions of all that a model depends on."""
    import joblib
    import scipy
    import sklearn

    return {
        "esc": __version__,
        "python": platform.python_version(),
        "numpy": np.__version__,
        "scipy": scipy.__version__,
        "scikit-learn": sklearn.__version__,
        "joblib": joblib.__version__,
    }
