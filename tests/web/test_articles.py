from __future__ import annotations

import csv
import gzip
import io
import json
import re
import tempfile
import threading
import time
from dataclasses import replace
from functools import partial
from html.parser import HTMLParser
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer

import pytest

from classifier.scoring import Predictor
from classifier.web.app import PAGES
from tests.text import writers
from tests.web.attacks import PATHS, SCRIPTS
from tests.web.conftest import csrf

ARTICLE = (
    "The army shelled the port of Velmar on Monday, killing four dockers and a pilot.\n\n"
    "Rice is dear in the delta. Ostrava warned that any strike on its soil would cross a red line "
    "and be met with a crushing response."
)


def give(visitor, **fields):
    files = fields.pop("files", None)
    return visitor.post("/articles", data={"csrf": csrf(visitor), **fields}, files=files)


@pytest.fixture
def article(visitor) -> str:
    """The address of an article that was given."""
    answer = give(visitor, text=ARTICLE, title="War & peace")
    assert answer.status_code == 303
    return answer.headers["location"]


def test_an_article_is_shown_with_its_signals(visitor, article):
    page = visitor.get(article).text
    assert "<h1>War &amp; peace</h1>" in page
    marked = dict(re.findall(r'id="s(\d)" class="(s[^"]*)"', page))
    assert marked == {"0": "s yes c0", "1": "s", "2": "s yes c1"}
    assert page.count("<p><a") + page.count("<p>\n<a") == 2
    assert "3 sentences" in page


def test_the_same_article_has_the_same_address(visitor, article):
    assert give(visitor, text=ARTICLE, title="War & peace").headers["location"] == article
    assert give(visitor, text=ARTICLE, title="Other").headers["location"] != article


def test_line_ends_of_a_browser_are_those_of_the_text(visitor, article):
    text = ARTICLE.replace("\n", "\r\n")
    assert give(visitor, text=text, title="War & peace").headers["location"] == article


def test_a_stored_article_outlives_the_server(open_site, tmp_path, visitor, article):
    assert open_site().get(article).status_code == 200
    assert open_site(data=tmp_path / "elsewhere").get(article).status_code == 404


def test_articles_are_listed_and_forgotten(visitor, article):
    assert article in visitor.get("/articles").text
    assert visitor.post(article + "/delete").status_code == 403
    assert visitor.post(article + "/delete", data={"csrf": csrf(visitor)}).status_code == 303
    assert article not in visitor.get("/articles").text
    assert visitor.get(article).status_code == 404


def test_thresholds_of_the_address_decide(visitor, article):
    page = visitor.get(article, params={"t": "battlefield_claim:0.9999"}).text
    assert 'id="s0" class="s"' in page
    for wrong in (
        "battlefield_claim",
        "nothing:0.5",
        "battlefield_claim:2",
        ":",
        "battlefield_claim:nan",
    ):
        assert visitor.get(article, params={"t": wrong}).status_code == 400
    for many in ("x" * 301, ["battlefield_claim:0.5"] * 1001):
        assert visitor.get(article, params={"t": many}).status_code == 422


def test_an_article_is_scored_once_for_all_that_is_seen_of_it(visitor, article, monkeypatch):
    scored = []
    predict = Predictor.predict
    monkeypatch.setattr(
        Predictor, "predict", lambda self, *given: scored.append(given[0]) or predict(self, *given)
    )
    for path in ("", "/sentences/0", "/sentences/2", "/download/csv"):
        assert visitor.get(article + path).status_code == 200
    assert scored == [ARTICLE]
    other = {"t": "red_line_warning:0.99999"}
    assert "red line" in visitor.get(article + "/sentences/2", params=other).text
    assert scored == [ARTICLE] * 2
    visitor.post(article + "/delete", data={"csrf": csrf(visitor)})
    give(visitor, text=ARTICLE, title="War & peace")
    assert visitor.get(article).status_code == 200
    assert scored == [ARTICLE] * 3


def test_an_article_of_very_many_sentences_is_shown_in_part(visitor):
    address = give(visitor, text="Aha\n" * 6010).headers["location"]
    page = visitor.get(address).text
    assert page.count('<a id="s') == 6000
    assert "the other 10 too" in page
    assert visitor.get(address + "/download/csv").text.count("\n") == 6011


def test_the_page_knows_probabilities_as_exactly_as_its_downloads(visitor, article):
    shown = re.findall(r'data-p="([^"]+)"', visitor.get(article).text)
    rows = visitor.get(article + "/download/jsonl").text.splitlines()
    sent = [list(json.loads(row)["probabilities"].values()) for row in rows]
    assert [[float(p) for p in one.split()] for one in shown] == sent


