"""Files of results: the same rows in every format, in parts as in one piece."""

from __future__ import annotations

import csv
import gzip
import io
import json
import sqlite3
import tracemalloc
from contextlib import closing
from dataclasses import replace
from itertools import pairwise

import jsonschema
import pyarrow.parquet as pq
import pytest
from backports import zstd

from classifier.errors import UsageError
from classifier.schema import Document, Label, LabelSet
from classifier.scoring.results import Result
from classifier.scoring.sinks import SCHEMA_VERSION, Shape, Target, Terms, parquet
from classifier.scoring.sinks.schema import json_schema

TEXT = 'Rockets hit "Camp 9", north of Vell.\nTalks, said İlhan 🚀, go on; quietly.'
ABOUT = {"author": "Ada Lind", "outlet": "The Post", "url": "https://a.example/1", "language": "en"}
DOCUMENTS = [
    Document("one.txt", TEXT, "one.txt", "A title, with comma", "2031-02-03", **ABOUT),
    Document('a,"b"\n<c>.txt', "A lull. The guns were silent.", "c.txt"),
    Document("empty.txt", ""),
]
NAMES = ["a.jsonl", "a.json", "a.csv", "a.parquet", "a.sqlite", "a.jsonl.gz", "a.csv.gz"]
NAMES += ["a.jsonl.zst", "a.csv.zst"]


@pytest.fixture(scope="module")
def keen(predictor):
    """A predictor that says yes to much."""
    return predictor.with_thresholds(dict.fromkeys(predictor.labels, 0.2))


@pytest.fixture(scope="module")
def results(keen):
    return [Result(d, tuple(keen.predict(d.text))) for d in DOCUMENTS]


def write(folder, name, results, shape, cuts=()):
    """Write results as a file, in as many parts as there are cuts and one more."""
    target = Target.parse(str(folder / name))
    sink = target.sink(shape)
    bounds = [0, *cuts, len(results)]
    parts = []
    for number, (start, end) in enumerate(pairwise(bounds)):
        parts.append(folder / f"{number}.rows")
        with sink.part(parts[-1]) as add:
            for result in results[start:end]:
                add(result)
    sink.assemble(iter(parts), target.path)
    return target.path


def rows_of(path):
    data = path.read_bytes()
    if path.suffix == ".gz":
        data = gzip.decompress(data)
    if path.suffix == ".zst":
        data = zstd.decompress(data)
    if ".csv" in path.suffixes:
        return list(csv.DictReader(io.StringIO(data.decode(), newline="")))
    if path.suffix == ".parquet":
        return pq.read_table(path).to_pylist()
    return [json.loads(line) for line in data.splitlines()]


def query(path, sql, *values):
    with closing(sqlite3.connect(f"file:{path}?mode=ro", uri=True)) as database:
        database.row_factory = sqlite3.Row
        return [dict(row) for row in database.execute(sql, values)]


WIDE = """SELECT d.document, d.outlet, d.language, s.position AS "index", s.start, s."end", s.text,
p.label, p.probability, p.decision, p.uncertain, p.terms FROM predictions p
JOIN sentences s ON s.id = p.sentence_id JOIN documents d ON d.id = s.document_id
ORDER BY s.id"""


def test_every_format_holds_the_same(tmp_path, results, keen):
    shape = Shape(keen.model, keen.labels, terms=Terms(keen, 2))
    lines = rows_of(write(tmp_path, "a.jsonl", results, shape))
    assert len(lines) == sum(len(r.predictions) for r in results) >= 4
    cells = rows_of(write(tmp_path, "a.csv", results, shape))
    columns = rows_of(write(tmp_path, "a.parquet", results, shape))
    found = query(write(tmp_path, "a.sqlite", results, shape), WIDE)
    whole = json.loads(write(tmp_path, "a.json", results, shape).read_text())
    assert [row for one in whole["documents"] for row in one["predictions"]] == lines
    assert len(cells) == len(columns) == len(lines) == len(found) / len(keen.labels)
    by_place = {(r["document"], r["index"], r["label"]): r for r in found}
    for cell, column, row in zip(cells, columns, lines, strict=True):
        for name in ("document", "source", "title", "date", *ABOUT, "text", "model"):
            assert cell[name] == column[name] == row[name]
        for name in ("index", "start", "end"):
            assert int(cell[name]) == column[name] == row[name]
        for label in keen.labels:
            in_database = by_place[row["document"], row["index"], label]
            probability = row["probabilities"][label]
            assert column[label] == in_database["probability"] == probability
            assert float(cell[label]) == pytest.approx(probability, abs=1e-6)
            for what, listed in (("decision", "decisions"), ("uncertain", "uncertain")):
                yes = label in row[listed]
                assert cell[f"{label}_{what}"] == str(int(yes))
                assert column[f"{label}_{what}"] is yes
                assert in_database[what] == int(yes)
            terms = row["terms"].get(label, [])
            assert column[f"{label}_terms"] == terms
            assert json.loads(in_database["terms"] or "[]") == terms
            assert cell[f"{label}_terms"].count(";") == max(len(terms) - 1, 0)


