"""Labelled files become one corpus: found, checked, merged, sorted."""

from __future__ import annotations

import hashlib
import random
from typing import TYPE_CHECKING, Any

import orjson
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from classifier.corpus.field import FieldSet
from classifier.corpus.files import labelled_files, shipped_paths
from classifier.corpus.read import Corpus, declared_fingerprint, read_corpus, read_records
from classifier.errors import InputError
from classifier.schema import Example, Label, LabelSet

if TYPE_CHECKING:
    from pathlib import Path

FORD, WELL, RAIN = "The ford is shut.", "The well is dry.", "It rained."
SET = LabelSet((Label("threat"), Label("offer")))
EXCLUSIVE = LabelSet((Label("threat"), Label("offer")), exclusive=True)
AT_LEAST_ONE = LabelSet((Label("threat"), Label("offer")), at_least_one=True)


def row(text: str, labels: list[str] | None, **fields: Any) -> dict[str, Any]:
    return {"text": text, "labels": labels, **fields}


def write(path: Path, *rows: dict[str, Any]) -> Path:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(b"".join(orjson.dumps(value) + b"\n" for value in rows))
    return path


def refusal(*paths: Path, **options: Any) -> str:
    with pytest.raises(InputError) as caught:
        read_corpus(paths, **options)
    return str(caught.value)


def found(corpus: Corpus) -> list[tuple[str, tuple[str, ...]]]:
    return [(example.text, example.labels) for example in corpus.examples]


TEXTS = st.text(st.characters(exclude_categories=["Cs"])).map(lambda t: " ".join(t.split()))
EXAMPLES = st.lists(
    st.builds(
        Example,
        id=st.uuids().map(str),
        document=st.sampled_from("abc"),
        position=st.integers(0, 9),
        text=TEXTS.filter(bool),
        labels=st.sampled_from([(), ("threat",), ("offer",), ("threat", "offer")]),
        annotator=st.text(st.characters(exclude_categories=["Cs"])),
        date=st.sampled_from(["", "1931-05-01"]),
    ),
    min_size=1,
    max_size=6,
    unique_by=(lambda e: e.id, lambda e: e.text.casefold(), lambda e: (e.document, e.position)),
)


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture], deadline=None)
@given(EXAMPLES, st.sampled_from(["utf-8", "utf-8-sig", "utf-16"]), st.sampled_from("\n\r"))
def test_examples_come_back_from_their_lines(
    tmp_path: Path, examples: list[Example], encoding: str, end: str
) -> None:
    names = Example.__dataclass_fields__
    lines = [orjson.dumps({n: getattr(e, n) for n in names}).decode() for e in examples]
    text = f"{end.strip(chr(10))}\n".join([*lines, ""])
    path = tmp_path / "a.jsonl"
    path.write_bytes(text.encode(encoding))
    corpus = read_corpus([path], labels=SET, strict=True)
    assert set(corpus.examples) == set(examples)
    assert corpus.notices == ()


def test_examples_are_sorted_by_document_and_position(tmp_path: Path) -> None:
    path = write(
        tmp_path / "a.jsonl",
        row(RAIN, [], document="b", position=0),
        row(FORD, [], document="a", position=1),
        row(WELL, [], document="a", position=0),
    )
    assert [e.text for e in read_corpus([path], labels=SET).examples] == [WELL, FORD, RAIN]


def test_labels_stand_in_the_order_of_the_label_set(tmp_path: Path) -> None:
    path = write(tmp_path / "a.jsonl", row(FORD, ["offer", "threat"]))
    assert found(read_corpus([path], labels=SET)) == [(FORD, ("threat", "offer"))]


def test_a_table_is_read_like_lines(tmp_path: Path) -> None:
    (tmp_path / "a.csv").write_text(f"text,labels\n{FORD},offer;threat\n", encoding="utf-8")
    lines = write(tmp_path / "b.jsonl", row(FORD, ["offer", "threat"]))
    table = read_corpus([tmp_path / "a.csv"], labels=SET)
    assert table.examples == read_corpus([lines], labels=SET).examples
    assert table.notices == (
        f"{tmp_path / 'a.csv'}: text in 'text', labels in 'labels', each row a document of its own",
    )


