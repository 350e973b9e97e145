"""Classes of words that mean much the same, so that a text can be read as a row of classes.

A theatre that no training sentence is about favours words of its own. Runs of classes (Brown et al.
1992, Class-based n-gram models of natural language) let "warns of howitzers" share its terms with
"warned of tanks". A class is called by its first word, so a run of classes is a term like any other
and has a weight like any other.
"""

from __future__ import annotations

import hashlib
from collections import Counter
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
import numpy.typing as npt

from classifier import disk, shipped
from classifier.errors import InputError, UsageError
from classifier.model.hashing import hash_terms, look_up
from classifier.model.settings import ENGLISH
from classifier.model.strings import Strings
from classifier.model.words import WORD, fold

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Sequence

    from classifier.model.settings import FeatureSettings

Numbers = npt.NDArray[np.uint32]

MAX_BYTES = 16 << 20
# Texts with fewer of their words in classes are of another language.
KNOWN = 0.8


def class_name(word: str) -> str:
    """Return the name of the class that a word comes first in."""
    return f"‹{word}›"


# All words that are in no class are of this one.
UNKNOWN = class_name("?")


@dataclass(frozen=True)
class WordClasses(Strings):
    """Which class each word is of; the words are sorted by their hash.

    Parameters
    ----------
    hash : array of uint64, shape (n_words,)
    number : array of uint32, shape (n_words,)
        The class of each word, from 0.
    end : array of uint32, shape (n_words,)
        Where each word ends in `text`.
    text : array of uint8
        The words one after the other in UTF-8.
    first : array of uint32, shape (n_classes,)
        The row of the word that names a class.
    """

    hash: npt.NDArray[np.uint64]
    number: Numbers
    end: Numbers
    text: npt.NDArray[np.uint8]
    first: Numbers

    @cached_property
    def words(self) -> list[str]:
        """All words, in the order of the rows."""
        return self.terms()

    @cached_property
    def names(self) -> list[str]:
        """The names of the classes, by number, and behind them that of no class."""
        return [*map(class_name, self.terms_at(self.first.astype(np.int64))), UNKNOWN]

    @property
    def fingerprint(self) -> str:
        """Twelve hexadecimal digits that tell these classes from others."""
        parts = (self.number, self.end, self.text, self.first)
        return hashlib.sha256(
            b"".join(np.ascontiguousarray(p).tobytes() for p in parts)
        ).hexdigest()[:12]

    def names_of(self, words: list[str]) -> list[str]:
        """Return the names of the classes of folded words."""
        if not words:
            return []
        rows = look_up(self.hash, hash_terms(words))
        numbers = np.where(rows >= 0, self.number[rows], len(self.first))
        return [self.names[number] for number in numbers.tolist()]

    def members(self, name: str) -> list[str]:
        """Return the words of a class: the one that names it, then in alphabetical order.

        There are none of the words without a class, and of what is no class.
        """
        if name == UNKNOWN or name not in self.names:
            return []
        number = self.names.index(name)
        found = [self.words[row] for row in np.flatnonzero(self.number == number).tolist()]
        return sorted(found, key=lambda word: (class_name(word) != name, word))

    def tokeniser(self) -> Tokeniser:
        """Return what turns a folded text into the names of the classes of its words."""
        numbered = zip(self.words, self.number.tolist(), strict=True)
        return Tokeniser({word: self.names[number] for word, number in numbered})


@dataclass(frozen=True)
class Tokeniser:
    """A tokeniser for scikit-learn's vectorisers: the name of its class in place of each word."""

    names: dict[str, str]

    def __call__(self, text: str) -> list[str]:
        """Return the names for a folded text."""
        return [self.names.get(word, UNKNOWN) for word in WORD.findall(text)]


def build_classes(classes: Iterable[Sequence[str]]) -> WordClasses:
    """Build word classes from the words of each, all in folded form.

    Raises
    ------
    ValueError
        There is no word; a word is in two classes, or two words share a hash.
    """
    found = [list(words) for words in classes]
    words = [word for one in found for word in one]
    if not words:
        raise ValueError("no word")
    if len(set(words)) != len(words):
        raise ValueError(f"{Counter(words).most_common(1)[0][0]!r} stands twice")
    sizes = np.array([len(one) for one in found])
    hashes = hash_terms(words)
    order = np.argsort(hashes, kind="stable")
    if len(np.unique(hashes)) != len(hashes):
        raise ValueError("two words have the same hash")
    row_of = np.empty(len(words), np.int64)
    row_of[order] = np.arange(len(words))
    encoded = [words[i].encode() for i in order]
    return WordClasses(
        hash=hashes[order],
        number=np.repeat(np.arange(len(found)), sizes)[order].astype(np.uint32),
        end=np.cumsum([len(word) for word in encoded], dtype=np.uint32),
        text=np.frombuffer(b"".join(encoded), np.uint8),
        first=row_of[np.cumsum(sizes) - sizes].astype(np.uint32),
    )


