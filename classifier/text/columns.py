"""Which columns of a table hold text, id, title and date."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from classifier.errors import InputError
from classifier.schema import Document

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from classifier.text.settings import Reading

Row = dict[str, Any]

# Rows that are looked at before the columns are guessed.
N_SEEN = 50
_MIN_MEAN = 30
_NAMES = {
    "text": "text body content contents article article_text article_body articlebody full_text "
    "fulltext maintext main_text plain_text story message sentence description summary snippet",
    "id": "id uid uuid guid doc_id document_id document article_id key",
    "title": "title headline heading head subject",
    "date": "date published published_at pubdate pub_date publish_date date_publish "
    "publication_date publishedat datetime created_at timestamp time",
}


@dataclass(frozen=True)
class Columns:
    """The columns of one table; empty where it has none."""

    text: str
    id: str = ""
    title: str = ""
    date: str = ""

    def document(self, row: Row, where: str, source: str, number: int) -> Document:
        """Make a document of a row.

        Raises
        ------
        InputError
            The row has no usable text.
        """
        text = _value(row, self.text)
        if text is None or text == "":
            raise InputError(f"{where}: no text in column {self.text!r}")
        if not isinstance(text, str):
            raise InputError(
                f"{where}, column {self.text!r}: found {type(text).__name__}, expected a text"
            )
        return Document(
            id=_plain(_value(row, self.id)) or f"{source}#{number}",
            text=text,
            source=source,
            title=_plain(_value(row, self.title)),
            date=_plain(_value(row, self.date)),
        )


def choose_columns(rows: Sequence[Row], where: str, reading: Reading) -> Columns:
    """Find the columns that were asked for, guess the others, and say what was guessed.

    Parameters
    ----------
    rows : sequence of dict
        The first rows of the table.
    where : str
        What messages call the table.
    reading : Reading

    Raises
    ------
    InputError
        A column that was asked for is not there, or no column looks like text.
    """
    names = list(dict.fromkeys(name for row in rows for name in row))
    chosen, guessed = {}, []
    for what in _NAMES:
        asked = getattr(reading, f"{what}_column")
        if asked:
            if asked not in names and all(_value(row, asked) is None for row in rows):
                raise InputError(f"{where}: no column {asked!r} among {_listed(names)}")
            chosen[what] = asked
            continue
        found = _by_name(names, what)
        if what == "text":
            found = found if found and _mean(rows, found) else _longest(rows, names, where)
        if found and found not in chosen.values():
            chosen[what] = found
            guessed.append(f"{what} in {found!r}")
    if guessed:
        reading.notice(f"{where}: {', '.join(guessed)}")
    return Columns(**chosen)


def _by_name(names: Sequence[str], what: str) -> str:
    by_lower = {n.strip().lower().replace(" ", "_"): n for n in reversed(names)}
    return next((by_lower[name] for name in _NAMES[what].split() if name in by_lower), "")


def _mean(rows: Sequence[Row], name: str) -> float:
    return sum(len(v) for row in rows if isinstance(v := row.get(name), str)) / len(rows)


def _longest(rows: Sequence[Row], names: Sequence[str], where: str) -> str:
    means = {name: _mean(rows, name) for name in names}
    best = max(names, key=means.__getitem__, default="")
    if not best or means[best] < _MIN_MEAN:
        raise InputError(
            f"{where}: no column of texts among {_listed(names)}; name one with --text-column"
        )
    return best


def _listed(names: Sequence[str]) -> str:
    shown = ", ".join(repr(name[:60]) for name in names[:20])
    return shown + (", ..." if len(names) > 20 else "") if names else "none"


def _value(row: Mapping[str, Any], name: str) -> Any:
    """Return the value of a column; in JSON a name may lead inwards, as in ``fields.body``."""
    if name in row or "." not in name:
        return row.get(name)
    found: Any = row
    for part in name.split("."):
        if not isinstance(found, dict):
            return None
        found = found.get(part)
    return found


def _plain(value: Any) -> str:
    if not value and isinstance(value, str):
        return ""
    if value is None or isinstance(value, (dict, list)):
        return ""
    if hasattr(value, "isoformat"):
        return str(value.isoformat())
    return " ".join(str(value).split())
