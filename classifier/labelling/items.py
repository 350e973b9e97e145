"""What is labelled and what was decided about it."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from classifier.errors import UsageError

if TYPE_CHECKING:
    from collections.abc import Mapping

MAX_ANNOTATOR = 60
MAX_COMMENT = 2_000
# What a decision can be. A skip leaves the sentence to others, a flag asks for a second look.
KINDS = ("labels", "skip", "flag", "undo")
CORRECTION = "correction"
HOWS = ("random", "uncertain", "diverse", "rare", CORRECTION, "chosen")
RESOLUTION = ""


@dataclass(frozen=True, slots=True)
class Item:
    """A sentence to label, as it is shown: with its headline and its neighbours.

    Parameters
    ----------
    id, document : str
    position : int
        Place of the sentence in its document, from 0.
    text : str
    headline : str
        Of the document; empty if it has none.
    before, after : tuple of str
        The (up to two) sentences before it, the (up to one) after it.
    fields : mapping of str to str
        What else is known of it, as in labelled files: outlet, author, date, theatre, origin.
    """

    id: str
    document: str
    position: int
    text: str
    headline: str = ""
    before: tuple[str, ...] = ()
    after: tuple[str, ...] = ()
    fields: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Decision:
    """One row of the log; rows are added and never changed.

    Parameters
    ----------
    number : int
        Place in the log, from 1.
    sentence : str
        Id of the item.
    track : str
        Whose view of the sentence it belongs to: the annotator's, or `RESOLUTION` for the one view
        that settles a disagreement.
    annotator, session : str
    at : str
        When, ISO 8601 in UTC.
    kind : str
        One of `KINDS`.
    labels : tuple of str
    comment : str
    how : str
        One of `HOWS`: by which order the sentence came up, or that it was corrected or chosen.
    suggested : bool
        Whether the model's view was on the screen.
    model : str
        Fingerprint of the model that ordered the sentences; empty if there was none.
    predicted : tuple of str
        What that model said of the sentence then, whether or not it was shown.
    base : int
        Number of the row of this track that it was made on top of, 0 for none. No two rows of a
        track have the same base, so that of two windows the later one is told.
    """

    number: int
    sentence: str
    track: str
    annotator: str
    session: str
    at: str
    kind: str
    labels: tuple[str, ...]
    comment: str
    how: str
    suggested: bool
    model: str
    predicted: tuple[str, ...]
    base: int


def item_id(document: str, text: str) -> str:
    """Return an id that a sentence keeps when its article is read again.

    It is made of the document and the text, so that an edited article keeps the labels of the
    sentences that stayed the same.
    """
    return hashlib.sha256(f"{document}\0{text}".encode()).hexdigest()[:16]


def check_annotator(name: str) -> str:
    """Return the name of an annotator, trimmed.

    Raises
    ------
    UsageError
        Empty, too long, or with control characters.
    """
    name = " ".join(name.split())
    if not name or len(name) > MAX_ANNOTATOR or not name.isprintable():
        raise UsageError(
            f"annotator {name!r:.80}: expected a name of 1 to {MAX_ANNOTATOR} characters"
        )
    return name
