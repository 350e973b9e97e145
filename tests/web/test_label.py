"""The labelling pages as answers: what is written, what is refused, what two windows see."""

from __future__ import annotations

import json
import re
from dataclasses import replace

import pytest

from classifier.labelling.project import Choices, Project
from classifier.labelling.queue import Plan
from classifier.web.app import create_app
from classifier.web.settings import WebSettings
from tests.labelling.conftest import EXCLUSIVE, LABELS, make_items
from tests.web.conftest import HERE, csrf

from fastapi.testclient import TestClient  # isort: skip


@pytest.fixture
def open_desk(tmp_path, monkeypatch, shipped_predictor):
    """Open a site in which something is labelled, for one or several visitors."""
    monkeypatch.chdir(tmp_path)
    opened = []

    def open_one(labels=LABELS, items=None, **choices):
        from classifier import disk
        from classifier.corpus.labels import label_set_json

        folder = tmp_path / f"project-{len(opened)}"
        disk.write_atomic(folder / "labels.json", json.dumps(label_set_json(labels)).encode())
        choices.setdefault("plan", Plan(overlap=1))
        project = Project(Choices(folder, **choices))
        project.store.add(items or make_items(("Velmar", "Brod")))
        app = create_app(shipped_predictor, WebSettings(data=folder), project, "ann")
        visitor = TestClient(app, base_url=HERE, follow_redirects=False)
        opened.append((project, visitor))
        return project, visitor

    yield open_one
    for project, visitor in opened:
        visitor.close()
        project.close()


def fields(page):
    """The hidden fields of the form."""
    found = dict(re.findall(r'<input type="hidden" name="(\w+)" value="([^"]*)">', page))
    return {k: v for k, v in found.items() if k != "csrf"}


def send(visitor, page, address="/label", **more):
    head = {"X-CSRF-Token": csrf(visitor)}
    return visitor.post(address, data=fields(page) | more, headers=head)


def test_a_decision_is_written_and_the_next_sentence_comes(open_desk):
    project, visitor = open_desk()
    page = visitor.get("/label").text
    answer = send(visitor, page, labels=["threat", "offer"])
    assert (answer.status_code, answer.headers["location"]) == (303, "/label")
    [row] = project.store.log()
    assert (row.labels, row.annotator, row.how) == (("threat", "offer"), "ann", "random")
    assert (
        row.sentence == fields(page)["sentence"] != fields(visitor.get("/label").text)["sentence"]
    )


@pytest.mark.parametrize("kind", ["none", "skip", "flag"])
def test_the_other_buttons(open_desk, kind):
    project, visitor = open_desk()
    send(visitor, visitor.get("/label").text, kind=kind, labels=["threat"], comment="who?")
    [row] = project.store.log()
    assert row.kind == {"none": "labels"}.get(kind, kind)
    assert row.labels == (("threat",) if kind == "flag" else ())


def test_the_later_of_two_windows_is_told_and_nothing_is_overwritten(open_desk):
    project, visitor = open_desk()
    page = visitor.get("/label").text
    send(visitor, page, labels=["threat"])
    later = send(visitor, page, labels=["offer"])
    assert later.status_code == 409
    assert "another window" in later.text
    assert [d.labels for d in project.store.log()] == [("threat",)]
    assert fields(later.text)["sentence"] != fields(page)["sentence"]


def test_a_decision_about_a_sentence_that_was_not_shown_is_refused(open_desk):
    project, visitor = open_desk()
    page = visitor.get("/label").text
    other = next(i.id for i in project.store.items() if i.id != fields(page)["sentence"])
    answer = send(visitor, page, sentence=other, labels=["threat"])
    assert answer.status_code == 409
    assert "not about the sentence that was shown" in answer.text
    assert project.store.log() == []
    assert fields(answer.text)["sentence"] == fields(page)["sentence"]
    # The mark is of one visitor, and of one state of the sentence.
    stranger = TestClient(visitor.app, base_url=HERE, follow_redirects=False)
    assert send(stranger, page, labels=["threat"]).status_code == 409
    stranger.close()
    assert send(visitor, page, labels=["threat"]).status_code == 303


