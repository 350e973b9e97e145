from __future__ import annotations

import asyncio
from threading import Event

import pytest
from starlette.exceptions import HTTPException

from classifier.errors import InputError
from classifier.schema import Document
from classifier.web import together
from classifier.web.site import score
from classifier.web.together import MOST, Together
from classifier.web.work import Deadline

TEXTS = (
    "The army took the bridge. Talks go on.",
    "Any attack would cross a red line.",
    "Kyiv was silent.",
)
LONG = "The army took the bridge. " * (MOST // 60)


@pytest.fixture
def calls(monkeypatch):
    """The texts of each call that scored something."""
    made = []
    real = together.score_documents

    def counted(predictor, documents, failed):
        made.append([one.text for one in documents])
        return real(predictor, documents, failed)

    monkeypatch.setattr(together, "score_documents", counted)
    return made


def soon():
    return Deadline(60, Event())


def asked(predictor, *texts, deadline=None):
    """Ask for each text at the same time; give results and errors."""

    async def ask():
        open_to_all = Together()
        return await asyncio.gather(
            *(
                open_to_all.score(predictor, [Document("-", text)], deadline or soon())
                for text in texts
            ),
            return_exceptions=True,
        )

    return asyncio.run(ask())


def test_what_comes_at_the_same_time_is_one_call_with_the_same_results(shipped_predictor, calls):
    found = asked(shipped_predictor, *TEXTS)
    assert calls == [list(TEXTS)]
    alone = [score(shipped_predictor, Document("-", text)) for text in TEXTS]
    assert [(one.document, one.predictions) for [one] in found] == [
        (one.document, one.predictions) for one in alone
    ]


def test_a_call_holds_nobody_up_for_long(shipped_predictor, calls):
    answered = []

    async def ask():
        site = Together()

        async def one(text):
            await site.score(shipped_predictor, [Document("-", text)], soon())
            answered.append(len(calls))

        await asyncio.gather(*(one(LONG) for _ in range(5)))

    asyncio.run(ask())
    assert [len(texts) for texts in calls] == [2, 2, 1]
    # Those of one call go before the next begins.
    assert answered == [1, 1, 2, 2, 3]


def test_other_thresholds_are_another_call(shipped_predictor, calls):
    other = shipped_predictor.with_thresholds({"red_line_warning": 1})

    async def ask():
        site = Together()
        return await asyncio.gather(
            *(
                site.score(one, [Document("-", TEXTS[1])], soon())
                for one in (shipped_predictor, other)
            )
        )

    [first], [second] = asyncio.run(ask())
    assert len(calls) == 2
    assert first.predictions[0].decisions == ("red_line_warning",)
    assert second.predictions[0].decisions == ()


def test_one_that_cannot_be_scored_harms_no_other(shipped_predictor):
    first, wrong, last = asked(shipped_predictor, TEXTS[0], "One \ud800.", TEXTS[2])
    assert isinstance(wrong, InputError)
    assert [one.document.text for [one] in (first, last)] == [TEXTS[0], TEXTS[2]]


def test_a_fault_that_one_finds_breaks_no_other(shipped_predictor, monkeypatch):
    real = together.score_documents

    def broken(predictor, documents, failed):
        if TEXTS[1] in [one.text for one in documents]:
            raise ZeroDivisionError
        return real(predictor, documents, failed)

    monkeypatch.setattr(together, "score_documents", broken)
    [first], wrong, [last] = asked(shipped_predictor, *TEXTS)
    assert isinstance(wrong, ZeroDivisionError)
    assert [one.document.text for one in (first, last)] == [TEXTS[0], TEXTS[2]]


def test_what_breaks_is_said_to_all_who_wait_and_to_nobody_else(shipped_predictor, monkeypatch):
    def broken(*_):
        raise ZeroDivisionError

    monkeypatch.setattr(together, "score_documents", broken)
    found = asked(shipped_predictor, *TEXTS)
    assert [type(one) for one in found] == [ZeroDivisionError] * 3
    monkeypatch.undo()
    assert isinstance(asked(shipped_predictor, TEXTS[0])[0], list)


def test_what_nobody_waits_for_is_not_scored(shipped_predictor, calls):
    async def ask():
        site = Together()
        first, second = (
            asyncio.ensure_future(site.score(shipped_predictor, [Document("-", text)], soon()))
            for text in TEXTS[:2]
        )
        await asyncio.sleep(0)
        first.cancel()
        await second

    asyncio.run(ask())
    assert calls == [[TEXTS[1]]]


def test_what_waited_too_long_or_for_a_site_that_ends_is_not_scored(shipped_predictor, calls):
    ending = Event()
    ending.set()
    for deadline, status in ((Deadline(0, Event()), 504), (Deadline(60, ending), 503)):
        [error] = asked(shipped_predictor, TEXTS[0], deadline=deadline)
        assert isinstance(error, HTTPException)
        assert error.status_code == status
    assert calls == [[], []]
