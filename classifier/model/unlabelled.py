"""Articles without labels, as sentences to learn from beside the labelled ones."""

from __future__ import annotations

from dataclasses import astuple, replace
from typing import TYPE_CHECKING, Any

from classifier import disk
from classifier.corpus.field import FieldSet
from classifier.corpus.read import read_json_lines
from classifier.errors import InputError
from classifier.schema import Unlabelled
from classifier.text import read_documents, segment

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Sequence
    from pathlib import Path

    from classifier.corpus.read import Corpus
    from classifier.errors import EscError

# More would take longer than they teach; which ones stay is a matter of their checksums alone.
MAX_SENTENCES = 50_000
MIN_WORDS = 4


def with_unlabelled(
    corpus: Corpus,
    paths: Sequence[str],
    notice: Callable[[str], None],
    problem: Callable[[EscError], None] | None = None,
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
    limit : int
        Sentences that are kept at most.

    Raises
    ------
    InputError
        An input cannot be read, or there is no sentence to learn from.
    """
    sentences = (
        Unlabelled(" ".join(sentence.text.split()))
        for document in read_documents(paths, problem)
        for sentence in segment(document.text)
    )
    return _with(corpus, sentences, ", ".join(paths), notice, limit)


def with_teacher(
    corpus: Corpus, path: Path, notice: Callable[[str], None], limit: int = MAX_SENTENCES
) -> Corpus:
    """Return the corpus with sentences whose labels a teacher guessed beside it.

    Parameters
    ----------
    corpus : Corpus
    path : Path
        JSON lines with a ``text`` and its ``probabilities`` by label, such as `esc score` writes.
    notice : callable
        Told what was left out.
    limit : int
        Sentences that are kept at most.

    Raises
    ------
    InputError
        The file cannot be read, a row is not as expected, or there is no sentence to learn from.
    """
    rows = (_taught(value, where, corpus) for where, value in read_json_lines(path))
    return _with(corpus, rows, str(path), notice, limit)


def _taught(value: Any, where: str, corpus: Corpus) -> Unlabelled:
    names = corpus.labels.names
    found = value.get("probabilities") if isinstance(value, dict) else None
    if not isinstance(found, dict) or not isinstance(value.get("text"), str):
        raise InputError(
            f"{where}: expected an object with a text and its probabilities by label, such as esc "
            "score writes"
        )
    told = []
    for name in names:
        p: Any = found.get(name)
        if type(p) not in (int, float) or not 0 <= p <= 1:
            raise InputError(
                f"{where}, field probabilities: found {p!r} for {name!r}, expected a number from 0 "
                "to 1"
            )
        told.append(float(p))
    return Unlabelled(" ".join(value["text"].split()), tuple(told))


def _with(
    corpus: Corpus,
    sentences: Iterable[Unlabelled],
    where: str,
    notice: Callable[[str], None],
    limit: int,
) -> Corpus:
    known = {s.text.casefold() for s in (*corpus.sentences, *corpus.unlabelled)}
    field_set = FieldSet.load()
    # By checksum, so that the same ones stay in whatever order they come.
    found: dict[str, Unlabelled] = {}
    measured, more = 0, False
    for sentence in sentences:
        folded = sentence.text.casefold()
        if len(sentence.text.split()) < MIN_WORDS or folded in known:
            continue
        if field_set.match(sentence.text):
            measured += 1
            continue
        key = disk.sha256(folded.encode())
        found[key] = min(sentence, found.get(key, sentence), key=astuple)
        if len(found) >= 2 * limit:
            found, more = dict(sorted(found.items())[:limit]), True
    if measured:
        notice(f"{measured} sentences belong to the field set, which is for measuring: left out")
    if not found:
        raise InputError(
            f"{where}: no sentence of {MIN_WORDS} words or more that is not there already; "
            "expected sentences to learn from"
        )
    kept = sorted(found.items())[:limit]
    if more or len(kept) < len(found):
        notice(f"more than {limit:,} sentences without labels: {limit:,} of them are learnt from")
    return replace(corpus, unlabelled=(*corpus.unlabelled, *(s for _, s in kept)))
