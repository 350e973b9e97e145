"""Everything that decides what a training run produces, in one frozen object."""

from __future__ import annotations

import json
import tomllib
from dataclasses import asdict, dataclass, field, fields, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

from classifier import disk
from classifier.errors import UsageError

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

# The classes of words that come with the package.
ENGLISH = "english"


def _check(fine: bool, name: str, found: object, expected: str) -> None:
    if not fine:
        raise UsageError(f"setting {name}: found {found!r}, expected {expected}")


@dataclass(frozen=True)
class FeatureSettings:
    """How a sentence becomes terms.

    Parameters
    ----------
    word_ngrams : pair of int
        Shortest and longest run of words; a word is two or more word characters.
    char_ngrams : pair of int
        Shortest and longest run of characters inside a word with a space at either side;
        (0, 0) for none. The shortest is 2 or 3.
    strip_accents : bool
        Compare letters without their accents.
    word_classes : str
        Words that mean much the same (`classifier.model.classes`): ``english`` for those that come
        with the package, a file of one's own, or empty for none. In a settings file its path starts
        at the file's folder.
    class_ngrams : pair of int
        Shortest and longest run of words of which the classes are terms.
    """

    word_ngrams: tuple[int, int] = (1, 2)
    char_ngrams: tuple[int, int] = (2, 5)
    strip_accents: bool = True
    word_classes: str = "english"
    class_ngrams: tuple[int, int] = (1, 3)

    def __post_init__(self) -> None:
        """Refuse settings that cannot work."""
        for name in ("word_ngrams", "class_ngrams"):
            low, high = getattr(self, name)
            _check(1 <= low <= high <= 5, f"features.{name}", (low, high), "1 <= low <= high <= 5")
        low, high = self.char_ngrams
        _check(
            (low, high) == (0, 0) or (2 <= low <= 3 and low <= high <= 8),
            "features.char_ngrams",
            (low, high),
            "[0, 0], or from 2 or 3 to at most 8",
        )


@dataclass(frozen=True)
class Settings:
    """Settings of a training run.

    Parameters
    ----------
    features : FeatureSettings
    min_df : int
        Terms in fewer training sentences are left out.
    C : tuple of float
        Inverse strengths of the L2 penalty to choose from, by grouped cross-validation.
    balanced : bool
        Weigh positives and negatives of a label inversely to their frequency.
    folds : int
        Folds of the cross-validation; documents are never split between folds.
    bootstrap : int
        Resamples of documents behind each interval.
    origin_weights : mapping of str to float
        Weight of the sentences of an origin in the fit; 1 where not named.
    target : tuple of str
        The origins that the model is for: calibration and thresholds are chosen, and figures are
        measured, on their sentences alone; all if empty.
    nb_power : float
        Terms are scaled, for each label, by the size of their log-count ratio to this power (Wang
        and Manning 2012, Baselines and bigrams), with counts of sentences smoothed by one; 0 for
        no scaling. The scale folds into the weights.
    kin : tuple of str
        Origins of the same kind as the target's that are not measured on, such as sentences that
        were picked for being difficult.
    own_scale : float
        Scale of the second copy of every term that only the target and its kin have, so that
        what other sentences teach holds only as far as the target does not speak against it
        (Daume 2007, Frustratingly easy domain adaptation). The copies fold into one weight a
        term. 0 for none.
    self_training : float
        Weight of the sentences without labels of whose labels a first fit is sure
        (`classifier.model.self_training`); 0 for not learning from them.
    operating_points : mapping of str to str
        What the threshold of a label is chosen for: ``f1`` (where not named), ``f2``,
        ``recall:0.9``, ``precision:0.9``, ``false_alarms:0.01``.
    context : bool
        Let the other sentences of its document join the logit of a sentence
        (`classifier.model.context`); not with exclusive label sets, of which each sentence has one
        label whatever stands around it.
    label_dependence : bool
        Let the probabilities of the other labels join the logit of a label
        (`classifier.model.dependence`), where the rest of the document does not: beside it nothing
        was gained. Not used with exclusive labels, and with more than 20.
    leave_out_groups : mapping of str to sequence of str
        Values of theatre, outlet or another field that are left out together, by the name of
        their group, when it is measured what a model does on what it lacks.
    seed : int
        Seed of everything random.
    """

    features: FeatureSettings = FeatureSettings()
    min_df: int = 2
    C: tuple[float, ...] = (1.0, 3.0, 10.0, 30.0)
    balanced: bool = True
    folds: int = 5
    bootstrap: int = 1000
    origin_weights: Mapping[str, float] = field(default_factory=dict)
    target: tuple[str, ...] = ()
    kin: tuple[str, ...] = ()
    own_scale: float = 0.0
    nb_power: float = 0.5
    self_training: float = 0.0
    operating_points: Mapping[str, str] = field(default_factory=dict)
    context: bool = False
    label_dependence: bool = True
    leave_out_groups: Mapping[str, Sequence[str]] = field(default_factory=dict)
    seed: int = 0

    def __post_init__(self) -> None:
        """Refuse settings that cannot work."""
        _check(self.min_df >= 1, "min_df", self.min_df, "1 or more")
        _check(
            bool(self.C) and all(0 < c < float("inf") for c in self.C),
            "C",
            self.C,
            "positive numbers",
        )
        _check(3 <= self.folds <= 50, "folds", self.folds, "3 to 50")
        _check(20 <= self.bootstrap <= 100_000, "bootstrap", self.bootstrap, "20 to 100,000")
        _check(0 <= self.seed < 1 << 31, "seed", self.seed, "0 to 2,147,483,647")
        _check(0 <= self.own_scale <= 100, "own_scale", self.own_scale, "0 to 100")
        _check(0 <= self.nb_power <= 4, "nb_power", self.nb_power, "0 to 4")
        _check(0 <= self.self_training <= 1, "self_training", self.self_training, "0 to 1")
        grouped = [value for group in self.leave_out_groups.values() for value in group]
        _check(
            len(grouped) == len(set(grouped)),
            "leave_out_groups",
            dict(self.leave_out_groups),
            "no value in two groups",
        )
        _check(
            all(0 <= weight < float("inf") for weight in self.origin_weights.values()),
            "origin_weights",
            dict(self.origin_weights),
            "weights of 0 or more",
        )


