"""The folder beside the output: finished parts, and what they stand for.

``manifest.json`` says what the run is; ``journal.jsonl`` has a line for each finished part, with
its checksum, and for each stream that was read to its end. A part without its line, or a line
without its part, counts for nothing, so the folder may be left at any moment.
"""

from __future__ import annotations

import json
import shutil
from contextlib import suppress
from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING, Any, BinaryIO

from classifier import disk
from classifier.errors import UsageError
from classifier.scoring.bulk.work import Outcome, checksum, part_files
from classifier.version import __version__

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    from classifier.scoring.bulk.rejects import Reject
    from classifier.scoring.bulk.units import Ended, Identity, Unit

FORMAT = 1


def rejects_of(target: Path) -> Path:
    """Return where the rejects of a run are listed if nothing else is said."""
    return target.with_name(target.name + ".rejects.jsonl")


def folder_of(target: Path) -> Path:
    """Return the folder of a run into a file."""
    return target.with_name(target.name + ".part")


def is_finished(target: Path) -> bool:
    """Tell whether a run into a file is done, its folder removed or about to be."""
    folder = folder_of(target)
    return target.exists() and (not folder.exists() or _is_leftover(folder))


def _is_leftover(folder: Path) -> bool:
    # No run has a journal before it has a manifest; `remove` takes the manifest away first.
    return (folder / "journal.jsonl").exists() and not (folder / "manifest.json").exists()