def test_a_window_of_another_annotator_does_not_change_whose_decision_it_is(open_desk):
    project, visitor = open_desk()
    page = visitor.get("/label").text
    assert send(visitor, page, "/label/annotator", annotator="bob").status_code == 303
    assert "labelled by bob" in visitor.get("/label").text
    send(visitor, page, labels=["threat"])
    assert [d.annotator for d in project.store.log()] == ["ann"]


def test_undo_brings_the_sentence_back_with_its_labels(open_desk):
    project, visitor = open_desk()
    page = visitor.get("/label").text
    send(visitor, page, labels=["offer"])
    back = send(visitor, page, "/label/undo").text
    assert fields(back)["sentence"] == fields(page)["sentence"]
    assert re.search(r'value="offer" checked', back)
    send(visitor, back, labels=["threat"])
    assert project.store.log()[-1].labels == ("threat",)
    send(visitor, back, "/label/undo")
    assert "nothing to take back" in send(visitor, back, "/label/undo").text


def test_exclusive_labels_are_one_choice(open_desk):
    project, visitor = open_desk(EXCLUSIVE)
    page = visitor.get("/label").text
    assert page.count('type="radio"') == 3
    assert 'id="none"' not in page
    refused = send(visitor, page)
    assert refused.status_code == 400
    assert "exactly one" in refused.text
    assert send(visitor, page, labels=["bad"]).status_code == 303
    assert [d.labels for d in project.store.log()] == [("bad",)]


def test_a_sentence_may_need_a_label(open_desk):
    project, visitor = open_desk(replace(EXCLUSIVE, exclusive=False, at_least_one=True))
    page = visitor.get("/label").text
    assert page.count('type="checkbox"') == 3
    assert "at least one" in page
    assert 'id="none"' not in page
    refused = send(visitor, page)
    assert refused.status_code == 400
    assert "at least one" in refused.text
    names = list(project.labels.names[:2])
    assert send(visitor, page, labels=names).status_code == 303
    assert [d.labels for d in project.store.log()] == [tuple(names)]


@pytest.mark.parametrize(
    ("change", "status"),
    [
        ({"labels": ["nonsense"]}, 400),
        ({"sentence": "gone"}, 409),
        ({"base": "7"}, 409),
        ({"base": "x"}, 422),
        ({"kind": "undo"}, 400),
        ({"how": "magic"}, 409),
        ({"shown": ""}, 409),
        ({"shown": "é"}, 409),
        ({"annotator": ""}, 422),
        ({"comment": "x" * 2_001}, 400),
    ],
)
def test_what_makes_no_sense_is_refused_and_not_written(open_desk, change, status):
    project, visitor = open_desk()
    assert send(visitor, visitor.get("/label").text, **change).status_code == status
    assert project.store.log() == []


def test_a_change_needs_the_token_of_the_page(open_desk):
    project, visitor = open_desk()
    page = visitor.get("/label").text
    for address in (
        "/label",
        "/label/undo",
        "/label/annotator",
        "/review",
        "/review/undo",
        "/retrain",
    ):
        assert visitor.post(address, data=fields(page)).status_code == 403
    assert project.store.log() == []


def test_labelling_is_blind_unless_asked(open_desk, shipped_predictor):
    _, visitor = open_desk()
    assert "model says" not in visitor.get("/label").text
    project, visitor = open_desk(shipped_predictor.model.labels, suggest=True)
    assert "model says" in visitor.get("/label").text
    send(visitor, visitor.get("/label").text, kind="none")
    [row] = project.store.log()
    assert row.suggested
    assert row.model == shipped_predictor.model.fingerprint


def test_text_of_an_article_is_never_html(open_desk):
    from classifier.labelling.items import Item

    bad = "<script>alert(1)</script><img src=x onerror=alert(1)>"
    project, visitor = open_desk(items=[Item("a", bad, 0, bad, bad, (bad,), (bad,))])
    send(visitor, visitor.get("/label").text, kind="flag", comment=bad)
    for page in (visitor.get("/review").text, visitor.get("/label?sentence=a").text):
        assert "<script>alert" not in page
        assert "<img" not in page
        assert "&lt;script&gt;" in page
    assert project.store.log()[0].comment == bad


def shown_view(page, annotator):
    """What the button "Take this view" of an annotator sends."""
    [card] = re.findall(rf'aria-label="View of {annotator}">(.*?)</section>', page, re.DOTALL)
    return re.search(r'name="view" value="(\d+)"', card)[1]


