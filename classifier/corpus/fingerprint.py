"""One checksum over everything that training looks at."""

from __future__ import annotations

import hashlib
from typing import TYPE_CHECKING

import orjson

from classifier import disk

if TYPE_CHECKING:
    from collections.abc import Iterable

    from classifier.schema import LabelSet


def checksum(text: str) -> str:
    """Return the SHA-256 of a sentence."""
    return disk.sha256(text.encode())


def fingerprint(labels: LabelSet, rows: Iterable[tuple[object, ...]]) -> str:
    """Return the SHA-256 of a label set and sentences, whatever files and order they come in.

    Of the texts only checksums go in, so that the fingerprint of data with references can be
    computed where the texts are not at hand.

    Parameters
    ----------
    labels : LabelSet
    rows : iterable of tuple
        ``(id, document, position, checksum, ...)`` of each sentence.
    """
    kind = [labels.exclusive, list(labels.names)] + [True] * labels.at_least_one
    digest = hashlib.sha256(orjson.dumps(kind))
    for row in sorted(rows, key=lambda row: (row[1], row[2], row[0])):
        digest.update(orjson.dumps(row) + b"\n")
    return digest.hexdigest()
