"""What stops the preflight as a whole; free of slow imports, so that the command line can tell."""

from __future__ import annotations


class PreflightInputError(Exception):
    """No such profile, no credentials, or credentials that are nobody's."""
