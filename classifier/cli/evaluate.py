"""``esc evaluate``."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from classifier.cli import common


def add_to(app: typer.Typer) -> None:
    """Register the command."""
    app.command("evaluate")(evaluate)


def evaluate(
    data: Annotated[
        list[Path], typer.Option("--data", "-d", help="Labelled file or folder; repeatable.")
    ],
    model: common.ModelOption = None,
    against: Annotated[
        str | None,
        typer.Option(
            "--against",
            metavar="NAME|FOLDER",
            help="An older model: how much better is --model on the same sentences?",
        ),
    ] = None,
    by: Annotated[
        list[str] | None,
        typer.Option("--by", help="Break down by theatre, outlet, genre, origin, year or length."),
    ] = None,
    mistakes: Annotated[
        int, typer.Option("--mistakes", min=0, help="Show the worst mistakes, with their reasons.")
    ] = 0,
    report: common.ReportOption = None,
    threshold: common.ThresholdOption = None,
    operating_point: common.OperatingPointOption = None,
    bootstrap: Annotated[
        int, typer.Option("--bootstrap", min=0, help="Resamples of documents for the intervals.")
    ] = 1000,
    format: Annotated[  # noqa: A002
        str | None,
        typer.Option("--format", "-f", help="table or json; table on a terminal, json in a pipe."),
    ] = None,
) -> None:
    """Measure a model on labelled sentences that it was not trained on."""
    from classifier.corpus.read import read_corpus
    from classifier.report.evaluation import (
        breakdown_lines,
        comparison_lines,
        mistake_lines,
        mistake_rows,
    )
    from classifier.report.terminal import figure_lines
    from classifier.scoring.measure import breakdown_fields, measure
    from classifier.scoring.measure import mistakes as worst

    page = common.report_file(report)
    form = common.choose_format(format, ["table", "json"], "table", "json")
    fields = breakdown_fields(by or [])
    predictor = common.load_predictor(model, threshold, operating_point)
    older = common.load_predictor(against) if against else None
    corpus = read_corpus(data, labels=predictor.model.labels)
    for notice in corpus.notices:
        common.note(notice)
    figures = measure(predictor, corpus, bootstrap=bootstrap, against=older)
    if page:
        from classifier import disk
        from classifier.report.training import evaluation_report

        html = evaluation_report(predictor, corpus, figures)
        disk.write_atomic(page, html.encode())
        common.note(f"report {page} written")
    found = worst(predictor, corpus, mistakes)
    if form == "json":
        common.write_json(figures | {"mistakes": list(mistake_rows(found))})
        return
    common.write_lines(figure_lines(figures))
    for name in fields:
        common.write_lines(breakdown_lines(name, figures["breakdown"][name], predictor.labels))
    if older is not None:
        common.write_lines(comparison_lines(figures["against"]))
    common.write_lines(mistake_lines(found))
