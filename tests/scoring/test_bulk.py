"""Units, rejects, the work folder and the processes of a bulk run."""

from __future__ import annotations

import json
import os
import signal
import threading
from dataclasses import replace
from pathlib import Path

import pytest

from classifier.errors import InputError, ModelError, UsageError
from classifier.schema import Document
from classifier.scoring.bulk import Task, is_finished, pool, score_to_file, units
from classifier.scoring.bulk.pool import CRASHES, Pool
from classifier.scoring.bulk.rejects import Reject
from classifier.scoring.bulk.state import Work
from classifier.scoring.bulk.units import Ended, Plan, Unit
from classifier.scoring.bulk.work import Worker
from classifier.scoring.sinks import Target
from classifier.text import Reading

POISON = "This one is poison."


def lines(path, *texts):
    path.write_text("".join(json.dumps({"id": f"d{n}", "text": t}) + "\n" for n, t in
                            enumerate(texts)))  # fmt: skip
    return str(path)


def plan(*paths, known=lambda *_: None):
    rejects = []
    found = list(Plan(paths, Reading(), lambda n, one: rejects.append((n, one)), known))
    return found, rejects


@pytest.fixture
def task(tmp_path, predictor, model_folder):
    return Task(
        str(model_folder),
        predictor.model.fingerprint,
        (),
        predictor.labels,
        Target(tmp_path / "out.jsonl", "jsonl"),
        Reading(),
    )


def texts_of(path):
    return [json.loads(line)["text"] for line in Path(path).read_text().splitlines()]


def test_tables_are_cut_by_documents_and_files_are_gathered(tmp_path, monkeypatch):
    monkeypatch.setattr(units, "UNIT_DOCUMENTS", 2)
    monkeypatch.setattr(units, "UNIT_FILES", 3)
    table = lines(tmp_path / "t.jsonl", *(f"It rained {n} days." for n in range(5)))
    files = [str(tmp_path / f"{n}.txt") for n in range(4)]
    for file in files:
        Path(file).write_text("It rained.")
    found, rejects = plan(*files, table, files[0])
    assert rejects == []
    cut = [one for one in found if isinstance(one, Unit)]
    assert [(len(u.paths), len(u.documents)) for u in cut] == [
        (3, 0), (1, 0), (0, 2), (0, 2), (0, 1), (1, 0),
    ]  # fmt: skip
    assert [u.number for u in cut] == list(range(6))
    [ended] = [one for one in found if isinstance(one, Ended)]
    assert (ended.first, ended.stop) == (2, 5)
    size = Path(table).stat().st_size
    assert sum(u.n_bytes for u in cut) == size + 5 * len("It rained.")


def test_units_are_cut_the_same_way_each_time(tmp_path, monkeypatch):
    monkeypatch.setattr(units, "UNIT_CHARACTERS", 40)
    table = lines(tmp_path / "t.jsonl", *(f"It rained {n} days." for n in range(7)))
    assert plan(table) == plan(table)
    assert len(plan(table)[0]) > 3


def test_a_finished_stream_is_not_read_again(tmp_path):
    table = lines(tmp_path / "t.jsonl", "It rained.")
    other = lines(tmp_path / "u.jsonl", "It snowed.")
    asked = []

    def known(identity, first):
        asked.append((Path(identity[0]).name, first))
        return 7 if first == 0 else None

    found, _ = plan(table, other, known=known)
    assert asked == [("t.jsonl", 0), ("u.jsonl", 7)]
    assert [one.number for one in found if isinstance(one, Unit)] == [7]


def test_rejects_belong_to_the_unit_in_which_they_were_found(tmp_path):
    table = tmp_path / "t.jsonl"
    table.write_text('{"text": "It rained."}\n[]\n')
    found, rejects = plan("gone.txt", str(table))
    assert [(n, one.place, one.reason) for n, one in rejects] == [
        (0, "", "no such file or folder"),
        (1, "row 2", "found list, expected a JSON object"),
    ]
    assert [len(u.documents) for u in found if isinstance(u, Unit)] == [0, 1]


@pytest.mark.parametrize(
    ("source", "message", "place", "reason"),
    [
        ("a.csv", "a.csv, row 3: no text in column 'x'", "row 3", "no text in column 'x'"),
        ("a.txt", "a.txt: no text in it", "", "no text in it"),
        ("a.jsonl", "a.jsonl#7: has NUL characters", "row 7", "has NUL characters"),
        ("-", "standard input, line 2: too long: 9", "line 2", "too long: 9"),
        ("a.txt", "something\nelse", "", "something else"),
    ],
)
def test_an_error_is_taken_apart(source, message, place, reason):
    reject = Reject.of(source, InputError(message))
    assert (reject.place, reject.reason) == (place, reason)
    assert json.loads(reject.line())["reason"] == reason


