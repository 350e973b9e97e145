"""A model as a plain scikit-learn Pipeline, for notebooks and as the oracle of scoring."""

from __future__ import annotations

from collections import Counter
from functools import partial
from typing import TYPE_CHECKING, Any

import numpy as np

from classifier.errors import UsageError
from classifier.model.classes import UNKNOWN
from classifier.model.features import analysers
from classifier.model.words import WORD

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence
    from pathlib import Path

    import numpy.typing as npt

    from classifier.model.artefact import Model
    from classifier.model.dependence import Dependence
    from classifier.model.table import Block


def to_pipeline(model: Model) -> Any:
    """Build a scikit-learn Pipeline with the same probabilities of sentences by themselves.

    A Pipeline knows no documents: the context of a model stays behind. Where the labels depend on
    one another, their logits and probabilities are steps of their own.

    Returns
    -------
    sklearn.pipeline.Pipeline
        Of a FeatureUnion of TfidfVectorizers (a Pipeline that ends in one, for classes of words)
        and a linear classifier, with the steps ``logits`` and ``labels`` between them where the
        labels depend on one another; it needs nothing of this package. ``predict`` cuts at 0.5, not
        at the model's thresholds, which stand in its attribute ``thresholds_``, and may give no
        label where the label set has at least one.
    """
    from sklearn.pipeline import FeatureUnion, Pipeline

    arguments = analysers(model.features)
    parts = [
        (kind, _vectoriser(arguments[kind], block) if kind in arguments else _classes(model, block))
        for kind, block in model.blocks.items()
    ]
    steps = [("features", FeatureUnion(parts))]
    if model.dependence is not None:
        steps += [("logits", _logits(model)), ("labels", _labels(model.dependence))]
    pipeline = Pipeline([*steps, ("classifier", _classifier(model))])
    pipeline.labels_ = list(model.labels.names)
    pipeline.thresholds_ = dict(zip(model.labels.names, model.thresholds, strict=False))
    return pipeline


def _vectoriser(arguments: dict[str, Any], block: Block) -> Any:
    from sklearn.feature_extraction.text import TfidfVectorizer

    vocabulary = {term: row for row, term in enumerate(block.terms())}
    vectoriser = TfidfVectorizer(**arguments, vocabulary=vocabulary, sublinear_tf=True)
    vectoriser.vocabulary_ = vocabulary
    vectoriser.fixed_vocabulary_ = True
    vectoriser.idf_ = block.idf.astype(np.float64)
    return vectoriser


def _classes(model: Model, block: Block) -> Any:
    """Build a Pipeline that reads a text as the names of the classes of its words.

    It is put together of built-in functions alone, so that loading it needs no module of ours.
    """
    from sklearn.feature_extraction.text import strip_accents_unicode
    from sklearn.pipeline import Pipeline
    from sklearn.preprocessing import FunctionTransformer

    classes = model.classes
    assert classes is not None
    # A Counter gives 0 for what it does not have, and does not keep it.
    numbers = Counter(dict(zip(classes.words, (classes.number + 1).tolist(), strict=False)))
    steps: list[tuple[str, Callable[..., Any]]] = [("lower", str.lower)]
    if model.features.strip_accents:
        steps.append(("accents", strip_accents_unicode))
    steps += [("words", WORD.findall), ("classes", partial(map, numbers.__getitem__))]
    arguments = {
        "analyzer": "word",
        "ngram_range": model.features.class_ngrams,
        "preprocessor": partial(map, [UNKNOWN, *classes.names[:-1]].__getitem__),
        "tokenizer": list,
        "token_pattern": None,
        "lowercase": False,
    }
    return Pipeline(
        [
            *(
                (name, FunctionTransformer(partial(map, step), feature_names_out="one-to-one"))
                for name, step in steps
            ),
            ("tfidf", _vectoriser(arguments, block)),
        ]
    )


def _coefficients(model: Model) -> npt.NDArray[np.float64]:
    return np.concatenate([block.coef for block in model.blocks.values()]).astype(np.float64).T


