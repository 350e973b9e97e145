"""The table of terms: one flat file of aligned little-endian arrays, mapped into memory."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
import numpy.typing as npt

from classifier.model.classes import WordClasses, checked
from classifier.model.strings import Strings

if TYPE_CHECKING:
    from collections.abc import Mapping

MAX_TABLE_BYTES = 4 << 30
BLOCKS = ("word", "char", "class")
_ALIGN = 64
_FIELDS = {"hash": "<u8", "idf": "<f4", "coef": "<f4", "end": "<u4", "text": "|u1"}
_CLASSES = "words"
_CLASS_FIELDS = {"hash": "<u8", "number": "<u4", "end": "<u4", "text": "|u1", "first": "<u4"}


@dataclass(frozen=True)
class Block(Strings):
    """The terms of one kind, sorted by their hash.

    Parameters
    ----------
    hash : array of uint64, shape (n_terms,)
    idf : array of float32, shape (n_terms,)
    coef : array of float32, shape (n_terms, n_labels)
        With the calibration folded in.
    end : array of uint32, shape (n_terms,)
        Where each term ends in `text`.
    text : array of uint8
        The terms one after the other in UTF-8.
    """

    hash: npt.NDArray[np.uint64]
    idf: npt.NDArray[np.float32]
    coef: npt.NDArray[np.float32]
    end: npt.NDArray[np.uint32]
    text: npt.NDArray[np.uint8]

    def __len__(self) -> int:
        return len(self.hash)


def pack(
    blocks: Mapping[str, Block], classes: WordClasses | None = None
) -> tuple[dict[str, Any], bytes]:
    """Return where each array lies, and the bytes of the file."""
    directory: dict[str, Any] = {}
    blob = bytearray()
    parts: list[tuple[str, Any, dict[str, str]]] = [(k, b, _FIELDS) for k, b in blocks.items()]
    if classes is not None:
        parts.append((_CLASSES, classes, _CLASS_FIELDS))
    for name, part, fields in parts:
        for field, dtype in fields.items():
            array = np.ascontiguousarray(getattr(part, field), dtype=dtype)
            blob += bytes(-len(blob) % _ALIGN)
            directory[f"{name}.{field}"] = {"offset": len(blob), "shape": list(array.shape)}
            blob += array.tobytes()
    return directory, bytes(blob)


def map_table(
    table: dict[str, Any], folder: Path, n_labels: int
) -> tuple[dict[str, Block], WordClasses | None]:
    """Map the file that a model names; nothing in it is taken on trust.

    Raises
    ------
    ValueError, TypeError, KeyError, OSError
        It is not there, or damaged.
    """
    name, size = table["file"], table["bytes"]
    if not isinstance(name, str) or Path(name).name != name or not name.endswith(".bin"):
        raise ValueError(f"{name!r} is no name of a table")
    path = folder / name
    if not path.is_file():
        raise ValueError(f"{name} is missing")
    found = path.stat().st_size
    if found != size or size > MAX_TABLE_BYTES:
        raise ValueError(f"{name} has {found:,} bytes, expected {size:,}")
    # numpy cannot map an empty file; a model without a single term is no model either.
    data = np.memmap(path, dtype=np.uint8, mode="r")
    if hashlib.sha256(data.data).hexdigest() != table["sha256"]:
        raise ValueError(f"{name} does not have the checksum that model.json names")
    blocks: dict[str, Block] = {}
    for kind in BLOCKS:
        if f"{kind}.hash" not in table["arrays"]:
            continue
        arrays = _slices(data, table["arrays"], kind, _FIELDS)
        blocks[kind] = _checked(Block(**arrays), kind, n_labels)
    classes = None
    if f"{_CLASSES}.hash" in table["arrays"]:
        classes = checked(WordClasses(**_slices(data, table["arrays"], _CLASSES, _CLASS_FIELDS)))
    if (classes is None) != ("class" not in blocks):
        raise ValueError("terms of classes and classes do not come together")
    return blocks, classes


def _slices(
    data: npt.NDArray[np.uint8], arrays: dict[str, Any], name: str, fields: dict[str, str]
) -> dict[str, Any]:
    return {f: _slice(data, arrays[f"{name}.{f}"], dtype) for f, dtype in fields.items()}


def _slice(data: npt.NDArray[np.uint8], entry: dict[str, Any], dtype: str) -> npt.NDArray[Any]:
    offset, shape = entry["offset"], tuple(entry["shape"])
    if type(offset) is not int or not all(type(n) is int and n >= 0 for n in shape):
        raise ValueError("an array has no proper offset and shape")
    size = int(np.prod(shape, dtype=object)) * np.dtype(dtype).itemsize
    if offset < 0 or offset % _ALIGN or offset + size > len(data):
        raise ValueError("an array lies outside the table")
    array: npt.NDArray[Any] = data[offset : offset + size].view(dtype).reshape(shape)
    return array


def _checked(block: Block, kind: str, n_labels: int) -> Block:
    n = len(block.hash)
    shapes = (block.hash.shape, block.idf.shape, block.coef.shape, block.end.shape)
    if shapes != ((n,), (n,), (n, n_labels), (n,)) or block.text.ndim != 1:
        raise ValueError(f"the {kind} arrays do not fit each other")
    if n and (np.any(block.hash[1:] <= block.hash[:-1]) or np.any(block.end[1:] < block.end[:-1])):
        raise ValueError(f"the {kind} terms are not in order")
    if n and int(block.end[-1]) > len(block.text):
        raise ValueError(f"a {kind} term lies outside the table")
    bytes(block.text).decode()  # a UnicodeDecodeError is a ValueError
    starts = block.text[block.end[block.end < len(block.text)]]
    if np.any((starts & 0xC0) == 0x80):
        raise ValueError(f"a {kind} term begins inside a character")
    if not (np.isfinite(block.idf).all() and np.isfinite(block.coef).all()):
        raise ValueError(f"a {kind} weight is not a finite number")
    return block
