"""Results for machines: JSONL, JSON and CSV, with stable names."""

from __future__ import annotations

import csv
import io
from typing import TYPE_CHECKING, Any

import orjson

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence

    from classifier.model.artefact import Model
    from classifier.scoring.results import Result

SCHEMA_VERSION = 1


def sentence_rows(result: Result, model: Model, only: Sequence[str]) -> Iterator[dict[str, Any]]:
    """Yield one JSON object a sentence.

    ``document``, ``source``, ``title``, ``date``, ``index``, ``start`` and ``end`` (code points of
    the document's text), ``text``, ``probabilities``, ``decisions``, ``model``, ``fingerprint``.
    """
    document = result.document
    for prediction in result.predictions:
        sentence = prediction.sentence
        yield {
            "document": document.id,
            "source": document.source,
            "title": document.title,
            "date": document.date,
            "index": sentence.index,
            "start": sentence.start,
            "end": sentence.end,
            "text": sentence.text,
            "probabilities": {n: prediction.probabilities[n] for n in only},
            "decisions": [n for n in prediction.decisions if n in only],
            "model": model.name,
            "fingerprint": model.fingerprint,
        }


def document_row(result: Result, model: Model, only: Sequence[str]) -> dict[str, Any]:
    """Return one JSON object for a document: what it is, and its profile."""
    document = result.document
    return {
        "document": document.id,
        "source": document.source,
        "title": document.title,
        "date": document.date,
        **result.profile(only),
        "model": model.name,
        "fingerprint": model.fingerprint,
    }


def jsonl(
    results: Iterable[Result], model: Model, only: Sequence[str], *, documents: bool
) -> Iterator[bytes]:
    """Yield lines of JSON, one a sentence or one a document."""
    for result in results:
        rows = (
            [document_row(result, model, only)] if documents else sentence_rows(result, model, only)
        )
        for row in rows:
            yield orjson.dumps(row, option=orjson.OPT_APPEND_NEWLINE)


def json(
    results: Iterable[Result], model: Model, only: Sequence[str], *, documents: bool
) -> Iterator[bytes]:
    """Yield one JSON value: the model, and the documents with (or without) their sentences."""
    head = {
        "schema": SCHEMA_VERSION,
        "model": model.name,
        "fingerprint": model.fingerprint,
        "labels": list(only),
        "thresholds": dict(zip(model.labels.names, model.thresholds, strict=False)),
    }
    yield orjson.dumps(head)[:-1] + b',"documents":['
    for number, result in enumerate(results):
        row = document_row(result, model, only)
        if not documents:
            row["predictions"] = list(sentence_rows(result, model, only))
        yield (b",\n" if number else b"\n") + orjson.dumps(row)
    yield b"\n]}\n"


def csv_lines(
    results: Iterable[Result], model: Model, only: Sequence[str], *, documents: bool
) -> Iterator[bytes]:
    """Yield CSV: a probability and a 0/1 decision column for each label."""
    buffer = io.StringIO()
    writer: csv.DictWriter[str] | None = None
    for result in results:
        if documents:
            flat = [_flat_document(document_row(result, model, only))]
        else:
            flat = [_flat_sentence(row, only) for row in sentence_rows(result, model, only)]
        for row in flat:
            if writer is None:
                writer = csv.DictWriter(buffer, list(row), lineterminator="\n")
                writer.writeheader()
            writer.writerow(row)
        yield buffer.getvalue().encode()
        buffer.seek(0)
        buffer.truncate()


def _flat_sentence(row: dict[str, Any], only: Sequence[str]) -> dict[str, Any]:
    probabilities, decisions = row.pop("probabilities"), row.pop("decisions")
    tail = {name: row.pop(name) for name in ("model", "fingerprint")}
    for name in only:
        row[name] = f"{probabilities[name]:.6f}"
        row[f"{name}_decision"] = int(name in decisions)
    return row | tail


def _flat_document(row: dict[str, Any]) -> dict[str, Any]:
    labels = row.pop("labels")
    tail = {name: row.pop(name) for name in ("model", "fingerprint")}
    for name, found in labels.items():
        strongest = found["strongest"] or {"index": "", "probability": float("nan")}
        row[f"{name}_count"] = found["count"]
        row[f"{name}_strongest"] = strongest["index"]
        row[f"{name}_strongest_probability"] = f"{strongest['probability']:.6f}"
    return row | tail


FORMATS = {"jsonl": jsonl, "json": json, "csv": csv_lines}
