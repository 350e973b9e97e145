"""Text to measure on, made of the project's own composed sentences.

A sentence is the front of one composed sentence and the back of another, so that words occur as
often as they do in the corpus while hardly a sentence occurs twice. Into every second one a word is
put that is made up, so that one word in about fifty is new, as it is in a stream of news: a scorer
that remembers words must not look better here than there.
"""

from __future__ import annotations

import json
import random
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Iterator

ROOT = Path(__file__).resolve().parents[2]
BATCH = 4096
_SYLLABLES = [c + v for c in ("b", "d", "k", "l", "m", "n", "r", "sh", "t", "v") for v in "aeiou"]


@cache
def composed() -> list[dict[str, Any]]:
    """The composed sentences with their labels."""
    lines = []
    for path in sorted((ROOT / "data" / "composed").glob("*.jsonl")):
        lines += [json.loads(line) for line in path.read_text(encoding="utf-8").splitlines()]
    return lines


@cache
def _halves() -> tuple[list[str], list[str]]:
    fronts, backs = [], []
    for example in composed():
        words = example["text"].split()
        if len(words) > 3:
            fronts.append(" ".join(words[: len(words) // 2]))
            backs.append(" ".join(words[len(words) // 2 :]))
    return fronts, backs


def batches(seed: int) -> Iterator[list[str]]:
    """Yield lists of sentences without end."""
    chance = random.Random(seed)
    fronts, backs = _halves()
    while True:
        made = []
        first, second = chance.choices(fronts, k=BATCH), chance.choices(backs, k=BATCH)
        parts = chance.choices(_SYLLABLES, k=BATCH * 2)
        for i in range(0, BATCH, 2):
            name = "".join(parts[i * 2 : i * 2 + 4]).capitalize()
            made.append(f"{first[i]} {name} {second[i]}")
            made.append(f"{first[i + 1]} {second[i + 1]}")
        yield made


def sentences(n: int, seed: int) -> list[str]:
    """Return `n` sentences; those of another seed are others."""
    made: list[str] = []
    for batch in batches(seed):
        made += batch
        if len(made) >= n:
            return made[:n]
    raise AssertionError


def documents(n: int, seed: int) -> list[dict[str, str]]:
    """Return `n` articles of 25 sentences in paragraphs of five."""
    texts = sentences(n * 25, seed)
    made = []
    for i in range(n):
        own = texts[i * 25 : i * 25 + 25]
        paragraphs = [" ".join(own[j : j + 5]) for j in range(0, 25, 5)]
        made.append({"id": f"article-{i}", "title": "", "text": "\n\n".join(paragraphs)})
    return made
