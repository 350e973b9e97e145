"""``esc score`` with a terminal or a person at the other end."""

from __future__ import annotations

import os
import pty
import signal
import subprocess
import sys

import pytest

from classifier.scoring.results import AT_ONCE
from tests.cli.conftest import ARTICLE, environment, unmeasured


def test_ctrl_c_leaves_with_130_and_one_line(place):
    (place / "long.txt").write_text(ARTICLE * AT_ONCE)  # it need not wait for others
    with subprocess.Popen(
        [sys.executable, "-m", "classifier", "score", "long.txt", "-"],
        cwd=place,
        env=unmeasured(),
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        # A run in the background may hand down an ignored interrupt.
        preexec_fn=lambda: signal.signal(signal.SIGINT, signal.SIG_DFL),
    ) as process:
        # Once the first document comes out, the command is waiting for the second.
        assert process.stdout.readline().startswith(b"{")
        process.send_signal(signal.SIGINT)
        _, err = process.communicate(timeout=30)
    assert process.returncode == 130
    assert err == b"esc: interrupted\n"


def on_terminal(place, *args, **env: str) -> str:
    """Run the command with its standard output on a terminal; return what appears there."""
    ours, theirs = pty.openpty()
    process = subprocess.Popen(
        [sys.executable, "-m", "classifier", *args],
        cwd=place,
        env=environment(**{"TERM": "xterm-256color", **env}),
        stdin=subprocess.DEVNULL,
        stdout=theirs,
        stderr=theirs,
    )
    os.close(theirs)
    shown = b""
    try:
        while piece := os.read(ours, 1 << 16):
            shown += piece
    except OSError:  # how a terminal says that nobody is at its other side any more
        pass
    os.close(ours)
    assert process.wait() == 0
    return shown.decode()


def test_a_terminal_gets_a_coloured_table(place):
    shown = on_terminal(place, "score", "good.txt")
    assert "3 sentences, 2 with a signal" in shown
    assert '{"' not in shown
    assert "\x1b[" in shown


@pytest.mark.parametrize("env", [{"NO_COLOR": "1"}, {"TERM": "dumb"}], ids=["NO_COLOR", "dumb"])
def test_colours_can_be_declined(place, env):
    shown = on_terminal(place, "score", "good.txt", **env)
    assert "3 sentences, 2 with a signal" in shown
    assert "\x1b" not in shown


def test_a_terminal_is_not_steered_by_the_text(place):
    (place / "evil.txt").write_text("The \x1b[2Jport\x07 was shelled\u202e by the army.")
    shown = on_terminal(place, "score", "evil.txt", NO_COLOR="1")
    assert "port" in shown
    assert not set(shown) & set("\x1b\x07\u202e")
