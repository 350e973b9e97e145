"""The same keys as on the page, in a plain terminal."""

from __future__ import annotations

import os
import pty
import select
import signal
import subprocess
import sys
import time
from dataclasses import replace

import pytest

from classifier.corpus.codebook import codebook_of
from classifier.labelling.queue import Plan, Queue
from classifier.labelling.session import Session
from classifier.labelling.store import Store
from classifier.labelling.terminal import Labelling
from classifier.labelling.terminal_pane import Pane
from classifier.labelling.terminal_review import Review
from classifier.report.terminal import Screen
from tests.cli.conftest import unmeasured
from tests.labelling.conftest import EXCLUSIVE, make_items


def play(store, keys, predictor=None, codebook=None, review=False, **plan):
    """Press some keys; return what was shown."""
    queue = Queue(store.items(), Plan(**plan))
    session = Session(store, queue, "ann", predictor, suggest=True)
    pressed, shown = iter(keys), []
    book = codebook or codebook_of(store.labels, store.path.parent)
    pane = Pane(store.labels, book, lambda: next(pressed, ""), shown.append, Screen(80))
    (Review if review else Labelling)(session, pane).run()
    return "".join(shown)


def made(store):
    return [(d.kind, d.labels, d.comment) for d in store.log()]


def test_digits_toggle_and_enter_accepts(store):
    play(store, "12\r" + "1\r" + "11\r" + "0")
    assert made(store) == [
        ("labels", ("threat", "offer"), ""),
        ("labels", ("threat",), ""),
        ("labels", (), ""),
        ("labels", (), ""),
    ]


def test_none_takes_toggled_labels_back(store):
    play(store, "10")
    assert made(store) == [("labels", (), "")]


def test_skip_flag_with_comment_and_undo(store):
    play(store, "s" + "1fwho is thiz\x7fs?\r" + "2\r" + "uu" + "\r")
    assert made(store) == [
        ("skip", (), ""),
        ("flag", ("threat",), "who is this?"),
        ("labels", ("offer",), ""),
        ("undo", (), ""),
        ("undo", (), ""),
        ("labels", ("threat",), ""),
    ]


def test_escape_leaves_the_comment_and_the_sentence_open(store):
    play(store, "fabc\x1b" + "2\r")
    assert made(store) == [("labels", ("offer",), "")]


def test_an_undone_sentence_comes_back_with_its_labels(store):
    shown = play(store, "1\r" + "u" + "\r")
    assert made(store)[-1] == ("labels", ("threat",), "")
    assert shown.count("[1 threat]") == 2


def test_the_sentence_stands_in_its_context_and_the_model_is_not_heard(store, labels):
    first = Queue(store.items(), Plan()).next
    with store.reading() as ledger:
        item = first(ledger, "ann").item
    shown = " ".join(play(store, "q").split())
    for text in (item.headline, *item.before, item.text):
        assert " ".join(text.split()) in shown.replace("> ", "")
    assert "model:" not in shown


def test_with_suggest_the_model_is_heard_and_that_is_written_down(tmp_path, corpus, predictor):
    store = Store(tmp_path / "x.db", corpus.labels)
    store.add(make_items()[:3])
    assert "model: battlefield_claim 0." in play(store, "0", predictor)
    assert [d.suggested for d in store.log()] == [True]
    store.close()


def test_the_codebook_is_shown_and_the_sentence_after_it(store):
    shown = play(store, "? q", codebook={"threat": "A cost is named.", "offer": "Help.", "": ""})
    assert "A cost is named." in shown
    assert shown.index("A cost is named.") < shown.rindex("> ")


def test_in_an_exclusive_set_a_label_replaces_the_other(tmp_path):
    store = Store(tmp_path / "x.db", EXCLUSIVE)
    store.add(make_items()[:2])
    shown = play(store, "12\r" + "0" + "3\r")
    assert made(store) == [("labels", ("bad",), ""), ("labels", ("neither",), "")]
    assert "exactly one" in shown
    assert "No sentence is left." in shown
    store.close()


def test_where_a_label_is_needed_none_is_not_offered_and_takes_no_tick_away(tmp_path):
    store = Store(tmp_path / "x.db", replace(EXCLUSIVE, exclusive=False, at_least_one=True))
    store.add(make_items()[:1])
    shown = play(store, "12" + "0" + "\r")
    assert made(store) == [("labels", ("good", "bad"), "")]
    assert "at least one" in shown
    assert "0 none" not in shown
    store.close()


def test_an_article_cannot_steer_the_terminal(tmp_path, labels):
    from classifier.labelling.items import Item

    store = Store(tmp_path / "x.db", labels)
    store.add(
        [Item("a", "d", 0, "Red \x1b[31m alert \x07 \u202e now", "\x1b]0;owned\x07", ("\x1bc",))]
    )
    shown = play(store, "q")
    assert not set(shown) & {"\x1b", "\x07", "\u202e"}
    store.close()


@pytest.fixture
def disputed(store):
    """Two sentences on which ann and bob differ, and one that ann has flagged."""
    for sentence in ("Velmar-00", "Velmar-01"):
        store.decide(sentence, "ann", labels=["threat"], base=0)
        store.decide(sentence, "bob", labels=["offer"], base=0)
    store.decide("Velmar-02", "ann", "flag", base=0, comment="who?")
    return store


