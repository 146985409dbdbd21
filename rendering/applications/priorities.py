"""Who goes first when there is room for some pods only."""

from __future__ import annotations

from dataclasses import dataclass


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
