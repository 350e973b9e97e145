"""The Predictor: a model that scores and explains."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING

import numpy as np

from classifier.errors import InputError, UsageError
from classifier.model.calibrate import sigmoid, softmax
from classifier.model.operating import decide
from classifier.scoring.explain import explain
from classifier.scoring.predictions import Predictions
from classifier.scoring.scorer import Scorer, choose
from classifier.scoring.thresholds import thresholds_at
from classifier.scoring.titles import headlines
from classifier.text import segment

if TYPE_CHECKING:
    from collections.abc import Hashable, Mapping, Sequence

    import numpy.typing as npt

    from classifier.model.artefact import Model
    from classifier.schema import Explanation, Prediction, Sentence


@dataclass(frozen=True)
class Predictor:
    """A model that is ready to score.

    Parameters
    ----------
    model : Model
    scorer : Scorer, optional
        The compiled kernel or its twin; chosen by what is installed if None.
    """

    model: Model
    scorer: Scorer = field(default=None, repr=False, compare=False)  # type: ignore[assignment]

    def __post_init__(self) -> None:
        """Choose a scorer."""
        if self.scorer is None:
            object.__setattr__(self, "scorer", choose(self.model))

    @property
    def labels(self) -> tuple[str, ...]:
        """The names of the labels, in order."""
        return self.model.labels.names

    @property
    def thresholds(self) -> Mapping[str, float]:
        """The smallest probability that is a yes, for each label; empty if they are exclusive."""
        return dict(zip(self.labels, self.model.thresholds, strict=False))

    def with_thresholds(self, thresholds: Mapping[str, float]) -> Predictor:
        """Return a predictor with some thresholds changed.

        Raises
        ------
        UsageError
            An unknown label, a value outside [0, 1], or exclusive labels, which have none.
        """
        if not thresholds:
            return self
        self._has_thresholds()
        for name, value in thresholds.items():
            if name not in self.labels:
                raise UsageError(f"no label {name!r} in this model: {', '.join(self.labels)}")
            if not 0 <= value <= 1:
                raise UsageError(f"threshold of {name} is {value}, expected 0 to 1")
        merged = {**self.thresholds, **thresholds}
        model = replace(self.model, thresholds=tuple(merged[n] for n in self.labels))
        return Predictor(model, self.scorer)

    def at_operating_points(self, points: Mapping[str, str]) -> Predictor:
        """Return a predictor with the thresholds of other operating points.

        Parameters
        ----------
        points : mapping of str to str
            ``f2``, ``precision:0.9`` or another that the model keeps thresholds for, by label;
            by an empty name for all labels that are not named. A share of false alarms is kept
            where all labels take it.

        Raises
        ------
        UsageError
            An unknown label, a point that the model has no thresholds for, or exclusive labels.
        """
        if not points:
            return self
        self._has_thresholds()
        return self.with_thresholds(thresholds_at(self.model, points))

    def _has_thresholds(self) -> None:
        if self.model.labels.exclusive:
            raise UsageError("the labels of this model are exclusive: it has no thresholds")

    def predict_proba(
        self,
        sentences: Sequence[str],
        documents: Sequence[Hashable] | None = None,
        places: Sequence[int] | None = None,
    ) -> npt.NDArray[np.float64]:
        """Return the probability of each label for each sentence.

        Parameters
        ----------
        sentences : sequence of str
        documents : sequence of hashable, optional
            The document of each sentence, where the model is to look at the rest of it; each
            sentence is scored by itself if None.
        places : sequence of int, optional
            The place of each sentence in its document; those of a document stand in its order,
            without gaps, if None.

        Returns
        -------
        array of float, shape (n_sentences, n_labels)

        Raises
        ------
        InputError
            A sentence has a lone surrogate.
        UsageError
            There are more or fewer documents or places than sentences.
        """
        logits = self._logits(sentences)
        if documents is None:
            return self._probabilities(logits)
        return self._probabilities(logits, self._contexts(logits, documents, places))

    def contexts(
        self,
        sentences: Sequence[str],
        documents: Sequence[Hashable],
        places: Sequence[int] | None = None,
    ) -> npt.NDArray[np.float64]:
        """Return what the rest of its document says about each sentence, for `explain`.

        Returns
        -------
        array of float, shape (n_sentences, 2 * n_labels)
            (n_sentences, 0) if the model does not look at it.
        """
        if self.model.context is None:
            return np.empty((len(sentences), 0))
        return self._contexts(self._logits(sentences), documents, places)

    def _logits(self, sentences: Sequence[str]) -> npt.NDArray[np.float64]:
        try:
            return self.scorer.logits(sentences)
        except UnicodeEncodeError as error:
            raise InputError(
                "a sentence or title has a lone surrogate: it was decoded wrongly"
            ) from error

    def _contexts(
        self,
        logits: npt.NDArray[np.float64],
        documents: Sequence[Hashable] | None = None,
        places: Sequence[int] | None = None,
    ) -> npt.NDArray[np.float64]:
        """Return the context of sentences of some documents, of one document if None."""
        if self.model.context is None or (documents is None and len(logits) < 2):
            return np.empty((len(logits), 0))
        if documents is None:
            return self.model.context.features(logits)
        for what, given in (("documents", documents), ("places", places)):
            if given is not None and len(given) != len(logits):
                raise UsageError(
                    f"{len(given)} {what} for {len(logits)} sentences: expected one for each"
                )
        number = {name: i for i, name in enumerate(dict.fromkeys(documents))}
        numbers = np.array([number[name] for name in documents], np.int64)
        at = None if places is None else np.array(places, np.int64)
        return self.model.context.features(logits, numbers, at)

    def _probabilities(
        self, logits: npt.NDArray[np.float64], contexts: npt.NDArray[np.float64] | None = None
    ) -> npt.NDArray[np.float64]:
        if self.model.dependence is not None:
            logits = logits + self.model.dependence.added(logits)
        elif self.model.context is not None and contexts is not None and contexts.shape[-1]:
            logits = logits + self.model.context.added(contexts)
        return softmax(logits) if self.model.labels.exclusive else sigmoid(logits)

    def decide(self, probabilities: npt.NDArray[np.float64]) -> npt.NDArray[np.bool_]:
        """Return which labels are a yes, shape (n_sentences, n_labels)."""
        if self.model.labels.exclusive:
            best = probabilities.argmax(axis=1)[:, None]
            chosen: npt.NDArray[np.bool_] = best == np.arange(probabilities.shape[1])
            return chosen
        at_least_one = self.model.labels.at_least_one
        return decide(probabilities, self.model.thresholds, at_least_one=at_least_one)

    def predict(self, text: str, title: str = "") -> list[Prediction]:
        """Split a text into sentences and score each, with the others as its context.

        Parameters
        ----------
        text : str
        title : str
            What stands above the text, if it is known: context too, and not scored.

        Returns
        -------
        list of Prediction
            In the order of the text.
        """
        return self.predict_sentences(segment(text), title)

    def predict_sentences(
        self, sentences: Sequence[Sentence], title: str = "", places: Sequence[int] | None = None
    ) -> list[Prediction]:
        """Score the sentences of one document that is split already.

        A model that looks at the rest of the document takes the other sentences for it; `places`
        are those of the sentences in it, which stand there without gaps if None.
        """
        around = None if places is None else [places]
        [predictions] = self.predict_documents([sentences], [title], around)
        return list(predictions)

    def predict_documents(
        self,
        documents: Sequence[Sequence[Sentence]],
        titles: Sequence[str] = (),
        places: Sequence[Sequence[int]] | None = None,
    ) -> list[Predictions]:
        """Score the sentences of some documents at once, which is faster where they are short.

        Parameters
        ----------
        documents : sequence of sequence of Sentence
        titles : sequence of str, optional
            That of each document, empty where it has none: one more sentence of its context, unless
            it begins the text too.
        places : sequence of sequence of int, optional
            The place of each sentence in its document; they stand in its order, without gaps, if
            None.

        Raises
        ------
        InputError
            A sentence or title has a lone surrogate.
        UsageError
            There are more or fewer titles than documents, or places than sentences.
        """
        texts = [s.text for one in documents for s in one]
        above = {} if self.model.context is None else headlines(documents, titles)
        logits = self._logits([*above.values(), *texts])  # a title stands before its text
        if places is not None and [len(one) for one in documents] != [len(at) for at in places]:
            raise UsageError("the places are not those of the sentences: expected one for each")
        told_apart = len(documents) > 1 or places is not None
        several = told_apart and self.model.context is not None
        numbers = [i for i, one in enumerate(documents) for _ in one] if several else None
        if numbers is not None:
            numbers = [*above, *numbers]
        at = None
        if places is not None:
            at = [min(places[i], default=0) - 1 for i in above]
            at += [place for one in places for place in one]
        contexts = self._contexts(logits, numbers, at)[len(above) :]
        logits = logits[len(above) :]
        probabilities = self._probabilities(logits, contexts)
        decisions = self.decide(probabilities)
        if self.model.bands:
            low, high = np.array(self.model.bands).T
            uncertain = (low <= probabilities) & (probabilities <= high)
        else:
            uncertain = np.zeros(decisions.shape, np.bool_)
        names, rows = self.labels, probabilities.tolist()
        decided, doubted = _chosen(names, decisions), _chosen(names, uncertain)
        found, begin = [], 0
        for i, one in enumerate(documents):
            here = slice(begin, begin + len(one))
            alone = len(one) == 1 and i not in above
            context = contexts[here, :0] if alone else contexts[here]
            found.append(Predictions(names, one, rows[here], decided[here], doubted[here], context))
            begin = here.stop
        return found

    def explain(self, sentence: str, label: str, context: Sequence[float] = ()) -> Explanation:
        """Explain the probability of one label of a sentence, term by term.

        Parameters
        ----------
        sentence, label : str
        context : sequence of float
            What the rest of the document says: ``context`` of the sentence's `Prediction`, or a row
            of `contexts`. The sentence is scored by itself without it.

        Raises
        ------
        UsageError
            The model has no such label, or the context is of another model.
        """
        if label not in self.labels:
            raise UsageError(f"no label {label!r} in this model: {', '.join(self.labels)}")
        return self.explain_all(sentence, context)[label]

    def explain_all(self, sentence: str, context: Sequence[float] = ()) -> dict[str, Explanation]:
        """Explain the probabilities of all labels of a sentence; as `explain`."""
        expected = 0 if self.model.context is None else 2 * len(self.labels)
        if len(context) not in (0, expected):
            raise UsageError(
                f"a context of {len(context)} numbers, expected {expected}: it is of another model"
            )
        contexts = np.array([context], np.float64)
        [row] = self._probabilities(self._logits([sentence]), contexts).tolist()
        probabilities = dict(zip(self.labels, row, strict=True))
        return explain(self.model, self.scorer, sentence, probabilities, context)


def _chosen(names: tuple[str, ...], flags: npt.NDArray[np.bool_]) -> list[tuple[str, ...]]:
    """Return the names of the labels that are set in each row, of which most have none."""
    found: list[tuple[str, ...]] = [()] * len(flags)
    for row, label in np.argwhere(flags).tolist():
        found[row] += (names[label],)
    return found