def test_a_view_that_changed_since_the_page_was_drawn_is_not_taken(open_desk):
    project, visitor = open_desk()
    sentence = project.store.items()[0].id
    project.store.decide(sentence, "ann", labels=["threat"], base=0)
    first = project.store.decide(sentence, "bob", labels=["offer"], base=0)
    page = visitor.get("/review").text
    project.store.decide(sentence, "bob", labels=["offer", "threat"], base=first.number)
    answer = send(visitor, page, "/review", view=shown_view(page, "bob"))
    assert answer.status_code == 409
    assert "This view was changed in the meantime" in answer.text
    assert fields(answer.text)["sentence"] == sentence
    with project.store.reading() as ledger:
        assert ledger.resolved(sentence) is None
    # The view of ann is the one that was shown.
    assert send(visitor, page, "/review", view=shown_view(page, "ann")).status_code == 303
    with project.store.reading() as ledger:
        assert ledger.resolved(sentence) == ("threat",)


def test_disagreements_are_settled_once(open_desk):
    project, visitor = open_desk()
    sentence = project.store.items()[0].id
    project.store.decide(sentence, "ann", labels=["threat"], base=0)
    project.store.decide(sentence, "bob", labels=["offer"], base=0)
    page = visitor.get("/review").text
    assert "View of ann" in page
    assert "View of bob" in page
    assert send(visitor, page, "/review").status_code == 400  # nothing ticked
    assert send(visitor, page, "/review", view="cem").status_code == 422
    assert send(visitor, page, "/review", view=shown_view(page, "bob")).status_code == 303
    with project.store.reading() as ledger:
        assert ledger.resolved(sentence) == ("offer",)
    assert send(visitor, page, "/review", labels=["threat"]).status_code == 409
    assert "Nothing to review" in visitor.get("/review").text
    again = send(visitor, visitor.get("/review").text, "/review/undo").text
    assert "View of ann" in again
    assert send(visitor, again, "/review", view=shown_view(again, "ann")).status_code == 303
    with project.store.reading() as ledger:
        assert ledger.resolved(sentence) == ("threat",)


def test_labels_are_given_as_files(open_desk):
    project, visitor = open_desk()
    send(visitor, visitor.get("/label").text, labels=["offer"])
    for what in ("labelled", "annotators"):
        answer = visitor.get(f"/label/export/{what}")
        assert "attachment" in answer.headers["content-disposition"]
        assert json.loads(answer.text)["labels"] == ["offer"]
    assert visitor.get("/label/export/passwords").status_code == 400
    assert project.store.log()


def test_a_correction_of_an_article_goes_into_the_store(open_desk, shipped_predictor):
    project, visitor = open_desk(shipped_predictor.model.labels)
    head = {"X-CSRF-Token": csrf(visitor)}
    text = "The bakery on Mill Street opens at six. Rain fell on Velmar."
    article = visitor.post("/articles", data={"text": text}, headers=head).headers["location"]
    answer = visitor.post(
        f"{article}/sentences/1/correction",
        data={"label": ["diplomatic_signal"], "comment": "no"},
        headers=head,
    )
    assert answer.status_code == 200
    [row] = project.store.log()
    assert (row.how, row.annotator, row.labels) == ("correction", "ann", ("diplomatic_signal",))
    item = project.store.item(row.sentence)
    assert item.text == "Rain fell on Velmar."
    assert item.before == ("The bakery on Mill Street opens at six.",)


def test_without_a_project_there_are_no_such_pages(visitor):
    for address in ("/label", "/review", "/retrain"):
        assert visitor.get(address).status_code == 404
    assert 'href="/label"' not in visitor.get("/").text


def test_a_comparison_is_put_into_words():
    from classifier.labelling.retrain import State
    from classifier.web.retraining import comparison_rows, verdict

    def state(low, high, documents=30):
        f1 = {"old": 0.5, "new": 0.6, "difference": 0.1, "low": low, "high": high, "better": 0.9}
        differences = {"threat": {"f1": f1}, "macro": {"f1": f1}}
        found = {"documents": documents, "against": {"differences": differences}}
        return State("done", comparison=found)

    assert "is better" in verdict(state(0.02, 0.2))
    assert "is worse" in verdict(state(-0.2, -0.02))
    assert "No telling" in verdict(state(-0.1, 0.2))
    assert "Only 9 documents" in verdict(state(0.02, 0.2, 9))
    assert "too few" in verdict(state(None, None))
    assert "other labels" in verdict(State("done", comparison={"documents": 3}))
    first = comparison_rows(state(-0.1, 0.2))[0]
    assert (first["low_x"], first["difference_x"], first["high_x"]) == (52.0, 148.0, 196.0)
    assert comparison_rows(state(None, None)) == []


