"""Of sentences without labels a second fit learns what the first is sure of, and nothing else."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

import numpy as np
import pytest
from scipy.sparse import csr_matrix, random_array, vstack

from classifier.model.artefact import save_model
from classifier.model.linear import TrainingSet, fit_linear
from classifier.model.self_training import (
    SURE,
    SURE_NOT,
    fit_self_trained,
    told_by_teacher,
)
from classifier.model.settings import FeatureSettings, Settings
from classifier.model.train import train
from classifier.schema import Neighbour, Unlabelled
from classifier.scoring.loading import load
from tests.conftest import QUICK
from tests.model.test_train import PARALLEL, bytes_of, invented

if TYPE_CHECKING:
    from classifier.corpus.read import Corpus

SETTINGS = Settings(self_training=0.4, own_scale=0, nb_power=0)
TAUGHT = replace(QUICK, self_training=0.3, features=FeatureSettings(char_ngrams=(0, 0)))


def training_set(n: int = 80, n_terms: int = 20) -> tuple[TrainingSet, csr_matrix]:
    rng = np.random.default_rng(3)
    x = csr_matrix(random_array((n + 40, n_terms), density=0.3, rng=rng, data_sampler=rng.random))
    truth = x[:n] @ rng.normal(size=(n_terms, 2)) > 0.05
    return TrainingSet(x[:n], truth, rng.choice([0.5, 1.0], n), np.ones(n, np.bool_)), x[n:]


def test_what_is_sure_is_learnt_from_with_the_weight_of_the_setting() -> None:
    data, more = training_set()
    scores = np.random.default_rng(1).normal(-1, 3, (40, 2))
    coef, intercept = fit_self_trained(data, more, scores, SETTINGS, 3.0)
    for i in range(2):
        sure = (scores[:, i] >= SURE) | (scores[:, i] <= SURE_NOT)
        assert 0 < sure.sum() < 40
        by_hand = TrainingSet(
            csr_matrix(vstack([data.x, more[np.flatnonzero(sure)]])),
            np.concatenate([data.truth[:, i], scores[sure, i] > 0])[:, None],
            np.concatenate([data.weights, np.full(sure.sum(), 0.4)]),
            np.ones(80 + sure.sum(), np.bool_),
        )
        expected, ahead = fit_linear(by_hand, SETTINGS, 3.0)
        np.testing.assert_array_equal(coef[i], expected[0])
        assert intercept[i] == ahead[0]


def test_where_nothing_is_sure_the_fit_is_that_of_the_labelled_ones() -> None:
    data, more = training_set()
    unsure = np.full((40, 2), (SURE + SURE_NOT) / 2)
    found = fit_self_trained(data, more, unsure, SETTINGS, 3.0)
    for one, other in zip(found, fit_linear(data, SETTINGS, 3.0), strict=True):
        np.testing.assert_array_equal(one, other)


def theatre(document: str = "far", *, neighbours: bool = False) -> Corpus:
    """A corpus about shelling, and a place that only sentences without labels speak of."""
    acts = ["shelled", "bombed", "stormed", "mined"]
    calm = ["painted", "mowed", "swept", "sold"]
    texts = [
        f"Gunners {(acts if i % 2 else calm)[i // 2 % 4]} and {(acts if i % 2 else calm)[i % 4]} "
        f"the {('bridge', 'mill', 'school')[i % 3]}"
        for i in range(48)
    ]
    corpus = invented(
        texts, [["attack"] if i % 2 else [] for i in range(48)], [f"d{i // 4}" for i in range(48)]
    )
    said = [
        f"Gunners {acts[i % 4]} and {acts[(i + 1) % 4]} Zelgrad, {acts[(i + 2) % 4]} {i}th time"
        for i in range(12)
    ]
    if neighbours:
        around = [Neighbour(f"n{i}", document, 100 + i, text) for i, text in enumerate(said)]
        return replace(corpus, neighbours=tuple(around))
    return replace(corpus, unlabelled=tuple(Unlabelled(text) for text in sorted(said)))


@pytest.mark.parametrize("neighbours", [False, True])
def test_a_word_that_only_sentences_without_labels_have_is_learnt(tmp_path, neighbours) -> None:
    corpus = theatre("d0", neighbours=neighbours)
    before = train(corpus, replace(TAUGHT, self_training=0.0)).model
    assert "zelgrad" not in before.blocks["word"].terms()
    save_model(train(corpus, TAUGHT).model, tmp_path / "taught")
    taught = load(str(tmp_path / "taught"))
    block = taught.model.blocks["word"]
    assert block.coef[block.terms().index("zelgrad")] > 0
    [[high], [low]] = taught.predict_proba(["Zelgrad again", "Mill again"])
    assert high > low


def test_figures_are_of_labelled_sentences_alone() -> None:
    corpus = theatre()
    trained = train(corpus, TAUGHT)
    assert len(trained.measured.truth) == len(corpus.examples)
    assert len(trained.out_of_fold.truth) == len(corpus.examples)
    assert trained.model.about["data"]["unlabelled"] == len(corpus.unlabelled)
    assert trained.model.about["settings"]["self_training"] == 0.3


def test_sentences_without_labels_are_of_no_account_where_the_setting_is_zero(tmp_path) -> None:
    corpus = theatre()
    off = replace(TAUGHT, self_training=0.0)
    with_them, without = train(corpus, off).model, train(replace(corpus, unlabelled=()), off).model
    for kind, block in with_them.blocks.items():
        np.testing.assert_array_equal(block.coef, without.blocks[kind].coef)
    assert "self_training" not in with_them.about["settings"]


def test_neighbours_of_a_fold_that_is_held_out_are_not_learnt_from() -> None:
    corpus = theatre("d0", neighbours=True)
    trained = train(corpus, TAUGHT)
    rows = [i for i, e in enumerate(corpus.examples) if e.document == "d0"]
    held = trained.without(np.array(rows))
    assert "zelgrad" not in held.blocks["word"].terms()


def test_context_and_self_training_go_together() -> None:
    corpus = theatre("d0", neighbours=True)
    both = replace(corpus, unlabelled=theatre().unlabelled)
    trained = train(both, replace(TAUGHT, context=True))
    assert np.isfinite(trained.measured.probabilities).all()
    assert trained.model.about["data"]["neighbours"] == 12


def test_jobs_do_not_change_a_byte(tmp_path, monkeypatch) -> None:
    corpus = theatre()
    save_model(train(corpus, TAUGHT).model, tmp_path / "one")
    for place in PARALLEL:
        monkeypatch.setattr(place, 1)
    save_model(train(corpus, TAUGHT, jobs=2).model, tmp_path / "two")
    one, two = bytes_of(tmp_path / "one"), bytes_of(tmp_path / "two")
    assert one["model.json"].replace(b'"one"', b'"two"') == two["model.json"]


def test_a_teacher_replaces_what_the_first_fit_says_where_it_speaks() -> None:
    scores = np.arange(8.0).reshape(4, 2)
    taught = np.array([[0.6, 0.59], [0.03, np.nan]])
    assert told_by_teacher(scores, taught).tolist() == [
        [0, 1], [2, 3], [np.inf, 0], [-np.inf, 7]
    ]  # fmt: skip
    assert told_by_teacher(scores, None) is scores
    assert told_by_teacher(scores, np.zeros((0, 2))) is scores


@pytest.mark.parametrize("p", [0.9, 0.01])
def test_a_teacher_is_believed(p) -> None:
    corpus = theatre()
    told = tuple(replace(s, probabilities=(p,)) for s in corpus.unlabelled)
    block = train(replace(corpus, unlabelled=told), TAUGHT).model.blocks["word"]
    assert (block.coef[block.terms().index("zelgrad")] > 0) == (p > 0.5)
