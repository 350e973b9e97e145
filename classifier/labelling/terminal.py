"""Labelling in a terminal, for those who sit at a machine far away: same keys as on the page."""

from __future__ import annotations

import codecs
import os
import select
import shutil
import sys
import textwrap
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

from classifier.errors import UsageError
from classifier.labelling.keys import label_keys
from classifier.labelling.progress import progress, stop_advice
from classifier.labelling.store import ConflictError
from classifier.report.terminal import Screen, clean

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping

    from classifier.labelling.session import Session, Task

HELP = "Enter accept · 0 none · s skip · f flag · u undo · ? codebook · q quit"
_BOLD, _DIM, _REVERSE = "\x1b[1m", "\x1b[2m", "\x1b[7m"
_ENTER, _BACK, _END = ("\r", "\n"), ("\x7f", "\b"), ("\x03", "\x04", "")
_DECIDE = ("s", "f", "0", *_ENTER)
_QUIT = "quit"
_ADVICE_EVERY = 10
# Seconds in which the rest of a special key arrives.
_REST_OF_KEY = 0.03


class Terminal:
    """Asks one sentence after the other.

    Parameters
    ----------
    session : Session
    codebook : mapping of str to str
        As `classifier.labelling.codebook.read_codebook` returns it.
    read : callable
        Returns the next character of the keyboard, empty at its end.
    write : callable
    screen : Screen
    """

    def __init__(
        self,
        session: Session,
        codebook: Mapping[str, str],
        read: Callable[[], str],
        write: Callable[[str], Any],
        screen: Screen,
    ) -> None:
        self._session, self._codebook = session, codebook
        self._read, self._write, self._screen = read, write, screen
        self._keys = label_keys(session.store.labels)

    def run(self) -> None:
        """Label until the annotator quits or nothing is left."""
        task: Task | None = self._session.next()
        said = ""
        while task is not None:
            chosen = set(task.chosen)
            self._show(task, said)
            said, after = self._one(task, chosen)
            if said is _QUIT:
                break
            task = after or self._session.next()
        self._lines(["", self._summary(), "" if task else "No sentence is left."])

    def _one(self, task: Task, chosen: set[str]) -> tuple[str, Task | None]:
        """Take keys until there is a decision; return what to say, and a task that comes next."""
        while True:
            self._choice(chosen)
            key = self._read()
            if key in _END or key == "q":
                return _QUIT, None
            if key in self._keys:
                self._toggle(chosen, self._keys[key])
            elif key == "?":
                self._rules()
                self._show(task, "")
            elif key == "u":
                if before := self._session.undo():
                    return "undone: decide again", before
                self._write("\r\n  nothing to take back\r\n")
            elif key in _DECIDE:
                said = self._decide(task, key, chosen)
                if said is not None:
                    return said, None

    def _decide(self, task: Task, key: str, chosen: set[str]) -> str | None:
        """Write the decision behind a key; return what to say, None if there is none yet."""
        comment = ""
        if key == "f":
            asked = self._ask("comment (Enter to leave it empty, Escape to go back): ")
            if asked is None:
                self._show(task, "not flagged")
                return None
            comment = asked
        if key == "0":
            chosen.clear()
        kind = {"s": "skip", "f": "flag"}.get(key, "labels")
        try:
            self._session.decide(task, kind, sorted(chosen), comment)
        except UsageError as error:
            self._write(f"\r\n  {error}\r\n")
            return None
        except ConflictError as error:
            return str(error)
        return self._advice()

    def _toggle(self, chosen: set[str], name: str) -> None:
        if self._session.store.labels.exclusive:
            chosen.clear()
            chosen.add(name)
        else:
            chosen ^= {name}

    def _advice(self) -> str:
        found = progress(self._session)
        if found.here % _ADVICE_EVERY:
            return ""
        return " ".join([self._summary(), stop_advice(self._session)])

    def _summary(self) -> str:
        p = progress(self._session)
        pace = f", {p.pace:.0f} an hour" if p.pace else ""
        counts = ", ".join(f"{name} {n}" for name, n in p.positives.items())
        alphas = ""
        if p.agreement:
            known = [
                f"{name} {row['alpha']['value']:.2f}"
                for name, row in p.agreement["labels"].items()
                if row["alpha"]["value"] is not None
            ]
            alphas = f"; alpha on {p.agreement['sentences']} sentences: {', '.join(known) or '-'}"
        return (
            f"{p.done} labelled, {p.none} of them without a label, {p.skipped} skipped, "
            f"{p.flagged} flagged{pace}; {counts}{alphas}"
        )

    def _show(self, task: Task, said: str) -> None:
        item, paint = task.item, self._screen.paint
        lines = ["", "─" * min(self._screen.width, 78)]
        if said:
            lines += self._wrapped(said, "")
        lines.append(paint(f"{self._session.annotator} · {task.left + 1} left", _DIM))
        if item.headline:
            lines += [paint(line, _BOLD) for line in self._wrapped(item.headline, "")]
        for text in item.before:
            lines += [paint(line, _DIM) for line in self._wrapped(text, "  ")]
        first, *more = self._wrapped(item.text, "  ")
        lines += [paint(line, _BOLD) for line in ("> " + first[2:], *more)]
        for text in item.after:
            lines += [paint(line, _DIM) for line in self._wrapped(text, "  ")]
        if found := self._session.suggestion(item):
            views = ", ".join(f"{name} {p:.2f}" for name, p in found.probabilities.items())
            lines += ["", *self._wrapped(f"model: {views}", "  ")]
        lines += ["", paint(HELP, _DIM)]
        self._lines(lines)

    def _choice(self, chosen: set[str]) -> None:
        """Rewrite the line of labels: those chosen in brackets and, with colours, turned round."""
        cells = []
        for key, name in self._keys.items():
            mark = f"[{key} {name}]" if name in chosen else f" {key} {name} "
            cells.append(self._screen.paint(clean(mark), _REVERSE if name in chosen else ""))
        if len(cells) != len(self._session.store.labels):
            cells.append("(labels without a key are on the page)")
        line = " ".join(cells)
        erase = "\r\x1b[K" if self._screen.colour else "\r\n"
        self._write(f"{erase}{line} ")

    def _rules(self) -> None:
        lines = [""]
        for label in self._session.store.labels:
            lines.append(self._screen.paint(clean(f"{label.title} ({label.name})"), _BOLD))
            for line in self._codebook.get(label.name, "").splitlines():
                lines += self._wrapped(line, "  ") if line.strip() else [""]
            lines.append("")
        height = max(shutil.get_terminal_size((80, 24)).lines - 2, 8)
        for start in range(0, len(lines), height):
            self._lines(lines[start : start + height])
            self._write("any key to go on ")
            if self._read() in (*_END, "q"):
                break

    def _ask(self, question: str) -> str | None:
        """Read a line; None if it was given up with Escape."""
        self._write(f"\r\n{question}")
        text = ""
        while True:
            key = self._read()
            if key in _ENTER:
                return text
            if key in _END or key == "\x1b":
                return None
            if key in _BACK:
                if text:
                    text = text[:-1]
                    self._write("\b \b")
            elif key.isprintable():
                text += key
                self._write(key)

    def _wrapped(self, text: str, indent: str) -> list[str]:
        width = max(min(self._screen.width, 100), 24)
        return textwrap.wrap(
            clean(text), width, initial_indent=indent, subsequent_indent=indent
        ) or [indent]

    def _lines(self, lines: list[str]) -> None:
        # In a terminal that takes single keys a new line does not go back to the left by itself.
        self._write("".join(f"{line}\r\n" for line in lines))


