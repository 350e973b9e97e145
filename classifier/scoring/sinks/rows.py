"""What a row of results holds, with stable names: nested for JSON, flat for tables."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING, Any

from classifier.errors import UsageError

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from classifier.model.artefact import Model
    from classifier.schema import Document, Prediction
    from classifier.scoring.predictor import Predictor
    from classifier.scoring.results import Result

# Raised when a name goes or changes its meaning; a new name does not raise it.
SCHEMA_VERSION = 1
ABOUT = ("document", "source", "title", "date", "author", "outlet", "url", "language")
MODEL = ("model", "fingerprint")
_PLACE_KINDS = {"index": "count", "start": "count", "end": "count", "text": "text"}
_PROFILE_KINDS = {"sentences": "count", "signals": "count", "signal_share": "share"}

Row = dict[str, Any]


@dataclass(frozen=True)
class Terms:
    """Finds the strongest terms behind the labels that a sentence has, or may have.

    Parameters
    ----------
    predictor : Predictor
    k : int
        How many terms for each label.
    """

    predictor: Predictor
    k: int

    def __call__(self, prediction: Prediction, labels: Sequence[str]) -> Row:
        """Return the terms of each label that is decided or uncertain, strongest first."""
        seen = {*prediction.decisions, *prediction.uncertain}
        wanted = [name for name in labels if name in seen]
        if not wanted:
            return {}
        explanations = self.predictor.explain_all(prediction.sentence.text, prediction.context)
        return {
            name: [
                {"term": c.term, "kind": c.kind, "weight": c.weight}
                for c in explanations[name].contributions[: self.k]
            ]
            for name in wanted
        }


@dataclass(frozen=True)
class Shape:
    """Which rows are wanted.

    Parameters
    ----------
    model : Model
    labels : tuple of str
        The labels shown.
    documents : bool
        One row a document instead of one a sentence.
    terms : Terms, optional
        Also the strongest terms of each sentence.
    """

    model: Model
    labels: tuple[str, ...]
    documents: bool = False
    terms: Terms | None = None

    def rows(self, result: Result) -> Iterator[Row]:
        """Yield the rows of a document."""
        if self.documents:
            yield document_row(result, self.model, self.labels)
        else:
            yield from sentence_rows(result, self.model, self.labels, self.terms)

    def flat(self, result: Result) -> Iterator[Row]:
        """Yield the rows of a document with one value a column, in the order of `columns`."""
        for row in self.rows(result):
            yield self._flat_document(row) if self.documents else self._flat_sentence(row)

    def columns(self) -> dict[str, str]:
        """Return the names of the columns of flat rows, and the kind of what stands in each.

        Returns
        -------
        dict of str to str
            ``text``, ``count``, ``share`` (0 to 1), ``flag`` or ``terms``.

        Raises
        ------
        UsageError
            The names of two labels lead to one name.
        """
        head = dict.fromkeys(ABOUT, "text")
        head |= _PROFILE_KINDS if self.documents else _PLACE_KINDS
        pairs = [*head.items()]
        pairs += [pair for name in self.labels for pair in self._columns_of(name)]
        pairs += [(name, "text") for name in MODEL]
        kinds = dict(pairs)
        if len(kinds) < len(pairs):
            names = [name for name, _ in pairs]
            twice = next(name for name in names if names.count(name) > 1)
            raise UsageError(f"two columns would be called {twice!r}: use jsonl, or --only")
        return kinds

    def _columns_of(self, label: str) -> list[tuple[str, str]]:
        base = self._bases[label]
        if self.documents:
            ends = {"_count": "count", "_strongest": "count", "_strongest_probability": "share"}
        else:
            ends = {"": "share", "_decision": "flag", "_uncertain": "flag"}
            ends |= {"_terms": "terms"} if self.terms else {}
        return [(base + end, kind) for end, kind in ends.items()]

    @cached_property
    def _bases(self) -> dict[str, str]:
        # A label may be called like a column of every table.
        taken = {*ABOUT, *_PLACE_KINDS, *_PROFILE_KINDS, *MODEL}
        return {name: f"label_{name}" if name in taken else name for name in self.labels}

    def _flat_sentence(self, row: Row) -> Row:
        flat = {name: row[name] for name in (*ABOUT, *_PLACE_KINDS)}
        for name, base in self._bases.items():
            flat[base] = row["probabilities"][name]
            flat[f"{base}_decision"] = name in row["decisions"]
            flat[f"{base}_uncertain"] = name in row["uncertain"]
            if self.terms:
                flat[f"{base}_terms"] = row["terms"].get(name, [])
        return flat | {name: row[name] for name in MODEL}

    def _flat_document(self, row: Row) -> Row:
        flat = {name: row[name] for name in (*ABOUT, *_PROFILE_KINDS)}
        for name, base in self._bases.items():
            found = row["labels"][name]
            strongest = found["strongest"] or {"index": None, "probability": None}
            flat[f"{base}_count"] = found["count"]
            flat[f"{base}_strongest"] = strongest["index"]
            flat[f"{base}_strongest_probability"] = strongest["probability"]
        return flat | {name: row[name] for name in MODEL}


def about(document: Document) -> Row:
    """Return what is known of a document."""
    return {"document": document.id, **{name: getattr(document, name) for name in ABOUT[1:]}}


def sentence_rows(
    result: Result, model: Model, only: Sequence[str], terms: Terms | None = None
) -> Iterator[Row]:
    """Yield one JSON object a sentence.

    What is known of the document; ``index``, ``start`` and ``end`` (code points of the document's
    text), ``text``, ``probabilities``, ``decisions``, ``uncertain``, ``terms`` if they are wanted;
    ``model``, ``fingerprint``.
    """
    whole = tuple(only) == model.labels.names
    # Keys have their place once and for all: a copy is made faster than a row from the beginning.
    blank: Row = about(result.document)
    blank |= dict.fromkeys(("index", "start", "end", "text"))
    blank |= dict.fromkeys(("probabilities", "decisions", "uncertain"))
    if terms:
        blank["terms"] = None
    blank |= {"model": model.name, "fingerprint": model.fingerprint}
    for i, (sentence, probabilities, decisions, uncertain) in enumerate(result.columns()):
        row = blank.copy()
        row["index"], row["text"] = sentence.index, sentence.text
        row["start"], row["end"] = sentence.start, sentence.end
        if whole:
            row["probabilities"] = probabilities
            row["decisions"], row["uncertain"] = list(decisions), list(uncertain)
        else:
            row["probabilities"] = {n: probabilities[n] for n in only}
            row["decisions"] = [n for n in decisions if n in only]
            row["uncertain"] = [n for n in uncertain if n in only]
        if terms:
            row["terms"] = terms(result.scored[i], only)
        yield row


def document_row(result: Result, model: Model, only: Sequence[str]) -> Row:
    """Return one JSON object for a document: what it is, and its profile."""
    return {
        **about(result.document),
        **result.profile(only),
        "model": model.name,
        "fingerprint": model.fingerprint,
    }
