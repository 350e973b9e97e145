"""Explanations are the model itself: they sum to the logit, and point into the sentence."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from classifier.model.calibrate import sigmoid, softmax
from classifier.model.words import WORD, fold
from classifier.scoring import engine
from classifier.scoring.explain import word_weights
from tests.scoring.nasty import NASTY, sentences
from tests.scoring.test_engine import KINDS

SENTENCE = "The  minister said “İzmir’s” troops would strike ﬁrst if talks on weapons failed."


def folded(predictor, text):
    found = fold(text, strip_accents=predictor.model.features.strip_accents)
    return found.replace("ς", "σ")  # which of the two it is depends on what stands beside it


def check_sums(predictor, text):
    explanations = predictor.explain_all(text)
    [expected] = engine.logits(predictor.model, [text])
    assert tuple(explanations) == predictor.labels
    stored, logits = [], []
    for explanation in explanations.values():
        total = explanation.intercept + sum(c.weight for c in explanation.contributions)
        stored.append(total)
        logits.append(total + sum(explanation.other_labels.values()))
        assert logits[-1] == pytest.approx(explanation.logit, abs=1e-6)
    np.testing.assert_allclose(stored, expected, rtol=0, atol=1e-6)
    turned = softmax if predictor.model.labels.exclusive else sigmoid
    np.testing.assert_allclose(
        turned(np.array(logits)), [e.probability for e in explanations.values()], atol=1e-6
    )
    return explanations


@pytest.mark.parametrize("kind", KINDS)
@given(text=sentences)
@settings(max_examples=40)
@example(text=" ".join(NASTY))
def test_contributions_sum_to_the_logit_and_the_probability(predictors, kind, text):
    check_sums(predictors[kind], text)


def test_contributions_of_the_shipped_model_sum_up(shipped_predictor):
    for text in (SENTENCE, *NASTY[:8]):
        check_sums(shipped_predictor, text)


@pytest.mark.parametrize("kind", ["multi", "accents"])
@given(text=sentences)
@settings(max_examples=60)
@example(text="".join(NASTY))
@example(text="\u2003the ﬁrst ¨the¨ ΑΣ'Α the\u00a0the")
def test_spans_lie_inside_and_cover_their_terms(predictors, kind, text):
    predictor = predictors[kind]
    explanation = predictor.explain(text, predictor.labels[0])
    for contribution in explanation.contributions:
        assert contribution.count == len(contribution.spans) > 0
        assert list(contribution.spans) == sorted(contribution.spans)
        term = contribution.term.replace("ς", "σ")
        for start, end in contribution.spans:
            assert 0 <= start < end <= len(text)
            covered = folded(predictor, text[start:end])
            parts = term.split() if contribution.kind == "word" else [term.strip()]
            if contribution.kind == "class":
                parts = predictor.model.classes.names_of(WORD.findall(covered))
                assert " ".join(parts) == term
            else:
                assert all(part in covered for part in parts)


def test_span_of_a_plain_word_is_the_word(predictor):
    explanation = predictor.explain(SENTENCE, predictor.labels[0])
    single = [c for c in explanation.contributions if c.kind == "word" and " " not in c.term]
    assert len(single) >= 5
    for contribution in single:
        for start, end in contribution.spans:
            assert folded(predictor, SENTENCE[start:end]) == contribution.term


def test_repeated_word_has_a_span_for_each_place(predictor):
    text = "Troops left; troops came back with more troops."
    found = predictor.explain(text, predictor.labels[0]).contributions
    [troops] = [c for c in found if (c.term, c.kind) == ("troops", "word")]
    assert troops.count == 3
    assert [text[s:e].lower() for s, e in troops.spans] == ["troops"] * 3


def test_contributions_are_sorted_by_size(predictor):
    for explanation in predictor.explain_all(SENTENCE).values():
        sizes = [abs(c.weight) for c in explanation.contributions]
        assert sizes == sorted(sizes, reverse=True)
        assert sizes[0] > 0


def test_threshold_is_that_of_the_label(predictors):
    multi = predictors["multi"]
    for name, explanation in multi.explain_all(SENTENCE).items():
        assert explanation.label == name
        assert explanation.threshold == multi.thresholds[name]
    assert np.isnan(predictors["three"].explain(SENTENCE, predictors["three"].labels[0]).threshold)


@pytest.mark.parametrize("kind", ["multi", "accents", "words", "classes"])
@given(text=sentences)
@settings(max_examples=60)
@example(text="".join(NASTY))
@example(text=" ".join(NASTY))
def test_words_share_the_logit_less_the_intercept(predictors, kind, text):
    predictor = predictors[kind]
    explanation = predictor.explain(text, predictor.labels[-1])
    words = word_weights(text, explanation)
    assert [text[start:end] for start, end, _ in words] == text.split()
    total = sum(weight for _, _, weight in words)
    terms = explanation.logit - explanation.intercept - explanation.beside
    assert total == pytest.approx(terms, abs=1e-6)


@given(st.sampled_from(["", " ", "\n", "\U0001f9ca", "\u0301"]))
def test_nothing_known_nothing_explained(predictor, text):
    explanation = predictor.explain(text, predictor.labels[0])
    assert explanation.contributions == ()
    assert explanation.logit == pytest.approx(explanation.intercept + explanation.beside)
    assert all(weight == 0 for _, _, weight in word_weights(text, explanation))
