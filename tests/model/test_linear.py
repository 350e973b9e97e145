"""What is added to a logistic regression folds back into one weight a term, without a rest."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import settings as hypothesis_settings
from hypothesis import strategies as st
from scipy.sparse import csr_matrix, random_array
from sklearn.linear_model import LogisticRegression

from classifier.model.linear import TOLERANCE, TrainingSet, fit_linear
from classifier.model.settings import Settings


def training_set(seed: int = 0, n: int = 120, n_terms: int = 30, own: float = 0.4) -> TrainingSet:
    rng = np.random.default_rng(seed)
    x = csr_matrix(random_array((n, n_terms), density=0.2, rng=rng, data_sampler=rng.random))
    hidden = rng.normal(size=(n_terms, 2))
    truth = x @ hidden + rng.normal(scale=0.1, size=(n, 2)) > 0.05
    return TrainingSet(x, truth, rng.choice([0.5, 1.0], n), rng.random(n) < own)


def plain(x: csr_matrix, data: TrainingSet, label: int, settings: Settings, strength: float):
    return LogisticRegression(
        C=strength,
        class_weight="balanced" if settings.balanced else None,
        solver="liblinear",
        dual=True,
        tol=TOLERANCE,
        max_iter=2000,
        random_state=settings.seed,
    ).fit(x, data.truth[:, label], sample_weight=data.weights)


@pytest.mark.parametrize("balanced", [True, False])
@pytest.mark.parametrize("strength", [0.3, 10.0])
def test_without_additions_it_is_a_plain_logistic_regression(balanced, strength) -> None:
    data, settings = training_set(), Settings(balanced=balanced, own_scale=0, nb_power=0)
    coef, intercept = fit_linear(data, settings, strength)
    for i in range(2):
        expected = plain(data.x, data, i, settings, strength)
        assert np.allclose(coef[i], expected.coef_[0], atol=1e-12)
        assert intercept[i] == pytest.approx(expected.intercept_[0], abs=1e-12)


@pytest.mark.parametrize("share", [0.0, 1.0])
def test_with_one_kind_of_sentences_there_is_nothing_to_adapt(share) -> None:
    data = training_set(own=share)
    with_copies = fit_linear(data, Settings(own_scale=1.0), 3.0)
    without = fit_linear(data, Settings(own_scale=0.0), 3.0)
    for found, expected in zip(with_copies, without, strict=True):
        assert np.array_equal(found, expected)


def log_count_ratio(x: csr_matrix, y: np.ndarray) -> np.ndarray:
    there = x.toarray() > 0
    p = (there[y].sum(axis=0) + 1) / (y.sum() + 2)
    q = (there[~y].sum(axis=0) + 1) / ((~y).sum() + 2)
    return np.abs(np.log(p / q))


@hypothesis_settings(max_examples=25)
@given(
    st.integers(0, 99),
    st.sampled_from([0.0, 0.5, 1.0, 3.0]),
    st.sampled_from([0.0, 0.5, 1.0]),
    st.sampled_from([0.3, 3.0]),
)
def test_folded_weights_score_as_the_augmented_matrix(seed, own, power, strength) -> None:
    data = training_set(seed)
    settings = Settings(own_scale=own, nb_power=power)
    coef, intercept = fit_linear(data, settings, strength)
    for i in range(2):
        scale = log_count_ratio(data.x, data.truth[:, i]) ** power
        scale /= np.sqrt(np.mean(scale**2))
        scaled = data.x.toarray() * scale
        mine = np.where(data.own, own, 0.0)[:, None]
        parts = [scaled, mine * scaled, mine] if own else [scaled]
        model = plain(csr_matrix(np.hstack(parts)), data, i, settings, strength)
        # Any sentence is scored as one of the kind that the model is for.
        fresh = training_set(seed + 1).x.toarray()
        ones = np.full((len(fresh), 1), own)
        parts = [fresh * scale, own * fresh * scale, ones] if own else [fresh * scale]
        expected = model.decision_function(np.hstack(parts))
        assert np.allclose(fresh @ coef[i] + intercept[i], expected, atol=1e-9)


def contradicting() -> TrainingSet:
    """The first term means yes in 60 sentences of others and no in 20 of our own."""
    kinds = [([1, 1, 0], True, 60, False), ([0, 1, 0], False, 60, False)]
    kinds += [([1, 0, 1], False, 20, True), ([0, 0, 1], True, 20, True)]
    rows = [(terms, label, own) for terms, label, n, own in kinds for _ in range(n)]
    x = csr_matrix(np.array([terms for terms, _, _ in rows], float))
    truth = np.array([[label] for _, label, _ in rows])
    return TrainingSet(x, truth, np.ones(len(rows)), np.array([own for _, _, own in rows]))


def test_where_others_contradict_the_target_the_target_wins() -> None:
    data = contradicting()
    adapted, _ = fit_linear(data, Settings(own_scale=1.0), 10.0)
    pooled, _ = fit_linear(data, Settings(own_scale=0.0), 10.0)
    assert pooled[0, 0] > 1
    assert adapted[0, 0] < -1


def test_where_the_target_is_silent_others_teach() -> None:
    data = contradicting()
    silent = csr_matrix(data.x.toarray() * np.where(data.own, 0, 1)[:, None])
    adapted, _ = fit_linear(
        TrainingSet(silent, data.truth, data.weights, data.own), Settings(own_scale=1.0), 10.0
    )
    assert adapted[0, 0] > 1


def test_terms_of_one_side_weigh_more_than_terms_of_both() -> None:
    x = csr_matrix(np.array([[1, 1, 1], [1, 1, 0], [0, 1, 1], [0, 1, 0]] * 10, float))
    truth = np.array([[True], [True], [False], [False]] * 10)
    data = TrainingSet(x, truth, np.ones(40), np.zeros(40, bool))
    coef, _ = fit_linear(data, Settings(nb_power=1.0), 1.0)
    assert coef[0, 0] > 1
    assert np.allclose(coef[0, 1:], 0, atol=1e-9)


@pytest.mark.parametrize("given_to", [0, 40])
@pytest.mark.parametrize("own_scale", [0.0, 1.0])
def test_a_label_without_contrast_has_its_frequency_alone(given_to, own_scale) -> None:
    base = training_set(n=40)
    truth = np.zeros((40, 1), bool)
    truth[:given_to] = True
    data = TrainingSet(base.x, truth, base.weights, base.own)
    coef, intercept = fit_linear(data, Settings(own_scale=own_scale, nb_power=1.0), 1.0)
    assert not coef.any()
    assert intercept[0] == pytest.approx(np.log((given_to + 0.5) / (40 - given_to + 0.5)))


def test_without_terms_only_the_frequency_is_known() -> None:
    truth = np.array([[True], [False], [False]])
    data = TrainingSet(csr_matrix((3, 0)), truth, np.ones(3), np.array([True, False, True]))
    coef, intercept = fit_linear(data, Settings(own_scale=1.0, nb_power=1.0), 1.0)
    assert coef.shape == (1, 0)
    assert intercept[0] == pytest.approx(np.log(1.5 / 2.5))


def test_the_weight_of_a_sentence_counts() -> None:
    data = contradicting()
    heavy = np.where(data.own, 50.0, 1.0)
    coef, _ = fit_linear(TrainingSet(data.x, data.truth, heavy, data.own), Settings(), 10.0)
    assert coef[0, 0] < 0


def test_the_training_set_is_left_as_it_was() -> None:
    data = training_set()
    before = data.x.toarray()
    fit_linear(data, Settings(own_scale=1.0, nb_power=1.0), 1.0)
    assert np.array_equal(data.x.toarray(), before)


def test_another_solver_sees_scaled_terms_and_copies_and_its_weights_fold_back() -> None:
    data = training_set()
    seen = []

    def solver(x, y, weights, settings, strength):
        seen.append((x.shape, strength))
        return np.arange(1.0, x.shape[1] + 1), 0.5

    coef, intercept = fit_linear(data, Settings(own_scale=2.0, nb_power=0.0), 7.0, solver)
    n = data.x.shape[1]
    assert seen == [((data.x.shape[0], 2 * n + 1), 7.0)] * 2
    # Shared weight and twice that of the copy; the last column is the copy's own intercept.
    terms = np.arange(1.0, n + 1)
    assert np.allclose(coef[0], terms + 2 * (terms + n))
    assert intercept[0] == 0.5 + 2 * (2 * n + 1)
