from __future__ import annotations

import asyncio
import json
import time

import pytest

from classifier.web.api_shapes import Explained, ModelAnswer, Refused, Scored
from classifier.web.work import Workers
from tests.web.test_articles import ARTICLE

LABELS = ["battlefield_claim", "red_line_warning", "diplomatic_signal", "weapons_policy"]


def test_an_article_is_scored(visitor):
    answer = visitor.post("/api/score", json={"text": ARTICLE, "id": "a1", "title": "T"})
    found = Scored.model_validate_json(answer.content)
    assert found.labels == LABELS
    [document] = found.documents
    assert (document.document, document.title, document.signals) == ("a1", "T", 2)
    decisions = [row.decisions for row in document.predictions]
    assert decisions == [["battlefield_claim"], [], ["red_line_warning"]]
    for row in document.predictions:
        assert ARTICLE[row.start : row.end] == row.text


@pytest.mark.parametrize("form", ["jsonl", "csv", "json"])
def test_the_rows_are_those_of_the_command(visitor, form, tmp_path, monkeypatch, capfdbinary):
    from classifier.cli import app

    monkeypatch.chdir(tmp_path)
    (tmp_path / "a.txt").write_text(ARTICLE)
    app(["score", "a.txt", "--format", form], standalone_mode=False)
    sent = {"text": ARTICLE, "id": "a.txt"}
    answer = visitor.post("/api/score", params={"format": form}, json=sent)
    assert answer.content == capfdbinary.readouterr().out


def test_many_articles_are_scored_in_order(visitor):
    documents = [{"text": ARTICLE, "id": f"a{n}"} for n in range(3)]
    found = visitor.post("/api/batch", json={"documents": documents}).json()
    assert [one["document"] for one in found["documents"]] == ["a0", "a1", "a2"]
    lines = visitor.post("/api/batch?format=jsonl", json={"documents": documents}).text.splitlines()
    assert len(lines) == 9


def test_long_articles_are_scored_like_short_ones(visitor):
    many = "\n".join([ARTICLE] * 120)
    found = visitor.post("/api/score", json={"text": many}).json()["documents"][0]
    assert found["sentences"] == 360
    assert found["predictions"][359]["decisions"] == ["red_line_warning"]


def test_labels_and_thresholds_are_chosen(visitor):
    sent = {"text": ARTICLE, "labels": ["red_line_warning"], "thresholds": {"red_line_warning": 1}}
    found = visitor.post("/api/score", json=sent).json()
    assert found["labels"] == ["red_line_warning"]
    assert found["thresholds"]["red_line_warning"] == 1
    assert found["documents"][0]["signals"] == 1
    assert all(row["decisions"] == [] for row in found["documents"][0]["predictions"])


def test_terms_add_up_to_the_logit(visitor):
    sent = {"text": ARTICLE, "sentences": [2], "top": 3}
    found = Explained.model_validate_json(visitor.post("/api/explain", json=sent).content)
    [sentence] = found.sentences
    [why] = sentence.explanations
    assert (sentence.index, why.label, len(why.contributions)) == (2, "red_line_warning", 3)
    total = why.intercept + why.other_terms + sum(c.weight for c in why.contributions)
    total += why.context.near + why.context.rest
    assert total == pytest.approx(why.logit)


def test_the_model_is_told(visitor, shipped_predictor):
    found = ModelAnswer.model_validate_json(visitor.get("/api/model").content)
    assert found.fingerprint == shipped_predictor.model.fingerprint
    assert [label.name for label in found.labels] == LABELS
    assert [label.sign for label in found.labels] == ["B", "R", "D", "W"]
    assert found.labels[1].uncertain == shipped_predictor.model.bands[1]
    points = shipped_predictor.model.points
    assert found.labels[1].operating_points == {name: row[1] for name, row in points.items()}
    assert found.labels[1].operating_points["f1"] == found.labels[1].threshold


@pytest.mark.parametrize(
    ("path", "sent", "status", "code", "said"),
    [
        ("score", {}, 422, "invalid", "text: Field required"),
        ("score", {"text": " "}, 422, "input", "no text"),
        ("score", {"text": "a\0b"}, 422, "input", "NUL"),
        ("score", {"text": 7}, 422, "invalid", "text"),
        ("score", {"text": "x", "txt": "y"}, 422, "invalid", "txt"),
        ("score", {"text": "x", "labels": ["y"]}, 400, "usage", "no label 'y'"),
        ("score", {"text": "x", "thresholds": {"y": 0.5}}, 400, "usage", "no label 'y'"),
        ("score", {"text": "x", "thresholds": {LABELS[0]: 2}}, 400, "usage", "expected 0 to 1"),
        ("score?format=xml", {"text": "x"}, 422, "invalid", "format"),
        ("batch", {"documents": []}, 422, "invalid", "documents"),
        ("batch", {"documents": [{"text": "x"}, {"text": ""}]}, 422, "input", "documents.1: no"),
        ("explain", {"text": "One.", "sentences": [1]}, 400, "usage", "numbered 0 to 0"),
        ("explain", {"text": "One.", "top": -1}, 422, "invalid", "top"),
    ],
)
def test_errors_are_one_sentence_with_a_code(visitor, path, sent, status, code, said):
    answer = visitor.post(f"/api/{path}", json=sent)
    error = Refused.model_validate_json(answer.content).error
    assert (answer.status_code, error.code) == (status, code)
    assert said in error.message


