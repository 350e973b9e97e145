"""``esc serve``."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from classifier.cli import common


def add_to(app: typer.Typer) -> None:
    """Register the command."""
    app.command("serve")(serve)


def serve(
    model: common.ModelOption = None,
    threshold: common.ThresholdOption = None,
    operating_point: common.OperatingPointOption = None,
    host: Annotated[
        str,
        typer.Option(
            "--host",
            metavar="ADDRESS",
            help="Listen on this address. One that other machines can reach asks for a token: "
            "$ESC_TOKEN, or a new one that is shown at the start.",
        ),
    ] = "127.0.0.1",
    port: Annotated[
        int, typer.Option("--port", "-p", min=0, max=65535, help="0 takes a free one.")
    ] = 8765,
    data_dir: Annotated[
        Path | None,
        typer.Option(
            "--data-dir",
            metavar="DIR",
            help="Where articles and corrections are kept; esc in $XDG_DATA_HOME or "
            "~/.local/share if not given.",
        ),
    ] = None,
    corpus: Annotated[
        list[Path] | None,
        typer.Option(
            "--corpus",
            metavar="PATH",
            help="Labelled files in which similar sentences are looked for; the shipped ones if "
            "not given; repeatable.",
        ),
    ] = None,
    allow_urls: Annotated[
        bool, typer.Option("--allow-urls", help="Fetch pages whose address is typed in.")
    ] = False,
    allow_private: Annotated[
        bool,
        typer.Option(
            "--allow-private", help="With --allow-urls, fetch addresses that are not public too."
        ),
    ] = False,
    browser: Annotated[
        bool, typer.Option("--open", help="Open the first page in the browser.")
    ] = False,
) -> None:
    """Open a local page that shows the signals of articles, and answers programs in JSON."""
    from classifier.web.settings import WebSettings, access_token, data_folder

    run = common.load_server("esc serve")
    if corpus:
        from classifier.corpus.files import labelled_files

        labelled_files(corpus)  # what is not there is said now, not by an empty page
    predictor = common.load_predictor(model, threshold, operating_point)
    settings = WebSettings(
        host=host,
        port=port,
        token=access_token(host),
        data=data_dir or data_folder(),
        corpus=tuple(corpus or ()),
        allow_urls=allow_urls,
        allow_private=allow_private,
    )
    run(predictor, settings, common.note, browser=browser)
