"""CSV and TSV files of people who label in a spreadsheet: columns guessed, and said."""

from __future__ import annotations

import io
import re
from typing import TYPE_CHECKING, Any

import orjson

from classifier import disk
from classifier.corpus.records import TEXT_FIELDS
from classifier.errors import InputError

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

    import pandas as pd

_TEXT = ("text", "sentence", "content", "body", "message", "snippet")
_LABELS = ("labels", "label", "category", "categories", "class", "tags", "tag", "target", "accept")
_DOCUMENT = ("document", "document_id", "doc", "doc_id", "article", "article_id", "group")
_ID = ("id", "sentence_id", "uid", "row_id")
_POSITION = re.compile(r"[0-9]{1,9}")
_YES, _NO = frozenset(("1", "1.0", "true", "yes", "x")), frozenset(("", "0", "0.0", "false", "no"))
_OWN_HEAD, _OWN_TAIL = ["id", "document", "position", "text"], [*TEXT_FIELDS, "extra"]
_NONE = frozenset(("", "none", "[]", "o"))


def read_table(path: Path, notice: Callable[[str], None]) -> Iterator[tuple[str, dict[str, Any]]]:
    """Yield (where, JSON object) for each row of a table.

    The text column is found by its name, or is the one with the longest texts; labels stand in one
    column (separated by ``;``, ``|`` or ``,``, or a JSON array) or in one column of 0 and 1 each.
    Where "none" is written out somewhere (0, no; none, []), a row without anything was not
    reviewed; where it is not, people mark what is there, and such a row has none. `notice` is told
    what was guessed.

    Raises
    ------
    InputError
        The columns cannot be told apart; the message lists them.
    """
    frame = _frame(path)
    if [*frame.columns[:4]] == _OWN_HEAD and [*frame.columns[-len(_OWN_TAIL) :]] == _OWN_TAIL:
        yield from _own_rows(frame, path)
        return
    single = _find(frame, _LABELS)
    document, identifier = _find(frame, _DOCUMENT), _find(frame, _ID)
    known = {single, document, identifier, "position", *TEXT_FIELDS}
    text = _find(frame, _TEXT) or _longest(frame, known, path)
    flags = _flags(frame[[c for c in frame.columns if c not in known and c != text]])
    if single is None and not flags:
        raise InputError(
            f"{path}: no column of labels among {', '.join(map(repr, frame.columns))}; expected a "
            "column called labels, or a column of 0 and 1 for each label"
        )
    bare = _not_reviewed(frame[[single]], _NONE) if single else _not_reviewed(frame[flags], _NO)
    used = {text, *known, *([] if single else flags)}
    unused = [column for column in frame.columns if column not in used]
    how = f"labels in {single!r}" if single else f"labels in the 0/1 columns {', '.join(flags)}"
    notice(
        f"{path}: text in {text!r}, {how}"
        + (f", documents in {document!r}" if document else ", each row a document of its own")
        + (f"; {int(bare.sum())} rows without any are taken as not reviewed" if bare.any() else "")
        + (f"; not used: {', '.join(map(repr, unused))}" if unused else "")
    )
    rows = zip(frame.index + 2, frame.to_dict("records"), bare.tolist(), strict=True)
    for number, row, not_reviewed in rows:
        value: dict[str, Any] = {"text": row[text]}
        if single and not not_reviewed:
            value["labels"] = split_labels(row[single])
        elif not not_reviewed:
            value["labels"] = [c for c in flags if row[c].strip().lower() in _YES]
        value |= {n: row[c] for n, c in (("document", document), ("id", identifier)) if c}
        value |= {name: row[name] for name in TEXT_FIELDS if row.get(name)}
        if _POSITION.fullmatch(row.get("position", "")):
            value["position"] = int(row["position"])
        yield f"{path}, row {number}", value


def _not_reviewed(cells: pd.DataFrame, none: frozenset[str]) -> pd.Series[bool]:
    """Say which rows nobody has reviewed: empty ones, where others say that there is none."""
    small = cells.apply(lambda column: column.str.strip().str.lower())
    empty: pd.Series[bool] = (small == "").all(axis=1)
    return empty & bool(small.isin(none - {""}).to_numpy().any())


