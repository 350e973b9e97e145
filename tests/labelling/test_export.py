"""What goes out comes in again, the same, by the readers that everything else uses."""

from __future__ import annotations

from dataclasses import replace

import pytest

from classifier import shipped
from classifier.corpus.agreement import Annotation, agreement
from classifier.corpus.files import labelled_files
from classifier.corpus.read import read_corpus, read_records
from classifier.errors import UsageError
from classifier.labelling.export import RAW, RESOLVED, export, raw_records, resolved_records
from tests.labelling.conftest import truth


@pytest.fixture
def worked(store):
    """Two annotators have read fifteen sentences; they differ about two."""
    for place, item in enumerate(store.items()[:15]):
        store.decide(item.id, "ann", labels=truth(item), base=0, how="random")
        other = ("offer",) if place in (3, 7) and "offer" not in truth(item) else truth(item)
        other = () if place == 7 else other
        store.decide(item.id, "Bob B.", labels=other, base=0)
    store.decide("Velmar-15", "ann", "flag", base=0, comment="who?")
    store.decide("Velmar-16", "ann", "skip", base=0)
    return store


def same(records):
    return [replace(r, where="") for r in sorted(records, key=lambda r: r.id)]


def test_records_come_back_as_they_went_out(worked, tmp_path):
    written = dict(export(worked, tmp_path / "out", sample=["Velmar-00"]))
    resolved = read_records(tmp_path / "out" / RESOLVED, print)
    assert same(resolved) == same(resolved_records(worked, ["Velmar-00"]))
    raw = raw_records(worked)
    files = [path for path in written if path.parent.name == RAW]
    read = [record for path in files for record in read_records(path, print)]
    assert same(read) == same([r for records in raw.values() for r in records])
    assert len(files) == 2


def test_disagreements_are_left_out_until_they_are_resolved(worked):
    before = {r.id for r in resolved_records(worked)}
    with worked.reading() as ledger:
        [first, second] = [s for s in ledger.in_dispute() if s != "Velmar-15"]
    assert not {first, second} & before
    worked.decide(first, "cem", labels=["threat"], base=0, resolution=True)
    after = {r.id: r for r in resolved_records(worked)}
    assert after.keys() == before | {first}
    assert after[first].labels == ("threat",)
    assert after[first].fields["annotator"] == "cem"
    assert after[first].extra == {"annotators": ["Bob B.", "ann"], "resolved": True}


def test_the_files_are_read_by_training_and_by_agreement(worked, tmp_path):
    export(worked, tmp_path / "out")
    corpus = read_corpus([tmp_path / "out"], strict=True, training=True)
    assert corpus.labels == worked.labels
    assert len(corpus.examples) == 13
    records = [
        r for path in labelled_files([tmp_path / "out" / RAW]) for r in read_records(path, print)
    ]
    found = agreement(
        [
            Annotation(r.id, r.document, r.fields["annotator"], r.labels)
            for r in records
            if r.labels is not None
        ],
        corpus.labels.names,
        bootstrap=0,
    )
    assert found["annotators"] == ["Bob B.", "ann"]
    assert len(found["disagreements"]) == 2


def test_what_was_not_labelled_stays_unlabelled_and_says_why(worked, tmp_path):
    export(worked, tmp_path / "out")
    rows = {r.id: r for r in read_records(tmp_path / "out" / RAW / "ann.jsonl", print)}
    assert rows["Velmar-15"].labels is None
    assert rows["Velmar-15"].extra["comment"] == "who?"
    assert rows["Velmar-16"].extra["state"] == "skip"
    assert rows["Velmar-00"].extra["selected_by"] == "random"


def test_the_shipped_data_is_not_written_into(worked):
    for place in (shipped.data(), shipped.data() / "mine"):
        with pytest.raises(UsageError, match="shipped data"):
            export(worked, place)