def test_disagreements_are_settled_by_a_view_or_anew(disputed):
    shown = play(disputed, "v2" + "12\r" + "v1" + "\r" + "0", review=True)
    assert [d.labels for d in disputed.log()[-3:]] == [("offer",), ("threat", "offer"), ()]
    assert all(d.track == "" and d.annotator == "ann" for d in disputed.log()[-3:])
    for said in ("1  ann: threat", "2  bob: offer", "flagged: who?", "press 0 for none"):
        assert said in shown
    assert "number of a view that has labels" in shown
    assert "Nothing to review" in shown


def test_what_was_settled_is_taken_back_and_comes_again(disputed):
    disputed.decide("Velmar-02", "bob", labels=["offer"], base=0, resolution=True)
    shown = play(disputed, "u" + "v1" + "u" + "v2" + "q", review=True)
    assert "nothing to take back" in shown  # not what another has settled
    with disputed.reading() as ledger:
        assert ledger.resolved("Velmar-00") == ("offer",)
        assert ledger.resolved("Velmar-02") == ("offer",)
        assert ledger.in_dispute() == ["Velmar-01"]
        assert ledger.labelled("Velmar-00") == {"ann": ("threat",), "bob": ("offer",)}


def test_the_last_of_a_review_is_taken_back_too(disputed):
    shown = play(disputed, "v1" + "v1" + "0" + "u" + "3" + "q", review=True)
    assert "any other key ends" in shown
    with disputed.reading() as ledger:
        assert ledger.in_dispute() == ["Velmar-02"]


def test_review_can_be_left_at_any_time(disputed):
    before = len(disputed.log())
    play(disputed, "1q", review=True)
    assert len(disputed.log()) == before


class Pty:
    """A program in a terminal of its own."""

    def __init__(self, folder, *args, env=os.environ):
        self.master, slave = pty.openpty()
        self.process = subprocess.Popen(
            [sys.executable, "-m", "classifier", *map(str, args)],
            stdin=slave,
            stdout=slave,
            stderr=slave,
            cwd=folder,
            env={**env, "TERM": "xterm", "COLUMNS": "80", "LINES": "24"},
            start_new_session=True,
        )
        os.close(slave)
        self.shown = ""

    def until(self, text, seconds=30):
        """Wait until something new is on the screen."""
        end, start = time.monotonic() + seconds, len(self.shown)
        while text not in self.shown[start:]:
            if not select.select([self.master], [], [], max(end - time.monotonic(), 0))[0]:
                raise AssertionError(f"no {text!r} in {self.shown[start:]!r}")
            try:
                self.shown += os.read(self.master, 65_536).decode("utf-8", "replace")
            except OSError:  # the other side is gone
                raise AssertionError(f"no {text!r} in {self.shown[start:]!r}") from None

    def press(self, keys, text):
        os.write(self.master, keys.encode())
        self.until(text)

    def close(self):
        self.process.wait(30)
        os.close(self.master)
        return self.process.returncode


@pytest.fixture
def articles(tmp_path):
    from classifier.corpus.starter import write_starter

    write_starter(tmp_path / "project")
    (tmp_path / "a.txt").write_text("\n".join(item.text for item in make_items(("Velmar", "Brod"))))
    return tmp_path


@pytest.fixture
def open_pty(articles):
    """Open programs in terminals, and end those that are left after the test."""
    opened = []

    def open_one(*args, **given):
        opened.append(Pty(articles, *args, **given))
        return opened[-1]

    yield open_one
    for one in opened:
        if one.process.poll() is None:
            one.process.kill()
            one.close()


def test_a_real_terminal_and_a_kill_in_the_middle(articles, open_pty):
    arguments = ("label", "--terminal", "--project", "project", "--annotator", "ann")
    first = open_pty(*arguments, "--input", "a.txt")
    first.until("Enter accept")
    for _ in range(6):
        first.press("1\r", "Enter accept")
    first.press("\x1b[A2", "[2 threat]")  # an arrow is not the letter A
    os.kill(first.process.pid, signal.SIGKILL)
    assert first.close() == -signal.SIGKILL
    store = Store(articles / "project" / "labelling.db")
    assert [d.labels for d in store.log()] == [("offer",)] * 6
    second = open_pty(*arguments)
    second.until("Enter accept")
    second.press("u", "undone")
    second.press("2\r", "Enter accept")
    second.press("q", "6 labelled")
    assert second.close() == 0
    assert store.log()[-1].labels == ("offer", "threat")
    third = open_pty(*arguments, env=unmeasured())
    third.until("Enter accept")
    os.kill(third.process.pid, signal.SIGINT)
    third.until("interrupted")
    assert third.close() == 130
    store.close()


def test_a_view_that_changed_while_it_was_shown_is_not_taken(disputed):
    with disputed.reading() as ledger:
        sentence = ledger.in_dispute()[0]
        views = ledger.views(sentence)
    base = views["bob"].number

    def keys():
        yield "v"
        disputed.decide(sentence, "bob", labels=["offer", "threat"], base=base)
        yield from "2q"

    shown = play(disputed, keys(), review=True)
    assert "this view was changed in the meantime" in shown
    assert "2  bob: offer" in shown
    assert "2  bob: threat, offer" in shown  # and shown again
    with disputed.reading() as ledger:
        assert ledger.resolved(sentence) is None
