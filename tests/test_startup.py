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
print(json.dumps(sorted(sys.modules)), file=sys.stderr)
"""


# Measuring coverage loads modules and takes memory of its own.
CLEAN = {k: v for k, v in os.environ.items() if not k.startswith(("COVERAGE", "COV_"))}


def imported(folder, *args, env=None):
    done = subprocess.run(
        [sys.executable, "-c", PROBE, *args], cwd=folder, env=env, capture_output=True, check=True
    )
    assert done.stdout or "--output" in args
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
        ("score", "a.txt", "--output", "a.csv"),
        ("score", "a.txt", "--output", "a.sqlite", "--explain", "3"),
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


# What a start loads besides the standard library; a new name here costs every one of them.
HELP = {"classifier", "typer", "annotated_doc", "shellingham"} | (
    {"colorama"} if os.name == "nt" else set()
)
SCORING = {"classifier", "numpy", "orjson", "sentencex"}
# Of the test run and the interpreter, not ours.
AMBIENT = {
    *("__main__", "__mp_main__", "_distutils_hack", "$coverage", "coverage", "sitecustomize"),
    *("usercustomize", "typing_extensions"),
}
# Slow parts of the standard library, and our own that only some formats or commands need.
NOT_FOR_A_TEXT = {
    *("asyncio", "concurrent.futures", "email", "html", "http.client", "logging", "random"),
    *("multiprocessing", "sqlite3", "ssl", "tempfile", "urllib.request", "xml", "zipfile"),
    *("classifier.net", "classifier.report", "classifier.text.tables", "classifier.text.web"),
    *("classifier.model.train", "classifier.model.features", "classifier.model.evaluate"),
}


def third_party(found):
    return {
        name
        for name in {name.partition(".")[0] for name in found}
        if name not in sys.stdlib_module_names and not name.startswith("_sysconfigdata")
    } - AMBIENT


@pytest.mark.parametrize("command", ["", "score", "corpus"])
def test_help_loads_these_packages_and_no_others(tmp_path, command):
    assert third_party(imported(tmp_path, *command.split(), "--help")) == HELP


def test_scoring_loads_these_packages_and_no_others(tmp_path):
    (tmp_path / "a.txt").write_text("The army shelled the port of Velmar.")
    found = imported(tmp_path, "score", "a.txt", "--format", "jsonl", env=CLEAN)
    assert third_party(found) == SCORING | HELP
    assert not found & NOT_FOR_A_TEXT
    found = imported(tmp_path, "score", "a.txt", "--output", "a.jsonl", env=CLEAN)
    assert third_party(found) == SCORING | HELP
    assert not found & (NOT_FOR_A_TEXT - {"tempfile", "random"})


def test_scoring_from_python_needs_no_typer():
    code = (
        "import json, sys, classifier; classifier.load().predict('The army shelled Velmar.');"
        "print(json.dumps(sorted(sys.modules)))"
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
    done = subprocess.run(
        [sys.executable, "-c", PEAK],
        cwd=tmp_path,
        env=CLEAN,
        capture_output=True,
        text=True,
        check=True,
    )
    assert int(done.stderr) * 1024 <= 80e6
