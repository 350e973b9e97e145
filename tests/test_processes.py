from __future__ import annotations

import subprocess
import sys

import pytest

from tests.processes import ended

DEAF = """
import signal, sys
signal.signal(signal.SIGINT, signal.SIG_IGN)
print("ready", flush=True)
sys.stdin.read()
"""


def test_a_process_is_gone_and_its_pipes_are_closed_though_the_test_fails_and_it_hears_nothing():
    process = subprocess.Popen(
        [sys.executable, "-c", DEAF],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
    )
    stdin = process.stdin
    process.stdin = None  # communicate would close it, and so end the process

    def failing():
        with ended(process, seconds=0.2):
            assert process.stdout.readline() == b"ready\n"
            raise ZeroDivisionError

    try:
        with pytest.raises(ZeroDivisionError):
            failing()
        assert process.returncode == -9
        assert process.stdout.closed
        assert process.stderr.closed
    finally:
        stdin.close()


def test_a_process_that_was_waited_for_is_left_alone():
    process = subprocess.Popen([sys.executable, "-c", ""], stderr=subprocess.PIPE)
    with ended(process):
        process.communicate(timeout=30)
    assert process.returncode == 0
    assert process.stderr.closed
