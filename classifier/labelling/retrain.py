"""A retraining: a job in the background that outlives the page, and the server, that began it.

A job is a folder. What it is to do stands in ``job.json``, what it has come to in ``state.json``,
which it replaces whole; a file ``cancel`` ends it, and a file ``alive`` that is touched every
second tells that somebody works on it. So the page has nothing to remember.
"""

from __future__ import annotations

import errno
import secrets
import shutil
import subprocess
import sys
import threading
import time
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import orjson

from classifier import disk
from classifier.corpus.formats import write_jsonl
from classifier.corpus.labels import FILE_NAME, label_set_json
from classifier.errors import EscError, UsageError
from classifier.labelling.export import resolved_records
from classifier.labelling.held_out import assign
from classifier.scoring.catalogue import find_model

if TYPE_CHECKING:
    from collections.abc import Sequence

    from classifier.labelling.store import Store

JOB, STATE, ALIVE, CANCEL, LABELLED = "job.json", "state.json", "alive", "cancel", "labelled.jsonl"
LOG, COMPARISON = "log.txt", "comparison.json"
NAME = "labelled"
# Seconds without a sign of life after which a job is taken for dead.
SILENCE = 15.0
_LOG_BYTES = 20_000


@dataclass(frozen=True)
class State:
    """Where a job stands.

    Parameters
    ----------
    stage : str
        ``waiting``, ``preparing``, ``training``, ``comparing``; ``done``, ``failed``,
        ``cancelled``, ``died``.
    what : str
        What it is doing, or what went wrong.
    done, total : int
        Steps of the stage; 0 where they are not known.
    model : str
        Name of the new model.
    old : str
        Folder of the model that was in use when the job began.
    comparison : mapping or None
        As ``esc evaluate --format json --against`` gives it.
    """

    stage: str
    what: str = ""
    done: int = 0
    total: int = 0
    model: str = ""
    old: str = ""
    comparison: dict[str, Any] | None = None

    @property
    def running(self) -> bool:
        """Whether the job is still going to change."""
        return self.stage in ("waiting", "preparing", "training", "comparing")