@pytest.mark.parametrize(
    "body", [b"", b"{", b"[" * 100_000, b'{"text": "\\ud800"}', b"\xff", b"NaN"]
)
def test_bodies_that_are_no_json_are_refused(visitor, body):
    headers = {"content-type": "application/json"}
    answer = visitor.post("/api/score", content=body, headers=headers)
    assert answer.status_code in (400, 422)
    assert answer.json()["error"]["message"]


@pytest.mark.parametrize("kind", ["text/plain", "application/x-www-form-urlencoded", "", "json"])
def test_only_what_is_called_json_is_read(visitor, kind):
    body = json.dumps({"text": ARTICLE})
    answer = visitor.post("/api/score", content=body, headers={"content-type": kind})
    assert (answer.status_code, answer.json()["error"]["code"]) == (422, "invalid")
    assert "expected application/json" in answer.json()["error"]["message"]


@pytest.mark.parametrize("kind", ["application/json; charset=utf-8", "application/ld+json"])
def test_json_by_another_name_and_with_a_mark_before_it_is_read(visitor, kind):
    body = b"\xef\xbb\xbf" + json.dumps({"text": ARTICLE}).encode()
    answer = visitor.post("/api/score", content=body, headers={"content-type": kind})
    assert answer.status_code == 200


def test_a_visitor_who_goes_while_he_sends_is_no_error(visitor):
    messages = [
        {"type": "http.request", "body": b'{"text": "T', "more_body": True},
        {"type": "http.disconnect"},
    ]
    sent = []

    async def receive():
        return messages.pop(0)

    async def send(message):
        sent.append(message)

    scope = {
        "type": "http",
        "method": "POST",
        "path": "/api/score",
        "query_string": b"",
        "headers": [(b"host", b"127.0.0.1"), (b"content-type", b"application/json")],
    }
    asyncio.run(visitor.app(scope, receive, send))
    assert sent == []


def test_programs_get_no_session(visitor):
    answer = visitor.post("/api/score", json={"text": ARTICLE})
    assert "set-cookie" not in answer.headers


def test_too_much_is_refused(open_site):
    visitor = open_site(max_documents=2, max_characters=1000)
    assert visitor.post("/api/score", json={"text": "word " * 300}).status_code == 422
    sent = {"documents": [{"text": "x"}] * 3}
    assert "at most 2" in visitor.post("/api/batch", json=sent).json()["error"]["message"]


def test_other_methods_are_refused_in_json(visitor):
    answer = visitor.get("/api/score")
    assert (answer.status_code, answer.json()["error"]["code"]) == (405, "method")
    assert answer.headers["allow"] == "POST"


def test_a_token_opens_the_interface(open_site):
    visitor = open_site(host="0.0.0.0", token="sesame")
    assert visitor.get("/api/model").status_code == 401
    shown = {"authorization": "Bearer sesame"}
    assert visitor.get("/api/model", headers=shown).status_code == 200


def test_the_description_for_people_needs_no_other_host(visitor):
    page = visitor.get("/api/docs").text
    schema = visitor.get("/api/openapi.json").json()
    for path in schema["paths"]:
        assert path in page
    for name in schema["components"]["schemas"]:
        assert f'id="{name}"' in page
    assert "https://" not in page
    assert sorted(schema["paths"]) == ["/api/batch", "/api/explain", "/api/model", "/api/score"]


def test_the_description_is_json(visitor):
    json.dumps(visitor.get("/api/openapi.json").json())


@pytest.mark.parametrize(
    ("path", "sent", "field"),
    [
        ("batch", {"documents": [{"text": "x"}] * 1001}, "documents"),
        ("batch", {"documents": [{}] * 100_000}, "documents.0.text"),
        ("explain", {"text": "One.", "sentences": [0] * 10_001}, "sentences"),
        ("explain", {"text": "One.", "labels": ["x" * 100_000]}, "labels.0"),
        ("explain", {"text": "One.", "x" * 100_000: 1}, "x" * 200),
    ],
)
def test_a_long_list_is_refused_shortly(visitor, path, sent, field):
    answer = visitor.post(f"/api/{path}", json=sent)
    assert answer.status_code == 422
    assert [one["field"] for one in answer.json()["error"]["details"]] == [field]
    assert len(answer.content) < 2000


def test_an_explanation_ends_when_nobody_waits_any_more(open_site, monkeypatch):
    from classifier.scoring import Predictor

    explained = []
    visitor = open_site(seconds=0.2)
    explain_all = Predictor.explain_all

    def slowly(self, text, context=()):
        explained.append(text)
        time.sleep(0.1)
        return explain_all(self, text, context)

    monkeypatch.setattr(Predictor, "explain_all", slowly)
    answer = visitor.post("/api/explain", json={"text": "No talks.\n" * 50})
    assert (answer.status_code, answer.json()["error"]["code"]) == (504, "too_slow")
    visitor.app.state.site.workers._pool.shutdown(wait=True)
    assert 0 < len(explained) < 10


def test_only_short_texts_of_few_lines_are_scored_where_they_come_in(visitor, monkeypatch):
    run, given = Workers.run, []

    async def counted(self, function, *args):
        given.append(function)
        return await run(self, function, *args)

    monkeypatch.setattr(Workers, "run", counted)
    sizes = {"One. " * 100: 0, "One. " * 5000: 1, "a\n" * 300: 1, "a\r" * 300: 1}
    for text, expected in sizes.items():
        given.clear()
        assert visitor.post("/api/score", json={"text": text}).status_code == 200
        assert len(given) == expected, text[:10]
