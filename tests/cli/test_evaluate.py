from __future__ import annotations

import json

import pytest


@pytest.fixture
def labelled(place):
    """Two documents on which the shipped model is right, but for one sentence."""
    found = [
        ("a", "The army shelled the port of Velmar, killing four dockers.", ["battlefield_claim"]),
        ("a", "Rain is expected at the weekend.", []),
        ("b", "The bakery sells rye bread on Mondays.", ["weapons_policy"]),
        (
            "b",
            "Ostrava warned that any strike on its soil would be met with a crushing response.",
            ["red_line_warning"],
        ),
    ]
    (place / "labelled.jsonl").write_text(
        "".join(json.dumps({"document": d, "text": t, "labels": n}) + "\n" for d, t, n in found)
    )
    return "labelled.jsonl"


def test_a_labelled_file_is_measured(esc, labelled):
    code, out, _ = esc("evaluate", "--data", labelled, "--bootstrap", "20")
    assert code == 0
    figures = json.loads(out)
    assert figures["model"] == "default"
    assert figures["sentences"] == 4
    assert figures["documents"] == 2
    assert figures["none"] == 1
    assert figures["labels"]["battlefield_claim"]["recall"]["value"] == 1
    assert figures["labels"]["red_line_warning"]["f1"]["value"] == 1
    assert figures["labels"]["weapons_policy"]["recall"]["value"] == 0
    assert figures["labels"]["weapons_policy"]["support"] == 1
    assert figures["subset_accuracy"] == 0.75


def test_thresholds_change_the_figures(esc, labelled):
    _, out, _ = esc("evaluate", "-d", labelled, "--bootstrap", "0", "-t", "battlefield_claim=1")
    assert json.loads(out)["labels"]["battlefield_claim"]["recall"]["value"] == 0


def test_operating_points_change_the_figures(esc, labelled):
    point = ("--operating-point", "recall:0.99")
    _, out, _ = esc("evaluate", "-d", labelled, "--bootstrap", "0", *point)
    _, plain, _ = esc("evaluate", "-d", labelled, "--bootstrap", "0")
    found, before = (json.loads(text)["labels"]["battlefield_claim"] for text in (out, plain))
    assert found["recall"]["value"] == 1
    assert found["average_precision"] == before["average_precision"]
    assert json.loads(out)["subset_accuracy"] != json.loads(plain)["subset_accuracy"]


def test_the_table_shows_every_label(esc, labelled):
    code, out, _ = esc("evaluate", "-d", labelled, "--bootstrap", "20", "--format", "table")
    assert code == 0
    text = out.decode()
    for name in ("battlefield_claim", "red_line_warning", "diplomatic_signal", "macro", "micro"):
        assert name in text
    assert "4 sentences of 2 documents" in text


def test_a_table_of_a_spreadsheet_can_be_measured(esc, place):
    (place / "sheet.csv").write_text(
        "text,labels\nThe army shelled the port of Velmar.,battlefield_claim\nIt rained.,\n"
    )
    code, out, err = esc("evaluate", "-d", "sheet.csv", "--bootstrap", "0")
    assert code == 0
    assert "text in 'text'" in err
    assert json.loads(out)["labels"]["battlefield_claim"]["recall"]["value"] == 1


def test_another_model_is_measured_on_its_own_labels(esc, project, tiny):
    code, out, _ = esc(
        "evaluate", "-d", project / "starter/examples.jsonl", "--model", tiny, "--bootstrap", "20"
    )
    assert code == 0
    figures = json.loads(out)
    assert figures["model"] == "tiny"
    assert set(figures["labels"]) == {"offer", "threat"}


def test_data_with_labels_of_another_model_is_refused(esc, project):
    code, out, err = esc("evaluate", "--data", project / "starter/examples.jsonl")
    assert (code, out) == (1, b"")
    assert "unknown label" in err
    assert "battlefield_claim" in err
    assert len(err.splitlines()) == 1


def test_a_report_is_written_beside_the_figures(esc, place, labelled):
    code, out, err = esc(
        "evaluate", "-d", labelled, "--bootstrap", "20", "--report", "deep/mine.html"
    )
    assert code == 0
    assert json.loads(out)["sentences"] == 4
    assert "mine.html written" in err
    assert "Evaluation report: default" in (place / "deep/mine.html").read_text()


def test_a_report_in_the_place_of_a_folder_is_refused(esc, place, labelled):
    (place / "out" / "report.html").mkdir(parents=True)
    code, _, err = esc("evaluate", "-d", labelled, "--report", "out")
    assert code == 2
    assert "is a folder" in err
