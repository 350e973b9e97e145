"""Programs that tests start: gone, with their pipes closed, however the test went."""

from __future__ import annotations

import signal
import subprocess
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Iterator


@contextmanager
def ended(process: subprocess.Popen[Any], seconds: float = 30) -> Iterator[subprocess.Popen[Any]]:
    """Give a process, and end it after the block: asked first, so that it can tidy up."""
    try:
        yield process
    finally:
        if process.poll() is None:
            process.send_signal(signal.SIGINT)
        try:
            process.communicate(timeout=seconds)
        except subprocess.TimeoutExpired:
            process.kill()
            process.communicate()
