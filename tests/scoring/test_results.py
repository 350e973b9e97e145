"""Results come document by document, with a profile that adds up."""

from __future__ import annotations

import pytest

from classifier.errors import InputError
from classifier.schema import Document, Prediction, Sentence
from classifier.scoring.results import Result, score_documents, score_paths


def prediction(index, clash, talks, decisions):
    sentence = Sentence(f"Sentence {index}.", index * 20, index * 20 + 11, index)
    return Prediction(sentence, {"clash": clash, "talks": talks}, decisions)


RESULT = Result(
    Document("d", "text"),
    (
        prediction(0, 0.2, 0.9, ("talks",)),
        prediction(1, 0.7, 0.8, ("clash", "talks")),
        prediction(2, 0.1, 0.1, ()),
        prediction(3, 0.6, 0.0, ("clash",)),
    ),
)


def test_profile_counts_and_finds_the_strongest():
    profile = RESULT.profile(["clash", "talks"])
    assert (profile["sentences"], profile["signals"], profile["signal_share"]) == (4, 3, 0.75)
    assert profile["labels"]["clash"] == {
        "count": 2,
        "strongest": {"index": 1, "probability": 0.7},
    }
    assert profile["labels"]["talks"]["strongest"]["index"] == 0


def test_profile_of_some_labels_names_only_these():
    assert list(RESULT.profile(["talks"])["labels"]) == ["talks"]


def test_profile_of_nothing():
    assert Result(Document("d", ""), ()).profile(["clash"]) == {
        "sentences": 0,
        "signals": 0,
        "signal_share": 0.0,
        "labels": {"clash": {"count": 0, "strongest": None}},
    }


def test_documents_are_scored_in_the_order_of_the_paths(predictor, tmp_path):
    paths = [tmp_path / name for name in ("b.txt", "a.txt")]
    for path in paths:
        path.write_text(f"Fighting went on near fort {path.stem * 4}. Nobody slept.")
    results = list(score_paths(predictor, [str(path) for path in paths]))
    assert [result.document.id for result in results] == [str(path) for path in paths]
    assert [len(result.predictions) for result in results] == [2, 2]
    assert results[0].predictions == tuple(predictor.predict(results[0].document.text))


def test_unreadable_document_is_told_and_skipped(predictor, tmp_path):
    (tmp_path / "a.txt").write_text("The truce held.")
    paths = [str(tmp_path / "missing.txt"), str(tmp_path / "a.txt")]
    problems = []
    assert len(list(score_paths(predictor, paths, problems.append))) == 1
    assert "missing.txt" in str(problems[0])
    with pytest.raises(InputError):
        list(score_paths(predictor, paths))


def results_of(predictor, documents, at_once):
    failed = []
    found = list(
        score_documents(predictor, documents, lambda d, e: failed.append((d.id, str(e))), at_once)
    )
    return found, failed


def test_documents_scored_together_are_as_each_by_itself(predictor):
    text = "The army shelled fort Velmar. Envoys met in Orlivka. Nobody slept. "
    documents = [Document(str(n), text * (n % 4) + f"Day {n} ended.") for n in range(20)]
    alone, _ = results_of(predictor, documents, 1)
    assert [result.document for result in alone] == documents
    for at_once in (2, 7, 1000):
        assert results_of(predictor, documents, at_once) == (alone, [])


def test_a_document_that_cannot_be_scored_costs_only_itself(predictor):
    texts = {"good": "The army left.", "bad": "Half a \ud800 pair.", "late": "Envoys met."}
    documents = [Document(*one) for one in texts.items()]
    found, failed = results_of(predictor, documents, 100)
    assert [result.document.id for result in found] == ["good", "late"]
    [(name, why)] = failed
    assert name == "bad"
    assert "surrogate" in why


def test_documents_that_take_too_much_memory_together_are_scored_one_by_one(predictor):
    class Small(type(predictor)):
        def predict_documents(self, documents, titles=()):
            if len(documents) > 1 or len(documents[0]) > 3:
                raise MemoryError
            return super().predict_documents(documents, titles)

    documents = [Document(str(n), "The army left. " * n) for n in (1, 9, 2)]
    found, failed = results_of(Small(predictor.model, predictor.scorer), documents, 100)
    assert [(r.document.id, len(r.predictions)) for r in found] == [("1", 1), ("2", 2)]
    assert [name for name, _ in failed] == ["9"]


def test_what_was_read_before_an_error_is_scored(predictor):
    def documents():
        yield Document("good", "The army left.")
        raise InputError("the disk is gone")

    found = score_documents(predictor, documents(), lambda *_: None, 100)
    assert next(found).document.id == "good"
    with pytest.raises(InputError, match="disk"):
        next(found)