def settings_json(settings: Settings) -> dict[str, Any]:
    """Return the JSON form of the settings."""
    value = asdict(settings)
    # Models that do without do not speak of it.
    for name in ("leave_out_groups", "self_training"):
        if not value[name]:
            del value[name]
    return value


def settings_toml(settings: Settings) -> str:
    """Return the settings as a file that `load_settings` reads."""
    value = settings_json(settings)
    tables = {name: found for name, found in value.items() if isinstance(found, dict)}
    lines = [f"{k} = {_toml(found)}" for k, found in value.items() if k not in tables]
    for name, table in tables.items():
        lines += ["", f"[{name}]", *(f"{_toml(k)} = {_toml(x)}" for k, x in table.items())]
    return "\n".join(lines) + "\n"


def _toml(value: Any) -> str:
    # JSON's scalars, texts and arrays are TOML's too.
    return json.dumps(value)


def parse_settings(value: Mapping[str, Any], where: str) -> Settings:
    """Build settings from their JSON or TOML form; what is not named keeps its default.

    Raises
    ------
    UsageError
        An unknown setting or a value of the wrong type.
    """
    given = dict(value)
    return Settings(
        features=parse_features(given.pop("features", {}), where),
        **_values(given, Settings, f"{where}: "),
    )


def parse_features(value: Any, where: str) -> FeatureSettings:
    """Build the settings of the features from their JSON or TOML form."""
    if not isinstance(value, dict):
        raise UsageError(f"{where}: features is {value!r}, expected a table of settings")
    return FeatureSettings(**_values(value, FeatureSettings, f"{where}: features."))


def _values(given: Mapping[str, Any], shape: type, where: str) -> dict[str, Any]:
    defaults = shape()
    values: dict[str, Any] = {}
    known = {entry.name for entry in fields(shape)}
    for name, found in given.items():
        if name not in known:
            raise UsageError(f"{where}{name}: unknown setting; known: {', '.join(sorted(known))}")
        default = getattr(defaults, name)
        kind = type(default)
        if kind is tuple and isinstance(found, list):
            item = type(default[0]) if default else str
            if item is float:
                found = [float(x) if type(x) is int else x for x in found]
            good = all(type(x) is item for x in found)
            values[name] = tuple(found)
            good = good and (name in ("C", "target", "kin") or len(found) == 2)
        else:
            found = float(found) if kind is float and type(found) is int else found
            good = type(found) is kind
            values[name] = found
        if name == "leave_out_groups" and good:
            good = all(
                type(group) is list and group and all(type(x) is str for x in group)
                for group in found.values()
            )
        if name == "operating_points" and good:
            good = all(type(x) is str for x in found.values())
        if name == "origin_weights" and good:
            good = all(type(x) in (int, float) for x in found.values())
        if not good:
            raise UsageError(f"{where}{name}: found {found!r}, expected something like {default!r}")
    return values


def load_settings(path: Path) -> Settings:
    """Read settings from a TOML file."""
    text = disk.decode(disk.read_bytes(path, 1 << 20), path)
    try:
        value = tomllib.loads(text)
    except tomllib.TOMLDecodeError as error:
        raise UsageError(f"{path}: not TOML: {error}") from error
    settings = parse_settings(value, str(path))
    if (named := settings.features.word_classes) in ("", ENGLISH):
        return settings
    beside = str(path.resolve().parent / Path(named).expanduser())
    return replace(settings, features=replace(settings.features, word_classes=beside))
