"""Labelled sentences: formats, validation, label sets, splits, references."""
