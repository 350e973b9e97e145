"""From a fit and what was chosen to a model, with the logits of its reference sentences."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

import numpy as np
import numpy.typing as npt

from classifier.errors import ModelError
from classifier.model.artefact import Check, Model
from classifier.model.hashing import hash_terms
from classifier.model.table import Block

if TYPE_CHECKING:
    from classifier.model.choose import Chosen
    from classifier.model.features import Counts, Weighting
    from classifier.model.fits import Fitted, Problem
    from classifier.schema import LabelSet

Floats = npt.NDArray[np.float64]

CHECKS = (
    "The general said his brigade had taken the ridge above Dorvany.",
    "Any ship that enters the strait will be sunk, the ministry warned.",
    "Envoys of both sides will meet in Geneva for a second round of talks.",
    "Parliament approved the sale of forty howitzers and their shells.",
    "The bakery on Mill Street opens at six.",
    "ŁÓDŹ — İstanbul’da ΣΊΣΥΦΟΣ, “e\u0301” ﬁn\u00a0x 3.5 km\u200b",
    "",
)


def assemble(
    problem: Problem, labels: LabelSet, chosen: Chosen, fitted: Fitted, name: str
) -> Model:
    """Fold the calibration into the coefficients and lay the terms out as a table.

    Raises
    ------
    ModelError
        Two terms have the same hash.
    """
    return Model(
        name=name,
        labels=labels,
        features=problem.settings.features,
        blocks=_blocks(problem.counts, fitted.weighting, fitted.coef * chosen.slopes[:, None]),
        intercept=chosen.alone(fitted.intercept),
        thresholds=chosen.thresholds,
        bands=chosen.bands,
        points={str(point): row for point, row in chosen.kept.items()},
        context=chosen.context,
        dependence=chosen.dependence,
        classes=problem.classes,
        about={},
    )


def _blocks(counts: Counts, weighting: Weighting, coef: Floats) -> dict[str, Block]:
    blocks, start = {}, 0
    for kind in counts.matrices:
        columns = weighting.columns[kind]
        terms = [counts.terms[kind][column] for column in columns]
        hashes = hash_terms(terms)
        order = np.argsort(hashes, kind="stable")
        if len(np.unique(hashes)) != len(hashes):
            raise ModelError(f"two {kind} terms have the same hash; leave one document out")
        encoded = [terms[row].encode() for row in order]
        blocks[kind] = Block(
            hash=hashes[order],
            idf=weighting.idf[kind][order].astype(np.float32),
            coef=coef[:, start : start + len(columns)].T[order].astype(np.float32),
            end=np.cumsum([len(term) for term in encoded], dtype=np.uint32),
            text=np.frombuffer(b"".join(encoded), np.uint8),
        )
        start += len(columns)
    return blocks


def with_checks(model: Model) -> Model:
    """Add the reference sentences, scored by scikit-learn: what a loaded model must repeat."""
    from classifier.model.export import oracle_logits

    logits = oracle_logits(model, CHECKS)
    together = model.together(logits)
    rows = zip(CHECKS, logits.tolist(), together.tolist(), strict=True)
    return replace(model, checks=tuple(Check(t, tuple(a), tuple(b)) for t, a, b in rows))
