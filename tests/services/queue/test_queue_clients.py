"""Jobs of the real Bull, BullMQ and RQ: what KEDA's exported triggers count, what logins allow."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import timedelta
from typing import Any

import pytest
import redis.exceptions
from redis import Redis
from rq import Queue as RqQueue
from rq import Worker as RqWorker

from rendering.queue.keys import JobState, queue_keys
from rf.shared.project import PROJECT_ROOT
from rf.shared.servers.processes import wait_until
from rf.shared.servers.redis_servers import RedisServer
from scaleplan.model import load_plan
from scaleplan.sizes import QueueClient, QueueSettings
from tests.services.queue.node_clients import NodeClients
from tests.services.queue.queue_export import ExportedQueue
from tests.services.shared.starting import StartRedis

pytestmark = pytest.mark.services

PLAN = load_plan()
FIRST, SECOND, _ = PLAN.queue.names
HOUR = timedelta(hours=1)
PRIORITY = {"priority": PLAN.queue.job.default_priority}
DELAYED = {"delay": HOUR // timedelta(milliseconds=1)}

LENGTH = """
local kind = redis.call('type', KEYS[1]).ok
if kind == 'zset' then return redis.call('zcard', KEYS[1]) end
return redis.call('llen', KEYS[1])
"""
"""What KEDA asks: the length of a key, by its type."""

BULLS = ["bull", "bullmq"]
COMMON_EVENTS = ("active", "completed", "delayed", "drained", "duplicated", "failed")
COMMON_EVENTS += ("paused", "progress", "resumed", "stalled", "waiting")
EVENTS = {"bull": (*COMMON_EVENTS, "debounced"), "bullmq": (*COMMON_EVENTS, "deduplicated")}
"""What a process can listen to, by library (Bull `lib/queue.js`, BullMQ `queue-events.ts`)."""


class Queues:
    """The queue's Redis as exported, and its libraries, each under its application's login."""

    def __init__(self, server: RedisServer, clients: NodeClients, exported: ExportedQueue) -> None:
        self.server = server
        self._clients = clients
        self._exported = exported

    def lengths(self) -> dict[str, int]:
        """What KEDA reads for each trigger, with its own login; those of zero are left out."""
        with self.server.connect("keda") as keda:
            found = {
                name: int(str(keda.eval(LENGTH, 1, key)))
                for name, key in self._exported.triggers.items()
            }
        return {name: length for name, length in found.items() if length}

    def pods_wanted(self) -> float:
        """The value of the exported formula."""
        zeros = dict.fromkeys(self._exported.triggers, 0)
        return eval(self._exported.formula, {"float": float}, zeros | self.lengths())

    def node(
        self, client: str, *steps: dict[str, Any], user: str, queue: str = FIRST
    ) -> dict[str, Any]:
        """Steps of `tests/services/queue/node/jobs.cjs`."""
        return self._clients.run(
            client,
            *steps,
            url=self.server.url(user),
            prefix=self._exported.config[f"{client.upper()}_PREFIX"],
            queue=queue,
        )

    def rq(self, user: str, queue: str = FIRST) -> RqQueue:
        return RqQueue(queue, connection=self.server.connect(user))


@pytest.fixture
def queues(redis: StartRedis, node_clients: NodeClients, exported_queue: ExportedQueue) -> Queues:
    return Queues(redis("queue"), node_clients, exported_queue)


def test_jobs_of_bull_are_counted_where_it_keeps_them(queues: Queues):
    steps = ({"add": 3}, {"add": 2, "options": PRIORITY}, {"add": 4, "options": DELAYED})
    assert queues.node("bull", *steps, user="orchestrator")["added"] == 9
    # Jobs with a priority stand in the same list; what is to run later does not count.
    assert queues.lengths() == {f"bull_{FIRST}_wait": 5}
    assert queues.node("bull", {"hold": 2}, user="worker")["held"] == 2
    assert queues.lengths() == {f"bull_{FIRST}_wait": 3, f"bull_{FIRST}_active": 2}
    assert queues.pods_wanted() == pytest.approx(3 / 10 + 2)


def test_jobs_of_bullmq_are_counted_where_it_keeps_them(queues: Queues):
    steps = ({"add": 3}, {"add": 2, "options": PRIORITY}, {"add": 4, "options": DELAYED})
    assert queues.node("bullmq", *steps, user="orchestrator")["added"] == 9
    # Jobs with a priority, which the plan gives to all, are not in `wait`.
    assert queues.lengths() == {f"{FIRST}_wait": 3, f"{FIRST}_prioritized": 2}
    assert queues.node("bullmq", {"hold": 4}, user="worker")["held"] == 4
    assert queues.lengths() == {f"{FIRST}_prioritized": 1, f"{FIRST}_active": 4}
    assert queues.pods_wanted() == pytest.approx(1 / 10 + 4)


def test_jobs_of_rq_are_counted_where_it_keeps_them(queues: Queues):
    queue = queues.rq("orchestrator")
    for _ in range(3):
        queue.enqueue(time.sleep, 60)
    # RQ's only priority is a place further ahead.
    queue.enqueue(time.sleep, 60, at_front=True)
    queue.enqueue_in(HOUR, time.sleep, 60)
    assert queues.lengths() == {f"rq_{FIRST}_queue": 4}
    with rq_worker(queues):
        expected = {f"rq_{FIRST}_queue": 3, f"rq_{FIRST}_wip": 1}
        wait_until(lambda: queues.lengths() == expected, "RQ's worker holds a job")
        assert queues.pods_wanted() == pytest.approx(3 / 10 + 1)
        assert denied(queues) == set()


def test_a_paused_queue_of_bull_asks_for_no_worker(queues: Queues):
    steps = ({"add": 3}, {"pause": True}, {"add": 2}, {"add": 1, "options": PRIORITY})
    queues.node("bull", *steps, user="orchestrator")
    assert queues.lengths() == {}
    with queues.server.connect() as tester:
        assert tester.llen(key_of("bull", JobState.PAUSED)) == 6
    queues.node("bull", {"resume": True}, user="orchestrator")
    assert queues.lengths() == {f"bull_{FIRST}_wait": 6}


def test_a_paused_queue_of_bullmq_keeps_its_jobs_where_they_are_counted(queues: Queues):
    steps = ({"add": 3}, {"pause": True}, {"add": 2}, {"add": 1, "options": PRIORITY})
    queues.node("bullmq", *steps, user="orchestrator")
    assert queues.lengths() == {f"{FIRST}_wait": 5, f"{FIRST}_prioritized": 1}


@pytest.mark.parametrize("client", BULLS)
def test_a_stalled_job_is_the_next_to_run_whatever_its_priority(queues: Queues, client: str):
    queues.node(client, {"add": 2, "options": PRIORITY}, user="orchestrator")
    stall(queues, client)
    with queues.server.connect() as tester:
        assert tester.lindex(key_of(client, JobState.WAITING), -1) == b"1"
    # The other keeps its place: in BullMQ in a key of its own, behind all of `wait`.
    expected = (
        {f"bull_{FIRST}_wait": 2}
        if client == "bull"
        else dict.fromkeys((f"{FIRST}_wait", f"{FIRST}_prioritized"), 1)
    )
    assert queues.lengths() == expected


@pytest.mark.parametrize(("client", "waits_for_a_worker"), [("bull", False), ("bullmq", True)])
def test_a_job_that_stalls_twice_fails_in_bullmq_once_a_worker_takes_it(
    queues: Queues, client: str, waits_for_a_worker: bool
):
    failed = key_of(client, JobState.FAILED)
    queues.node(client, {"add": 1}, user="orchestrator")
    stall(queues, client)
    stall(queues, client)
    with queues.server.connect() as tester:
        assert tester.zcard(failed) == (not waits_for_a_worker)
        assert sum(queues.lengths().values()) == waits_for_a_worker
        if waits_for_a_worker:
            queues.node(client, {"work": 1}, user="worker")
            assert tester.zcard(failed) == 1
            assert queues.lengths() == {}


def test_every_queue_of_the_plan_is_counted(queues: Queues):
    for count, queue in enumerate(PLAN.queue.names, start=1):
        queues.node("bullmq", {"add": count}, user="orchestrator", queue=queue)
    assert queues.lengths() == {
        f"{name}_wait": count for count, name in enumerate(PLAN.queue.names, start=1)
    }


def test_the_plans_literal_list_holds_no_job_of_any_library(queues: Queues):
    for client in BULLS:
        queues.node(client, {"add": 2}, {"add": 1, "options": PRIORITY}, user="orchestrator")
    queues.rq("orchestrator").enqueue(time.sleep, 0)
    assert sum(queues.lengths().values()) == 7
    with queues.server.connect() as tester:
        assert tester.exists(FIRST) == 0
    assert FIRST not in queues._exported.triggers.values()


def test_bull_and_bullmq_do_not_touch_each_others_jobs(queues: Queues):
    for client in BULLS:
        assert queues.node(client, {"add": 2}, user="orchestrator")["added"] == 2
    assert queues.lengths() == {f"bull_{FIRST}_wait": 2, f"{FIRST}_wait": 2}
    queues.node("bull", {"work": 2}, user="worker")
    assert queues.lengths() == {f"{FIRST}_wait": 2}
    queues.node("bullmq", {"work": 2}, user="worker")
    assert queues.lengths() == {}


@pytest.mark.parametrize("client", BULLS)
def test_failed_jobs_are_where_the_table_of_keys_says(queues: Queues, client: str):
    queues.node(client, {"add": 2}, user="orchestrator")
    queues.node(client, {"work": 2, "fail": True}, user="worker")
    with queues.server.connect() as tester:
        assert tester.zcard(key_of(client, JobState.FAILED)) == 2
    assert queues.lengths() == {}


def test_failed_jobs_of_rq_are_where_the_table_of_keys_says(queues: Queues):
    queues.rq("orchestrator").enqueue(time.sleep, "not a number")
    worker = RqWorker([queues.rq("worker")], connection=queues.server.connect("worker"))
    worker.work(burst=True, logging_level="ERROR")
    with queues.server.connect() as tester:
        assert tester.zcard(key_of("rq", JobState.FAILED)) == 1


@pytest.mark.parametrize("client", BULLS)
def test_the_oldest_waiting_job_is_the_last_of_its_list_and_knows_its_age(
    queues: Queues, client: str
):
    before = time.time() * 1000
    queues.node(client, {"add": 2}, user="orchestrator")
    wait = key_of(client, JobState.WAITING)
    with queues.server.connect() as tester:
        oldest = tester.lindex(wait, -1)
        assert isinstance(oldest, bytes)
        added = tester.hget(f"{wait.rpartition(':')[0]}:{oldest.decode()}", "timestamp")
        assert oldest == b"1"
        assert before <= float(str(added, "ascii") if isinstance(added, bytes) else "0")


def test_nothing_that_the_libraries_do_is_refused_to_their_logins(queues: Queues):
    steps = ({"add": 2}, {"add": 1, "options": PRIORITY}, {"add": 1, "options": DELAYED})
    for client in BULLS:
        queues.node(client, *steps, user="orchestrator")
        queues.node(client, {"hold": 1}, {"work": 2}, user="worker")
        queues.node(client, {"add": 1}, user="orchestrator", queue=SECOND)
        queues.node(client, {"work": 1, "fail": True}, user="worker", queue=SECOND)
    queues.rq("orchestrator").enqueue(time.sleep, 0)
    queues.rq("orchestrator").enqueue_in(HOUR, time.sleep, 0)
    worker = RqWorker([queues.rq("worker")], connection=queues.server.connect("worker"))
    worker.work(burst=True, logging_level="ERROR")
    assert denied(queues) == set()


@pytest.mark.parametrize("user", ["orchestrator", "worker"])
@pytest.mark.parametrize("client", BULLS)
def test_each_event_of_a_queue_may_be_listened_to(queues: Queues, client: str, user: str):
    for queue in PLAN.queue.names:
        queues.node(client, {"listen": EVENTS[client]}, user=user, queue=queue)
    assert denied(queues) == set()


@pytest.mark.parametrize("client", BULLS)
def test_what_happens_to_a_job_is_heard_under_the_applications_login(queues: Queues, client: str):
    queues.node(
        client,
        {"listen": EVENTS[client]},
        {"add": 2, "options": {"jobId": "once"}},
        {"pause": True},
        {"resume": True},
        {"work": 1},
        {"hear": ["waiting", "duplicated", "paused", "resumed", "active", "completed"]},
        user="orchestrator",
    )
    queues.node(
        client,
        {"listen": ["failed"]},
        {"add": 1},
        {"work": 1, "fail": True},
        {"hear": ["failed"]},
        user="orchestrator",
    )
    assert denied(queues) == set()


def test_events_of_others_are_not_heard(queues: Queues):
    with queues.server.connect("worker") as worker:
        # A pattern is admitted by its own words alone, whatever it would match.
        for pattern in ("*", "bull:*:waiting*", f"bull:{FIRST}:*", "session:*"):
            refused(worker, "PSUBSCRIBE", pattern)


def test_the_worker_may_not_read_sessions_nor_list_keys(queues: Queues):
    with queues.server.connect("orchestrator") as orchestrator:
        orchestrator.set("session:abc", "someone", ex=60)
    with queues.server.connect("collaboration") as collaboration:
        assert collaboration.get("session:abc") == b"someone"
        refused(collaboration, "SET", "session:abc", "someone else")
        refused(collaboration, "LLEN", f"bull:{FIRST}:wait")
        refused(collaboration, "SCAN", "0")
    with queues.server.connect("worker") as worker:
        refused(worker, "GET", "session:abc")
        for command in ("SCAN 0", "KEYS *", "RANDOMKEY", "FLUSHALL", "CONFIG GET *", "ACL LIST"):
            refused(worker, *command.split())
        refused(worker, "SUBSCRIBE", "elsewhere")


def test_keda_may_ask_for_lengths_and_nothing_else(queues: Queues):
    with queues.server.connect("keda") as keda:
        assert keda.ping()
        assert keda.eval(LENGTH, 1, f"bull:{FIRST}:wait") == 0
        refused(keda, "LRANGE", f"bull:{FIRST}:wait", 0, -1)
        refused(keda, "LLEN", f"bull:{FIRST}:failed")
        refused(keda, "DEL", f"bull:{FIRST}:wait")
        refused(keda, "GET", "session:abc")
        refused(keda, "KEYS", "*")
        with pytest.raises(redis.exceptions.ResponseError, match=r"ACL|permission"):
            keda.eval("return redis.call('lpop', KEYS[1])", 1, f"bull:{FIRST}:wait")


def test_nobody_logs_in_as_the_default_user(queues: Queues):
    with Redis(port=queues.server.port) as anonymous, pytest.raises(redis.exceptions.RedisError):
        anonymous.ping()
    with queues.server.connect("default") as default, pytest.raises(redis.exceptions.RedisError):
        default.ping()


def denied(queues: Queues) -> set[tuple[str, str]]:
    """User and object of everything that was refused, other than KEDA's name for its client.

    Nobody minds that refusal, and ElastiCache's Redis 7.1 would not take a login that names the
    command, which is of 7.2.
    """
    with queues.server.connect() as tester:
        found = {(str(entry["username"]), str(entry["object"])) for entry in tester.acl_log()}
    return found - {("keda", "client|setinfo")}


def refused(client: Redis, *command: Any) -> None:
    with pytest.raises(redis.exceptions.NoPermissionError):
        client.execute_command(*command)


def key_of(client: str, state: JobState) -> str:
    """The first key of the first queue that the table has for this state."""
    settings = QueueSettings(node_class="cache.m7g.large", nodes=2, clients=tuple(QueueClient))
    keys = queue_keys([FIRST], settings)
    return next(key.key for key in keys if key.client == client and key.state is state)


def stall(queues: Queues, client: str) -> None:
    """A worker takes the first job and dies; the next look but one finds that it stalled."""
    assert queues.node(client, {"hold": 1}, user="worker")["held"] == 1
    base = key_of(client, JobState.RUNNING).removesuffix("active")
    with queues.server.connect() as tester:
        # As after the 30 s that a lock is good for.
        assert tester.delete(f"{base}1:lock") == 1
        for _ in range(2):
            # As after the interval between two looks.
            tester.delete(f"{base}stalled-check")
            queues.node(client, {"stalled": True}, user="worker")


@contextmanager
def rq_worker(queues: Queues) -> Iterator[None]:
    """A worker process of its own, as in a pod, ended with its job when the test is over."""
    code = (
        "import os, redis, rq; connection = redis.Redis.from_url(os.environ['REDIS_URL']);"
        f"rq.Worker({list(PLAN.queue.names)}, connection=connection)"
        ".work(with_scheduler=True)"
    )
    process = subprocess.Popen(
        [sys.executable, "-c", code],
        env=os.environ | {"REDIS_URL": queues.server.url("worker")},
        cwd=PROJECT_ROOT,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
        start_new_session=True,
    )
    try:
        yield
    finally:
        os.killpg(process.pid, signal.SIGKILL)
        process.wait()
