"""The compiled kernel refuses what does not fit, and reads nothing that is not its own."""

from __future__ import annotations

import os

import numpy as np
import pytest

from classifier.scoring import kernel

pytestmark = pytest.mark.skipif(
    bool(kernel.missing()) and not os.environ.get("CI"), reason="the kernel was not built"
)


def native(
    kind=0, rows=3, hashes=(1, 2, 3), idf=3, coef=6, low=1, high=2, intercept=2, classes=None
):
    arrays = np.array(hashes, np.uint64), np.ones(idf, np.float32), np.ones(coef, np.float32)
    block = (kind, rows, *arrays, low, high, classes)
    return kernel._kernel.Kernel(np.zeros(intercept), (block,))


def classes(rows=2, hashes=(5, 9), named=3):
    return rows, np.array(hashes, np.uint64), np.zeros((named, 2), np.uint64)


def test_arrays_that_fit_are_taken():
    native()
    native(kind=2, classes=classes())
    native(kind=2, classes=classes(0, (), 1))


@pytest.mark.parametrize(
    "bent",
    [
        None,
        (),
        [2, b"", b""],
        classes(rows=3),
        classes(rows=-1),
        classes(rows=1 << 40),
        classes(rows=(1 << 63) - 1),
        classes(hashes=(9, 5)),
        classes(hashes=(5, 5)),
        classes(named=2),
        classes(named=4),
    ],
    ids=str,
)
def test_classes_that_do_not_fit_are_refused(bent):
    with pytest.raises((ValueError, TypeError), match=r"array|classes|order|words|argument"):
        native(kind=2, classes=bent)


@pytest.mark.parametrize(
    "bent",
    [
        {"hashes": (3, 2, 1)},
        {"hashes": (1, 1, 2)},
        {"hashes": (1, 2)},
        {"idf": 2},
        {"coef": 5},
        {"coef": 0},
        {"rows": 4},
        {"rows": -1},
        {"rows": 1 << 40},
        {"rows": (1 << 61) + 3},
        {"rows": (1 << 63) - 1},
        {"intercept": 0},
        {"intercept": 3},
        {"kind": 3},
        {"kind": -1},
        {"low": 0},
        {"low": 3},
        {"high": 17},
        {"high": 1 << 40},
        {"kind": 1, "low": 1},
    ],
    ids=str,
)
def test_arrays_that_do_not_fit_are_refused(bent):
    with pytest.raises(ValueError, match=r"array|block|order|labels"):
        native(**bent)


def test_arrays_off_their_alignment_are_refused():
    hashes = np.zeros(9, np.uint8)[1:]
    with pytest.raises(ValueError, match="aligned"):
        kernel._kernel.Kernel(
            np.zeros(1), ((0, 1, hashes, np.ones(1, "f4"), np.ones(1, "f4"), 1, 1, None),)
        )


def test_two_blocks_of_a_kind_are_refused():
    one = (0, 0, b"", b"", b"", 1, 1, None)
    with pytest.raises(ValueError, match="one kind"):
        kernel._kernel.Kernel(np.zeros(1), (one, one))
    with pytest.raises(ValueError, match="too many"):
        kernel._kernel.Kernel(np.zeros(1), (one,) * 4)


def entries(value):
    return np.full(256, value, np.uint32).tobytes()


@pytest.mark.parametrize(
    ("number", "entry", "pool"),
    [
        (-1, 32, 0),
        (0x1100, 32, 0),
        (0, 1 << 29, 0),
        (0, 1 << 23, 0),
        (0, 1 << 30 | 1 << 16, 0),
        (0, 1 << 30 | 2 << 16 | 3, 4),
        (0, 1 << 30 | 0xFFFF, 4),
        (0, 32, 0x10000),
    ],
)
def test_pages_out_of_bounds_are_refused(number, entry, pool):
    with pytest.raises(ValueError, match="page"):
        native().add_page(number, entries(entry), bytes(4 * pool))


def test_pages_of_another_size_are_refused():
    for page, pool in ((entries(32)[:-4], b""), (entries(32) + b"\0", b""), (entries(32), b"abc")):
        with pytest.raises(ValueError, match="page"):
            native().add_page(0, page, pool)


@pytest.mark.parametrize("extra", [-1, 1])
def test_results_of_another_size_are_refused(extra):
    one = native()
    with pytest.raises(ValueError, match="fit"):
        one.score(("a",), np.zeros(2 + extra), np.zeros(1, np.uint8))
    with pytest.raises(ValueError, match="fit"):
        one.score(("a",), np.zeros(2), np.zeros(1 + extra, np.uint8))
    with pytest.raises(ValueError, match="fit"):
        one.score(["a"], np.zeros(2), np.zeros(1, np.uint8))
    with pytest.raises(ValueError, match="block"):
        one.find(extra, "a")


def test_results_that_cannot_be_written_are_refused():
    frozen = np.zeros(2)
    frozen.flags.writeable = False
    with pytest.raises((TypeError, ValueError, BufferError)):
        native().score(("a",), frozen, np.zeros(1, np.uint8))