def test_a_wrong_cell_of_a_table_is_named_by_its_row(tmp_path: Path) -> None:
    path = tmp_path / "a.csv"
    path.write_text(f"text,labels\n{FORD},offer\n,threat\n", encoding="utf-8")
    assert refusal(path) == f"{path}, row 3, field text: empty, expected a sentence"


def test_records_keep_what_the_corpus_does_not_use(tmp_path: Path) -> None:
    path = write(tmp_path / "a.jsonl", row(FORD, None, note="ask Zoë"))
    (record,) = read_records(path, [])
    assert (record.labels, record.extra) == (None, {"note": "ask Zoë"})


# Files.


def test_a_folder_gives_the_labelled_files_directly_in_it(tmp_path: Path) -> None:
    for name in ("b.csv", "a.jsonl", "c.tsv", "labels.json", "notes.txt", "below/d.jsonl"):
        write(tmp_path / name)
    (tmp_path / "e.csv").mkdir()
    assert [p.name for p in labelled_files([tmp_path])] == ["a.jsonl", "b.csv", "c.tsv"]


def test_files_of_all_paths_make_one_corpus(tmp_path: Path) -> None:
    one = write(tmp_path / "a.jsonl", row(FORD, ["threat"]))
    write(tmp_path / "more" / "b.jsonl", row(WELL, ["offer"]))
    assert len(read_corpus([one, tmp_path / "more"], labels=SET).examples) == 2


def test_paths_that_hold_no_labelled_file_are_named(tmp_path: Path) -> None:
    assert refusal(tmp_path) == f"{tmp_path}: no .jsonl, .csv, .tsv file in this folder"
    path = tmp_path / "a.jsonl"
    assert refusal(path) == f"{path}: no such file or folder"
    path = write(tmp_path / "a.xlsx")
    assert refusal(path) == f"{path}: expected a file ending in .jsonl, .csv, .tsv"
    path = tmp_path / ("x" * 5000)
    assert refusal(path) == f"{path}: cannot be read: File name too long"


@pytest.mark.parametrize(
    ("line", "message"),
    [
        (b'{"text": ', "not JSON: "),
        (b"text;labels", "not JSON: "),
        (b'{"text": "a\\ud800"}', "not JSON: "),
        (b'{"text": "a\0"}', "not JSON: "),
        (b"[]", "expected an object, found an array"),
    ],
)
def test_a_line_that_is_no_object_is_named(tmp_path: Path, line: bytes, message: str) -> None:
    path = tmp_path / "a.jsonl"
    path.write_bytes(orjson.dumps(row(FORD, [])) + b"\n\n" + line + b"\n")
    assert refusal(path).startswith(f"{path}, line 3: {message}")


def test_bytes_that_are_no_text_are_named(tmp_path: Path) -> None:
    path = tmp_path / "a.jsonl"
    path.write_bytes(b'{"text": "Zoe"}\n{"text": "Zo\xeb"}\n')
    assert refusal(path) == f"{path}, line 2: byte 28 is not valid UTF-8; save the file as UTF-8"


def test_a_corpus_without_a_labelled_sentence_is_refused(tmp_path: Path) -> None:
    path = write(tmp_path / "a.jsonl")
    assert refusal(path) == f"{path}: no labelled sentence"
    path = write(tmp_path / "a.jsonl", row(FORD, None))
    assert refusal(path) == f"{path}: no labelled sentence"


# Unreviewed rows, ids, duplicates, contradictions.


@pytest.mark.parametrize("strict", [False, True])
def test_unreviewed_sentences_are_left_out_and_counted(tmp_path: Path, strict: bool) -> None:
    path = write(tmp_path / "a.jsonl", row(FORD, None), row(WELL, []), {"text": RAIN})
    corpus = read_corpus([path], labels=SET, strict=strict)
    assert found(corpus) == [(WELL, ())]
    assert corpus.notices == ("2 sentences without labels are not reviewed: left out",)


