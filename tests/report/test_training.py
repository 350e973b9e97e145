"""The training report: whole, self-contained, honest about what may be printed."""

from __future__ import annotations

import re
import subprocess
import sys
from dataclasses import replace
from html.parser import HTMLParser

import numpy as np
import pytest

from classifier.errors import UsageError
from classifier.model.settings import FeatureSettings
from classifier.model.studies import studied
from classifier.model.train import train
from classifier.report.colours import CONTRAST, contrast, visible
from classifier.report.figures import check_matplotlib, learning_figure
from classifier.report.label import plain_words
from classifier.report.mistakes import held_out_mistakes
from classifier.report.studies import study_lines
from classifier.report.training import MISTAKES, evaluation_report, training_report
from classifier.schema import Label, LabelSet
from classifier.scoring.measure import measure
from tests.conftest import QUICK

VOID = {"meta", "br"}
SETTINGS = replace(QUICK, C=(10.0,), target=("real",), features=FeatureSettings(char_ngrams=(3, 3)))


class Page(HTMLParser):
    """Checks nesting, collects ids, links and attributes."""

    def __init__(self, text):
        super().__init__()
        self.open, self.ids, self.tags, self.attributes = [], [], [], []
        self.feed(text)
        self.close()
        assert self.open == []

    def handle_starttag(self, tag, attrs):
        self.tags.append(tag)
        self.attributes += [(tag, name, value or "") for name, value in attrs]
        self.ids += [value for name, value in attrs if name == "id"]
        if tag not in VOID:
            self.open.append(tag)

    def handle_startendtag(self, tag, attrs):
        self.tags.append(tag)
        self.attributes += [(tag, name, value or "") for name, value in attrs]
        self.ids += [value for name, value in attrs if name == "id"]

    def handle_endtag(self, tag):
        assert self.open.pop() == tag


@pytest.fixture(scope="module")
def mixed(corpus):
    """Every other document is real, and its sentences carry a mark that must never be printed."""
    half = set(sorted({e.document for e in corpus.examples})[::2])
    examples = tuple(
        replace(e, origin="real", text=f"Secretmark {e.text}", outlet="The <Daily> & $x$ Post")
        if e.document in half
        else replace(e, outlet="Own")
        for e in corpus.examples
    )
    return replace(corpus, examples=examples)


@pytest.fixture(scope="module")
def run(mixed):
    trained = train(mixed, SETTINGS)
    return studied(trained, mixed, curve=True, fields=["theatre", "outlet"])


@pytest.fixture(scope="module")
def text(run, mixed):
    return training_report(run, mixed, "0123456789ab")


def plain(text):
    return " ".join(re.sub(r"<style.*?</style>|<[^>]+>", " ", text, flags=re.DOTALL).split())


def test_the_page_is_well_formed_and_ids_are_unique(text):
    page = Page(text)
    assert len(page.ids) == len(set(page.ids))
    targets = {v[1:] for _, n, v in page.attributes if n == "href"}
    assert targets
    assert targets <= set(page.ids)
    used = set(re.findall(r"url\(#([^)]+)\)", text))
    assert used
    assert used <= set(page.ids)


def test_nothing_comes_from_outside_and_nothing_runs(text):
    page = Page(text)
    assert "script" not in page.tags
    assert not {"link", "img", "iframe", "object", "base", "form"} & set(page.tags)
    assert not re.search(r"https?:|//www|@import|url\((?!#)", text)
    assert not [n for _, n, _ in page.attributes if n.startswith("on") or n == "src"]
    policy = "default-src 'none'; style-src 'unsafe-inline'"
    assert ("meta", "content", policy) in page.attributes


def test_every_figure_has_words_for_those_who_do_not_see_it(text, run):
    page = Page(text)
    pictures = page.tags.count("svg")
    assert pictures == 2 * len(run.model.labels) + 1 + 2
    said = [v for tag, n, v in page.attributes if tag == "svg" and n == "aria-label"]
    assert len([v for v in said if len(v) > 40]) == pictures


def test_sections_are_those_asked_for(text, run, mixed):
    for words in ("What more data would bring", "By theatre", "By outlet", "The worst mistakes"):
        assert words in text
    bare = replace(run, model=replace(run.model, about=without_studies(run.model.about)))
    found = training_report(bare, mixed, "")
    assert "What more data would bring" not in found
    assert "never seen</h2>" not in found


def without_studies(about):
    return {k: v for k, v in about.items() if k not in ("learning_curve", "leave_out")}


def test_sentences_of_others_are_never_printed(text, run, mixed):
    assert "ecretmark" not in re.sub(r"<code>secretmark\b[^<]*</code>", "", text)
    found = held_out_mistakes(run, mixed, MISTAKES)
    assert 0 < len(found) <= 2 * MISTAKES
    assert {m.example.origin for m in found} == {"composed"}
    for m in found:
        assert m.example.id in text


def test_real_sentences_alone_leave_no_mistake_to_print(predictor, mixed):
    real = replace(mixed, examples=tuple(e for e in mixed.examples if e.origin == "real"))
    found = evaluation_report(predictor, real, measure(predictor, real, bootstrap=0))
    assert "None can be shown" in found
    assert "ecretmark" not in found


def test_mistakes_are_misses_and_false_alarms_of_a_model_that_did_not_see_them(run, mixed):
    found = held_out_mistakes(run, mixed, 4)
    kinds = [m.label in m.example.labels for m in found]
    assert kinds == sorted(kinds, reverse=True)
    assert len(set(kinds)) == 2
    rows = [row for row, e in enumerate(mixed.examples) if e.document == found[0].example.document]
    smaller = run.without(np.array(rows))
    assert smaller.intercept.tolist() != run.model.intercept.tolist()


