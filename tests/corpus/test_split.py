"""Parts share neither a document nor a near-duplicate, and every part sees every label."""

from __future__ import annotations

import hashlib
from collections import Counter
from typing import TYPE_CHECKING

import numpy as np
import orjson
import pytest
from hypothesis import given
from hypothesis import strategies as st

from classifier.corpus.labels import load_label_set
from classifier.corpus.read import Corpus, read_corpus
from classifier.corpus.shingles import near_duplicates
from classifier.corpus.split import split, write_split
from classifier.errors import UsageError
from classifier.schema import Example, Label, LabelSet

if TYPE_CHECKING:
    from pathlib import Path

SET = LabelSet((Label("common"), Label("rare")))
SHARES = (80.0, 10.0, 10.0)


def sentence(rng: np.random.Generator) -> str:
    return " ".join(f"w{i}" for i in rng.integers(0, 5000, 10))


@pytest.fixture(scope="module")
def examples() -> list[Example]:
    """150 documents of 1 to 9 sentences; every tenth repeats a sentence of the one before."""
    rng = np.random.default_rng(3)
    found: list[Example] = []
    for document in range(150):
        for position in range(int(rng.integers(1, 10))):
            text = sentence(rng)
            if document % 10 == 9 and position == 0:
                text = f"{found[-1].text} again"
            labels = ("common",) if rng.random() < 0.4 else ()
            labels += ("rare",) if document % 6 == 0 and position == 0 else ()
            name = f"d{document:03}"
            found.append(Example(f"{name}-{position}", name, position, text, labels))
    return found


@pytest.fixture(scope="module")
def parts(examples: list[Example]) -> list[list[Example]]:
    return split(examples, SET, SHARES, 0)


def test_every_sentence_is_in_exactly_one_part(examples, parts) -> None:
    assert sorted(e.id for part in parts for e in part) == sorted(e.id for e in examples)
    for part in parts:
        assert part == [e for e in examples if e in part]


def test_no_document_is_in_two_parts(parts) -> None:
    documents = [{e.document for e in part} for part in parts]
    assert sum(map(len, documents)) == len(set.union(*documents)) == 150


def test_no_near_duplicate_is_in_two_parts(examples, parts) -> None:
    where = {e.id: number for number, part in enumerate(parts) for e in part}
    pairs = list(near_duplicates([e.text for e in examples]))
    assert len(pairs) == 15
    assert all(where[examples[a].id] == where[examples[b].id] for a, b, _ in pairs)


@pytest.mark.parametrize(
    ("kind", "off"), [(None, 0.03), ("common", 0.05), ("rare", 0.15), ("", 0.05)]
)
def test_shares_are_kept_for_sentences_and_for_each_label(examples, parts, kind, off) -> None:
    def count(rows: list[Example]) -> int:
        return sum(kind is None or (kind in e.labels if kind else not e.labels) for e in rows)

    for part, share in zip(parts, SHARES, strict=True):
        assert count(part) > 0
        assert count(part) / count(examples) == pytest.approx(share / 100, abs=off)


def test_origins_are_spread_although_their_documents_are_unlike() -> None:
    rng = np.random.default_rng(5)
    found = []
    for document in range(400):
        composed = document < 60  # long documents, full of labels
        for position in range(12 if composed else 1):
            labels = ("common", "rare") if rng.random() < (0.5 if composed else 0.1) else ()
            name = f"d{document:03}"
            found.append(
                Example(
                    *(f"{name}-{position}", name, position, sentence(rng), labels),
                    origin="composed" if composed else "real",
                )
            )
    whole = Counter(e.origin for e in found)
    rare = sum("rare" in e.labels for e in found)
    for part, share in zip(split(found, SET, SHARES, 0), (0.8, 0.1, 0.1), strict=True):
        for origin, count in Counter(e.origin for e in part).items():
            assert count / whole[origin] == pytest.approx(share, abs=0.03)
        assert sum("rare" in e.labels for e in part) / rare == pytest.approx(share, abs=0.03)


@pytest.mark.parametrize("seed", range(3))
def test_a_rare_label_comes_into_every_part_that_there_is_room_for(seed: int) -> None:
    rng = np.random.default_rng(seed)
    found = [
        Example(f"{d}-{i}", f"d{d}", i, sentence(rng), ("rare",) if d < 8 and i == 0 else ())
        for d in range(100)
        for i in range(3)
    ]
    parts = split(found, SET, SHARES, seed)
    assert [sum("rare" in e.labels for e in part) for part in parts] == [6, 1, 1]
    assert [len(part) for part in parts] == [240, 30, 30]


def test_the_same_seed_gives_the_same_parts_and_another_one_others(examples, parts) -> None:
    assert split(examples, SET, SHARES, 0) == parts
    assert split(examples, SET, SHARES, 1) != parts


