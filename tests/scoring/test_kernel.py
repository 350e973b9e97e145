"""The compiled kernel computes what its twin computes."""

from __future__ import annotations

import os
import pickle
import re
import subprocess
import sys
import time
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from classifier.errors import InputError
from classifier.model.settings import FeatureSettings
from classifier.scoring import engine, kernel
from classifier.scoring.kernel import Kernel
from classifier.scoring.predictor import Predictor
from classifier.scoring.scorer import Twin, choose, why_twin
from tests.scoring.made import made_model, terms_of
from tests.scoring.nasty import NASTY, sentences

TEXT = (
    "The envoys’ talks on the dam failed; “troops would strike İzmir”, the ministry’s envoys said."
)
FEATURES = {
    "shipped": FeatureSettings(),
    "accents": FeatureSettings((1, 3), (3, 4), strip_accents=False),
    "words": FeatureSettings(char_ngrams=(0, 0)),
    "runs": FeatureSettings(word_ngrams=(2, 5), char_ngrams=(2, 8)),
    "classes": FeatureSettings(word_classes="made", class_ngrams=(1, 3)),
    "classes and words": FeatureSettings(
        (1, 3), (0, 0), strip_accents=False, word_classes="made", class_ngrams=(2, 5)
    ),
}
LABELS = {
    "shipped": 4,
    "accents": 1,
    "words": 3,
    "runs": 37,
    "classes": 4,
    "classes and words": 2,
}
built = pytest.mark.skipif(
    bool(kernel.missing()) and not os.environ.get("CI"), reason="the kernel was not built"
)
pytestmark = built


@pytest.fixture(scope="module")
def models():
    texts = [TEXT, *NASTY, "the strikes on the border", "if talks fail the shells fall"]
    return {kind: made_model(texts, FEATURES[kind], LABELS[kind]) for kind in FEATURES}


@pytest.fixture(scope="module")
def kernels(models):
    return {kind: Kernel(model) for kind, model in models.items()}


def same(found, expected):
    np.testing.assert_allclose(found, expected, rtol=0, atol=1e-9)


@pytest.mark.parametrize("kind", FEATURES)
@given(texts=st.lists(sentences, min_size=1, max_size=6))
@settings(max_examples=150)
@example(texts=NASTY)
@example(texts=["".join(NASTY), " ".join(NASTY)])
def test_any_text_gets_the_logits_of_the_twin(models, kernels, kind, texts):
    same(kernels[kind].logits(texts), engine.logits(models[kind], texts))


@pytest.mark.parametrize("kind", FEATURES)
def test_every_scalar_value(models, kernels, kind):
    scalars = [*range(0xD800), *range(0xE000, 0x20000), *range(0xE0000, 0xE0200), 0x10FFFF]
    texts = [
        " ".join(f"the{chr(c)}{chr(c)}envoys {chr(c)}talks{chr(c)}" for c in scalars[i : i + 40])
        for i in range(0, len(scalars), 40)
    ]
    same(kernels[kind].logits(texts), engine.logits(models[kind], texts))


@pytest.mark.parametrize("kind", FEATURES)
@given(text=sentences)
@settings(max_examples=60)
@example(text="".join(NASTY))
@example(text=" ".join(NASTY))
def test_places_are_those_of_the_twin(models, kernels, kind, text):
    for name in models[kind].blocks:
        found = kernels[kind].find(name, text)
        expected = Twin(models[kind]).find(name, text)
        for hits in (found, expected):
            assert (hits.sentence == 0).all()
        rows = [np.stack([h.row, h.start, h.end]) for h in (found, expected)]
        rows = [r[:, np.lexsort(r)] for r in rows]
        np.testing.assert_array_equal(*rows)


@pytest.mark.parametrize("kind", FEATURES)
def test_rows_are_those_of_the_terms_listed_one_by_one(models, kernels, kind):
    for text in (TEXT, *NASTY):
        for name, block in models[kind].blocks.items():
            row_of = {term: row for row, term in enumerate(block.terms())}
            expected = [
                row_of[t]
                for t in terms_of(name, text, FEATURES[kind], models[kind].classes)
                if t in row_of
            ]
            assert sorted(kernels[kind].find(name, text).row.tolist()) == sorted(expected)


def test_what_was_scored_before_changes_no_bit(models):
    texts = [TEXT, *NASTY, "the envoys the envoys", "x" * 70 + " the envoys " * 300]
    for model in models.values():
        alone = np.concatenate([Kernel(model).logits([text]) for text in texts])
        warm = Kernel(model)
        warm.logits(texts)
        np.testing.assert_array_equal(warm.logits(texts[::-1])[::-1], alone)


def test_sentences_of_a_call_do_not_meet(models):
    # What the kernel has cut ahead, and by which number of a byte it knows a term again, is of
    # other sentences each time: of none, of a few and of more pieces than are cut at once.
    again = [TEXT, "", " \n", "the envoys the envoys", "talks " * 33, "the " * 32, "the " * 100]
    texts = (again * 200)[:-3]
    for kind, model in models.items():
        expected = np.concatenate([Kernel(model).logits([text]) for text in again])
        found = Kernel(model).logits(texts)
        np.testing.assert_array_equal(found, np.resize(expected, found.shape), err_msg=kind)
        same(found[: len(again)], engine.logits(model, again))


def test_pieces_that_no_longer_fit_are_forgotten(models, kernels):
    texts = [" ".join(f"the{i}envoys" for i in range(j, j + 50)) for j in range(0, 70_000, 50)]
    found = kernels["runs"].logits(texts)
    same(found[::97], engine.logits(models["runs"], texts[::97]))
    np.testing.assert_array_equal(kernels["runs"].logits(texts[:20]), found[:20])


