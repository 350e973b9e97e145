from __future__ import annotations

import os

import pytest

from classifier.errors import UsageError
from classifier.schema import Document
from classifier.web.corrections import add_correction
from classifier.web.store import Articles, name_of
from tests.web.attacks import PATHS


@pytest.fixture
def articles(tmp_path) -> Articles:
    return Articles(tmp_path / "articles")


def test_an_article_comes_back_as_it_was(articles):
    given = Document(
        "", "Text \u2028 of 1.", "a.pdf", "T", "2024-01-01", "A", "O", "https://x", "en"
    )
    kept = articles.get(articles.put(given))
    assert kept is not None
    assert all(getattr(kept, n) == getattr(given, n) for n in Document.__slots__ if n != "id")


@pytest.mark.parametrize("path", PATHS)
def test_nothing_but_an_id_names_an_article(articles, tmp_path, path):
    (tmp_path / "secret").write_text("{}")
    assert articles.get(path) is None
    assert articles.get_collection(path) is None
    articles.delete(path)
    assert (tmp_path / "secret").exists()


def test_the_newest_stands_first(articles, tmp_path):
    ids = [articles.put(Document("", f"Article {n}.")) for n in range(3)]
    for age, article in enumerate(ids):
        os.utime(tmp_path / "articles" / article[:2] / f"{article}.json", (age, age))
    assert [one.name for one in articles.recent(2)] == ["Article 2.", "Article 1."]


def test_damaged_files_are_passed_over(articles, tmp_path):
    good, bad = (articles.put(Document("", f"Article {n}.")) for n in range(2))
    (tmp_path / "articles" / bad[:2] / f"{bad}.json").write_bytes(b'{"text": ')
    assert [one.id for one in articles.recent(9)] == [good]
    assert articles.get(bad) is None


def test_a_file_lists_the_articles_that_are_left(articles):
    ids = [articles.put(Document("", f"Article {n}.")) for n in range(2)]
    collection = articles.put_collection("news.csv", ids, ["row 3: no text"])
    articles.delete(ids[0])
    found = articles.get_collection(collection)
    assert found is not None
    name, kept, problems = found
    assert (name, [one.id for one in kept], problems) == ("news.csv", ids[1:], ["row 3: no text"])


def test_an_article_is_called_by_its_title_its_file_or_its_beginning():
    assert name_of(Document("", "x", "dir/a.pdf", "Title")) == "Title"
    assert name_of(Document("", "x", "dir/a.pdf")) == "a.pdf"
    assert name_of(Document("", "\n Head  line\n\nThe army said")) == "Head line"
    assert name_of(Document("", "word " * 100)).endswith("word …")


def test_a_folder_that_cannot_be_written_is_said(tmp_path):
    (tmp_path / "articles").write_text("")
    with pytest.raises(UsageError, match="cannot be written"):
        Articles(tmp_path / "articles").put(Document("", "x"))
    with pytest.raises(UsageError, match="cannot be written"):
        add_correction(tmp_path / "articles", text="x", labels=[], document="d", position=0)


def test_corrections_are_labelled_sentences(tmp_path):
    from classifier.corpus.read import read_corpus

    path = tmp_path / "corrections.jsonl"
    path.write_bytes(b'{"id": "cut off')
    for n in range(3):
        add_correction(
            tmp_path, text=f"Sentence {n}.", labels=["a"] * (n % 2), document="d", position=n
        )
    lines = path.read_bytes().split(b"\n")
    path.write_bytes(b"\n".join(lines[1:]))
    examples = read_corpus([path]).examples
    assert [e.labels for e in examples] == [(), ("a",), ()]
    assert {e.origin for e in examples} == {"correction"}