def test_unlabelled_sentences_around_a_labelled_one_are_its_neighbours(tmp_path: Path) -> None:
    path = write(
        tmp_path / "a.jsonl",
        row(WELL, None, document="d", position=2, id="after"),
        row(FORD, ["threat"], document="d", position=1),
        row(RAIN, None, document="d", position=0, id="before"),
        row("Nobody looked here.", None, document="other"),
        {"id": "raw", "document": "d", "annotator": "ann"},
    )
    corpus = read_corpus([path], labels=SET, strict=True)
    assert found(corpus) == [(FORD, ("threat",))]
    assert [(s.id, s.text) for s in corpus.neighbours] == [("before", RAIN), ("after", WELL)]
    assert [s.text for s in corpus.sentences] == [FORD, RAIN, WELL]
    assert corpus.notices == (
        "2 sentences without labels are not reviewed: left out",
        (
            "2 sentences without labels stand around those with labels: "
            "context for a model that looks at it"
        ),
    )


def test_a_list_of_what_was_to_be_labelled_makes_no_sentence_its_own_neighbour(tmp_path) -> None:
    (tmp_path / "labels.json").write_bytes(orjson.dumps({"labels": [{"name": "threat"}]}))
    unlabelled = [row(FORD, None, document="d", id="x"), row(RAIN, None, document="d", id="y")]
    todo = write(tmp_path / "todo.jsonl", *unlabelled)
    labelled = write(tmp_path / "a.jsonl", row(FORD, ["threat"], document="d", id="x"))
    for paths in ([labelled, todo, todo], [todo, todo, labelled]):
        corpus = read_corpus(paths)
        assert [s.id for s in corpus.neighbours] == ["y"]
        assert declared_fingerprint(paths) == corpus.fingerprint
    alone = [write(tmp_path / "alone.jsonl", row(FORD, ["threat"])), write(todo, row(FORD, None))]
    assert read_corpus(alone, labels=SET).neighbours == ()


def test_neighbours_are_part_of_the_fingerprint(tmp_path: Path) -> None:
    (tmp_path / "labels.json").write_bytes(orjson.dumps({"labels": [{"name": "threat"}]}))
    rows = [row(FORD, ["threat"], document="d", id="x"), row(RAIN, None, document="d", id="y")]
    path = write(tmp_path / "a.jsonl", *rows, row(WELL, None, document="e", id="z"))
    corpus = read_corpus([path])
    assert declared_fingerprint([path]) == corpus.fingerprint
    assert corpus.fingerprint != read_corpus([write(path, rows[0])]).fingerprint


def test_neighbours_of_a_merged_duplicate_are_left_out(tmp_path: Path) -> None:
    path = write(
        tmp_path / "a.jsonl",
        row(FORD, ["threat"], document="d", id="x"),
        row(FORD, ["threat"], document="e", id="y"),
        row(RAIN, None, document="e", id="z"),
    )
    assert read_corpus([path], labels=SET).neighbours == ()


def test_a_neighbour_of_the_field_set_is_refused_for_training(tmp_path: Path, monkeypatch) -> None:
    known = {RAIN: "is F"}
    monkeypatch.setattr(FieldSet, "match", lambda _, text, __: known.get(text))
    path = write(
        tmp_path / "a.jsonl",
        row(FORD, ["threat"], document="d"),
        row(RAIN, None, document="d", id="z"),
    )
    assert "z is F" in refusal(path, training=True)


