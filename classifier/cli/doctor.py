"""``esc doctor``."""

from __future__ import annotations

from typing import Annotated

import typer

from classifier.cli import common


def add_to(app: typer.Typer) -> None:
    """Register the command."""
    app.command("doctor")(doctor)


def doctor(
    model: common.ModelOption = None,
    format: Annotated[  # noqa: A002
        str | None,
        typer.Option("--format", "-f", help="table or json; table on a terminal, json in a pipe."),
    ] = None,
) -> None:
    """Show what is installed: versions, the scorer that runs, model, cache, extras."""
    from classifier.report.doctor import doctor_rows, examine
    from classifier.report.terminal import table

    form = common.choose_format(format, ["table", "json"], "table", "json")
    found = examine(model)
    if form == "json":
        common.write_json(found)
    else:
        common.write_lines(table(doctor_rows(found), "<<"))
    if found["model"] is None:
        raise typer.Exit(3)
