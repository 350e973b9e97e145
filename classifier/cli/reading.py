"""The options that every command has which reads articles, as one parameter of its function."""

from __future__ import annotations

import inspect
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, get_type_hints

import typer

from classifier.cli import common

if TYPE_CHECKING:
    from collections.abc import Callable

    from classifier.text import Reading


def _column(what: str) -> Any:
    return Annotated[
        str,
        typer.Option(
            f"--{what}-column",
            metavar="NAME",
            help=f"Column of tables with the {what}; guessed if not given.",
            show_default=False,
        ),
    ]


_OPTIONS: dict[str, tuple[Any, Any]] = {
    "files_from": (
        Annotated[
            str | None,
            typer.Option(
                "--files-from", metavar="FILE", help="Read the names in this list too, one a line."
            ),
        ],
        None,
    ),
    "input_format": (
        Annotated[
            str,
            typer.Option(
                "--input-format",
                metavar="NAME",
                help="Read every input as text, markdown, html, pdf, docx, epub, feed, csv, tsv, "
                "jsonl, json, parquet or warc; by name and content if not given.",
                show_default=False,
            ),
        ],
        "",
    ),
    **{f"{what}_column": (_column(what), "") for what in ("text", "id", "title", "date")},
    "any_language": (
        Annotated[
            bool, typer.Option("--any-language", help="Read articles that are not English too.")
        ],
        False,
    ),
    "fast_html": (
        Annotated[bool, typer.Option("--fast-html", help="Read HTML faster and less exactly.")],
        False,
    ),
    "allow_private": (
        Annotated[
            bool,
            typer.Option("--allow-private", help="Fetch addresses that are not public too."),
        ],
        False,
    ),
    "keep_text": (
        Annotated[
            Path | None,
            typer.Option(
                "--keep-text",
                metavar="FILE",
                help="Write the text of each article, which offsets count in, as JSON lines.",
            ),
        ],
        None,
    ),
}


def with_reading(command: Callable[..., None]) -> Callable[..., None]:
    """Give a command the options of reading.

    Its parameter ``paths`` becomes the paths given and those of ``--files-from``, and its parameter
    ``reading`` a `Reading` with what was chosen.
    """

    def run(**values: Any) -> None:
        chosen = {name: values.pop(name) for name in _OPTIONS}
        paths = _paths(values.pop("paths"), chosen.pop("files_from"))
        command(paths=paths, reading=_reading(chosen), **values)

    # `Reading` itself is not imported for the sake of `--help`.
    hints = get_type_hints(command, localns={"Reading": object}, include_extras=True)
    parameters = []
    for name, parameter in inspect.signature(command).parameters.items():
        if name == "reading":
            parameters += [_parameter(option, *what) for option, what in _OPTIONS.items()]
        elif name == "paths":
            parameters.append(_parameter(name, common.PathsArgument, None))
        else:
            parameters.append(_parameter(name, hints[name], parameter.default))
    # typer reads both.
    run.__signature__ = inspect.Signature(parameters)  # type: ignore[attr-defined]
    run.__annotations__ = {p.name: p.annotation for p in parameters}
    run.__name__, run.__doc__ = command.__name__, command.__doc__
    return run


def _parameter(name: str, annotation: Any, default: Any) -> inspect.Parameter:
    return inspect.Parameter(
        name, inspect.Parameter.KEYWORD_ONLY, default=default, annotation=annotation
    )


def _paths(given: list[str] | None, listed: str | None) -> list[str]:
    paths = list(given or [])
    if listed is not None:
        from classifier.text.sources import read_list

        if listed == "-" and "-" in paths:
            raise common.usage("--files-from -: standard input is named as an article too")
        paths += read_list(listed)
        if "-" in paths and listed == "-":
            raise common.usage("--files-from -: the list names standard input, which it came from")
    elif not paths:
        raise common.usage("nothing to read; expected PATH... or --files-from FILE")
    return paths


def _reading(chosen: dict[str, Any]) -> Reading:
    from classifier.text import Reading
    from classifier.text.formats import FORMATS

    kind = chosen.pop("input_format")
    if kind and kind not in FORMATS:
        raise common.usage(f"--input-format {kind}: expected {', '.join(FORMATS)}")
    return Reading(format=kind, notice=common.note, **chosen)