def test_a_row_of_slices_is_many_sentences_without_labels(tmp_path: Path) -> None:
    slices = [[0, 17, "a" * 64], [20, 30, "b" * 64]]
    value = {"document": "d", "reference": {"path": "a.txt"}, "slices": slices}
    records = list(read_records(write(tmp_path / "a.jsonl", value), print))
    assert [(r.id, r.document, r.position, r.labels) for r in records] == [
        ("d@0", "d", 0, None),
        ("d@20", "d", 1, None),
    ]
    assert [(r.reference.start, r.reference.end) for r in records if r.reference] == [
        (0, 17),
        (20, 30),
    ]


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"slices": 3}, "a row with slices needs an array, a reference and a document"),
        ({"reference": None}, "a row with slices needs an array, a reference and a document"),
        ({"slices": [[1, 2]]}, "field slices: expected arrays of start, end and sha256"),
        ({"slices": [[5, 2, "a"]]}, "field reference: start and end must be 0 <= start < end"),
        ({"slices": [[1, 2, 3]]}, "field reference.sha256: expected text"),
        ({"document": ""}, "field document: found '', expected 1 to 200 characters"),
    ],
)
def test_bad_slices_are_refused(tmp_path: Path, change: dict[str, Any], message: str) -> None:
    value = {"document": "d", "reference": {"path": "a"}, "slices": [[0, 1, "a"]]} | change
    assert message in refusal(write(tmp_path / "a.jsonl", value))


def test_an_id_that_stands_twice_is_refused_with_both_places(tmp_path: Path) -> None:
    one = write(tmp_path / "a.jsonl", row(RAIN, []), row(FORD, [], id="x"))
    two = write(tmp_path / "b.jsonl", row(WELL, [], id="x"))
    assert refusal(one, two) == f"{two}, line 1, field id: 'x' also stands at {one}, line 2"


def test_a_duplicate_is_merged_into_the_first_and_said(tmp_path: Path) -> None:
    path = write(
        tmp_path / "a.jsonl",
        row(FORD, ["threat"], id="x"),
        row("THE FORD  is shut.", ["threat"], id="y"),
        row(FORD, ["threat"], id="x"),
        row(WELL, []),
    )
    corpus = read_corpus([path], labels=SET)
    assert sorted(found(corpus)) == [(FORD, ("threat",)), (WELL, ())]
    assert corpus.notices == (
        "2 duplicate texts merged into the first of each (x into x, y into x)",
    )


def test_a_contradiction_keeps_the_first_and_shows_all_views(tmp_path: Path) -> None:
    path = write(
        tmp_path / "a.jsonl",
        row(FORD, ["threat", "offer"], id="x"),
        row(FORD, [], id="y"),
    )
    corpus = read_corpus([path], labels=SET)
    assert found(corpus) == [(FORD, ("threat", "offer"))]
    assert corpus.notices == (
        "same text, different labels, the first is used (x: threat, offer; y: none)",
        "1 duplicate texts merged into the first of each (y into x)",
    )


def test_the_same_labels_in_another_order_are_no_contradiction(tmp_path: Path) -> None:
    path = write(
        tmp_path / "a.jsonl",
        row(FORD, ["threat", "offer"], id="x"),
        row(FORD, ["offer", "threat"], id="y"),
    )
    assert read_corpus([path], labels=SET).notices == (
        "1 duplicate texts merged into the first of each (y into x)",
    )


def test_strict_reading_refuses_duplicates(tmp_path: Path) -> None:
    path = write(tmp_path / "a.jsonl", row(FORD, [], id="x"), row(FORD, [], id="y"))
    assert refusal(path, labels=SET, strict=True) == (
        "strict reading: 1 problems; 1 duplicate texts merged into the first of each (y into x)"
    )


def test_strict_reading_refuses_contradictions(tmp_path: Path) -> None:
    path = write(tmp_path / "a.jsonl", row(FORD, ["offer"], id="x"), row(FORD, [], id="y"))
    assert refusal(path, labels=SET, strict=True).startswith(
        "strict reading: 2 problems; "
        "same text, different labels, the first is used (x: offer; y: none); "
    )


# Label sets.


