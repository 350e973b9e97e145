"""The predictions of a document, kept as columns until somebody looks at one."""

from __future__ import annotations

from collections.abc import Sequence
from functools import cached_property
from typing import TYPE_CHECKING, overload

from classifier.schema import Prediction

if TYPE_CHECKING:
    from collections.abc import Iterator

    import numpy as np
    import numpy.typing as npt

    from classifier.schema import Sentence

Names = tuple[str, ...]


class Predictions(Sequence[Prediction]):
    """What a model says of the sentences of one document, in their order.

    A sequence of `Prediction`, which are made when the first is asked for. A file of a million rows
    asks for none: it is written from `columns`, in half the time.

    Parameters
    ----------
    labels : tuple of str
    sentences : sequence of Sentence
    probabilities : list of list of float
        Of each sentence, in the order of the labels.
    decisions, uncertain : list of tuple of str
    contexts : array of float, shape (n_sentences, 2 * n_labels) or (n_sentences, 0)
        What the rest of the document says of each sentence; without columns where there is none.
    """

    def __init__(
        self,
        labels: Names,
        sentences: Sequence[Sentence],
        probabilities: list[list[float]],
        decisions: list[Names],
        uncertain: list[Names],
        contexts: npt.NDArray[np.float64],
    ) -> None:
        self._labels, self._sentences, self._probabilities = labels, sentences, probabilities
        self._decisions, self._uncertain, self._contexts = decisions, uncertain, contexts

    def columns(self) -> Iterator[tuple[Sentence, dict[str, float], Names, Names]]:
        """Yield sentence, probabilities, decisions and uncertain labels of each prediction."""
        labels = self._labels
        for sentence, row, decisions, uncertain in zip(
            self._sentences, self._probabilities, self._decisions, self._uncertain, strict=True
        ):
            yield sentence, dict(zip(labels, row, strict=True)), decisions, uncertain

    @cached_property
    def _made(self) -> list[Prediction]:
        contexts = self._contexts.tolist()
        return [
            Prediction(*row, context) for row, context in zip(self.columns(), contexts, strict=True)
        ]

    def __len__(self) -> int:
        return len(self._sentences)

    @overload
    def __getitem__(self, place: int) -> Prediction: ...
    @overload
    def __getitem__(self, place: slice) -> list[Prediction]: ...
    def __getitem__(self, place: int | slice) -> Prediction | list[Prediction]:
        return self._made[place]

    def __iter__(self) -> Iterator[Prediction]:
        return iter(self._made)

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Sequence) and self._made == list(other)

    __hash__ = None  # type: ignore[assignment]

    def __repr__(self) -> str:
        return repr(self._made)
