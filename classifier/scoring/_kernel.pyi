from typing import Any

import numpy.typing as npt

REVISION: int

# Kind, rows, hashes, inverse document frequencies, coefficients, shortest and longest n-gram; of
# classes the number of words, their hashes, and hashes and powers of the names of their classes.
_Array = npt.NDArray[Any]
_Classes = tuple[int, _Array, _Array]
_Block = tuple[int, int, _Array, _Array, _Array, int, int, _Classes | None]

class Kernel:
    def __new__(cls, intercept: _Array, blocks: tuple[_Block, ...], /) -> Kernel: ...
    def add_page(self, number: int, entries: bytes, pool: bytes, /) -> None: ...
    def score(self, texts: tuple[str, ...], logits: _Array, states: _Array, /) -> list[int]: ...
    def find(self, block: int, text: str, /) -> tuple[int, list[int], bytes]: ...
