"""Studies of a trained model that are saved with it: learning curve, values left out."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Any

from classifier.model.learning_curve import learning_curve
from classifier.model.leave_out import leave_out

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from classifier.corpus.read import Corpus
    from classifier.model.train import Trained


def studied(
    trained: Trained,
    corpus: Corpus,
    *,
    curve: bool = False,
    fields: Sequence[str] = (),
    jobs: int = 1,
    notice: Callable[[str], None] = lambda _: None,
    progress: Callable[[str], Callable[[int, int], None]] = lambda _: lambda _done, _total: None,
) -> Trained:
    """Run the studies asked for and put what they found into the model's ``about``.

    Parameters
    ----------
    trained : Trained
    corpus : Corpus
        That it was trained on.
    curve : bool
        Run `classifier.model.learning_curve.learning_curve`.
    fields : sequence of str
        Run `classifier.model.leave_out.leave_out` for each.
    jobs : int
        Worker processes; the result does not depend on it.
    notice : callable
        Told what the user should know.
    progress : callable
        Given the name of a study; returns what is told (done, total) after each fit.
    """
    about: dict[str, Any] = dict(trained.model.about)
    if curve:
        about["learning_curve"] = learning_curve(
            trained, corpus, jobs=jobs, progress=progress("learning curve: fit")
        )
    if fields:
        about["leave_out"] = {
            field: leave_out(
                trained,
                corpus,
                field,
                jobs=jobs,
                notice=notice,
                progress=progress(f"leave out by {field}: fit"),
            )
            for field in dict.fromkeys(fields)
        }
    return replace(trained, model=replace(trained.model, about=about))
