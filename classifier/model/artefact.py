"""A model on disk: a folder of data, never code.

``model.json`` says what the model is; one flat file beside it holds the table of terms as
aligned little-endian arrays that are mapped into memory. The flat file's name carries its
checksum, so replacing ``model.json`` is the one step that brings a new model into force: a
training that is killed leaves the old one whole.
"""

from __future__ import annotations

from dataclasses import asdict, dataclass, field
from typing import TYPE_CHECKING, Any

import numpy as np
import numpy.typing as npt
import orjson

from classifier import disk
from classifier.corpus.labels import label_set_json, parse_label_set
from classifier.errors import InputError, ModelError, UsageError
from classifier.model.context import Context, context_json, parse_context
from classifier.model.dependence import Dependence, dependence_json, parse_dependence
from classifier.model.numbers import numbers
from classifier.model.settings import FeatureSettings, parse_features
from classifier.model.table import Block, map_table, pack

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

    from classifier.model.classes import WordClasses
    from classifier.schema import LabelSet

# 1 to 3 looked at less of the rest of the document, or at none of it; 4 had neither the dependence
# of labels nor other operating points.
FORMAT = 5
MAX_JSON_BYTES = 16 << 20
MAX_LABELS = 1000
# What reading a file that somebody bent can raise.
_DAMAGE = (
    *(KeyError, TypeError, ValueError, IndexError, AttributeError, OverflowError),
    *(OSError, RecursionError, InputError, UsageError),
)


@dataclass(frozen=True)
class Check:
    """A reference sentence: loading must find its logits again.

    Parameters
    ----------
    text : str
    logits : tuple of float
        Those that are stored: of each label by itself, of the sentence by itself.
    together : tuple of float
        Those that make the probability, of all reference sentences as one document.
    """

    text: str
    logits: tuple[float, ...]
    together: tuple[float, ...]


@dataclass(frozen=True)
class Model:
    """A trained model.

    Parameters
    ----------
    name : str
    labels : LabelSet
    features : FeatureSettings
    blocks : mapping of str to Block
        ``word``, ``char`` and ``class``; a kind that the settings leave out is missing.
    intercept : array of float64, shape (n_labels,)
    thresholds : tuple of float
        Smallest probability that is a yes, for each label; empty where the label set is
        exclusive, and the most probable label is taken.
    about : mapping
        What ``model.json`` says besides: settings, data, figures, versions.
    checks : tuple of Check
    bands : tuple of (float, float)
        For each label the probabilities between which neither answer can be ruled out; empty where
        the label set is exclusive.
    points : mapping of str to tuple of float
        The thresholds of other operating points, by their names; empty where the label set is
        exclusive.
    context : Context or None
        What the rest of a document adds; None where each sentence stands by itself.
    dependence : Dependence or None
        What the other labels of a sentence add; None where each label stands by itself. No model
        has both a context and this.
    classes : WordClasses or None
        The classes that the terms of ``class`` are runs of; None where there is no such block.
    fingerprint : str
        Twelve hexadecimal digits of the checksum of ``model.json``.
    """

    name: str
    labels: LabelSet
    features: FeatureSettings
    blocks: Mapping[str, Block]
    intercept: npt.NDArray[np.float64]
    thresholds: tuple[float, ...]
    about: Mapping[str, Any]
    checks: tuple[Check, ...] = ()
    bands: tuple[tuple[float, float], ...] = ()
    points: Mapping[str, tuple[float, ...]] = field(default_factory=dict)
    context: Context | None = None
    dependence: Dependence | None = None
    classes: WordClasses | None = None
    fingerprint: str = ""

    def together(self, logits: npt.NDArray[np.float64]) -> npt.NDArray[np.float64]:
        """Return the logits that make the probabilities of the sentences of one document.

        Parameters
        ----------
        logits : array of float, shape (n_sentences, n_labels)
            Those that are stored.
        """
        if self.dependence is not None:
            return logits + self.dependence.added(logits)
        if self.context is not None:
            return logits + self.context.added(self.context.features(logits))
        return logits


def save_model(model: Model, folder: Path) -> str:
    """Write a model into a folder; return its fingerprint.

    Raises
    ------
    UsageError
        The folder cannot be written.
    """
    directory, blob = pack(model.blocks, model.classes)
    digest = disk.sha256(blob)
    table = f"table-{digest[:12]}.bin"
    value = {
        "format": FORMAT,
        "label_set": label_set_json(model.labels),
        "intercept": model.intercept.tolist(),
        "thresholds": list(model.thresholds),
        "bands": [list(band) for band in model.bands],
        "operating_points": {name: list(row) for name, row in model.points.items()},
        "table": {"file": table, "bytes": len(blob), "sha256": digest, "arrays": directory},
        "checks": [asdict(check) for check in model.checks],
        "context": None if model.context is None else context_json(model.context),
        "dependence": None if model.dependence is None else dependence_json(model.dependence),
        **model.about,
    }
    text = orjson.dumps(value, option=orjson.OPT_INDENT_2 | orjson.OPT_APPEND_NEWLINE)
    disk.write_atomic(folder / table, blob)
    disk.write_atomic(folder / "model.json", text)
    for stale in folder.glob("table-*.bin"):
        if stale.name != table:
            stale.unlink(missing_ok=True)
    return disk.sha256(text)[:12]