def test_names_from_the_data_are_escaped(text):
    assert "The <Daily>" not in text
    assert "The &lt;Daily&gt; &amp; $x$ Post" in text


def test_the_figures_stand_in_plain_words(text, run):
    words = plain(text)
    for name, found in run.model.about["figures"]["labels"].items():
        title = next(label.title for label in run.model.labels if label.name == name)
        share = round(100 * found["precision"]["value"])
        assert re.search(
            rf"100 sentences that it flags as “{title}”, +{share} +are \(likely", words
        )
    assert "0123456789ab" in words
    assert "the figures are measured on these" in words


def test_false_alarms_are_said_where_documents_carry_no_label(broad, broad_corpus):
    alarms = broad.model.about["figures"]["false_alarms"]
    words = plain(training_report(broad, broad_corpus, "0123456789ab"))
    share, count = alarms["share"]["value"], alarms["sentences"]
    assert f"False alarms: {share:.1%} (" in words
    assert f"of {count} sentences of {alarms['documents']} documents that carry no label" in words


def test_kinds_of_words_are_shown_with_words_that_training_has(text, run):
    found = plain(text)
    assert "Kinds of words that weigh most" in found
    model = run.model
    known = set(model.blocks["word"].terms())
    shown = re.findall(r"<li><code>(‹[^<]+›)</code> ([^<]+)</li>", text)
    assert len(shown) > 5
    for name, listed in shown:
        words = listed.split(", ")
        assert set(words) <= set(model.classes.members(name)) & known
        assert len(set(words)) == len(words) > 1


def test_plain_words_count_in_hundreds():
    interval = {"value": 0.57, "low": 0.52, "high": 0.63}
    found = {
        "precision": interval,
        "recall": {"value": 0.4, "low": None, "high": None},
        "average_precision": interval,
        "support": 12,
    }
    facts = " ".join(plain_words("Red <line>", found, 1000, 8))
    assert "Of 100 sentences that it flags as “Red &lt;line&gt;”, <b>57</b> are (likely 52" in facts
    assert "it finds <b>40</b>." in facts
    assert "Only 12 sentences carry the label" in facts
    assert "flags no sentence" in plain_words("x", found, 1000, 0)[0]


def test_it_says_of_how_many_sentences_without_labels_the_model_learnt(text, run, mixed):
    assert "without labels it learnt" not in text
    about = run.model.about
    about = about | {"settings": about["settings"] | {"self_training": 0.3}}
    about |= {"data": about["data"] | {"unlabelled": 1200, "taught": 200}}
    model = replace(run.model, about=about)
    page = plain(training_report(replace(run, model=model), mixed, "0"))
    assert "Of 1,000 sentences without labels it learnt" in page
    assert "Of 200 it learnt what another model, its teacher," in page


def test_same_run_same_page(text, run, mixed):
    assert training_report(run, mixed, "0123456789ab") == text


def test_exclusive_labels_have_a_report(exclusive_corpus):
    trained = train(exclusive_corpus, replace(QUICK, C=(10.0,)))
    found = training_report(trained, exclusive_corpus, "")
    Page(found)
    assert "the label with the highest probability is taken" in found
    assert "one of 3 labels" in found


def test_a_label_that_does_not_occur_is_said(predictor, corpus):
    name = corpus.labels.names[1]
    examples = tuple(e for e in corpus.examples if name not in e.labels)
    part = replace(corpus, examples=examples)
    found = evaluation_report(predictor, part, measure(predictor, part, bootstrap=20))
    Page(found)
    assert "No sentence carries this label here" in found
    assert "Evaluation report" in found


def test_labels_in_letters_that_matplotlib_lacks_raise_no_warning(run):
    labels = LabelSet(tuple(replace(x, title=f"停火 {i}") for i, x in enumerate(run.model.labels)))
    points = run.model.about["learning_curve"]["points"]
    assert "停火 3" in learning_figure(points, labels)


def test_studies_are_printed_as_tables(run):
    words = "\n".join(study_lines(run.model.about))
    assert "learning curve over documents of the target, 3 folds, not nested" in words
    for theatre in run.model.about["leave_out"]["theatre"]["values"]:
        assert theatre in words
    assert "all of them" in words
    assert list(study_lines(without_studies(run.model.about))) == []


def test_a_missing_matplotlib_is_said_in_one_line(monkeypatch):
    monkeypatch.setitem(sys.modules, "matplotlib", None)
    monkeypatch.setitem(sys.modules, "matplotlib.figure", None)
    with pytest.raises(UsageError, match=r"pip install 'escalation-classifier\[report\]'"):
        check_matplotlib()


def test_the_report_is_imported_without_matplotlib():
    code = (
        "import sys, classifier.report.training; "
        "sys.exit(any(m.startswith('matplotlib') for m in sys.modules))"
    )
    assert subprocess.run([sys.executable, "-c", code], check=False).returncode == 0


@pytest.mark.parametrize("colour", ["#000000", "#ffffff", "#f0e442", "#0072b2", "#888888"])
@pytest.mark.parametrize("paper", ["#ffffff", "#161616"])
def test_colours_can_be_seen(colour, paper):
    assert contrast(visible(colour, paper), paper) >= CONTRAST


def test_a_colour_that_can_be_seen_stays():
    assert visible("#0072b2", "#ffffff") == "#0072b2"
    assert contrast("#000000", "#ffffff") == pytest.approx(21)
    assert Label("a").colour == "#888888"
