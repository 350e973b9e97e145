"""What a model says of itself: what it stands on, how good it is, what it was made with."""

from __future__ import annotations

import platform
from typing import TYPE_CHECKING, Any

import numpy as np
import numpy.typing as npt

from classifier.model.evaluate import Measured, evaluate, false_alarms
from classifier.model.operating import coverage
from classifier.version import __version__

if TYPE_CHECKING:
    from classifier.corpus.read import Corpus
    from classifier.model.classes import WordClasses
    from classifier.model.crossval import Nested
    from classifier.model.settings import Settings

Bools = npt.NDArray[np.bool_]
Rows = npt.NDArray[np.int64]


def figures_json(
    nested: Nested,
    out_of_fold: Measured,
    rows: Rows,
    bare: Bools,
    corpus: Corpus,
    settings: Settings,
) -> dict[str, Any]:
    """Return the figures of a nested cross-validation.

    Parameters
    ----------
    nested : Nested
    out_of_fold : Measured
        Of all examples.
    rows : array of int
        The places of the target's among them.
    bare : array of bool, shape (n_examples,)
        Which are of documents without any label.
    corpus : Corpus
    settings : Settings
    """
    labels, bootstrap, seed = corpus.labels, settings.bootstrap, settings.seed
    measured = out_of_fold.part(rows)
    figures = evaluate(measured, bootstrap=bootstrap, seed=seed)
    if labels.exclusive:
        return figures
    for i, label in enumerate(labels.names):
        figures["labels"][label]["band"] = coverage(
            measured.probabilities[:, i], measured.truth[:, i], nested.bands[rows, i]
        )
    figures["operating_points"] = nested.at_points(labels.names, measured.truth)
    if alarms := false_alarms(out_of_fold, bare, bootstrap=bootstrap, seed=seed):
        origins = np.array([e.origin for e in corpus.examples])
        flagged = out_of_fold.decisions.any(axis=1)
        figures["false_alarms"] = {
            **alarms,
            "origins": {
                origin: {
                    "sentences": int((bare & (origins == origin)).sum()),
                    "flagged": int((bare & flagged & (origins == origin)).sum()),
                }
                for origin in sorted(set(origins[bare].tolist()))
            },
            "operating_points": {
                str(point): count / alarms["sentences"]
                for point, count in zip(nested.points, nested.flagged.tolist(), strict=True)
            },
        }
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
