from __future__ import annotations

from classifier.schema import Label, LabelSet
from classifier.web.site import label_css, marks


def test_labels_that_begin_alike_get_longer_signs():
    names = ("aid", "air", "aim", "aid")
    assert marks(LabelSet(tuple(Label(n) for n in names))) == ("1", "Air", "Aim", "4")


def test_each_label_has_a_colour_for_light_and_for_dark_and_a_line():
    css = label_css(LabelSet((Label("a", colour="#0072b2"), Label("b", colour="#d55e00"))))
    light, dark = css.split("@media")
    assert light.count("--label:#") == dark.count("--label:#") == 2
    assert "--line:solid" in light
    assert "--line:double" in light


def test_the_colours_follow_the_model(visitor):
    fingerprint = visitor.app.state.site.predictor.model.fingerprint
    kept = visitor.get(f"/labels.css?v={fingerprint}")
    assert "immutable" in kept.headers["cache-control"]
    assert visitor.get("/labels.css?v=old").headers["cache-control"] == "no-cache"


def test_unknown_addresses_are_pages_for_people_and_json_for_programs(visitor):
    page = visitor.get("/nothing<script>")
    assert page.status_code == 404
    assert "Not found" in page.text
    assert "<script>" not in page.text.split("</head>")[1]
    found = visitor.get("/api/nothing")
    assert found.status_code == 404
    assert found.json() == {"error": {"code": "not_found", "message": "There is nothing here."}}


def test_what_breaks_inside_is_told_without_its_insides(visitor):
    @visitor.app.get("/api/broken")
    def broken():
        raise RuntimeError("a secret of the inside")

    answer = visitor.get("/api/broken")
    assert answer.status_code == 500
    assert answer.json()["error"]["code"] == "internal"
    assert "secret" not in answer.text
