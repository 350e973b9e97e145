"""The field set: real sentences for measuring only, and the guard that keeps them out of training.

Its texts are not in the project. The guard works all the same: it knows the checksum of each
sentence, its slice, and hashes of its five-grams.
"""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING, Any

import orjson

from classifier import disk, shipped
from classifier.corpus.records import parse_reference
from classifier.corpus.shingles import CONTAINMENT, five_grams
from classifier.errors import InputError

if TYPE_CHECKING:
    from collections.abc import Iterable
    from pathlib import Path

    from classifier.corpus.records import Reference

NAME = "field.references.jsonl"


@dataclass(frozen=True)
class FieldSet:
    """What is known of the field set without its texts.

    Parameters
    ----------
    rows : tuple of dict
        As in the file: ``id``, ``reference``, ``five_grams`` (48-bit hashes in hexadecimal).
    """

    rows: tuple[dict[str, Any], ...]

    @classmethod
    def load(cls, path: Path | None = None) -> FieldSet:
        """Read the field set's references; empty where the file is not there."""
        path = path or shipped.data() / NAME
        if not path.is_file():
            return cls(())
        return cls(tuple(orjson.loads(line) for line in disk.read_bytes(path).splitlines()))

    @cached_property
    def _checksums(self) -> dict[str, str]:
        return {row["reference"]["sha256"]: row["id"] for row in self.rows}

    @cached_property
    def _slices(self) -> dict[tuple[str, str, str], list[tuple[int, int, str]]]:
        found = defaultdict(list)
        for row in self.rows:
            r = parse_reference(row["reference"], row["id"])
            found[r.repository, r.commit, r.path].append((r.start, r.end, row["id"]))
        return dict(found)

    @cached_property
    def _grams(self) -> dict[int, list[int]]:
        index = defaultdict(list)
        for number, row in enumerate(self.rows):
            for gram in row["five_grams"]:
                index[int(gram, 16)].append(number)
        return dict(index)

    def match(self, text: str, reference: Reference | None = None) -> str | None:
        """Say how a sentence is one of the field set's, None if it is not.

        Three tests: the same checksum, an overlapping slice of the same file, and half or more
        (at least two) of the word five-grams of the shorter one in common.
        """
        folded = " ".join(text.split())
        if known := self._checksums.get(disk.sha256(folded.encode())):
            return f"is {known} of the field set"
        if reference is not None:
            key = (reference.repository, reference.commit, reference.path)
            for start, end, known in self._slices.get(key, ()):
                if reference.start < end and start < reference.end:
                    return f"overlaps {known} of the field set in {reference.path}"
        grams = five_grams(folded)
        shared: dict[int, int] = defaultdict(int)
        for gram in grams:
            for number in self._grams.get(gram, ()):
                shared[number] += 1
        for number, count in shared.items():
            shorter = min(len(grams), len(self.rows[number]["five_grams"]))
            if count >= max(CONTAINMENT * shorter, 2):
                return f"is a near-duplicate of {self.rows[number]['id']} of the field set"
        return None


def refuse_field_sentences(
    sentences: Iterable[tuple[str, str, Reference | None]], field_set: FieldSet | None = None
) -> None:
    """Stop if any sentence is one of the field set's.

    Parameters
    ----------
    sentences : iterable of (id, text, reference)
    field_set : FieldSet, optional
        The shipped one if None.

    Raises
    ------
    InputError
        The message names the first ones and how they were recognised.
    """
    known = field_set or FieldSet.load()
    found = []
    for name, text, reference in sentences:
        how = known.match(text, reference)
        if how:
            found.append(f"{name} {how}")
    if found:
        raise InputError(
            f"{len(found)} sentences belong to the field set, which is for measuring only; "
            f"take them out of the training data: {'; '.join(found[:5])}"
        )
