"""The few shapes that travel between the rooms of the package."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, TypeVar, dataclass_transform

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence


_T = TypeVar("_T")


@dataclass_transform(frozen_default=True)
def _frozen_for_checkers(cls: type[_T]) -> type[_T]:
    """Make a frozen dataclass that type checkers alone guard.

    The guard at run time is most of the cost of making one, and these are made for every document
    and sentence.
    """
    return dataclass(slots=True, unsafe_hash=True)(cls)


@_frozen_for_checkers
class Document:
    """A text to be scored, as it was read.

    Parameters
    ----------
    id : str
        The path or address; for a row of a table the value of its id column, or the path and the
        row (``news.csv#17``); for a record of an archive its record id.
    text : str
        The extracted text; offsets of sentences count its code points.
    source : str
        Where it came from: a path, an address, or ``-`` for standard input.
    title, date, author, outlet, url : str
        Empty where the source has none. A model that looks at the rest of the document takes the
        title for a sentence of it.
    language : str
        ISO 639-1 code of the language that the text seems to be in; empty if that is not clear.
    """

    id: str
    text: str
    source: str = ""
    title: str = ""
    date: str = ""
    author: str = ""
    outlet: str = ""
    url: str = ""
    language: str = ""


@_frozen_for_checkers
class Sentence:
    """A sentence of a document: ``document.text[start:end] == text``, in code points."""

    text: str
    start: int
    end: int
    index: int = 0


@dataclass(frozen=True, slots=True)
class Label:
    """One category of a label set.

    Parameters
    ----------
    name : str
        Identifier in files: lower case, digits, ``_`` and ``-``.
    title, definition : str
        What people read.
    colour : str
        ``#rrggbb``.
    key : str
        The key that toggles the label when sentences are labelled.
    """

    name: str
    title: str = ""
    definition: str = ""
    colour: str = "#888888"
    key: str = ""


@dataclass(frozen=True, slots=True)
class LabelSet:
    """The categories of a project, in order.

    ``exclusive`` sets give every sentence exactly one label, ``at_least_one`` sets one or more; the
    others any number, or none.
    """

    labels: tuple[Label, ...]
    exclusive: bool = False
    at_least_one: bool = False

    @property
    def needs_label(self) -> bool:
        """Whether a sentence without a label is none that these labels are for."""
        return self.exclusive or self.at_least_one

    def allows(self, count: int) -> bool:
        """Tell whether a sentence may carry so many of the labels."""
        return count == 1 if self.exclusive else count >= self.at_least_one

    @property
    def names(self) -> tuple[str, ...]:
        """The names of the labels, in order."""
        return tuple(label.name for label in self.labels)

    def __len__(self) -> int:
        return len(self.labels)

    def __iter__(self) -> Iterator[Label]:
        return iter(self.labels)

    def __contains__(self, name: object) -> bool:
        return name in self.names


@dataclass(frozen=True, slots=True)
class Example:
    """A labelled sentence.

    ``labels`` is a tuple in the order of the label set; empty means looked at and none fits.
    ``author`` wrote the sentence, ``outlet`` published it, ``annotator`` labelled it.
    """

    id: str
    document: str
    position: int
    text: str
    labels: tuple[str, ...]
    annotator: str = ""
    author: str = ""
    origin: str = ""
    theatre: str = ""
    outlet: str = ""
    genre: str = ""
    language: str = "en"
    date: str = ""


@dataclass(frozen=True, slots=True)
class Unlabelled:
    """A sentence of an article without labels.

    ``probabilities`` are those of a teacher, in the order of the label set; empty without one.
    """

    text: str
    probabilities: tuple[float, ...] = ()


@dataclass(frozen=True, slots=True)
class Neighbour:
    """A sentence without labels in a document with labelled ones: their context, and no more."""

    id: str
    document: str
    position: int
    text: str


@_frozen_for_checkers
class Prediction:
    """What a model says of one sentence.

    Parameters
    ----------
    sentence : Sentence
        The sentence, with its place in the document.
    probabilities : mapping of str to float
        Calibrated probability of each label, in [0, 1].
    decisions : tuple of str
        The labels whose probability reaches their threshold; the nearest where none does and the
        label set has at least one for each sentence.
    uncertain : tuple of str
        The labels on which a person should look: the model can rule out neither answer.
    context : sequence of float
        What the rest of the document says, its title included, for `Predictor.explain`; empty where
        the sentence was scored by itself.
    """

    sentence: Sentence
    probabilities: Mapping[str, float]
    decisions: tuple[str, ...]
    uncertain: tuple[str, ...] = ()
    context: Sequence[float] = ()


@dataclass(frozen=True, slots=True)
class Contribution:
    """What one term adds to the logit of one label.

    ``spans`` are the places of the term in the sentence, as (start, end) in code points; ``kind``
    is ``word``, ``char`` or ``class`` (a run of classes of words); ``count`` is how often the term
    occurs.
    """

    term: str
    kind: str
    weight: float
    count: int
    spans: tuple[tuple[int, int], ...]


@dataclass(frozen=True, slots=True)
class Explanation:
    """Why a sentence got its probability for one label.

    ``intercept`` plus the weights of all ``contributions`` plus the sums of ``context`` and of
    ``other_labels`` is the ``logit``; the contributions are sorted by the size of their weight.
    ``context`` is what the rest of the document adds: the sentences near by, and all of it; zeros
    where the sentence was scored by itself. ``other_labels`` is what the probability of each other
    label of the sentence adds; empty where each label stands by itself.
    """

    label: str
    probability: float
    threshold: float
    logit: float
    intercept: float
    contributions: tuple[Contribution, ...]
    context: tuple[float, float] = (0.0, 0.0)
    other_labels: Mapping[str, float] = field(default_factory=dict)

    @property
    def beside(self) -> float:
        """What joins the intercept and the terms: the sums of context and other labels."""
        return sum(self.context) + sum(self.other_labels.values())
