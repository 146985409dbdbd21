"""A real Redis primary of the queue that is killed, its replica promoted, and the jobs counted.

Replication in Redis is asynchronous, on ElastiCache too: a job is answered for when the primary has
it. Whoever must not lose it asks by WAIT how many replicas have it as well; what was enqueued
without that may be lost, and is replayed from the database.
"""

from __future__ import annotations

import signal
from collections.abc import Sequence
from contextlib import ExitStack
from pathlib import Path

import redis

from rf.drill.steps import DrillStep, StepFailedError, measured, require
from rf.shared.servers.processes import wait_until
from rf.shared.servers.programs import Programs
from rf.shared.servers.redis_servers import ADDRESS, TESTER, RedisLayer, start_redis

JOBS_CONFIRMED = 200
JOBS_UNCONFIRMED = 50
"""Enough to tell none from some."""

WAIT_MILLISECONDS = 1000
"""How long a job waits for its replica; one in the same region answers in a few."""

QUEUE = "drill:wait"


class LocalQueue:
    """A primary and a replica with the parameters of the stack's queue, and jobs put into it.

    `confirmed` are jobs that the replica had when they were acknowledged, `unconfirmed` those that
    only the primary answered for, while the replica was cut off. Leaving `stack` stops everything.
    """

    def __init__(
        self,
        stack: ExitStack,
        programs: Programs,
        directory: Path,
        layer: RedisLayer,
        **parameters: str,
    ) -> None:
        self.primary = start_redis(stack, programs, directory / "primary", layer, parameters)
        self.replica = start_redis(stack, programs, directory / "replica", layer, {})
        self.confirmed: list[str] = []
        self.unconfirmed: list[str] = []
        self._follow()

    def enqueue(self) -> None:
        """Put jobs into the queue, each acknowledged when primary and replica have it."""
        with self.primary.connect() as client:
            for number in range(JOBS_CONFIRMED):
                job = f"confirmed-{number}"
                client.lpush(QUEUE, job)
                if int(client.wait(1, WAIT_MILLISECONDS)) >= 1:  # pyright: ignore[reportArgumentType]
                    self.confirmed.append(job)

    def enqueue_unconfirmed(self) -> None:
        """Put jobs into the queue that nobody asks the replica about, while it is cut off."""
        with self.replica.connect() as client:
            client.execute_command("REPLICAOF", ADDRESS, 1)
        with self.primary.connect() as client:
            wait_until(lambda: _replicas(client) == 0, "the replica is cut off")
            for number in range(JOBS_UNCONFIRMED):
                job = f"unconfirmed-{number}"
                try:
                    client.lpush(QUEUE, job)
                except redis.ResponseError:  # NOREPLICAS: min-replicas-to-write refuses it
                    continue
                self.unconfirmed.append(job)

    def crash(self) -> None:
        """Kill the primary without a word."""
        self.primary.process.signal(signal.SIGKILL)
        self.primary.process.stop()

    def promote(self) -> None:
        """Make the replica the primary, as ElastiCache does by itself with multi-AZ."""
        with self.replica.connect() as client:
            client.execute_command("REPLICAOF", "NO", "ONE")

    def missing(self, jobs: Sequence[str]) -> int:
        """How many of these the new primary does not have."""
        with self.replica.connect() as client:
            there = {_text(job) for job in client.lrange(QUEUE, 0, -1)}
        return len(set(jobs) - there)

    def _follow(self) -> None:
        with self.primary.connect() as client:
            # Else it waits for further replicas before it begins.
            client.config_set("repl-diskless-sync-delay", 0)
        with self.replica.connect() as client:
            client.config_set("masteruser", TESTER)
            client.config_set("masterauth", self.primary.password)
            client.execute_command("REPLICAOF", ADDRESS, self.primary.port)
        with self.replica.connect() as client:
            wait_until(lambda: _link_is_up(client), "the replica follows")


def _text(job: bytes | str) -> str:
    return job.decode() if isinstance(job, bytes) else job


def _replicas(client: redis.Redis) -> int:
    return int(client.info("replication")["connected_slaves"])  # pyright: ignore[reportIndexIssue]


def _link_is_up(client: redis.Redis) -> bool:
    return client.info("replication")["master_link_status"] == "up"  # pyright: ignore[reportIndexIssue]


def queue_runbook() -> tuple[DrillStep[LocalQueue], ...]:
    """The loss of the queue's primary, step by step, on real servers."""
    return (
        measured("queue-fill", "jobs are enqueued, with WAIT", LocalQueue.enqueue, _enqueued),
        measured("queue-cut", "more without it", LocalQueue.enqueue_unconfirmed, _unconfirmed),
        measured("queue-crash", "the queue's primary is killed", LocalQueue.crash, _crashed),
        measured("queue-promote", "its replica is promoted", LocalQueue.promote, _promoted),
        measured("queue-count", "jobs are looked for", lambda _: None, _counted),
    )


def _enqueued(queue: LocalQueue) -> list[str]:
    require(len(queue.confirmed) == JOBS_CONFIRMED, "the replica confirms no jobs")
    return [f"{len(queue.confirmed)} jobs, each confirmed by the replica"]


def _unconfirmed(queue: LocalQueue) -> list[str]:
    return [f"{len(queue.unconfirmed)} of {JOBS_UNCONFIRMED} taken while the replica is cut off"]


def _crashed(queue: LocalQueue) -> list[str]:
    require(not queue.primary.answers(), "the primary still answers")
    return ["the primary answers nobody"]


def _promoted(queue: LocalQueue) -> list[str]:
    with queue.replica.connect() as client:
        try:
            client.lpush("drill:after", "job")
        except redis.ReadOnlyError as error:
            raise StepFailedError("the replica is still one: it takes no jobs") from error
    return ["it takes jobs"]


def _counted(queue: LocalQueue) -> list[str]:
    lost = queue.missing(queue.confirmed)
    require(lost == 0, f"{lost} of {len(queue.confirmed)} confirmed jobs are lost")
    unconfirmed = queue.missing(queue.unconfirmed)
    return [
        f"all {len(queue.confirmed)} confirmed jobs are there",
        f"{unconfirmed} of {len(queue.unconfirmed)} jobs that no replica confirmed are lost: they"
        " are replayed from the database",
    ]
