"""Short articles, scored where they come in: all that come at the same time by one call."""

from __future__ import annotations

import asyncio
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from starlette.exceptions import HTTPException

from classifier.scoring.results import score_documents

if TYPE_CHECKING:
    from collections.abc import Sequence

    from classifier.schema import Document
    from classifier.scoring import Predictor
    from classifier.scoring.results import Result
    from classifier.web.work import Deadline

# Code points of a call: about a hundredth of a second, in which nobody else is served.
MOST = 60_000


@dataclass
class _Batch:
    predictor: Predictor
    loop: asyncio.AbstractEventLoop
    asked: list[tuple[Sequence[Document], Deadline, asyncio.Future[list[Result]]]] = field(
        default_factory=list
    )
    size: int = 0
    following: _Batch | None = None

    def takes(self, predictor: Predictor, size: int) -> bool:
        return self.predictor is predictor and self.size + size <= MOST

    def run(self) -> None:
        waiting = []
        for documents, deadline, answer in self.asked:
            if answer.done():  # nobody waits any more
                continue
            try:
                deadline.left()
            except HTTPException as error:
                answer.set_exception(error)
            else:
                waiting.append((documents, answer))
        self._answer(waiting)

    def _answer(
        self, waiting: list[tuple[Sequence[Document], asyncio.Future[list[Result]]]]
    ) -> None:
        failed: dict[int, Exception] = {}
        everything = [document for documents, _ in waiting for document in documents]
        try:
            results = score_documents(
                self.predictor, everything, lambda one, error: failed.update({id(one): error})
            )
            found = {id(result.document): result for result in results}
        except Exception as error:
            if len(waiting) > 1:  # a fault of the program that one of them finds is only its own
                for one in waiting:
                    self._answer([one])
                return
            failed = dict.fromkeys(map(id, everything), error)
        for documents, answer in waiting:
            errors = [failed[id(one)] for one in documents if id(one) in failed]
            if errors:
                answer.set_exception(errors[0])
            else:
                answer.set_result([found[id(one)] for one in documents])


class Together:
    """Scores documents in the thread of the event loop, in batches.

    A thread would cost more than a short article does, and so would a call for each. Nothing waits
    for a batch to fill: it takes what has come in since the last turn of the loop.
    """

    def __init__(self) -> None:
        self._last: _Batch | None = None

    async def score(
        self, predictor: Predictor, documents: Sequence[Document], deadline: Deadline
    ) -> list[Result]:
        """Score short documents.

        Raises
        ------
        EscError
            One of them cannot be scored.
        HTTPException
            As `Deadline.left`.
        """
        loop = asyncio.get_running_loop()
        size = sum(len(one.text) + len(one.title) for one in documents)
        last = self._last if self._last and self._last.loop is loop else None
        if last is None or not last.takes(predictor, size):
            self._last = _Batch(predictor, loop)
            if last is None:
                loop.call_soon(self._run, self._last)
            else:
                last.following = self._last
            last = self._last
        answer: asyncio.Future[list[Result]] = loop.create_future()
        last.asked.append((documents, deadline, answer))
        last.size += size
        return await answer

    def _run(self, batch: _Batch) -> None:
        if self._last is batch:
            self._last = None
        try:
            batch.run()
        finally:
            if batch.following:  # after the answers that are ready now were sent
                batch.loop.call_soon(self._run, batch.following)
