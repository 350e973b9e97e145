"""What holds for every command: help, exit codes, and no traceback for anything a user does.

The golden files in ``golden/`` are what the help looks like. After a change that is meant, renew
them with ``ESC_RENEW_GOLDEN=1 python -m pytest tests/cli/test_main.py`` and look at the diff.
"""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import sys
from pathlib import Path

import pytest
import typer

from classifier import __version__
from classifier.cli import app
from tests.cli.conftest import environment

GOLDEN = Path(__file__).with_name("golden")


def walk(command, path=()):
    yield path, command
    for name, child in sorted(getattr(command, "commands", {}).items()):
        yield from walk(child, (*path, name))


COMMANDS = dict(walk(typer.main.get_command(app)))
PARAMETERS = {
    " ".join([*path, parameter.name]): parameter
    for path, command in COMMANDS.items()
    for parameter in command.params
}


def name_of(path):
    return "-".join(["esc", *path])


@pytest.mark.parametrize("path", COMMANDS, ids=name_of)
def test_help_is_as_in_the_golden_file(run, path):
    code, out, err = run(*path, "--help", COLUMNS="100")
    assert (code, err) == (0, "")
    golden = GOLDEN / f"{name_of(path)}.txt"
    if os.environ.get("ESC_RENEW_GOLDEN"):
        golden.write_bytes(out)
    assert golden.is_file(), "new command: set ESC_RENEW_GOLDEN=1 once"
    assert out.decode() == golden.read_text(), "if meant so, set ESC_RENEW_GOLDEN=1 once"


def test_no_golden_file_is_left_of_a_command_that_went():
    assert {p.stem for p in GOLDEN.iterdir()} == {name_of(path) for path in COMMANDS}


@pytest.mark.parametrize("path", COMMANDS, ids=name_of)
def test_every_command_has_help(path):
    assert COMMANDS[path].help.strip()


@pytest.mark.parametrize("name", PARAMETERS)
def test_every_option_and_argument_has_help(name):
    assert PARAMETERS[name].help


@pytest.mark.parametrize("path", COMMANDS, ids=name_of)
def test_h_is_short_for_help(esc, path):
    short, long = esc(*path, "-h"), esc(*path, "--help")
    assert short == long
    assert short.code == 0


@pytest.mark.parametrize(
    "documented",
    ["0 all well", "1 a problem with some input", "2 wrong usage", "3 a problem with the model"],
)
def test_the_exit_codes_are_documented(esc, documented):
    assert documented in " ".join(esc("--help").out.decode().split())


@pytest.mark.parametrize(
    ("args", "code"),
    [
        (("score", "good.txt"), 0),
        (("score", "gone.txt"), 1),
        (("score",), 2),
        (("score", "good.txt", "--model", "gone"), 3),
    ],
)
def test_the_exit_codes_are_those_documented(run, args, code):
    found = run(*args)
    assert found.code == code
    assert bool(found.err) == bool(code)
    assert bool(found.out) == (not code)


def test_the_version_names_package_model_and_data(run):
    code, out, err = run("--version")
    assert (code, err) == (0, "")
    assert re.fullmatch(
        rf"esc {re.escape(__version__)}, model default [0-9a-f]{{12}}, data [0-9a-f]{{12}}\n",
        out.decode(),
    )


def test_no_argument_shows_the_help(esc):
    found = esc()
    assert found.code == 2
    assert (found.out.decode() or found.err) == esc("--help").out.decode()


def test_the_usage_names_the_command_however_it_was_started(run):
    assert run("score", "--help").out.startswith(b"Usage: esc score ")


def test_a_closed_pipe_is_no_failure_of_help(place):
    import subprocess
    import sys

    ours, theirs = os.pipe()
    os.close(ours)
    done = subprocess.run(
        [sys.executable, "-m", "classifier", "--help"],
        stdout=theirs,
        stderr=subprocess.PIPE,
        check=False,
    )
    os.close(theirs)
    assert (done.returncode, done.stderr) == (0, b"")


@pytest.fixture
def crowd(place, tiny):
    """A folder full of things to go wrong with."""
    (place / "binary.txt").write_bytes(bytes(range(256)))
    (place / "hollow").mkdir()
    (place / "plain.json").write_text("{}")
    (place / "broken.jsonl").write_text("{")
    (place / "binary.jsonl").write_bytes(b"\xff\x00")
    (place / "binary.csv").write_bytes(b"text,labels\n\xff\x80,x\n")
    (place / "nul.csv").write_bytes(b"text,labels\na\0b,x\n")
    (place / "empty.csv").write_bytes(b"")
    (place / "heading.csv").write_text("text,labels\n")
    (place / "ragged.csv").write_text("text,labels\na,b,c\nd,e,f,g\n")
    (place / "numbers.csv").write_text("a,b\n1,2\n")
    (place / "unlabelled.jsonl").write_text('{"text": "It rained."}\n')
    (place / "binary.toml").write_bytes(b"\xff\x80")
    (place / "wrong.toml").write_text("folds = true\n")
    shutil.copytree(tiny, place / "models/cut")
    (place / "models/cut/model.json").write_text("[")


