"""``esc label``."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from classifier.cli import common

if TYPE_CHECKING:
    from classifier.labelling.project import Project
    from classifier.labelling.session import Session


def add_to(app: typer.Typer) -> None:
    """Register the command."""
    app.command("label")(label)


def label(
    input: Annotated[  # noqa: A002
        list[str] | None,
        typer.Option(
            "--input",
            "-i",
            metavar="FILE|FOLDER",
            help="Articles to label, or JSONL of sentences; repeatable. Added to what is there.",
        ),
    ] = None,
    project: Annotated[
        Path,
        typer.Option(
            "--project", "-p", metavar="FOLDER", help="Where sentences and labels are kept."
        ),
    ] = Path("labelling"),
    annotator: Annotated[
        str | None,
        typer.Option("--annotator", "-a", metavar="NAME", help="Who labels; your login name."),
    ] = None,
    labels: Annotated[
        Path | None,
        typer.Option(
            "--labels", help="Label set file; labels.json of the project, or the model's."
        ),
    ] = None,
    order: Annotated[
        str | None,
        typer.Option(
            "--order",
            help="random, uncertain, diverse or rare; uncertain if a model has these labels.",
        ),
    ] = None,
    random_share: Annotated[
        float, typer.Option("--random-share", help="Part drawn at random under any order.")
    ] = 0.2,
    overlap: Annotated[
        float, typer.Option("--overlap", help="Part that every annotator labels.")
    ] = 0.2,
    suggest: Annotated[
        bool, typer.Option("--suggest", help="Show what the model says; blind if not given.")
    ] = False,
    model: common.ModelOption = None,
    data: Annotated[
        list[Path] | None,
        typer.Option(
            "--data",
            "-d",
            help="Labelled files that the new labels join; repeatable. Those of the project, or "
            "the shipped ones, if not given.",
        ),
    ] = None,
    held_out: Annotated[
        list[Path] | None,
        typer.Option(
            "--held-out",
            help="Labelled file to compare models on, after retraining; repeatable. About a "
            "quarter of the documents labelled here, if not given.",
        ),
    ] = None,
    seed: Annotated[int, typer.Option("--seed", help="Seed of the order.")] = 0,
    any_language: Annotated[
        bool, typer.Option("--any-language", help="Read articles that are not English too.")
    ] = False,
    export: Annotated[
        Path | None,
        typer.Option(
            "--export", metavar="FOLDER", help="Write the labels as files there, and leave."
        ),
    ] = None,
    terminal: Annotated[
        bool, typer.Option("--terminal", help="Label here, in the terminal.")
    ] = False,
    review: Annotated[
        bool, typer.Option("--review", help="Settle disagreements in the terminal.")
    ] = False,
    retrain: Annotated[
        bool,
        typer.Option(
            "--retrain", help="Train on the labels, compare with the model in use, and leave."
        ),
    ] = False,
    host: Annotated[
        str,
        typer.Option(
            "--host",
            metavar="ADDRESS",
            help="Listen on this address; one that others can reach asks them for a token.",
        ),
    ] = "127.0.0.1",
    port: Annotated[
        int, typer.Option("--port", min=0, max=65535, help="0 takes a free one.")
    ] = 8765,
    browser: Annotated[
        bool, typer.Option("--open/--no-open", help="Open the page in the browser.")
    ] = True,
) -> None:
    """Label sentences by hand, one key each; every decision is on the disk before the next."""
    from classifier.labelling.project import Choices, Project
    from classifier.labelling.queue import Plan
    from classifier.text import Reading

    plan = Plan(order or "random", random_share, overlap, seed)
    choices = Choices(project, labels, model, data, held_out, order, plan, suggest)
    opened = Project(choices, common.note)
    try:
        problems = common.Problems()
        if input:
            reading = Reading(any_language=any_language, notice=common.note)
            new = opened.add(input, problems, reading)
            common.note(f"{new} new sentences in {opened.store.path}")
        if export is not None:
            _export(opened, export)
            problems.finish()
            return
        if not opened.store.items():
            raise common.usage(f"{opened.store.path}: nothing to label yet; give --input articles/")
        if retrain:
            _retrain(opened)
            problems.finish()
            return
        who = annotator or _login()
        common.note("putting the sentences in order")
        common.note(f"{len(opened.queue.items)} sentences, {opened.queue.plan.order} order")
        if terminal or review:
            _in_terminal(opened, opened.session(who), review=review)
        else:
            _in_browser(opened, who, host, port, browser)
        problems.finish()
    finally:
        opened.close()


def _export(project: Project, folder: Path) -> None:
    from classifier.labelling.export import export

    if folder.resolve() == project.choices.folder.resolve():
        raise common.usage(
            f"{folder}: is the project itself, whose labelled files are data that new labels join; "
            "export to another folder"
        )
    with project.store.reading() as ledger:
        sample = project.queue.random_sample(ledger)
    for path, count in export(project.store, folder, sample):
        common.write_lines([f"{path}: {count} sentences"])


def _in_terminal(project: Project, session: Session, *, review: bool) -> None:
    import sys

    from classifier.labelling.terminal import Labelling
    from classifier.labelling.terminal_keys import single_keys
    from classifier.labelling.terminal_pane import Pane
    from classifier.labelling.terminal_review import Review

    def write(text: str) -> None:
        sys.stdout.write(text)
        sys.stdout.flush()

    with single_keys() as read:
        pane = Pane(project.labels, project.codebook, read, write, common.screen())
        (Review if review else Labelling)(session, pane).run()


def _retrain(project: Project) -> None:
    import time

    from classifier.errors import InputError
    from classifier.report.evaluation import comparison_lines
    from classifier.report.terminal import figure_lines

    jobs = project.retraining
    folder = jobs.start()
    last = ""
    try:
        while (state := jobs.latest()) and state.running:
            steps = f" {state.done} of {state.total}" if state.total else ""
            said = f"{state.stage}: {state.what}{steps}"
            if said != last:
                common.note(said)
            last = said
            time.sleep(0.3)
    except KeyboardInterrupt:
        jobs.cancel()
        raise
    finally:
        jobs.wait()
    if state is None or state.comparison is None:
        raise InputError(f"{state.what if state else 'gone'}; log: {folder / 'log.txt'}")
    common.write_lines(figure_lines(state.comparison))
    if "against" in state.comparison:
        common.write_lines(comparison_lines(state.comparison["against"]))
    common.note(f"{state.model} is trained; esc models use {state.model} takes it into use")


def _in_browser(project: Project, who: str, host: str, port: int, browser: bool) -> None:
    from classifier.scoring import load
    from classifier.web.settings import WebSettings, access_token

    run = common.load_server("esc label (but not --terminal)")
    settings = WebSettings(
        host=host, port=port, token=access_token(host), data=project.choices.folder
    )
    # The pages want some model; a project of other labels has none of its own yet.
    predictor = project.predictor or load()
    run(
        predictor,
        settings,
        common.note,
        browser=browser and _has_screen(),
        labelling=project,
        annotator=who,
    )


def _has_screen() -> bool:
    """Tell whether a browser would open in a window; a text browser would take the terminal."""
    import os
    import sys

    windows = sys.platform in ("darwin", "win32")
    return windows or bool(os.environ.get("DISPLAY") or os.environ.get("WAYLAND_DISPLAY"))


def _login() -> str:
    import getpass

    try:
        return getpass.getuser()
    except (OSError, KeyError):  # a container without a name for its user
        raise common.usage("nobody is logged in by name here; give --annotator NAME") from None
