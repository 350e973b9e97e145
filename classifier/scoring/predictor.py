"""The Predictor: a loaded model that scores and explains."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from itertools import compress
from typing import TYPE_CHECKING

import numpy as np

from classifier.errors import InputError, ModelError, UsageError
from classifier.model.artefact import Model, load_model
from classifier.model.calibrate import sigmoid, softmax
from classifier.schema import Explanation, Prediction, Sentence
from classifier.scoring.catalogue import find_model
from classifier.scoring.explain import explain
from classifier.scoring.scorer import Scorer, choose
from classifier.text import segment

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    import numpy.typing as npt

_TOLERANCE = 1e-6


def load(name: str | None = None) -> Predictor:
    """Load a model by name or folder; the one in use (`catalogue.use_model`) if None.

    Raises
    ------
    ModelError
        There is no such model, it is damaged, or it does not score its reference sentences as it
        did when it was trained.

    Examples
    --------
    >>> load().labels
    ('battlefield_claim', 'red_line_warning', 'diplomatic_signal', 'weapons_policy')
    """
    folder = find_model(name)
    predictor = Predictor(load_model(folder))
    texts = [text for text, _ in predictor.model.checks]
    expected = np.array([logits for _, logits in predictor.model.checks])
    if texts and not np.allclose(predictor.scorer.logits(texts), expected, rtol=0, atol=_TOLERANCE):
        raise ModelError(
            f"{folder}: scores its reference sentences otherwise than when it was trained; "
            "train or fetch the model again"
        )
    return predictor


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
        if self.model.labels.exclusive:
            raise UsageError("the labels of this model are exclusive: it has no thresholds")
        for name, value in thresholds.items():
            if name not in self.labels:
                raise UsageError(f"no label {name!r} in this model: {', '.join(self.labels)}")
            if not 0 <= value <= 1:
                raise UsageError(f"threshold of {name} is {value}, expected 0 to 1")
        merged = {**self.thresholds, **thresholds}
        model = replace(self.model, thresholds=tuple(merged[n] for n in self.labels))
        return Predictor(model, self.scorer)

    def predict_proba(self, sentences: Sequence[str]) -> npt.NDArray[np.float64]:
        """Return the probability of each label for each sentence.

        Parameters
        ----------
        sentences : sequence of str

        Returns
        -------
        array of float, shape (n_sentences, n_labels)

        Raises
        ------
        InputError
            A sentence has a lone surrogate.
        """
        try:
            logits = self.scorer.logits(sentences)
        except UnicodeEncodeError as error:
            raise InputError("a sentence has a lone surrogate: it was decoded wrongly") from error
        return softmax(logits) if self.model.labels.exclusive else sigmoid(logits)

    def decide(self, probabilities: npt.NDArray[np.float64]) -> npt.NDArray[np.bool_]:
        """Return which labels are a yes, shape (n_sentences, n_labels)."""
        if self.model.labels.exclusive:
            best = probabilities.argmax(axis=1)[:, None]
            chosen: npt.NDArray[np.bool_] = best == np.arange(probabilities.shape[1])
            return chosen
        decisions: npt.NDArray[np.bool_] = probabilities >= np.array(self.model.thresholds)
        return decisions

    def predict(self, text: str) -> list[Prediction]:
        """Split a text into sentences and score each.

        Parameters
        ----------
        text : str

        Returns
        -------
        list of Prediction
            In the order of the text.
        """
        return self.predict_sentences(segment(text))

    def predict_sentences(self, sentences: Sequence[Sentence]) -> list[Prediction]:
        """Score sentences that are split already."""
        probabilities = self.predict_proba([s.text for s in sentences])
        decisions = self.decide(probabilities)
        if self.model.bands:
            low, high = np.array(self.model.bands).T
            uncertain = (low <= probabilities) & (probabilities <= high)
        else:
            uncertain = np.zeros(decisions.shape, np.bool_)
        names = self.labels
        return [
            Prediction(
                sentence=sentence,
                probabilities=dict(zip(names, row, strict=True)),
                decisions=tuple(compress(names, chosen)),
                uncertain=tuple(compress(names, doubted)),
            )
            for sentence, row, chosen, doubted in zip(
                sentences,
                probabilities.tolist(),
                decisions.tolist(),
                uncertain.tolist(),
                strict=True,
            )
        ]

    def explain(self, sentence: str, label: str) -> Explanation:
        """Explain the probability of one label of a sentence, term by term.

        Raises
        ------
        UsageError
            The model has no such label.
        """
        if label not in self.labels:
            raise UsageError(f"no label {label!r} in this model: {', '.join(self.labels)}")
        return self.explain_all(sentence)[label]

    def explain_all(self, sentence: str) -> dict[str, Explanation]:
        """Explain the probabilities of all labels of a sentence."""
        [row] = self.predict_proba([sentence]).tolist()
        probabilities = dict(zip(self.labels, row, strict=True))
        return explain(self.model, self.scorer, sentence, probabilities)
