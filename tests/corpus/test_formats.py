"""Labelled files of other tools: out and in again without loss, and bad rows are named."""

from __future__ import annotations

from contextlib import suppress
from dataclasses import replace
from typing import TYPE_CHECKING, Any

import orjson
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from classifier.corpus.formats import FORMATS, guess_format, read_format, write_format
from classifier.corpus.read import read_records
from classifier.corpus.records import TEXT_FIELDS, Record, Reference, parse_record
from classifier.errors import InputError, UsageError

if TYPE_CHECKING:
    from pathlib import Path

LOSSLESS = [form for form in FORMATS if form != "fasttext"]
ENDINGS = {"csv": "csv", "fasttext": "txt", "labelstudio": "json"}
NAMES = ("threat", "offer", "waffen-politik", "süß")
FORD, WELL, RAIN = "The ford is shut.", "The well is dry.", "It rained."

LETTERS = st.characters(exclude_categories=["Cs"], exclude_characters="\0")
ANY = st.text(LETTERS, max_size=12)
# Quotes, separators, line breaks and what looks like markup of one of the formats.
NASTY = st.text(st.sampled_from("a \"',;|\t\n\r\\{}[]#=-+@é–🚀\u2028\x1c\ufeff"), max_size=30)
TEXTS = st.one_of(NASTY, ANY).map(lambda t: " ".join(t.split())).filter(bool)
# fastText cannot tell a text that begins with its prefix; a byte order mark opens a file.
MARKS = ("__label__", "\ufeff")
LABELS = st.none() | st.sets(st.sampled_from(NAMES)).map(
    lambda chosen: [name for name in NAMES if name in chosen]
)
IDS = st.text(st.characters(exclude_categories=["Cs", "Cc"]), min_size=1, max_size=12).filter(
    str.strip
)
JSON = st.recursive(
    st.none() | st.booleans() | st.integers(-(2**53), 2**53) | ANY,
    lambda inner: st.lists(inner, max_size=2) | st.dictionaries(ANY, inner, max_size=2),
    max_leaves=4,
)
EXTRA = st.dictionaries(
    st.sampled_from(["score", "extra", "note", "meta", "data", "boundary", "ünï code"]), JSON
)
REFERENCES = st.builds(
    Reference,
    path=st.sampled_from(["a.csv", "b/c.zip!d.txt"]),
    start=st.integers(0, 9),
    end=st.integers(10, 99),
    sha256=st.text("0123456789abcdef", min_size=64, max_size=64),
    repository=st.sampled_from(["", "owner/name"]),
    commit=st.sampled_from(["", "c0ffee"]),
    encoding=st.sampled_from(["utf-8", "latin-1"]),
    format=st.sampled_from(["text", "csv", "json"]),
)


@st.composite
def record_lists(draw: st.DrawFn) -> list[Record]:
    found = []
    for identifier in draw(st.lists(IDS, min_size=1, max_size=4, unique=True)):
        reference = draw(st.none() | REFERENCES)
        labels = draw(LABELS)
        found.append(
            Record(
                id=identifier,
                document=draw(IDS),
                position=draw(st.integers(0, 10**9 - 1)),
                text=draw(TEXTS if reference is None else st.just("") | TEXTS),
                labels=None if labels is None else tuple(labels),
                reference=reference,
                fields={name: draw(st.just("") | ANY) for name in TEXT_FIELDS},
                extra=draw(EXTRA),
                where="",
            )
        )
    return found


def record(text: str, labels: list[str] | None, **fields: Any) -> Record:
    return parse_record({"text": text, "labels": labels, **fields}, "", "")


def quiet(_: str) -> None:
    pass


def there_and_back(folder: Path, records: list[Record], form: str) -> list[Record]:
    path = folder / f"t.{ENDINGS.get(form, 'jsonl')}"
    path.write_bytes(write_format(records, form, NAMES))
    return read_format(path, form, quiet)


def by_id(records: list[Record]) -> dict[str, Record]:
    return {r.id: replace(r, where="") for r in records}


