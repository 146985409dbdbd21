"""Jobs in BullMQ's form: put into a queue as its producers do, and looked at.

The form was read in BullMQ 6.7 (`src/commands/addStandardJob-9.lua`, `src/classes/job.ts`), and
tests/services/conform has its own worker carry out such jobs.
"""

from __future__ import annotations

import json
import secrets
import time
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, cast

import redis


@dataclass(frozen=True)
class BullmqQueue:
    """One queue of a Redis, seen by a login that may do everything."""

    client: redis.Redis
    prefix: str
    name: str

    def add(self, name: str, data: Any, options: Mapping[str, Any]) -> str:
        """Put a job at the end of those that wait; returns its id."""
        identifier = f"conform-{secrets.token_hex(6)}"
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
            # What an idle worker waits for.
            pipeline.zadd(self._key("marker"), {"0": 0})
            pipeline.execute()
        return identifier

    def active(self) -> set[str]:
        """Jobs that a worker holds."""
        return _texts(self.client.lrange(self._key("active"), 0, -1))

    def waiting(self) -> set[str]:
        """Jobs that nobody has taken yet."""
        return _texts(self.client.lrange(self._key("wait"), 0, -1))

    def ended(self) -> dict[str, str]:
        """How jobs have ended: `completed`, or `failed`."""
        return {
            identifier: state
            for state in ("completed", "failed")
            for identifier in _texts(self.client.zrange(self._key(state), 0, -1))
        }

    def added(self) -> dict[str, dict[str, str]]:
        """Every job that is there, by its id, with its fields."""
        found: dict[str, dict[str, str]] = {}
        for key in _texts(self.client.scan_iter(match=self._key("*"), count=1000)):
            if self.client.type(key) == b"hash":
                fields = cast("Mapping[bytes, bytes]", self.client.hgetall(key))
                job = {name.decode(): value.decode() for name, value in fields.items()}
                if {"name", "data", "opts"} <= job.keys():
                    found[key.removeprefix(self._key(""))] = job
        return found

    def _key(self, part: str) -> str:
        return f"{self.prefix}:{self.name}:{part}"


def _texts(values: Any) -> set[str]:
    return {value.decode() for value in values}
