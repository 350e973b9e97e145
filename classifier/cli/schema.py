"""``esc schema``."""

from __future__ import annotations

from typing import Annotated

import typer

from classifier.cli import common


def add_to(app: typer.Typer) -> None:
    """Register the command."""
    app.command("schema")(schema)


def schema(
    documents: Annotated[
        bool, typer.Option("--documents", help="Of the rows that --documents gives.")
    ] = False,
) -> None:
    """Show the JSON Schema of the JSON lines that esc score writes."""
    from classifier.scoring.sinks.schema import json_schema

    common.write_bytes([json_schema("document" if documents else "sentence")])
