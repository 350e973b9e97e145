"""``esc score``."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from classifier.cli import common
from classifier.cli.reading import with_reading

if TYPE_CHECKING:
    from classifier.scoring import Predictor
    from classifier.scoring.bulk import Task
    from classifier.scoring.sinks import Shape, Target
    from classifier.text import Reading

# Of what is wrong with inputs, and of what was guessed, this much is said; a file has the rest.
_MOST_SAID = 20


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
) -> None:
    """Score articles: a probability and a decision for each label of each sentence."""
    from classifier.scoring.sinks import Shape, Target, Terms

    target = Target.parse(output, format) if output not in (None, "-") else None
    for option, value in (("--jobs", jobs), ("--resume", resume), ("--rejects", rejects)):
        if value and target is None:
            raise common.usage(f"{option} goes with --output FILE")
    if explain and documents:
        raise common.usage("--explain tells of sentences, and --documents has none")
    predictor = common.load_predictor(model, threshold)
    labels = common.choose_labels(only, predictor.labels, "--only")
    terms = Terms(predictor, explain) if explain else None
    shape = Shape(predictor.model, labels, documents, terms)
    if target is None:
        _to_stdout(predictor, shape, paths, reading, format)
    else:
        task = _task(predictor, model, shape, target, reading)
        _to_file(task, paths, reading, jobs=_processes(jobs), resume=resume, rejects=rejects)


def _to_stdout(
    predictor: Predictor, shape: Shape, paths: list[str], reading: Reading, given: str | None
) -> None:
    from classifier.report.terminal import result_lines
    from classifier.scoring.results import score_paths
    from classifier.scoring.sinks import FORMATS

    if given in ("parquet", "sqlite"):
        raise common.usage(f"--format {given}: goes with --output FILE")
    form = common.choose_format(given, ["table", *FORMATS], "table", "jsonl")
    problems = common.Problems()
    results = score_paths(predictor, paths, problems, reading)
    if form == "table":
        screen = common.screen()
        for result in results:
            common.write_lines([*result_lines(result, shape, screen), ""])
    else:
        common.write_bytes(FORMATS[form](results, shape))
    problems.finish()


def _task(
    predictor: Predictor, model: str | None, shape: Shape, target: Target, reading: Reading
) -> Task:
    from dataclasses import replace

    from classifier.scoring.bulk import Task
    from classifier.scoring.predictor import find_model
    from classifier.text import Reading

    silent = Reading()
    return Task(
        model=str(find_model(model).resolve()),
        fingerprint=predictor.model.fingerprint,
        thresholds=tuple(predictor.thresholds.items()),
        labels=shape.labels,
        target=target,
        # Callbacks stay in this process.
        reading=replace(reading, notice=silent.notice, keep_text=None),
        documents=shape.documents,
        explain=shape.terms.k if shape.terms else 0,
        keep_text=reading.keep_text is not None,
    )


def _processes(given: int | None) -> int:
    import os

    if given is None:
        return 1
    if given == -1:
        return (
            len(os.sched_getaffinity(0))
            if hasattr(os, "sched_getaffinity")
            else os.cpu_count() or 1
        )
    if given < 1:
        raise common.usage(f"--jobs {given}: expected 1 or more, or -1 for all cores")
    return given


def _to_file(
    task: Task,
    paths: list[str],
    reading: Reading,
    *,
    jobs: int,
    resume: bool,
    rejects: Path | None,
) -> None:
    from classifier.cli.following import Follower, Limited
    from classifier.scoring.bulk import score_to_file

    target = task.target.path
    work = target.with_name(target.name + ".part")
    if resume and target.exists() and not work.exists():
        common.note(f"{target}: finished already; nothing to resume")
        return
    follower = Follower()
    told = Limited(_MOST_SAID, follower.say)
    try:
        found = score_to_file(
            task,
            paths,
            jobs=jobs,
            resume=resume,
            rejects=rejects,
            keep_text=reading.keep_text,
            reject=lambda message: told(f"{message}; skipped"),
            notice=Limited(_MOST_SAID, follower.say),
            progress=follower,
        )
    except KeyboardInterrupt:
        follower.clear()
        if work.exists():
            common.note(f"what is finished is kept in {work}; --resume goes on")
        raise
    finally:
        follower.clear()
    follower.finish(f"{found.n_sentences:,} sentences of {found.n_documents:,} documents", target)
    if found.rejects:
        if told.count > _MOST_SAID:
            common.note(f"{found.n_rejects:,} inputs or records skipped, listed in {found.rejects}")
        raise typer.Exit(1)
