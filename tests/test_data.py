"""The project's own data is as large, as varied and as clean as it is said to be."""

from __future__ import annotations

from collections import Counter
from typing import TYPE_CHECKING, Any

import orjson
import pytest

from classifier import shipped
from classifier.corpus.field import refuse_field_sentences
from classifier.corpus.files import shipped_paths
from classifier.corpus.formats import write_jsonl
from classifier.corpus.labels import load_label_set
from classifier.corpus.read import read_corpus, read_records
from classifier.corpus.stats import Repetition, repetition

if TYPE_CHECKING:
    from classifier.corpus.records import Record

DATA = shipped.data()
COMPOSED = sorted((DATA / "composed").glob("*.jsonl"))
Rows = list[dict[str, Any]]


def rows_of(*paths: Any) -> Rows:
    return [orjson.loads(line) for path in paths for line in path.read_bytes().splitlines()]


def records_of(path: Any) -> list[Record]:
    return list(read_records(path, lambda _: None))


@pytest.fixture(scope="module")
def composed() -> Rows:
    return rows_of(*COMPOSED)


@pytest.fixture(scope="module")
def references() -> list[Record]:
    return records_of(DATA / "references.jsonl")


@pytest.fixture(scope="module")
def repeated(composed: Rows) -> Repetition:
    return repetition([row["text"] for row in composed])


def test_there_are_enough_composed_sentences_of_enough_documents(composed: Rows) -> None:
    assert len(composed) >= 10_000
    assert len({row["document"] for row in composed}) >= 750


@pytest.mark.parametrize(
    ("label", "least"),
    [
        ("red_line_warning", 1_200),
        ("weapons_policy", 1_100),
        ("diplomatic_signal", 1_500),
        ("battlefield_claim", 1_400),
    ],
)
def test_every_label_stands_on_enough_composed_sentences(
    composed: Rows, label: str, least: int
) -> None:
    assert sum(label in row["labels"] for row in composed) >= least


def test_two_in_five_composed_sentences_carry_no_label(composed: Rows) -> None:
    assert sum(not row["labels"] for row in composed) >= 0.4 * len(composed)


def test_there_are_enough_hard_negatives_off_the_topic(composed: Rows) -> None:
    negatives = [r for r in composed if r["theatre"] == "off-topic" and not r["labels"]]
    assert len(negatives) >= 1_000


def test_composed_sentences_do_not_repeat_each_other(repeated: Repetition) -> None:
    assert repeated.near_duplicates == 0
    assert repeated.opening_count <= 15
    assert repeated.word_forms > 15_000
    assert repeated.distinct_4grams > 0.95


def test_every_year_from_2014_to_2026_is_written_about(composed: Rows) -> None:
    assert {row["date"][:4] for row in composed} == {str(year) for year in range(2014, 2027)}


@pytest.mark.parametrize("side", "+-")
@pytest.mark.parametrize("boundary", range(1, 15))
def test_every_hard_boundary_is_shown_from_either_side(
    composed: Rows, boundary: int, side: str
) -> None:
    assert sum(row.get("boundary") == f"{boundary}{side}" for row in composed) >= 40


def test_every_boundary_is_one_of_the_codebook(composed: Rows) -> None:
    known = {f"{number}{side}" for number in range(1, 15) for side in "+-"}
    assert {row["boundary"] for row in composed if "boundary" in row} <= known


def test_every_composed_sentence_has_author_and_annotator(composed: Rows) -> None:
    for row in composed:
        assert row.get("author"), row["id"]
        assert row.get("annotator"), row["id"]
        assert row["origin"] == "composed", row["id"]


def test_every_id_stands_once(composed: Rows, references: list[Record]) -> None:
    ids = [row["id"] for row in composed] + [r.id for r in references]
    ids += [row["id"] for row in rows_of(DATA / "seed.jsonl", DATA / "field.references.jsonl")]
    assert [name for name, count in Counter(ids).items() if count > 1] == []


def test_every_document_stays_in_one_file_and_one_theatre(composed: Rows) -> None:
    files: dict[str, set[str]] = {}
    for path in COMPOSED:
        for row in rows_of(path):
            files.setdefault(row["document"], set()).update([path.name, row["theatre"]])
    assert [name for name, found in files.items() if len(found) != 2] == []


@pytest.mark.parametrize("path", [*shipped_paths()], ids=lambda path: path.stem)
def test_files_are_sorted_by_document_and_position(path: Any) -> None:
    keys = [(row["document"], row["position"], row["id"]) for row in rows_of(path)]
    assert keys == sorted(keys)


