"""Where ``esc score`` puts results that do not go to standard output: a file, a folder."""

from __future__ import annotations

import shutil
from typing import TYPE_CHECKING

import typer

from classifier.cli import common

if TYPE_CHECKING:
    from pathlib import Path

    from classifier.scoring import Predictor
    from classifier.scoring.bulk import Task
    from classifier.scoring.sinks import Shape, Target
    from classifier.text import Reading

# Of what is wrong with inputs, and of what was guessed, this much is said; a file has the rest.
_MOST_SAID = 20


def processes(given: int | None) -> int:
    """Return the number of processes that was asked for."""
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


def _task(
    predictor: Predictor, model: str | None, shape: Shape, target: Target, reading: Reading
) -> Task:
    from dataclasses import replace

    from classifier.scoring.bulk import Task
    from classifier.scoring.catalogue import find_model
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


def to_files(
    predictor: Predictor,
    model: str | None,
    shape: Shape,
    target: Target,
    paths: list[str],
    reading: Reading,
    *,
    jobs: int,
    resume: bool,
    rejects: Path | None,
) -> None:
    """Score into one file."""
    from classifier.cli.following import Follower, Limited
    from classifier.scoring.bulk import folder_of, is_finished, score_to_file

    task = _task(predictor, model, shape, target, reading)
    place = target.path
    work = folder_of(place)
    if resume and is_finished(place):
        shutil.rmtree(work, ignore_errors=True)
        common.note(f"{place}: finished already; nothing to resume")
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
    follower.finish(f"{found.n_sentences:,} sentences of {found.n_documents:,} documents", place)
    if found.rejects:
        if told.count > _MOST_SAID:
            common.note(f"{found.n_rejects:,} inputs or records skipped, listed in {found.rejects}")
        raise typer.Exit(1)


def cluster_target(form: str | None) -> Target:
    """Return what a cluster writes for each partition."""
    from pathlib import Path

    from classifier.cluster.scoring import FORMATS
    from classifier.scoring.sinks import Target

    if form not in (None, *FORMATS):
        raise common.usage(f"--format {form}: with --cluster expected {', '.join(FORMATS)}")
    return Target(Path(), form or "parquet")


def to_cluster(
    predictor: Predictor,
    model: str | None,
    shape: Shape,
    target: Target,
    paths: list[str],
    reading: Reading,
    address: str,
    output: str,
) -> None:
    """Score partitions on a cluster into a folder."""
    from classifier.cli.following import Follower, Partitions
    from classifier.cluster import connect, find_partitions, score_partitions

    task = _task(predictor, model, shape, target, reading)
    target.sink(shape)  # fails here rather than there
    partitions = find_partitions(paths, output)
    follower = Follower()
    try:
        with connect(address) as client:
            outcomes = score_partitions(
                client, task, partitions, output, done=Partitions(follower, _MOST_SAID)
            )
    finally:
        follower.clear()
    n_rejects = sum(one.n_rejects for one in outcomes)
    failed = sum(bool(one.error) for one in outcomes)
    n_sentences = sum(one.n_sentences for one in outcomes)
    common.note(
        f"{n_sentences:,} sentences of {len(outcomes) - failed:,} partitions in {output}"
        + (f"; {failed:,} could not be scored" if failed else "")
        + (f"; {n_rejects:,} records skipped, listed in {output}/_rejects" if n_rejects else "")
    )
    if failed or n_rejects:
        raise typer.Exit(1)
