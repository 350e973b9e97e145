"""What is installed here, which scorer runs, and what is missing."""

from __future__ import annotations

import platform
import re
from importlib import metadata
from typing import Any

from classifier import shipped
from classifier.errors import ModelError
from classifier.scoring.loading import load
from classifier.scoring.scorer import why_twin
from classifier.version import __version__

DISTRIBUTION = "escalation-classifier"
# Extras for working on the project itself.
_OWN = ("test", "lint")
_REQUIREMENT = re.compile(r"([\w.-]+)[^;]*(?:;.*\bextra\s*==\s*['\"]([\w.-]+)['\"])?")


def examine(model: str | None = None) -> dict[str, Any]:
    """Examine the installation; nothing is changed.

    Returns
    -------
    dict
        ``esc``, ``python``, ``scorer``, ``model``, ``cache``, ``libraries``, ``extras`` and
        ``problems``, a list of sentences.
    """
    problems: list[str] = []
    why = why_twin()
    if why:
        problems.append(f"the twin in numpy scores, with the same results but slower: {why}")
    needed = _needed()
    return {
        "esc": __version__,
        "python": f"{platform.python_implementation()} {platform.python_version()}, "
        f"{platform.system()} {platform.machine()}",
        "scorer": "numpy twin" if why else "compiled kernel",
        "model": _model(model, problems),
        "cache": _cache(),
        "libraries": {name: _version(name) for name in needed.get("", [])},
        "extras": {
            extra: {name: _version(name) for name in names}
            for extra, names in needed.items()
            if extra and extra not in _OWN
        },
        "problems": problems,
    }


def _model(name: str | None, problems: list[str]) -> dict[str, Any] | None:
    try:
        model = load(name).model
    except ModelError as error:
        problems.append(str(error))
        return None
    return {
        "name": model.name,
        "fingerprint": model.fingerprint,
        "labels": list(model.labels.names),
        "terms": {kind: len(block) for kind, block in model.blocks.items()},
    }


def _cache() -> dict[str, Any]:
    folder = shipped.cache()
    files = [path for path in folder.glob("*") if path.is_file()] if folder.is_dir() else []
    return {"folder": str(folder), "bytes": sum(path.stat().st_size for path in files)}


def _needed() -> dict[str, list[str]]:
    """Return the names of what is required, by extra; "" for what is always required."""
    try:
        lines = metadata.requires(DISTRIBUTION) or []
    except metadata.PackageNotFoundError:  # run from a checkout that is not installed
        return {}
    needed: dict[str, list[str]] = {}
    for line in lines:
        if match := _REQUIREMENT.match(line):
            needed.setdefault(match[2] or "", []).append(match[1])
    return needed


def _version(name: str) -> str | None:
    try:
        return metadata.version(name)
    except metadata.PackageNotFoundError:
        return None


def doctor_rows(found: dict[str, Any]) -> list[list[str]]:
    """Return what was found as the rows of a table."""
    model, cache = found["model"], found["cache"]
    rows = [[name, found[name]] for name in ("esc", "python", "scorer")]
    if model:
        terms = ", ".join(f"{n:,} {kind}" for kind, n in model["terms"].items())
        rows.append(
            ["model", f"{model['name']} ({model['fingerprint']}), {terms} terms; checks passed"]
        )
    else:
        rows.append(["model", "none that works"])
    size = f"{cache['bytes']:,} bytes" if cache["bytes"] else "empty"
    rows.append(["cache", f"{cache['folder']} ({size})"])
    for name, version in found["libraries"].items():
        rows.append([name, version or "missing"])
    for extra, names in found["extras"].items():
        missing = [name for name, version in names.items() if version is None]
        state = f"missing {', '.join(missing)}" if missing else "installed"
        if missing:
            state += f"; pip install '{DISTRIBUTION}[{extra}]'"
        rows.append([f"extra {extra}", state])
    rows += [["problem", problem] for problem in found["problems"]]
    return rows
