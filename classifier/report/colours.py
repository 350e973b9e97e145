"""Colours of labels that can be seen on white paper and on a dark screen."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from classifier.schema import LabelSet

LIGHT, DARK = "#ffffff", "#161616"
# What WCAG 2.2 asks of graphics, success criterion 1.4.11.
CONTRAST = 3.0


def contrast(one: str, other: str) -> float:
    """Return the contrast ratio of two colours ``#rrggbb``, 1 to 21 (WCAG 2.2)."""
    low, high = sorted((_luminance(one), _luminance(other)))
    return (high + 0.05) / (low + 0.05)


def visible(colour: str, paper: str) -> str:
    """Mix a colour with black or white until it can be seen on the paper."""
    end = 0.0 if _luminance(paper) > 0.5 else 255.0
    channels = [float(value) for value in bytes.fromhex(colour[1:])]
    for step in range(21):
        mixed = [round(value + (end - value) * step / 20) for value in channels]
        found = "#" + bytes(mixed).hex()
        if contrast(found, paper) >= CONTRAST:
            return found
    return found


def label_variables(labels: LabelSet, paper: str) -> str:
    """Return CSS variables ``--c0``, ``--c1``, ... with the colours of the labels."""
    return "; ".join(f"--c{i}:{visible(x.colour, paper)}" for i, x in enumerate(labels))


def _luminance(colour: str) -> float:
    shares = [value / 255 for value in bytes.fromhex(colour[1:])]
    linear = [x / 12.92 if x <= 0.04045 else ((x + 0.055) / 1.055) ** 2.4 for x in shares]
    return 0.2126 * linear[0] + 0.7152 * linear[1] + 0.0722 * linear[2]
