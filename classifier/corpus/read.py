"""Labelled files in, a validated corpus out."""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Any

import orjson

from classifier import disk, shipped
from classifier.corpus.field import refuse_field_sentences
from classifier.corpus.files import files_of, label_file_beside
from classifier.corpus.fingerprint import checksum, fingerprint
from classifier.corpus.labels import FILE_NAME, infer_label_set, load_label_set
from classifier.corpus.order import in_reading_order
from classifier.corpus.records import Record, parse_record, parse_slices
from classifier.corpus.references import Resolver
from classifier.corpus.tables import read_table
from classifier.errors import InputError
from classifier.schema import Example, LabelSet, Neighbour, Unlabelled

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence, Set
    from pathlib import Path


@dataclass(frozen=True)
class Corpus:
    """Validated examples, their label set, what was noticed on the way.

    ``missing`` counts the referenced sentences that were not at hand; ``neighbours`` are sentences
    without labels in the documents of the examples, ``unlabelled`` are sentences of others.
    """

    examples: tuple[Example, ...]
    labels: LabelSet
    notices: tuple[str, ...] = ()
    missing: int = 0
    neighbours: tuple[Neighbour, ...] = ()
    unlabelled: tuple[Unlabelled, ...] = ()

    @property
    def sentences(self) -> tuple[Example | Neighbour, ...]:
        """All sentences: the examples, then the neighbours."""
        return (*self.examples, *self.neighbours)

    def part(self, documents: Set[str]) -> Corpus:
        """Return the sentences of some documents."""
        return replace(
            self,
            examples=tuple(e for e in self.examples if e.document in documents),
            neighbours=tuple(s for s in self.neighbours if s.document in documents),
        )

    @property
    def fingerprint(self) -> str:
        """SHA-256 over everything that training looks at, whatever the files and their order."""
        return fingerprint(
            self.labels,
            (
                *(
                    (e.id, e.document, e.position, checksum(e.text), e.labels, e.origin, e.theatre)
                    for e in self.examples
                ),
                *((s.id, s.document, s.position, checksum(s.text)) for s in self.neighbours),
                *((checksum(s.text), "", 0, s.probabilities) for s in self.unlabelled),
            ),
        )


def declared_fingerprint(paths: Sequence[Path] | None = None) -> str:
    """Return the fingerprint that a corpus has when all of its references are at hand.

    Parameters
    ----------
    paths : sequence of Path, optional
        Files without duplicates, with a label set beside them; the shipped data if None.
    """
    files = files_of(paths)
    labels = load_label_set(label_file_beside(files) or files[0].parent / FILE_NAME)
    records = in_reading_order([r for path in files for r in read_records(path, lambda _: None)])
    neighbours = _neighbours(records)
    rows: list[tuple[object, ...]] = []
    for r in records:
        digest = r.reference.sha256 if r.reference else checksum(r.text)
        row = (r.id, r.document, r.position, digest)
        if r.labels is not None:
            ordered = tuple(name for name in labels.names if name in r.labels)
            rows.append((*row, ordered, r.fields["origin"], r.fields["theatre"]))
        elif neighbours.get((r.document, r.id)) is r:
            rows.append(row)
    return fingerprint(labels, rows)


@dataclass
class _Reading:
    notices: list[str] = field(default_factory=list)
    missing: dict[str, int] = field(default_factory=lambda: defaultdict(int))
    neighbours: list[Neighbour] = field(default_factory=list)
    unreviewed: int = 0


