"""Throw bent texts, models and arguments at the kernel and compare it with its twin.

``python -m tests.scoring.fuzz_kernel --seconds 60 [--seed 1]``; `make sanitize` runs it with the
sanitizers on. A difference, or a finding of theirs, ends it with a message and a seed.
"""

from __future__ import annotations

import argparse
import random
import sys
import time
from dataclasses import replace

import numpy as np

import tests.compiled  # noqa: F401  before anything imports the kernel
from classifier.model.settings import FeatureSettings
from classifier.scoring import engine, kernel
from classifier.scoring.kernel import Kernel
from tests.scoring.made import made_model
from tests.scoring.nasty import KNOWN, NASTY

ALPHABETS = [
    (0x20, 0x7F),
    (0x00, 0x30),
    (0x61, 0x7B),
    (0xA0, 0x250),
    (0x300, 0x370),
    (0x370, 0x530),
    (0x590, 0x700),
    (0x1100, 0x1200),
    (0x1E00, 0x2070),
    (0x3040, 0x3400),
    (0xF900, 0x10000),
    (0x1D400, 0x1F700),
    (0x80, 0xD800),
    (0xE000, 0x110000),
]


def bent_text(chance: random.Random) -> str:
    """Make a text of known words, nasty pieces and characters of a few alphabets."""
    parts = []
    for _ in range(chance.choice([0, 1, 1, 3, 3, 10])):
        kind = chance.randrange(5)
        if kind == 0:
            parts.append(chance.choice(KNOWN.split()))
        elif kind == 1:
            parts.append(chance.choice(NASTY)[:400])
        else:
            low, high = chance.choice(ALPHABETS)
            size = chance.choice([1, 1, 2, 5, 8, 16, 32, 65])
            parts.append("".join(chr(chance.randrange(low, high)) for _ in range(size)))
        parts.append(chance.choice([" ", "", "\u00a0", "\n", "\u2003 ", "\u0301", "\0"]))
    text = "".join(parts) * chance.choice([1] * 60 + [2, 30, 1000])
    return "".join(c for c in text[:100_000] if not "\ud800" <= c <= "\udfff")


def features_of(chance: random.Random) -> FeatureSettings:
    """Choose settings among all that are allowed."""
    low = chance.randint(1, 5)
    short = chance.randint(2, 3)
    chars = chance.choice([(0, 0), (short, chance.randint(short, 8))])
    classes, least = chance.choice(["", "made"]), chance.randint(1, 5)
    return FeatureSettings(
        (low, chance.randint(low, 5)),
        chars,
        chance.random() < 0.7,
        classes,
        (least, chance.randint(least, 5)),
    )


def compare(chance: random.Random) -> None:
    """Score and explain texts with a model of some of their terms."""
    texts = [bent_text(chance) for _ in range(chance.randint(1, 40))]
    model = made_model(
        [t[:300] for t in texts[::3]],
        features_of(chance),
        chance.choice([1, 2, 4, 5, 300]),
        chance.randrange(1 << 30),
    )
    if chance.random() < 0.3:  # hashes that no training would make
        blocks = {}
        for kind, block in model.blocks.items():
            shift = chance.choice([0, 32, 56, 63])
            hashes = np.unique(block.hash >> np.uint64(shift))
            n = len(hashes)
            blocks[kind] = replace(block, hash=hashes, idf=block.idf[:n], coef=block.coef[:n])
        model = replace(model, blocks=blocks)
    compiled = Kernel(model)
    expected = engine.logits(model, texts)
    for _ in range(2):
        np.testing.assert_allclose(compiled.logits(texts), expected, rtol=0, atol=1e-6)
    for text in texts[:3]:
        for kind in model.blocks:
            found, right = compiled.find(kind, text), engine.find_in(model, kind, text)
            both = [np.sort(h.row * (1 << 32) + h.start) for h in (found, right)]
            np.testing.assert_array_equal(*both)


def bend_arguments(chance: random.Random) -> None:
    """Hand the compiled module arguments that need not fit; it may refuse or take them."""
    sizes = [0, 1, 2, 3, 4, 5, 8, 1 << 28, 1 << 32, (1 << 63) - 1, -1]
    counts = [chance.choice([3, 3, 3, chance.choice(sizes[:7])]) for _ in range(3)]
    labels = chance.choice([1, 1, 1, 0, 2])
    hashes = np.arange(counts[0], dtype=np.uint64) * np.uint64(chance.choice([1, 1 << 60]))
    arrays = hashes, np.ones(counts[1], np.float32), np.ones(counts[2] * labels, np.float32)
    rows = chance.choice([3, 3, 3, chance.choice(sizes)])
    low, high = chance.choice([(1, 2), (2, 5), (chance.choice(sizes), chance.choice(sizes))])
    try:
        words = chance.choice([0, 1, 3])
        classes = (
            chance.choice([words, words, chance.choice(sizes)]),
            np.arange(words, dtype=np.uint64) * np.uint64(chance.choice([1, 1 << 60])),
            np.zeros((words + chance.choice([1, 1, 0, 2]), 2), np.uint64),
        )
        given = chance.choice([classes, classes, None, ()])
        one = kernel._kernel.Kernel(
            np.zeros(labels), ((chance.randrange(-1, 4), rows, *arrays, low, high, given),)
        )
        for number in (0, chance.choice([-1, 1, 0x10FF, 0x1100])):
            entries = np.array([chance.getrandbits(chance.choice([7, 24, 32])) for _ in range(256)])
            pool = bytes(4 * chance.choice([0, 1, 300]))
            try:
                one.add_page(number, entries.astype(np.uint32).tobytes(), pool)
            except ValueError:
                wide = 64 | (chance.randrange(4) << 21)
                one.add_page(max(number, 0) % 0x1100, np.full(256, wide, np.uint32).tobytes(), b"")
        texts = tuple(bent_text(chance) for _ in range(3))
        one.score(texts, np.zeros((3, labels)), np.zeros(3, np.uint8))
        one.find(0, texts[0])
    except (TypeError, ValueError, OverflowError):
        pass


def main() -> None:
    """Fuzz for some seconds."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--seconds", type=float, default=60)
    parser.add_argument("--seed", type=int, default=1)
    given = parser.parse_args()
    if why := kernel.missing():
        sys.exit(f"no kernel to fuzz: {why}")
    end, seed = time.monotonic() + given.seconds, given.seed
    while time.monotonic() < end:
        try:
            compare(random.Random(seed))
            bend_arguments(random.Random(seed))
        except BaseException:
            print(f"seed {seed}", file=sys.stderr)
            raise
        seed += 1
    print(f"{seed - given.seed:,} rounds, nothing found")


if __name__ == "__main__":
    main()
