"""Training: the same bytes from the same data, honest figures, clear refusals."""

from __future__ import annotations

import os
import random
import signal
import subprocess
import sys
import time
from dataclasses import replace

import numpy as np
import pytest

from classifier.corpus.labels import infer_label_set
from classifier.corpus.read import Corpus, read_corpus
from classifier.errors import ModelError
from classifier.model.artefact import load_model, save_model
from classifier.model.evaluate import average_precision
from classifier.model.settings import FeatureSettings
from classifier.model.train import train
from classifier.schema import Example, Sentence
from classifier.scoring.loading import load
from tests.conftest import QUICK, example_lines

PARALLEL = ("classifier.model.fits.PARALLEL_FROM", "classifier.model.features.PARALLEL_FROM")


def invented(texts, labels, documents, *, exclusive=False, at_least_one=False, origins=None):
    origins = origins or [""] * len(texts)
    examples = tuple(
        Example(str(i), document, i, text, tuple(names), origin=origin)
        for i, (text, names, document, origin) in enumerate(
            zip(texts, labels, documents, origins, strict=True)
        )
    )
    found = {name for names in labels for name in names}
    label_set = infer_label_set(found, exclusive=exclusive, at_least_one=at_least_one)
    return Corpus(examples, label_set)


def bytes_of(folder):
    return {path.name: path.read_bytes() for path in folder.iterdir()}


def saved(corpus, folder, settings=QUICK, **arguments):
    save_model(train(corpus, settings, **arguments).model, folder)
    return bytes_of(folder)


def small(corpus, documents=14):
    names = sorted({e.document for e in corpus.examples})[:documents]
    return replace(corpus, examples=tuple(e for e in corpus.examples if e.document in names))


def test_same_seed_same_bytes(corpus, model_folder, tmp_path):
    assert saved(corpus, tmp_path) == bytes_of(model_folder)


def test_other_seed_other_folds(corpus, model_folder, tmp_path):
    found = saved(corpus, tmp_path, replace(QUICK, seed=1))
    assert found["model.json"] != (model_folder / "model.json").read_bytes()


def test_jobs_do_not_change_a_byte(corpus, model_folder, tmp_path, monkeypatch):
    for place in PARALLEL:
        monkeypatch.setattr(place, 1)
    assert saved(corpus, tmp_path, jobs=2) == bytes_of(model_folder)


def test_order_of_the_rows_does_not_change_a_byte(corpus, corpus_folder, tmp_path):
    other = tmp_path / "shuffled"
    other.mkdir()
    lines = example_lines(corpus)
    random.Random(4).shuffle(lines)
    half = len(lines) // 2
    (other / "b.jsonl").write_bytes(b"\n".join(lines[:half]))
    (other / "a.jsonl").write_bytes(b"\n".join(lines[half:]))
    (other / "labels.json").write_bytes((corpus_folder / "labels.json").read_bytes())
    first = saved(read_corpus([corpus_folder]), tmp_path / "one")
    assert saved(read_corpus([other]), tmp_path / "two") == first


def test_nested_figures_of_shuffled_labels_are_those_of_chance(corpus):
    order = np.random.default_rng(8).permutation(len(corpus.examples))
    labels = [corpus.examples[i].labels for i in order]
    examples = tuple(
        replace(e, labels=names) for e, names in zip(corpus.examples, labels, strict=True)
    )
    measured = train(replace(corpus, examples=examples), QUICK).measured
    for i in range(len(corpus.labels)):
        truth = measured.truth[:, i]
        found = average_precision(truth, measured.probabilities[:, i])
        assert found < truth.mean() + 0.12


def test_nested_figures_of_true_labels_are_better_than_chance(trained):
    measured = trained.measured
    for i in range(len(measured.labels)):
        truth = measured.truth[:, i]
        found = average_precision(truth, measured.probabilities[:, i])
        assert found > truth.mean() + 0.1


def test_out_of_fold_probabilities_are_calibrated(trained):
    measured = trained.measured
    np.testing.assert_allclose(
        measured.probabilities.mean(axis=0), measured.truth.mean(axis=0), atol=0.05
    )


def test_model_says_what_it_was_trained_on(corpus, trained):
    about = trained.model.about
    assert about["data"]["fingerprint"] == corpus.fingerprint
    assert about["data"]["sentences"] == len(corpus.examples) == len(trained.rows)
    assert about["data"]["positives"] == {
        name: sum(name in e.labels for e in corpus.examples) for name in corpus.labels.names
    }
    assert about["strength"] in QUICK.C
    assert about["settings"]["folds"] == 3
    assert set(about["versions"]) >= {"esc", "numpy", "scikit-learn"}


def test_terms_are_sorted_by_hash_and_frequent_enough(corpus, trained):
    for kind, block in trained.model.blocks.items():
        assert (np.diff(block.hash.astype(object)) > 0).all(), kind
    words = set(trained.model.blocks["word"].terms())
    texts = [e.text.lower() for e in corpus.examples]
    assert words
    assert all(sum(word.split()[0] in text for text in texts) >= 2 for word in sorted(words)[:50])


