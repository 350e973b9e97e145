"""What is installed from the wheel, in an environment that knows nothing of the checkout."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import sysconfig
import zipfile
from pathlib import Path
from typing import NamedTuple

import pytest

from classifier import __version__
from classifier.scoring import kernel

CHECKOUT = Path(__file__).resolve().parents[1]


class Installed(NamedTuple):
    wheel: Path
    folder: Path
    bin: Path

    def run(self, program, *args, stdin=""):
        return subprocess.run(
            [self.bin / program, *args],
            cwd=self.folder,
            input=stdin,
            env=_clean(),
            capture_output=True,
            text=True,
            check=False,
        )


def _clean():
    # Nothing of the outside may lead Python to the checkout.
    return {k: v for k, v in os.environ.items() if not k.startswith(("PYTHON", "COVERAGE", "COV_"))}


def _done(command, **more):
    done = subprocess.run(command, capture_output=True, text=True, check=False, **more)
    assert done.returncode == 0, done.stdout + done.stderr
    return done


@pytest.fixture(scope="module")
def installed(tmp_path_factory):
    folder = tmp_path_factory.mktemp("installed")
    _done(
        [
            *(sys.executable, "-m", "build", "--wheel", "--no-isolation"),
            *("--outdir", folder / "dist", CHECKOUT),
        ],
        cwd=folder,
    )
    [wheel] = (folder / "dist").glob("*.whl")
    venv = folder / "venv"
    _done([sys.executable, "-m", "venv", "--without-pip", venv])
    names = {"base": str(venv), "platbase": str(venv), "installed_base": sys.base_prefix}
    paths = sysconfig.get_paths("venv", vars=names)
    binaries = Path(paths["scripts"])
    _done(
        [
            *(sys.executable, "-m", "pip", "--python", binaries / "python", "install"),
            *("--quiet", "--no-deps", "--no-index", "--disable-pip-version-check", wheel),
        ],
        cwd=folder,
    )
    # The dependencies are borrowed. Their folder's own .pth files, with the editable install of
    # this project among them, are not read when it is named in a .pth file.
    borrowed = sysconfig.get_path("purelib"), sysconfig.get_path("platlib")
    (Path(paths["purelib"]) / "borrowed.pth").write_text("\n".join(dict.fromkeys(borrowed)) + "\n")
    return Installed(wheel, folder, binaries)


@pytest.fixture(scope="module")
def names(installed):
    with zipfile.ZipFile(installed.wheel) as archive:
        return archive.namelist()


def test_the_installed_package_is_imported_and_not_the_checkout(installed):
    code = "import classifier, sys; print(classifier.__file__); print(sys.path)"
    done = installed.run("python", "-c", code)
    assert done.returncode == 0, done.stderr
    place, path = done.stdout.splitlines()
    assert Path(place).is_relative_to(installed.folder / "venv")
    assert str(CHECKOUT) not in path.replace("'", " ").split()


def test_the_installed_command_scores_a_text(installed):
    done = installed.run("esc", "score", "-", stdin="The army shelled the port of Velmar.\n")
    assert (done.returncode, done.stderr) == (0, "")
    row = json.loads(done.stdout)
    assert row["decisions"] == ["battlefield_claim"]
    assert row["model"] == "default"


def test_it_scores_as_the_checkout_does(installed):
    text = "Ostrava warned that any strike on its soil would be met with force.\n"
    here = subprocess.run(
        [sys.executable, "-m", "classifier", "score", "-"],
        cwd=installed.folder,
        input=text,
        capture_output=True,
        text=True,
        check=True,
    )
    assert installed.run("esc", "score", "-", stdin=text).stdout == here.stdout


def test_the_installed_command_knows_its_version(installed):
    done = installed.run("esc", "--version")
    assert (done.returncode, done.stderr) == (0, "")
    assert done.stdout.startswith(f"esc {__version__}, model default ")


def test_the_shipped_model_lies_in_the_environment(installed):
    done = installed.run("esc", "models", "list")
    assert done.returncode == 0, done.stderr
    [line] = [line for line in done.stdout.splitlines() if line.startswith("default")]
    assert Path(line.split()[-1]).is_relative_to((installed.folder / "venv").resolve())


@pytest.mark.parametrize(
    "path",
    [
        "classifier/py.typed",
        "classifier/report/article.css",
        "classifier/scoring/sinks/document.schema.json",
        "classifier/scoring/sinks/sentence.schema.json",
        "classifier/web/static/vendor/htmx-2.0.11.LICENSE",
        "classifier/web/static/vendor/htmx-2.0.11.min.js",
        "classifier/web/templates/base.html",
        "classifier/_shipped/models/default/model.json",
        "classifier/_shipped/data/labels.json",
        "classifier/_shipped/data/CODEBOOK.md",
        "classifier/_shipped/data/seed.jsonl",
    ],
)
def test_the_wheel_has(names, path):
    assert path in names


def kernels(names):
    return [n for n in names if n.startswith("classifier/scoring/_kernel.") and n[-4:] != ".pyi"]


@pytest.mark.skipif(
    bool(kernel.missing()) and not os.environ.get("CI"), reason="no compiler built the kernel here"
)
def test_the_wheel_has_the_kernel_and_not_its_source(installed, names):
    assert len(kernels(names)) == 1
    assert "none-any" not in installed.wheel.name
    assert not [n for n in names if n.endswith((".c", ".h"))]
    done = installed.run("esc", "doctor")
    assert json.loads(done.stdout)["scorer"] == "compiled kernel"


def test_without_a_compiler_the_wheel_is_built_without_the_kernel(tmp_path):
    environment = {**os.environ, "CC": "/nonexistent/compiler"}
    done = _done(
        [
            *(sys.executable, "-m", "build", "--wheel", "--no-isolation"),
            *("--outdir", tmp_path, CHECKOUT),
        ],
        cwd=tmp_path,
        env=environment,
    )
    assert "the kernel is not compiled" in done.stdout + done.stderr
    [wheel] = tmp_path.glob("*.whl")
    assert wheel.name.endswith("py3-none-any.whl")
    with zipfile.ZipFile(wheel) as archive:
        assert kernels(archive.namelist()) == []


def test_the_wheel_has_one_table_of_terms(names):
    assert len([n for n in names if n.endswith(".bin")]) == 1


def test_the_wheel_has_no_seed_article_nor_other_rooms(names):
    parts = {part for name in names for part in Path(name).parts}
    assert not parts & {"seeds", "tests", "benchmarks", "cache", "__pycache__", "local"}
    texts = [n for n in names if n.endswith(".txt") and ".dist-info/" not in n]
    assert texts == ["classifier/_shipped/data/word-classes.txt"]


def test_no_file_of_the_wheel_quotes_the_seed_article(installed):
    article = (CHECKOUT / "seeds/2024-09-kursk-counteroffensive.txt").read_text(encoding="utf-8")
    sentence = max(article.split(". "), key=len)[:60].encode()
    with zipfile.ZipFile(installed.wheel) as archive:
        assert [n for n in archive.namelist() if sentence in archive.read(n)] == []