class Retraining:
    """The retrainings of a project.

    Parameters
    ----------
    store : Store
    folder : Path
        Where the jobs are kept.
    base : sequence of Path or None
        Labelled files that the labels join.
    config : Path, optional
        Settings to train with.
    held_out : sequence of Path or None
        Labelled files to compare on; a quarter of the labelled documents if None.
    """

    def __init__(
        self,
        store: Store,
        folder: Path,
        base: Sequence[Path] | None = None,
        config: Path | None = None,
        held_out: Sequence[Path] | None = None,
    ) -> None:
        self._store, self._folder = store, folder
        self._base, self._config, self._held_out = base, config, held_out
        self._lock = threading.Lock()
        self._process: subprocess.Popen[bytes] | None = None

    def jobs(self) -> list[Path]:
        """Return the folders of all jobs, the oldest first."""
        return [path for path in self._numbered() if (path / JOB).is_file()]

    def _numbered(self) -> list[Path]:
        # Whatever else lies there is no job: a copy that somebody made, one that is being written.
        if not self._folder.is_dir():
            return []
        found = [path for path in self._folder.iterdir() if path.name.isdecimal()]
        return sorted(found, key=lambda path: int(path.name))

    def start(self) -> Path:
        """Begin a retraining on the labels that hold now; return the folder of the job.

        Raises
        ------
        UsageError
            One is running already, or nothing is labelled yet.
        """
        with self._lock:
            return self._start()

    def _start(self) -> Path:
        folder = None
        while folder is None:
            number = self._last_number() + 1
            jobs = self.jobs()
            if jobs and read_state(jobs[-1]).running:
                raise UsageError("a retraining is running already; wait for it, or cancel it")
            # If another process begins one between this look and ours, the number is taken.
            folder = self._new_job(number)
        with (folder / LOG).open("ab") as log:
            self._process = subprocess.Popen(  # noqa: S603  this very program
                [sys.executable, "-m", "classifier.labelling.worker", str(folder.resolve())],
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=log,
                # Ctrl-C in the server's terminal is not meant for it.
                start_new_session=True,
            )
        return folder

    def _last_number(self) -> int:
        return max((int(path.name) for path in self._numbered()), default=0)

    def _new_job(self, number: int) -> Path | None:
        """Put a job in its place, whole; return None if the place is taken."""
        made = self._folder / f".{secrets.token_hex(8)}"
        try:
            self.write_job(made)
            (made / ALIVE).touch()
            folder = self._folder / f"{number:04d}"
            made.rename(folder)
        except FileExistsError:
            return None
        except OSError as error:
            if error.errno == errno.ENOTEMPTY:
                return None
            said = f"{self._folder}: cannot be written: {error.strerror or error}"
            raise UsageError(said) from error
        finally:
            shutil.rmtree(made, ignore_errors=True)
        return folder

    def write_job(self, folder: Path) -> None:
        """Write down what is to be done, with the labels as they are now."""
        records = resolved_records(self._store)
        if not records:
            raise UsageError("nothing is labelled yet: there is nothing to learn")
        jobs = self.jobs()
        earlier = orjson.loads(disk.read_bytes(jobs[-1] / JOB))["assigned"] if jobs else {}
        job = {
            "model": str(_free_folder()),
            "old": str(find_model().resolve()),
            "base": [str(path.resolve()) for path in self._base or ()],
            "config": str(self._config.resolve()) if self._config else None,
            "held_out": [str(path.resolve()) for path in self._held_out or ()],
            "assigned": assign((record.document for record in records), earlier),
        }
        labels = orjson.dumps(label_set_json(self._store.labels), option=orjson.OPT_INDENT_2)
        disk.write_atomic(folder / LABELLED, write_jsonl(records))
        disk.write_atomic(folder / FILE_NAME, labels + b"\n")
        disk.write_atomic(folder / JOB, orjson.dumps(job, option=orjson.OPT_INDENT_2))

    def latest(self) -> State | None:
        """Return where the last job stands, None if there never was one."""
        if self._process is not None:
            self._process.poll()  # takes note of its end
        jobs = self.jobs()
        return read_state(jobs[-1]) if jobs else None

    def wait(self) -> None:
        """Wait until the process of a job that was begun here is gone."""
        if self._process is not None:
            self._process.wait()

    def cancel(self) -> None:
        """Ask the running job to end; it does so within a second."""
        jobs = self.jobs()
        if jobs and read_state(jobs[-1]).running:
            (jobs[-1] / CANCEL).touch()


def read_state(folder: Path) -> State:
    """Return where a job stands."""
    job = orjson.loads(disk.read_bytes(folder / JOB))
    known = {"model": Path(job["model"]).name, "old": job["old"]}
    try:
        value = orjson.loads(disk.read_bytes(folder / STATE))
    except EscError:
        value = {"stage": "waiting", "what": "starting"}
    state = State(**value, **known)
    if state.running and not _alive(folder):
        return State("died", "the retraining ended without a word; see its log", **known)
    if state.stage == "done":
        with suppress(EscError):
            found = orjson.loads(disk.read_bytes(folder / COMPARISON))
            return State("done", state.what, comparison=found, **known)
    return state


def _alive(folder: Path) -> bool:
    try:
        return time.time() - (folder / ALIVE).stat().st_mtime < SILENCE
    except OSError:
        return False


def read_log(folder: Path) -> str:
    """Return the end of what a job has said."""
    with suppress(OSError):
        data = (folder / LOG).read_bytes()
        return data[-_LOG_BYTES:].decode("utf-8", "replace")
    return ""


def _free_folder() -> Path:
    """Return a place for the new model: no retraining replaces an older one."""
    number = 1
    while (folder := Path("models") / f"{NAME}-{number}").exists():
        number += 1
    return folder.resolve()
