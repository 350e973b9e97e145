"""Documents with explanations: which sentences and labels are explained, and as JSON."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from classifier.errors import UsageError
from classifier.scoring.explain import beside_json

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Sequence

    from classifier.model.artefact import Model
    from classifier.schema import Explanation, Prediction
    from classifier.scoring.predictor import Predictor
    from classifier.scoring.results import Result

Inspected = list[tuple["Prediction", "list[Explanation]"]]


def inspect(
    predictor: Predictor,
    result: Result,
    sentences: Sequence[int] | None = None,
    labels: Sequence[str] | None = None,
    follow: Callable[[Iterable[Prediction]], Iterable[Prediction]] = iter,
) -> Inspected:
    """Explain the sentences of a scored document.

    Parameters
    ----------
    predictor : Predictor
    result : Result
    sentences : sequence of int, optional
        Numbers of the sentences; all if None.
    labels : sequence of str, optional
        Labels to explain; the decided ones of each sentence if None, or the most probable one where
        none is decided.
    follow : callable
        Passes on the sentences before each is explained; may raise to end the work.

    Raises
    ------
    UsageError
        The document has no sentence of that number.
    """
    n = len(result.predictions)
    for index in sentences or []:
        if not 0 <= index < n:
            raise UsageError(
                f"{result.document.id}: no sentence {index}; they are numbered 0 to {n - 1}"
            )
    inspected: Inspected = []
    chosen = set(sentences or range(n))
    for prediction in follow(p for p in result.predictions if p.sentence.index in chosen):
        probabilities = prediction.probabilities
        wanted = (
            labels or prediction.decisions or (max(probabilities, key=probabilities.__getitem__),)
        )
        explanations = predictor.explain_all(prediction.sentence.text, prediction.context)
        inspected.append((prediction, [explanations[name] for name in wanted]))
    return inspected


def inspection_json(result: Result, inspected: Inspected, model: Model, top: int) -> dict[str, Any]:
    """Return the JSON form of an inspected document.

    The weights of the listed ``contributions``, ``other_terms``, ``intercept`` and the two numbers
    of ``context`` (what the rest of the document adds) sum to ``logit``.
    """
    return {
        "document": result.document.id,
        "title": result.document.title,
        "model": model.name,
        "fingerprint": model.fingerprint,
        "sentences": [
            {
                "index": prediction.sentence.index,
                "start": prediction.sentence.start,
                "end": prediction.sentence.end,
                "text": prediction.sentence.text,
                "probabilities": prediction.probabilities,
                "decisions": list(prediction.decisions),
                "explanations": [_explanation_json(e, top) for e in explanations],
            }
            for prediction, explanations in inspected
        ],
    }


def _explanation_json(explanation: Explanation, top: int) -> dict[str, Any]:
    bound = explanation.threshold
    return {
        "label": explanation.label,
        "probability": explanation.probability,
        "threshold": bound if bound == bound else None,
        "logit": explanation.logit,
        "intercept": explanation.intercept,
        "contributions": [
            {
                "term": c.term,
                "kind": c.kind,
                "weight": c.weight,
                "count": c.count,
                "spans": [list(span) for span in c.spans],
            }
            for c in explanation.contributions[:top]
        ],
        "other_terms": sum(c.weight for c in explanation.contributions[top:]),
        **beside_json(explanation),
    }
