from __future__ import annotations

import asyncio
import threading
import time
from queue import SimpleQueue

import pytest
from starlette.exceptions import HTTPException

from classifier.errors import InputError
from classifier.web.work import Workers


def test_work_gives_what_it_gives():
    workers = Workers(1, 10)
    assert asyncio.run(workers.run(lambda x: x + 1, 1)) == 2
    with pytest.raises(ZeroDivisionError):
        asyncio.run(workers.run(lambda: 1 / 0))
    workers.close()


def test_files_that_are_being_read_are_given_up_at_the_end():
    workers = Workers(1, 30)
    endless = b"<div>" * 200_000
    begun, said = [], SimpleQueue()

    def read():
        with workers.parsers() as parsers:
            begun.append(parsers)
            try:
                parsers.parse("fast-html", endless, "x.html", {"url": ""})
            except InputError as error:
                said.put(str(error))

    async def ended():
        reading = asyncio.ensure_future(workers.run(read))
        while not begun or begun[0]._process is None:
            await asyncio.sleep(0.01)
        workers.close()
        with pytest.raises(HTTPException, match="503"):
            await reading

    asyncio.run(ended())
    assert "crashes the parser" in said.get(timeout=10)


def test_what_takes_too_long_is_told_apart_from_what_never_began():
    workers, ended = Workers(1, 0.1), threading.Event()

    async def two():
        return await asyncio.gather(
            workers.run(ended.wait, 30), workers.run(ended.wait, 30), return_exceptions=True
        )

    first, second = asyncio.run(two())
    ended.set()
    workers.close()
    assert isinstance(first, HTTPException)
    assert isinstance(second, HTTPException)
    assert (first.status_code, second.status_code) == (504, 503)


def test_more_than_a_queue_takes_is_turned_away_at_once():
    workers, ended = Workers(1, 20, most=2), threading.Event()

    async def three():
        first = [asyncio.ensure_future(workers.run(ended.wait, 30)) for _ in range(2)]
        await asyncio.sleep(0)
        with pytest.raises(HTTPException, match="503"):
            await workers.run(ended.wait, 30)
        ended.set()
        assert await asyncio.gather(*first) == [True, True]
        assert await workers.run(ended.wait, 30)

    asyncio.run(three())
    workers.close()


def test_work_that_nobody_waits_for_frees_its_thread():
    workers = Workers(1, 0.1)
    in_time = workers.deadline()
    assert list(in_time([1, 2])) == [1, 2]

    def endless():
        while True:
            yield time.sleep(0.01)

    with pytest.raises(HTTPException, match="504"):
        list(in_time(endless()))
    workers.close()
