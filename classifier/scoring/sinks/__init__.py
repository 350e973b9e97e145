"""Results for machines: JSONL, JSON, CSV, Parquet and SQLite, with stable names."""

from classifier.scoring.sinks.lines import FORMATS
from classifier.scoring.sinks.rows import (
    SCHEMA_VERSION,
    Shape,
    Terms,
    document_row,
    sentence_rows,
)
from classifier.scoring.sinks.target import Sink, Target

__all__ = [
    "FORMATS",
    "SCHEMA_VERSION",
    "Shape",
    "Sink",
    "Target",
    "Terms",
    "document_row",
    "sentence_rows",
]
