"""Labelling in a terminal, for those who sit at a machine far away: same keys as on the page."""

from __future__ import annotations

from typing import TYPE_CHECKING

from classifier.errors import UsageError
from classifier.labelling.progress import live_agreement, progress, stop_advice
from classifier.labelling.store import ConflictError
from classifier.labelling.terminal_keys import ENTER

if TYPE_CHECKING:
    from classifier.labelling.session import Session, Task
    from classifier.labelling.terminal_pane import Pane

NONE = "0 none · "
HELP = f"Enter accept · {NONE}s skip · f flag · u undo · ? codebook · q quit"
_DECIDE = ("s", "f", "0", *ENTER)
_QUIT = "quit"
_ADVICE_EVERY = 10


class Labelling:
    """Asks one sentence after the other.

    Parameters
    ----------
    session : Session
    pane : Pane
    """

    def __init__(self, session: Session, pane: Pane) -> None:
        self._session, self._pane = session, pane
        self._help = HELP
        if session.store.labels.needs_label:
            self._help = HELP.replace(NONE, "")

    def run(self) -> None:
        """Label until the annotator quits or nothing is left."""
        task: Task | None = self._session.next()
        said = ""
        while task is not None:
            chosen = set(task.chosen)
            self._show(task, said)
            said, after = self._one(task, chosen)
            if said is _QUIT:
                break
            task = after or self._session.next()
        self._pane.lines(["", self._summary(), "" if task else "No sentence is left."])

    def _one(self, task: Task, chosen: set[str]) -> tuple[str, Task | None]:
        """Take keys until there is a decision; return what to say, and a task that comes next."""
        while True:
            key = self._pane.key(chosen, lambda: self._show(task))
            if key == "q":
                return _QUIT, None
            if key == "u":
                if before := self._session.undo():
                    return "undone: decide again", before
                self._pane.say("nothing to take back")
            elif key in _DECIDE:
                said = self._decide(task, key, chosen)
                if said is not None:
                    return said, None

    def _decide(self, task: Task, key: str, chosen: set[str]) -> str | None:
        """Write the decision behind a key; return what to say, None if there is none yet."""
        comment = ""
        if key == "f":
            asked = self._pane.ask("comment (Enter to leave it empty, Escape to go back): ")
            if asked is None:
                self._show(task, "not flagged")
                return None
            comment = asked
        given = [] if key == "0" else sorted(chosen)
        kind = {"s": "skip", "f": "flag"}.get(key, "labels")
        try:
            self._session.decide(task, kind, given, comment)
        except UsageError as error:
            self._pane.say(str(error))
            return None
        except ConflictError as error:
            return str(error)
        return self._advice()

    def _show(self, task: Task, said: str = "") -> None:
        head = f"{self._session.annotator} · {task.left + 1} left"
        below = [self._help]
        if found := self._session.suggestion(task.item):
            views = ", ".join(f"{name} {p:.2f}" for name, p in found.probabilities.items())
            below = [f"model: {views}", self._help]
        self._pane.show(task.item, [said, head] if said else [head], below)

    def _advice(self) -> str:
        found = progress(self._session)
        if found.here % _ADVICE_EVERY:
            return ""
        return " ".join([self._summary(), stop_advice(self._session)])

    def _summary(self) -> str:
        p = progress(self._session)
        pace = f", {p.pace:.0f} an hour" if p.pace else ""
        counts = ", ".join(f"{name} {n}" for name, n in p.positives.items())
        waiting = f"; {p.disputes} to review (--review)" if p.disputes else ""
        return (
            f"{p.done} labelled, {p.none} of them without a label, {p.skipped} skipped, "
            f"{p.flagged} flagged{pace}; {counts}{agreement_words(self._session)}{waiting}"
        )


def agreement_words(session: Session) -> str:
    """Return alpha by label in words; empty where no sentence has two views."""
    with session.store.reading() as ledger:
        found = live_agreement(ledger, session.store.labels.names)
    if not found:
        return ""
    known = [
        f"{name} {row['alpha']['value']:.2f}"
        for name, row in found["labels"].items()
        if row["alpha"]["value"] is not None
    ]
    return f"; alpha on {found['sentences']} sentences: {', '.join(known) or '-'}"
