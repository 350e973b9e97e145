"""What a run of scoring yields: one result a document, with the profile that people ask for."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING, Any

from classifier.errors import EscError
from classifier.scoring.predictions import Predictions
from classifier.text import read_documents, segment

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence

    from classifier.schema import Document, Prediction, Sentence
    from classifier.scoring.predictions import Names
    from classifier.scoring.predictor import Predictor
    from classifier.text import Reading

    Split = tuple[Document, list[Sentence]]
    Columns = tuple[Sentence, Mapping[str, float], Names, Names]

# Sentences that one call scores: with 128 a sentence took a tenth longer, because the kernel found
# other things than its own in the processor's caches more often. Nobody waits for ten milliseconds.
AT_ONCE = 512


@dataclass(frozen=True)
class Result:
    """The predictions of one document, in the order of its sentences.

    Parameters
    ----------
    document : Document
    scored : sequence of Prediction
        `Predictions` where they need not be made.
    """

    document: Document
    scored: Sequence[Prediction]

    @cached_property
    def predictions(self) -> tuple[Prediction, ...]:
        """What was scored, one by one."""
        return tuple(self.scored)

    def columns(self) -> Iterator[Columns]:
        """Yield sentence, probabilities, decisions and uncertain labels of each, to be written.

        Nothing is kept: a document may have a hundred thousand sentences.
        """
        if isinstance(self.scored, Predictions):
            return self.scored.columns()
        return ((p.sentence, p.probabilities, p.decisions, p.uncertain) for p in self.scored)

    def profile(self, labels: Sequence[str]) -> dict[str, Any]:
        """Return the profile of the document.

        Returns
        -------
        dict
            ``sentences``; ``signals``, the number of sentences with any label, and
            ``signal_share``; for each label its ``count`` and its ``strongest`` sentence (index
            and probability).
        """
        counts = dict.fromkeys(labels, 0)
        strongest: dict[str, dict[str, Any] | None] = dict.fromkeys(labels)
        highest = dict.fromkeys(labels, -1.0)
        n, signals = len(self.scored), 0
        for sentence, probabilities, decided, _ in self.columns():
            signals += bool(decided)
            for name in decided:
                if name in counts:
                    counts[name] += 1
            for name, before in highest.items():
                if (probability := probabilities[name]) > before:
                    highest[name] = probability
                    strongest[name] = {"index": sentence.index, "probability": probability}
        return {
            "sentences": n,
            "signals": signals,
            "signal_share": signals / n if n else 0.0,
            "labels": {
                name: {"count": counts[name], "strongest": strongest[name]} for name in labels
            },
        }


def score_paths(
    predictor: Predictor,
    paths: Sequence[str],
    problem: Callable[[EscError], None] | None = None,
    reading: Reading | None = None,
    at_once: int = 1,
) -> Iterator[Result]:
    """Score the documents that some paths name in the order of the paths, each as it comes.

    With `at_once` they wait as `score_documents` says.
    """
    yield from score_documents(predictor, read_documents(paths, problem, reading), _raise, at_once)


def score_documents(
    predictor: Predictor,
    documents: Iterable[Document],
    failed: Callable[[Document, Exception], None],
    at_once: int = AT_ONCE,
) -> Iterator[Result]:
    """Score documents in their order.

    Parameters
    ----------
    predictor : Predictor
    documents : iterable of Document
    failed : callable
        Told of each document that cannot be scored, and why; it is left out.
    at_once : int
        Documents wait for others until there are so many sentences, as a call for each costs more
        than its sentences where these are few.
    """
    for batch in _batches(documents, failed, at_once):
        yield from _score(predictor, batch, failed)


def _batches(
    documents: Iterable[Document], failed: Callable[[Document, Exception], None], at_once: int
) -> Iterator[list[Split]]:
    waiting: list[Split] = []
    n_sentences = 0
    try:
        for document in documents:
            try:
                sentences = segment(document.text)
            except (EscError, MemoryError) as error:
                failed(document, error)
                continue
            waiting.append((document, sentences))
            n_sentences += len(sentences) + bool(document.title)
            if n_sentences >= at_once:
                yield waiting
                waiting, n_sentences = [], 0
    except EscError:
        yield waiting  # what was read before is not lost
        raise
    yield waiting


def _score(
    predictor: Predictor, batch: list[Split], failed: Callable[[Document, Exception], None]
) -> Iterator[Result]:
    try:
        found = predictor.predict_documents(
            [sentences for _, sentences in batch], [document.title for document, _ in batch]
        )
    except (EscError, MemoryError) as error:
        if len(batch) == 1:
            failed(batch[0][0], error)
        else:
            for one in batch:
                yield from _score(predictor, [one], failed)
        return
    for (document, _), predictions in zip(batch, found, strict=True):
        yield Result(document, predictions)


def _raise(_: Document, error: Exception) -> None:
    raise error
