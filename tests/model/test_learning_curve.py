"""The learning curve: grouped, nested subsets, the same whatever the number of processes."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import orjson
import pytest

import classifier.model.learning_curve as module
from classifier.model.learning_curve import learning_curve
from classifier.model.train import train
from classifier.schema import Neighbour
from tests.conftest import QUICK
from tests.model.conftest import LEAN


@pytest.fixture(scope="module")
def curve(lean, mixed):
    return learning_curve(lean, mixed)


def test_points_grow_in_documents_of_the_target_alone(curve, mixed):
    field = {e.document for e in mixed.examples if e.origin == "field"}
    found = [point["documents"] for point in curve["points"]]
    assert found == sorted(found)
    assert [point["share"] for point in curve["points"]] == [1 / 8, 1 / 4, 1 / 2, 1]
    assert found[-1] == pytest.approx(len(field) * 2 / 3, abs=1)
    assert found[0] == pytest.approx(found[-1] / 8, abs=1)
    assert curve["others"] == sum(e.origin != "field" for e in mixed.examples)


def test_more_documents_are_better(curve):
    for metric in ("f1", "average_precision"):
        values = [point["macro"][metric]["value"] for point in curve["points"]]
        assert values[-1] > values[0]
    assert set(curve["points"][0]["labels"]) == set(curve["points"][-1]["labels"])


def test_every_figure_has_an_interval_around_it(curve):
    for point in curve["points"]:
        low, high = (point["macro"]["average_precision"][end] for end in ("low", "high"))
        assert 0 <= low < high <= 1


def test_same_curve_with_more_processes_and_again(curve, lean, mixed, monkeypatch):
    monkeypatch.setattr("classifier.model.fits.PARALLEL_FROM", 1)
    again = learning_curve(lean, mixed, jobs=2)
    assert orjson.dumps(again) == orjson.dumps(curve)


def test_no_document_is_in_training_and_test_and_subsets_lie_in_each_other(
    lean, mixed, monkeypatch
):
    seen = []
    original = module.fit_all

    def spy(problem, tasks, tests, jobs):
        seen.extend((rows, test) for (rows, _), test in zip(tasks, tests, strict=True))
        return original(problem, tasks, tests, jobs)

    monkeypatch.setattr(module, "fit_all", spy)
    learning_curve(lean, mixed, shares=(0.5, 1.0))
    assert len(seen) == 6
    groups = np.array(lean.groups)
    for rows, test in seen:
        assert not set(groups[rows]) & set(groups[test])
    for (small, _), (large, _) in zip(seen[:3], seen[3:], strict=True):
        assert set(small) < set(large)


def test_progress_counts_every_fit(lean, mixed):
    told = []
    learning_curve(lean, mixed, shares=(1.0,), progress=lambda *args: told.append(args))
    assert told == [(1, 3), (2, 3), (3, 3)]


def test_exclusive_labels_have_a_curve_too(exclusive_corpus):
    trained = train(exclusive_corpus, QUICK)
    [point] = learning_curve(trained, exclusive_corpus, shares=(1.0,))["points"]
    assert point["macro"]["f1"]["value"] > 0.4
    nested = trained.model.about["figures"]["macro"]["f1"]["value"]
    assert point["macro"]["f1"]["value"] == pytest.approx(nested, abs=0.15)


def test_target_that_fills_one_fold_alone_has_a_curve(mixed):
    from dataclasses import replace

    document = max(
        {e.document for e in mixed.examples},
        key=lambda name: len({n for e in mixed.examples if e.document == name for n in e.labels}),
    )
    examples = tuple(
        replace(e, origin="field" if e.document == document else "composed") for e in mixed.examples
    )
    corpus = replace(mixed, examples=examples)
    trained = train(corpus, LEAN)
    points = learning_curve(trained, corpus)["points"]
    assert all(0 <= point["macro"]["f1"]["value"] <= 1 for point in points)


def test_neighbours_come_and_go_with_their_document(mixed, monkeypatch):
    around = tuple(
        Neighbour(f"n-{d}", d, 999, f"Neighbours of {d} say nothing new.")
        for d in sorted({e.document for e in mixed.examples if e.origin == "field"})
    )
    corpus = replace(mixed, neighbours=around)
    trained = train(corpus, replace(LEAN, context=True))
    tasks_seen = []
    original = module.fit_all

    def spy(problem, tasks, tests, jobs):
        tasks_seen.extend(rows for rows, _ in tasks)
        return original(problem, tasks, tests, jobs)

    monkeypatch.setattr(module, "fit_all", spy)
    learning_curve(trained, corpus, shares=(1 / 8,))
    like = trained.problem.like
    for rows in tasks_seen:
        kept = set(rows.tolist())
        neighbours = [row for row in kept if like[row] != row]
        assert neighbours
        documents = {corpus.examples[row].document for row in kept if like[row] == row}
        assert {corpus.examples[like[row]].document for row in neighbours} <= documents
