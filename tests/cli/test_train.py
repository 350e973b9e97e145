from __future__ import annotations

import json
import shutil
import sys
from pathlib import Path

import pytest

NEWCOMER = """sentence;category;article
The landlord threatened to lock the hall unless rent is paid.;threat;1
The hall was painted green last spring.;none;1
The tenants offered to pay half and to talk.;offer;1
The caretaker threatened to call the police on anyone late.;threat;2
Nobody knows who broke the lamp.;none;2
The tenants offered him a key and a talk.;offer;2
The board threatened a fine unless the lamp is mended.;threat;3
A bus passes every ten minutes.;none;3
The board offered to mend it and to talk about the fine.;offer, threat;3
The baker offered bread for the meeting.;offer;4
The baker threatened to stop unless he is thanked.;threat;4
"""


@pytest.fixture
def quick(place):
    (place / "quick.toml").write_text("bootstrap = 20\n")
    return ("--config", "quick.toml", "--jobs", "1")


@pytest.fixture
def data(place, project):
    shutil.copytree(project / "starter", place / "starter")
    return ("--data", "starter")


def trace(folder):
    return {p.name: p.read_bytes() for p in folder.iterdir()}


def test_the_starter_of_init_trains_and_scores(run, project, tiny):
    assert {p.name for p in (project / "starter").iterdir()} == {
        "labels.json",
        "CODEBOOK.md",
        "examples.jsonl",
    }
    code, out, _ = run("score", "good.txt", "--model", tiny)
    assert code == 0
    assert json.loads(out.splitlines()[0])["model"] == "tiny"


def test_without_output_the_model_is_local(esc, place, data, quick):
    code, out, err = esc("train", *data, *quick)
    assert code == 0
    assert b"macro" in out
    assert "models/local" in err
    assert (place / "models/local/model.json").is_file()
    assert esc("score", "good.txt", "--model", "local").code == 0


def test_local_is_not_replaced_by_accident(esc, place, data, quick):
    assert esc("train", *data, *quick).code == 0
    before = trace(place / "models/local")
    code, out, err = esc("train", *data, *quick, "--seed", "7")
    assert (code, out) == (2, b"")
    assert len(err.splitlines()) == 1
    assert "--force" in err
    assert trace(place / "models/local") == before


@pytest.mark.parametrize("how", [("--force",), ("--output", "local"), ("-o", "models/local")])
def test_local_is_replaced_when_told_so(esc, place, data, quick, how):
    assert esc("train", *data, *quick).code == 0
    before = trace(place / "models/local")
    assert esc("train", *data, *quick, "--seed", "7", *how).code == 0
    after = trace(place / "models/local")
    assert after != before
    assert len(after) == 3  # model.json, the table, the card
    assert json.loads(after["model.json"])["settings"]["seed"] == 7


def test_a_folder_with_other_files_is_left_alone(esc, place, data, quick):
    (place / "thesis").mkdir()
    (place / "thesis/chapter.txt").write_text("Years of work.")
    code, _, err = esc("train", *data, *quick, "--output", place / "thesis", "--force")
    assert code == 2
    assert "other files" in err
    assert trace(place / "thesis") == {"chapter.txt": b"Years of work."}


def test_a_file_is_no_place_for_a_model(esc, place, data, quick):
    code, _, err = esc("train", *data, *quick, "--output", place / "good.txt")
    assert code == 2
    assert "is a file" in err


def test_the_same_data_and_seed_give_the_same_model(esc, place, data, quick):
    for name in ("one", "two"):
        assert esc("train", *data, *quick, "--output", f"{name}/same").code == 0
    assert trace(place / "one/same") == trace(place / "two/same")


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("colour = 3\n", "colour"),
        ("[features]\nword_ngram = [1, 2]\n", "word_ngram"),
        ("bootstrap = 'many'\n", "bootstrap"),
        ("bootstrap = 5\n", "bootstrap"),
        ("folds = 2\n", "folds"),
        ("C = []\n", "C"),
        ("features = 3\n", "features"),
        ("bootstrap = \n", "not TOML"),
    ],
)
def test_a_wrong_setting_is_wrong_usage(esc, place, data, text, said):
    (place / "wrong.toml").write_text(text)
    code, out, err = esc("train", *data, "--config", "wrong.toml")
    assert (code, out) == (2, b"")
    assert len(err.splitlines()) == 1
    assert said in err
    assert not (place / "models").exists()


