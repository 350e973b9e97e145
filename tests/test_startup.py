"""Scoring starts without the libraries of training, and help without numpy."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

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


@pytest.mark.parametrize("command", ["", "score", "train", "models", "serve", "label"])
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


# What a cold `esc score` loads besides the standard library; a new name here costs every start.
SCORING = {"classifier", "numpy", "orjson", "sentencex"}
TYPER = {
    *("annotated_doc", "annotated_types", "click", "colorama", "pydantic", "pydantic_core", "rich"),
    *("shellingham", "typer", "typing_extensions", "typing_inspection"),
}
# Of the test run and the interpreter, not ours.
AMBIENT = {
    *("__main__", "__mp_main__", "_distutils_hack", "$coverage", "coverage", "sitecustomize"),
    "usercustomize",
}


def third_party(found):
    return {
        name
        for name in found
        if name not in sys.stdlib_module_names and not name.startswith("_sysconfigdata")
    } - AMBIENT


def test_scoring_loads_these_packages_and_no_others(tmp_path):
    (tmp_path / "a.txt").write_text("The army shelled the port of Velmar.")
    found = third_party(imported(tmp_path, "score", "a.txt"))
    assert found >= SCORING
    assert found - SCORING <= TYPER


def test_scoring_from_python_needs_no_typer():
    code = (
        "import json, sys, classifier; classifier.load().predict('The army shelled Velmar.');"
        "print(json.dumps(sorted({name.partition('.')[0] for name in sys.modules})))"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert third_party(json.loads(done.stdout)) == SCORING


PEAK = """
import atexit, sys
def tell():
    line = next(line for line in open("/proc/self/status") if line.startswith("VmHWM"))
    sys.stderr.write(line.split()[1])
atexit.register(tell)
sys.argv = ["esc", "score", "a.txt"]
from classifier.cli import main
main()
"""


@pytest.mark.skipif(not Path("/proc/self/status").exists(), reason="peak memory is told by Linux")
def test_scoring_an_article_takes_little_memory(tmp_path):
    # Not by resource usage: that of a child begins with its parent's peak.
    (tmp_path / "a.txt").write_text("The army shelled the port of Velmar. " * 40)
    clean = {k: v for k, v in os.environ.items() if not k.startswith(("COVERAGE", "COV_"))}
    done = subprocess.run(
        [sys.executable, "-c", PEAK],
        cwd=tmp_path,
        env=clean,
        capture_output=True,
        text=True,
        check=True,
    )
    assert int(done.stderr) * 1024 <= 80e6
