"""Jobs as the libraries keep them in Redis: put into a queue as producers do, and looked at.

The forms were read in BullMQ 6.7 (`src/commands/addStandardJob-9.lua`, `src/classes/job.ts`), Bull
4.16 (`lib/commands/addJob-6.lua`) and RQ 3.0 (`rq/job.py`, `rq/queue.py`, `rq/registry.py`), and
tests/services/conform has a worker of each carry out such jobs.
"""

from __future__ import annotations

import json
import pickle
import secrets
import time
import zlib
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any, Protocol, cast

import redis

from scaleplan.sizes import QueueClient

_RQ_TIMEOUT_SECONDS = 180
"""RQ's own default (`defaults.py`)."""


@dataclass(frozen=True, kw_only=True)
class RetriedJob:
    """How often a job is tried, and the wait after the first time."""

    attempts: int
    backoff_type: str
    backoff_milliseconds: int


class LibraryQueue(Protocol):
    """One queue of a Redis, seen by a login that may do everything."""

    @property
    def client(self) -> redis.Redis:
        """That login's connection."""
        ...

    def add(self, name: str, data: Any, retried: RetriedJob) -> str:
        """Put a job at the end of those that wait; returns its id."""
        ...

    def active(self) -> set[str]:
        """Jobs that a worker holds."""
        ...

    def waiting(self) -> set[str]:
        """Jobs that nobody has taken yet."""
        ...

    def ended(self) -> dict[str, str]:
        """How jobs have ended: `completed`, or `failed`."""
        ...

    def added(self) -> dict[str, dict[str, str]]:
        """Every job that is there, by its id, with its fields."""
        ...


def job_queue(client: redis.Redis, library: QueueClient, prefix: str, name: str) -> LibraryQueue:
    """A queue of that library; RQ's prefix is its own."""
    if library is QueueClient.RQ:
        return _RqQueue(client, prefix, name)
    return _BullQueue(client, prefix, name, marked=library is QueueClient.BULLMQ)


@dataclass(frozen=True)
class _BullQueue:
    """Bull's and BullMQ's: the latter's idle workers wait for a `marker`."""

    client: redis.Redis
    prefix: str
    name: str
    marked: bool

    def add(self, name: str, data: Any, retried: RetriedJob) -> str:
        identifier = _new_identifier()
        options = {
            "attempts": retried.attempts,
            "backoff": {"type": retried.backoff_type, "delay": retried.backoff_milliseconds},
        }
        job: dict[Any, Any] = {
            "name": name,
            "data": json.dumps(data),
            "opts": json.dumps(options),
            "timestamp": str(round(time.time() * 1000)),
            "delay": "0",
            "priority": "0",
        }
        with self.client.pipeline() as pipeline:
            pipeline.hset(self._key(identifier), mapping=job)
            pipeline.lpush(self._key("wait"), identifier)
            if self.marked:
                pipeline.zadd(self._key("marker"), {"0": 0})
            pipeline.execute()
        return identifier

    def active(self) -> set[str]:
        return _texts(self.client.lrange(self._key("active"), 0, -1))

    def waiting(self) -> set[str]:
        return _texts(self.client.lrange(self._key("wait"), 0, -1))

    def ended(self) -> dict[str, str]:
        return {
            identifier: state
            for state in ("completed", "failed")
            for identifier in _texts(self.client.zrange(self._key(state), 0, -1))
        }

    def added(self) -> dict[str, dict[str, str]]:
        jobs = _hashes(self.client, self._key(""))
        return {key: job for key, job in jobs.items() if {"name", "data", "opts"} <= job.keys()}

    def _key(self, part: str) -> str:
        return f"{self.prefix}:{self.name}:{part}"


@dataclass(frozen=True)
class _RqQueue:
    """RQ's: jobs of all queues stand together, and a job's name is its function's path."""

    client: redis.Redis
    prefix: str
    name: str

    def add(self, name: str, data: Any, retried: RetriedJob) -> str:
        identifier = _new_identifier()
        keywords = cast("dict[str, Any]", data) if isinstance(data, dict) else {}
        positional = () if isinstance(data, dict) or data is None else (data,)
        now = datetime.now(UTC).strftime("%Y-%m-%dT%H:%M:%S.%fZ")
        job: dict[Any, Any] = {
            "created_at": now,
            "enqueued_at": now,
            "data": zlib.compress(pickle.dumps((name, None, positional, keywords))),
            "origin": self.name,
            "description": name,
            "timeout": _RQ_TIMEOUT_SECONDS,
            "retries_left": retried.attempts - 1,
            "status": "queued",
        }
        queue = self._key("queue")
        with self.client.pipeline() as pipeline:
            pipeline.sadd(f"{self.prefix}:queues", queue)
            pipeline.hset(f"{self.prefix}:job:{identifier}", mapping=job)
            pipeline.rpush(queue, identifier)
            pipeline.execute()
        return identifier

    def active(self) -> set[str]:
        # Each time that a job is run has a name, after the job's.
        held = _texts(self.client.zrange(self._key("wip"), 0, -1))
        return {each.partition(":")[0] for each in held}

    def waiting(self) -> set[str]:
        return _texts(self.client.lrange(self._key("queue"), 0, -1))

    def ended(self) -> dict[str, str]:
        return {
            identifier: state
            for part, state in (("finished", "completed"), ("failed", "failed"))
            for identifier in _texts(self.client.zrange(self._key(part), 0, -1))
        }

    def added(self) -> dict[str, dict[str, str]]:
        jobs = _hashes(self.client, f"{self.prefix}:job:")
        return {key: job for key, job in jobs.items() if job.get("origin") == self.name}

    def _key(self, part: str) -> str:
        return f"{self.prefix}:{part}:{self.name}"


def _new_identifier() -> str:
    return f"conform-{secrets.token_hex(6)}"


def _hashes(client: redis.Redis, prefix: str) -> dict[str, dict[str, str]]:
    """The hashes whose keys begin so, by the rest of the key."""
    found: dict[str, dict[str, str]] = {}
    for key in _texts(client.scan_iter(match=f"{prefix}*", count=1000)):
        if client.type(key) == b"hash":
            fields = cast("Mapping[bytes, bytes]", client.hgetall(key))
            found[key.removeprefix(prefix)] = {
                name.decode(): value.decode(errors="replace") for name, value in fields.items()
            }
    return found


def _texts(values: Any) -> set[str]:
    return {value.decode() for value in values}
