"""Every error that a user can cause, with the exit code that the command line gives it."""

from __future__ import annotations


class EscError(Exception):
    """What was found, where, what was expected and what to do, in one line."""

    exit_code = 1


class InputError(EscError):
    """A document, a table or a labelled file cannot be read or is not valid."""


class UsageError(EscError):
    """The command was asked for something that does not fit together."""

    exit_code = 2


class ModelError(EscError):
    """A model cannot be found, read, trusted or trained."""

    exit_code = 3