def test_a_sentence_is_explained_by_the_model_and_the_codebook(visitor, article):
    whole = visitor.get(article + "/sentences/2")
    piece = visitor.get(article + "/sentences/2", headers={"hx-request": "true"})
    assert "<html" in whole.text
    assert "<html" not in piece.text
    text = piece.text
    assert text.index("Red-line warning") < text.index("Battlefield claim")
    assert re.search(r'<mark class="up\d"[^>]*>warned</mark>', text)
    assert "Three things make a warning" in text
    assert "Similar labelled sentences" in text
    terms = re.findall(r'<td class="n">([+-][\d.]+)</td>', text.split("</tbody>")[0])
    *parts, total = map(float, terms)
    assert sum(parts) == pytest.approx(total, abs=0.02)


@pytest.mark.parametrize("number", ["3", "-1", "99999999999999999999999"])
def test_a_sentence_that_is_not_there_is_not_found(visitor, article, number):
    assert visitor.get(f"{article}/sentences/{number}").status_code == 404


def test_a_wrong_label_goes_into_the_queue(visitor, article, tmp_path):
    sent = {"csrf": csrf(visitor), "label": ["diplomatic_signal"], "annotator": " Ada "}
    answer = visitor.post(article + "/sentences/1/correction", data=sent)
    assert answer.status_code == 200
    [line] = (tmp_path / "data" / "corrections.jsonl").read_text().splitlines()
    row = json.loads(line)
    assert row["text"] == "Rice is dear in the delta."
    assert row["labels"] == ["diplomatic_signal"]
    assert row["annotator"] == "Ada"
    assert row["context"] == [ARTICLE.split("\n")[0]]
    assert row["document"] == article.rsplit("/", 1)[1]


def test_no_label_is_an_answer_and_an_unknown_one_is_not(visitor, article, tmp_path):
    place = article + "/sentences/0/correction"
    assert visitor.post(place, data={"csrf": csrf(visitor)}).status_code == 200
    assert visitor.post(place, data={"csrf": csrf(visitor), "label": "x"}).status_code == 400
    assert len((tmp_path / "data" / "corrections.jsonl").read_text().splitlines()) == 1


@pytest.mark.parametrize("form", ["csv", "jsonl", "json", "html"])
def test_signals_are_downloaded(visitor, article, form):
    answer = visitor.get(f"{article}/download/{form}")
    assert answer.headers["content-disposition"] == f'attachment; filename="War-peace.{form}"'
    text = answer.text
    if form == "csv":
        rows = list(csv.DictReader(io.StringIO(text)))
        assert [row["red_line_warning_decision"] for row in rows] == ["0", "0", "1"]
    elif form == "jsonl":
        decisions = [json.loads(line)["decisions"] for line in text.splitlines()]
        assert decisions == [["battlefield_claim"], [], ["red_line_warning"]]
    elif form == "json":
        assert json.loads(text)["documents"][0]["title"] == "War & peace"
    else:
        assert "red line" in re.sub("<[^>]*>", "", text)


def test_a_downloaded_page_calls_the_article_what_its_page_does(visitor):
    address = give(visitor, text=ARTICLE).headers["location"]
    name = re.search("<h1>(.*?)</h1>", visitor.get(address).text)[1]
    assert name.startswith("The army shelled")
    assert f"<title>{name}</title>" in visitor.get(address + "/download/html").text
    [first, *_] = visitor.get(address + "/download/jsonl").text.splitlines()
    assert json.loads(first)["title"] == ""


def test_downloads_follow_the_thresholds(visitor, article):
    query = {"t": "red_line_warning:0.99999"}
    text = visitor.get(article + "/download/jsonl", params=query).text
    assert json.loads(text.splitlines()[2])["decisions"] == []
    assert visitor.get(article + "/download/exe").status_code == 404


MADE = {
    "a.txt": lambda: "\n".join(writers.STORY).encode(),
    "b.HTML": writers.html,
    "c.pdf": writers.flowing_pdf,
    "d.docx": writers.docx,
    "e.rss": writers.feed,
    "f.csv.gz": lambda: gzip.compress(writers.separated(";")),
    "g.warc.gz": lambda: writers.warc(gzip=True),
}


@pytest.mark.parametrize("name", MADE)
def test_files_are_read(visitor, name):
    answer = give(visitor, files={"file": (name, MADE[name]())})
    assert answer.status_code == 303
    page = visitor.get(answer.headers["location"]).text
    if "/collections/" in answer.headers["location"]:
        first = re.search(r'href="(/articles/[0-9a-f]{32})"', page)
        page = visitor.get(first[1]).text
    assert "port of Velmar" in page
    assert "/tmp/" not in page


