from __future__ import annotations

from classifier.schema import Document
from classifier.web import output
from classifier.web.site import score

ARTICLE = (
    "No talks are planned. It rained. Any attack would cross a red line, he warned. It is late."
)


def test_the_page_of_a_long_article_explains_its_strongest_sentences(
    shipped_predictor, monkeypatch
):
    result = score(shipped_predictor, Document("a", ARTICLE))
    whole = b"".join(output.write("html", [result], shipped_predictor)).decode()
    assert "Not explained" not in whole
    monkeypatch.setattr(output, "MOST_EXPLAINED", 1)
    page = b"".join(output.write("html", [result], shipped_predictor)).decode()
    assert page.count("<details") == 4
    assert page.count("Not explained") == 3
    assert "<h3>red_line_warning: yes" in page
