"""Disagreements settled in a terminal, view beside view."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING

from classifier.errors import UsageError
from classifier.labelling.items import RESOLUTION
from classifier.labelling.store import ConflictError
from classifier.labelling.terminal import NONE, agreement_words
from classifier.labelling.terminal_keys import ENTER

if TYPE_CHECKING:
    from collections.abc import Callable

    from classifier.labelling.items import Decision
    from classifier.labelling.session import Session
    from classifier.labelling.terminal_pane import Pane

HELP = f"v and a number: take that view · Enter settle · {NONE}u undo · ? codebook · q quit"
_QUIT, _UNDO = "quit", "undo"
_ENDS = {"q": _QUIT, "u": _UNDO}


class Review:
    """Asks about one sentence after the other on which views differ, or that was flagged.

    Parameters
    ----------
    session : Session
    pane : Pane
    """

    def __init__(self, session: Session, pane: Pane) -> None:
        self._session, self._pane = session, pane
        self._help, self._tick = HELP, "tick what holds, or press 0 for none"
        if session.store.labels.needs_label:
            self._help, self._tick = HELP.replace(NONE, ""), "tick what holds"

    def run(self) -> None:
        """Settle until the annotator quits or nothing is in dispute."""
        first, settled = "", False
        while True:
            with self._session.store.reading() as ledger:
                disputes = ledger.in_dispute()
                sentence = first if first in disputes else disputes[0] if disputes else ""
                views = [v for v in ledger.views(sentence).values() if v.kind != "skip"]
                base = ledger.base(sentence, RESOLUTION)
            if not sentence:
                self._pane.lines(["", f"Nothing to review{agreement_words(self._session)}."])
                if settled:
                    self._pane.say("u takes the last one back, any other key ends")
                    if self._pane.read() == "u" and (first := self._session.unsettle() or ""):
                        continue
                return
            show = partial(self._show, sentence, views, len(disputes))
            show()
            said = self._one(sentence, views, base, show)
            if said is _QUIT:
                return
            first = sentence
            if said is _UNDO:
                if not (first := self._session.unsettle() or ""):
                    self._pane.say("nothing to take back")
            elif said:
                self._pane.say(said)
            else:
                settled = True

    def _one(
        self, sentence: str, views: list[Decision], base: int, show: Callable[[], None]
    ) -> str:
        """Take keys until there is a decision; return what was wrong with it, `_QUIT`, `_UNDO`."""
        chosen: set[str] = set()
        while True:
            key = self._pane.key(chosen, show)
            if key in _ENDS:
                return _ENDS[key]
            if key == "v":
                if taken := self._view(views):
                    settle = partial(self._session.settle_by, sentence, taken.number)
                    break
            elif key == "0" or (key in ENTER and chosen):
                labels = () if key == "0" else sorted(chosen)
                settle = partial(self._session.settle, sentence, labels)
                break
            elif key in ENTER:
                self._pane.say(self._tick)
        try:
            settle(base=base)
        except (ConflictError, UsageError) as error:
            return str(error)
        return ""

    def _view(self, views: list[Decision]) -> Decision | None:
        number = self._pane.read()
        place = int(number) - 1 if number.isdecimal() else -1
        if 0 <= place < len(views) and views[place].kind == "labels":
            return views[place]
        self._pane.say("v is followed by the number of a view that has labels")
        return None

    def _show(self, sentence: str, views: list[Decision], left: int) -> None:
        said = []
        for number, view in enumerate(views, 1):
            labels = ", ".join(view.labels) or "none"
            flag = f"flagged{f': {view.comment}' if view.comment else ''}"
            said.append(f"{number}  {view.annotator}: {labels if view.kind == 'labels' else flag}")
        head = f"{left} to review{agreement_words(self._session)}"
        self._pane.show(self._session.store.item(sentence), [head], [*said, self._help])
