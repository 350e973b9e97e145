"""Documents in, sentences with exact offsets out."""

from classifier.text.read import read_documents
from classifier.text.segment import segment
from classifier.text.settings import Reading

__all__ = ["Reading", "read_documents", "segment"]
