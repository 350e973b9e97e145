"""The folder that ``esc init`` writes: a label set, a codebook, ten examples."""

from __future__ import annotations

from typing import TYPE_CHECKING

import orjson

from classifier import disk
from classifier.corpus.labels import infer_label_set, label_set_json
from classifier.errors import UsageError

if TYPE_CHECKING:
    from pathlib import Path

_LABELS = {
    "threat": "Somebody threatens a cost.",
    "offer": "Somebody offers talks, help or a deal.",
}
_EXAMPLES: tuple[tuple[str, str, list[str]], ...] = (
    (
        "a",
        "The union said it would shut the port unless the pay talks resume by Friday.",
        ["threat"],
    ),
    ("a", "The harbour was quiet on Monday morning.", []),
    ("a", "Management offered to meet the crews for talks before the week is out.", ["offer"]),
    ("b", "The mayor threatened to cut the water of anyone who will not pay.", ["threat"]),
    ("b", "She also offered a deal: pay half by Friday and the rest next year.", ["offer"]),
    ("b", "About nine thousand households are behind with their bills.", []),
    ("c", "The club will pay a fine unless its fans behave, the league threatened.", ["threat"]),
    ("c", "The club offered help to clean the stands and talks with the fans.", ["offer"]),
    ("d", "Rain fell on the stands for most of the week.", []),
    (
        "d",
        "The league offered talks, and threatened to shut the stands if nobody came.",
        ["threat", "offer"],
    ),
)
_CODEBOOK = """# Codebook

The rules by which a sentence is labelled by hand. Read a sentence with its headline and the two
sentences before it, but label only what it says itself. A sentence may carry no label (`[]`), one
or several.

## threat
Somebody says that something bad will follow.
- Yes: "We will close the road unless ...".
- No: a fear that nobody threatened ("the road may flood").

## offer
Somebody offers talks, help or a deal.
- Yes: "The mayor offered to meet them."
- No: an offer in a shop.
"""


def write_starter(folder: Path) -> list[Path]:
    """Write the starter files into a new or empty folder; return their paths.

    Raises
    ------
    UsageError
        The folder has files already.
    """
    if folder.exists() and (not folder.is_dir() or any(folder.iterdir())):
        raise UsageError(f"{folder}: is not empty, expected a new folder")
    value = label_set_json(infer_label_set(_LABELS, exclusive=False))
    for label in value["labels"]:
        label["definition"] = _LABELS[label["name"]]
    rows = [
        {
            "id": f"{document}-{n}",
            "document": document,
            "position": n,
            "text": text,
            "labels": labels,
        }
        for n, (document, text, labels) in enumerate(_EXAMPLES)
    ]
    files = {
        folder / "labels.json": orjson.dumps(value, option=orjson.OPT_INDENT_2) + b"\n",
        folder / "CODEBOOK.md": _CODEBOOK.encode(),
        folder / "examples.jsonl": b"".join(orjson.dumps(row) + b"\n" for row in rows),
    }
    for path, data in files.items():
        disk.write_atomic(path, data)
    return list(files)