@pytest.mark.parametrize("form", LOSSLESS)
@settings(suppress_health_check=[HealthCheck.function_scoped_fixture], max_examples=120)
@given(records=record_lists())
def test_nothing_is_lost_on_the_way(tmp_path: Path, form: str, records: list[Record]) -> None:
    assert by_id(there_and_back(tmp_path, records, form)) == by_id(records)


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.lists(st.tuples(TEXTS.filter(lambda t: not t.startswith(MARKS)), LABELS)))
def test_fasttext_keeps_text_and_labels(
    tmp_path: Path, written: list[tuple[str, list[str] | None]]
) -> None:
    records = [record(text, labels) for text, labels in written]
    found = there_and_back(tmp_path, records, "fasttext")
    assert [(r.text, r.labels) for r in found] == [
        (r.text, r.labels) for r in records if r.labels is not None
    ]


@pytest.mark.parametrize("form", LOSSLESS)
@pytest.mark.parametrize("names", [NAMES, ()])
def test_not_reviewed_and_reviewed_without_label_stay_apart(
    tmp_path: Path, form: str, names: tuple[str, ...]
) -> None:
    path = tmp_path / f"t.{ENDINGS.get(form, 'jsonl')}"
    path.write_bytes(write_format([record(FORD, None), record(WELL, [])], form, names))
    found = {r.text: r.labels for r in read_format(path, form, quiet)}
    assert found == {FORD: None, WELL: ()}


def test_an_exported_table_is_read_as_data_without_loss(tmp_path: Path) -> None:
    records = [record(FORD, ["offer"], mood="low"), record(WELL, []), record(RAIN, None)]
    path = tmp_path / "t.csv"
    path.write_bytes(write_format(records, "csv", NAMES))
    assert by_id(list(read_records(path, quiet))) == by_id(records)


def test_a_label_outside_the_set_gets_a_column_too(tmp_path: Path) -> None:
    (found,) = there_and_back(tmp_path, [record(FORD, ["surprise"])], "csv")
    assert found.labels == ("surprise",)


@pytest.mark.parametrize("name", ["text", "date", "extra", "labels"])
def test_a_label_called_like_a_column_is_refused_in_a_table(name: str) -> None:
    with pytest.raises(UsageError, match=f"'{name}' is called like a column"):
        write_format([record(FORD, [name])], "csv", [name])


def test_raw_annotations_without_text_come_back_from_jsonl(tmp_path: Path) -> None:
    raw = parse_record({"id": "a", "annotator": "ann", "labels": ["offer"]}, "", "")
    assert by_id(there_and_back(tmp_path, [raw], "jsonl")) == by_id([raw])


def test_jsonl_is_sorted_by_document_and_position() -> None:
    order = [("b", 0), ("a", 1), ("a", 0)]
    records = [record(RAIN, [], id=f"{d}{p}", document=d, position=p) for d, p in order]
    rows = map(orjson.loads, write_format(records, "jsonl", NAMES).splitlines())
    assert [row["id"] for row in rows] == ["a0", "a1", "b0"]


def test_what_fasttext_has_no_room_for_is_said() -> None:
    told: list[str] = []
    reference = {"path": "a", "start": 0, "end": 1, "sha256": "0"}
    pointer = parse_record({"labels": ["offer"], "reference": reference}, "", "")
    records = [record(FORD, None), record(WELL, ["offer"]), pointer]
    assert write_format(records, "fasttext", NAMES, told.append) == (
        b"__label__offer The well is dry.\n"
    )
    assert told == [
        "1 sentences are not reviewed: left out of fastText's format",
        "1 sentences are references without text: left out of it too",
    ]


@pytest.mark.parametrize("form", FORMATS)
@pytest.mark.parametrize("first", [["offer"], []])
def test_what_was_written_is_recognised(tmp_path: Path, form: str, first: list[str]) -> None:
    path = tmp_path / f"t.{ENDINGS.get(form, 'jsonl')}"
    path.write_bytes(write_format([record(FORD, first), record(WELL, None)], form, NAMES))
    assert guess_format(path) == form


@pytest.mark.parametrize("form", ["prodigy", "doccano", "labelstudio", "jsonl"])
def test_a_first_row_that_is_not_reviewed_hides_no_format(tmp_path: Path, form: str) -> None:
    path = tmp_path / "t.json"
    path.write_bytes(write_format([record(FORD, None)], form, NAMES))
    assert guess_format(path) == form


