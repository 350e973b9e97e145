"""A retraining goes on without the page, compares honestly, and can be stopped and brought back."""

from __future__ import annotations

import json
import os
import time

import orjson
import pytest

from classifier.corpus.read import read_records
from classifier.errors import UsageError
from classifier.labelling import retrain
from classifier.labelling.retrain import Retraining, read_log, read_state
from classifier.scoring import load
from classifier.scoring.catalogue import find_model, model_in_use, use_model
from tests.labelling.conftest import TOWNS, make_items, truth


@pytest.fixture
def place(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    return tmp_path


@pytest.fixture
def config(place):
    path = place / "quick.toml"
    path.write_text("bootstrap = 20\nC = [1.0]\nfolds = 3\n")
    return path


def label_all(store, towns=TOWNS):
    for item in store.items():
        if item.document.removesuffix(".txt") in towns:
            store.decide(item.id, "ann", labels=truth(item), base=0)


def wait(retraining, until=lambda state: not state.running, seconds=60):
    end = time.monotonic() + seconds
    while time.monotonic() < end:
        state = retraining.latest()
        if until(state):
            return state
        time.sleep(0.1)
    raise AssertionError(retraining.latest())


def train_old(place, config):
    """A poor model of two towns, taken into use."""
    from classifier.model.artefact import save_model
    from classifier.model.settings import load_settings
    from classifier.model.train import train
    from tests.labelling.conftest import corpus_of

    trained = train(corpus_of(make_items(("Anger", "Brunn", "Cosel"))), load_settings(config))
    save_model(trained.model, place / "models" / "old")
    use_model("old")


def test_old_and_new_are_compared_on_documents_that_neither_has_seen(place, config, store):
    train_old(place, config)
    label_all(store)
    jobs = Retraining(store, place / "jobs", config=config)
    folder = jobs.start()
    with pytest.raises(UsageError, match="running already"):
        jobs.start()
    state = wait(jobs)
    jobs.wait()
    assert state.stage == "done", read_log(folder)
    compared = list(read_records(folder / "compare" / "held-out.jsonl", print))
    trained_on = list(read_records(folder / "train" / "labelled.jsonl", print))
    held = {r.document for r in compared}
    assert len(held) == 2
    assert {r.document for r in trained_on} == {f"{town}.txt" for town in TOWNS} - held
    assert state.comparison["sentences"] == len(compared)
    difference = state.comparison["against"]["differences"]["macro"]["f1"]
    assert difference["low"] <= difference["difference"] <= difference["high"]
    assert difference["new"] > 0.8
    # Nothing is taken into use by itself, and both can be.
    assert model_in_use() == "old"
    use_model(state.model)
    assert load().model.name == "labelled-1"
    use_model("old")
    assert load().model.name == "old"
    use_model("default")
    assert find_model(None) == find_model("default")
    assert not (place / "models" / "in-use").exists()


def test_new_labels_join_the_data_that_is_there(place, config, store):
    from classifier.labelling.worker import Worker
    from tests.conftest import write_corpus
    from tests.labelling.conftest import corpus_of

    base = write_corpus(corpus_of(make_items(("Anger", "Brunn", "Cosel"))), place / "base")
    rows = [
        {"id": f"{document}-x", "document": document, "text": f"It rained on {document}."}
        for document in ("Anger.txt", "Brunn.txt", "elsewhere")
    ]
    (base / "around.jsonl").write_bytes(b"".join(orjson.dumps(row) + b"\n" for row in rows))
    held_out = write_corpus(corpus_of(make_items(("Brunn", "Cosel"))), place / "held-out")
    label_all(store)
    jobs = Retraining(store, place / "jobs", base=[base], config=config, held_out=[held_out])
    job = place / "jobs" / "0001"
    jobs.write_job(job)
    train, compare = Worker(job).prepare()
    compared = {i.id for i in make_items(("Brunn", "Cosel"))}
    assert {r.id for r in read_records(compare / "held-out.jsonl", print)} == compared
    joined = {r.document for r in read_records(train / "base.jsonl", print)}
    assert joined == {"Anger.txt"}  # and nothing of what is compared on
    around = list(read_records(train / "neighbours.jsonl", print))
    assert [(r.document, r.labels) for r in around] == [("Anger.txt", None)]
    assert len(list(read_records(train / "labelled.jsonl", print))) > 130
    assert (train / "labels.json").read_bytes() == (compare / "labels.json").read_bytes()


def test_settings_for_sentences_that_are_not_at_hand_are_made_to_fit(place, store):
    from classifier.labelling.worker import Worker
    from classifier.model.settings import load_settings

    label_all(store)
    path = place / "given.toml"
    path.write_text('C = [1.0]\ntarget = ["real"]\n')
    job = place / "jobs" / "0001"
    Retraining(store, place / "jobs", config=path).write_job(job)
    worker = Worker(job)
    train, _ = worker.prepare()
    made = load_settings(worker.config(train))
    assert (made.target, made.C) == ((), (1.0,))
    rows = [orjson.loads(line) for line in (train / "labelled.jsonl").read_bytes().splitlines()]
    lines = [orjson.dumps(row | {"origin": "real"}) for row in rows]
    (train / "labelled.jsonl").write_bytes(b"\n".join(lines))
    assert load_settings(worker.config(train)) == load_settings(path)


def test_a_job_is_cancelled_and_leaves_no_half_model(place, store):
    label_all(store)
    slow = place / "slow.toml"
    slow.write_text("bootstrap = 100000\n")
    jobs = Retraining(store, place / "jobs", config=slow)
    jobs.start()
    wait(jobs, lambda state: state.stage == "training" and state.total)
    # Another page, or another server, sees the same and may end it.
    other = Retraining(store, place / "jobs")
    assert other.latest().running
    other.cancel()
    state = wait(jobs)
    jobs.wait()
    assert state.stage == "cancelled"
    assert not (place / "models").exists() or not list((place / "models").iterdir())
    assert jobs._process.returncode == 130


def test_too_few_documents_are_said_in_one_line(place, config, store):
    label_all(store, TOWNS[:2])
    jobs = Retraining(store, place / "jobs", config=config)
    jobs.start()
    state = wait(jobs)
    jobs.wait()
    assert state.stage == "failed"
    assert "of 2 documents" in state.what
    assert "--held-out" in state.what
    assert "\n" not in state.what


def test_what_training_refuses_is_what_the_page_says(place, config, store):
    for item in store.items():
        store.decide(item.id, "ann", labels=("threat",), base=0)
    jobs = Retraining(store, place / "jobs", config=config)
    jobs.start()
    state = wait(jobs)
    jobs.wait()
    assert state.stage == "failed"
    assert "'threat'" in state.what or "'offer'" in state.what


def test_nothing_labelled_is_nothing_to_learn(place, store):
    with pytest.raises(UsageError, match="nothing is labelled"):
        Retraining(store, place / "jobs").start()
    assert Retraining(store, place / "jobs").latest() is None


def test_of_two_that_are_begun_at_once_one_runs(place, store, monkeypatch):
    label_all(store)
    slow = place / "slow.toml"
    slow.write_text("bootstrap = 100000\n")
    slower, faster = (Retraining(store, place / "jobs", config=slow) for _ in range(2))
    write = slower.write_job

    def overtaken(folder):
        write(folder)
        if not faster.jobs():
            faster.start()

    monkeypatch.setattr(slower, "write_job", overtaken)
    try:
        with pytest.raises(UsageError, match="running already"):
            slower.start()
        assert [path.name for path in (place / "jobs").iterdir()] == ["0001"]
    finally:
        faster.cancel()
        faster.wait()


def test_a_number_that_is_taken_is_not_taken_again(place, store):
    label_all(store)
    jobs = Retraining(store, place / "jobs")
    jobs.write_job(place / "jobs" / "0001")
    before = (place / "jobs" / "0001" / "job.json").stat().st_ino
    assert jobs._new_job(1) is None
    assert (place / "jobs" / "0001" / "job.json").stat().st_ino == before
    assert [path.name for path in (place / "jobs").iterdir()] == ["0001"]


@pytest.mark.parametrize("odd", ["0001 (copy)", "backup", "0007"])
def test_folders_with_odd_names_are_no_jobs_and_in_nobodys_way(place, store, odd):
    label_all(store)
    (place / "jobs" / odd).mkdir(parents=True)
    if not odd.isdecimal():
        (place / "jobs" / odd / "job.json").write_text("{}")
    jobs = Retraining(store, place / "jobs")
    assert jobs.latest() is None
    folder = jobs.start()
    try:
        assert folder.name == ("0008" if odd.isdecimal() else "0001")
    finally:
        jobs.cancel()
        jobs.wait()


def test_a_job_without_a_sign_of_life_is_dead(place, monkeypatch):
    folder = place / "jobs" / "0001"
    folder.mkdir(parents=True)
    (folder / "job.json").write_text(json.dumps({"model": "models/x", "old": "models/y"}))
    (folder / "state.json").write_text(json.dumps({"stage": "training", "done": 1, "total": 9}))
    (folder / "alive").touch()
    assert read_state(folder).running
    long_ago = time.time() - retrain.SILENCE - 1
    os.utime(folder / "alive", (long_ago, long_ago))
    assert read_state(folder).stage == "died"


def test_jobs_are_numbered_and_the_last_one_is_told(place):
    for number in (1, 2):
        folder = place / "jobs" / f"{number:04d}"
        folder.mkdir(parents=True)
        (folder / "job.json").write_bytes(orjson.dumps({"model": f"m{number}", "old": "o"}))
        (folder / "state.json").write_bytes(orjson.dumps({"stage": "failed", "what": "x"}))
    assert Retraining(None, place / "jobs").latest().model == "m2"
