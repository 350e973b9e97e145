"""A labelling project: its store, what it is labelled under, and what it joins."""

from __future__ import annotations

import threading
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import TYPE_CHECKING

from classifier import shipped
from classifier.corpus.codebook import codebook_of
from classifier.corpus.files import SUFFIXES, shipped_paths
from classifier.corpus.labels import FILE_NAME, load_label_set
from classifier.corpus.read import read_corpus, read_records
from classifier.errors import InputError, ModelError, UsageError
from classifier.labelling.corrections import FILE as CORRECTIONS
from classifier.labelling.corrections import take_corrections
from classifier.labelling.export import check_place
from classifier.labelling.intake import read_items
from classifier.labelling.queue import Plan, Queue
from classifier.labelling.retrain import Retraining
from classifier.labelling.session import Session
from classifier.labelling.store import Store

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

    from classifier.errors import EscError
    from classifier.schema import LabelSet
    from classifier.scoring import Predictor
    from classifier.text import Reading

STORE, JOBS = "labelling.db", "retraining"


@dataclass(frozen=True)
class Choices:
    """What the caller chose.

    Parameters
    ----------
    folder : Path
        Of the project. A ``labels.json``, a ``CODEBOOK.md`` and labelled files in it are used.
    label_file : Path, optional
    model : str, optional
        The model that orders sentences; the one in use if None.
    data : sequence of Path, optional
        Labelled files that the new labels join; those of the project, or the shipped ones where
        the label set is theirs, if None.
    held_out : sequence of Path, optional
        Labelled files to compare models on; a quarter of the labelled documents if None.
    order : str, optional
        ``uncertain`` if None and there is a model for these labels, else ``random``.
    plan : Plan
        The rest of it; its order counts only where `order` is given.
    suggest : bool
        Show the model's view.
    """

    folder: Path
    label_file: Path | None = None
    model: str | None = None
    data: Sequence[Path] | None = None
    held_out: Sequence[Path] | None = None
    order: str | None = None
    plan: Plan = field(default_factory=Plan)
    suggest: bool = False


