"""Texts of references, rebuilt into a cache from their public sources or a local mirror."""

from __future__ import annotations

import io
import lzma
import zipfile
import zlib
from collections import defaultdict
from dataclasses import dataclass, field
from typing import TYPE_CHECKING
from urllib.parse import quote

import orjson

from classifier import disk, net
from classifier.corpus.references import CACHE_NAME, cut, read_cache
from classifier.errors import EscError, InputError

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable
    from pathlib import Path

    from classifier.corpus.records import Reference

MAX_SOURCE_BYTES = 256 << 20
# What a member that is not there, damaged, encrypted or packed in a strange way raises.
_BAD_ARCHIVE = (
    *(zipfile.BadZipFile, zlib.error, lzma.LZMAError, EOFError, OSError),
    *(KeyError, NotImplementedError, RuntimeError, ValueError),
)
RAW = "https://raw.githubusercontent.com"

# A file of a repository at a commit; the member of an archive follows in the path after "!".
Source = tuple[str, str, str]


@dataclass
class Fetched:
    """What a run of fetching did."""

    wanted: int = 0
    cached: int = 0
    found: int = 0
    changed: list[str] = field(default_factory=list)
    vanished: dict[str, str] = field(default_factory=dict)

    @property
    def missing(self) -> int:
        """How many sentences are not at hand now."""
        return self.wanted - self.cached - self.found


def fetch(
    references: Iterable[Reference],
    cache: Path,
    *,
    mirror: Path | None = None,
    progress: Callable[[int, int], None] = lambda _done, _total: None,
) -> Fetched:
    """Rebuild the texts of references into a cache folder.

    What is in the cache already is not fetched again, and each source is written as it comes, so a
    run that was interrupted goes on where it stopped.

    Parameters
    ----------
    references : iterable of Reference
        Those without a repository are left out: they are files of this project.
    cache : Path
    mirror : Path, optional
        A folder with copies of the sources, laid out as ``OWNER/NAME/COMMIT/PATH``, instead of the
        network.
    progress : callable
        Told (done, total) after each source file.
    """
    result = Fetched()
    at_hand = read_cache(cache)
    sources: dict[Source, list[Reference]] = defaultdict(list)
    for reference in references:
        if not reference.repository:
            continue
        result.wanted += 1
        if reference.sha256 in at_hand:
            result.cached += 1
        else:
            path = reference.path.split("!", 1)[0]
            sources[reference.repository, reference.commit, path].append(reference)
    for done, (source, wanted) in enumerate(sorted(sources.items()), 1):
        try:
            data = _source(source, mirror)
            texts = _cut_all(data, wanted)
        except EscError as error:
            result.vanished["/".join(source)] = str(error)
        else:
            found = {r.sha256: text for r, text in zip(wanted, texts, strict=True) if text}
            result.found += sum(r.sha256 in found for r in wanted)
            result.changed += [
                f"{r.repository}/{r.path}[{r.start}:{r.end}]"
                for r in wanted
                if r.sha256 not in found
            ]
            _append(cache / CACHE_NAME, found)
        progress(done, len(sources))
    return result


def _source(source: Source, mirror: Path | None) -> bytes:
    repository, commit, path = source
    if mirror is None:
        return net.download(f"{RAW}/{repository}/{commit}/{quote(path)}", limit=MAX_SOURCE_BYTES)
    place = mirror / repository / commit / path
    try:
        inside = place.resolve().is_relative_to(mirror.resolve())
    except (OSError, RuntimeError, ValueError) as error:  # a loop of links, a NUL in the name
        raise InputError(f"{path!r}: no path in the mirror: {error}") from error
    if not inside:
        raise InputError(f"{path}: leads out of the mirror")
    return disk.read_bytes(place, MAX_SOURCE_BYTES)


def _cut_all(data: bytes, wanted: list[Reference]) -> list[str | None]:
    decoded: dict[tuple[str, str], str] = {}
    texts: list[str | None] = []
    for reference in wanted:
        member = reference.path.partition("!")[2]
        key = (member, reference.encoding)
        if key not in decoded:
            raw = _member(data, member) if member else data
            try:
                decoded[key] = raw.decode(reference.encoding)
            except (ValueError, LookupError) as error:
                raise InputError(f"{reference.path}: not {reference.encoding}") from error
        texts.append(cut(decoded[key], reference))
    return texts


def _member(data: bytes, name: str) -> bytes:
    try:
        with zipfile.ZipFile(io.BytesIO(data)) as archive, archive.open(name) as stream:
            # The size that an archive states may be a lie; what is read is bounded all the same.
            raw = stream.read(MAX_SOURCE_BYTES + 1)
    except _BAD_ARCHIVE as error:
        raise InputError(f"{name}: cannot be read from its archive: {error}") from error
    if len(raw) > MAX_SOURCE_BYTES:
        raise InputError(f"{name}: larger than {MAX_SOURCE_BYTES:,} bytes")
    return raw


def _append(path: Path, found: dict[str, str]) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    with path.open("ab") as stream:
        if stream.tell() and not _ends_line(path):
            stream.write(b"\n")  # the last run was killed within a line, which stays damaged
        for digest, text in found.items():
            stream.write(orjson.dumps({"sha256": digest, "text": text}) + b"\n")


def _ends_line(path: Path) -> bool:
    with path.open("rb") as stream:
        stream.seek(-1, io.SEEK_END)
        return stream.read(1) == b"\n"
