"""The HTML page: whole in itself, true to the model, and safe whatever the text."""

from __future__ import annotations

from dataclasses import replace
from html.parser import HTMLParser

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from classifier.report.article import article_html
from classifier.schema import Contribution, Document, Explanation, Label, LabelSet
from classifier.scoring.explain import rows_beside
from classifier.scoring.inspection import inspect
from classifier.scoring.results import Result

HOSTILE = "\"'><script>alert(1)</script><img src=x onerror=alert(1)>&amp;</style><b>"
TEXT = "Rockets fell on the harbour of Tiel. Both envoys left. Nobody bought bread."
VOID = {"meta", "br", "img", "link", "input", "hr", "base"}


class Page(HTMLParser):
    """Every tag with its attributes, the text, and whether the tags are closed in order."""

    def __init__(self, text):
        super().__init__()
        self.tags, self.texts, self.open = [], [], []
        self.feed(text)
        self.close()

    def handle_starttag(self, tag, attributes):
        self.tags.append((tag, dict(attributes)))
        if tag not in VOID:
            self.open.append(tag)

    def handle_endtag(self, tag):
        assert self.open.pop() == tag

    def handle_data(self, data):
        self.texts.append(data)

    @property
    def text(self):
        return "".join(self.texts)


ALLOWED = {
    *("html", "head", "meta", "title", "style", "body", "h1", "h2", "h3", "p", "table", "tr", "td"),
    *("div", "a", "details", "summary", "span", "mark", "th", "thead", "tbody"),
}


def page_of(predictor, text=TEXT, name="article.txt", top=5, model=None):
    result = Result(Document(name, text), tuple(predictor.predict(text)))
    inspected = inspect(predictor, result)
    return article_html([(result, inspected)], model or predictor.model, top)


def check_safe(html):
    page = Page(html)
    assert page.open == []
    assert {tag for tag, _ in page.tags} <= ALLOWED
    for _, attributes in page.tags:
        assert not any(name.startswith("on") or name == "src" for name in attributes)
        assert attributes.get("href", "#").startswith("#")
    return page


def test_page_is_whole_and_shows_every_sentence(predictor):
    page = check_safe(page_of(predictor))
    for sentence in ("Rockets fell on the harbour of Tiel.", "Nobody bought bread."):
        assert sentence in page.text
    assert sum(tag == "details" for tag, _ in page.tags) == 3
    assert "3 sentences" in page.text


def test_no_outside_resource_and_a_strict_policy(predictor):
    html = page_of(predictor)
    page = Page(html)
    [policy] = [
        a["content"] for _, a in page.tags if a.get("http-equiv") == "Content-Security-Policy"
    ]
    assert "default-src 'none'" in policy
    assert "script-src" not in policy
    lower = html.lower()
    for outside in (
        "http://",
        "https://",
        "url(",
        "@import",
        "<script",
        "<link",
        "<iframe",
        " src",
    ):
        assert outside not in lower


def test_policy_stands_before_the_styles(predictor):
    html = page_of(predictor)
    assert html.index("Content-Security-Policy") < html.index("<style>")


def test_hostile_text_and_name_stay_text(predictor):
    page = check_safe(page_of(predictor, f"The troops {HOSTILE} struck.", HOSTILE))
    assert page.text.count("<script>alert(1)</script>") >= 2
    assert "&amp;</style><b>" in page.text


def test_hostile_terms_labels_and_model_names_stay_text(predictor):
    labels = LabelSet((Label("<i>x</i>", HOSTILE, HOSTILE), Label("b<", "B", "")))
    model = replace(predictor.model, name=HOSTILE, labels=labels, fingerprint="<u>")
    text = "Fire."
    [prediction] = predictor.predict(text)
    prediction = replace(
        prediction, probabilities={"<i>x</i>": 0.9, "b<": 0.2}, decisions=("<i>x</i>",)
    )
    explanation = Explanation(
        "<i>x</i>", 0.9, 0.5, 2.0, 1.0, (Contribution("<img src=x>", "word", 1.0, 1, ((0, 4),)),)
    )
    result = Result(Document("d", text), (prediction,))
    page = check_safe(article_html([(result, [(prediction, [explanation])])], model, 5))
    assert "<img␣src=x>" in page.text
    assert page.text.count(HOSTILE) >= 2


@given(text=st.text(min_size=1), name=st.text(min_size=1, max_size=20))
@settings(max_examples=60)
@example(text="a < b && c > d 'e' \"f\" <!-- g --> <![CDATA[", name="]]>\"'<!--")
def test_any_text_is_safe(predictor, text, name):
    check_safe(page_of(predictor, text, name))


def test_links_of_the_overview_lead_to_the_sentences(predictor):
    page = Page(page_of(predictor, name='odd "name" <1>.txt'))
    targets = {a["id"] for tag, a in page.tags if tag == "details"}
    links = [a["href"][1:] for tag, a in page.tags if tag == "a"]
    assert len(links) == 3
    assert set(links) == targets


def test_decided_labels_are_tagged_with_their_probability(predictor):
    low = predictor.with_thresholds(dict.fromkeys(predictor.labels, 0.0))
    page = Page(page_of(low))
    prediction = predictor.predict(TEXT)[0]
    for label in predictor.model.labels:
        assert f"{label.title} {prediction.probabilities[label.name]:.2f}" in page.text
        assert f"{label.name}: yes" in page.text


def test_numbers_of_an_explanation_sum_up(predictor):
    text = "Rockets fell on the harbour of Tiel."
    result = Result(Document("d", text), tuple(predictor.predict(text)))
    inspected = inspect(predictor, result, None, [predictor.labels[0]])
    html = article_html([(result, inspected)], predictor.model, 4)
    cells = [part.split("<")[0] for part in html.split('<td class="n">')[1:]]
    numbers = [float(cell) for cell in cells]
    [[_, [explanation]]] = inspected
    assert len(numbers) == 4 + 3 + len(rows_beside(explanation))
    assert sum(numbers[:-1]) == pytest.approx(numbers[-1], abs=0.005)


def test_marks_tell_what_raised_and_what_lowered(predictor):
    page = Page(page_of(predictor))
    marks = [a for tag, a in page.tags if tag == "mark"]
    assert marks
    for mark in marks:
        assert (mark["class"] == "up") == (float(mark["title"]) > 0)
        assert 0.05 <= float(mark["style"].removeprefix("--w:")) <= 1


def test_exclusive_model_shows_no_threshold(predictors):
    assert ", threshold" not in page_of(predictors["three"])
    assert ", threshold" in page_of(predictors["multi"])


def test_several_documents_and_none(predictor):
    first, second = (
        Result(Document(name, TEXT), tuple(predictor.predict(TEXT))) for name in ("one", "two")
    )
    page = check_safe(article_html([(first, []), (second, [])], predictor.model, 3))
    assert "one, two" in page.text
    check_safe(article_html([], predictor.model, 3))


def test_documents_of_alike_names_have_anchors_of_their_own(predictor):
    results = [
        Result(Document(name, TEXT), tuple(predictor.predict(TEXT))) for name in ("a b", "a_b")
    ]
    page = Page(article_html([(r, inspect(predictor, r)) for r in results], predictor.model, 3))
    anchors = [a["id"] for tag, a in page.tags if tag == "details"]
    assert len(set(anchors)) == len(anchors) == 6
