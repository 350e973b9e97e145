"""Options and output that several commands share."""

from __future__ import annotations

import shutil
import sys
from typing import TYPE_CHECKING, Annotated, Any

import typer

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable
    from pathlib import Path

    from classifier.errors import EscError
    from classifier.report.terminal import Screen
    from classifier.scoring import Predictor

ModelOption = Annotated[
    str | None,
    typer.Option(
        "--model", "-m", metavar="NAME|FOLDER", help="The model; the one in use if not given."
    ),
]
ThresholdOption = Annotated[
    list[str] | None,
    typer.Option(
        "--threshold",
        "-t",
        metavar="LABEL=P",
        help="Probability from which a label is a yes; repeatable.",
    ),
]
OperatingPointOption = Annotated[
    list[str] | None,
    typer.Option(
        "--operating-point",
        metavar="POINT",
        help="Take the thresholds that the model keeps for f2, precision:0.9, recall:0.9, "
        "false_alarms:0.01 or another point; LABEL=POINT for one label; repeatable. esc models "
        "show lists them.",
    ),
]
ReportOption = Annotated[
    str | None,
    typer.Option(
        "--report",
        metavar="DIR|FILE.html",
        help="Also write a report for reading: one HTML file with figures (needs matplotlib).",
    ),
]
PathsArgument = Annotated[
    list[str] | None,
    typer.Argument(
        metavar="PATH...",
        help="Files, folders, patterns, https addresses, or - for standard input.",
    ),
]


class Problems:
    """Tells of inputs that could not be read, and remembers that there were some."""

    def __init__(self) -> None:
        self.count = 0

    def __call__(self, error: EscError) -> None:
        """Tell of one."""
        self.count += 1
        note(f"{error}; skipped")

    def finish(self) -> None:
        """Leave with exit code 1 if there was a problem."""
        if self.count:
            raise typer.Exit(1)


def note(message: str) -> None:
    """Write a message for people to standard error."""
    typer.echo("esc: " + " ".join(message.split()), err=True)


def progress(what: str) -> Any:
    """Return a callback (done, total) that shows progress on a terminal's standard error.

    With ``ESC_PROGRESS=lines`` every step is a line of its own, for logs and for programs.
    """
    import os

    lines = os.environ.get("ESC_PROGRESS") == "lines"

    def show(done: int, total: int) -> None:
        if lines:
            sys.stderr.write(f"esc: {what} {done} of {total}\n")
            sys.stderr.flush()
        elif sys.stderr.isatty():
            end = "\n" if done == total else ""
            sys.stderr.write(f"\resc: {what} {done} of {total}{end}")
            sys.stderr.flush()

    return show


def screen() -> Screen:
    """Return the width and the colours of standard output."""
    import os

    from classifier.report.terminal import Screen

    terminal = sys.stdout.isatty() and os.environ.get("TERM") != "dumb"
    colour = terminal and not os.environ.get("NO_COLOR")
    return Screen(shutil.get_terminal_size((100, 24)).columns if terminal else 100, colour)


def choose_format(given: str | None, known: Iterable[str], terminal: str, pipe: str) -> str:
    """Return the format asked for, or the one that fits where the output goes."""
    if given is None:
        return terminal if sys.stdout.isatty() else pipe
    if given not in known:
        raise usage(f"--format {given}: expected {', '.join(known)}")
    return given


def usage(message: str) -> EscError:
    """Build a usage error."""
    from classifier.errors import UsageError

    return UsageError(message)


def load_predictor(
    model: str | None, thresholds: list[str] | None = None, points: list[str] | None = None
) -> Predictor:
    """Load a model and apply ``[LABEL=]POINT`` options, then ``LABEL=P`` options."""
    from classifier.scoring import load

    values: dict[str, float] = {}
    for text in thresholds or []:
        name, _, value = text.partition("=")
        try:
            values[name] = float(value)
        except ValueError:
            raise usage(
                f"--threshold {text}: expected LABEL=P, such as red_line_warning=0.3"
            ) from None
    asked = operating_points(points)
    predictor = load(model).at_operating_points(asked)
    if predictor.model.labels.at_least_one and any("precision" in p for p in asked.values()):
        note(
            "each sentence gets at least one label: sentences in which no label reaches its "
            "threshold are less precise than the point that was asked for"
        )
    taken = {asked.get(name, asked.get("", "f1")) for name in predictor.labels}
    if any(p.startswith("false_alarms") for p in taken) and (values or len(taken) > 1):
        note("a share of false alarms is kept where all labels take it, not where some do")
    return predictor.with_thresholds(values)


def operating_points(given: list[str] | None) -> dict[str, str]:
    """Read ``[LABEL=]POINT`` options: points by label, by an empty name for all labels."""
    points = {}
    for text in given or []:
        name, is_named, point = text.rpartition("=")
        if not point or (is_named and not name):
            raise usage(
                f"--operating-point {text}: expected POINT or LABEL=POINT, such as f2, "
                "precision:0.9, false_alarms:0.01 or red_line_warning=recall:0.9"
            )
        points[name] = point
    return points


def load_server(command: str) -> Callable[..., None]:
    """Return the function that serves the site, for a command.

    Raises
    ------
    UsageError
        A library of the site is not installed.
    """
    try:
        from classifier.web.server import run
    except ImportError as error:
        if str(error.name or "").startswith("classifier"):
            raise
        raise usage(
            f"{command} needs {error.name}; pip install 'escalation-classifier[web]'"
        ) from error
    return run


def report_file(given: str | None) -> Path | None:
    """Return the file of a report, ``report.html`` in a folder; check that it can be drawn."""
    if given is None:
        return None
    from pathlib import Path

    from classifier.report.figures import check_matplotlib

    check_matplotlib()
    path = Path(given)
    if path.suffix.lower() not in (".html", ".htm"):
        path = path / "report.html"
    if path.is_dir():
        raise usage(f"--report {given}: {path} is a folder, expected a file or a place for one")
    return path


def choose_labels(given: list[str] | None, labels: tuple[str, ...], option: str) -> tuple[str, ...]:
    """Return the labels asked for, in the order of the model; all if none was."""
    for name in given or []:
        if name not in labels:
            raise usage(f"{option} {name}: no such label in this model: {', '.join(labels)}")
    return tuple(name for name in labels if not given or name in given)


def write_bytes(chunks: Iterable[bytes]) -> None:
    """Write data to standard output."""
    for chunk in chunks:
        sys.stdout.buffer.write(chunk)
    sys.stdout.buffer.flush()


def write_json(value: Any) -> None:
    """Write one JSON value to standard output."""
    import orjson

    write_bytes([orjson.dumps(value, option=orjson.OPT_APPEND_NEWLINE)])


def write_lines(lines: Iterable[str]) -> None:
    """Write text for people to standard output."""
    for line in lines:
        sys.stdout.write(line + "\n")
    sys.stdout.flush()