def test_terms_are_the_strongest_of_what_is_decided_or_uncertain(tmp_path, results, keen):
    shape = Shape(keen.model, keen.labels, terms=Terms(keen, 3))
    rows = rows_of(write(tmp_path, "a.jsonl", results, shape))
    assert any(row["terms"] for row in rows)
    for row in rows:
        assert set(row["terms"]) == {*row["decisions"], *row["uncertain"]}
        for label, terms in row["terms"].items():
            expected = keen.explain(row["text"], label).contributions[:3]
            assert terms == [{"term": c.term, "kind": c.kind, "weight": c.weight} for c in expected]


@pytest.mark.parametrize("name", NAMES)
@pytest.mark.parametrize("documents", [False, True])
def test_parts_make_the_same_file_as_one_piece(tmp_path, results, keen, name, documents):
    shape = Shape(keen.model, keen.labels, documents)
    folders = [tmp_path / "whole", tmp_path / "parts"]
    for folder in folders:
        folder.mkdir()
    whole = write(folders[0], name, results * 3, shape)
    parts = write(folders[1], name, results * 3, shape, [0, 1, 1, 5, 9])
    if name.endswith("sqlite"):
        sqls = ["SELECT * FROM documents", "SELECT * FROM profiles"]
        sqls += [] if documents else ["SELECT * FROM sentences", "SELECT * FROM predictions"]
        for sql in sqls:
            assert query(whole, sql) == query(parts, sql) != []
    elif name.endswith((".jsonl", ".csv", ".json", ".zst")):
        assert whole.read_bytes() == parts.read_bytes()
    else:
        assert rows_of(whole) == rows_of(parts) != []


def test_lines_of_a_long_document_are_not_gathered(tmp_path, results, keen):
    long = replace(results[0], scored=results[0].predictions * 5_000)
    tracemalloc.start()
    try:
        path = write(tmp_path, "a.jsonl", [long], Shape(keen.model, keen.labels))
        peak = tracemalloc.get_traced_memory()[1]
    finally:
        tracemalloc.stop()
    assert path.stat().st_size > 5 * peak


@pytest.mark.parametrize("name", NAMES)
@pytest.mark.parametrize("documents", [False, True])
def test_a_file_of_nothing_is_still_one(tmp_path, keen, name, documents):
    path = write(tmp_path, name, [], Shape(keen.model, keen.labels, documents))
    if name.endswith("sqlite"):
        assert query(path, "SELECT count(*) AS n FROM documents") == [{"n": 0}]
    elif name.endswith(".json"):
        assert json.loads(path.read_text())["documents"] == []
    else:
        assert rows_of(path) == []


def test_rows_of_documents_agree(tmp_path, results, keen):
    shape = Shape(keen.model, keen.labels, documents=True)
    lines = rows_of(write(tmp_path, "a.jsonl", results, shape))
    cells = rows_of(write(tmp_path, "a.csv", results, shape))
    columns = rows_of(write(tmp_path, "a.parquet", results, shape))
    path = write(tmp_path, "a.sqlite", results, shape)
    profiles = query(path, "SELECT * FROM profiles ORDER BY document_id")
    assert [row["document"] for row in lines] == [d.id for d in DOCUMENTS]
    for number, (cell, column, row) in enumerate(zip(cells, columns, lines, strict=True)):
        assert int(cell["signals"]) == column["signals"] == row["signals"]
        for label in keen.labels:
            found = row["labels"][label]
            strongest = found["strongest"] or {"index": None, "probability": None}
            [profile] = [p for p in profiles if p["document_id"] == number and p["label"] == label]
            assert int(cell[f"{label}_count"]) == column[f"{label}_count"] == found["count"]
            assert profile["count"] == found["count"]
            assert column[f"{label}_strongest"] == profile["strongest"] == strongest["index"]
            assert column[f"{label}_strongest_probability"] == strongest["probability"]


