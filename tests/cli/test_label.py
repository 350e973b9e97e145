"""``esc label`` as a newcomer runs it, and ``esc models use``."""

from __future__ import annotations

import json
import shutil

import pytest


@pytest.fixture
def copy(place, tiny):
    return shutil.copytree(tiny, place / "models" / "copy")


def test_without_a_terminal_it_says_so(esc):
    code, out, err = esc("label", "--input", "good.txt", "--terminal")
    assert (code, out) == (2, b"")
    assert "needs a terminal" in err.splitlines()[-1]


def test_nothing_to_label_is_one_line(esc):
    code, _, err = esc("label", "--terminal")
    assert code == 2
    assert "--input" in err.splitlines()[-1]


def test_a_retraining_without_enough_labels_is_one_line(esc, place):
    code, _, err = esc("label", "--input", "good.txt", "--retrain")
    assert code == 2
    assert "nothing is labelled" in err.splitlines()[-1]
    from classifier.labelling import Store

    store = Store(place / "labelling" / "labelling.db")
    store.decide(store.items()[0].id, "ann", labels=["battlefield_claim"], base=0)
    store.close()
    code, out, err = esc("label", "--retrain", "--data", place / "good.txt")
    assert code == 1
    assert out == b""
    assert not (place / "models").exists()


def test_labels_go_out_as_files(esc, place):
    assert esc("label", "--input", "good.txt", "--export", "out").code == 0
    from classifier.labelling import Store

    store = Store(place / "labelling" / "labelling.db")
    store.decide(store.items()[0].id, "ann", labels=["battlefield_claim"], base=0)
    store.close()
    code, out, _ = esc("label", "--export", "out")
    assert code == 0
    assert "1 sentences" in out.decode()
    [row] = [
        json.loads(line) for line in (place / "out" / "labelled.jsonl").read_text().splitlines()
    ]
    assert row["labels"] == ["battlefield_claim"]
    assert esc("corpus", "check", "--data", "out").code == 0


def test_labels_do_not_go_out_into_the_project_itself(esc, place):
    code, _, err = esc("label", "--input", "good.txt", "--export", "labelling/")
    assert code == 2
    assert "another folder" in err.splitlines()[-1]
    assert not (place / "labelling" / "labelled.jsonl").exists()


def test_what_there_is_to_label_may_lie_in_the_project(esc, place):
    project = place / "labelling"
    project.mkdir()
    (project / "articles.jsonl").write_text('{"id": "a", "text": "Rain fell. Boats left."}\n')
    (project / "corrections.jsonl").write_text('{"text": "No.", "labels": ["of_another_model"]}\n')
    for _ in range(2):
        ended = esc("label", "--input", "labelling/articles.jsonl", "--export", "out")
        assert ended.code == 0, ended.err


def test_an_input_that_cannot_be_read_is_told_and_the_others_are_added(esc, place):
    code, _, err = esc("label", "-i", "gone.txt", "-i", "good.txt", "--export", "out")
    assert code == 1
    assert "gone.txt" in err
    assert "3 new sentences" in err


@pytest.mark.parametrize(
    ("given", "said"),
    [
        (("--order", "best"), "--order best"),
        (("--random-share", "2"), "--random-share 2"),
        (("--model", "nonsense"), "no model 'nonsense'"),
        (("--labels", "gone.json"), "gone.json"),
        (("--order", "diverse", "--labels", "labels.json"), "needs a model with these labels"),
    ],
)
def test_a_wrong_option_is_one_line(esc, place, given, said):
    (place / "labels.json").write_text('{"labels": ["threat", "offer"]}')
    code, _, err = esc("label", "--input", "good.txt", "--export", "out", *given)
    assert code in (1, 2, 3)
    assert said in err.splitlines()[-1]


def test_a_project_of_its_own_labels_comes_in_random_order(esc, place, project):
    shutil.copytree(project / "starter", place / "mine")
    code, _, err = esc("label", "-p", "mine", "-i", "good.txt", "--export", "out")
    assert code == 0
    assert "random order" in err
    labels = json.loads((place / "out" / "labels.json").read_bytes())
    assert [label["name"] for label in labels["labels"]] == ["offer", "threat"]


def test_the_shipped_data_is_not_labelled_into(esc):
    from classifier import shipped

    code, _, err = esc("label", "-i", "good.txt", "--project", shipped.data() / "mine")
    assert code == 2
    assert "shipped data" in err


def test_a_chosen_model_scores_until_another_is_chosen(esc, copy):
    assert esc("models", "use", "copy").code == 0
    row = json.loads(esc("score", "good.txt").out.splitlines()[0])
    assert row["model"] == "copy"
    listed = esc("models", "list").out.decode()
    assert [line.split()[0] for line in listed.splitlines() if " yes " in line] == ["copy"]
    assert json.loads(esc("models", "show").out)["name"] == "copy"
    assert esc("models", "use", "default").code == 0
    assert json.loads(esc("score", "good.txt").out.splitlines()[0])["model"] == "default"
    assert copy.is_dir()


def test_a_damaged_model_is_not_taken_into_use(esc, copy, place):
    (copy / "model.json").write_text("{")
    assert esc("models", "use", "copy").code == 3
    assert not (place / "models" / "in-use").exists()


def test_a_chosen_model_that_is_gone_does_not_stop_the_list(esc, copy, place):
    esc("models", "use", "copy")
    shutil.rmtree(copy)
    code, out, err = esc("models", "list")
    assert code == 3
    assert "default" in out.decode()
    assert "esc models use default" in err
    assert esc("score", "good.txt").code == 3
