"""Which sentence comes next: a function of what was decided, so that a restart changes nothing.

Every order has random sentences mixed in. They come from one shuffled order of all sentences, and
what is decided of its beginning, by whichever way it came up, is a random sample: it can be
evaluated on, which the sentences that a model picked cannot.
"""

from __future__ import annotations

import hashlib
from collections import Counter, defaultdict
from copy import copy
from dataclasses import dataclass
from typing import TYPE_CHECKING

from classifier.corpus.shingles import JACCARD, near_duplicates, words
from classifier.errors import UsageError
from classifier.labelling.items import CORRECTION, RESOLUTION
from classifier.labelling.orders import ORDERS, Coverage, by_label, margins

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from classifier.labelling.items import Item
    from classifier.labelling.ledger import Ledger
    from classifier.scoring import Predictor


@dataclass(frozen=True)
class Plan:
    """How sentences are chosen.

    Parameters
    ----------
    order : str
        One of `ORDERS`. ``uncertain`` takes the labels in turn, and of each the sentence nearest
        to its threshold; ``diverse`` the one least like all that is labelled; ``rare`` the
        likeliest for the label that has fewest sentences so far.
    random_share : float
        Part of the sentences that are drawn at random under any order, in [0, 1].
    overlap : float
        Part of the sentences that every annotator gets, in [0, 1]; the others are labelled once.
    seed : int
    """

    order: str = "random"
    random_share: float = 0.2
    overlap: float = 0.2
    seed: int = 0

    def __post_init__(self) -> None:
        """Refuse what cannot work."""
        if self.order not in ORDERS:
            raise UsageError(f"--order {self.order}: expected {', '.join(ORDERS)}")
        for name, value in (("random-share", self.random_share), ("overlap", self.overlap)):
            if not 0 <= value <= 1:
                raise UsageError(f"--{name} {value:g}: expected 0 to 1")


@dataclass(frozen=True)
class Served:
    """The next sentence, by which order it came up, and how many are left after it."""

    item: Item
    how: str
    left: int


