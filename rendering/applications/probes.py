"""How a pod is asked whether it has started, lives, and can serve."""

from __future__ import annotations

from dataclasses import dataclass

from rendering.shared.endpoints import LIVE_PATH, READY_PATH

USER_ID = 10001
"""Applications run as this user and group, whatever their image says; above all system users."""

TEMPORARY_DIRECTORY = "/tmp"  # noqa: S108 - a volume of the pod's own
"""The one place a container may write."""

TEMPORARY_SPACE_MIB = 512
"""Upper bound of what it may write there."""


@dataclass(frozen=True, kw_only=True)
class Probe:
    """One HTTP probe: its path, how often it asks, how long it waits and what it forgives."""

    path: str
    period_seconds: int
    timeout_seconds: int
    failures: int


STARTUP = Probe(path=LIVE_PATH, period_seconds=2, timeout_seconds=2, failures=60)
"""Start-up may take two minutes; the other probes wait for it."""

LIVENESS = Probe(path=LIVE_PATH, period_seconds=10, timeout_seconds=5, failures=3)
"""A live process answers within half a minute. It says nothing of connections: a database that is
away must not restart every pod."""

READINESS = Probe(path=READY_PATH, period_seconds=5, timeout_seconds=3, failures=2)
"""A pod that lost a connection leaves traffic within ten seconds."""