# Below and beyond what is kept in pieces, and far beyond: less far under the sanitizers, where the
# arrays of the twin, for which nothing is instrumented, take most of the time.
@pytest.mark.parametrize(
    "size", [60_000, 70_000, 110_000 if "ESC_TEST_KERNEL" in os.environ else 400_000]
)
@pytest.mark.parametrize("piece", ["the envoys’ talks ", "envoys", "ﷺthe ", "ΑΣ the "])
def test_long_sentences_are_not_cut(models, kernels, size, piece):
    text = piece * (size // len(piece)) + " troops would strike"
    for kind in ("shipped", "accents"):
        same(kernels[kind].logits([text]), engine.logits(models[kind], [text]))
    assert (kernels["shipped"].logits([text]) != kernels["shipped"].logits([text[:-8]])).any()


@pytest.mark.parametrize("kind", FEATURES)
@pytest.mark.parametrize("text", ["\ud800", "the \udfff talks", "a" * 300 + "\udc80"])
def test_lone_surrogates_are_an_input_error(models, kind, text):
    for scorer in (Kernel(models[kind]), Twin(models[kind])):
        predictor = Predictor(models[kind], scorer)
        with pytest.raises(InputError, match="lone surrogate"):
            predictor.predict_proba(["fine", text])
        with pytest.raises(InputError, match="lone surrogate"):
            predictor.explain_all(text)


def test_no_sentences_no_rows(kernels):
    assert kernels["shipped"].logits([]).shape == (0, 4)


def test_threads_do_not_meet(models):
    shared = Kernel(models["shipped"])
    texts = [f"{text} {chr(0x370 + i)} {TEXT[i:]}" for i in range(80) for text in NASTY]
    expected = engine.logits(models["shipped"], texts)
    parts = [slice(i, i + 60) for i in range(0, len(texts), 60)] * 3
    with ThreadPoolExecutor(6) as pool:
        for part, found in zip(
            parts, pool.map(lambda p: shared.logits(texts[p]), parts), strict=True
        ):
            same(found, expected[part])


def test_other_threads_run_while_one_scores(models):
    shared, states = Kernel(models["shipped"]), np.zeros(1, np.uint8)
    text = ("the envoys talks " * 600_000,)
    shared.logits(["the envoys talks"])  # asks how letters fold
    with ThreadPoolExecutor(1) as pool:
        scoring = pool.submit(shared._native.score, text, np.zeros((1, 4)), states)
        turns = 0
        while not scoring.done():
            time.sleep(0.001)
            turns += 1
    scoring.result()
    # Two would do for a call that holds the lock: before it begins and when it ends.
    assert turns > 5


@pytest.mark.skipif(not Path("/proc/self/smaps").exists(), reason="pages are told by Linux")
def test_table_is_the_mapped_file_and_stays_shared():
    code = (
        "import sys, classifier; model = classifier.load()\n"
        "assert type(model.scorer).__name__ == 'Kernel'\n"
        "model.predict('The army shelled Velmar. ' * 50); print(open('/proc/self/smaps').read())"
    )
    told = {k: v for k, v in os.environ.items() if k != "ESC_KERNEL"}
    done = subprocess.run(
        [sys.executable, "-c", code], env=told, capture_output=True, text=True, check=True
    )
    header = re.compile(r"^[0-9a-f]+-[0-9a-f]+ (\S+) .*?(\S*)$", re.M)
    parts = header.split(done.stdout)[1:]
    mapped = [
        (mode, body)
        for mode, name, body in zip(parts[::3], parts[1::3], parts[2::3], strict=True)
        if Path(name).match("models/default/table-*.bin")
    ]
    assert mapped
    for mode, body in mapped:
        assert mode == "r--s"
        assert re.search(r"Anonymous: +0 kB", body)  # no page is a copy of our own


def test_kernel_survives_pickling(kernels):
    again = pickle.loads(pickle.dumps(kernels["accents"]))
    np.testing.assert_array_equal(again.logits([TEXT]), kernels["accents"].logits([TEXT]))


def test_shipped_model_scores_the_same(shipped_predictor):
    model = shipped_predictor.model
    texts = [TEXT, *NASTY, *(check.text for check in model.checks)]
    same(Kernel(model).logits(texts), engine.logits(model, texts))


def test_crafted_hashes_are_found_and_nothing_beyond_them(models):
    model = models["shipped"]
    block = model.blocks["char"]
    # All hashes in one bucket, those of the text among them: the search halves the bucket.
    hashes = np.unique(np.concatenate([block.hash[:3], np.arange(5000, dtype=np.uint64)]))
    n = len(hashes)
    crafted = replace(block, hash=hashes, idf=np.ones(n, np.float32), coef=np.ones((n, 4), "f4"))
    for last in (hashes, np.full(1, 2**64 - 1, np.uint64), np.zeros(0, np.uint64)):
        part = replace(
            crafted, hash=last, idf=crafted.idf[: len(last)], coef=crafted.coef[: len(last)]
        )
        bent = replace(model, blocks={"char": part})
        same(Kernel(bent).logits([TEXT, *NASTY]), engine.logits(bent, [TEXT, *NASTY]))


@pytest.mark.parametrize("text", [b"bytes", None, 3])
def test_what_is_no_text_is_refused(kernels, text):
    with pytest.raises(TypeError, match="not a str"):
        kernels["shipped"].logits(["the", text])


def test_kernel_runs_unless_told_not_to(models, monkeypatch):
    monkeypatch.delenv("ESC_KERNEL", raising=False)
    assert why_twin() == ""
    assert isinstance(choose(models["shipped"]), Kernel)
    monkeypatch.setenv("ESC_KERNEL", "0")
    assert why_twin() == "ESC_KERNEL=0"
    assert isinstance(choose(models["shipped"]), Twin)
