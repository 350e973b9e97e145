"""Labelling by hand: sentences in a good order, decisions that last, and what they change."""

from classifier.labelling.items import Item
from classifier.labelling.store import ConflictError, Store

__all__ = ["ConflictError", "Item", "Store"]