class Work:
    """The state of a run.

    Parameters
    ----------
    target : Path
        The output; the folder is beside it.
    settings : mapping
        What must be the same for a run to go on.
    resume : bool
        Go on with what is there.
    written : sequence of Path
        What the run writes; none of it is an input.

    Raises
    ------
    UsageError
        Another run is at work, an unfinished one is there and not to be resumed, it does not fit,
        or the place cannot be written.
    """

    def __init__(
        self,
        target: Path,
        settings: Mapping[str, Any],
        *,
        resume: bool,
        written: Sequence[Path] = (),
    ) -> None:
        self.folder = folder_of(target)
        self._written = {path.resolve() for path in written}
        self._written_names = {path.name for path in self._written}
        self._settings = json.loads(json.dumps(settings))
        self.done: dict[int, dict[str, Any]] = {}
        self._ended: dict[tuple[Identity, int], int] = {}
        self._early: tuple[int, BinaryIO] | None = None
        try:
            self.folder.mkdir(parents=True, exist_ok=True)
            found = {path.name for path in self.folder.iterdir()}
            if found and not found & {"lock", "journal.jsonl"}:
                raise UsageError(f"{self.folder}: a folder of something else is in the way")
            self._lock = _lock(self.folder)
        except OSError as error:
            raise UsageError(f"{target}: cannot be written: {error.strerror or error}") from error
        try:
            self._begin(resume=resume)
            self._journal = (self.folder / "journal.jsonl").open("ab")
        except BaseException:
            self._lock.close()
            raise

    def _begin(self, *, resume: bool) -> None:
        manifest = self.folder / "manifest.json"
        if _is_leftover(self.folder):
            (self.folder / "journal.jsonl").unlink()
        if self.is_begun():
            if not resume:
                raise UsageError(
                    f"{self.folder}: an unfinished run; go on with it by --resume, or delete this "
                    "folder to begin again"
                )
            self._check(manifest)
            self._read_journal()
            return
        # Nothing is finished, so nothing is lost.
        value = {"format": FORMAT, "esc": __version__, "settings": self._settings}
        try:
            disk.write_atomic(manifest, json.dumps(value, indent=1).encode() + b"\n")
        except BaseException:
            self.remove()
            raise

    def is_begun(self) -> bool:
        """Tell whether anything is finished."""
        try:
            return (self.folder / "journal.jsonl").stat().st_size > 0
        except FileNotFoundError:
            return False

    def is_own(self, name: str) -> bool:
        """Tell whether a file is the output or something beside it that the run writes."""
        if self.folder.name not in name and Path(name).name not in self._written_names:
            return False
        path = Path(name).resolve()
        return path in self._written or self.folder.resolve() in path.parents

    def _check(self, manifest: Path) -> None:
        try:
            found = json.loads(disk.read_bytes(manifest))
            settings = found["settings"]
            same = found["format"] == FORMAT and found["esc"] == __version__
        except (ValueError, KeyError, TypeError) as error:
            raise UsageError(f"{manifest}: damaged; delete the folder to begin again") from error
        if not same:
            raise UsageError(
                f"{self.folder}: begun by esc {found['esc']}, this is {__version__}; finish it "
                "with that one, or delete the folder to begin again"
            )
        difference = _difference(settings, self._settings)
        if difference:
            name, before, now = difference
            raise UsageError(
                f"{self.folder}: begun with {name} {_shown(before)}, and this is {_shown(now)}; "
                "delete the folder to begin again"
            )

    def _read_journal(self) -> None:
        path = self.folder / "journal.jsonl"
        good = 0
        with suppress(FileNotFoundError), path.open("r+b") as stream:
            for line in stream:
                try:
                    entry = json.loads(line)
                except ValueError:
                    break
                if not line.endswith(b"\n"):
                    break
                good += len(line)
                if "unit" in entry:
                    self.done[entry["unit"]] = entry
                else:
                    name, size, changed = entry["ended"]
                    self._ended[(name, size, changed), entry["first"]] = entry["stop"]
            # What was being written when the run ended.
            stream.truncate(good)
        for number, entry in list(self.done.items()):
            if checksum(self.folder, number) != (entry["size"], entry["crc"]):
                del self.done[number]

    def known(self, identity: Identity, first: int) -> int | None:
        """Return where the units of a stream stop, if all of them are finished."""
        stop = self._ended.get((identity, first))
        if stop is None or not all(number in self.done for number in range(first, stop)):
            return None
        return stop

    def is_done(self, unit: Unit) -> bool:
        """Tell whether a unit is finished.

        Raises
        ------
        UsageError
            What was finished under its number is something else.
        """
        entry = self.done.get(unit.number)
        if entry is None:
            return False
        if entry["key"] != unit.key:
            what = unit.paths[0] if unit.paths else unit.documents[0].id if unit.documents else ""
            raise UsageError(
                f"{self.folder}: the inputs have changed since the run began, at or before "
                f"{what or 'their end'}; delete the folder to begin again"
            )
        return True

    def reject(self, number: int, one: Reject) -> None:
        """Write down what could not be read while a unit was made."""
        if number in self.done:  # written down already, and not to be put at risk
            return
        if self._early is None or self._early[0] != number:
            self._close_early()
            self._early = (number, self._early_path(number).open("wb"))
        self._early[1].write(one.line())

    def seal(self, number: int) -> None:
        """End what `reject` writes for a unit; drop what an earlier run left of it."""
        if number not in self.done and (self._early is None or self._early[0] != number):
            self._early_path(number).unlink(missing_ok=True)
        self._close_early()

    def _close_early(self) -> None:
        if self._early is not None:
            self._early[1].close()
            self._early = None

    def _early_path(self, number: int) -> Path:
        return self.folder / f"{number:09}.early"

    def record(self, unit: Unit, outcome: Outcome) -> None:
        """Write down that a unit is finished."""
        entry = asdict(outcome)
        for name in ("number", "said", "notices"):
            del entry[name]
        self._write({"unit": unit.number, "key": unit.key, "n_bytes": unit.n_bytes, **entry})

    def record_end(self, ended: Ended) -> None:
        """Write down that a stream has been read to its end."""
        if (ended.identity, ended.first) not in self._ended:
            self._write({"ended": ended.identity, "first": ended.first, "stop": ended.stop})

    def _write(self, entry: Mapping[str, Any]) -> None:
        self._journal.write(json.dumps(entry).encode() + b"\n")
        self._journal.flush()

    def parts(self, n_units: int) -> Iterator[Path]:
        """Yield the parts of all units, in their order."""
        return (part_files(self.folder, number)[0] for number in range(n_units))

    def rejects(self, n_units: int) -> Iterator[Path]:
        """Yield the files of rejects, in order."""
        for number in range(n_units):
            for path in (self._early_path(number), part_files(self.folder, number)[1]):
                if path.exists():
                    yield path

    def texts(self, n_units: int) -> Iterator[Path]:
        """Yield the files of kept texts, in order."""
        return (part_files(self.folder, number)[2] for number in range(n_units))

    def close(self) -> None:
        """Let go of the folder; remove it if nothing in it is finished."""
        self._close_early()
        self._journal.close()
        self._lock.close()
        if not self.is_begun():
            self.remove()

    def remove(self) -> None:
        """Remove the folder, so that it is known for what it is if this is interrupted."""
        with suppress(OSError):
            (self.folder / "manifest.json").unlink(missing_ok=True)
            for path in self.folder.iterdir():
                if path.name != "journal.jsonl":
                    path.unlink(missing_ok=True)
        shutil.rmtree(self.folder, ignore_errors=True)


def _difference(before: Any, now: Any, name: str = "") -> tuple[str, Any, Any] | None:
    """Return the name of the first setting that is not the same, and its two values."""
    if isinstance(before, dict) and isinstance(now, dict):
        for key in (*now, *before):
            found = _difference(before.get(key), now.get(key), f"{name} {key}".strip())
            if found:
                return found
        return None
    return None if before == now else (name, before, now)


def _shown(value: Any) -> str:
    text = json.dumps(value)
    return text if len(text) <= 80 else text[:77] + "..."


def _lock(folder: Path) -> BinaryIO:
    stream = (folder / "lock").open("wb")
    try:
        import fcntl
    except ImportError:  # Windows; two runs into one file are nobody's habit
        return stream
    try:
        fcntl.flock(stream, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError as error:
        stream.close()
        raise UsageError(f"{folder}: another run is at work there") from error
    return stream