@pytest.mark.parametrize(
    ("name", "data", "said"),
    [
        ("bomb.txt.gz", gzip.compress(bytes(70 << 20)), "larger than 64 MB"),
        ("cut.pdf", b"%PDF-1.7\n1 0 obj\n<<", "damaged"),
        ("other.docx", b"PK\x03\x04" + bytes(64), "damaged"),
        ("picture.txt", b"\x89PNG\r\n\x1a\n" + bytes(64), "a PNG image"),
        ("script.html", b"<html><script>x</script></html>", "no text in it"),
        ("noise.txt", bytes(range(128, 256)), "not valid"),
        ("deep.json", b"[" * 100_000, "not JSON"),
        ("empty.csv", b"", "no rows"),
    ],
)
def test_hostile_files_are_refused_in_one_sentence(visitor, name, data, said):
    answer = give(visitor, files={"file": (name, data)})
    assert answer.status_code == 422
    [shown] = re.findall(r'role="alert">(.*?)</div>', answer.text)
    assert said in shown
    assert shown.startswith(name)
    assert "/tmp/" not in shown


@pytest.mark.parametrize(
    "name", ["../../secret", "..\\..\\secret.txt", "/etc/passwd", "a\0b.txt", ".", "x" * 4000, "-"]
)
def test_the_name_of_a_file_is_only_a_name(visitor, name, tmp_path, monkeypatch):
    # So deep that a name which climbs would be seen.
    folder = tmp_path / "a" / "b" / "c"
    folder.mkdir(parents=True)
    monkeypatch.setattr(tempfile, "tempdir", str(folder))
    before = {path for path in tmp_path.rglob("*") if "articles" not in path.parts}
    answer = give(visitor, files={"file": (name, ARTICLE.encode())})
    assert answer.status_code == 303
    assert visitor.get(answer.headers["location"]).status_code == 200
    after = {path for path in tmp_path.rglob("*") if "articles" not in path.parts}
    assert {path.name for path in after - before} <= {"data", "secret"}


def test_an_article_that_cannot_be_read_leaves_the_form_as_it_was(visitor):
    answer = give(visitor, text="   ", title="Kept")
    assert answer.status_code == 422
    assert "no text in it" in answer.text
    assert 'value="Kept"' in answer.text
    assert "NUL" in give(visitor, text="a\0b").text


def test_a_long_article_is_refused_with_a_way_out(open_site):
    answer = give(open_site(max_characters=1000), text="A word. " * 200)
    assert answer.status_code == 422
    assert "esc score takes more" in answer.text


def test_only_so_many_articles_of_a_file_are_taken(open_site):
    visitor = open_site(max_documents=2)
    rows = "".join(json.dumps({"text": f"{ARTICLE} {n}"}) + "\n" for n in range(5))
    answer = give(visitor, files={"file": ("many.jsonl", rows)})
    page = visitor.get(answer.headers["location"]).text
    assert "2 articles in it" in page
    assert "only its first 2 articles were read" in page


@pytest.mark.parametrize(
    ("name", "data"),
    [
        ("deep.html", b"<div>" * 400_000),
        ("blank.csv.gz", gzip.compress(b"text\n" + b"\n" * (400 << 20), 1)),
        ("bad.jsonl", b"[]\n" * 3_000_000),
    ],
)
def test_a_file_that_takes_long_frees_its_thread(open_site, name, data):
    visitor = open_site(seconds=1)
    answer = give(visitor, files={"file": (name, data)})
    assert answer.status_code in (422, 504)
    assert "takes longer than" in answer.text.lower()
    workers = visitor.app.state.site.workers
    until = time.monotonic() + 8
    while len(workers._free) < len(workers._parsers) and time.monotonic() < until:
        time.sleep(0.05)
    assert len(workers._free) == len(workers._parsers)


def test_addresses_are_fetched_only_where_that_was_allowed(visitor, open_site):
    assert "esc serve --allow-urls" in give(visitor, url="https://example.com/").text
    allowing = open_site(allow_urls=True)
    said = give(allowing, url="http://127.0.0.1:1/").text
    assert "is not a public address" in said
    assert "expected an address" in give(allowing, url="file:///etc/passwd").text


def test_an_address_is_fetched_and_read(open_site, tmp_path):
    (tmp_path / "page.html").write_bytes(writers.html())
    handler = partial(SimpleHTTPRequestHandler, directory=tmp_path)
    with ThreadingHTTPServer(("127.0.0.1", 0), handler) as server:
        thread = threading.Thread(target=server.serve_forever)
        thread.start()
        visitor = open_site(allow_urls=True, allow_private=True)
        url = f"http://127.0.0.1:{server.server_address[1]}/page.html"
        answer = give(visitor, url=url)
        server.shutdown()
        thread.join()
    page = visitor.get(answer.headers["location"]).text
    assert f"<h1>{writers.TITLE}</h1>" in page
    assert url in page
    assert "Ada Lind" in page


