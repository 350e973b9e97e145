"""`esc doctor` says which scorer runs and what is missing."""

from __future__ import annotations

import json
import shutil

import pytest

from classifier import __version__, shipped
from classifier.report import doctor
from classifier.scoring import kernel


def test_it_names_versions_model_cache_and_extras(esc, monkeypatch, tmp_path):
    monkeypatch.setenv("ESC_CACHE", str(tmp_path / "cache"))
    (tmp_path / "cache").mkdir()
    (tmp_path / "cache" / "texts.jsonl").write_bytes(b"12345")
    done = esc("doctor", "--format", "json")
    assert (done.code, done.err) == (0, "")
    found = json.loads(done.out)
    assert found["esc"] == __version__
    assert found["model"]["name"] == "default"
    assert set(found["model"]["terms"]) == {"word", "char", "class"}
    assert found["cache"] == {"folder": str(tmp_path / "cache"), "bytes": 5}
    assert found["libraries"]["numpy"]
    assert set(found["extras"]["corpus"]) == {"cleanlab", "krippendorff"}
    assert "test" not in found["extras"]


@pytest.mark.skipif(bool(kernel.missing()), reason="the kernel was not built")
def test_it_names_the_kernel(esc, monkeypatch):
    monkeypatch.delenv("ESC_KERNEL", raising=False)
    found = json.loads(esc("doctor", "--format", "json").out)
    assert (found["scorer"], found["problems"]) == ("compiled kernel", [])


def test_it_names_the_twin_and_why(esc, monkeypatch):
    monkeypatch.setenv("ESC_KERNEL", "0")
    done = esc("doctor", "--format", "table")
    assert done.code == 0
    lines = done.out.decode().splitlines()
    assert ["scorer", "numpy", "twin"] in [line.split() for line in lines]
    assert lines[-1].startswith("problem")
    assert "ESC_KERNEL=0" in lines[-1]


def test_extra_that_is_missing_comes_with_the_remedy(esc, monkeypatch):
    known = doctor._version
    monkeypatch.setattr(doctor, "_version", lambda n: None if n == "krippendorff" else known(n))
    out = esc("doctor", "--format", "table").out.decode()
    [line] = [line for line in out.splitlines() if line.startswith("extra corpus")]
    assert "missing krippendorff; pip install 'escalation-classifier[corpus]'" in line


def test_package_that_is_not_installed_is_examined_all_the_same(esc, monkeypatch):
    monkeypatch.setattr(doctor, "DISTRIBUTION", "not-installed-anywhere")
    found = json.loads(esc("doctor", "--format", "json").out)
    assert found["libraries"] == found["extras"] == {}


def test_model_that_is_damaged_is_a_problem(esc, tmp_path):
    shutil.copytree(shipped.models() / "default", tmp_path / "bent")
    [table] = (tmp_path / "bent").glob("*.bin")
    table.write_bytes(table.read_bytes()[:-1])
    done = esc("doctor", "--model", tmp_path / "bent", "--format", "table")
    assert done.code == 3
    assert b"none that works" in done.out
    assert b"expected" in done.out
