"""Results as files and as answers, in the formats and with the names of ``esc score``."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Iterator, Sequence
from typing import TYPE_CHECKING

from classifier.report.article import article_html
from classifier.scoring.inspection import inspect
from classifier.scoring.sinks import FORMATS, Shape

if TYPE_CHECKING:
    from classifier.schema import Explanation, Prediction
    from classifier.scoring import Predictor
    from classifier.scoring.results import Result

MEDIA = {
    "json": "application/json",
    "jsonl": "application/x-ndjson",
    "csv": "text/csv; charset=utf-8",
    "html": "text/html; charset=utf-8",
}
_TERMS = 8
# An explanation takes a hundred times as long as a score, and two kilobytes of the page.
MOST_EXPLAINED = 500


def write(
    form: str,
    results: Iterable[Result],
    predictor: Predictor,
    labels: Sequence[str] | None = None,
    follow: Callable[[Iterable[Prediction]], Iterable[Prediction]] = iter,
) -> Iterator[bytes]:
    """Yield results as ``json``, ``jsonl``, ``csv`` or ``html``.

    Parameters
    ----------
    form : str
        A key of `MEDIA`.
    results : iterable of Result
    predictor : Predictor
    labels : sequence of str, optional
        The labels shown; all if None.
    follow : callable
        Passes on the sentences of the page before each is explained; may raise to end the work.
    """
    if form == "html":
        inspected = [(one, _inspected(predictor, one, follow)) for one in results]
        yield article_html(inspected, predictor.model, _TERMS).encode()
    else:
        only = predictor.labels if labels is None else labels
        yield from FORMATS[form](results, Shape(predictor.model, tuple(only)))


def _inspected(
    predictor: Predictor,
    result: Result,
    follow: Callable[[Iterable[Prediction]], Iterable[Prediction]],
) -> Sequence[tuple[Prediction, Sequence[Explanation]]]:
    """Explain every sentence, or in a long article the strongest ones only."""
    strongest = sorted(
        result.predictions, key=lambda p: (not p.decisions, -max(p.probabilities.values()))
    )
    numbers = [p.sentence.index for p in strongest[:MOST_EXPLAINED]]
    reasons = {
        p.sentence.index: why for p, why in inspect(predictor, result, numbers, follow=follow)
    }
    return [(p, reasons.get(p.sentence.index, ())) for p in result.predictions]


def file_name(name: str, form: str) -> str:
    """Return a name for a file to be saved, in plain letters.

    Examples
    --------
    >>> file_name('Kyiv: "no talks" / day 2', "csv")
    'Kyiv-no-talks-day-2.csv'
    """
    plain = re.sub(r"[^A-Za-z0-9]+", "-", name)[:60].strip("-")
    return f"{plain or 'article'}.{form}"
