"""One annotator at work: what a page or a terminal asks of a project."""

from __future__ import annotations

import secrets
from dataclasses import dataclass
from typing import TYPE_CHECKING

from classifier.errors import UsageError
from classifier.labelling.items import check_annotator
from classifier.labelling.store import VIEW_CHANGED, ConflictError
from classifier.schema import Sentence

if TYPE_CHECKING:
    from collections.abc import Sequence

    from classifier.labelling.items import Decision, Item
    from classifier.labelling.queue import Queue
    from classifier.labelling.store import Store
    from classifier.schema import Prediction
    from classifier.scoring import Predictor


@dataclass(frozen=True)
class Task:
    """A sentence on the screen.

    Parameters
    ----------
    item : Item
    how : str
        By which order it came up.
    left : int
        Sentences after it.
    base : int
        To be handed back with the decision.
    chosen : tuple of str
        The labels that the annotator gave it before, if any.
    """

    item: Item
    how: str
    left: int
    base: int
    chosen: tuple[str, ...] = ()


class Session:
    """An annotator's work on a store.

    Parameters
    ----------
    store : Store
    queue : Queue
    annotator : str
    predictor : Predictor, optional
        What it says is written down with each decision.
    suggest : bool
        Show it too; labelling is blind if not.
    name : str
        Of the session; made up if empty.
    """

    def __init__(
        self,
        store: Store,
        queue: Queue,
        annotator: str,
        predictor: Predictor | None = None,
        *,
        suggest: bool = False,
        name: str = "",
    ) -> None:
        self.store, self.queue, self.predictor = store, queue, predictor
        self._suggest = suggest and predictor is not None
        self.annotator = check_annotator(annotator)
        self.name = name or secrets.token_hex(4)

    def next(self) -> Task | None:
        """Return the next sentence, None if there is no other."""
        with self.store.reading() as ledger:
            served = self.queue.next(ledger, self.annotator)
            if served is None:
                return None
            base = ledger.base(served.item.id, self.annotator)
        return Task(served.item, served.how, served.left, base)

    def task(self, sentence: str) -> Task:
        """Return a certain sentence, to label it once more.

        Raises
        ------
        UsageError
            There is no such sentence.
        """
        item = self.store.item(sentence)
        with self.store.reading() as ledger:
            view = ledger.view(sentence, self.annotator)
            base = ledger.base(sentence, self.annotator)
        return Task(item, "chosen", 0, base, view.labels if view else ())

    def decide(
        self, task: Task, kind: str, labels: Sequence[str] = (), comment: str = ""
    ) -> Decision:
        """Write a decision about the sentence on the screen."""
        found = self._view(task.item)
        return self.store.decide(
            task.item.id,
            self.annotator,
            kind,
            labels,
            base=task.base,
            comment=comment,
            session=self.name,
            how=task.how,
            suggested=self._suggest,
            model=self.predictor.model.fingerprint if self.predictor else "",
            predicted=found.decisions if found else (),
        )

    def settle(
        self, sentence: str, labels: Sequence[str], *, base: int, comment: str = "", taken: int = 0
    ) -> Decision:
        """Write what holds for a sentence on which views differ."""
        return self.store.decide(
            sentence,
            self.annotator,
            labels=labels,
            base=base,
            comment=comment,
            session=self.name,
            resolution=True,
            taken=taken,
        )

    def settle_by(self, sentence: str, view: int, *, base: int, comment: str = "") -> Decision:
        """Settle by the view of somebody as it was shown, which its number names.

        Raises
        ------
        ConflictError
            It was changed in the meantime.
        UsageError
            It has no labels.
        """
        with self.store.reading() as ledger:
            views = {v.number: v for v in ledger.views(sentence).values()}
        if view not in views:
            raise ConflictError(VIEW_CHANGED)
        if views[view].kind != "labels":
            raise UsageError(f"the view of {views[view].annotator} has no labels")
        labels = views[view].labels
        return self.settle(sentence, labels, base=base, comment=comment, taken=view)

    def undo(self) -> Task | None:
        """Take the last decision back and return its sentence, with the labels it had."""
        undone = self.store.undo(self.annotator, session=self.name)
        if undone is None:
            return None
        item = self.store.item(undone.sentence)
        with self.store.reading() as ledger:
            base = ledger.base(item.id, self.annotator)
            served = self.queue.next(ledger, self.annotator)
        return Task(item, undone.how, served.left if served else 0, base, undone.labels)

    def unsettle(self) -> str | None:
        """Take back what was settled last; return its sentence, None if there is nothing."""
        undone = self.store.undo(self.annotator, session=self.name, resolution=True)
        return undone.sentence if undone else None

    def suggestion(self, item: Item) -> Prediction | None:
        """Return what the model thinks of a sentence, None where labelling is blind."""
        return self._view(item) if self._suggest else None

    def _view(self, item: Item) -> Prediction | None:
        if self.predictor is None:
            return None
        # As in `esc score`, the rest of the document counts where the model looks at it.
        items = self.queue.document(item)
        title = next((i.headline for i in items if i.headline), "")
        sentences = [Sentence(i.text, 0, len(i.text)) for i in items]
        places = [i.position for i in items]
        found = self.predictor.predict_sentences(sentences, title, places)
        return found[[i.id for i in items].index(item.id)]
