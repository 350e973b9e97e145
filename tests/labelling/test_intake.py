"""Articles become sentences with their context; files of sentences are taken as they are."""

from __future__ import annotations

import json

import orjson
import pytest

from classifier.errors import InputError
from classifier.labelling.intake import document_items, read_items
from classifier.schema import Document
from classifier.text import Reading

ARTICLE = "The port of Velmar was shelled. Four dockers died.\nTalks go on. Rain is expected."


def test_an_article_is_split_and_each_sentence_has_its_neighbours(tmp_path):
    path = tmp_path / "a.txt"
    path.write_text(ARTICLE)
    items = list(read_items([str(path)]))
    assert [item.position for item in items] == [0, 1, 2, 3]
    third = items[2]
    assert third.text == "Talks go on."
    assert third.before == ("The port of Velmar was shelled.", "Four dockers died.")
    assert third.after == ("Rain is expected.",)
    assert items[0].before == ()
    assert items[-1].after == ()
    assert third.fields["origin"] == "real"


def test_headline_author_and_date_of_an_article_are_kept(tmp_path):
    path = tmp_path / "a.md"
    path.write_text("---\ntitle: Shells on Velmar\nauthor: Runa Odo\n---\n\nFour dockers died.\n")
    [item] = read_items([str(path)])
    assert item.headline == "Shells on Velmar"
    assert item.fields["author"] == "Runa Odo"


def test_a_headline_that_the_text_begins_with_is_shown_once():
    first, second, third = document_items(
        Document("a", "Shells on Velmar\nFour died. Rain fell.", title="Shells on Velmar")
    )
    assert (first.headline, second.headline) == ("", "Shells on Velmar")
    assert second.before == ()
    assert third.before == ("Four died.",)


def test_an_edited_article_keeps_the_ids_of_what_stayed():
    before = list(document_items(Document("a.txt", "One is here. Two is there.")))
    after = list(document_items(Document("a.txt", "Zero is new. One is here. Two is there!")))
    assert before[0].id == after[1].id
    assert before[1].id != after[2].id


def test_ids_fit_into_labelled_files_however_long_the_path():
    items = list(document_items(Document("x/" * 300 + "\x07.txt", "One is here. Two is there.")))
    assert all(len(item.id) <= 200 and len(item.document) <= 200 for item in items)
    assert items[0].document.isprintable()
    other = list(document_items(Document("y/" + "x/" * 299 + "\x07.txt", "One is here.")))
    assert other[0].document != items[0].document


def test_a_file_of_sentences_is_not_split_again(tmp_path):
    path = tmp_path / "s.jsonl"
    rows = [
        {"id": "b", "document": "d", "position": 1, "text": "Two. And a half.", "labels": ["x"]},
        {"id": "a", "document": "d", "position": 0, "text": "One.", "title": "Counting"},
        {"id": "c", "document": "e", "position": 0, "text": "Three.", "origin": "composed"},
    ]
    path.write_bytes(b"\n".join(map(orjson.dumps, rows)))
    items = {item.id: item for item in read_items([str(path)])}
    assert items["b"].text == "Two. And a half."
    assert items["b"].before == ("One.",)
    assert items["b"].headline == "Counting"
    assert items["c"].before == ()
    assert items["c"].fields["origin"] == "composed"


def test_what_esc_score_writes_is_a_file_of_sentences(tmp_path, predictor):
    from classifier.scoring.results import score_paths
    from classifier.scoring.sinks import FORMATS, Shape

    article, scored = tmp_path / "a.txt", tmp_path / "scored.jsonl"
    article.write_text(ARTICLE)
    results = score_paths(predictor, [str(article)])
    lines = FORMATS["jsonl"](results, Shape(predictor.model, predictor.labels))
    scored.write_bytes(b"".join(lines))
    from_article = list(read_items([str(article)]))
    from_scores = list(read_items([str(scored)]))
    assert [(i.id, i.text, i.before) for i in from_scores] == [
        (i.id, i.text, i.before) for i in from_article
    ]


def test_a_table_of_articles_is_read_as_articles(tmp_path):
    path = tmp_path / "a.jsonl"
    path.write_text(json.dumps({"id": "n1", "title": "Rain", "text": "It rains. It pours."}))
    items = list(read_items([str(path)], reading=Reading()))
    assert [item.text for item in items] == ["It rains.", "It pours."]
    assert items[0].headline == "Rain"


def test_a_folder_is_read_and_what_cannot_be_read_is_told(tmp_path):
    (tmp_path / "a.txt").write_text(ARTICLE)
    (tmp_path / "b.txt").write_text("   ")
    (tmp_path / "c.jsonl").write_text('{"text": "One.", "position": 0}\n{"text": 3}\n')
    problems = []
    items = list(read_items([str(tmp_path), str(tmp_path / "gone.txt")], problems.append))
    assert len(items) == 4
    assert [str(p).count("\n") for p in problems] == [0, 0, 0]
    with pytest.raises(InputError, match="no such file"):
        list(read_items([str(tmp_path / "gone.txt")]))
