"""Labels out of a store, as the labelled files that everything else here reads."""

from __future__ import annotations

import hashlib
import re
from typing import TYPE_CHECKING, Any

import orjson

from classifier import disk, shipped
from classifier.corpus.formats import write_jsonl
from classifier.corpus.labels import FILE_NAME, label_set_json
from classifier.corpus.records import TEXT_FIELDS, Record
from classifier.errors import UsageError
from classifier.labelling.items import RESOLUTION

if TYPE_CHECKING:
    from collections.abc import Collection
    from pathlib import Path

    from classifier.labelling.items import Decision, Item
    from classifier.labelling.store import Store

RESOLVED, RAW = "labelled.jsonl", "annotators"


def check_place(path: Path) -> Path:
    """Return a place to write to.

    Raises
    ------
    UsageError
        It lies in the shipped data, which is not for labelling into.
    """
    if path.resolve().is_relative_to(shipped.data().resolve()):
        raise UsageError(f"{path}: lies in the shipped data; choose a folder of your own")
    return path


def resolved_records(store: Store, sample: Collection[str] = ()) -> list[Record]:
    """Return the sentences whose labels hold, each once.

    Parameters
    ----------
    store : Store
    sample : collection of str
        Ids of those that are a random sample (`Queue.random_sample`); they are marked.
    """
    records = []
    with store.reading() as ledger:
        # After the log: whoever adds a sentence and decides about it comes later in both.
        items = {item.id: item for item in store.items()}
        for sentence in ledger.sentences():
            labels = ledger.resolved(sentence)
            if labels is None:
                continue
            settled = ledger.view(sentence, RESOLUTION)
            names = sorted(ledger.labelled(sentence))
            who = [settled.annotator] if settled else names
            extra: dict[str, Any] = {"annotators": names}
            if settled:
                extra["resolved"] = True
            if sentence in sample:
                extra["random_sample"] = True
            records.append(_record(items[sentence], labels, "+".join(who), extra))
    return records


def raw_records(store: Store) -> dict[str, list[Record]]:
    """Return what each annotator said, by annotator; skips and flags have no labels."""
    with store.reading() as ledger:
        items = {item.id: item for item in store.items()}
        return {
            name: [
                _record(
                    items[d.sentence],
                    d.labels if d.kind == "labels" else None,
                    name,
                    _about(d),
                )
                for d in ledger.decisions(name)
            ]
            for name in ledger.annotators()
        }


def _about(decision: Decision) -> dict[str, Any]:
    extra: dict[str, Any] = {
        "decided": decision.at,
        "selected_by": decision.how,
        "suggested": decision.suggested,
    }
    if decision.model:
        extra |= {"model": decision.model, "predicted": list(decision.predicted)}
    if decision.kind != "labels":
        extra["state"] = decision.kind
    if decision.comment:
        extra["comment"] = decision.comment
    return extra


def _record(
    item: Item, labels: tuple[str, ...] | None, annotator: str, extra: dict[str, Any]
) -> Record:
    fields = {name: item.fields.get(name, "") for name in TEXT_FIELDS}
    fields["language"] = fields["language"] or "en"
    fields["annotator"] = annotator
    return Record(
        id=item.id,
        document=item.document,
        position=item.position,
        text=item.text,
        labels=labels,
        reference=None,
        fields=fields,
        extra=extra,
        where="",
    )


def export(store: Store, folder: Path, sample: Collection[str] = ()) -> list[tuple[Path, int]]:
    """Write a store's labels: those that hold for ``esc train``, the raw ones for ``esc corpus``.

    Parameters
    ----------
    store : Store
    folder : Path
        Gets ``labelled.jsonl``, ``labels.json`` and ``annotators/NAME.jsonl``; files of these
        names are replaced, whole.
    sample : collection of str
        As in `resolved_records`.

    Returns
    -------
    list of (Path, int)
        The files of sentences, and how many are in each.

    Raises
    ------
    UsageError
        The place cannot be written, or is that of the shipped data.
    """
    check_place(folder)
    files = {folder / RESOLVED: resolved_records(store, sample)}
    for name, records in raw_records(store).items():
        files[folder / RAW / f"{_file_name(name)}.jsonl"] = records
    for path, records in files.items():
        disk.write_atomic(path, write_jsonl(records))
    labels = orjson.dumps(label_set_json(store.labels), option=orjson.OPT_INDENT_2) + b"\n"
    disk.write_atomic(folder / FILE_NAME, labels)
    return [(path, len(records)) for path, records in files.items()]


def _file_name(annotator: str) -> str:
    name = re.sub(r"[^\w-]+", "-", annotator).strip("-")
    # Two names may look the same as files, and not every system tells upper from lower case.
    if name != annotator or name != name.lower():
        name += "-" + hashlib.sha256(annotator.encode()).hexdigest()[:6]
    return name