def test_labels_betray_fasttext_under_any_name(tmp_path: Path) -> None:
    (tmp_path / "t.train").write_text(f"__label__offer {FORD}\n")
    assert guess_format(tmp_path / "t.train") == "fasttext"


@pytest.mark.parametrize("data", [b"", b"A novel.\n", b"<xml/>"])
def test_a_file_of_no_format_is_refused(tmp_path: Path, data: bytes) -> None:
    (tmp_path / "t.dat").write_bytes(data)
    with pytest.raises(InputError, match=r"t\.dat: format not recognised; give --format jsonl"):
        guess_format(tmp_path / "t.dat")


def test_a_broken_first_line_is_named(tmp_path: Path) -> None:
    (tmp_path / "t.jsonl").write_text("{\n}")
    with pytest.raises(InputError, match=r"t\.jsonl, line 1: not JSON"):
        guess_format(tmp_path / "t.jsonl")


def test_an_unknown_format_is_wrong_usage(tmp_path: Path) -> None:
    for call in (
        lambda: write_format([], "brat", NAMES),
        lambda: read_format(tmp_path, "brat", quiet),
    ):
        with pytest.raises(UsageError, match=r"'brat': expected one of jsonl, csv"):
            call()


def read_text(folder: Path, form: str, text: str) -> list[Record]:
    path = folder / "t.any"
    path.write_text(text)
    return read_format(path, form, quiet)


def test_answers_of_prodigy(tmp_path: Path) -> None:
    rows = [
        {"text": FORD, "accept": ["offer"], "answer": "accept"},
        {"text": WELL, "accept": [], "answer": "accept", "meta": None},
        {"text": RAIN, "answer": "ignore", "meta": {"document": "d", "labels": ["x"]}},
        {"text": "Hail.", "accept": ["offer"], "answer": "reject", "_annotator_id": "d-ann"},
    ]
    found = read_text(tmp_path, "prodigy", "\n".join(orjson.dumps(r).decode() for r in rows))
    assert [r.labels for r in found] == [("offer",), (), None, None]
    assert found[2].document == "d"
    assert [r.fields["annotator"] for r in found] == ["", "", "", "d-ann"]


def test_rows_of_doccano_in_either_spelling(tmp_path: Path) -> None:
    rows = [
        {"id": 7, "data": FORD, "label": ["offer"]},
        {"id": 8, "text": WELL, "labels": "threat"},
        {"id": 9, "text": RAIN},
    ]
    found = read_text(tmp_path, "doccano", "\n".join(orjson.dumps(r).decode() for r in rows))
    assert [(r.id, r.text, r.labels) for r in found] == [
        ("7", FORD, ("offer",)),
        ("8", WELL, ("threat",)),
        ("9", RAIN, None),
    ]


def test_tasks_of_label_studio(tmp_path: Path) -> None:
    def choices(*names: str) -> dict[str, Any]:
        return {"type": "choices", "value": {"choices": names}}

    tasks = [
        {"id": 5, "data": {"text": FORD}, "annotations": [{"result": [choices("offer")]}]},
        {
            "data": {"text": WELL},
            "annotations": [{"was_cancelled": True, "result": [choices("offer")]}],
        },
        {
            "data": {"text": RAIN},
            "completions": [{"result": [choices("offer"), {"type": "rating"}, choices("threat")]}],
        },
        {"data": {"text": "Hail."}, "annotations": [{"result": None}]},
    ]
    found = read_text(tmp_path, "labelstudio", orjson.dumps(tasks).decode())
    assert [r.labels for r in found] == [("offer",), None, ("offer", "threat"), ()]
    assert found[0].id == "5"


OWN_HEAD = ",".join(["id,document,position,text,a", *TEXT_FIELDS, "extra"])


