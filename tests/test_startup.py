"""Scoring starts without the libraries of training, and help without numpy."""

from __future__ import annotations

import json
import subprocess
import sys

import pytest

HEAVY = {"sklearn", "pandas", "scipy", "joblib"}
PROBE = """
import json, sys
from classifier.cli import main
try:
    main()
except SystemExit:
    pass
print(json.dumps(sorted({name.partition(".")[0] for name in sys.modules})), file=sys.stderr)
"""


def imported(folder, *args):
    done = subprocess.run(
        [sys.executable, "-c", PROBE, *args], cwd=folder, capture_output=True, check=True
    )
    assert done.stdout
    return set(json.loads(done.stderr))


@pytest.mark.parametrize("command", ["", "score", "train", "models"])
def test_help_imports_no_numpy(tmp_path, command):
    found = imported(tmp_path, *command.split(), "--help")
    assert "typer" in found
    assert not found & {*HEAVY, "numpy", "orjson", "sentencex"}


@pytest.mark.parametrize(
    "args",
    [
        ("score", "a.txt"),
        ("score", "a.txt", "--format", "csv"),
        ("score", "a.txt", "--format", "table"),
        ("inspect", "a.txt"),
        ("inspect", "a.txt", "--format", "html"),
        ("models", "list"),
        ("models", "show"),
        ("--version",),
    ],
    ids=" ".join,
)
def test_scoring_imports_nothing_of_training(tmp_path, args):
    (tmp_path / "a.txt").write_text("The army shelled the port of Velmar.")
    found = imported(tmp_path, *args)
    assert "numpy" in found
    assert not found & HEAVY


def test_importing_the_package_is_free():
    code = "import sys, classifier; print('numpy' in sys.modules, 'typer' in sys.modules)"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.split() == ["False", "False"]
