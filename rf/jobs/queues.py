"""How many jobs wait, are paused, run, failed in each queue, and since when the oldest waits."""

from __future__ import annotations

import os
import time
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, cast

import redis

from rendering.queue.keys import RQ_PREFIX, JobState, PauseMark, QueueKey, pause_mark, queue_keys
from rf.shared.errors import FailedError, InputError
from scaleplan.model import load_plan
from scaleplan.settings import Settings
from scaleplan.sizes import QueueClient, QueueEngine, QueueSettings

URL_VARIABLE = "QUEUE_URL"
"""Where the address and login stand, as in the applications; an argument would be in `ps`."""

JOBS_LOOKED_AT = 1000
"""Waiting jobs of one key whose age is asked for, those next to run: a look stays a short one."""

TIMEOUT_SECONDS = 5
"""For the connection and for each answer."""

_LENGTH = {"list": "LLEN", "zset": "ZCARD", "set": "SCARD"}


class JobsInputError(InputError):
    """No address of the queue, a wrong one, or a stack whose jobs are not in Redis."""


class QueueUnreachableError(FailedError):
    """A queue that doesn't answer, or that refuses the login."""


@dataclass(frozen=True, kw_only=True)
class QueueLook:
    """One queue of one library. `jobs` has a number for each state that the library keeps a key of.

    Of a paused queue no job counts as waiting, wherever the library keeps it. The oldest is that of
    those that wait or are paused; `oldest_waiting_seconds` is None where there is none, and of more
    than `JOBS_LOOKED_AT` jobs it is the age of the oldest among those next to run.
    """

    client: QueueClient
    queue: str
    jobs: dict[JobState, int]
    oldest_waiting_seconds: float | None


@dataclass(frozen=True, kw_only=True)
class QueueDepth:
    """The plan's "Queue depth": jobs over all queues that are due, against its two thresholds.

    `waiting` are those that a worker would take, `paused` those that none takes.
    """

    waiting: int
    paused: int
    level: str
    action: str


def look_at(settings: Settings) -> list[QueueLook]:
    """Every queue of the plan. Raises JobsInputError or QueueUnreachableError."""
    if settings.queue.engine is not QueueEngine.REDIS:
        raise JobsInputError(
            f"queue.engine is {settings.queue.engine}: the jobs are not in Redis; ask the broker's"
            " own console"
        )
    url = os.environ.get(URL_VARIABLE, "")
    if not url.startswith(("rediss://", "redis://", "unix://")):
        raise JobsInputError(
            f"{URL_VARIABLE} must hold the queue's address with a login, rediss://user:password@"
            "host:6379, as in the Secret orchestrator-credentials"
        )
    return look(url, load_plan().queue.names, settings.queue)


def depth_of(looks: Sequence[QueueLook]) -> QueueDepth:
    """The depth of all queues: fine below the warning, then `warning`, then `critical`."""
    limits = load_plan().thresholds.queue_depth
    waiting, paused = (
        sum(each.jobs.get(state, 0) for each in looks)
        for state in (JobState.WAITING, JobState.PAUSED)
    )
    level = "fine"
    if waiting + paused >= limits.warning:
        level = "critical" if waiting + paused >= limits.critical else "warning"
    # More workers are no help to jobs that none takes.
    action = limits.action if waiting >= limits.warning else "resume the queues that are paused"
    return QueueDepth(
        waiting=waiting, paused=paused, level=level, action="" if level == "fine" else action
    )


def look(url: str, queues: Sequence[str], jobs: QueueSettings) -> list[QueueLook]:
    """Ask the queue at `url` (`rediss://`), with no command that changes anything.

    Raises QueueUnreachableError, whose text names the host and never the login.
    """
    connection = redis.Redis.from_url(
        url, socket_timeout=TIMEOUT_SECONDS, socket_connect_timeout=TIMEOUT_SECONDS
    )
    host = connection.connection_pool.connection_kwargs.get("host", "localhost")
    try:
        with connection:
            return list(_looks(connection, queue_keys(queues, jobs), jobs))
    except redis.RedisError as error:
        raise QueueUnreachableError(f"{host}: {error}") from error


def _looks(
    connection: redis.Redis, keys: Sequence[QueueKey], settings: QueueSettings
) -> Iterable[QueueLook]:
    pipeline = connection.pipeline(transaction=False)
    for key in keys:
        pipeline.execute_command(_LENGTH[key.kind], key.key)
    lengths = dict(zip(keys, cast("list[int]", pipeline.execute()), strict=True))
    now = time.time()
    for client, queue in dict.fromkeys((key.client, key.queue) for key in keys):
        own = [key for key in keys if (key.client, key.queue) == (client, queue)]
        jobs = dict.fromkeys((key.state for key in own), 0)
        for key in own:
            jobs[key.state] += lengths[key]
        jobs.setdefault(JobState.PAUSED, 0)
        if _is_paused(connection, pause_mark(client, queue, settings)):
            jobs[JobState.PAUSED] += jobs[JobState.WAITING]
            jobs[JobState.WAITING] = 0
        since = [
            added
            for key in own
            if key.state in {JobState.WAITING, JobState.PAUSED} and lengths[key]
            for added in _added(connection, key)
        ]
        yield QueueLook(
            client=client,
            queue=queue,
            jobs=jobs,
            oldest_waiting_seconds=max(0.0, now - min(since)) if since else None,
        )


def _is_paused(connection: redis.Redis, mark: PauseMark | None) -> bool:
    if mark is None:
        return False
    exists = connection.hexists(mark.key, mark.field) if mark.field else connection.exists(mark.key)
    return bool(exists)


def _added(connection: redis.Redis, key: QueueKey) -> Iterable[float]:
    """When each of the jobs was added, in seconds since 1970; a job just taken has no answer."""
    last = JOBS_LOOKED_AT - 1
    if key.kind == "zset":
        ids: Any = connection.zrange(key.key, 0, last)
    elif key.client is QueueClient.RQ:
        ids = connection.lrange(key.key, 0, last)
    else:
        # Bull and BullMQ push on the left and take from the right.
        ids = connection.lrange(key.key, -JOBS_LOOKED_AT, -1)
    field = "enqueued_at" if key.client is QueueClient.RQ else "timestamp"
    pipeline = connection.pipeline(transaction=False)
    for job in ids:
        pipeline.hget(_job_key(key, job.decode()), field)
    return [_seconds(key.client, text.decode()) for text in pipeline.execute() if text]


def _job_key(key: QueueKey, job: str) -> str:
    if key.client is QueueClient.RQ:
        return f"{RQ_PREFIX}:job:{job}"
    return f"{key.key.removesuffix(f':{key.part}')}:{job}"


def _seconds(client: QueueClient, text: str) -> float:
    """Bull and BullMQ write milliseconds, RQ a time in UTC."""
    if client is QueueClient.RQ:
        return datetime.fromisoformat(text).timestamp()
    return float(text) / 1000
