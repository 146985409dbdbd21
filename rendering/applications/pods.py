"""What pods have in common: their user, space to write, probes, and who goes first for room."""

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

    @property
    def patience_seconds(self) -> int:
        """How long it may go on to fail before it is acted upon."""
        return self.period_seconds * self.failures


STARTUP = Probe(path=LIVE_PATH, period_seconds=2, timeout_seconds=2, failures=60)
"""Start-up may take two minutes; the other probes wait for it."""

LIVENESS = Probe(path=LIVE_PATH, period_seconds=10, timeout_seconds=5, failures=3)
"""A live process answers within half a minute. It says nothing of connections: a database that is
away must not restart every pod."""

READINESS = Probe(path=READY_PATH, period_seconds=5, timeout_seconds=3, failures=2)
"""A pod that lost a connection leaves traffic within ten seconds."""


@dataclass(frozen=True, kw_only=True)
class Priority:
    """One PriorityClass. `preempts` pods may push lower ones off a node, others only wait in front.

    Values lie between those of the cluster's own critical pods (from 2,000,000,000 on) and the 0 of
    pods without a class.
    """

    name: str
    value: int
    preempts: bool
    meaning: str


POOLING = Priority(
    name="researchflow-pooling",
    value=300_000,
    preempts=True,
    meaning="PgBouncer: without it no application answers",
)
SERVING = Priority(
    name="researchflow-serving",
    value=200_000,
    preempts=True,
    meaning="what people wait for, and the Jobs that a rollout waits for",
)
JOBS = Priority(
    name="researchflow-jobs",
    value=100_000,
    preempts=False,
    meaning="workers: the queue keeps what they haven't started",
)

PRIORITIES = (POOLING, SERVING, JOBS)
