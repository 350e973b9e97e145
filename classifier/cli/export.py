"""``esc export``."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from classifier.cli import common


def add_to(app: typer.Typer) -> None:
    """Register the command."""
    app.command("export")(export)


def export(
    output: Annotated[Path, typer.Option("--output", "-o", help="The file to write.")],
    model: common.ModelOption = None,
    format: Annotated[str, typer.Option("--format", "-f", help="joblib.")] = "joblib",  # noqa: A002
) -> None:
    """Write a model as a plain scikit-learn Pipeline, for notebooks.

    It scores each sentence by itself: what the rest of a document adds is not in it.
    """
    from classifier.model.export import export_joblib

    common.choose_format(format, ["joblib"], "joblib", "joblib")
    predictor = common.load_predictor(model)
    export_joblib(predictor.model, output)
    common.note(f"{output} written; joblib files run code when they are loaded: open only your own")
