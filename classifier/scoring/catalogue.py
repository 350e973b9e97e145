"""Which models there are, and which of them is taken where none is named."""

from __future__ import annotations

from contextlib import suppress
from pathlib import Path

from classifier import disk, shipped
from classifier.errors import EscError, ModelError

DEFAULT = "default"
# In ``models/`` of the current directory: the name of the model to take, in one line.
IN_USE = "in-use"
_MAX_NAME = 4096


def find_model(name: str | None = None) -> Path:
    """Return the folder of a model.

    Parameters
    ----------
    name : str, optional
        A folder, or the name of a model below ``models/`` of the current directory or among the
        shipped ones; the one in use if None, which is the shipped default unless `use_model` chose
        another.

    Raises
    ------
    ModelError
        There is no such model.
    """
    if name is None:
        chosen = model_in_use()
        if chosen is None:
            return shipped.models() / DEFAULT
        try:
            return find_model(chosen)
        except ModelError as error:
            raise ModelError(
                f"{Path('models') / IN_USE} names a model that is not there: {error}; "
                "esc models use default goes back to the shipped one"
            ) from error
    places = [Path(name)] if "/" in name or "\\" in name else []
    places += [Path("models") / name, shipped.models() / name, Path(name)]
    for place in places:
        with suppress(OSError):  # a name too long for a file
            if (place / "model.json").is_file():
                return place
    looked = " ".join(", ".join(str(p) for p in places[:2]).split())
    raise ModelError(f"no model {name!r} (looked in {looked}); esc models list shows what there is")


def model_in_use() -> str | None:
    """Return the name that ``models/in-use`` of the current directory has; None without one.

    Raises
    ------
    ModelError
        The file cannot be read or is empty.
    """
    path = Path("models") / IN_USE
    try:
        if not path.is_file():
            return None
        name = disk.decode(disk.read_bytes(path, _MAX_NAME), path).strip()
    except (EscError, OSError) as error:
        raise ModelError(
            f"{path}: cannot be read: {error}; esc models use NAME mends it"
        ) from error
    if not name:
        raise ModelError(f"{path}: is empty, expected the name of a model; esc models use NAME")
    return name


def use_model(name: str) -> Path:
    """Take a model wherever none is named, in this directory, until another one is chosen.

    The choice is one line in ``models/in-use``, written whole or not at all; no model is changed.
    Choosing the shipped default removes it.

    Returns
    -------
    Path
        The folder of the model.

    Raises
    ------
    ModelError
        There is no such model.
    """
    folder, path = find_model(name), Path("models") / IN_USE
    if folder.resolve() == (shipped.models() / DEFAULT).resolve():
        path.unlink(missing_ok=True)
        return folder
    inside = folder.resolve().parent == Path("models").resolve()
    disk.write_atomic(path, f"{folder.name if inside else folder.resolve()}\n".encode())
    return folder


def list_models() -> list[Path]:
    """Return the folders of the models of the current directory and the shipped ones."""
    folders: dict[Path, None] = {}
    for base in (Path("models"), shipped.models()):
        if base.is_dir():
            for folder in sorted(base.iterdir()):
                if (folder / "model.json").is_file():
                    folders.setdefault(folder.resolve(), None)
    return list(folders)