def test_exclusive_model_has_no_thresholds(predictors):
    assert predictors["three"].model.thresholds == ()
    assert predictors["two"].model.labels.exclusive


def test_exclusive_probabilities_sum_to_one_out_of_fold(exclusive_corpus):
    measured = train(exclusive_corpus, QUICK).measured
    np.testing.assert_allclose(measured.probabilities.sum(axis=1), 1)
    assert (measured.decisions.sum(axis=1) == 1).all()


def test_label_in_one_document_is_named(corpus):
    name = corpus.labels.names[1]
    keep = next(e.document for e in corpus.examples if name in e.labels)
    examples = tuple(
        e if e.document == keep else replace(e, labels=tuple(n for n in e.labels if n != name))
        for e in corpus.examples
    )
    with pytest.raises(ModelError, match=f"label '{name}' stands in 1 independent documents"):
        train(replace(corpus, examples=examples), QUICK)


def test_few_positives_are_remarked_on(corpus):
    name = corpus.labels.names[1]
    keep = sorted({e.document for e in corpus.examples if name in e.labels})[:3]
    examples = tuple(
        e if e.document in keep else replace(e, labels=tuple(n for n in e.labels if n != name))
        for e in corpus.examples
    )
    said = []
    train(replace(corpus, examples=examples), replace(QUICK, folds=4), notice=said.append)
    assert any(name in notice and "3 folds instead of 4" in notice for notice in said)


def test_progress_counts_every_fit(corpus):
    told = []
    train(small(corpus), QUICK, progress=lambda done, total: told.append((done, total)))
    total = 3 + 3 + 1
    assert told == [(done, total) for done in range(1, total + 1)]


def test_no_frequent_term_is_refused():
    texts = [chr(0x4E00 + i) for i in range(12)]
    corpus = invented(texts, [["a"] if i % 2 else [] for i in range(12)], texts)
    settings = replace(QUICK, features=FeatureSettings(char_ngrams=(0, 0)))
    with pytest.raises(ModelError, match=r"no term stands in 2 or more sentences.*min_df"):
        train(corpus, settings)


def test_target_that_is_not_at_hand_is_remarked_on_and_all_is_measured(corpus, trained):
    said = []
    found = train(corpus, replace(QUICK, target=("elsewhere",)), notice=said.append)
    assert any("elsewhere" in notice for notice in said)
    assert found.rows.tolist() == trained.rows.tolist()
    np.testing.assert_array_equal(found.model.intercept, trained.model.intercept)


def test_target_without_some_label_is_refused(corpus):
    empty = next(e.id for e in corpus.examples if not e.labels)
    examples = tuple(replace(e, origin="field" if e.id == empty else "") for e in corpus.examples)
    with pytest.raises(ModelError, match=r"origins field for some label.*setting target"):
        train(replace(corpus, examples=examples), replace(QUICK, target=("field",)))


