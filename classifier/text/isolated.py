"""Asking the process that opens the files of strangers, with a limit of time."""

from __future__ import annotations

import contextlib
import math
import subprocess
import sys
from typing import TYPE_CHECKING

import orjson

from classifier.errors import InputError
from classifier.text.streams import missing

if TYPE_CHECKING:
    from concurrent.futures import ThreadPoolExecutor
    from types import TracebackType
    from typing import Self

SECONDS = {"html": 30.0, "fast-html": 10.0, "pdf": 300.0, "docx": 60.0, "epub": 120.0, "feed": 60.0}
_NAMES = {"fast-html": "HTML", "html": "HTML", "pdf": "PDF", "epub": "EPUB", "feed": "a feed"}


class Isolated:
    """A process of parsers, started when it is first needed and again after a bad document."""

    def __init__(self) -> None:
        self._process: subprocess.Popen[bytes] | None = None
        self._thread: ThreadPoolExecutor | None = None

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self._stop()
        if self._thread is not None:
            self._thread.shutdown()

    def parse(
        self,
        kind: str,
        data: bytes,
        where: str,
        options: dict[str, str] | None = None,
        seconds: float = math.inf,
    ) -> list[dict[str, str]]:
        """Parse a document in the other process.

        Parameters
        ----------
        kind : str
            A key of `SECONDS`.
        data : bytes
        where : str
            What messages call the input.
        options : dict, optional
        seconds : float
            Longest time, where that is less than the one of `SECONDS`.

        Returns
        -------
        list of dict
            ``text`` and what else is known of each document.

        Raises
        ------
        InputError
            It cannot be parsed, not within the time, or not without crashing.
        """
        request = orjson.dumps({"kind": kind, "size": len(data), "options": options or {"url": ""}})
        limit = min(SECONDS[kind], seconds)
        process = self._process or self._start()
        if self._thread is None:
            from concurrent.futures import ThreadPoolExecutor

            self._thread = ThreadPoolExecutor(1)
        waiting = self._thread.submit(_exchange, process, request + b"\n", data)
        try:
            reply = waiting.result(limit)
        except TimeoutError as error:
            self._stop()
            raise InputError(f"{where}: takes longer than {limit:.3g} seconds") from error
        except BaseException:  # Ctrl-C: the answer to this request must not be taken for another's
            self._stop()
            raise
        if reply is None:
            self._stop()
            raise InputError(f"{where}: crashes the parser, or takes too much memory")
        found = orjson.loads(reply)
        if "missing" in found:
            raise InputError(missing(where, _NAMES.get(kind, kind), found["missing"]))
        if "error" in found:
            raise InputError(f"{where}: {found['error']}")
        documents: list[dict[str, str]] = found["documents"]
        return documents

    def _start(self) -> subprocess.Popen[bytes]:
        # -P and our own path: no module of the current folder may stand in for a library.
        code = f"import sys; sys.path[:] = {sys.path!r}; "
        code += "from classifier.text.worker import main; main()"
        self._process = subprocess.Popen(  # noqa: S603 (our own code)
            [sys.executable, "-P", "-c", code],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
        )
        return self._process

    def _stop(self) -> None:
        process, self._process = self._process, None
        if process is None:
            return
        process.kill()
        process.wait()
        for stream in (process.stdin, process.stdout):
            if stream is not None:
                # What was not yet written to a process that is gone.
                with contextlib.suppress(OSError, ValueError):
                    stream.close()


def _exchange(process: subprocess.Popen[bytes], request: bytes, data: bytes) -> bytes | None:
    """Send a request; return the answer, or None when the other process has gone."""
    assert process.stdin is not None
    assert process.stdout is not None
    try:
        process.stdin.write(request)
        process.stdin.write(data)
        process.stdin.flush()
        size = process.stdout.readline()
        reply = process.stdout.read(int(size)) if size else b""
    except (OSError, ValueError):
        return None
    return reply if size and len(reply) == int(size) else None
