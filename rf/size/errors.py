"""What a sweep of sizes refuses to go on with. Light, so that every command can load it."""

from __future__ import annotations


class SweepError(Exception):
    """A process of the sweep has gone."""