class Queue:
    """The sentences of a project in the order of a plan.

    Parameters
    ----------
    items : sequence of Item
    plan : Plan
    predictor : Predictor, optional
        Needed by every order but ``random``.
    known : sequence of str
        Texts that are labelled elsewhere, such as the training data: near-duplicates of them are
        skipped.

    Raises
    ------
    UsageError
        The order needs a model and there is none.
    """

    def __init__(
        self,
        items: Sequence[Item],
        plan: Plan,
        predictor: Predictor | None = None,
        known: Sequence[str] = (),
    ) -> None:
        self.items = list(items)
        self._row = {item.id: row for row, item in enumerate(self.items)}
        self._documents: dict[str, list[Item]] = defaultdict(list)
        for item in sorted(self.items, key=lambda item: item.position):
            self._documents[item.document].append(item)
        self._twins = _twins([item.text for item in self.items], known)
        self._order(plan, predictor)

    def reordered(self, plan: Plan, predictor: Predictor | None) -> Queue:
        """Return the same sentences in the order of another plan or model."""
        other = copy(self)
        other._order(plan, predictor)
        return other

    def _order(self, plan: Plan, predictor: Predictor | None) -> None:
        if plan.order != "random" and predictor is None:
            raise UsageError(f"--order {plan.order} needs a model; take random, or name one")
        self.plan = plan
        rows = range(len(self.items))
        self._shuffled = sorted(rows, key=lambda row: self._draw("order", row))
        self._shared = [self._draw("overlap", row) < plan.overlap for row in rows]
        self._coverage: Coverage | None = None
        self._ranked: list[list[int]] = []
        if predictor is not None and self.items:
            self._rank(predictor)

    def _draw(self, what: str, row: int) -> float:
        text = f"{self.plan.seed}:{what}:{self.items[row].id}"
        return int.from_bytes(hashlib.sha256(text.encode()).digest()[:7], "big") / (1 << 56)

    def _rank(self, predictor: Predictor) -> None:
        texts = [item.text for item in self.items]
        if self.plan.order == "diverse":
            self._coverage = Coverage(predictor.model, texts)
        elif self.plan.order != "random":
            documents, places = zip(*((i.document, i.position) for i in self.items), strict=True)
            p = predictor.predict_proba(texts, documents, places)
            values = margins(predictor, p) if self.plan.order == "uncertain" else -p
            self._ranked = [rows.tolist() for rows in by_label(values)]
            self._names, self._expected = predictor.labels, p.sum(axis=0).tolist()

    def next(self, ledger: Ledger, annotator: str) -> Served | None:
        """Return the sentence that an annotator should see next, None if none is left."""
        open_rows = [row for row in self._shuffled if self.is_open(row, ledger, annotator)]
        if not open_rows:
            return None
        own = sum(d.how != CORRECTION for d in ledger.decisions(annotator))
        share = self.plan.random_share
        # Evenly spread and without a state of its own: 0.2 makes every fifth a random one.
        drawn = self.plan.order == "random" or int((own + 1) * share) > int(own * share)
        row = open_rows[0] if drawn else self._pick(set(open_rows), ledger, annotator)
        how = "random" if drawn else self.plan.order
        return Served(self.items[row], how, len(open_rows) - 1)

    def _pick(self, open_rows: set[int], ledger: Ledger, annotator: str) -> int:
        if self._coverage is not None:
            labelled = {self._row[s] for s in ledger.sentences() if s in self._row}
            self._coverage.take(labelled)
            ranked: list[int] = self._coverage.farthest_first().tolist()
            return next(row for row in ranked if row in open_rows)
        picked = sum(d.how == self.plan.order for d in ledger.decisions(annotator))
        turn = picked % len(self._ranked)
        if self.plan.order == "rare":
            counts = Counter(
                name
                for s in ledger.sentences()
                for name in set().union(*ledger.labelled(s).values())
            )
            turn = min(
                range(len(self._names)),
                key=lambda i: (counts[self._names[i]], self._expected[i], i),
            )
        return next(row for row in self._ranked[turn] if row in open_rows)

    def document(self, item: Item) -> list[Item]:
        """Return the sentences of an item's document, in order; itself alone if it is not here."""
        return self._documents[item.document] if item.id in self._row else [item]

    def is_open(self, row: int, ledger: Ledger, annotator: str) -> bool:
        """Whether an annotator still has to see a sentence."""
        sentence = self.items[row].id
        if row not in self._twins and sentence not in ledger:
            return True  # nearly all of them, nearly always
        views = ledger.views(sentence)
        if annotator in views or ledger.view(sentence, RESOLUTION):
            return False
        if any(d.kind == "labels" for d in views.values()):
            return self._shared[row]
        twins = self._twins.get(row, ())
        return not any(other < 0 or ledger.labelled(self.items[other].id) for other in twins)

    def random_sample(self, ledger: Ledger) -> list[str]:
        """Return the ids of the sentences that are a random sample of all.

        The beginning of the shuffled order, as far as everything in it was decided, in whichever
        way it came up; near-duplicates of what is labelled are left out as they are in labelling,
        and so are sentences that were added by a correction.
        """
        sample = []
        for row in self._shuffled:
            sentence = self.items[row].id
            if self.items[row].fields.get("origin") == CORRECTION:
                continue
            if ledger.views(sentence):
                if ledger.resolved(sentence) is not None:
                    sample.append(sentence)
            elif self.is_open(row, ledger, ""):
                break
        return sample

    def duplicates(self) -> int:
        """Return how many sentences are near-duplicates of the texts known beforehand."""
        return sum(-1 in twins for twins in self._twins.values())


def _twins(texts: Sequence[str], known: Sequence[str]) -> dict[int, set[int]]:
    """Return the near-duplicates of each text, by place; -1 stands for any of the known ones."""
    found: dict[int, set[int]] = defaultdict(set)
    first: dict[str, int] = dict.fromkeys((text.casefold() for text in known), -1)
    for row, text in enumerate(texts):
        # Short texts are no near-duplicates of anything, but may be the very same.
        other = first.setdefault(text.casefold(), row)
        if other != row:
            _join(found, [other, row])
    known = _like(known, texts)
    shift = len(known)
    for one, other, _ in near_duplicates([*known, *texts]):
        if other >= shift:
            _join(found, [max(one - shift, -1), other - shift])
    return found


def _like(known: Sequence[str], texts: Sequence[str]) -> list[str]:
    """Leave out the known texts of which no text can be a near-duplicate.

    Two texts that share a part of all their words share at least that part of the words of either.
    """
    vocabulary = {word for text in texts for word in words(text)}
    found = []
    for text in known:
        own = set(words(text))
        if len(own & vocabulary) > JACCARD * len(own):
            found.append(text)
    return found


def _join(found: dict[int, set[int]], pair: Iterable[int]) -> None:
    one, other = pair
    for row, twin in ((one, other), (other, one)):
        if row >= 0:
            found[row].add(twin)
