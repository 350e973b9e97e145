"""Leaving values out: nothing of a value is trained on, choices come from the rest."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import orjson
import pytest

import classifier.model.leave_out as module
from classifier.errors import UsageError
from classifier.model.leave_out import MIN_SENTENCES, leave_out
from classifier.model.settings import parse_settings, settings_json
from classifier.model.studies import studied
from classifier.model.train import train
from tests.model.conftest import LEAN


@pytest.fixture(scope="module")
def found(lean, mixed):
    return leave_out(lean, mixed, "theatre")


def target_counts(mixed):
    rows = [e for e in mixed.examples if e.origin == "field"]
    return {t: sum(e.theatre == t for e in rows) for t in {e.theatre for e in rows}}


def test_every_theatre_with_enough_sentences_is_left_out_once(found, mixed):
    counts = target_counts(mixed)
    enough = {name for name, n in counts.items() if n >= MIN_SENTENCES}
    assert set(found["values"]) == enough
    assert found["too_small"] == len(counts) - len(enough)
    for name, row in found["values"].items():
        assert row["sentences"] == counts[name]
        assert row["left_out"] >= sum(e.theatre == name for e in mixed.examples)
    assert found["pooled"]["sentences"] == sum(row["sentences"] for row in found["values"].values())


def test_nothing_of_a_value_and_of_its_documents_is_trained_on(lean, mixed, monkeypatch):
    seen = []
    original = module.fit_all

    def spy(problem, tasks, tests, jobs):
        seen.append([(rows, test) for (rows, _), test in zip(tasks, tests, strict=True)])
        return original(problem, tasks, tests, jobs)

    monkeypatch.setattr(module, "fit_all", spy)
    names = sorted(leave_out(lean, mixed, "theatre")["values"])
    inner, last = seen
    groups, theatres = np.array(lean.groups), np.array([e.theatre for e in mixed.examples])
    assert len(inner) == 3 * len(names)
    assert len(last) == len(names)
    for number, name in enumerate(names):
        for rows, test in inner[3 * number : 3 * number + 3]:
            assert name not in theatres[rows]
            assert name not in theatres[test]
            assert not set(groups[rows]) & set(groups[test])
        rows, test = last[number]
        assert set(theatres[test]) == {name}
        assert not set(groups[rows]) & set(groups[theatres == name])


def test_a_document_that_shares_a_sentence_with_the_value_is_left_out_too(mixed):
    first = next(
        e for e in mixed.examples if e.theatre == "afghanistan" and len(e.text.split()) > 12
    )
    other = next(e for e in mixed.examples if e.theatre == "arctic")
    copied = replace(other, id="wire-copy", position=99, text=first.text + " Again.")
    corpus = replace(mixed, examples=(*mixed.examples, copied))
    trained = train(corpus, LEAN)
    row = leave_out(trained, corpus, "theatre")["values"]["afghanistan"]
    both = sum(e.theatre == "afghanistan" or e.document == other.document for e in corpus.examples)
    assert row["left_out"] >= both


def test_the_unseen_is_set_beside_the_seen_with_the_difference(found):
    d = found["pooled"]["difference"]["f1"]
    assert d["low"] <= d["difference"] <= d["high"]
    unseen = found["pooled"]["unseen"]["macro"]["f1"]["value"]
    seen = found["pooled"]["seen"]["macro"]["f1"]["value"]
    assert d["difference"] == pytest.approx(unseen - seen)


def test_means_go_over_the_labels_that_occur(lean, mixed):
    name = mixed.labels.names[1]
    theatre = "arctic"
    examples = tuple(
        replace(e, labels=tuple(n for n in e.labels if n != name)) if e.theatre == theatre else e
        for e in mixed.examples
    )
    corpus = replace(mixed, examples=examples)
    row = leave_out(train(corpus, LEAN), corpus, "theatre")["values"][theatre]["unseen"]
    assert name not in row["labels"]
    values = [label["f1"]["value"] for label in row["labels"].values()]
    assert row["macro"]["f1"]["value"] == pytest.approx(np.mean(values))


def test_values_that_belong_together_are_left_out_together(mixed):
    groups = {"cold": ["arctic", "balkans"]}
    settings = replace(LEAN, leave_out_groups=groups)
    found = leave_out(train(mixed, settings), mixed, "theatre")["values"]
    counts = target_counts(mixed)
    assert found["cold"]["sentences"] == counts["arctic"] + counts["balkans"]
    assert not {"arctic", "balkans"} & set(found)


def test_the_groups_come_from_the_settings_and_are_saved_only_if_given():
    settings = parse_settings({"leave_out_groups": {"cold": ["arctic"]}}, "x.toml")
    assert settings_json(settings)["leave_out_groups"] == {"cold": ["arctic"]}
    assert "leave_out_groups" not in settings_json(LEAN)


@pytest.mark.parametrize(
    "groups", [{"cold": "arctic"}, {"cold": []}, {"cold": [1]}, {"a": ["x"], "b": ["x"]}]
)
def test_bad_groups_are_refused(groups):
    with pytest.raises(UsageError, match="leave_out_groups"):
        parse_settings({"leave_out_groups": groups}, "x.toml")


def test_unknown_field_is_refused(lean, mixed):
    with pytest.raises(UsageError, match="theatre, outlet, genre, origin, author"):
        leave_out(lean, mixed, "weather")


def test_field_that_nobody_filled_in_is_said(lean, mixed):
    said = []
    found = leave_out(lean, mixed, "outlet", notice=said.append)
    assert found["values"] == {}
    assert found["without_value"] == len(lean.rows)
    assert any("outlet" in notice for notice in said)


def test_where_no_target_is_left_the_others_choose(lean, mixed):
    said = []
    found = leave_out(lean, mixed, "origin", notice=said.append)
    assert list(found["values"]) == ["field"]
    assert any("no sentence of the target is left" in notice for notice in said)
    assert 0 < found["values"]["field"]["unseen"]["macro"]["average_precision"]["value"] < 1


def test_same_bytes_with_more_processes_and_with_both_studies(lean, mixed, found, monkeypatch):
    monkeypatch.setattr("classifier.model.fits.PARALLEL_FROM", 1)
    about = studied(lean, mixed, curve=True, fields=["theatre"], jobs=2).model.about
    assert orjson.dumps(about["leave_out"]) == orjson.dumps({"theatre": found})
    assert set(about) == {*lean.model.about, "leave_out", "learning_curve"}


def test_without_studies_nothing_is_added(lean, mixed):
    assert dict(studied(lean, mixed).model.about) == dict(lean.model.about)
