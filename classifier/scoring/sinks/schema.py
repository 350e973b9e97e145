"""The JSON Schema of JSON lines, shipped beside this module."""

from __future__ import annotations

from pathlib import Path


def json_schema(rows: str) -> bytes:
    """Return the JSON Schema of rows.

    Parameters
    ----------
    rows : str
        ``sentence`` or ``document``.
    """
    return Path(__file__).with_name(f"{rows}.schema.json").read_bytes()
