"""The labelled sentences and the codebook that go with a model."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING

from classifier import shipped
from classifier.corpus.codebook import read_codebook
from classifier.corpus.files import shipped_paths
from classifier.corpus.read import read_corpus
from classifier.errors import InputError

if TYPE_CHECKING:
    from classifier.model.artefact import Model
    from classifier.schema import Example


def examples_of(paths: Sequence[Path]) -> Callable[[Model], Sequence[Example]]:
    """Return what reads the labelled sentences of some files; the shipped data if there are none.

    Sentences with a label that the model does not know stay out: they follow other rules.
    """

    def read(model: Model) -> Sequence[Example]:
        known = set(model.labels.names)
        try:
            examples = read_corpus(list(paths) or shipped_paths()).examples
        except InputError:
            # Only an aid hangs on it, and it may have gone since the start.
            return ()
        used = {name for example in examples for name in example.labels}
        return examples if used <= known else ()

    return read


@cache
def codebook_beside(paths: tuple[Path, ...]) -> str:
    """Return the codebook beside some labelled files, or the shipped one; empty if none."""
    folders = [path if path.is_dir() else path.parent for path in paths] or [shipped.data()]
    return read_codebook(place for folder in folders for place in (folder, folder.parent)) or ""