def read_corpus(
    paths: Sequence[Path] | None = None,
    *,
    label_file: Path | None = None,
    labels: LabelSet | None = None,
    strict: bool = False,
    training: bool = False,
) -> Corpus:
    """Read labelled files into one corpus.

    A sentence without labels is not reviewed. Where its document has labelled ones, it is their
    neighbour; else it is left out.

    Parameters
    ----------
    paths : sequence of Path, optional
        Files (JSONL, CSV, TSV) or folders of them; the shipped data if None.
    label_file : Path, optional
        A label set file. Without it (and without `labels`) a ``labels.json`` beside the data is
        used, and without that the labels that occur in the data.
    labels : LabelSet, optional
        A label set that is known already, such as a model's.
    strict : bool
        Make duplicates, contradictions and missing sources errors.
    training : bool
        Refuse sentences of the field set, which is for measuring only.

    Raises
    ------
    InputError
        Something is not valid, with file, line, field and what was expected.
    """
    files = files_of(paths)
    reading = _Reading()
    records = in_reading_order(
        [record for path in files for record in read_records(path, reading.notices.append)]
    )
    _check_ids(records)
    found = _examples(records, reading)
    references = {record.id: record.reference for record in records}
    if not found:
        raise InputError(f"{', '.join(map(str, files))}: no labelled sentence")
    if training:
        read: list[Example | Neighbour] = [*(e for e, _ in found), *reading.neighbours]
        refuse_field_sentences((s.id, s.text, references.get(s.id)) for s in read)
    if labels is None:
        beside = label_file or label_file_beside(files)
        if beside:
            labels = load_label_set(beside)
        else:
            labels = _infer([example for example, _ in found], reading.notices)
    examples = [_in_order(example, labels, where) for example, where in found]
    examples, problems = _merge(examples)
    if reading.unreviewed:
        reading.notices.append(
            f"{reading.unreviewed} sentences without labels are not reviewed: left out"
        )
    if reading.neighbours:
        reading.notices.append(
            f"{len(reading.neighbours)} sentences without labels stand around those with labels: "
            "context for a model that looks at it"
        )
    for source, count in sorted(reading.missing.items()):
        problems.append(
            f"{count} sentences of {source} are not at hand: left out "
            "(esc corpus fetch brings them)"
        )
    if strict and problems:
        raise InputError(f"strict reading: {len(problems)} problems; " + "; ".join(problems[:20]))
    examples.sort(key=lambda e: (e.document, e.position, e.id))
    notices = (*reading.notices, *problems)
    kept = {e.document for e in examples}  # a document's only sentence may have been a duplicate
    neighbours = sorted(
        (s for s in reading.neighbours if s.document in kept),
        key=lambda s: (s.document, s.position, s.id),
    )
    missing = sum(reading.missing.values())
    return Corpus(tuple(examples), labels, notices, missing, tuple(neighbours))


def label_names(files: Sequence[Path], records: Sequence[Record]) -> tuple[str, ...]:
    """Return the labels of the set beside the files, or else those that the records use."""
    if beside := label_file_beside(files):
        return load_label_set(beside).names
    return tuple(sorted({name for record in records for name in record.labels or ()}))


def read_records(path: Path, notice: Callable[[str], None]) -> Iterator[Record]:
    """Yield the records of one labelled file."""
    rows = read_json_lines(path) if path.suffix == ".jsonl" else read_table(path, notice)
    for where, value in rows:
        if isinstance(value, dict) and "slices" in value:
            yield from parse_slices(value, where)
        else:
            yield parse_record(value, where, "")


def read_json_lines(path: Path) -> Iterator[tuple[str, Any]]:
    """Yield (where, value) for each line of a JSONL file that is not blank."""
    text = disk.decode(disk.read_bytes(path), path)
    for number, line in enumerate(text.split("\n"), 1):
        if not line.strip():
            continue
        where = f"{path}, line {number}"
        try:
            yield where, orjson.loads(line)
        except orjson.JSONDecodeError as error:
            raise InputError(f"{where}: not JSON: {error}") from error


def _check_ids(records: Sequence[Record]) -> None:
    seen: dict[str, Record] = {}
    for record in records:
        first = seen.setdefault(record.id, record)
        if first is not record and (first.text, first.reference) != (record.text, record.reference):
            raise InputError(
                f"{record.where}, field id: {record.id!r} also stands at {first.where}"
            )


