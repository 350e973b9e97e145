"""What runs in the background when a model is retrained: ``python -m classifier.labelling.worker``.

It prepares the files, runs ``esc train`` and ``esc evaluate --against`` on them in processes of
their own, and writes down after each step how far it is.
"""

from __future__ import annotations

import os
import re
import shutil
import signal
import subprocess
import sys
import threading
import time
from contextlib import suppress
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

import orjson

from classifier import disk
from classifier.corpus.files import labelled_files
from classifier.corpus.formats import write_jsonl
from classifier.corpus.labels import FILE_NAME
from classifier.corpus.read import read_corpus, read_records
from classifier.errors import EscError, InputError
from classifier.labelling.held_out import (
    MIN_DOCUMENTS,
    apart_from,
    base_records,
    divide,
    neighbour_records,
)
from classifier.labelling.retrain import (
    ALIVE,
    CANCEL,
    COMPARISON,
    JOB,
    LABELLED,
    STATE,
)
from classifier.model.artefact import load_model
from classifier.model.settings import load_settings, settings_toml

if TYPE_CHECKING:
    from classifier.corpus.records import Record

_STEP = re.compile(r"esc: (?P<what>.+) (?P<done>\d+) of (?P<total>\d+)")
_TICK = 0.2


class CancelledError(Exception):
    """Somebody asked the job to end."""


