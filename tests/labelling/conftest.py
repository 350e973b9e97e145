"""A small project: made-up articles about threats and offers, and a store to label them in."""

from __future__ import annotations

import random
from typing import TYPE_CHECKING

import pytest

from classifier.corpus.labels import parse_label_set
from classifier.corpus.read import Corpus
from classifier.labelling.items import Item
from classifier.labelling.store import Store
from classifier.schema import Example

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from classifier.schema import LabelSet

LABELS = parse_label_set(
    {
        "labels": [
            {"name": "threat", "definition": "Somebody threatens a cost."},
            {"name": "offer", "definition": "Somebody offers talks or help."},
        ]
    },
    "made here",
)
EXCLUSIVE = parse_label_set({"exclusive": True, "labels": ["good", "bad", "neither"]}, "made here")
NAMES = (
    *("Anselm", "Birgit", "Corvin", "Delia", "Egon", "Fenna", "Gorm", "Hedda", "Ivo", "Jorun"),
    *("Kaspar", "Lioba", "Mirko", "Nadja", "Odo", "Petra", "Quint", "Runa", "Sven", "Tilda"),
)
TOWNS = ("Velmar", "Ostrava", "Dorvany", "Kesten", "Lubrin", "Tarvos", "Molnek", "Arvid")
THINGS = (
    *("harbour", "mill", "bridge", "market", "ferry", "quarry", "orchard", "granary", "tannery"),
    *("lighthouse", "station", "reservoir", "foundry", "bakery", "chapel", "windmill", "canal"),
)
PEOPLE = (
    *("the mayor", "a union", "the guild", "two brothers", "the league", "a landlord", "the abbot"),
    *("dockers", "the council", "a ferryman", "the miller", "farmers", "the club", "a widow"),
)
TIMES = (
    *("on Monday", "before dawn", "last week", "at noon", "by Friday", "after the fair", "in May"),
    *("tonight", "this winter", "since the flood", "at harvest", "for years", "again", "once more"),
)
FORMS = (
    ("{who} threatened to shut {a} near {b} {when}, whatever {c} may cost {town}", ("threat",)),
    ("{when} {who} from {town} offered help with {a} and talks about {b}", ("offer",)),
    ("rain fell on {a} while {who} walked from {b} to {c} {when}", ()),
    ("{town} was threatened by {who} over {a}: pay for {b} {when} or lose {c}", ("threat",)),
    ("an offer of talks reached {who} {when}; {a} and {b} of {town} are in it", ("offer",)),
    ("{a} has a new roof {when}, says {who}, and {c} will follow", ()),
)


def sentences(town: str) -> list[tuple[str, tuple[str, ...]]]:
    """Sentences of one article with their labels; hardly two are near-duplicates."""
    rng = random.Random(town)
    found = []
    for form, given in FORMS * 3:
        a, b, c = rng.sample(THINGS, 3)
        text = form.format(
            a=f"the {a} of {rng.choice(NAMES)}",
            b=f"{rng.choice(NAMES)}'s {b}",
            c=f"the {c}",
            who=f"{rng.choice(PEOPLE)} {rng.choice(NAMES)}",
            when=rng.choice(TIMES),
            town=town,
        )
        found.append((f"{text[0].upper()}{text[1:]}.", given))
    return found


def make_items(towns: tuple[str, ...] = TOWNS) -> list[Item]:
    """All sentences of all towns, as items."""
    items = []
    for town in towns:
        texts = [text for text, _ in sentences(town)]
        items += [
            Item(f"{town}-{n:02}", f"{town}.txt", n, text, f"News of {town}", tuple(texts[:n][-2:]))
            for n, text in enumerate(texts)
        ]
    return items


def truth(item: Item) -> tuple[str, ...]:
    """The labels that a sentence deserves."""
    return tuple(
        name for name, word in (("threat", "threatened"), ("offer", "talks")) if word in item.text
    )


def corpus_of(items: list[Item]) -> Corpus:
    """The items, labelled as they deserve."""
    examples = tuple(Example(i.id, i.document, i.position, i.text, truth(i)) for i in items)
    return Corpus(examples, LABELS)


@pytest.fixture
def labels() -> LabelSet:
    return LABELS


@pytest.fixture
def store(tmp_path: Path) -> Iterator[Store]:
    """A store with all the sentences."""
    opened = Store(tmp_path / "labelling.db", LABELS)
    opened.add(make_items())
    yield opened
    opened.close()
