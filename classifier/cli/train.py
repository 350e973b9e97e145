"""``esc train``."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from classifier.cli import common

if TYPE_CHECKING:
    from contextlib import AbstractContextManager


def add_to(app: typer.Typer) -> None:
    """Register the command."""
    app.command("train")(train)


def train(
    data: Annotated[
        list[Path] | None,
        typer.Option(
            "--data",
            "-d",
            help="Labelled file or folder (JSONL, CSV, TSV); repeatable; the shipped data else.",
        ),
    ] = None,
    unlabelled: Annotated[
        list[str] | None,
        typer.Option(
            "--unlabelled",
            metavar="PATH",
            help="Also learn from these articles without labels, such as those of a new theatre; "
            "whatever esc score reads; repeatable.",
        ),
    ] = None,
    teacher: Annotated[
        Path | None,
        typer.Option(
            "--teacher",
            metavar="FILE",
            help="Also learn from sentences to which another model gave probabilities: JSON lines "
            "as esc score writes them.",
        ),
    ] = None,
    output: Annotated[
        str | None,
        typer.Option(
            "--output", "-o", metavar="models/NAME", help="Where the model goes; models/local."
        ),
    ] = None,
    labels: Annotated[
        Path | None, typer.Option("--labels", help="Label set file; labels.json beside the data.")
    ] = None,
    seed: Annotated[int | None, typer.Option("--seed", help="Seed of everything random.")] = None,
    folds: Annotated[
        int | None, typer.Option("--folds", help="Folds of the cross-validation.")
    ] = None,
    jobs: Annotated[int, typer.Option("--jobs", "-j", help="Processes; -1 for all cores.")] = -1,
    cluster: Annotated[
        str | None,
        typer.Option(
            "--cluster",
            metavar="tcp://HOST:PORT|local:N",
            help="Have the fits made by a Dask cluster; the model is the same.",
        ),
    ] = None,
    config: Annotated[Path | None, typer.Option("--config", help="Settings in TOML.")] = None,
    operating_point: Annotated[
        list[str] | None,
        typer.Option(
            "--operating-point",
            metavar="POINT",
            help="What thresholds are chosen for: f1 (the default), f2, recall:0.9, "
            "precision:0.9, false_alarms:0.01; LABEL=POINT for one label; repeatable.",
        ),
    ] = None,
    learning_curve: Annotated[
        bool,
        typer.Option(
            "--learning-curve", help="Also measure with an eighth, a quarter, half the documents."
        ),
    ] = False,
    leave_out: Annotated[
        list[str] | None,
        typer.Option(
            "--leave-out",
            metavar="FIELD",
            help="Also train without each theatre, outlet, genre, origin or author and measure on "
            "it; repeatable.",
        ),
    ] = None,
    report: common.ReportOption = None,
    strict: Annotated[
        bool, typer.Option("--strict", help="Make duplicate texts and missing sources errors.")
    ] = False,
    force: Annotated[bool, typer.Option("--force", help="Replace an existing model.")] = False,
) -> None:
    """Train a model on labelled sentences, and measure it by documents it was not trained on."""
    from dataclasses import replace

    from classifier import disk, shipped
    from classifier.corpus.read import read_corpus
    from classifier.model.artefact import save_model
    from classifier.model.leave_out import check_field
    from classifier.model.self_training import WEIGHT
    from classifier.model.settings import Settings, load_settings
    from classifier.model.studies import studied
    from classifier.model.train import train as fit
    from classifier.model.unlabelled import with_teacher, with_unlabelled
    from classifier.report.card import model_card
    from classifier.report.studies import study_lines
    from classifier.report.terminal import figure_lines

    page = common.report_file(report)
    asked = common.operating_points(operating_point)
    fields = [check_field(field) for field in leave_out or []]
    folder = _folder(output, force=force)
    if config is None and data is None:
        config = shipped.settings()
    settings = load_settings(config) if config else Settings()
    corpus = read_corpus(data, label_file=labels, strict=strict, training=True)
    points = dict(settings.operating_points) | _for_labels(asked, corpus.labels.names)
    given = {"seed": seed, "folds": folds, "operating_points": points}
    settings = replace(settings, **{k: v for k, v in given.items() if v is not None})  # type: ignore[arg-type]
    for notice in corpus.notices:
        common.note(notice)
    is_shipped = folder.resolve() == (shipped.models() / "default").resolve()
    if is_shipped and (data is not None or unlabelled or teacher):
        raise common.usage(
            f"{folder} is the shipped model, which is trained on the shipped data: choose another "
            "name"
        )
    if corpus.missing and is_shipped:
        raise common.usage(
            f"{corpus.missing} referenced sentences are not at hand, and the shipped model stands "
            "on all of them: fetch them first (esc corpus fetch), or train another model"
        )
    problems = common.Problems()
    if teacher:  # first, so that it is heard on articles that are given too
        corpus = with_teacher(corpus, teacher, common.note)
        common.note(
            "figures flatter a model whose teacher has learnt from the sentences that it is "
            "measured on"
        )
    if unlabelled:
        corpus = with_unlabelled(corpus, unlabelled, common.note, problems)
    if corpus.unlabelled and not settings.self_training:
        settings = replace(settings, self_training=WEIGHT)
    if settings.self_training and not (corpus.neighbours or corpus.unlabelled):
        common.note(
            "the setting self_training has nothing to learn from: expected --unlabelled, or data "
            "with sentences without labels"
        )
    with _fitting(cluster):
        trained = fit(
            corpus,
            settings,
            name=folder.name,
            jobs=jobs,
            notice=common.note,
            progress=common.progress("fit"),
        )
        trained = studied(
            trained,
            corpus,
            curve=learning_curve,
            fields=fields,
            jobs=jobs,
            notice=common.note,
            progress=common.progress,
        )
    fingerprint = save_model(trained.model, folder)
    disk.write_atomic(folder / "README.md", model_card(trained.model).encode())
    common.write_lines(figure_lines(trained.model.about["figures"]))
    common.write_lines(study_lines(trained.model.about))
    common.note(f"model {folder} ({fingerprint}) written")
    if page:
        from classifier.report.training import training_report

        disk.write_atomic(page, training_report(trained, corpus, fingerprint).encode())
        common.note(f"report {page} written")
    problems.finish()


def _fitting(cluster: str | None) -> AbstractContextManager[None]:
    from contextlib import nullcontext

    if cluster is None:
        return nullcontext()
    from classifier.cluster import training

    return training(cluster)


def _for_labels(points: dict[str, str], names: tuple[str, ...]) -> dict[str, str]:
    named = {name: point for name, point in points.items() if name}
    return (dict.fromkeys(names, points[""]) if "" in points else {}) | named


def _folder(output: str | None, *, force: bool) -> Path:
    folder = Path(output or "local")
    if output is None or not {"/", "\\"} & set(output):
        folder = Path("models") / folder
    if not folder.exists():
        return folder
    if not folder.is_dir():
        raise common.usage(f"{folder}: is a file, expected a folder for the model")
    is_model = (folder / "model.json").exists()
    if is_model and not output and not force:
        raise common.usage(f"{folder}: a model is there; name it (--output local) or use --force")
    if not is_model and any(folder.iterdir()):
        raise common.usage(f"{folder}: a folder with other files, expected a model or a new folder")
    return folder
