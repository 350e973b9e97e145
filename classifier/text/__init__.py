"""Documents in, sentences with exact offsets out."""

from classifier.text.read import read_documents
from classifier.text.segment import segment

__all__ = ["read_documents", "segment"]
