"""What the accuracy benchmark is run on: training sentences, and what is scored."""

from __future__ import annotations

import tempfile
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
import numpy.typing as npt
import orjson

from classifier import disk, shipped
from classifier.corpus.labels import infer_label_set
from classifier.corpus.read import Corpus, read_corpus
from classifier.corpus.records import parse_record
from classifier.corpus.shingles import document_groups
from classifier.errors import InputError, UsageError
from classifier.model.folds import assign_folds
from classifier.model.settings import Settings, load_settings
from classifier.schema import Example, Neighbour

if TYPE_CHECKING:
    from collections.abc import Sequence

Rows = npt.NDArray[np.int64]
Bools = npt.NDArray[np.bool_]
TEST = ("test",)


@dataclass(frozen=True)
class Task:
    """A contest: all peers learn from the same sentences and are scored on the same ones.

    Parameters
    ----------
    name : str
    corpus : Corpus
        Training sentences, duplicates merged.
    test : tuple of Example
        What is scored; empty for cross-validation over the target's sentences of the corpus.
    folds : array of int, shape (n_training,)
        Documents and near-duplicates are whole in a fold; those of ``esc train``.
    target : array of bool, shape (n_training,)
        The sentences that thresholds are chosen on, and that cross-validation measures.
    settings : Settings
        Of our own training run.
    facts : dict
        What the result says of the data.
    neighbours : tuple of Neighbour
        Sentences without labels in the documents of the test: context for ours, nothing to peers.
    """

    name: str
    corpus: Corpus
    test: tuple[Example, ...]
    folds: Rows
    target: Bools
    settings: Settings
    facts: dict[str, Any]
    neighbours: tuple[Neighbour, ...] = ()

    @property
    def scored(self) -> tuple[Example, ...]:
        """The sentences that the figures are of."""
        if self.test:
            return self.test
        return tuple(e for e, t in zip(self.corpus.examples, self.target, strict=True) if t)

    def truth(self, examples: Sequence[Example]) -> Bools:
        names = self.corpus.labels.names
        return np.array([[name in e.labels for name in names] for e in examples], np.bool_)


def digest(examples: Sequence[Example]) -> str:
    """Return a checksum of identities, texts and labels; unlabelled sentences do not count."""
    rows = [[e.id, disk.sha256(e.text.encode()), sorted(e.labels)] for e in examples]
    return disk.sha256(orjson.dumps(rows))


def from_splits(path: Path, settings: Settings, learn: Sequence[str]) -> Task:
    """Read a JSONL file whose rows (text, labels, split) name their own split.

    Parameters
    ----------
    path : Path
    settings : Settings
    learn : sequence of str
        The splits to learn from.
    """
    rows = [_row(line, path, n) for n, line in enumerate(path.read_bytes().splitlines(), 1) if line]
    empty = sum(not row["text"].strip() for row in rows)
    rows = [row for row in rows if row["text"].strip()]
    names = {name for row in rows for name in row["labels"]}
    exclusive = all(len(row["labels"]) == 1 for row in rows)
    labelled = all(row["labels"] for row in rows if row["split"] in learn)
    labels = infer_label_set(names, exclusive=exclusive, at_least_one=labelled and not exclusive)
    with tempfile.TemporaryDirectory() as folder:
        part = Path(folder) / "train.jsonl"
        chosen = [row for row in rows if row["split"] in learn]
        part.write_bytes(b"".join(orjson.dumps(row) + b"\n" for row in chosen))
        corpus = read_corpus([part], labels=labels)
    # The test split stays as its makers cut it, duplicates too.
    test = tuple(_example(row) for row in rows if row["split"] in TEST)
    facts = {"splits learnt from": list(learn), "empty texts left out": empty}
    name = path.stem if list(learn) == ["train"] else f"{path.stem}, {' and '.join(learn)}"
    return _task(name, corpus, test, settings, facts)


def from_files(
    train: Sequence[Path] | None,
    test: Sequence[Path] | None,
    config: Path | None,
    origins: Sequence[str] = (),
) -> Task:
    """Read a pair of files of the project's own format.

    Parameters
    ----------
    train : sequence of Path or None
        The shipped training data, with the settings of the shipped model, if None.
    test : sequence of Path or None
        None for cross-validation.
    config : Path or None
        Settings in TOML for our own training run.
    origins : sequence of str
        Learn from the sentences of these origins only; all if empty.
    """
    if config is None and train is None:
        config = shipped.settings()
    settings = load_settings(config) if config else Settings()
    corpus = read_corpus(train, training=True)
    other = read_corpus(test, labels=corpus.labels) if test else None
    missing = corpus.missing + (other.missing if other else 0)
    if missing:
        raise SystemExit(f"{missing} sentences are not at hand: esc corpus fetch")
    if origins:
        kept = tuple(e for e in corpus.examples if e.origin in origins)
        if not kept:
            raise UsageError(f"no sentence of the origins {', '.join(origins)}")
        corpus = replace(corpus, examples=kept)
    name = "training corpus" if train is None else train[0].stem
    name += f" ({', '.join(origins)})" if origins else ""
    name += f", {test[0].name.split('.')[0]}" if test else ", cross-validation"
    task = _task(name, corpus, other.examples if other else (), settings, {})
    return replace(task, neighbours=other.neighbours) if other else task


def _task(
    name: str,
    corpus: Corpus,
    test: tuple[Example, ...],
    settings: Settings,
    facts: dict[str, Any],
) -> Task:
    examples = corpus.examples
    groups = document_groups(examples)
    target = np.array([e.origin in settings.target for e in examples], np.bool_)
    if not target.any():
        target[:] = True
    folds = assign_folds(
        examples, corpus.labels, settings.folds, settings.seed, lambda _: None, groups
    )
    known = {e.text.casefold() for e in examples}
    task = Task(name, corpus, test, folds, target, settings, facts)
    scored = task.scored
    facts |= {
        "labels": list(corpus.labels.names),
        "exclusive": corpus.labels.exclusive,
        "at_least_one": corpus.labels.at_least_one,
        "training sentences": len(examples),
        "scored sentences": len(scored),
        "scored documents": len({e.document for e in scored}),
        "fingerprint of the training data": corpus.fingerprint,
    }
    if test:
        facts["scored texts that are also in training"] = sum(
            e.text.casefold() in known for e in test
        )
    return task


def _row(line: bytes, path: Path, number: int) -> dict[str, Any]:
    try:
        row: dict[str, Any] = orjson.loads(line)
        return {"id": f"{number}", **row, "text": str(row["text"]), "split": str(row["split"])}
    except (orjson.JSONDecodeError, KeyError, TypeError) as error:
        raise InputError(
            f"{path}, line {number}: {error}; expected an object with text, labels and split"
        ) from error


def _example(row: dict[str, Any]) -> Example:
    record = parse_record(row, row["id"], row["id"])
    return Example(
        id=record.id,
        document=record.document,
        position=record.position,
        text=record.text,
        labels=record.labels or (),
        **record.fields,
    )