@contextmanager
def single_keys() -> Iterator[Callable[[], str]]:
    """Give a reader of single keys from the terminal, and put the terminal back afterwards.

    Raises
    ------
    UsageError
        Standard input is no terminal.
    """
    if not sys.stdin.isatty():
        raise UsageError("esc label --terminal needs a terminal; standard input is none")
    try:
        import termios
        import tty
    except ImportError:  # Windows
        import msvcrt

        yield msvcrt.getwch  # type: ignore[attr-defined]
        return
    handle = sys.stdin.fileno()
    before = termios.tcgetattr(handle)
    try:
        tty.setcbreak(handle)
        yield _reader(handle)
    finally:
        termios.tcsetattr(handle, termios.TCSADRAIN, before)


def _reader(handle: int) -> Callable[[], str]:
    """Return a reader of whole characters; an arrow or another special key is one Escape."""
    decoder = codecs.getincrementaldecoder("utf-8")("replace")

    def read() -> str:
        while True:
            data = os.read(handle, 1)
            character = decoder.decode(data, final=not data)
            if character == "\x1b":
                _swallow(handle)
            if character or not data:
                return character

    return read


def _swallow(handle: int) -> None:
    """Read the rest of a special key: ``[`` or ``O``, parameters, one last letter (ECMA-48)."""
    rest = b""
    while select.select([handle], [], [], _REST_OF_KEY)[0]:
        byte = os.read(handle, 1)
        rest += byte
        if not byte or rest[:1] not in (b"[", b"O") or (len(rest) > 1 and 0x40 <= byte[0] <= 0x7E):
            return