def test_an_unknown_label_is_named_with_those_there_are(tmp_path: Path) -> None:
    path = write(tmp_path / "a.jsonl", row(FORD, ["offer", "thraet"]))
    assert refusal(path, labels=SET) == (
        f"{path}, line 1, field labels: unknown label 'thraet', expected threat, offer"
    )


@pytest.mark.parametrize(("labels", "count"), [([], 0), (["threat", "offer"], 2)])
def test_an_exclusive_set_takes_exactly_one_label(
    tmp_path: Path, labels: list[str], count: int
) -> None:
    path = write(tmp_path / "a.jsonl", row(WELL, ["offer"]), row(FORD, labels))
    assert refusal(path, labels=EXCLUSIVE) == (
        f"{path}, line 2, field labels: {count} labels, "
        "expected exactly one in an exclusive label set"
    )


def test_a_set_of_at_least_one_label_takes_several_and_not_none(tmp_path: Path) -> None:
    both = write(tmp_path / "a.jsonl", row(WELL, ["offer", "threat"]), row(FORD, ["offer"]))
    corpus = read_corpus([both], labels=AT_LEAST_ONE)
    assert found(corpus)[0] == (WELL, ("threat", "offer"))
    assert corpus.fingerprint != read_corpus([both], labels=SET).fingerprint
    path = write(tmp_path / "b.jsonl", row(WELL, ["offer"]), row(FORD, []))
    assert refusal(path, labels=AT_LEAST_ONE) == (
        f"{path}, line 2, field labels: 0 labels, expected at least one, as the label set says "
        '("at_least_one")'
    )


def test_labels_everywhere_are_noticed_and_not_taken_for_a_rule(tmp_path: Path) -> None:
    path = write(tmp_path / "a.jsonl", row(FORD, ["threat", "offer"]), row(WELL, ["offer"]))
    corpus = read_corpus([path])
    assert not corpus.labels.at_least_one
    [notice] = corpus.notices
    assert notice.endswith(
        'each sentence has a label: if all sentences do, say "at_least_one": true in labels.json; '
        "if not, add sentences without one"
    )


def test_an_exclusive_set_leaves_unreviewed_rows_alone(tmp_path: Path) -> None:
    path = write(tmp_path / "a.jsonl", row(WELL, ["offer"]), row(FORD, None))
    assert found(read_corpus([path], labels=EXCLUSIVE)) == [(WELL, ("offer",))]


@pytest.mark.parametrize("place", ["set/labels.json", "labels.json"])
def test_a_label_file_beside_or_above_the_data_is_used(tmp_path: Path, place: str) -> None:
    path = write(tmp_path / "set" / "a.jsonl", row(FORD, ["offer"]))
    write(tmp_path / place, {"labels": ["threat", "offer"]})
    corpus = read_corpus([path])
    assert corpus.labels.names == ("threat", "offer")
    assert corpus.notices == ()


def test_a_label_file_that_is_named_goes_before_the_one_beside(tmp_path: Path) -> None:
    path = write(tmp_path / "a.jsonl", row(FORD, ["offer"]))
    write(tmp_path / "labels.json", {"labels": ["threat"]})
    other = write(tmp_path / "other.json", {"labels": ["offer", "plea"]})
    assert read_corpus([path], label_file=other).labels.names == ("offer", "plea")


def test_without_a_label_file_labels_come_from_the_data(tmp_path: Path) -> None:
    path = write(tmp_path / "a.jsonl", row(FORD, ["threat", "offer"]), row(WELL, []))
    corpus = read_corpus([path])
    assert corpus.labels.names == ("offer", "threat")
    assert not corpus.labels.exclusive
    assert corpus.notices == ("no labels.json found: labels from the data: offer, threat",)


def test_one_label_each_is_taken_as_exclusive_and_said(tmp_path: Path) -> None:
    path = write(tmp_path / "a.jsonl", row(FORD, ["threat"]), row(WELL, ["offer"]))
    corpus = read_corpus([path])
    assert corpus.labels.exclusive
    assert corpus.notices == (
        (
            "no labels.json found: labels from the data: offer, threat; "
            "each sentence has one label, so they are taken as exclusive"
        ),
    )


