"""The command line: parse, call one function, print.

Nothing heavy is imported here or at the top of a command's module: ``esc --help`` pays for typer
alone.
"""

from __future__ import annotations

import os
import sys
from typing import Annotated

import typer

from classifier.cli import (
    corpus,
    doctor,
    evaluate,
    export,
    init,
    inspect,
    label,
    models,
    schema,
    score,
    serve,
    train,
)
from classifier.errors import EscError
from classifier.version import __version__

EXIT_INTERRUPTED = 130

app = typer.Typer(
    name="esc",
    help="Find battlefield claims, red-line warnings, diplomatic signals and weapons policy in "
    "news, sentence by sentence, and see why.",
    epilog="Exit codes: 0 all well, 1 a problem with some input, 2 wrong usage, 3 a problem with "
    "the model, 130 interrupted. Documentation: README.md and docs/.",
    no_args_is_help=True,
    rich_markup_mode=None,
    pretty_exceptions_enable=False,
    add_completion=False,
    context_settings={"help_option_names": ["-h", "--help"], "max_content_width": 100},
)
score.add_to(app)
inspect.add_to(app)
serve.add_to(app)
train.add_to(app)
evaluate.add_to(app)
models.add_to(app)
label.add_to(app)
corpus.add_to(app)
export.add_to(app)
init.add_to(app)
schema.add_to(app)
doctor.add_to(app)


def _version(value: bool) -> None:
    if not value:
        return
    from classifier.model.artefact import load_model
    from classifier.scoring.catalogue import find_model

    try:
        model = load_model(find_model())
        data = str(model.about["data"]["fingerprint"])[:12]
        typer.echo(f"esc {__version__}, model {model.name} {model.fingerprint}, data {data}")
    except EscError as error:
        typer.echo(f"esc {__version__}, no shipped model ({error})")
    raise typer.Exit


@app.callback()
def _root(
    version: Annotated[
        bool,
        typer.Option(
            "--version",
            callback=_version,
            is_eager=True,
            help="Show the versions of package, model and data.",
        ),
    ] = False,
) -> None:
    pass


def main() -> None:
    """Run the command line; the only place where errors become exit codes."""
    _open_closed()
    try:
        app(prog_name="esc")
    except EscError as error:
        _say(f"esc: {error}")
        sys.exit(error.exit_code)
    except SystemExit as error:
        # typer gives these two exit codes of its own; what it caught hangs on its exit.
        if _behind(error, BrokenPipeError):
            # The reader has gone, as with `| head`: nobody is there to be told.
            os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
            sys.exit(0)
        if _behind(error, KeyboardInterrupt):
            _say("esc: interrupted")
            sys.exit(EXIT_INTERRUPTED)
        raise
    except OSError as error:
        where = f"{error.filename}: " if error.filename else ""
        _say(f"esc: {where}{error.strerror or error}")
        sys.exit(1)


def _open_closed() -> None:
    # Whoever started this may have closed a standard stream, as `2>&-` does.
    for name, mode in (("stdin", "r"), ("stdout", "w"), ("stderr", "w")):
        if getattr(sys, name) is None:
            setattr(sys, name, open(os.devnull, mode, encoding="utf-8"))  # noqa: PTH123, SIM115


def _behind(error: BaseException, kind: type[BaseException]) -> bool:
    found: BaseException | None = error
    while found is not None and not isinstance(found, kind):
        found = found.__cause__ or found.__context__
    return found is not None


def _say(message: str) -> None:
    typer.echo(" ".join(message.split()), err=True)
