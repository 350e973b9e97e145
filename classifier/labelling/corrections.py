"""What readers of results say that a sentence should have been."""

from __future__ import annotations

from collections import Counter
from typing import TYPE_CHECKING

from classifier.corpus.read import read_json_lines
from classifier.corpus.records import parse_record
from classifier.errors import InputError, UsageError
from classifier.labelling.items import CORRECTION, Item, check_annotator, item_id

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from pathlib import Path

    from classifier.labelling.items import Decision
    from classifier.labelling.store import Store

FILE = "corrections.jsonl"
SOMEBODY = "reader"


def add_correction(
    store: Store,
    text: str,
    labels: Sequence[str],
    annotator: str,
    *,
    document: str,
    position: int = 0,
    headline: str = "",
    before: Sequence[str] = (),
    after: Sequence[str] = (),
    about: Mapping[str, str] | None = None,
    comment: str = "",
) -> Decision:
    """Keep the labels that a sentence should have; the sentence is added if it is new.

    It is a view like any other, marked as a correction: who corrects chooses what to look at, so
    it is no part of a random sample.

    Raises
    ------
    UsageError
        A label that is not in the label set, or a name that is none.
    """
    text = " ".join(text.split())
    item = Item(
        id=item_id(document, text),
        document=document,
        position=position,
        text=text,
        headline=headline,
        before=tuple(before)[-2:],
        after=tuple(after)[:1],
        fields={"origin": CORRECTION, **(about or {})},
    )
    store.check_labels(labels)  # before the sentence comes in, which would stay
    store.add([item])
    with store.reading() as ledger:
        base = ledger.base(item.id, check_annotator(annotator))
    return store.decide(
        item.id, annotator, labels=labels, base=base, comment=comment, how=CORRECTION
    )


def take_corrections(store: Store, path: Path) -> int:
    """Add what a file of corrections says that is not in the store yet; return how many.

    Parameters
    ----------
    store : Store
    path : Path
        A ``corrections.jsonl`` as the page of an article keeps it: labelled lines with a
        ``context`` and a ``title``.

    Raises
    ------
    InputError
        The file cannot be read, or a line is not of that form, or has labels that the label set
        of the store does not allow.
    """
    # By the log and not by what holds now: what was corrected, and then decided otherwise or
    # undone, is not brought back by giving the file again.
    taken = Counter(
        (d.sentence, d.track, d.labels)
        for d in store.log()
        if d.how == CORRECTION and d.kind == "labels"
    )
    new = 0
    for where, value in read_json_lines(path):
        record = parse_record(value, where, "")
        if record.labels is None or not record.text:
            continue
        annotator = check_annotator(record.fields["annotator"] or SOMEBODY)
        labels = tuple(name for name in store.labels.names if name in record.labels)
        sentence = item_id(record.document, " ".join(record.text.split()))
        if taken[sentence, annotator, labels]:
            taken[sentence, annotator, labels] -= 1
            continue
        try:
            store.check_labels(record.labels)
        except UsageError as error:
            raise InputError(f"{where}: {error}; mend the line or take it out") from error
        title, context = record.extra.get("title"), record.extra.get("context")
        add_correction(
            store,
            record.text,
            record.labels,
            annotator,
            document=record.document,
            position=record.position,
            headline=title if isinstance(title, str) else "",
            before=[text for text in context if isinstance(text, str)]
            if isinstance(context, list)
            else (),
            comment=str(record.extra.get("comment") or ""),
        )
        new += 1
    return new