def test_another_language_is_said(visitor):
    text = "Die Armee hat am Montag den Hafen beschossen und dabei vier Arbeiter getötet. " * 3
    answer = give(visitor, text=text)
    assert "does not seem to be in English" in visitor.get(answer.headers["location"]).text


class Shapes(HTMLParser):
    """The elements of a page, each with the names of its attributes, as a browser finds them."""

    def __init__(self, page):
        super().__init__()
        self.found, self.addresses = set(), []
        self.feed(page)

    def handle_starttag(self, tag, attrs):
        self.found.add((tag, tuple(sorted(name for name, _ in attrs))))
        self.addresses += [value for name, value in attrs if name in ("href", "src", "action")]


def pages_of(visitor, text, title):
    address = give(visitor, text=text, title=title).headers["location"]
    yield visitor.get(address).text
    yield visitor.get("/articles").text
    yield visitor.get(address + "/sentences/0").text
    yield give(visitor, text="\0" + text, title=title).text


def test_what_an_article_says_is_never_markup(visitor):
    plain = "The army said it had shelled the port on Monday. Rain fell. We will strike back if"
    known = {
        shape
        for page in pages_of(visitor, f"{plain}\n\n{ARTICLE}", "A")
        for shape in Shapes(page).found
    }
    for attack in SCRIPTS:
        text = f"The army said {attack} on Monday, or it will respond. {attack}"
        for page in pages_of(visitor, text, attack):
            seen = Shapes(page)
            assert seen.found <= known, attack
            assert all(one.startswith(("/", "#")) for one in seen.addresses), attack
            assert "7 * 7" in page or "{{" not in attack


@pytest.mark.parametrize("path", PATHS)
def test_no_address_leads_out_of_the_folder(visitor, path):
    for where in ("/articles/{}", "/articles/collections/{}", "/static/{}", "/articles/{}/x"):
        answer = visitor.get(where.format(path))
        assert answer.status_code in (400, 404), where
        assert "root:" not in answer.text


def test_every_change_needs_the_token_of_the_page(visitor, article):
    routes = [route for router in PAGES for route in router.routes if "POST" in route.methods]
    assert len(routes) >= 3
    for route in routes:
        address = route.path.replace("/articles/{article}", article).replace("{number}", "0")
        for sent in ({}, {"csrf": "0" * 64}, {"csrf": ""}):
            assert visitor.post(address, data=sent).status_code == 403, route.path
        wrong = {"x-csrf-token": "guess"}
        assert visitor.post(address, data={}, headers=wrong).status_code == 403


def test_a_model_with_exclusive_labels_has_no_thresholds(open_site, predictors):
    visitor = open_site(predictors["three"])
    address = give(visitor, text=ARTICLE).headers["location"]
    page = visitor.get(address).text
    assert 'type="range"' not in page
    assert "the most probable label of their sentence" in page
    detail = visitor.get(address + "/sentences/0").text
    assert 'type="radio"' in detail
    two = {"csrf": csrf(visitor), "label": list(predictors["three"].labels[:2])}
    assert visitor.post(address + "/sentences/0/correction", data=two).status_code == 400


def test_a_model_that_owes_each_sentence_a_label_says_why_it_gave_one(open_site, predictor):
    labels = replace(predictor.model.labels, at_least_one=True)
    visitor = open_site(Predictor(replace(predictor.model, labels=labels)))
    address = give(visitor, text=ARTICLE).headers["location"]
    high = "&".join(f"t={name}:1" for name in labels.names)
    page = visitor.get(f"{address}?{high}").text
    assert "come nearest to it in a sentence in which none does" in page
    assert "data-at-least-one" in page
    assert re.search(r'class="s yes c\d"', page)
    assert 'class="s"' not in page
    detail = " ".join(visitor.get(f"{address}/sentences/0?{high}").text.split())
    assert detail.count("none reached its threshold, and this one came nearest. ") == 1
    assert not re.search(r"[a-z0-9]\.[A-Z]", re.sub(r"<[^>]+>", " ", detail))
    plain = " ".join(visitor.get(f"{address}/sentences/0").text.split())
    assert not re.search(r"[a-z0-9]\.[A-Z]", re.sub(r"<[^>]+>", " ", plain))
    assert "this one came nearest" not in plain
    assert (
        visitor.post(address + "/sentences/0/correction", data={"csrf": csrf(visitor)}).status_code
        == 400
    )


def test_a_page_weighs_little(visitor, article):
    seen = {article}
    total = 0
    queue = [article]
    while queue:
        answer = visitor.get(queue.pop())
        total += len(answer.content)
        for found in re.findall(r'(?:src|rel="(?:icon|stylesheet)" href)="([^"]+)"', answer.text):
            if found not in seen:
                assert found.startswith("/")
                seen.add(found)
                queue.append(found)
    assert len(seen) > 5
    assert total < 300_000