def _logits(model: Model) -> Any:
    """Build a Pipeline of the linear map to the stored logits."""
    from sklearn.decomposition import TruncatedSVD
    from sklearn.pipeline import Pipeline

    weights = np.ascontiguousarray(_coefficients(model))
    linear = TruncatedSVD(len(weights))  # as a map it is the product with its components
    linear.components_, linear.n_features_in_ = weights, weights.shape[1]
    return Pipeline(
        [("terms", linear), ("intercept", _affine(np.ones(len(weights)), model.intercept))]
    )


def _affine(slopes: npt.NDArray[np.float64], offsets: npt.NDArray[np.float64]) -> Any:
    from sklearn.preprocessing import StandardScaler

    scaler = StandardScaler()  # x to (x - mean) / scale
    scaler.scale_, scaler.mean_ = 1 / slopes, -offsets / slopes
    scaler.var_, scaler.n_features_in_ = scaler.scale_**2, len(slopes)
    scaler.n_samples_seen_ = 1
    return scaler


def _labels(dependence: Dependence) -> Any:
    """Build a FeatureUnion of stored logits and the probabilities of the labels by themselves."""
    from scipy.special import expit
    from sklearn.pipeline import FeatureUnion, Pipeline
    from sklearn.preprocessing import FunctionTransformer

    steps = [
        ("alone", _affine(dependence.slopes, dependence.offsets)),
        ("sigmoid", FunctionTransformer(expit, feature_names_out="one-to-one")),
    ]
    stored = FunctionTransformer(feature_names_out="one-to-one")
    return FeatureUnion([("logits", stored), ("probabilities", Pipeline(steps))])


def _logistic(coef: npt.NDArray[np.float64], intercept: npt.NDArray[np.float64], names: Any) -> Any:
    from sklearn.linear_model import LogisticRegression

    fitted = LogisticRegression()
    fitted.coef_, fitted.intercept_ = np.ascontiguousarray(coef), intercept
    fitted.classes_ = np.asarray(names)
    fitted.n_features_in_ = coef.shape[1]
    return fitted


def _classifier(model: Model) -> Any:
    from sklearn.multiclass import OneVsRestClassifier
    from sklearn.preprocessing import LabelBinarizer

    coef, intercept, names = _coefficients(model), model.intercept, model.labels.names
    if model.dependence is not None:
        coef = np.hstack([np.eye(len(names)), model.dependence.weights])
        intercept = np.zeros(len(names))
    if model.labels.exclusive and len(names) == 2:
        return _logistic(coef[1:] - coef[:1], intercept[1:] - intercept[:1], names)
    if model.labels.exclusive:
        return _logistic(coef, intercept, names)
    if len(names) == 1:
        return _logistic(coef, intercept, [f"not_{names[0]}", names[0]])
    rest = OneVsRestClassifier(_logistic(coef[:1], intercept[:1], [0, 1]))
    rest.estimators_ = [
        _logistic(coef[i : i + 1], intercept[i : i + 1], [0, 1]) for i in range(len(names))
    ]
    rest.label_binarizer_ = LabelBinarizer().fit(np.array([[0] * len(names), [1] * len(names)]))
    rest.n_features_in_ = coef.shape[1]
    return rest


def oracle_logits(model: Model, texts: Sequence[str]) -> npt.NDArray[np.float64]:
    """Compute the logits of some sentences with scikit-learn alone, shape (n, n_labels)."""
    pipeline = to_pipeline(model)
    x = pipeline.named_steps["features"].transform(list(texts))
    result: npt.NDArray[np.float64] = x @ _coefficients(model).T + model.intercept
    return result


def export_joblib(model: Model, path: Path) -> None:
    """Write the Pipeline to a joblib file.

    Raises
    ------
    UsageError
        The file cannot be written.
    """
    import io

    import joblib

    from classifier import disk

    if path.is_dir():
        raise UsageError(f"{path}: is a folder, expected the name of a file")
    buffer = io.BytesIO()
    joblib.dump(to_pipeline(model), buffer, compress=3)
    disk.write_atomic(path, buffer.getvalue())
