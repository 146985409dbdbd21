"""The Redis keys of a queue's jobs, as the clients in use really write them.

Sources, read and then run against a real server (tests/services): Bull 4.16 `lib/queue.js` and
`lib/commands`, BullMQ 6.7 `queue-keys.ts`, RQ 3.0 `queue.py` and `registry.py`.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum

from scaleplan.sizes import QueueClient, QueueSettings

DEFAULT_PREFIX = "bull"
"""Of Bull and of BullMQ alike, although neither can read what the other wrote."""

BESIDE_BULL_PREFIX = "bullmq"
"""BullMQ's where Bull runs on the same Redis. Under one prefix both would take each other's jobs
from `wait` and fail them (BullMQ, "Migrating from Bull to BullMQ": use other names or a prefix)."""

RQ_PREFIX = "rq"
"""RQ knows no other (`defaults.py`, RQ_KEY_PREFIX)."""

BULL_PATTERN_EVENTS = ("waiting", "active", "stalled", "duplicated", "debounced")
"""Events of Bull that a process listens to by a pattern, `bull:<queue>:<event>*`: behind the name
stands who caused it. All others it hears by their name (`lib/queue.js`, `_registerEvent`)."""


class JobState(StrEnum):
    """What the entries of a key stand for."""

    WAITING = "waiting"
    PAUSED = "paused"
    RUNNING = "running"
    LATER = "later"
    BLOCKED = "blocked"
    FAILED = "failed"
    STALLED = "stalled"


@dataclass(frozen=True, kw_only=True)
class QueueKey:
    """One key of one queue. `part` is what tells it from the queue's other keys."""

    client: QueueClient
    queue: str
    part: str
    key: str
    kind: str
    state: JobState
    meaning: str

    @property
    def trigger(self) -> str:
        """Its name in KEDA's formula, where only letters, digits and underscores may stand."""
        own = f"{self.queue}_{self.part}".replace("-", "_")
        return own if self.client is QueueClient.BULLMQ else f"{self.client}_{own}"


@dataclass(frozen=True, kw_only=True)
class PauseMark:
    """What says of a queue that it is paused although its jobs stay where they waited.

    `field` is one of the hash at `key`; without one it is the key's being there.
    """

    key: str
    field: str | None = None


@dataclass(frozen=True)
class _Part:
    name: str
    kind: str
    state: JobState
    meaning: str


_BULL_PARTS = (
    _Part("wait", "list", JobState.WAITING, "jobs to run, those with a priority in their place"),
    _Part(
        "paused", "list", JobState.PAUSED, "all that would be in `wait` were the queue not paused"
    ),
    _Part("active", "list", JobState.RUNNING, "jobs that a worker holds"),
    _Part("delayed", "zset", JobState.LATER, "jobs to run later, and retries during back-off"),
    _Part("failed", "zset", JobState.FAILED, "jobs that used up their attempts; the newest kept"),
    _Part("stalled", "set", JobState.STALLED, "active jobs not renewed since the last check"),
)
_BULLMQ_PARTS = (
    _Part("wait", "list", JobState.WAITING, "jobs to run that have no priority; the last is next"),
    _Part("prioritized", "zset", JobState.WAITING, "jobs to run that have a priority"),
    _Part("paused", "list", JobState.PAUSED, "jobs that BullMQ 5 set aside and nobody resumed yet"),
    _Part("active", "list", JobState.RUNNING, "jobs that a worker holds"),
    _Part("delayed", "zset", JobState.LATER, "jobs to run later, and retries during back-off"),
    _Part("waiting-children", "zset", JobState.BLOCKED, "jobs whose children have yet to end"),
    _Part("failed", "zset", JobState.FAILED, "jobs that used up their attempts; the newest kept"),
    _Part("stalled", "set", JobState.STALLED, "active jobs not renewed since the last check"),
)
_RQ_PARTS = (
    _Part("queue", "list", JobState.WAITING, "jobs to run; the first is next"),
    _Part("wip", "zset", JobState.RUNNING, "executions that a worker holds, by when they expire"),
    _Part("scheduled", "zset", JobState.LATER, "jobs to run later, and retries with an interval"),
    _Part("deferred", "zset", JobState.BLOCKED, "jobs that others must end before (`depends_on`)"),
    _Part(
        "ready", "zset", JobState.BLOCKED, "jobs set free whose process died before it queued them"
    ),
    _Part("failed", "zset", JobState.FAILED, "jobs that failed, by when they are forgotten"),
)
_PARTS: Mapping[QueueClient, tuple[_Part, ...]] = {
    QueueClient.BULL: _BULL_PARTS,
    QueueClient.BULLMQ: _BULLMQ_PARTS,
    QueueClient.RQ: _RQ_PARTS,
}


def prefix_of(client: QueueClient, jobs: QueueSettings) -> str:
    """What each key of the client begins with on this stack."""
    if client is QueueClient.RQ:
        return RQ_PREFIX
    if client is QueueClient.BULL:
        return DEFAULT_PREFIX
    beside = BESIDE_BULL_PREFIX if QueueClient.BULL in jobs.clients else DEFAULT_PREFIX
    return jobs.bullmq_prefix or beside


def pause_mark(client: QueueClient, queue: str, jobs: QueueSettings) -> PauseMark | None:
    """Of BullMQ 6 and RQ, whose paused jobs stay where they waited; Bull moves them to `paused`.

    RQ knows no pause of one queue: `rq suspend` stops the workers of all (`suspension.py`).
    """
    prefix = prefix_of(client, jobs)
    match client:
        case QueueClient.BULL:
            return None
        case QueueClient.BULLMQ:
            return PauseMark(key=_key(client, prefix, queue, "meta"), field="paused")
        case QueueClient.RQ:
            return PauseMark(key=f"{prefix}:suspended")


def queue_keys(queues: Sequence[str], jobs: QueueSettings) -> list[QueueKey]:
    """Every key that says how a queue stands, queue by queue, in the order of the clients."""
    return [
        QueueKey(
            client=client,
            queue=queue,
            part=part.name,
            key=_key(client, prefix_of(client, jobs), queue, part.name),
            kind=part.kind,
            state=part.state,
            meaning=part.meaning,
        )
        for queue in queues
        for client in jobs.clients
        for part in _PARTS[client]
    ]


def backlog_keys(queues: Sequence[str], jobs: QueueSettings) -> list[QueueKey]:
    """The keys that workers are scaled on: what waits and what runs."""
    asked = (JobState.WAITING, JobState.RUNNING)
    return [key for key in queue_keys(queues, jobs) if key.state in asked]


def _key(client: QueueClient, prefix: str, queue: str, part: str) -> str:
    # RQ names the kind first and the queue last, Bull and BullMQ the other way round.
    names = (part, queue) if client is QueueClient.RQ else (queue, part)
    return ":".join((prefix, *names))
