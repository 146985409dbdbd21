"""How an application's process runs: as whom, where it may write, how much it does at once."""

from __future__ import annotations

USER_ID = 10001
"""Applications run as this user and group, whatever their image says; above all system users."""

TEMPORARY_DIRECTORY = "/tmp"  # noqa: S108 - a volume of the pod's own
"""The one place a container may write."""

TEMPORARY_SPACE_MIB = 512
"""Upper bound of what it may write there."""
