"""What machines read comes back as it was written, in every format."""

from __future__ import annotations

import csv
import io
import json

import pytest

from classifier.schema import Document
from classifier.scoring import sinks
from classifier.scoring.results import Result

TEXT = 'Rockets hit "Camp 9", north of Vell.\nTalks, said İlhan 🚀, go on; quietly.'
HOSTILE = 'a,"b"\n<c>.txt'


@pytest.fixture(scope="module")
def results(predictor):
    documents = [
        Document("one.txt", TEXT, "one.txt", "A title, with comma", "2031-02-03"),
        Document(HOSTILE, "A lull. The guns were silent.", HOSTILE),
        Document("empty.txt", ""),
    ]
    return [Result(d, tuple(predictor.predict(d.text))) for d in documents]


def written(name, results, predictor, only=None, *, documents=False):
    shape = sinks.Shape(predictor.model, tuple(only or predictor.labels), documents)
    return b"".join(sinks.FORMATS[name](iter(results), shape)).decode()


def test_jsonl_has_a_row_for_each_sentence(results, predictor):
    rows = [json.loads(line) for line in written("jsonl", results, predictor).splitlines()]
    predictions = [(r.document, p) for r in results for p in r.predictions]
    assert len(rows) == len(predictions) >= 4
    for row, (document, prediction) in zip(rows, predictions, strict=True):
        assert row["document"] == document.id
        assert document.text[row["start"] : row["end"]] == row["text"]
        assert row["probabilities"] == prediction.probabilities
        assert row["decisions"] == list(prediction.decisions)
        assert row["fingerprint"] == predictor.model.fingerprint
    assert (rows[0]["title"], rows[0]["date"]) == ("A title, with comma", "2031-02-03")


@pytest.mark.parametrize("name", ["jsonl", "csv"])
def test_rows_of_documents_carry_the_profile(results, predictor, name):
    text = written(name, results, predictor, documents=True)
    if name == "jsonl":
        rows = [json.loads(line) for line in text.splitlines()]
        counts = [row["labels"][predictor.labels[0]]["count"] for row in rows]
    else:
        rows = list(csv.DictReader(io.StringIO(text)))
        counts = [int(row[f"{predictor.labels[0]}_count"]) for row in rows]
    assert [row["document"] for row in rows] == [r.document.id for r in results]
    expected = [r.profile(predictor.labels)["labels"] for r in results]
    assert counts == [one[predictor.labels[0]]["count"] for one in expected]


def test_json_is_one_value(results, predictor):
    value = json.loads(written("json", results, predictor))
    assert value["schema"] == sinks.SCHEMA_VERSION
    assert value["thresholds"] == dict(predictor.thresholds)
    assert [len(d["predictions"]) for d in value["documents"]] == [
        len(r.predictions) for r in results
    ]


def test_json_of_documents_leaves_the_sentences_out(results, predictor):
    value = json.loads(written("json", results, predictor, documents=True))
    assert len(value["documents"]) == 3
    assert all("predictions" not in document for document in value["documents"])


def test_json_of_nothing_is_still_json(predictor):
    assert json.loads(written("json", [], predictor))["documents"] == []


def test_csv_comes_back(results, predictor):
    rows = list(csv.DictReader(io.StringIO(written("csv", results, predictor), newline="")))
    predictions = [(r.document, p) for r in results for p in r.predictions]
    assert len(rows) == len(predictions)
    for row, (document, prediction) in zip(rows, predictions, strict=True):
        assert row["document"] == document.id
        assert row["text"] == prediction.sentence.text
        for name in predictor.labels:
            assert float(row[name]) == pytest.approx(prediction.probabilities[name], abs=1e-6)
            assert row[f"{name}_decision"] == str(int(name in prediction.decisions))


@pytest.mark.parametrize("documents", [False, True])
def test_csv_has_one_heading(results, predictor, documents):
    text = written("csv", results, predictor, documents=documents)
    assert text.count("fingerprint") == 1
    assert text.startswith("document,source,title,date,")


@pytest.mark.parametrize("name", list(sinks.FORMATS))
@pytest.mark.parametrize("documents", [False, True])
def test_only_the_wanted_labels_are_written(results, predictor, name, documents):
    kept, *dropped = predictor.labels
    low = predictor.with_thresholds(dict.fromkeys(predictor.labels, 0.0))
    again = [Result(r.document, tuple(low.predict(r.document.text))) for r in results]
    text = written(name, again, predictor, [kept], documents=documents)
    body = text.split('"documents":', 1)[-1] if name == "json" else text
    assert kept in body
    assert not any(label in body for label in dropped)


def test_exclusive_model_writes_no_thresholds(predictors):
    two = predictors["two"]
    results = [Result(Document("d", TEXT), tuple(two.predict(TEXT)))]
    assert json.loads(written("json", results, two))["thresholds"] == {}


@pytest.mark.parametrize("name", list(sinks.FORMATS))
def test_results_are_written_as_they_come(results, predictor, name):
    taken = []

    def coming():
        for result in results:
            taken.append(result)
            yield result

    parts = sinks.FORMATS[name](coming(), sinks.Shape(predictor.model, predictor.labels, True))
    while not taken:
        assert next(parts)
    next(parts)
    assert len(taken) <= 2