def test_a_single_label_is_not_exclusive(tmp_path: Path) -> None:
    path = write(tmp_path / "a.jsonl", row(FORD, ["threat"]), row(WELL, ["threat"]))
    assert not read_corpus([path]).labels.exclusive


def test_data_without_any_label_is_refused(tmp_path: Path) -> None:
    path = write(tmp_path / "a.jsonl", row(FORD, []))
    assert refusal(path) == (
        "the data has no label at all; expected at least one labelled sentence"
    )


# References and the shipped data.


def reference(text: str, repository: str = "") -> dict[str, Any]:
    digest = hashlib.sha256(text.encode()).hexdigest()
    return {
        "path": "nowhere/at-all.txt",
        "start": 0,
        "end": 9,
        "sha256": digest,
        "repository": repository,
    }


def test_sentences_not_at_hand_are_left_out_and_counted_by_source(tmp_path: Path) -> None:
    path = write(
        tmp_path / "a.jsonl",
        row(WELL, []),
        {"labels": [], "reference": reference("one", "owner/name")},
        {"labels": [], "reference": reference("two", "owner/name")},
        {"labels": [], "reference": reference("three")},
    )
    corpus = read_corpus([path], labels=SET)
    assert found(corpus) == [(WELL, ())]
    assert [text.split(":")[0] for text in corpus.notices] == [
        "1 sentences of nowhere/at-all.txt are not at hand",
        "2 sentences of owner/name are not at hand",
    ]
    assert refusal(path, labels=SET, strict=True).startswith("strict reading: 2 problems; 1 sent")


def test_a_text_at_hand_needs_no_source(tmp_path: Path) -> None:
    path = write(tmp_path / "a.jsonl", row(WELL, [], reference=reference(WELL, "owner/name")))
    assert found(read_corpus([path], labels=SET, strict=True)) == [(WELL, ())]


def test_the_shipped_data_is_valid_and_its_seed_is_found_by_reference() -> None:
    corpus = read_corpus([path for path in shipped_paths() if path.stem == "seed"], strict=True)
    assert corpus.notices == ()
    assert {example.origin for example in corpus.examples} == {"seed"}
    assert all(example.text for example in corpus.examples)


# The fingerprint.


def several(folder: Path, rows: list[dict[str, Any]]) -> str:
    half = len(rows) // 2
    write(folder / "a.jsonl", *rows[:half])
    write(folder / "b.jsonl", *rows[half:])
    return read_corpus([folder], labels=SET).fingerprint


def test_the_fingerprint_knows_neither_files_nor_order(tmp_path: Path) -> None:
    rows = [row(f"Hill {n} fell.", [], document="a", position=n) for n in range(8)]
    before = several(tmp_path, rows)
    random.Random(7).shuffle(rows)
    assert several(tmp_path, rows) == before
    assert len(before) == 64


@pytest.mark.parametrize(
    "change",
    [
        {"text": RAIN},
        {"labels": ["threat"]},
        {"document": "b"},
        {"position": 3},
        {"origin": "seed"},
        {"theatre": "north"},
        {"id": "y"},
    ],
)
def test_the_fingerprint_tells_what_training_looks_at(
    tmp_path: Path, change: dict[str, Any]
) -> None:
    whole = row(FORD, [], id="x", document="a")
    one = read_corpus([write(tmp_path / "a.jsonl", whole)], labels=SET)
    two = read_corpus([write(tmp_path / "b.jsonl", {**whole, **change})], labels=SET)
    assert one.fingerprint != two.fingerprint


def test_the_fingerprint_tells_label_sets_apart(tmp_path: Path) -> None:
    path = write(tmp_path / "a.jsonl", row(FORD, ["threat"]))
    prints = {read_corpus([path], labels=labels).fingerprint for labels in (SET, EXCLUSIVE)}
    assert len(prints) == 2