def test_a_model_is_taken_into_use_and_back(open_desk, model_folder, tmp_path):
    from classifier.scoring.catalogue import model_in_use

    _, visitor = open_desk()
    page = visitor.get("/retrain").text
    assert "in use" in page
    assert send(visitor, page, "/retrain/use", model=str(model_folder)).status_code == 303
    assert model_in_use() == str(model_folder.resolve())
    assert visitor.app.state.site.predictor.model.name == model_folder.name
    assert send(visitor, page, "/retrain/use", model="default").status_code == 303
    assert model_in_use() is None
    # A model with other labels orders nothing here, and labelling goes on.
    assert "after this one" in visitor.get("/label").text


@pytest.mark.parametrize("damage", ["half", "other", "gone"])
def test_a_damaged_model_is_not_taken_into_use_and_the_one_before_goes_on(
    open_desk, model_folder, tmp_path, damage
):
    import shutil

    from classifier.scoring.catalogue import model_in_use

    _, visitor = open_desk()
    page = visitor.get("/retrain").text
    broken = shutil.copytree(model_folder, tmp_path / "models" / "broken")
    before = visitor.app.state.site.predictor
    for path in broken.iterdir():
        if damage == "half":
            path.write_bytes(path.read_bytes()[: path.stat().st_size // 2])
        elif damage == "other":
            path.write_bytes(b"{}")
        else:
            path.unlink()
    answer = send(visitor, page, "/retrain/use", model="broken")
    assert answer.status_code == 503
    assert "The one that was in use goes on being used." in answer.text
    assert 'id="models"' in answer.text
    assert model_in_use() is None
    assert visitor.app.state.site.predictor is before
    assert visitor.post("/api/score", json={"text": "No talks."}).status_code == 200
    # Taken into use behind the back of the site, it stops no more than retraining.
    (tmp_path / "models" / "in-use").write_text("broken\n")
    assert visitor.get("/label").status_code == 200
    assert visitor.get("/retrain").status_code == 200


def test_retraining_beside_a_model_that_is_gone_is_refused_in_words(open_desk, tmp_path):
    project, visitor = open_desk()
    for item in project.store.items()[:2]:
        project.store.decide(item.id, "ann", labels=["threat"], base=0)
    (tmp_path / "models").mkdir()
    (tmp_path / "models" / "in-use").write_text("gone\n")
    answer = send(visitor, visitor.get("/retrain").text, "/retrain")
    assert answer.status_code == 503
    assert "names a model that is not there" in answer.text
    assert project.retraining.jobs() == []


def test_a_model_that_fails_while_it_scores_is_an_error_with_a_code(visitor, monkeypatch):
    from classifier.errors import ModelError
    from classifier.scoring import Predictor

    def broken(*_):
        raise ModelError("models/x: damaged; train or fetch the model again")

    monkeypatch.setattr(Predictor, "predict_documents", broken)
    answer = visitor.post("/api/score", json={"text": "No talks."})
    assert (answer.status_code, answer.json()["error"]["code"]) == (503, "model")
    given = visitor.post(
        "/articles", data={"text": "No talks."}, headers={"X-CSRF-Token": csrf(visitor)}
    )
    page = visitor.get(given.headers["location"])
    assert page.status_code == 503
    assert "The model cannot be used" in page.text


def test_seventy_labels_have_keys_as_far_as_there_are_any(open_desk):
    from classifier.corpus.labels import parse_label_set

    many = parse_label_set({"labels": [f"topic{n}" for n in range(70)]}, "here")
    project, visitor = open_desk(many)
    page = visitor.get("/label").text
    assert page.count('type="checkbox"') == 70
    assert 0 < page.count("aria-keyshortcuts") < 70
    send(visitor, page, labels=["topic69"])
    assert [d.labels for d in project.store.log()] == [("topic69",)]
