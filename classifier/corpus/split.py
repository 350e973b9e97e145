"""Training, development and test parts that share neither a document nor a near-duplicate."""

from __future__ import annotations

from collections import defaultdict
from typing import TYPE_CHECKING

import numpy as np
import orjson

from classifier import disk
from classifier.corpus.files import labelled_files, shipped_paths
from classifier.corpus.formats import write_jsonl
from classifier.corpus.labels import FILE_NAME, label_set_json
from classifier.corpus.read import read_records
from classifier.corpus.shingles import document_groups
from classifier.errors import UsageError

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

    from classifier.corpus.read import Corpus
    from classifier.corpus.records import Record
    from classifier.schema import Example, LabelSet


def split(
    examples: Sequence[Example], labels: LabelSet, shares: Sequence[float], seed: int
) -> list[list[Example]]:
    """Split a corpus into parts.

    Documents that share a near-duplicate sentence stay together. Groups are dealt out one by one,
    those with most of something rare first, each to the part that is least filled, in proportion,
    with what the group brings: labels, sentences without any, origins. Iterative stratification
    (Sechidis et al. 2011) over groups, but with the divisors of Sainte-Lague: by the counts that
    are left, the largest part would take all that is dealt first.

    Parameters
    ----------
    examples : sequence of Example
    labels : LabelSet
    shares : sequence of float
        Size of each part; they are scaled to sum to one.
    seed : int

    Returns
    -------
    list of list of Example
        A part for each share, in the order of `examples`.

    Raises
    ------
    UsageError
        The shares are not positive, or there are fewer groups than parts.
    """
    if len(shares) < 2 or not all(0 < share < np.inf for share in shares):
        raise UsageError(f"parts {shares}: expected two or more positive shares, as 80,10,10")
    groups = _groups(examples)
    if len(groups) < len(shares):
        raise UsageError(f"{len(groups)} independent documents, too few for {len(shares)} parts")
    target = np.array(shares) / sum(shares)
    # "" stands for sentences without a label.
    kinds: list[str | tuple[str]] = [*labels.names, ""]
    kinds += [(origin,) for origin in sorted({e.origin for e in examples})]
    brings = np.array(
        [[sum(_has(examples[i], kind) for i in group) for kind in kinds] for group in groups]
    )
    total = np.maximum(brings.sum(axis=0), 1)
    rng = np.random.default_rng(seed)
    share = brings / total
    rarity = share.max(axis=1) + rng.random(len(groups)) * 1e-6
    filled = np.zeros((len(shares), len(kinds)))
    part_of = np.zeros(len(examples), np.int64)
    empty = set(range(len(shares)))
    for done, number in enumerate(np.argsort(-rarity)):
        half = (filled + share[number] / 2) / target[:, None]  # full when half of it is in
        cost = (half * share[number]).sum(axis=1) / share[number].sum()
        cost += rng.random(len(shares)) * 1e-9
        if len(groups) - done <= len(empty):  # the last groups go where there are none
            cost[[part for part in range(len(shares)) if part not in empty]] = np.inf
        part = int(np.argmin(cost))
        empty.discard(part)
        filled[part] += share[number]
        part_of[groups[number]] = part
    return [
        [e for e, p in zip(examples, part_of, strict=True) if p == q] for q in range(len(shares))
    ]


def _has(example: Example, kind: str | tuple[str]) -> bool:
    if isinstance(kind, tuple):
        return kind == (example.origin,)
    return kind in example.labels if kind else not example.labels


def _groups(examples: Sequence[Example]) -> list[list[int]]:
    groups: dict[str, list[int]] = defaultdict(list)
    for number, name in enumerate(document_groups(examples)):
        groups[name].append(number)
    return list(groups.values())


def write_split(
    corpus: Corpus, data: Sequence[Path] | None, output: Path, shares: Sequence[float], seed: int
) -> list[tuple[Path, int]]:
    """Write the parts of a corpus as files of the project's own format, with its label set.

    Parameters
    ----------
    corpus : Corpus
    data : sequence of Path or None
        The files that the corpus was read from: their records are written as they are, so that
        references stay references.
    output : Path
        A new or empty folder.
    shares : sequence of float
        Two (train, test) or three (train, dev, test).
    seed : int

    Returns
    -------
    list of (Path, int)
        The files, and how many sentences are in each.
    """
    names = {2: ("train", "test"), 3: ("train", "dev", "test")}.get(len(shares))
    if names is None:
        raise UsageError(f"{len(shares)} parts, expected two (train, test) or three")
    if output.exists() and (not output.is_dir() or any(output.iterdir())):
        raise UsageError(f"{output}: is not empty, expected a new folder")
    parts = split(corpus.examples, corpus.labels, shares, seed)
    files = labelled_files(shipped_paths() if data is None else data)
    records: dict[str, Record] = {}
    for path in files:
        for record in read_records(path, lambda _: None):
            if record.labels is not None:  # as the corpus: the first that has labels holds
                records.setdefault(record.id, record)
    written = []
    for name, part in zip(names, parts, strict=True):
        path = output / f"{name}.jsonl"
        disk.write_atomic(path, write_jsonl([records[e.id] for e in part]))
        written.append((path, len(part)))
    labels = orjson.dumps(label_set_json(corpus.labels), option=orjson.OPT_INDENT_2) + b"\n"
    disk.write_atomic(output / FILE_NAME, labels)
    return written