# In the folder of `crowd`: what is typed, and the code.
INVOCATIONS = [
    ("nonsense", 2),
    ("--nonsense", 2),
    ("score", 2),
    ("score good.txt --nonsense", 2),
    ("score good.txt --format", 2),
    ("score good.txt --format yaml", 2),
    ("score good.txt --model gone", 3),
    ("score good.txt --model cut", 3),
    ("score good.txt --model hollow", 3),
    ("score good.txt --model good.txt", 3),
    ("score good.txt --model ../../../../etc/passwd", 3),
    ("score good.txt --threshold", 2),
    ("score good.txt --threshold x", 2),
    ("score good.txt --threshold x=y", 2),
    ("score good.txt --threshold x=0.5", 2),
    ("score good.txt --threshold red_line_warning=2", 2),
    ("score good.txt --threshold red_line_warning=inf", 2),
    ("score good.txt --operating-point f3", 2),
    ("score good.txt --operating-point =f2", 2),
    ("score good.txt --operating-point x=f2", 2),
    ("score good.txt --operating-point red_line_warning=", 2),
    ("score good.txt --operating-point precision:2", 2),
    ("train --operating-point=", 2),
    ("train --operating-point =f2", 2),
    ("score good.txt --only x", 2),
    ("score good.txt --documents yes", 1),
    ("score gone.txt", 1),
    ("score hollow", 1),
    ("score binary.txt", 1),
    ("score good.txt/inside.txt", 1),
    ("score ~nobody/x.txt", 1),
    (f"score {'x' * 300}.txt", 1),
    ("inspect", 2),
    ("inspect gone.txt", 1),
    ("inspect good.txt --sentence x", 2),
    ("inspect good.txt --sentence 99", 2),
    ("inspect good.txt --sentence -1 --format html", 2),
    ("inspect good.txt --label x", 2),
    ("inspect good.txt --top -1", 2),
    ("inspect good.txt --top x", 2),
    ("inspect good.txt --format csv", 2),
    ("inspect good.txt --model cut", 3),
    ("train extra", 2),
    ("train --data gone", 1),
    ("train --data hollow", 1),
    ("train --data good.txt", 1),
    ("train --data broken.jsonl", 1),
    ("train --data binary.jsonl", 1),
    ("train --data binary.csv", 1),
    ("train --data nul.csv", 1),
    ("train --data empty.csv", 1),
    ("train --data heading.csv", 1),
    ("train --data ragged.csv", 1),
    ("train --data numbers.csv", 1),
    ("train --data unlabelled.jsonl", 1),
    ("train --labels gone.json", 1),
    ("train --labels plain.json", 1),
    ("train --config gone.toml", 1),
    ("train --config binary.toml", 1),
    ("train --config wrong.toml", 2),
    ("train --config hollow", 1),
    ("train --folds 1", 2),
    ("train --folds x", 2),
    ("train --seed -1", 2),
    ("train --seed 1e3", 2),
    ("train --jobs x", 2),
    ("evaluate", 2),
    ("evaluate --data gone", 1),
    ("evaluate --data heading.csv", 1),
    ("evaluate --data broken.jsonl --format xml", 2),
    ("evaluate --data broken.jsonl --bootstrap -1", 2),
    ("evaluate --data broken.jsonl --model cut", 3),
    ("models", 2),
    ("models nonsense", 2),
    ("models list extra", 2),
    ("models list", 3),
    ("models show gone", 3),
    ("models show cut", 3),
    ("models show --format xml", 2),
    ("export", 2),
    ("export --output .", 2),
    ("export --output good.txt/x.joblib", 2),
    ("export --output x.joblib --model cut", 3),
    ("export --output x.onnx --format onnx", 2),
    ("init", 2),
    ("init .", 2),
    ("init good.txt", 2),
    ("init good.txt/new", 2),
]


@pytest.mark.usefixtures("crowd")
@pytest.mark.parametrize(("line", "code"), INVOCATIONS, ids=[x[0][:60] for x in INVOCATIONS])
def test_nothing_that_is_typed_ends_in_a_traceback(esc, line, code):
    found = esc(*line.split())
    assert "Traceback" not in found.err
    assert found.code == code
    assert found.err


@pytest.mark.usefixtures("crowd")
@pytest.mark.parametrize(
    ("line", "code"),
    [
        ("score hollow binary.txt gone.txt", 1),
        ("train --data numbers.csv", 1),
        ("nonsense", 2),
        ("models show cut", 3),
    ],
)
def test_a_process_of_its_own_has_no_traceback_either(run, line, code):
    found = run(*line.split())
    assert found.code == code
    assert "Traceback" not in found.err


@pytest.mark.parametrize("closed", ["<&-", ">&-", "2>&-"])
def test_a_closed_standard_stream_is_an_empty_one(place, closed):
    command = f'exec "{sys.executable}" -m classifier score good.txt - {closed}'
    done = subprocess.run(
        ["sh", "-c", command],
        cwd=place,
        env=environment(),
        input=b"",
        capture_output=True,
        check=False,
    )
    assert done.returncode == 1
    said = b"esc: standard input: no text in it; skipped\n"
    assert done.stderr == (closed != "2>&-") * said
    assert len(done.stdout.splitlines()) == (closed != ">&-") * 3
