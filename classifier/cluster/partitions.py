"""Partitions: the tables and web archives in some folders."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from pathlib import PurePosixPath
from typing import TYPE_CHECKING, Any

from classifier.cluster.storage import open_filesystem
from classifier.errors import InputError, UsageError
from classifier.text.formats import by_name

if TYPE_CHECKING:
    from collections.abc import Sequence

TABLES = ("csv", "tsv", "jsonl", "json", "parquet", "warc")


@dataclass(frozen=True)
class Partition:
    """A file to be scored.

    Parameters
    ----------
    url : str
        As fsspec opens it.
    name : str
        What the files of its results are called.
    identity : str
        Size and time or tag; when it changes the partition is scored again.
    """

    url: str
    name: str
    identity: str


def find_partitions(paths: Sequence[str], output: str = "") -> list[Partition]:
    """List the tables and web archives in some folders, sorted.

    Parameters
    ----------
    paths : sequence of str
        Folders or files, local or with a protocol that fsspec knows, such as ``s3://``.
    output : str
        The folder of results; what lies in it is no input.

    Raises
    ------
    InputError
        There is nothing, or it cannot be listed.
    UsageError
        Results would lie among the inputs.
    """
    found = []
    results = _whole(*open_filesystem(output)) if output else None
    for path in paths:
        filesystem, root = open_filesystem(path)
        if results == _whole(filesystem, root):
            raise UsageError(f"{path}: is the folder of results too; choose another --output")
        try:
            infos = filesystem.find(root, detail=True)
        except (OSError, ValueError) as error:
            raise InputError(f"{path}: cannot be listed: {error}") from error
        if not infos:
            raise InputError(f"{path}: no such file or folder, or nothing in it")
        for name, info in sorted(infos.items()):
            inner = PurePosixPath(name[len(root) :]).parts
            url = filesystem.unstrip_protocol(name)
            if results is not None and url.startswith(results):
                continue
            if by_name(name) in TABLES and not any(p.startswith(("_", ".")) for p in inner):
                found.append(_partition(url, info))
    if not found:
        raise InputError(f"{', '.join(paths)}: no table or web archive there")
    return found


def _whole(filesystem: Any, folder: str) -> str:
    return f"{filesystem.unstrip_protocol(folder)}/"


def _partition(url: str, info: dict[str, Any]) -> Partition:
    url = url.removeprefix("file://")
    tag = next((str(info[k]) for k in ("ETag", "etag", "mtime", "LastModified") if k in info), "")
    stem = PurePosixPath(url).name.split(".")[0][:80]
    # Files of different folders may have one name.
    name = f"{stem}-{hashlib.sha256(url.encode(errors='replace')).hexdigest()[:10]}"
    return Partition(url, name, f"{info.get('size')} {tag}")