@pytest.mark.parametrize("exclusive", [False, True])
def test_target_may_fill_one_fold_alone(exclusive):
    other = ["b"] if exclusive else []
    corpus = invented(
        [f"Gunners {'shelled' if i % 2 else 'left'} hill {i % 5} again" for i in range(36)],
        [["a"] if i % 2 else other for i in range(36)],
        [f"d{i // 4}" for i in range(36)],
        exclusive=exclusive,
        origins=["field" if i // 4 == 3 else "composed" for i in range(36)],
    )
    trained = train(corpus, replace(QUICK, target=("field",)))
    assert trained.rows.tolist() == [12, 13, 14, 15]
    assert np.isfinite(trained.measured.probabilities).all()


def test_figures_are_measured_on_the_chosen_origins_only(corpus):
    half = sorted({e.document for e in corpus.examples})[::2]
    examples = tuple(
        replace(e, origin="field" if e.document in half else "composed") for e in corpus.examples
    )
    trained = train(replace(corpus, examples=examples), replace(QUICK, target=("field",)))
    assert set(trained.measured.documents) == set(half)
    figures = trained.model.about["figures"]
    assert figures["sentences"] == sum(e.document in half for e in corpus.examples)


def test_own_copies_of_the_target_fold_into_one_model(corpus, tmp_path):
    half = sorted({e.document for e in corpus.examples})[::2]
    examples = tuple(
        replace(e, origin="field" if e.document in half else "composed") for e in corpus.examples
    )
    mixed = replace(corpus, examples=examples)
    settings = replace(QUICK, target=("field",))
    plain = train(mixed, settings).model
    save_model(train(mixed, replace(settings, own_scale=1.0)).model, tmp_path / "own")
    own = load(str(tmp_path / "own")).model
    for kind, block in plain.blocks.items():
        assert own.blocks[kind].terms() == block.terms()
        assert not np.allclose(own.blocks[kind].coef, block.coef)


def test_own_copies_change_nothing_where_all_is_target(corpus, trained):
    found = train(corpus, replace(QUICK, own_scale=1.0)).model
    np.testing.assert_array_equal(found.intercept, trained.model.intercept)


def test_weight_of_an_origin_changes_the_model(corpus, model_folder, tmp_path):
    first = corpus.examples[0].origin
    found = saved(corpus, tmp_path, replace(QUICK, origin_weights={first: 0.1}))
    assert found["model.json"] != (model_folder / "model.json").read_bytes()


def test_unspaced_scripts_can_be_trained_and_loaded(tmp_path):
    # Each sentence is one word of its own, so that only runs of characters are frequent.
    texts = [
        f"炮击村庄{chr(0x5000 + i)}" if i % 2 else f"会谈继续{chr(0x5000 + i)}" for i in range(24)
    ]
    corpus = invented(
        texts, [["a"] if i % 2 else [] for i in range(24)], [f"d{i // 2}" for i in range(24)]
    )
    saved(corpus, tmp_path / "cjk")
    predictor = load(str(tmp_path / "cjk"))
    assert list(predictor.model.blocks) == ["char"]
    high, low = predictor.predict_proba(["炮击村庄", "会谈继续"])[:, 0]
    assert high > low


def test_fold_without_frequent_words_can_be_trained():
    texts = ["siege", "siege", *(f"wo{chr(97 + i)}rd{i}" for i in range(10))]
    corpus = invented(
        texts, [["a"] if i % 2 else [] for i in range(12)], [f"d{i // 2}" for i in range(12)]
    )
    for char_ngrams in ((0, 0), (2, 5)):
        features = FeatureSettings(char_ngrams=char_ngrams)
        model = train(corpus, replace(QUICK, features=features)).model
        assert model.blocks["word"].terms() == ["siege"]


KILLED_IN_TRAINING = """
import sys
from pathlib import Path
from classifier.corpus.read import read_corpus
from classifier.model.artefact import save_model
from classifier.model.settings import Settings
from classifier.model.train import train
corpus = read_corpus([Path(sys.argv[1])])
trained = train(corpus, Settings(seed=5), progress=lambda *_: print("fit", flush=True))
save_model(trained.model, Path(sys.argv[2]))
"""
KILLED_IN_WRITING = """
import sys
from dataclasses import replace
from pathlib import Path
from classifier.model.artefact import load_model, save_model
folder = Path(sys.argv[1])
first = load_model(folder)
block = first.blocks["word"]
second = replace(first, blocks={**first.blocks, "word": replace(block, coef=block.coef * 2)})
while True:
    for model in (second, first):
        save_model(model, folder)
        print("saved", flush=True)
"""


def killed(script, *arguments, delay=0.0, lines=1):
    with subprocess.Popen(
        [sys.executable, "-c", script, *map(str, arguments)], stdout=subprocess.PIPE
    ) as process:
        for _ in range(lines):
            assert process.stdout.readline()
        time.sleep(delay)
        process.send_signal(signal.SIGKILL)
    assert process.returncode == -signal.SIGKILL


def copy_of(folder, target):
    target.mkdir()
    for path in folder.iterdir():
        (target / path.name).write_bytes(path.read_bytes())
    return target


@pytest.mark.skipif(os.name == "nt", reason="no SIGKILL")
def test_training_that_is_killed_leaves_the_old_model(corpus_folder, model_folder, tmp_path):
    folder = copy_of(model_folder, tmp_path / "small")
    killed(KILLED_IN_TRAINING, corpus_folder, folder, lines=2)
    assert bytes_of(folder) == bytes_of(model_folder)
    assert load(str(folder)).model.name == "small"


@pytest.mark.skipif(os.name == "nt", reason="no SIGKILL")
@pytest.mark.parametrize("delay", [0.0, 0.003, 0.01, 0.017])
def test_writing_that_is_killed_leaves_a_whole_model(model_folder, tmp_path, delay):
    folder = copy_of(model_folder, tmp_path / "small")
    before = load_model(folder).blocks["word"].coef
    killed(KILLED_IN_WRITING, folder, delay=delay, lines=2)
    after = load_model(folder).blocks["word"].coef
    assert np.array_equal(after, before) or np.array_equal(after, before * 2)


@pytest.fixture(scope="module")
def labelled_ones(corpus):
    """The sentences that carry a label, under a label set in which each does."""
    examples = tuple(e for e in corpus.examples if e.labels)
    return Corpus(examples, replace(corpus.labels, at_least_one=True))


def test_each_sentence_gets_a_label_where_each_has_one(labelled_ones, tmp_path):
    trained = train(labelled_ones, QUICK)
    assert trained.measured.decisions.any(axis=1).all()
    plain = train(replace(labelled_ones, labels=replace(labelled_ones.labels, at_least_one=False)))
    assert not plain.measured.decisions.any(axis=1).all()
    save_model(trained.model, tmp_path)
    limits = dict.fromkeys(labelled_ones.labels.names, 1.0)
    predictor = load(str(tmp_path)).with_thresholds(limits)
    for example in labelled_ones.examples[:40]:
        [found] = predictor.predict_sentences([Sentence(example.text, 0, len(example.text))])
        p = found.probabilities
        assert max(p.values()) < 1
        assert found.decisions == (max(p, key=p.__getitem__),)
