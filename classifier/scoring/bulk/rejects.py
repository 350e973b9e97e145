"""Inputs and records that could not be used, as lines of JSON."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING

import orjson

from classifier.text.streams import label

if TYPE_CHECKING:
    from classifier.errors import EscError

_PLACE = re.compile(r"(?:, ([^:]*)|#(\d+))?: (.+)", re.S)


@dataclass(frozen=True)
class Reject:
    """What could not be used, and why.

    Parameters
    ----------
    source : str
        The input that was read.
    place : str
        Which row, line or record of it; empty if all of it.
    reason : str
    """

    source: str
    place: str
    reason: str

    @classmethod
    def of(cls, source: str, error: EscError) -> Reject:
        """Take an error apart; messages begin with the input that they are about.

        Examples
        --------
        >>> from classifier.errors import InputError
        >>> Reject.of("a.csv", InputError("a.csv, row 3: no text in column 'body'"))
        Reject(source='a.csv', place='row 3', reason="no text in column 'body'")
        """
        message = " ".join(str(error).split())
        found = None
        if message.startswith(label(source)):
            found = _PLACE.fullmatch(message[len(label(source)) :])
        place, row, reason = found.groups() if found else ("", "", message)
        return cls(source, f"row {row}" if row else place or "", reason)

    def message(self) -> str:
        """Return what is said of it on standard error."""
        where = f"{label(self.source)}, {self.place}" if self.place else label(self.source)
        return self.reason if self.reason.startswith(where) else f"{where}: {self.reason}"

    def line(self) -> bytes:
        """Return it as a line of JSON."""
        row = {"source": self.source, "place": self.place, "reason": self.reason}
        valid = {k: v.encode("utf-8", "backslashreplace").decode() for k, v in row.items()}
        return orjson.dumps(valid, option=orjson.OPT_APPEND_NEWLINE)