@pytest.mark.parametrize("path", COMPOSED, ids=lambda path: path.stem)
def test_composed_files_hold_what_our_own_format_writes(path: Any) -> None:
    again = [orjson.loads(line) for line in write_jsonl(records_of(path)).splitlines()]
    assert again == rows_of(path)


def test_neighbours_are_slices_beside_the_labelled_ones(references: list[Record]) -> None:
    for name, labelled in (
        ("neighbours.references.jsonl", references),
        ("field.neighbours.references.jsonl", records_of(DATA / "field.references.jsonl")),
    ):
        taken: dict[str, list[tuple[str, int, int]]] = {}
        for record in labelled:
            assert record.reference is not None
            place = (record.reference.path, record.reference.start, record.reference.end)
            taken.setdefault(record.document, []).append(place)
        neighbours = records_of(DATA / name)
        assert neighbours
        for one in neighbours:
            assert one.labels is None
            assert one.reference is not None, one.id
            assert len(bytes.fromhex(one.reference.sha256)) == 32, one.id
            for path, start, end in taken[one.document]:
                apart = one.reference.end <= start or end <= one.reference.start
                assert apart or path != one.reference.path, one.id


def test_no_neighbour_is_of_the_field_set() -> None:
    neighbours, field = (
        {r.reference.sha256 for r in records_of(DATA / name) if r.reference}
        for name in ("neighbours.references.jsonl", "field.references.jsonl")
    )
    assert not neighbours & field


def test_no_neighbour_of_the_field_set_is_trained_on(references: list[Record]) -> None:
    """An article may be there twice: what a model learnt of one would help to read the other."""
    labelled = [record.reference for record in references if record.reference]
    slices: dict[tuple[str, str], list[tuple[int, int]]] = {}
    for one in labelled:
        slices.setdefault((one.repository, one.path), []).append((one.start, one.end))
    known = {one.sha256 for one in labelled}
    for record in records_of(DATA / "field.neighbours.references.jsonl"):
        assert record.reference is not None
        assert record.reference.sha256 not in known, record.id
        begin, stop = record.reference.start, record.reference.end
        for start, end in slices.get((record.reference.repository, record.reference.path), ()):
            assert stop <= start or end <= begin, record.id


def test_composed_files_read_strictly() -> None:
    corpus = read_corpus(COMPOSED, strict=True, training=True)
    assert corpus.notices == ()


def test_references_are_many_and_whole(references: list[Record]) -> None:
    names = load_label_set(DATA / "labels.json").names
    assert len(references) >= 9_711
    for r in references:
        assert r.reference is not None, r.id
        assert r.text == "", r.id
        assert r.labels is not None, r.id
        assert set(r.labels) <= set(names), r.id
        assert r.fields["annotator"], r.id
        assert r.fields["origin"], r.id
        assert r.reference.repository.count("/") == 1, r.id
        assert len(bytes.fromhex(r.reference.commit)) == 20, r.id
        assert len(bytes.fromhex(r.reference.sha256)) == 32, r.id


def test_no_reference_points_twice_to_the_same_slice(references: list[Record]) -> None:
    slices = Counter(
        (r.reference.repository, r.reference.commit, r.reference.path, r.reference.start)
        for r in references
        if r.reference
    )
    assert [place for place, count in slices.items() if count > 1] == []


def test_no_sentence_for_training_is_of_the_field_set(
    composed: Rows, references: list[Record]
) -> None:
    refuse_field_sentences((row["id"], row["text"], None) for row in composed)
    # Of the references only the slices and checksums are at hand.
    refuse_field_sentences((r.id, "", r.reference) for r in references)
    checksums = {row["reference"]["sha256"] for row in rows_of(DATA / "field.references.jsonl")}
    assert not {r.reference.sha256 for r in references if r.reference} & checksums


@pytest.mark.parametrize(
    "path", sorted((DATA / "annotations").glob("*.jsonl")), ids=lambda p: p.stem
)
def test_raw_annotations_are_of_known_sentences(
    path: Any, composed: Rows, references: list[Record]
) -> None:
    documents = {row["id"]: row["document"] for row in composed}
    documents |= {r.id: r.document for r in references}
    names = load_label_set(DATA / "labels.json").names
    rows = rows_of(path)
    assert rows
    assert len({(row["id"], row["annotator"]) for row in rows}) == len(rows)
    for row in rows:
        assert documents.get(row["id"]) == row["document"], row["id"]
        assert set(row["labels"]) <= set(names), row["id"]
        assert row["annotator"], row["id"]