def test_a_run_makes_the_file_and_leaves_nothing_else(tmp_path, task):
    table = lines(tmp_path / "t.jsonl", "It rained. It snowed.", "", "The port was shelled.")
    said = []
    found = score_to_file(
        replace(task, keep_text=True), [table, "gone"], keep_text=tmp_path / "texts.jsonl",
        reject=said.append,
    )  # fmt: skip
    assert (found.n_documents, found.n_sentences, found.n_rejects) == (2, 3, 2)
    assert texts_of(task.target.path) == ["It rained.", "It snowed.", "The port was shelled."]
    assert [line.split(": ", 1)[1] for line in said] == [
        "no text in column 'text'", "no such file or folder",
    ]  # fmt: skip
    assert found.rejects == tmp_path / "out.jsonl.rejects.jsonl"
    assert {p.name for p in tmp_path.iterdir()} == {
        "t.jsonl", "texts.jsonl", "out.jsonl", "out.jsonl.rejects.jsonl",
    }  # fmt: skip


def test_a_run_that_finished_nothing_leaves_nothing(tmp_path, task, monkeypatch):
    monkeypatch.setattr(Worker, "run", lambda *_: (_ for _ in ()).throw(OSError(28, "full")))
    with pytest.raises(UsageError, match=r"cannot be written: full$"):
        score_to_file(task, [lines(tmp_path / "t.jsonl", "It rained.")])
    assert [p.name for p in tmp_path.iterdir()] == ["t.jsonl"]


def test_a_part_that_was_damaged_is_made_again(tmp_path, task, monkeypatch):
    monkeypatch.setattr(units, "UNIT_DOCUMENTS", 1)
    table = lines(tmp_path / "t.jsonl", *(f"It rained {n} days." for n in range(4)))
    interrupt_after(monkeypatch, 3)
    with pytest.raises(KeyboardInterrupt):
        score_to_file(task, [table])
    part = tmp_path / "out.jsonl.part"
    with (part / "journal.jsonl").open("ab") as journal:
        journal.write(b'{"unit": 3, "key"')  # what was being written when the power went
    rows = part / "000000001.rows"
    rows.write_bytes(bytes(rows.stat().st_size))
    monkeypatch.undo()
    monkeypatch.setattr(units, "UNIT_DOCUMENTS", 1)
    ran = []
    run = Worker.run
    monkeypatch.setattr(
        Worker, "run", lambda self, unit: ran.append(unit.number) or run(self, unit)
    )
    score_to_file(task, [table], resume=True)
    assert ran == [1, 3]
    assert texts_of(task.target.path) == [f"It rained {n} days." for n in range(4)]


def interrupt_after(monkeypatch, n_units):
    run = Worker.run

    def stop(self, unit):
        if unit.number == n_units:
            raise KeyboardInterrupt
        return run(self, unit)

    monkeypatch.setattr(Worker, "run", stop)


def test_a_run_of_another_version_or_a_damaged_one_is_not_resumed(tmp_path, task, monkeypatch):
    monkeypatch.setattr(units, "UNIT_DOCUMENTS", 1)
    table = lines(tmp_path / "t.jsonl", "It rained.", "It snowed.")
    interrupt_after(monkeypatch, 1)
    with pytest.raises(KeyboardInterrupt):
        score_to_file(task, [table])
    manifest = tmp_path / "out.jsonl.part" / "manifest.json"
    said = json.loads(manifest.read_text())
    for text, expected in (
        (json.dumps(said | {"esc": "0.0.0"}), "begun by esc 0.0.0"),
        ("{", "damaged"),
        ("[]", "damaged"),
    ):
        manifest.write_text(text)
        with pytest.raises(UsageError, match=expected):
            score_to_file(task, [table], resume=True)
    with pytest.raises(UsageError, match="an unfinished run"):
        score_to_file(task, [table])


def test_what_differs_is_named(tmp_path, task, monkeypatch):
    monkeypatch.setattr(units, "UNIT_DOCUMENTS", 1)
    table = lines(tmp_path / "t.jsonl", "It rained.", "It snowed.")
    interrupt_after(monkeypatch, 1)
    with pytest.raises(KeyboardInterrupt):
        score_to_file(task, [table])
    for change, said in (
        ({"thresholds": (("a", 0.5),)}, "thresholds a null, and this is 0.5"),
        ({"reading": Reading(id_column="x")}, 'reading id-column "", and this is "x"'),
        ({"documents": True}, "documents false, and this is true"),
    ):
        with pytest.raises(UsageError, match=f"begun with {said}"):
            score_to_file(replace(task, **change), [table], resume=True)


