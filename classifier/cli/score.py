"""``esc score``."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated

import typer

from classifier.cli import common
from classifier.cli.reading import with_reading

if TYPE_CHECKING:
    from classifier.text import Reading


def add_to(app: typer.Typer) -> None:
    """Register the command."""
    app.command("score")(with_reading(score))


def score(
    paths: list[str],
    reading: Reading,
    model: common.ModelOption = None,
    format: Annotated[  # noqa: A002
        str | None,
        typer.Option(
            "--format",
            "-f",
            help="table, jsonl, json or csv; a table on a terminal, jsonl in a pipe.",
        ),
    ] = None,
    threshold: common.ThresholdOption = None,
    only: Annotated[
        list[str] | None,
        typer.Option("--only", metavar="LABEL", help="Show this label; repeatable."),
    ] = None,
    documents: Annotated[
        bool, typer.Option("--documents", help="One row a document instead of one a sentence.")
    ] = False,
) -> None:
    """Score articles: a probability and a decision for each label of each sentence."""
    from classifier.scoring.results import score_paths
    from classifier.scoring.sinks import FORMATS

    form = common.choose_format(format, ["table", *FORMATS], "table", "jsonl")
    predictor = common.load_predictor(model, threshold)
    labels = common.choose_labels(only, predictor.labels, "--only")
    problems = common.Problems()
    results = score_paths(predictor, paths, problems, reading)
    if form == "table":
        from classifier.report.terminal import result_lines

        screen = common.screen()
        for result in results:
            common.write_lines(
                result_lines(
                    result, predictor.model.labels, labels, screen, sentences=not documents
                )
            )
            common.write_lines([""])
    else:
        common.write_bytes(FORMATS[form](results, predictor.model, labels, documents=documents))
    problems.finish()
