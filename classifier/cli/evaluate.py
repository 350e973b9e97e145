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
    threshold: common.ThresholdOption = None,
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
    from classifier.report.terminal import figure_lines
    from classifier.scoring.measure import measure

    form = common.choose_format(format, ["table", "json"], "table", "json")
    predictor = common.load_predictor(model, threshold)
    corpus = read_corpus(data, labels=predictor.model.labels)
    for notice in corpus.notices:
        common.note(notice)
    figures = measure(predictor, corpus, bootstrap=bootstrap)
    if form == "table":
        common.write_lines(figure_lines(figures))
    else:
        import orjson

        common.write_bytes([orjson.dumps(figures, option=orjson.OPT_APPEND_NEWLINE)])
