"""``esc score``."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from classifier.cli import common
from classifier.cli.reading import with_reading

if TYPE_CHECKING:
    from classifier.scoring import Predictor
    from classifier.scoring.sinks import Shape
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
            help="table, jsonl, json or csv; a table on a terminal, jsonl in a pipe; with --output "
            "also parquet or sqlite, by the name if not given.",
        ),
    ] = None,
    output: Annotated[
        str | None,
        typer.Option(
            "--output",
            "-o",
            metavar="FILE",
            help="Write to this file: .jsonl or .csv (also .gz, .zst), .json, .parquet, .sqlite.",
        ),
    ] = None,
    threshold: common.ThresholdOption = None,
    operating_point: common.OperatingPointOption = None,
    only: Annotated[
        list[str] | None,
        typer.Option("--only", metavar="LABEL", help="Show this label; repeatable."),
    ] = None,
    documents: Annotated[
        bool, typer.Option("--documents", help="One row a document instead of one a sentence.")
    ] = False,
    explain: Annotated[
        int,
        typer.Option(
            "--explain",
            metavar="K",
            min=0,
            help="Add the K strongest terms of each label that is decided or uncertain.",
            show_default=False,
        ),
    ] = 0,
    jobs: Annotated[
        int | None,
        typer.Option("--jobs", "-j", help="Processes, with --output; -1 for all cores."),
    ] = None,
    resume: Annotated[
        bool,
        typer.Option("--resume", help="Go on with the run that was ended before OUTPUT was done."),
    ] = False,
    rejects: Annotated[
        Path | None,
        typer.Option(
            "--rejects",
            metavar="FILE",
            help="List what could not be read here, with --output; OUTPUT.rejects.jsonl.",
        ),
    ] = None,
    cluster: Annotated[
        str | None,
        typer.Option(
            "--cluster",
            metavar="tcp://HOST:PORT|local:N",
            help="Score the tables of folders, one by one, on a Dask cluster; OUTPUT is a folder.",
        ),
    ] = None,
) -> None:
    """Score articles: a probability and a decision for each label of each sentence."""
    from classifier.scoring.sinks import Shape, Terms

    to_file = output not in (None, "-")
    for option, value in (
        ("--jobs", jobs),
        ("--resume", resume),
        ("--rejects", rejects),
        ("--cluster", cluster),
    ):
        if value is not None and value is not False and not to_file:
            raise common.usage(f"{option} goes with --output FILE")
    if explain and documents:
        raise common.usage("--explain tells of sentences, and --documents has none")
    if output is not None and to_file:
        from classifier.cli.destinations import cluster_target, processes, to_cluster, to_files
        from classifier.scoring.sinks import Target

        n_processes = processes(jobs)
        target = cluster_target(format) if cluster else Target.parse(output, format)
    predictor = common.load_predictor(model, threshold, operating_point)
    labels = common.choose_labels(only, predictor.labels, "--only")
    terms = Terms(predictor, explain) if explain else None
    shape = Shape(predictor.model, labels, documents, terms)
    if output is None or not to_file:
        _to_stdout(predictor, shape, paths, reading, format)
    elif cluster:
        if jobs or resume or rejects or reading.keep_text:
            raise common.usage(
                "--jobs, --resume, --rejects and --keep-text are of runs without --cluster"
            )
        to_cluster(predictor, model, shape, target, paths, reading, cluster, output)
    else:
        to_files(
            predictor, model, shape, target, paths, reading,
            jobs=n_processes, resume=resume, rejects=rejects,
        )  # fmt: skip


def _to_stdout(
    predictor: Predictor, shape: Shape, paths: list[str], reading: Reading, given: str | None
) -> None:
    from classifier.scoring.results import AT_ONCE, score_paths
    from classifier.scoring.sinks import FORMATS

    if given in ("parquet", "sqlite"):
        raise common.usage(f"--format {given}: goes with --output FILE")
    form = common.choose_format(given, ["table", *FORMATS], "table", "jsonl")
    problems = common.Problems()
    at_once = 1 if form == "table" else AT_ONCE
    results = score_paths(predictor, paths, problems, reading, at_once)
    if form == "table":
        from classifier.report.terminal import result_lines

        screen = common.screen()
        for result in results:
            common.write_lines([*result_lines(result, shape, screen), ""])
    else:
        common.write_bytes(FORMATS[form](results, shape))
    problems.finish()
