"""Sentences of a document stand in its order, whoever numbered them."""

from __future__ import annotations

import json
from dataclasses import replace

from classifier import shipped
from classifier.corpus.formats import write_jsonl
from classifier.corpus.order import in_reading_order
from classifier.corpus.read import read_corpus, read_records
from classifier.corpus.records import Reference, parse_record


def row(name, position=None, start=None, path="a.txt", document="d", labels=()):
    value = {"id": name, "document": document, "text": f"Text of {name}.", "labels": list(labels)}
    if position is not None:
        value["position"] = position
    record = parse_record(value, "here", "")
    if start is not None:
        record = replace(record, reference=Reference(path, start, start + 5, "0" * 64))
    return record


def places(records):
    return {record.id: record.position for record in in_reading_order(records)}


def test_slices_of_one_file_stand_as_in_the_file():
    # As the shipped data has them: labelled ones know their place, the others count themselves.
    records = [row("x", 4, 120), row("y", 9, 700), row("n", 0, 0), row("m", 1, 300)]
    assert places(records) == {"n": 0, "x": 1, "m": 2, "y": 3}
    assert [r.id for r in in_reading_order(records)] == ["x", "y", "n", "m"]


def test_slices_of_several_files_keep_their_positions():
    assert places([row("x", 4, 120), row("y", 9, 7, "b.txt")]) == {"x": 4, "y": 9}
    assert places([row("x", 4, 120), row("y", 1)]) == {"x": 4, "y": 1}


def test_positions_stand_as_they_are_gaps_and_all():
    assert places([row("x", 7), row("y", 2), row("z", 30)]) == {"x": 7, "y": 2, "z": 30}


def test_without_positions_the_order_of_the_rows_is_that_of_the_document():
    names = ["one", "two", "six", "five", "four", "three"]
    assert places([row(name) for name in names]) == {name: i for i, name in enumerate(names)}
    assert places([row("title", 0), row("x", 0), row("y", 1)]) == {"title": 0, "x": 1, "y": 2}


def test_a_sentence_that_comes_again_has_one_place():
    records = [row("x"), row("y"), row("x", labels=["a"]), row("z")]
    assert [r.position for r in in_reading_order(records)] == [0, 1, 0, 2]


def test_each_document_is_numbered_for_itself():
    records = [row("x"), row("y", document="e"), row("z"), row("w", document="e")]
    assert places(records) == {"x": 0, "y": 0, "z": 1, "w": 1}


def test_a_file_without_positions_is_read_in_its_order(tmp_path):
    texts = [f"Sentence number {word} says little." for word in ("one", "two", "three", "four")]
    path = tmp_path / "mine.csv"
    path.write_text("document,text,labels\n" + "".join(f"d,{text},a\n" for text in texts))
    assert [e.text for e in read_corpus([path]).examples] == texts


def test_written_files_keep_the_order():
    records = [row(name) for name in ("one", "two", "six", "five")]
    lines = [json.loads(line) for line in write_jsonl(records).splitlines()]
    assert [line["id"] for line in lines] == ["one", "two", "six", "five"]


def test_shipped_references_are_read_in_the_order_of_their_files():
    names = ("references.jsonl", "neighbours.references.jsonl")
    files = [shipped.data() / name for name in names]
    records = in_reading_order([r for path in files for r in read_records(path, lambda _: None)])
    of_document = {}
    for record in records:
        of_document.setdefault(record.document, []).append(record)
    several = [rows for rows in of_document.values() if len(rows) > 2]
    assert len(several) > 4000
    for rows in several:
        rows.sort(key=lambda record: record.position)
        starts = [record.reference.start for record in rows]
        assert starts == sorted(starts)
