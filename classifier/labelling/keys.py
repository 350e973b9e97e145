"""Which key toggles which label: its own, else a digit, else a letter that means nothing else."""

from __future__ import annotations

import string
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from classifier.schema import LabelSet

# What the other keys do: none, skip, flag, undo, take a view, quit, codebook.
RESERVED = frozenset("0sfuvq?")


def label_keys(labels: LabelSet) -> dict[str, str]:
    """Return the name of the label behind each key, in the order of the label set.

    Keys are 1 to 9 and then letters that no other command has, capitals last; labels beyond these
    are reached with the mouse alone.

    Examples
    --------
    >>> from classifier.schema import Label, LabelSet
    >>> label_keys(LabelSet((Label("threat", key="t"), Label("offer"), Label("feud", key="f"))))
    {'t': 'threat', '1': 'offer', '2': 'feud'}
    """
    own = {
        label.key: label.name
        for label in labels
        if len(label.key) == 1 and label.key.isprintable() and label.key not in RESERVED
    }
    taken = set(own)
    free = [
        key
        for key in string.digits[1:] + string.ascii_lowercase + string.ascii_uppercase
        if key not in RESERVED and key not in taken and not key.isspace()
    ]
    keyed = {name: key for key, name in own.items()}
    for label in labels:
        if label.name not in keyed and free:
            keyed[label.name] = free.pop(0)
    return {keyed[label.name]: label.name for label in labels if label.name in keyed}
