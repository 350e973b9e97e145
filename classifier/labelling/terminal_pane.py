"""What stands on the terminal while sentences are decided: the sentence, its labels, the rules."""

from __future__ import annotations

import shutil
import textwrap
from typing import TYPE_CHECKING, Any

from classifier.labelling.keys import label_keys
from classifier.labelling.terminal_keys import BACK, END, ENTER, ESCAPE
from classifier.report.terminal import Screen, clean

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

    from classifier.labelling.items import Item
    from classifier.schema import LabelSet

BOLD, DIM, REVERSE = "\x1b[1m", "\x1b[2m", "\x1b[7m"


class Pane:
    """A terminal on which sentences are shown and keys are read.

    Parameters
    ----------
    labels : LabelSet
    codebook : mapping of str to str
        As `classifier.corpus.codebook.codebook_of` returns it.
    read : callable
        Returns the next character of the keyboard, empty at its end.
    write : callable
    screen : Screen
    """

    def __init__(
        self,
        labels: LabelSet,
        codebook: Mapping[str, str],
        read: Callable[[], str],
        write: Callable[[str], Any],
        screen: Screen,
    ) -> None:
        self._labels, self._codebook = labels, codebook
        self.read, self._write, self._screen = read, write, screen
        self.keys = label_keys(labels)

    def show(self, item: Item, above: Sequence[str], below: Sequence[str]) -> None:
        """Show a sentence in its context, with lines above and below it."""
        paint = self._screen.paint
        lines = ["", "─" * min(self._screen.width, 78)]
        for text in above:
            lines += [paint(line, DIM) for line in self._wrapped(text, "")]
        if item.headline:
            lines += [paint(line, BOLD) for line in self._wrapped(item.headline, "")]
        for text in item.before:
            lines += [paint(line, DIM) for line in self._wrapped(text, "  ")]
        first, *more = self._wrapped(item.text, "  ")
        lines += [paint(line, BOLD) for line in ("> " + first[2:], *more)]
        for text in item.after:
            lines += [paint(line, DIM) for line in self._wrapped(text, "  ")]
        lines.append("")
        for text in below:
            lines += self._wrapped(text, "  ")
        self.lines(lines)

    def key(self, chosen: set[str], again: Callable[[], None]) -> str:
        """Take keys that change a choice or open the codebook; return the first other one.

        After the codebook what was there before is shown `again`. The end of the input is ``q``.
        """
        while True:
            self.choice(chosen)
            key = self.read()
            if key in self.keys:
                self.toggle(chosen, key)
            elif key == "?":
                self.rules()
                again()
            else:
                return "q" if key in END else key

    def choice(self, chosen: set[str]) -> None:
        """Write the labels: those chosen in brackets and, with colours, turned round."""
        cells, width = [], 0
        for key, name in self.keys.items():
            mark = clean(f"[{key} {name}]" if name in chosen else f" {key} {name} ")
            width += len(mark) + 1
            cells.append(self._screen.paint(mark, REVERSE if name in chosen else ""))
        if len(cells) != len(self._labels):
            cells.append("(labels without a key are on the page)")
        # What fills more than one line cannot be written over.
        over = self._screen.colour and width < self._screen.width
        self._write(("\r\x1b[K" if over else "\r\n") + " ".join(cells) + " ")

    def toggle(self, chosen: set[str], key: str) -> None:
        """Put the label of a key in or out; an exclusive one replaces the other."""
        name = self.keys[key]
        if self._labels.exclusive:
            chosen.clear()
            chosen.add(name)
        else:
            chosen ^= {name}

    def rules(self) -> None:
        """Show the codebook, page by page."""
        lines = [""]
        for label in self._labels:
            lines.append(self._screen.paint(clean(f"{label.title} ({label.name})"), BOLD))
            for line in self._codebook.get(label.name, "").splitlines():
                lines += self._wrapped(line, "  ") if line.strip() else [""]
            lines.append("")
        height = max(shutil.get_terminal_size((80, 24)).lines - 2, 8)
        for start in range(0, len(lines), height):
            self.lines(lines[start : start + height])
            self._write("any key to go on ")
            if self.read() in (*END, "q"):
                break

    def say(self, text: str) -> None:
        """Say something in between."""
        self._write(f"\r\n  {clean(text)}\r\n")

    def ask(self, question: str) -> str | None:
        """Read a line; None if it was given up with Escape."""
        self._write(f"\r\n{question}")
        text = ""
        while True:
            key = self.read()
            if key in ENTER:
                return text
            if key in END or key == ESCAPE:
                return None
            if key in BACK:
                if text:
                    text = text[:-1]
                    self._write("\b \b")
            elif key.isprintable():
                text += key
                self._write(key)

    def lines(self, lines: Sequence[str]) -> None:
        """Write lines as they are."""
        # In a terminal that takes single keys a new line does not go back to the left by itself.
        self._write("".join(f"{line}\r\n" for line in lines))

    def _wrapped(self, text: str, indent: str) -> list[str]:
        width = max(min(self._screen.width, 100), 24)
        return textwrap.wrap(
            clean(text), width, initial_indent=indent, subsequent_indent=indent
        ) or [indent]
