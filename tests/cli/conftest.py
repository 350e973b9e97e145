"""The command as a user runs it, and in-process where many cases have to be quick."""

from __future__ import annotations

import os
import subprocess
import sys
from typing import TYPE_CHECKING, NamedTuple

import pytest

from classifier.cli import main

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

# Made up, as every sentence in these tests.
SHELLING = "The army shelled the port of Velmar on Monday, killing four dockers."
WARNING = "Ostrava warned that any strike on its soil would be met with a crushing response."
WEATHER = "Rain is expected at the weekend."
ARTICLE = f"{SHELLING} {WEATHER}\n{WARNING}\n"


class Outcome(NamedTuple):
    code: int
    out: bytes
    err: str


def environment(**changes: str) -> dict[str, str]:
    """The environment, without what would change the output."""
    hidden = ("NO_COLOR", "FORCE_COLOR", "COLUMNS", "LINES", "PYTHONUTF8")
    return {k: v for k, v in os.environ.items() if k not in hidden} | changes


def unmeasured() -> dict[str, str]:
    """The environment of a command that is interrupted anywhere, or has no disk to write to.

    An interrupt inside the tracer of coverage leaves its lock locked, and the command stands still.
    """
    return {k: v for k, v in environment().items() if not k.startswith(("COVERAGE", "COV_"))}


def execute(*args: object, cwd: Path, stdin: bytes = b"", env: dict[str, str] | None = None):
    done = subprocess.run(
        [sys.executable, "-m", "classifier", *map(str, args)],
        cwd=cwd,
        input=stdin,
        env=env or environment(),
        capture_output=True,
        timeout=100,
        check=False,
    )
    return Outcome(done.returncode, done.stdout, done.stderr.decode())


@pytest.fixture
def place(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The current folder of the command, with one article in it."""
    monkeypatch.chdir(tmp_path)
    (tmp_path / "good.txt").write_text(ARTICLE)
    return tmp_path


@pytest.fixture
def run(place: Path) -> Callable[..., Outcome]:
    """Run the command in a process of its own."""

    def call(*args: object, stdin: bytes = b"", **env: str) -> Outcome:
        return execute(*args, cwd=place, stdin=stdin, env=environment(**env))

    return call


@pytest.fixture
def esc(
    place: Path, monkeypatch: pytest.MonkeyPatch, capfdbinary: pytest.CaptureFixture[bytes]
) -> Callable[..., Outcome]:
    """Run the command in this process; an error that it does not catch fails the test."""

    def call(*args: object) -> Outcome:
        monkeypatch.setattr(sys, "argv", ["esc", *map(str, args)])
        capfdbinary.readouterr()
        code = 0
        try:
            main()
        except SystemExit as error:
            code = error.code
        out, err = capfdbinary.readouterr()
        return Outcome(code, out, err.decode())

    return call


@pytest.fixture(scope="session")
def project(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder in which `esc init` and `esc train` have run; do not write into it."""
    folder = tmp_path_factory.mktemp("project")
    (folder / "quick.toml").write_text("bootstrap = 20\n")
    made = execute("init", "starter", cwd=folder)
    assert made.code == 0, made.err
    trained = execute(
        "train", "--data", "starter", "--output", "models/tiny", "--config", "quick.toml",
        cwd=folder,
    )  # fmt: skip
    assert trained.code == 0, trained.err
    return folder


@pytest.fixture(scope="session")
def tiny(project: Path) -> Path:
    """A model with the labels `offer` and `threat`; do not write into it."""
    return project / "models" / "tiny"