def test_settings_of_the_file_reach_the_model_and_options_win(esc, place, data):
    (place / "own.toml").write_text(
        "bootstrap = 20\nseed = 3\nmin_df = 1\n[features]\nchar_ngrams = [0, 0]\n"
    )
    assert esc("train", *data, "--config", "own.toml", "--seed", "4", "--folds", "3").code == 0
    about = json.loads((place / "models/local/model.json").read_bytes())
    assert about["settings"]["min_df"] == 1
    assert about["settings"]["seed"] == 4
    assert about["settings"]["folds"] == 3
    assert about["settings"]["features"]["char_ngrams"] == [0, 0]


def test_a_newcomers_table_trains_and_what_was_guessed_is_said(esc, place, quick):
    (place / "mine.csv").write_text(NEWCOMER)
    code, _, err = esc("train", "--data", "mine.csv", "--output", "mine", *quick)
    assert code == 0
    assert "text in 'sentence'" in err
    assert "labels in 'category'" in err
    assert "documents in 'article'" in err
    found = json.loads(esc("models", "show", "mine").out)
    assert found["labels"] == ["offer", "threat"]
    assert found["data"]["sentences"] == 11
    assert found["data"]["documents"] == 4
    assert found["data"]["positives"] == {"offer": 4, "threat": 5}


def test_a_label_set_file_can_be_named(esc, place, project, quick):
    shutil.copy(project / "starter/examples.jsonl", place)
    (place / "set.json").write_text('{"labels": ["threat", "offer"]}')
    code, _, _ = esc("train", "-d", "examples.jsonl", "--labels", "set.json", *quick)
    assert code == 0
    assert json.loads(esc("models", "show", "local").out)["labels"] == ["threat", "offer"]


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("", "no labelled sentence"),
        ("{\n", "line 1"),
        ('{"text": "Hm.", "labels": "threat"}\n', "labels"),
        ('{"text": "", "labels": []}\n', "text"),
        ('{"text": "Hm.", "labels": ["unheard_of"]}\n', "unheard_of"),
        ('{"text": "Hm.", "labels": []}\n', "line"),
    ],
)
def test_a_bad_labelled_file_names_the_place(esc, place, data, text, said):
    if said == "line":
        text = '{"text": "Hm.", "labels": []}\n' * 2 + "[]\n"
    (place / "starter/examples.jsonl").write_text(text)
    code, out, err = esc("train", *data)
    assert (code, out) == (1, b"")
    assert len(err.splitlines()) == 1
    assert "examples.jsonl" in err
    assert said in err


def test_too_few_examples_are_a_problem_of_the_model(esc, place):
    (place / "few.jsonl").write_text('{"text": "He threatened us.", "labels": ["threat"]}\n')
    code, _, err = esc("train", "--data", "few.jsonl")
    assert code == 3
    assert "threat" in err.splitlines()[-1]
    assert not (place / "models").exists()


def test_strict_refuses_duplicate_texts_that_are_merged_else(esc, place, data, quick):
    path = place / "starter/examples.jsonl"
    row = {
        "id": "again",
        "document": "a",
        "text": json.loads(path.read_text().splitlines()[0])["text"],
    }
    with path.open("a") as stream:
        stream.write(json.dumps({**row, "labels": ["threat"]}) + "\n")
    code, _, err = esc("train", *data, *quick, "--strict")
    assert code == 1
    assert "1 duplicate text" in err
    code, _, err = esc("train", *data, *quick)
    assert code == 0
    assert "1 duplicate text" in err


def test_studies_and_report_are_written_and_do_not_change_the_model(esc, place, data, quick):
    assert esc("train", *data, *quick, "--output", "plain").code == 0
    extra = ("--learning-curve", "--leave-out", "theatre", "--report", "out")
    code, out, err = esc("train", *data, *quick, "--output", "studied", *extra)
    assert code == 0
    assert b"learning curve over documents" in out
    assert b"leave out by theatre: no value with 30 sentences or more" in out
    assert f"report {Path('out/report.html')} written" in err
    assert "Training report: studied" in (place / "out/report.html").read_text()
    plain = json.loads((place / "models/plain/model.json").read_text())
    studied = json.loads((place / "models/studied/model.json").read_text())
    assert studied.pop("learning_curve")["points"]
    assert studied.pop("leave_out")["theatre"]["values"] == {}
    assert studied == plain