def _own_rows(frame: pd.DataFrame, path: Path) -> Iterator[tuple[str, dict[str, Any]]]:
    """Read the table that `formats.write_format` writes, in which empty is not reviewed."""
    names = [str(column) for column in frame.columns[4 : -len(_OWN_TAIL)]]
    for number, row in zip(frame.index + 2, frame.to_dict("records"), strict=True):
        where = f"{path}, row {number}"
        value: dict[str, Any] = {name: row[name] for name in ("id", "document") if row[name]}
        value |= {name: row[name] for name in ("text", *TEXT_FIELDS)}
        if _POSITION.fullmatch(row["position"]):
            value["position"] = int(row["position"])
        cells = {name: row[name].strip().lower() for name in names}
        for name, cell in cells.items():
            if cell not in _YES | _NO:
                raise InputError(
                    f"{where}, column {name}: found {row[name]!r:.60}, expected 0 or 1"
                )
        if any(cells.values()):
            value["labels"] = [name for name, cell in cells.items() if cell in _YES]
        try:
            extra = orjson.loads(row["extra"] or "{}")
        except orjson.JSONDecodeError:
            extra = None
        if not isinstance(extra, dict):
            raise InputError(f"{where}, column extra: expected a JSON object")
        yield where, value | extra


def split_labels(cell: str) -> list[str]:
    """Split the labels in one cell: a JSON array, or names between ``;``, ``|`` or ``,``."""
    cell = cell.strip()
    if cell.lower() in _NONE:
        return []
    if cell.startswith("["):
        try:
            value = orjson.loads(cell.replace("'", '"'))
        except orjson.JSONDecodeError:
            value = None
        if isinstance(value, list) and all(isinstance(name, str) for name in value):
            return list(value)
    names = [name.strip() for name in re.split(r"[;|,]", cell)]
    return [re.sub(r"\s+", "_", name) for name in names if name]


def _frame(path: Path) -> pd.DataFrame:
    import pandas as pd

    text = disk.decode(disk.read_bytes(path), path)
    if "\0" in text:
        line = text.count("\n", 0, text.index("\0")) + 1
        raise InputError(f"{path}, line {line}: NUL character; is this really a table of text?")
    head = text.lstrip("\r\n").split("\n", 1)[0]
    separator = "\t" if path.suffix == ".tsv" or "\t" in head else ","
    if separator == "," and head.count(";") > head.count(","):
        separator = ";"
    table = io.StringIO(text.lstrip("\r\n"))
    try:
        # Blank lines are kept until each row has its number.
        frame = pd.read_csv(
            table,
            sep=separator,
            dtype=str,
            keep_default_na=False,
            skip_blank_lines=False,
        )
    except (pd.errors.ParserError, pd.errors.EmptyDataError, ValueError) as error:
        raise InputError(f"{path}: not a table: {' '.join(str(error).split())}") from error
    frame = frame.fillna("")
    if not frame.index.equals(pd.RangeIndex(len(frame))):
        raise InputError(f"{path}: rows have more fields than the heading has columns")
    frame = frame[(frame != "").any(axis=1)]
    if frame.empty:
        raise InputError(f"{path}: no rows below the heading")
    names = [name.strip() for name in _heading(table, separator)]
    if twice := [name for name in names if name and names.count(name) > 1]:
        raise InputError(f"{path}: two columns called {twice[0]!r}, expected each name once")
    frame.columns = [str(column).strip() for column in frame.columns]
    return frame


def _heading(table: io.StringIO, separator: str) -> list[str]:
    """Return the names as they stand in the file; pandas calls a second column x x.1."""
    import pandas as pd

    table.seek(0)
    heading = pd.read_csv(
        table, sep=separator, header=None, nrows=1, dtype=str, keep_default_na=False
    )
    return [str(name) for name in heading.iloc[0]]


def _find(frame: pd.DataFrame, names: tuple[str, ...]) -> str | None:
    by_lower = {column.lower().replace(" ", "_"): column for column in reversed(frame.columns)}
    return next((by_lower[name] for name in names if name in by_lower), None)


def _longest(frame: pd.DataFrame, known: set[str | None], path: Path) -> str:
    lengths = {column: float(frame[column].str.len().mean()) for column in frame.columns}
    sentences = [column for column, length in lengths.items() if length >= 15]
    if not sentences:
        raise InputError(
            f"{path}: no column of sentences among {', '.join(map(repr, frame.columns))}; "
            "expected one called text"
        )
    return max(sentences, key=lambda column: (column not in known, lengths[column]))


def _flags(frame: pd.DataFrame) -> list[str]:
    """Return the columns of yes and no: those with a yes; of 0 alone where none has one."""
    values = {name: {v.strip().lower() for v in frame[name].unique()} for name in frame.columns}
    given = {n: v for n, v in values.items() if v <= (_YES | _NO) and not n.startswith("Unnamed: ")}
    found = [name for name, known in given.items() if known & _YES]
    return found or [name for name, known in given.items() if "0" in known]
