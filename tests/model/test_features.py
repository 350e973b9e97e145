"""The TF-IDF of a fold is that of a vectoriser fitted on the fold's training sentences alone."""

from __future__ import annotations

import numpy as np
import pytest
from sklearn.feature_extraction.text import TfidfVectorizer
from sklearn.pipeline import FeatureUnion

from classifier.model.classes import load_classes
from classifier.model.features import analysers, count_terms, tfidf, weigh
from classifier.model.settings import FeatureSettings

VARIANTS = {
    "default": FeatureSettings(),
    "accents kept": FeatureSettings(strip_accents=False),
    "words only": FeatureSettings(char_ngrams=(0, 0)),
    "long": FeatureSettings(word_ngrams=(2, 3), char_ngrams=(3, 6)),
}


@pytest.fixture(scope="module", params=list(VARIANTS))
def features(request):
    return VARIANTS[request.param]


@pytest.mark.parametrize("min_df", [1, 2, 5])
def test_fold_equals_a_vectoriser_fitted_on_it(corpus, features, min_df):
    texts = [e.text for e in corpus.examples[:150]]
    rows = np.flatnonzero(np.arange(150) % 3)
    held_out = np.flatnonzero(np.arange(150) % 3 == 0)
    counts = count_terms(texts, features, min_df)
    weighting = weigh(counts, rows, min_df)

    union = FeatureUnion(
        [
            (kind, TfidfVectorizer(**arguments, min_df=min_df, sublinear_tf=True))
            for kind, arguments in analysers(features).items()
        ]
    ).fit([texts[row] for row in rows])

    for kind, vectoriser in union.transformer_list:
        kept = [counts.terms[kind][column] for column in weighting.columns[kind]]
        assert kept == vectoriser.get_feature_names_out().tolist()
    for part in (rows, held_out):
        expected = union.transform([texts[row] for row in part])
        found = tfidf(counts, part, weighting)
        assert found.shape == expected.shape
        assert abs(found - expected).max() < 1e-12


def test_counts_do_not_depend_on_the_processes(corpus, monkeypatch):
    monkeypatch.setattr("classifier.model.features.PARALLEL_FROM", 1)
    texts = [e.text for e in corpus.examples]
    classes = load_classes("english")
    features = FeatureSettings(word_classes="english")
    one, two = (
        count_terms(texts[:200], features, 2, classes, further=texts[200:], jobs=jobs)
        for jobs in (1, 2)
    )
    assert list(one.matrices) == list(two.matrices) == ["word", "char", "class"]
    for kind, matrix in one.matrices.items():
        assert one.terms[kind] == two.terms[kind]
        for part in ("data", "indices", "indptr"):
            np.testing.assert_array_equal(getattr(matrix, part), getattr(two.matrices[kind], part))


def test_further_sentences_bring_no_terms(corpus):
    texts = [e.text for e in corpus.examples]
    alone = count_terms(texts[:100], FeatureSettings(), 2)
    more = count_terms(texts[:100], FeatureSettings(), 2, further=[*texts[100:], "", texts[0]])
    assert more.terms == alone.terms
    for kind, matrix in more.matrices.items():
        assert matrix.shape[0] == len(texts) + 2
        assert abs(matrix[:100] - alone.matrices[kind]).max() == 0
        assert abs(matrix[-1] - matrix[0]).max() == 0
        assert matrix[-2].nnz == 0


def test_rows_have_length_one_for_each_kind(corpus):
    counts = count_terms([e.text for e in corpus.examples], FeatureSettings(), 2)
    rows = np.arange(len(corpus.examples))
    weighting = weigh(counts, rows, 2)
    squares = tfidf(counts, rows, weighting).power(2)
    words = len(weighting.columns["word"])
    for part in (squares[:, :words], squares[:, words:]):
        sums = np.asarray(part.sum(axis=1)).ravel()
        known = part.getnnz(axis=1) > 0
        assert known.mean() > 0.9
        np.testing.assert_allclose(sums, known)


def test_weighing_does_not_change_the_counts(corpus):
    counts = count_terms([e.text for e in corpus.examples[:50]], FeatureSettings(), 1)
    before = {kind: matrix.copy() for kind, matrix in counts.matrices.items()}
    tfidf(counts, np.arange(50), weigh(counts, np.arange(50), 1))
    for kind, matrix in counts.matrices.items():
        assert (matrix != before[kind]).nnz == 0


def test_rare_terms_are_left_out():
    counts = count_terms(["mortar salvo", "mortar truce"], FeatureSettings(char_ngrams=(0, 0)), 2)
    assert counts.terms == {"word": ["mortar"]}


def test_a_kind_without_terms_is_left_out():
    counts = count_terms(["qqa", "qqb"], FeatureSettings(), 2)
    assert list(counts.terms) == ["char"]
    assert not count_terms(["", "."], FeatureSettings(char_ngrams=(0, 0)), 1).terms


def test_a_fold_may_keep_no_term_of_a_kind():
    counts = count_terms(["siege siege", "siege lifted", "truce"], FeatureSettings(), 2)
    rows = np.array([1, 2])
    weighting = weigh(counts, rows, 2)
    assert len(weighting.columns["word"]) == 0
    assert tfidf(counts, rows, weighting).shape == (2, len(weighting.columns["char"]))


def test_settings_reach_the_vectorisers():
    found = analysers(FeatureSettings(word_ngrams=(1, 3), char_ngrams=(2, 4), strip_accents=False))
    assert found["word"]["ngram_range"] == (1, 3)
    assert found["char"]["ngram_range"] == (2, 4)
    assert found["char"]["strip_accents"] is None
    assert list(analysers(FeatureSettings(char_ngrams=(0, 0)))) == ["word"]
