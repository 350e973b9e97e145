"""Articles without labels, as sentences to learn from beside the labelled ones."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from classifier import disk
from classifier.corpus.field import FieldSet
from classifier.errors import InputError
from classifier.text import read_documents, segment

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from classifier.corpus.read import Corpus
    from classifier.errors import EscError
    from classifier.text import Reading

# More would take longer than they teach; which ones stay is a matter of their checksums alone.
MAX_SENTENCES = 50_000
MIN_WORDS = 4


def with_unlabelled(
    corpus: Corpus,
    paths: Sequence[str],
    notice: Callable[[str], None],
    problem: Callable[[EscError], None] | None = None,
    reading: Reading | None = None,
    limit: int = MAX_SENTENCES,
) -> Corpus:
    """Return the corpus with the sentences of some articles beside it.

    Each text is taken once. Left out are sentences of fewer than four words, those that the corpus
    has already, and what belongs to the field set or nearly does.

    Parameters
    ----------
    corpus : Corpus
    paths : sequence of str
        What `classifier.text.read_documents` reads.
    notice : callable
        Told what was left out.
    problem : callable, optional
        Told of each input that cannot be used; without it the error is raised.
    reading : Reading, optional
    limit : int
        Sentences that are kept at most.

    Raises
    ------
    InputError
        An input cannot be read, or there is no sentence to learn from.
    """
    known = {s.text.casefold() for s in corpus.sentences}
    field_set = FieldSet.load()
    found: dict[str, str] = {}  # by checksum; the same ones stay in whatever order they come
    measured, more = 0, False
    for document in read_documents(paths, problem, reading):
        for sentence in segment(document.text):
            text = " ".join(sentence.text.split())
            folded = text.casefold()
            if len(text.split()) < MIN_WORDS or folded in known:
                continue
            if field_set.match(text):
                measured += 1
                continue
            key = disk.sha256(folded.encode())
            found[key] = min(text, found.get(key, text))
            if len(found) >= 2 * limit:
                found, more = dict(sorted(found.items())[:limit]), True
    if not found:
        raise InputError(
            f"{', '.join(paths)}: no sentence of {MIN_WORDS} words or more that the labelled data "
            "has not; expected articles to learn from"
        )
    if measured:
        notice(f"{measured} sentences belong to the field set, which is for measuring: left out")
    kept = sorted(found.items())[:limit]
    if more or len(kept) < len(found):
        notice(f"more than {limit:,} sentences without labels: {limit:,} of them are learnt from")
    return replace(corpus, unlabelled=tuple(text for _, text in kept))