def load_model(folder: Path) -> Model:
    """Read a model from its folder; nothing in it is executed.

    Raises
    ------
    ModelError
        The folder holds no model, a damaged one, or one of another format.
    """
    path = folder / "model.json"
    try:
        if not path.is_file():
            raise ModelError(
                f"{folder}: no model here (model.json is missing); train one: esc train"
            )
        raw = disk.read_bytes(path, MAX_JSON_BYTES)
        value = orjson.loads(raw)
    except orjson.JSONDecodeError as error:
        raise ModelError(f"{path}: not JSON: {error}") from error
    except InputError as error:
        raise ModelError(str(error)) from error
    except OSError as error:  # a name too long, a folder that may not be entered
        raise ModelError(f"{folder}: cannot be read: {error.strerror or error}") from error
    if not isinstance(value, dict) or type(value.get("format")) is not int:
        raise ModelError(f"{path}: no model of esc (no format number)")
    if value["format"] != FORMAT:
        raise ModelError(
            f"{path}: format {value['format']}, this version of esc reads {FORMAT}; "
            + ("upgrade esc" if value["format"] > FORMAT else "train it again")
        )
    try:
        return _parse(value, folder, disk.sha256(raw)[:12])
    except _DAMAGE as error:
        what = f"missing {error}" if isinstance(error, KeyError) else str(error)
        what = " ".join(what.split())[:300]  # it may quote what the damaged file says
        raise ModelError(f"{path}: damaged: {what}; train or fetch the model again") from error


def _parse(value: dict[str, Any], folder: Path, fingerprint: str) -> Model:
    labels = parse_label_set(value.pop("label_set"), "label_set")
    n_labels = len(labels)
    if n_labels > MAX_LABELS:
        raise ValueError(f"{n_labels} labels, at most {MAX_LABELS}")
    intercept = np.array(value.pop("intercept"), dtype=np.float64)
    thresholds = tuple(float(t) for t in value.pop("thresholds"))
    if intercept.shape != (n_labels,) or not np.isfinite(intercept).all():
        raise ValueError("intercept does not fit the labels")
    if len(thresholds) != (0 if labels.exclusive else n_labels):
        raise ValueError("thresholds do not fit the labels")
    if not all(0 <= t <= 1 for t in thresholds):
        raise ValueError("a threshold is not between 0 and 1")
    bands = tuple((float(low), float(high)) for low, high in value.pop("bands", ()))
    bounds = [bound for band in bands for bound in band]
    if len(bands) not in (0, len(thresholds)) or not all(0 <= x <= 1 for x in bounds):
        raise ValueError("bands do not fit the labels")
    points = {
        str(name): tuple(numbers(row, len(thresholds), f"operating_points.{name}", 0.0, 1.0))
        for name, row in value.pop("operating_points").items()
    }
    # Only the features matter here: a model keeps loading when other settings are renamed.
    features = parse_features(value["settings"]["features"], "settings")
    checks = tuple(_check(check, n_labels) for check in value.pop("checks"))
    context, dependence = _beside(value, 0 if labels.exclusive else n_labels)
    blocks, classes = map_table(value.pop("table"), folder, n_labels)
    wanted = {"word"} | ({"char"} if features.char_ngrams[1] else set())
    wanted |= {"class"} if features.word_classes else set()
    # Training leaves out a kind of which no term is frequent enough.
    if not blocks or not set(blocks) <= wanted:
        raise ValueError(f"table has {', '.join(blocks)}, expected {', '.join(sorted(wanted))}")
    return Model(
        name=folder.resolve().name,
        labels=labels,
        features=features,
        blocks=blocks,
        intercept=intercept,
        thresholds=thresholds,
        about=value,
        checks=checks,
        bands=bands,
        points=points,
        context=context,
        dependence=dependence,
        classes=classes,
        fingerprint=fingerprint,
    )


def _check(value: Any, n_labels: int) -> Check:
    alone, together = (tuple(float(x) for x in value[name]) for name in ("logits", "together"))
    if not len(alone) == len(together) == n_labels or not isinstance(value["text"], str):
        raise ValueError("a check does not fit the labels")
    return Check(value["text"], alone, together)


def _beside(value: dict[str, Any], n_labels: int) -> tuple[Context | None, Dependence | None]:
    """Read what joins the terms of a label."""
    context, dependence = value.pop("context"), value.pop("dependence")
    if context is not None and dependence is not None:
        raise ValueError("has both a context and a dependence of the labels")
    return (
        None if context is None else parse_context(context, n_labels),
        None if dependence is None else parse_dependence(dependence, n_labels),
    )
