"""What is compared on was not trained on, neither itself nor a near-duplicate of it."""

from __future__ import annotations

from classifier.corpus.records import parse_record
from classifier.corpus.shingles import near_duplicates
from classifier.disk import sha256
from classifier.labelling.held_out import SHARE, base_records, divide, is_held_out
from tests.labelling.conftest import TOWNS, make_items


def record(identifier, document, text, **more):
    value = {"id": identifier, "document": document, "position": 0, "text": text, "labels": []}
    return parse_record(value | more, "here", "")


def test_about_a_quarter_of_the_documents_is_held_out_always_the_same():
    names = [f"news/{n}.txt" for n in range(2_000)]
    held = {name for name in names if is_held_out(name)}
    assert abs(len(held) / len(names) - SHARE) < 0.04
    assert held == {name for name in reversed(names) if is_held_out(name)}


def test_the_parts_share_no_document_and_no_near_duplicate():
    records = [record(i.id, i.document, i.text) for i in make_items()]
    held = next(name for name in (f"{t}.txt" for t in TOWNS) if is_held_out(name))
    other = next(name for name in (f"{t}.txt" for t in TOWNS) if not is_held_out(name))
    text = "The council said that it would close the northern gate of Kesten on Monday"
    records += [record("kept", held, f"{text}."), record("twin", other, f"{text} night.")]
    records += [record("short", held, "Rain."), record("same", other, "rain.")]
    train, compare = divide(records)
    assert {"kept", "short"} <= {r.id for r in compare}
    assert not {"twin", "same"} & {r.id for r in train}
    assert not {r.document for r in train} & {r.document for r in compare}
    pairs = near_duplicates([r.text for r in (*compare, *train)])
    assert not [1 for i, j, _ in pairs if i < len(compare) <= j]
    assert len(train) + len(compare) > len(records) - 10


def test_files_to_compare_on_may_be_named():
    records = [record(i.id, i.document, i.text) for i in make_items()]
    train, compare = divide(records, records[:5])
    assert compare == records[:5]
    assert [r.id for r in train] == [r.id for r in records[5:]]


def test_what_was_labelled_anew_replaces_the_old_label(tmp_path):
    import orjson

    reference = {"path": "a", "start": 0, "end": 3, "sha256": sha256(b"Said elsewhere.")}
    rows = [
        {"id": "one", "text": "Old text one.", "labels": ["threat"]},
        {"id": "two", "text": "Old text two.", "labels": ["offer"]},
        {"id": "three", "document": "d", "reference": reference, "labels": ["offer"]},
        {"id": "four", "document": "d", "reference": reference | {"sha256": "0"}, "labels": []},
        {"id": "five", "text": "Never read."},
    ]
    path = tmp_path / "base.jsonl"
    path.write_bytes(b"\n".join(map(orjson.dumps, rows)))
    new = [
        record("x", "d", "old text ONE."),
        record("two", "e", "Other."),
        record("y", "e", "Said elsewhere."),
    ]
    found = base_records([path], new)
    assert [r.id for r in found] == ["four"]
    assert found[0].reference is not None
    assert found[0].text == ""
