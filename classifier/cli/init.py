"""``esc init``."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from classifier.cli import common


def add_to(app: typer.Typer) -> None:
    """Register the command."""
    app.command("init")(init)


def init(
    folder: Annotated[Path, typer.Argument(help="A new or empty folder.")],
) -> None:
    """Write a starter project: label set, codebook, ten labelled examples."""
    from classifier.corpus.starter import write_starter

    files = write_starter(folder)
    common.write_lines(str(file) for file in files)
    common.note(f"next: edit them, then esc train --data {folder} --output models/{folder.name}")