def _examples(records: Sequence[Record], reading: _Reading) -> list[tuple[Example, str]]:
    resolver = Resolver(shipped.root(), shipped.cache())
    examples: list[tuple[Example, str]] = []
    neighbours = _neighbours(records)
    for record in records:
        place = record.document, record.id
        if record.labels is None and neighbours.get(place) is not record:
            reading.unreviewed += 1
            continue
        text: str | None = record.text or None
        if text is None:
            if record.reference is None:
                raise InputError(f"{record.where}, field text: missing, expected a sentence")
            text = resolver.text(record.reference)
            if text is None:
                reading.missing[record.reference.repository or record.reference.path] += 1
                continue
        name, document, position = record.id, record.document, record.position
        if record.labels is None:
            reading.neighbours.append(Neighbour(name, document, position, text))
        else:
            example = Example(name, document, position, text, record.labels, **record.fields)
            examples.append((example, record.where))
    return examples


def _neighbours(records: Sequence[Record]) -> dict[tuple[str, str], Record]:
    """Return the neighbours by document and id.

    The same sentence may come again, from a list of what was to be labelled: none is its own
    neighbour, nor a neighbour twice.
    """
    labelled = {(r.document, r.id) for r in records if r.labels is not None}
    documents = {document for document, _ in labelled}
    found: dict[tuple[str, str], Record] = {}
    for r in records:
        at_hand = bool(r.text) or r.reference is not None
        if r.labels is None and at_hand and r.document in documents:
            found.setdefault((r.document, r.id), r)
    return {place: r for place, r in found.items() if place not in labelled}


def _infer(examples: Sequence[Example], notices: list[str]) -> LabelSet:
    names = {name for example in examples for name in example.labels}
    if not names:
        raise InputError("the data has no label at all; expected at least one labelled sentence")
    exclusive = len(names) > 1 and all(len(example.labels) == 1 for example in examples)
    notices.append(
        f"no {FILE_NAME} found: labels from the data: {', '.join(sorted(names))}"
        + _said_of_counts(examples, len(names), exclusive)
    )
    return infer_label_set(names, exclusive=exclusive)


def _said_of_counts(examples: Sequence[Example], n_labels: int, exclusive: bool) -> str:
    if exclusive:
        return "; each sentence has one label, so they are taken as exclusive"
    if n_labels > 1 and all(example.labels for example in examples):
        # Not taken for a rule: who labels what he looks for often leaves out what has no label.
        return (
            f'; each sentence has a label: if all sentences do, say "at_least_one": true in '
            f"{FILE_NAME}; if not, add sentences without one"
        )
    return ""


def _in_order(example: Example, labels: LabelSet, where: str) -> Example:
    unknown = [name for name in example.labels if name not in labels]
    if unknown:
        raise InputError(
            f"{where}, field labels: unknown label {unknown[0]!r}, "
            f"expected {', '.join(labels.names)}"
        )
    if not labels.allows(len(example.labels)):
        expected = (
            "exactly one in an exclusive label set"
            if labels.exclusive
            else 'at least one, as the label set says ("at_least_one")'
        )
        raise InputError(
            f"{where}, field labels: {len(example.labels)} labels, expected {expected}"
        )
    ordered = tuple(name for name in labels.names if name in example.labels)
    if ordered == example.labels:
        return example
    return replace(example, labels=ordered)


def _merge(examples: Sequence[Example]) -> tuple[list[Example], list[str]]:
    """Keep one of each text; say which were merged and which contradict each other."""
    groups: dict[str, list[Example]] = defaultdict(list)
    for example in sorted(examples, key=lambda e: e.id):
        groups[example.text.casefold()].append(example)
    kept, problems, merged = [], [], []
    for group in groups.values():
        kept.append(group[0])
        merged += [f"{other.id} into {group[0].id}" for other in group[1:]]
        if len({example.labels for example in group}) > 1:
            views = "; ".join(f"{e.id}: {', '.join(e.labels) or 'none'}" for e in group)
            problems.append(f"same text, different labels, the first is used ({views})")
    if merged:
        shown = ", ".join(merged[:5]) + (", …" if len(merged) > 5 else "")
        problems.append(f"{len(merged)} duplicate texts merged into the first of each ({shown})")
    return kept, problems
