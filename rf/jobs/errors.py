"""What keeps `rf jobs` from looking; free of slow imports, so that the command line can tell."""

from __future__ import annotations


class JobsInputError(Exception):
    """No address, a wrong one, or a stack whose jobs are not in Redis."""


class QueueUnreachableError(Exception):
    """The queue doesn't answer, or refuses the login."""
