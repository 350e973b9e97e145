from collections.abc import Buffer

REVISION: int

class Kernel:
    def __new__(
        cls,
        intercept: Buffer,
        blocks: tuple[tuple[int, int, Buffer, Buffer, Buffer, int, int], ...],
        /,
    ) -> Kernel: ...
    def add_page(self, number: int, entries: bytes, pool: bytes, /) -> None: ...
    def score(self, texts: tuple[str, ...], logits: Buffer, states: Buffer, /) -> list[int]: ...
    def find(self, block: int, text: str, /) -> tuple[int, list[int], bytes]: ...
