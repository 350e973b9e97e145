"""Which models there are."""

from __future__ import annotations

from pathlib import Path

from classifier import shipped


def list_models() -> list[Path]:
    """Return the folders of the models of the current directory and the shipped ones."""
    folders: dict[Path, None] = {}
    for base in (Path("models"), shipped.models()):
        if base.is_dir():
            for folder in sorted(base.iterdir()):
                if (folder / "model.json").is_file():
                    folders.setdefault(folder.resolve(), None)
    return list(folders)
