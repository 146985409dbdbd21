"""What stops a publication."""

from __future__ import annotations


class SiteError(Exception):
    """The directory can't be published as it is: bad input."""


class PublishError(Exception):
    """AWS refused a step, or what the stack names isn't there."""