@pytest.mark.parametrize("n_gone", [1, 3])
def test_a_run_that_was_killed_while_it_cleaned_up_is_finished(tmp_path, task, monkeypatch, n_gone):
    table = lines(tmp_path / "t.jsonl", "It rained.")
    target = task.target.path
    unlink = Path.unlink
    gone = []

    def killed(path, *, missing_ok=False):
        if target.exists() and path.parent.name == "out.jsonl.part":
            if len(gone) == n_gone:
                raise KeyboardInterrupt
            gone.append(path)
        unlink(path, missing_ok=missing_ok)

    with monkeypatch.context() as patch:
        patch.setattr(Path, "unlink", killed)
        with pytest.raises(KeyboardInterrupt):
            score_to_file(task, [table])
    assert len(gone) == n_gone
    assert is_finished(target)
    target.unlink()
    assert not is_finished(target)
    score_to_file(task, [table])  # nothing is in the way of another one
    assert texts_of(target) == ["It rained."]
    assert is_finished(target)
    assert {p.name for p in tmp_path.iterdir()} == {"t.jsonl", "out.jsonl"}


@pytest.mark.parametrize("place", ["t.jsonl", "out.jsonl"])
def test_rejects_and_texts_have_a_place_of_their_own(tmp_path, task, place):
    table = lines(tmp_path / "t.jsonl", "It rained.")
    for more in ({"rejects": tmp_path / place}, {"keep_text": tmp_path / place}):
        with pytest.raises(UsageError, match=r"written"):
            score_to_file(replace(task, keep_text="keep_text" in more), [table], **more)
    assert texts_of(table) == ["It rained."]
    assert [p.name for p in tmp_path.iterdir()] == ["t.jsonl"]


def test_a_pipe_is_read_by_the_first_process(tmp_path):
    pipe = tmp_path / "pipe"
    os.mkfifo(pipe)
    writer = threading.Thread(target=pipe.write_text, args=("It rained.",), daemon=True)
    writer.start()
    found, _ = plan(str(pipe), known=lambda *_: pytest.fail("a pipe cannot be known again"))
    writer.join()
    assert [[d.text for d in one.documents] for one in found if isinstance(one, Unit)] == [
        ["It rained."]
    ]


def test_a_model_that_changed_under_way_is_refused(tmp_path, task):
    with pytest.raises(ModelError, match="has changed under way"):
        Worker(replace(task, fingerprint="0" * 12), tmp_path)


def test_what_the_run_writes_is_known(tmp_path):
    written = [tmp_path / name for name in ("out.csv", "bad.jsonl")]
    work = Work(tmp_path / "out.csv", {}, resume=False, written=written)
    try:
        own = ("out.csv", "bad.jsonl", "out.csv.part/journal.jsonl")
        assert all(work.is_own(str(tmp_path / name)) for name in own)
        assert not any(work.is_own(str(tmp_path / name)) for name in ("a.csv", "x/out.csv"))
    finally:
        work.close()
    assert list(tmp_path.iterdir()) == []


def test_a_folder_of_somebody_else_is_left_alone(tmp_path):
    (tmp_path / "out.csv.part").mkdir()
    (tmp_path / "out.csv.part" / "mine").write_text("dear to me")
    with pytest.raises(UsageError, match="a folder of something else is in the way"):
        Work(tmp_path / "out.csv", {}, resume=False)
    assert (tmp_path / "out.csv.part" / "mine").read_text() == "dear to me"


def run_unless_poison(unit):
    """What a process does in the tests below: it dies of some documents."""
    if any(POISON in document.text for document in unit.documents):
        os.kill(os.getpid(), signal.SIGKILL)
    return pool._worker().run(unit)


def test_a_document_that_kills_whoever_scores_it_costs_itself(tmp_path, task, monkeypatch):
    monkeypatch.setattr(pool, "_run", run_unless_poison)
    texts = ["It rained.", POISON, "It snowed."]
    documents = tuple(Document(f"d{n}", t, "a.csv") for n, t in enumerate(texts))
    many = [
        Unit(0, "a", documents=(documents[0],)),
        Unit(1, "b", documents=documents),
        Unit(2, "c", documents=(documents[2],)),
    ]
    with Pool(task, tmp_path, 2) as processes:
        outcomes = {one.number: one for one in processes.run(many)}
    assert [outcomes[n].n_documents for n in range(3)] == [1, 2, 1]
    assert outcomes[1].said == (f"a.csv, d1: {CRASHES}",)
    assert texts_of(tmp_path / "000000001.rows") == ["It rained.", "It snowed."]