def test_a_study_of_another_field_is_wrong_usage(esc, data):
    code, out, err = esc("train", *data, "--leave-out", "weather")
    assert (code, out) == (2, b"")
    assert "theatre, outlet, genre, origin, author" in err
    assert len(err.splitlines()) == 1


def test_without_matplotlib_a_report_is_refused_before_the_training(esc, data, monkeypatch):
    monkeypatch.setitem(sys.modules, "matplotlib", None)
    code, out, err = esc("train", *data, "--report", "out.html")
    assert (code, out) == (2, b"")
    assert "escalation-classifier[report]" in err
    assert len(err.splitlines()) == 1


def test_articles_without_labels_are_learnt_from(esc, place, data, quick):
    (place / "news").mkdir()
    (place / "news/a.txt").write_text(
        "The harbour was shelled again at dawn, the mayor said.\n" * 2
    )
    (place / "news/b.txt").write_text("Both ministers will meet in the capital on Monday.")
    code, _, err = esc("train", *data, *quick, "--unlabelled", "news", "-o", "models/with")
    assert code == 0, err
    model = json.loads((place / "models/with/model.json").read_bytes())
    assert (model["data"]["unlabelled"], model["settings"]["self_training"]) == (2, 0.3)
    assert (
        "Of 2 sentences without labels it learnt" in (place / "models/with/README.md").read_text()
    )
    assert esc("score", "good.txt", "--model", "with").code == 0


def test_articles_without_labels_that_cannot_be_read_are_told(esc, place, data, quick):
    (place / "a.txt").write_text("The harbour was shelled again at dawn, the mayor said.")
    told = ("--unlabelled", "a.txt", "--unlabelled", "gone.txt")
    code, _, err = esc("train", *data, *quick, *told)
    assert code == 1
    assert "gone.txt" in err
    assert (place / "models/local/model.json").is_file()


def test_nothing_to_learn_from_is_said_before_training(esc, place, data, quick):
    (place / "a.txt").write_text("No comment.")
    code, out, err = esc("train", *data, *quick, "--unlabelled", "a.txt")
    assert (code, out) == (1, b"")
    assert "a.txt: no sentence of 4 words or more" in err
    assert not (place / "models").exists()


def test_the_shipped_model_learns_from_no_other_articles(esc, place):
    from classifier import shipped

    folder = shipped.models() / "default"
    code, out, err = esc("train", "--unlabelled", "good.txt", "-o", str(folder), "--force")
    assert (code, out) == (2, b"")
    assert "choose another name" in err


def test_what_one_model_scored_teaches_another(esc, place, data, quick, tiny):
    (place / "a.txt").write_text("The harbour was shelled again at dawn, the mayor said.")
    code, out, _ = esc("score", "a.txt", "--model", tiny, "--format", "jsonl")
    assert code == 0
    (place / "scored.jsonl").write_bytes(out)
    code, _, err = esc("train", *data, *quick, "--teacher", "scored.jsonl")
    assert code == 0, err
    model = json.loads((place / "models/local/model.json").read_bytes())
    assert (model["data"]["unlabelled"], model["settings"]["self_training"]) == (1, 0.3)
    assert model["data"]["taught"] == 1
    assert "figures flatter" in err
    card = (place / "models/local/README.md").read_text()
    assert "Of 1 it learnt what another model, its teacher" in card
    assert "first fit" not in card


def test_operating_points_for_all_labels_and_for_one(esc, place, data, quick):
    code, _, _ = esc(
        *("train", *data, "--output", "models/a", *quick),
        *("--operating-point", "recall:0.9", "--operating-point", "threat=f2"),
    )
    assert code == 0
    found = json.loads((place / "models" / "a" / "model.json").read_bytes())
    points = {"offer": "recall:0.9", "threat": "f2"}
    assert found["settings"]["operating_points"] == points
    names = [label["name"] for label in found["label_set"]["labels"]]
    kept = found["operating_points"]
    assert found["thresholds"] == [kept[points[name]][i] for i, name in enumerate(names)]
