"""One 64-bit number for a term, computed the same way in training and in scoring.

A term of code points c1 ... cn has the polynomial hash ``c1*P**(n-1) + ... + cn`` modulo 2**64.
Polynomials can be had for all windows of a text, and for all of its words, in a few array
operations, which is what makes scoring in numpy fast. Training refuses a vocabulary in which two
terms share a number.
"""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

Codes = npt.NDArray[np.uint64]
BASE = 0x9E3779B97F4A7C15  # odd, so that it has an inverse modulo 2**64
_INVERSE = pow(BASE, -1, 1 << 64)


def codes(text: str) -> Codes:
    """Return the code points of a text.

    NUL gets a number that no character has: a 0 in front would not change the hash of a term.
    """
    found = np.frombuffer(text.encode("utf-32-le"), dtype="<u4").astype(np.uint64)
    found[found == 0] = 0x110000
    return found


def powers(base: int, n: int) -> Codes:
    """Return ``base**0 ... base**(n-1)`` modulo 2**64."""
    result = np.full(max(n, 1), base, dtype=np.uint64)
    result[0] = 1
    return np.cumprod(result, dtype=np.uint64)


def window_hashes(text: Codes, n: int) -> Codes:
    """Hash every window of `n` code points, shape (len(text) - n + 1,)."""
    count = len(text) - n + 1
    if count <= 0:
        return np.empty(0, np.uint64)
    result = text[:count].copy()
    for offset in range(1, n):
        result *= np.uint64(BASE)
        result += text[offset : offset + count]
    return result


def span_hashes(text: Codes, starts: npt.NDArray[np.int64], ends: npt.NDArray[np.int64]) -> Codes:
    """Hash the pieces ``text[starts[i]:ends[i]]``."""
    forward, backward = powers(BASE, len(text) + 1), powers(_INVERSE, len(text) + 2)
    sums = np.zeros(len(text) + 1, np.uint64)
    np.cumsum(text * backward[1 : len(text) + 1], out=sums[1:])
    result: Codes = forward[ends] * (sums[ends] - sums[starts])
    return result


def look_up(known: Codes, hashes: Codes) -> npt.NDArray[np.int64]:
    """Return the places of hashes among sorted ones, -1 where they are not."""
    if not len(known):
        return np.full(len(hashes), -1, np.int64)
    rows = np.minimum(np.searchsorted(known, hashes), len(known) - 1)
    return np.where(known[rows] == hashes, rows, -1)


def hash_terms(terms: list[str]) -> Codes:
    """Hash a list of terms.

    Examples
    --------
    >>> bool(hash_terms(["ab"])[0] == window_hashes(codes("xaby"), 2)[1])
    True
    """
    lengths = np.fromiter((len(term) for term in terms), np.int64, len(terms))
    result = np.empty(len(terms), np.uint64)
    # In slices, so that the tables of powers stay small.
    for begin in range(0, len(terms), 4096):
        part = slice(begin, begin + 4096)
        ends = np.cumsum(lengths[part])
        result[part] = span_hashes(codes("".join(terms[part])), ends - lengths[part], ends)
    return result
