"""``esc models``."""

from __future__ import annotations

from contextlib import contextmanager
from typing import TYPE_CHECKING, Annotated

import typer

from classifier.cli import common

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from classifier.model.artefact import Model


def add_to(app: typer.Typer) -> None:
    """Register the commands."""
    group = typer.Typer(
        help="Show which models there are, and choose one.",
        no_args_is_help=True,
        rich_markup_mode=None,
    )
    group.command("list")(list_all)
    group.command("show")(show)
    group.command("use")(use)
    app.add_typer(group, name="models")


def list_all() -> None:
    """List the models of this folder and the shipped one, and say which is in use."""
    from classifier.errors import ModelError
    from classifier.model.artefact import load_model
    from classifier.report.terminal import table
    from classifier.scoring.catalogue import find_model, list_models

    rows = [["name", "labels", "sentences", "macro F1", "fingerprint", "in use", "folder"]]
    broken = 0
    try:
        in_use = find_model().resolve()
    except ModelError as error:
        common.note(str(error))
        in_use, broken = None, 1
    for folder in list_models():
        try:
            model = load_model(folder)
            about = model.about
            with _reading_about(folder):
                rows.append(
                    [
                        model.name,
                        str(len(model.labels)),
                        f"{about['data']['sentences']:,}",
                        f"{about['figures']['macro']['f1']['value']:.3f}",
                        model.fingerprint,
                        "yes" if folder.resolve() == in_use else "",
                        str(folder),
                    ]
                )
        except ModelError as error:
            common.note(str(error))
            broken += 1
    common.write_lines(table(rows, "<>>><<<"))
    if broken:
        raise typer.Exit(3)


def use(
    name: Annotated[
        str, typer.Argument(metavar="NAME|FOLDER", help="The model; default is the shipped one.")
    ],
) -> None:
    """Take a model wherever none is named, in this directory; no model is changed or removed."""
    from classifier.scoring import load
    from classifier.scoring.catalogue import use_model

    predictor = load(name)  # one that cannot score must not become the default
    folder = use_model(name)
    common.note(f"in use now: {predictor.model.name} ({predictor.model.fingerprint}), {folder}")


def show(
    name: Annotated[
        str | None,
        typer.Argument(metavar="NAME|FOLDER", help="The model; the one in use if not given."),
    ] = None,
    format: Annotated[  # noqa: A002
        str | None,
        typer.Option("--format", "-f", help="table or json; table on a terminal, json in a pipe."),
    ] = None,
) -> None:
    """Show what a model was trained on, how it was measured, its thresholds and others."""
    from classifier.model.artefact import load_model
    from classifier.scoring.catalogue import find_model

    form = common.choose_format(format, ["table", "json"], "table", "json")
    folder = find_model(name)
    model = load_model(folder)
    if form == "json":
        import orjson

        value = {
            "name": model.name,
            "fingerprint": model.fingerprint,
            "labels": list(model.labels.names),
            "thresholds": dict(zip(model.labels.names, model.thresholds, strict=False)),
            "operating_points": {
                point: dict(zip(model.labels.names, row, strict=True))
                for point, row in model.points.items()
            },
            **({"at_least_one": True} if model.labels.at_least_one else {}),
            "terms": {kind: len(block) for kind, block in model.blocks.items()},
            **model.about,
        }
        common.write_bytes([orjson.dumps(value, option=orjson.OPT_APPEND_NEWLINE)])
        return
    with _reading_about(folder):
        lines = _lines(model)
    common.write_lines(lines)


def _lines(model: Model) -> list[str]:
    from classifier.report.terminal import figure_lines, point_rows, table

    about, data = model.about, model.about["data"]
    origins = ", ".join(
        f"{count:,} {name or 'of no origin'}" for name, count in data["origins"].items()
    )
    facts = [
        ["model", f"{model.name} ({model.fingerprint})"],
        ["data", f"{data['sentences']:,} sentences of {data['documents']:,} documents ({origins})"],
        ["terms", ", ".join(f"{len(block):,} {kind}" for kind, block in model.blocks.items())],
        ["settings", f"C={about['strength']:g}, seed {about['settings']['seed']}"],
        ["versions", ", ".join(f"{k} {v}" for k, v in about["versions"].items())],
    ]
    if model.labels.at_least_one:
        facts.append(["labels", "at least one a sentence, the nearest to its threshold"])
    for label, bound in zip(model.labels.names, model.thresholds, strict=False):
        facts.append([f"threshold {label}", f"{bound:.3f}"])
    lines = [
        *table(facts, "<<"),
        "",
        "measured in nested cross-validation by document:",
        *figure_lines(about["figures"]),
    ]
    if rows := point_rows(about["figures"]):
        alarms = "false_alarms" in about["figures"]
        lines += [
            "",
            "precision / recall at other operating points (--operating-point)"
            + (", sentences flagged of documents without any label:" if alarms else ":"),
            *table(rows, "<" + ">" * (len(rows[0]) - 1)),
        ]
    return lines


@contextmanager
def _reading_about(folder: Path) -> Iterator[None]:
    # What a model says of itself is not needed for scoring, so loading does not check it.
    try:
        yield
    except (AttributeError, LookupError, TypeError, ValueError) as error:
        from classifier.errors import ModelError

        what = f"missing {error}" if isinstance(error, KeyError) else str(error)
        raise ModelError(
            f"{folder / 'model.json'}: damaged: {what}; train or fetch the model again"
        ) from error
