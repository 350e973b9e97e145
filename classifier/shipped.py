"""Where the shipped model and data lie: inside an installed package, or in the checkout."""

from __future__ import annotations

import os
from pathlib import Path

_PACKAGE = Path(__file__).resolve().parent
_INSTALLED = _PACKAGE / "_shipped"


def root() -> Path:
    """The folder that holds ``models/`` and ``data/``."""
    return _INSTALLED if _INSTALLED.is_dir() else _PACKAGE.parent


def data() -> Path:
    """The folder of the shipped labelled sentences."""
    return root() / "data"


def settings() -> Path:
    """The settings that the shipped model is trained with."""
    return data() / "training.toml"


def cache() -> Path:
    """The folder of fetched sentences: ``ESC_CACHE``, else in the checkout or the user's cache."""
    if named := os.environ.get("ESC_CACHE"):
        return Path(named)
    if _INSTALLED.is_dir():
        base = os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache"
        return Path(base) / "esc"
    return data() / "cache"


def models() -> Path:
    """The folder of the shipped models."""
    return root() / "models"