@pytest.mark.parametrize(
    ("form", "text", "message"),
    [
        ("jsonl", f'{{"text": "{FORD}"}}\n{{', ", line 2: not JSON: "),
        ("jsonl", "3", ", line 1: expected an object, found the number 3"),
        ("jsonl", '{"labels": []}', ", line 1, field text: found nothing, expected text"),
        ("prodigy", "[]", ", line 1: expected an object"),
        (
            "prodigy",
            '{"text": "A.", "label": "x", "answer": "accept"}',
            ", line 1: no field accept",
        ),
        ("prodigy", '{"text": "A.", "accept": []}', ", line 1, field answer: found None"),
        (
            "prodigy",
            '{"text": "A.", "accept": "x", "answer": "accept"}',
            ", line 1, field labels: found text, expected an array",
        ),
        (
            "prodigy",
            '\n{"text": "A.", "accept": [], "answer": "accept", "meta": 3}',
            ", line 2, field meta: expected an object",
        ),
        ("doccano", '{"data": 3}', ", line 1, field text: found the number 3"),
        ("doccano", '{"text": "A.", "label": [3]}', ", line 1, field labels: 3 is no name"),
        ("doccano", '{"text": "A.", "label": [[0, 2, "x"]]}', ", line 1, field labels: [0, 2"),
        ("labelstudio", "{}", ": expected an array of tasks"),
        ("labelstudio", "[", ": not JSON: "),
        ("labelstudio", "[3]", ", task 1: expected an object"),
        ("labelstudio", "[{}]", ", task 1, field data: expected an object"),
        ("labelstudio", '[{"data": {}}]', ", task 1, field text: found nothing"),
        (
            "labelstudio",
            '[{"data": {"text": "A."}, "annotations": 3}]',
            ", task 1, field annotations: expected an array",
        ),
        (
            "labelstudio",
            '[{"data": {"text": "A."}, "annotations": [{}, {}]}]',
            ", task 1: 2 annotations, expected one",
        ),
        (
            "labelstudio",
            '[{"data": {"text": "A."}, "annotations": [{"result": 3}]}]',
            ", task 1, field result: expected an array",
        ),
        (
            "labelstudio",
            '[{"data": {"text":"A"}, "annotations":[{"result": [{"type":"choices", "value":3}]}]}]',
            ", task 1: expected an object",
        ),
        ("fasttext", "__label__x\n", ", line 1, field text: empty, expected a sentence"),
        ("fasttext", f"{FORD}\n__label__a[b {WELL}", ", line 2, field labels: 'a[b' is no name"),
        ("csv", f"{OWN_HEAD}\ni,d,0,A.,maybe,,,,,,,,,\n", ", row 2, column a: found 'maybe'"),
        (
            "csv",
            f"{OWN_HEAD}\ni,d,0,A.,1,,,,,,,,,{{\n",
            ", row 2, column extra: expected a JSON obj",
        ),
        (
            "csv",
            f"{OWN_HEAD}\ni,d,0,A.,1,,,,,,,,,[]\n",
            ", row 2, column extra: expected a JSON obj",
        ),
        ("csv", f"{OWN_HEAD}\ni,d,0,,1,,,,,,,,,\n", ", row 2, field text: empty"),
    ],
)
def test_a_bad_row_is_named(tmp_path: Path, form: str, text: str, message: str) -> None:
    with pytest.raises(InputError) as caught:
        read_text(tmp_path, form, text)
    assert str(caught.value).startswith(f"{tmp_path / 't.any'}{message}")


KEYS = st.sampled_from(
    ["text", "data", "label", "labels", "accept", "answer", "meta", "annotations", "result",
     "type", "value", "choices", "id", "document", "position", "reference"]
)  # fmt: skip
ROWS = st.recursive(
    st.none() | st.integers() | st.sampled_from(["A.", "", "accept", "ignore", "choices", "x"]),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(KEYS, inner, max_size=5),
    max_leaves=12,
)


@pytest.mark.parametrize("form", ["jsonl", "prodigy", "doccano", "labelstudio"])
@settings(suppress_health_check=[HealthCheck.function_scoped_fixture], max_examples=200)
@given(value=ROWS)
def test_no_row_does_worse_than_an_input_error(tmp_path: Path, form: str, value: Any) -> None:
    path = tmp_path / "t.jsonl"
    try:
        path.write_bytes(orjson.dumps([value] if form == "labelstudio" else value))
    except TypeError:  # an integer too large for JSON
        return
    with suppress(InputError):
        assert all(isinstance(r, Record) for r in read_format(path, form, quiet))