def test_shares_need_not_sum_to_one(examples, parts) -> None:
    assert split(examples, SET, (8, 1, 1), 0) == parts


@given(st.lists(st.sampled_from(["", "rare"]), min_size=3, max_size=9), st.integers(0, 9))
def test_no_part_is_empty_while_there_are_documents_enough(labels: list[str], seed: int) -> None:
    rows = [Example(str(i), str(i), 0, f"w{i}", tuple(n.split())) for i, n in enumerate(labels)]
    assert all(split(rows, SET, SHARES, seed))


@pytest.mark.parametrize(
    "shares", [(), (1,), (1, 0), (2, -1), (1, -1, 3), (np.nan, 1), (np.inf, 1)]
)
def test_shares_that_are_none_are_wrong_usage(examples, shares) -> None:
    with pytest.raises(UsageError, match="two or more positive shares"):
        split(examples, SET, shares, 0)


def test_too_few_documents_are_wrong_usage(examples) -> None:
    text = " ".join("abcdefghij")
    one = [Example("1", "a", 0, text, ()), Example("2", "b", 0, text + " k", ())]
    with pytest.raises(UsageError, match="1 independent documents, too few for 2 parts"):
        split(one, SET, (1, 1), 0)


# Written files


def small(folder: Path) -> tuple[Corpus, Path]:
    """Nine documents, one of them a reference into a file of the project."""
    rows = [
        {"id": f"s{i}", "document": f"d{i}", "text": f"Word{i} fell.", "labels": ["rare"] * (i % 2),
         "mood": i}
        for i in range(8)
    ]  # fmt: skip
    path = folder / "data" / "a.jsonl"
    path.parent.mkdir()
    (folder / "source.txt").write_text("It rained all day.")
    rows.append(
        {
            "id": "s8",
            "document": "d8",
            "labels": ["common"],
            "reference": {
                "path": "source.txt",
                "start": 0,
                "end": 18,
                "sha256": hashlib.sha256(b"It rained all day.").hexdigest(),
            },
        }
    )
    path.write_bytes(b"".join(orjson.dumps(row) + b"\n" for row in rows))
    return read_corpus([path], labels=SET, strict=True), path


@pytest.fixture
def written(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> tuple[Corpus, Path, Path]:
    monkeypatch.setattr("classifier.shipped.root", lambda: tmp_path)
    corpus, path = small(tmp_path)
    return corpus, path, tmp_path / "parts"


def test_parts_are_written_with_their_label_set(written) -> None:
    corpus, path, output = written
    told = write_split(corpus, [path], output, SHARES, 0)
    assert [place.name for place, _ in told] == ["train.jsonl", "dev.jsonl", "test.jsonl"]
    assert load_label_set(output / "labels.json") == corpus.labels
    assert [count for _, count in told] == [
        len(place.read_bytes().splitlines()) for place, _ in told
    ]
    assert read_corpus([output], strict=True).fingerprint == corpus.fingerprint


def test_parts_have_the_labels_where_a_list_without_labels_was_read_too(written) -> None:
    corpus, path, output = written
    todo = path.with_name("todo.jsonl")
    rows = [{"id": f"s{i}", "document": f"d{i}", "text": f"Word{i} fell."} for i in range(8)]
    todo.write_bytes(b"".join(orjson.dumps(row) + b"\n" for row in rows))
    write_split(read_corpus([path, todo], labels=SET), [path, todo], output, SHARES, 0)
    assert read_corpus([output], strict=True).fingerprint == corpus.fingerprint


def test_two_shares_are_training_and_test(written) -> None:
    corpus, path, output = written
    told = write_split(corpus, [path], output, (2, 1), 0)
    assert Counter(place.name for place, _ in told) == {"train.jsonl": 1, "test.jsonl": 1}


def test_references_stay_references_and_extra_fields_stay(written) -> None:
    corpus, path, output = written
    write_split(corpus, [path], output, (2, 1), 0)
    before = [orjson.loads(line) for line in path.read_bytes().splitlines()]
    after = {
        row["id"]: row
        for name in ("train", "test")
        for row in map(orjson.loads, (output / f"{name}.jsonl").read_bytes().splitlines())
    }
    assert "text" not in after["s8"]
    assert after["s8"]["reference"].items() >= before[8]["reference"].items()
    assert [after[f"s{i}"]["mood"] for i in range(8)] == list(range(8))


def test_a_folder_with_something_in_it_is_left_alone(written) -> None:
    corpus, path, output = written
    for place in (path.parent, path):
        with pytest.raises(UsageError, match="is not empty, expected a new folder"):
            write_split(corpus, [path], place, (2, 1), 0)
    assert [p.name for p in path.parent.iterdir()] == ["a.jsonl"]
    with pytest.raises(UsageError, match="4 parts, expected two"):
        write_split(corpus, [path], output, (1, 1, 1, 1), 0)