class Project:
    """A store that is open, its queue, and the model that orders it.

    Parameters
    ----------
    choices : Choices
    notice : callable
        Told what the user should know.

    Raises
    ------
    InputError, UsageError, ModelError
        Something does not fit together.
    """

    def __init__(self, choices: Choices, notice: Callable[[str], None] = lambda _: None) -> None:
        self.choices, self._notice = choices, notice
        folder = check_place(choices.folder)
        if folder.exists() and not folder.is_dir():
            raise UsageError(f"{folder}: is a file, expected a folder for the project")
        path = folder / STORE
        predictor = _predictor(choices.model)
        labels = _label_set(choices, path, predictor)
        self.store = Store(path, labels)
        self.labels = self.store.labels
        self.data, self.config = self._base()
        self.codebook: Mapping[str, str] = codebook_of(self.labels, folder)
        self.predictor = self._fitting(predictor)
        if choices.order not in (None, "random") and self.predictor is None:
            raise UsageError(f"--order {choices.order} needs a model with these labels")
        self.retraining = Retraining(
            self.store, folder / JOBS, self.data, self.config, choices.held_out
        )
        self._lock = threading.Lock()
        self._known: list[str] | None = None
        self._queue: Queue | None = None

    def close(self) -> None:
        """Let go of the store."""
        self.store.close()

    def add(
        self,
        paths: Sequence[str],
        problem: Callable[[EscError], None] | None = None,
        reading: Reading | None = None,
    ) -> int:
        """Add the sentences of some inputs; return how many were new.

        A file called ``corrections.jsonl``, as the page of an article keeps it, brings its labels.
        """
        self._queue = None
        kept = [path for path in paths if Path(path).name == CORRECTIONS]
        new = sum(take_corrections(self.store, Path(path)) for path in kept)
        others = [path for path in paths if path not in kept]
        # Read first: while sentences are added, nobody can decide anything.
        return new + self.store.add(list(read_items(others, problem, reading)))

    @property
    def queue(self) -> Queue:
        """The sentences in their order; made when it is first asked for."""
        with self._lock:
            if self._queue is None:
                items, plan = self.store.items(), self._plan(self.predictor)
                self._queue = Queue(items, plan, self.predictor, self.known())
                if known := self._queue.duplicates():
                    self._notice(
                        f"{known} of {len(self._queue.items)} sentences are near-duplicates of "
                        "the data that the labels join: they are not asked for"
                    )
            return self._queue

    def _plan(self, predictor: Predictor | None) -> Plan:
        order = self.choices.order or "uncertain"
        # A model of other labels may have been taken into use since.
        return replace(self.choices.plan, order=order if predictor else "random")

    def known(self) -> Sequence[str]:
        """Return the texts of the data that the labels join, as far as they are at hand."""
        if self._known is None:
            self._known = []
            if self.data:
                corpus = read_corpus(self.data, labels=self.labels)
                self._known = [e.text for e in corpus.examples]
        return self._known

    @property
    def base_name(self) -> str:
        """What new labels join, in words."""
        if not self.data:
            return "nothing else"
        if self.data == shipped_paths():
            return "the shipped data"
        return ", ".join(path.name for path in self.data)

    def session(self, annotator: str, name: str = "") -> Session:
        """Return the work of an annotator."""
        return Session(
            self.store,
            self.queue,
            annotator,
            self.predictor,
            suggest=self.choices.suggest,
            name=name,
        )

    def take_model(self, predictor: Predictor) -> None:
        """Order what is left by another model, if it has the labels of the project."""
        fitting = predictor if predictor.labels == self.labels.names else None
        with self._lock:
            if self._queue is not None:
                self._queue = self._queue.reordered(self._plan(fitting), fitting)
            self.predictor = fitting

    def _fitting(self, predictor: Predictor | None) -> Predictor | None:
        if predictor is None or predictor.labels == self.labels.names:
            return predictor
        if self.choices.model is not None:
            raise UsageError(
                f"{predictor.model.name} has the labels {', '.join(predictor.labels)}, the project "
                f"{', '.join(self.labels.names)}: it cannot order these sentences"
            )
        self._notice(
            f"the model in use ({predictor.model.name}) has other labels: sentences come in random "
            "order until one is trained on these"
        )
        return None

    def _base(self) -> tuple[list[Path] | None, Path | None]:
        """Return the labelled files that new labels join, and the settings to train with."""
        folder = self.choices.folder
        if self.choices.data is not None:
            return list(self.choices.data), None
        # Corrections are views, which `add` brings in; they may be of a model with other labels.
        own = sorted(
            p
            for p in folder.iterdir()
            if p.suffix in SUFFIXES and p.is_file() and p.name != CORRECTIONS and _is_labelled(p)
        )
        if own:
            return own, None
        shipped_labels = load_label_set(shipped.data() / FILE_NAME)
        if _kind(shipped_labels) == _kind(self.labels):
            return shipped_paths(), shipped.settings()
        return None, None


def _kind(labels: LabelSet) -> tuple[object, ...]:
    return labels.names, labels.exclusive, labels.at_least_one


def _is_labelled(path: Path) -> bool:
    """Tell whether a file has labels: what there is to label may lie in the project, too."""
    try:
        return any(record.labels is not None for record in read_records(path, lambda _: None))
    except InputError:
        return True  # whoever reads it says what is wrong with it


def _predictor(name: str | None) -> Predictor | None:
    from classifier.scoring import load

    try:
        return load(name)
    except ModelError:
        if name is not None:
            raise
        return None


def _label_set(choices: Choices, store: Path, predictor: Predictor | None) -> LabelSet | None:
    if choices.label_file:
        return load_label_set(choices.label_file)
    if (beside := choices.folder / FILE_NAME).is_file():
        return load_label_set(beside)
    if store.exists():
        return None
    if predictor is not None:
        return predictor.model.labels
    return load_label_set(shipped.data() / FILE_NAME)
