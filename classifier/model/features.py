"""From sentences to TF-IDF: terms are counted once, each fold weighs and selects its own.

Counting is scikit-learn's ``CountVectorizer``; inverse document frequencies are smoothed and rows
normalised for each kind of term as its ``TfidfTransformer`` does it, so that a fold's matrix
equals that of a ``TfidfVectorizer`` fitted on the fold's training sentences alone.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
import numpy.typing as npt

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from scipy.sparse import csr_matrix

    from classifier.model.classes import WordClasses
    from classifier.model.settings import FeatureSettings

Rows = npt.NDArray[np.int64]

# Below this many sentences starting worker processes costs more than it saves.
PARALLEL_FROM = 3000


@dataclass(frozen=True)
class Counts:
    """How often each term stands in each sentence, for each kind of term.

    Parameters
    ----------
    terms : mapping of str to list of str
        Sorted.
    matrices : mapping of str to sparse array, shape (n_sentences, n_terms)
    """

    terms: Mapping[str, list[str]]
    matrices: Mapping[str, csr_matrix]

    def __len__(self) -> int:
        """The number of sentences."""
        return int(next(iter(self.matrices.values())).shape[0]) if self.matrices else 0


@dataclass(frozen=True)
class Weighting:
    """The columns that a training set keeps and their inverse document frequencies."""

    columns: Mapping[str, npt.NDArray[np.int64]]
    idf: Mapping[str, npt.NDArray[np.float64]]


def analysers(
    settings: FeatureSettings, classes: WordClasses | None = None
) -> dict[str, dict[str, Any]]:
    """Return the arguments of scikit-learn's vectorisers for each kind of term."""
    accents = "unicode" if settings.strip_accents else None
    found: dict[str, dict[str, Any]] = {
        "word": {
            "analyzer": "word",
            "ngram_range": settings.word_ngrams,
            "strip_accents": accents,
            "lowercase": True,
            "token_pattern": r"(?u)\b\w\w+\b",
        }
    }
    if settings.char_ngrams[1]:
        found["char"] = {
            "analyzer": "char_wb",
            "ngram_range": settings.char_ngrams,
            "strip_accents": accents,
            "lowercase": True,
        }
    if classes is not None:
        found["class"] = {
            "analyzer": "word",
            "ngram_range": settings.class_ngrams,
            "strip_accents": accents,
            "lowercase": True,
            "tokenizer": classes.tokeniser(),
            "token_pattern": None,
        }
    return found


def count_terms(
    texts: Sequence[str],
    settings: FeatureSettings,
    min_df: int,
    classes: WordClasses | None = None,
    *,
    further: Sequence[str] = (),
    jobs: int = 1,
) -> Counts:
    """Count the terms of all sentences; terms in fewer than `min_df` of them are left out.

    Parameters
    ----------
    texts : sequence of str
    settings : FeatureSettings
    min_df : int
    classes : WordClasses, optional
    further : sequence of str
        Sentences in which the same terms are counted; their rows follow.
    jobs : int
        Worker processes; kinds of terms are counted side by side.
    """
    from joblib import Parallel, delayed

    if len(texts) < PARALLEL_FROM:
        jobs = 1
    kinds = analysers(settings, classes)
    slowest_first = sorted(kinds, key=lambda kind: kind != "char")
    made = Parallel(n_jobs=jobs)(
        delayed(_count)(texts, further, kinds[kind], min_df) for kind in slowest_first
    )
    found = dict(zip(slowest_first, made, strict=True))
    known = {kind: counted for kind in kinds if (counted := found[kind]) is not None}
    return Counts(
        {kind: terms for kind, (terms, _) in known.items()},
        {kind: matrix for kind, (_, matrix) in known.items()},
    )


def _count(
    texts: Sequence[str], further: Sequence[str], arguments: dict[str, Any], min_df: int
) -> tuple[list[str], csr_matrix] | None:
    from scipy.sparse import csr_matrix, vstack
    from sklearn.feature_extraction.text import CountVectorizer

    vectoriser = CountVectorizer(**arguments, min_df=min(min_df, len(texts)), dtype=np.float64)
    try:
        matrix = vectoriser.fit_transform(texts)
    except ValueError:  # not one term: only stop words of one letter, or none often enough
        return None
    if further:
        matrix = csr_matrix(vstack([matrix, vectoriser.transform(further)]))
    matrix.sort_indices()  # once here, not in every fit
    return vectoriser.get_feature_names_out().tolist(), matrix


def weigh(counts: Counts, rows: Rows, min_df: int) -> Weighting:
    """Select the columns and compute the inverse document frequencies of a training set.

    ``idf = ln((1 + n) / (1 + df)) + 1``, scikit-learn's smoothed form.
    """
    columns, idf = {}, {}
    for kind, matrix in counts.matrices.items():
        part = matrix[rows]
        frequency = np.bincount(part.indices, minlength=part.shape[1])
        columns[kind] = np.flatnonzero(frequency >= min_df)
        idf[kind] = np.log((1 + len(rows)) / (1 + frequency[columns[kind]])) + 1
    return Weighting(columns, idf)


def tfidf(counts: Counts, rows: Rows, weighting: Weighting) -> csr_matrix:
    """Return the TF-IDF rows of some sentences under a weighting, kinds side by side."""
    from scipy.sparse import csr_matrix, hstack
    from sklearn.preprocessing import normalize

    parts = []
    for kind, matrix in counts.matrices.items():
        part = csr_matrix(matrix[rows][:, weighting.columns[kind]])
        part.sort_indices()
        part.data = (1 + np.log(part.data)) * weighting.idf[kind][part.indices]
        parts.append(normalize(part, copy=False) if 0 not in part.shape else part)
    return csr_matrix(hstack(parts))
