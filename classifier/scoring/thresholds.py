"""The thresholds of operating points that a model keeps, by label."""

from __future__ import annotations

from typing import TYPE_CHECKING

from classifier.errors import UsageError
from classifier.model.operating import OperatingPoint

if TYPE_CHECKING:
    from collections.abc import Mapping

    from classifier.model.artefact import Model


def thresholds_at(model: Model, points: Mapping[str, str]) -> dict[str, float]:
    """Return the thresholds that a model keeps for some operating points.

    Parameters
    ----------
    model : Model
    points : mapping of str to str
        By label; by an empty name for all labels that are not named.

    Raises
    ------
    UsageError
        A point that makes no sense, or that the model has no thresholds for.
    """
    found: dict[str, float] = {}
    for name, text in points.items():
        point = str(OperatingPoint.parse(text))
        kept = model.points.get(point)
        if kept is None:
            like = [other for other in model.points if _kind(other) == _kind(point)]
            raise UsageError(
                f"this model keeps no thresholds for {text}: it has "
                f"{', '.join(like or model.points)}; train one for it: esc train --operating-point"
            )
        at = dict(zip(model.labels.names, kept, strict=True))
        # A label that there is not is refused with the thresholds.
        found |= {name: at.get(name, 0.5)} if name else at | found
    return found


def _kind(point: str) -> str:
    kind, is_share, _ = point.partition(":")
    return kind if is_share else "f"
