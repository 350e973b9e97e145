"""The log of decisions played back: who holds which view of which sentence now."""

from __future__ import annotations

from collections import defaultdict
from typing import TYPE_CHECKING

from classifier.labelling.items import RESOLUTION, Decision

if TYPE_CHECKING:
    from collections.abc import Iterator


class Ledger:
    """The present views, brought up to date by feeding it the log in order.

    A track of a sentence is a stack: a decision goes on top, an undo takes the top away.
    """

    def __init__(self) -> None:
        self.last = 0
        self._stacks: dict[str, dict[str, list[Decision]]] = defaultdict(dict)
        self._heads: dict[tuple[str, str], Decision] = {}
        self._order: dict[str, list[Decision]] = defaultdict(list)

    def feed(self, decision: Decision) -> None:
        """Take in the next row of the log."""
        stack = self._stacks[decision.sentence].setdefault(decision.track, [])
        order = self._order[decision.track]
        if decision.kind == "undo":
            if stack:
                order.remove(stack.pop())
        else:
            stack.append(decision)
            order.append(decision)
        self._heads[decision.sentence, decision.track] = decision
        self.last = decision.number

    def head(self, sentence: str, track: str) -> Decision | None:
        """Return the last row of a track, an undo too; the next one is made on top of it."""
        return self._heads.get((sentence, track))

    def base(self, sentence: str, track: str) -> int:
        """Return the number of that row, 0 if there is none."""
        head = self.head(sentence, track)
        return head.number if head else 0

    def view(self, sentence: str, track: str) -> Decision | None:
        """Return what holds in a track now."""
        stack = self._stacks.get(sentence, {}).get(track)
        return stack[-1] if stack else None

    def __contains__(self, sentence: object) -> bool:
        """Whether anything was ever decided about a sentence."""
        return sentence in self._stacks

    def views(self, sentence: str) -> dict[str, Decision]:
        """Return what holds now, by annotator; resolutions are not among it."""
        tracks = self._stacks.get(sentence, {})
        return {
            name: stack[-1]
            for name, stack in sorted(tracks.items())
            if stack and name != RESOLUTION
        }

    def latest(self, track: str) -> Decision | None:
        """Return the last decision of a track that was not undone."""
        order = self._order.get(track)
        return order[-1] if order else None

    def decisions(self, track: str) -> list[Decision]:
        """Return the decisions of a track that hold now, in the order they were made."""
        return [d for d in self._order.get(track, []) if self.view(d.sentence, track) is d]

    def sentences(self) -> Iterator[str]:
        """Yield the sentences about which something was decided."""
        for sentence, tracks in self._stacks.items():
            if any(tracks.values()):
                yield sentence

    def annotators(self) -> list[str]:
        """Return the names of those who hold a view of some sentence."""
        return sorted(name for name, order in self._order.items() if order and name != RESOLUTION)

    def labelled(self, sentence: str) -> dict[str, tuple[str, ...]]:
        """Return the labels that annotators gave, by annotator; skips and flags are left out."""
        return {n: d.labels for n, d in self.views(sentence).items() if d.kind == "labels"}

    def resolved(self, sentence: str) -> tuple[str, ...] | None:
        """Return the labels that hold for a sentence.

        The resolution where there is one, else what all who labelled it say; None where they
        disagree, where nobody did, or where a flag waits for a second look.
        """
        if settled := self.view(sentence, RESOLUTION):
            return settled.labels
        if self._disputed(sentence):
            return None
        found = set(self.labelled(sentence).values())
        return found.pop() if len(found) == 1 else None

    def in_dispute(self) -> list[str]:
        """Return the sentences that wait for a resolution: views differ, or one was flagged."""
        return [s for s in sorted(self.sentences()) if self._disputed(s)]

    def _disputed(self, sentence: str) -> bool:
        if self.view(sentence, RESOLUTION):
            return False
        flagged = any(d.kind == "flag" for d in self.views(sentence).values())
        return flagged or len(set(self.labelled(sentence).values())) > 1