@pytest.mark.parametrize("rows", ["sentence", "document"])
def test_json_lines_are_valid_by_the_shipped_schema(tmp_path, results, keen, rows):
    schema = json.loads(json_schema(rows))
    jsonschema.Draft202012Validator.check_schema(schema)
    validator = jsonschema.Draft202012Validator(schema)
    assert schema["$comment"] == f"Schema version {SCHEMA_VERSION}"
    seen = set()
    for terms in (None, Terms(keen, 2)):
        shape = Shape(keen.model, keen.labels, rows == "document", terms)
        for row in rows_of(write(tmp_path, "a.jsonl", results, shape)):
            validator.validate(row)
            seen |= set(row)
            with pytest.raises(jsonschema.ValidationError):
                validator.validate(row | {"more": 1})
    assert seen == set(schema["properties"])


def test_parquet_says_what_it_is_and_has_small_row_groups(tmp_path, results, keen, monkeypatch):
    monkeypatch.setattr(parquet, "PART_ROWS", 3)
    monkeypatch.setattr(parquet, "GROUP_ROWS", 8)
    path = write(tmp_path, "a.parquet", results * 9, Shape(keen.model, keen.labels), [4, 11])
    file = pq.ParquetFile(path)
    sizes = [file.metadata.row_group(i).num_rows for i in range(file.num_row_groups)]
    assert len(sizes) > 3
    assert max(sizes) <= 8 + 3
    said = file.schema_arrow.metadata
    assert said[b"esc.schema"] == str(SCHEMA_VERSION).encode()
    assert said[b"esc.fingerprint"] == keen.model.fingerprint.encode()
    assert str(file.schema_arrow.field(keen.labels[0]).type) == "double"


def test_sqlite_can_be_searched_and_has_views(tmp_path, results, keen):
    path = write(tmp_path, "a.sqlite", results, Shape(keen.model, keen.labels), [1])
    found = query(
        path,
        "SELECT s.text FROM sentences_fts f JOIN sentences s ON s.id = f.rowid "
        "WHERE sentences_fts MATCH ?",
        "rockets",
    )
    assert [row["text"] for row in found] == ['Rockets hit "Camp 9", north of Vell.']
    decided = sum(len(p.decisions) for r in results for p in r.predictions)
    assert decided
    assert len(query(path, "SELECT * FROM signals")) == decided
    unsure = sum(len(p.uncertain) for r in results for p in r.predictions)
    assert len(query(path, "SELECT * FROM to_review")) == unsure
    by_document = query(path, "SELECT sum(count) AS n FROM signals_by_document")
    assert by_document == [{"n": decided}]
    assert {row["day"] for row in query(path, "SELECT * FROM signals_by_day")} <= {"2031-02-03"}
    [run] = query(path, "SELECT * FROM run")
    assert run["schema"] == SCHEMA_VERSION
    assert json.loads(run["thresholds"]) == dict(keen.thresholds)
    assert query(path, "PRAGMA foreign_key_check") == []


def test_labels_called_like_columns_get_a_prefix(tmp_path):
    class Model:
        name, fingerprint, thresholds = "odd", "0" * 12, (0.5, 0.5)
        labels = LabelSet((Label("text"), Label("date")))

    from classifier.schema import Prediction, Sentence

    prediction = Prediction(Sentence("It rained.", 0, 10), {"text": 0.9, "date": 0.1}, ("text",))
    results = [Result(DOCUMENTS[0], (prediction,))]
    shape = Shape(Model(), ("text", "date"))
    [row] = rows_of(write(tmp_path, "a.parquet", results, shape))
    assert (row["text"], row["label_text"], row["label_date"]) == ("It rained.", 0.9, 0.1)
    [cell] = rows_of(write(tmp_path, "a.csv", results, shape))
    assert (cell["text"], cell["label_text_decision"]) == ("It rained.", "1")
    with pytest.raises(UsageError, match="'a_decision'"):
        Shape(Model(), ("a", "a_decision")).columns()


@pytest.mark.parametrize(
    ("name", "form", "said"),
    [
        ("a", None, "expected a name that ends in"),
        ("a.pdf", None, "expected a name that ends in"),
        ("a.parquet.gz", None, "not packed"),
        ("a.jsonl", "table", "expected a name that ends in"),
        (".", "csv", "is a folder"),
        ("/dev/full", "csv", "no regular file"),
    ],
)
def test_a_place_that_cannot_be_is_refused(name, form, said):
    with pytest.raises(UsageError, match=said):
        Target.parse(name, form)


def test_a_format_can_be_given_for_any_name():
    assert Target.parse("results", "parquet").form == "parquet"
    assert Target.parse("results.txt.gz", "csv").packing == "gz"
