"""Results as files and as answers, in the formats and with the names of ``esc score``."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Sequence
from typing import TYPE_CHECKING

from classifier.report.article import article_html
from classifier.scoring.inspection import inspect
from classifier.scoring.sinks import FORMATS, Shape

if TYPE_CHECKING:
    from classifier.scoring import Predictor
    from classifier.scoring.results import Result

MEDIA = {
    "json": "application/json",
    "jsonl": "application/x-ndjson",
    "csv": "text/csv; charset=utf-8",
    "html": "text/html; charset=utf-8",
}
_TERMS = 8


def write(
    form: str, results: Iterable[Result], predictor: Predictor, labels: Sequence[str] | None = None
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
    """
    if form == "html":
        inspected = [(result, inspect(predictor, result)) for result in results]
        yield article_html(inspected, predictor.model, _TERMS).encode()
    else:
        only = predictor.labels if labels is None else labels
        yield from FORMATS[form](results, Shape(predictor.model, tuple(only)))


def file_name(name: str, form: str) -> str:
    """Return a name for a file to be saved, in plain letters.

    Examples
    --------
    >>> file_name('Kyiv: "no talks" / day 2', "csv")
    'Kyiv-no-talks-day-2.csv'
    """
    plain = re.sub(r"[^A-Za-z0-9]+", "-", name)[:60].strip("-")
    return f"{plain or 'article'}.{form}"