class Worker:
    """Runs one job.

    Parameters
    ----------
    folder : Path
        Of the job.
    """

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._job: dict[str, Any] = orjson.loads(disk.read_bytes(folder / JOB))
        self._model = Path(self._job["model"])
        self._over = threading.Event()

    def run(self) -> int:
        """Do the job; return an exit code."""
        pulse = threading.Thread(target=self._beat, daemon=True)
        pulse.start()
        try:
            self._work()
        except CancelledError:
            self._leave_nothing()
            self._say("cancelled", "cancelled; the model in use is as it was")
            return 130
        except EscError as error:
            self._leave_nothing()
            self._say("failed", str(error))
            return error.exit_code
        finally:
            self._over.set()
            pulse.join()
        return 0

    def _beat(self) -> None:
        while not self._over.wait(1):
            (self._folder / ALIVE).touch()

    def _say(self, stage: str, what: str, done: int = 0, total: int = 0) -> None:
        value = {"stage": stage, "what": what, "done": done, "total": total}
        disk.write_atomic(self._folder / STATE, orjson.dumps(value))

    def _leave_nothing(self) -> None:
        """Remove a model that is not whole."""
        if not (self._model / "model.json").exists():
            shutil.rmtree(self._model, ignore_errors=True)

    def _work(self) -> None:
        self._say("preparing", "gathering the sentences")
        train, compare = self.prepare()
        arguments = ["train", "--data", str(train), "--labels", str(train / FILE_NAME)]
        if config := self.config(train):
            arguments += ["--config", str(config)]
        self._call("training", [*arguments, "--output", str(self._model)])
        self._say("comparing", "old and new model on the documents that were held out")
        arguments = ["evaluate", "--data", str(compare), "--model", str(self._model)]
        old = Path(self._job["old"])
        if load_model(old).labels.names == load_model(self._model).labels.names:
            arguments += ["--against", str(old)]
        found = self._call("comparing", [*arguments, "--format", "json"])
        disk.write_atomic(self._folder / COMPARISON, found)
        self._say("done", "trained and compared")

    def prepare(self) -> tuple[Path, Path]:
        """Write what to train on and what to compare on; return the two folders.

        Raises
        ------
        InputError
            Too few documents are held out.
        """
        labelled = list(read_records(self._folder / LABELLED, lambda _: None))
        given = [Path(path) for path in self._job["held_out"]]
        files = labelled_files(given) if given else []
        held_out = [r for path in files for r in read_records(path, lambda _: None)]
        new, kept = divide(labelled, self._job["assigned"], held_out)
        if len({r.document for r in kept}) < MIN_DOCUMENTS or not new:
            raise InputError(
                f"sentences of {len({r.document for r in labelled})} documents are labelled, too "
                "few to train on some and to compare on others: label more, or name files to "
                "compare on with --held-out"
            )
        base = (
            apart_from(base_records([Path(p) for p in self._job["base"]], labelled), kept)
            if self._job["base"]
            else []
        )
        train, compare = self._folder / "train", self._folder / "compare"
        self._write(train / "labelled.jsonl", new)
        if base:
            self._write(train / "base.jsonl", base)
            if around := neighbour_records([Path(p) for p in self._job["base"]], base):
                self._write(train / "neighbours.jsonl", around)
        self._write(compare / "held-out.jsonl", kept)
        for folder in (train, compare):
            shutil.copyfile(self._folder / FILE_NAME, folder / FILE_NAME)
        self._stop_if_asked()
        return train, compare

    def config(self, train: Path) -> Path | None:
        """Return the settings to train with, made to fit what is at hand."""
        if not self._job["config"]:
            return None
        settings = load_settings(Path(self._job["config"]))
        corpus = read_corpus([train])
        documents = [
            {
                e.document
                for e in corpus.examples
                if e.origin in settings.target and name in e.labels
            }
            for name in corpus.labels.names
        ]
        if settings.target and min(map(len, documents)) < settings.folds:
            print(  # standard output is the job's log
                f"too few sentences of the origins {', '.join(settings.target)} at hand to choose "
                "and to measure by them alone: all sentences are taken for that",
                flush=True,
            )
            settings = replace(settings, target=())
        path = self._folder / "settings.toml"
        disk.write_atomic(path, settings_toml(settings).encode())
        return path

    @staticmethod
    def _write(path: Path, records: list[Record]) -> None:
        disk.write_atomic(path, write_jsonl(records))

    def _stop_if_asked(self) -> None:
        if (self._folder / CANCEL).exists():
            raise CancelledError

    def _call(self, stage: str, arguments: list[str]) -> bytes:
        """Run ``esc`` and return what it prints; its progress becomes the job's.

        Raises
        ------
        InputError
            It failed; with its last words.
        CancelledError
            The job was cancelled, and the process is gone.
        """
        self._say(stage, "starting")
        with subprocess.Popen(  # noqa: S603  this very program
            [sys.executable, "-m", "classifier", *arguments],
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            env=os.environ | {"ESC_PROGRESS": "lines"},
            start_new_session=True,
        ) as child:
            printed: list[bytes] = []
            said: list[str] = []
            readers = [
                threading.Thread(target=lambda: printed.append(child.stdout.read())),  # type: ignore[union-attr]
                threading.Thread(target=self._listen, args=(stage, child.stderr, said)),
            ]
            for reader in readers:
                reader.start()
            try:
                while child.poll() is None:
                    self._stop_if_asked()
                    time.sleep(_TICK)
            except BaseException:
                _end(child)
                raise
            finally:
                for reader in readers:
                    reader.join()
        if child.returncode:
            raise InputError(said[-1].removeprefix("esc: ") if said else "it ended without a word")
        return b"".join(printed)

    def _listen(self, stage: str, stream: Any, said: list[str]) -> None:
        for raw in stream:
            line = raw.decode("utf-8", "replace").rstrip()
            if match := _STEP.fullmatch(line):
                self._say(stage, match["what"], int(match["done"]), int(match["total"]))
            elif line:
                said.append(line)
                print(line, flush=True)  # standard output is the job's log


def _end(child: subprocess.Popen[bytes]) -> None:
    """End a process and those that it started."""
    with suppress(ProcessLookupError):
        if hasattr(os, "killpg"):
            os.killpg(child.pid, signal.SIGTERM)
        else:
            child.terminate()


if __name__ == "__main__":
    sys.exit(Worker(Path(sys.argv[1])).run())