def classes_path(setting: str) -> Path:
    """Return the file that the setting ``features.word_classes`` names."""
    return shipped.data() / "word-classes.txt" if setting == ENGLISH else Path(setting)


def load_classes(setting: str, *, strip_accents: bool = True) -> WordClasses | None:
    """Read the classes that the setting ``features.word_classes`` names; None if it is empty.

    A line of the file is a class: words with spaces between, the first of which names it. Lines
    that begin with ``#`` are passed over.

    Raises
    ------
    UsageError
        The file is missing, too large, not UTF-8, or a word in it is none or stands twice.
    """
    if not setting:
        return None
    path = classes_path(setting)
    try:
        if not path.is_file():
            raise InputError(f"{path}: no such file")
        text = disk.decode(disk.read_bytes(path, MAX_BYTES), path)
    except (InputError, OSError) as error:
        raise UsageError(f"setting features.word_classes: {error}") from error
    classes: list[list[str]] = []
    home: dict[str, int] = {}
    for number, line in enumerate(text.split("\n"), 1):
        if line.lstrip().startswith("#") or not line.strip():
            continue
        words = []
        for given in line.split():
            word = fold(given, strip_accents=strip_accents)
            if not WORD.fullmatch(word):
                raise UsageError(
                    f"{path}:{number}: {given[:60]!r} is no word; expected words of two or more "
                    "letters or digits with spaces between them"
                )
            if home.setdefault(word, number) != number:
                raise UsageError(
                    f"{path}:{number}: {word!r} stands in line {home[word]} too; a word has one "
                    "class"
                )
            words.append(word)
        classes.append(list(dict.fromkeys(words)))
    try:
        return build_classes(classes)
    except ValueError as error:
        raise UsageError(f"{path}: {error}") from error


def classes_for(
    texts: Sequence[str], settings: FeatureSettings, notice: Callable[[str], None]
) -> WordClasses | None:
    """Return the classes that the settings name, or None where they do not fit the texts.

    The English ones know nearly all words of English news, of other languages far fewer.
    """
    classes = load_classes(settings.word_classes, strip_accents=settings.strip_accents)
    if classes is None:
        return None
    known = total = 0
    tokenise = classes.tokeniser()
    for text in texts:
        names = tokenise(fold(text, strip_accents=settings.strip_accents))
        total, known = total + len(names), known + sum(name != UNKNOWN for name in names)
    if known >= KNOWN * total:
        return classes
    if settings.word_classes == ENGLISH:
        notice(
            f"of the words {known / total:.0%} are in the classes of English words: trained "
            "without them"
        )
        return None
    return classes


def checked(found: WordClasses) -> WordClasses:
    """Check arrays that were read from a file; nothing in them is taken on trust.

    Raises
    ------
    ValueError
        They do not fit each other.
    """
    n = len(found.hash)
    shapes: Any = (found.hash.shape, found.number.shape, found.end.shape)
    if shapes != ((n,),) * 3 or found.first.ndim != 1 or found.text.ndim != 1 or not n:
        raise ValueError("the arrays of the word classes do not fit each other")
    if np.any(found.hash[1:] <= found.hash[:-1]) or np.any(found.end[1:] <= found.end[:-1]):
        raise ValueError("the word classes are not in order")
    if not found.end[0] or int(found.end[-1]) != len(found.text):
        raise ValueError("a word is empty or lies outside the table")
    bytes(found.text).decode()  # a UnicodeDecodeError is a ValueError
    if np.any((found.text[found.end[:-1]] & 0xC0) == 0x80):
        raise ValueError("a word begins inside a character")
    if int(found.number.max()) >= len(found.first) or int(found.first.max(initial=0)) >= n:
        raise ValueError("a word is of no class")
    if np.any(found.number[found.first] != np.arange(len(found.first))):
        raise ValueError("a class is named by a word of another")
    return found
