"""``esc inspect``."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated

import typer

from classifier.cli import common
from classifier.cli.reading import with_reading

if TYPE_CHECKING:
    from classifier.text import Reading


def add_to(app: typer.Typer) -> None:
    """Register the command."""
    app.command("inspect")(with_reading(inspect))


def inspect(
    paths: list[str],
    reading: Reading,
    model: common.ModelOption = None,
    sentence: Annotated[
        list[int] | None,
        typer.Option("--sentence", "-s", help="Number of a sentence, from 0; repeatable."),
    ] = None,
    label: Annotated[
        list[str] | None,
        typer.Option(
            "--label", "-l", help="Explain this label; those decided on if not given; repeatable."
        ),
    ] = None,
    top: Annotated[int, typer.Option("--top", "-k", min=0, help="Terms shown for each label.")] = 8,
    threshold: common.ThresholdOption = None,
    operating_point: common.OperatingPointOption = None,
    format: Annotated[  # noqa: A002
        str | None,
        typer.Option(
            "--format", "-f", help="table, json or html; table on a terminal, json in a pipe."
        ),
    ] = None,
) -> None:
    """Show the prediction of every sentence and the words that caused it."""
    from classifier.scoring.inspection import inspect as explain
    from classifier.scoring.inspection import inspection_json
    from classifier.scoring.results import score_paths

    form = common.choose_format(format, ["table", "json", "html"], "table", "json")
    predictor = common.load_predictor(model, threshold, operating_point)
    labels = common.choose_labels(label, predictor.labels, "--label") if label else None
    problems = common.Problems()
    results = score_paths(predictor, paths, problems, reading)
    inspected = ((result, explain(predictor, result, sentence, labels)) for result in results)
    if form == "html":
        from classifier.report.article import article_html

        pages = list(inspected)
        if pages:
            common.write_bytes([article_html(pages, predictor.model, top).encode()])
    elif form == "json":
        import orjson

        for result, found in inspected:
            row = inspection_json(result, found, predictor.model, top)
            common.write_bytes([orjson.dumps(row, option=orjson.OPT_APPEND_NEWLINE)])
    else:
        from classifier.report.terminal import explanation_lines

        screen = common.screen()
        for result, found in inspected:
            common.write_lines([f"{result.document.id}", ""])
            for prediction, explanations in found:
                common.write_lines(explanation_lines(prediction, explanations, top, screen))
    problems.finish()
