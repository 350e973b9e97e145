"""What is compared on was not trained on, neither itself nor a near-duplicate of it."""

from __future__ import annotations

import pytest

from classifier.corpus.files import shipped_neighbours, shipped_paths
from classifier.corpus.read import read_records
from classifier.corpus.records import parse_record
from classifier.corpus.shingles import near_duplicates
from classifier.disk import sha256
from classifier.labelling.held_out import (
    SHARE,
    apart_from,
    assign,
    base_records,
    divide,
    neighbour_records,
)
from tests.labelling.conftest import make_items


def record(identifier, document, text, **more):
    value = {"id": identifier, "document": document, "position": 0, "text": text, "labels": []}
    return parse_record(value | more, "here", "")


def test_a_quarter_of_the_documents_is_held_out():
    names = [f"news/{n}.txt" for n in range(200)]
    found = assign(names, {})
    assert sum(found.values()) == SHARE * len(names)
    assert assign(reversed(names), {}) == found


def test_what_was_held_out_stays_so_and_what_was_trained_on_too():
    names = [f"news/{n}.txt" for n in range(40)]
    first = assign(names[:10], {})
    second = assign(names, first)
    assert first.items() <= second.items()
    assert sum(second.values()) == 10
    # A document that is not labelled any more keeps its part.
    assert assign(names[20:], second) == second


@pytest.mark.parametrize(("n", "held"), [(1, 1), (2, 2), (3, 2), (8, 2), (12, 3)])
def test_a_few_documents_are_enough_to_compare_on(n, held):
    assert sum(assign(map(str, range(n)), {}).values()) == held


def test_the_parts_share_no_document_and_no_near_duplicate():
    records = [record(i.id, i.document, i.text) for i in make_items()]
    assigned = assign({r.document for r in records}, {})
    held = next(name for name, out in assigned.items() if out)
    other = next(name for name, out in assigned.items() if not out)
    text = "The council said that it would close the northern gate of Kesten on Monday"
    records += [record("kept", held, f"{text}."), record("twin", other, f"{text} night.")]
    records += [record("short", held, "Rain."), record("same", other, "rain.")]
    train, compare = divide(records, assigned)
    assert {"kept", "short"} <= {r.id for r in compare}
    assert not {"twin", "same"} & {r.id for r in train}
    assert not {r.document for r in train} & {r.document for r in compare}
    pairs = near_duplicates([r.text for r in (*compare, *train)])
    assert not [1 for i, j, _ in pairs if i < len(compare) <= j]
    assert len(train) + len(compare) > len(records) - 10


def test_files_to_compare_on_may_be_named():
    records = [record(i.id, i.document, i.text) for i in make_items()]
    train, compare = divide(records, {}, records[:5])
    assert compare == records[:5]
    assert [r.id for r in train] == [r.id for r in records if r.document != compare[0].document]


def test_what_new_labels_join_shares_nothing_with_what_is_compared_on():
    text = "The council said that it would close the northern gate of Kesten on Monday"
    kept = [record("kept", "d", f"{text}."), record("short", "d", "Rain.")]
    reference = {"path": "a", "start": 0, "end": 5, "sha256": sha256(b"Rain.")}
    base = [
        record("document", "d", "Something else entirely."),
        record("twin", "e", f"{text} night."),
        record("same", "e", "rain."),
        record("short", "e", "The very id."),
        parse_record({"id": "r", "document": "f", "reference": reference, "labels": []}, "", ""),
        parse_record(
            {"id": "s", "document": "f", "reference": reference | {"sha256": "0"}, "labels": []},
            *("here", ""),
        ),
        record("other", "g", "Farmers built a mill."),
    ]
    assert [r.id for r in apart_from(base, kept)] == ["s", "other"]


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


def test_what_joins_the_shipped_data_has_its_neighbours():
    document = next(read_records(shipped_neighbours(), print)).document
    base = [r for r in read_records(shipped_paths()[-1], print) if r.document == document]
    found = neighbour_records(shipped_paths(), base)
    assert {(r.document, r.labels) for r in found} == {(document, None)}
    assert neighbour_records(shipped_paths()[:1], base) == []
