"""`rf jobs` on a queue that the real Bull, BullMQ and RQ have written, with its own login."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import time
from typing import Any

import pytest
from redis import Redis
from rq import Queue as RqQueue
from rq.suspension import resume, suspend

from rf.shared.project import PROJECT_ROOT
from rf.shared.servers.redis_servers import RedisServer
from scaleplan.model import load_plan
from tests.services.queue.node_clients import NodeClients
from tests.services.queue.queue_export import CLIENTS, STACK, ExportedQueue
from tests.services.shared.starting import StartRedis

pytestmark = pytest.mark.services

PLAN = load_plan()
FIRST, SECOND, THIRD = PLAN.queue.names
PRIORITY = {"priority": PLAN.queue.job.default_priority}
LONG_AGO_SECONDS = 5000


def run_jobs(url: str, *options: str) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "-m", "rf", "jobs", "--stack", STACK, "--set", CLIENTS, *options]
    return subprocess.run(
        command,
        cwd=PROJECT_ROOT,
        env=os.environ | {"QUEUE_URL": url},
        capture_output=True,
        text=True,
        check=False,
    )


@pytest.fixture
def server(redis: StartRedis) -> RedisServer:
    return redis("queue")


def found(result: subprocess.CompletedProcess[str]) -> dict[tuple[str, str], dict[str, Any]]:
    assert result.stderr == ""
    rows = json.loads(result.stdout)["queues"]
    return {(row["library"], row["queue"]): row for row in rows}


def test_waiting_failed_and_the_oldest_job_of_every_library_are_seen(
    server: RedisServer, node_clients: NodeClients, exported_queue: ExportedQueue
):
    for client in ("bull", "bullmq"):
        prefix = exported_queue.config[f"{client.upper()}_PREFIX"]
        at = {"url": server.url("orchestrator"), "prefix": prefix, "queue": FIRST}
        node_clients.run(client, {"add": 1}, {"work": 1, "fail": True}, **at)
        node_clients.run(client, {"add": 2}, {"add": 2, "options": PRIORITY}, **at)
        with server.connect() as tester:
            # The second job, the first that still waits, as if it had waited for long.
            added = int((time.time() - LONG_AGO_SECONDS) * 1000)
            assert tester.hset(f"{prefix}:{FIRST}:2", "timestamp", added) == 0
    with Redis.from_url(server.url("orchestrator")) as connection:
        RqQueue(THIRD, connection=connection).enqueue(time.sleep, 0)
    rows = found(run_jobs(server.url("orchestrator"), "--json"))
    assert len(rows) == 9
    for client in ("bull", "bullmq"):
        row = rows[client, FIRST]
        assert (row["jobs"]["waiting"], row["jobs"]["failed"]) == (4, 1)
        assert LONG_AGO_SECONDS <= row["oldestWaitingSeconds"] < LONG_AGO_SECONDS + 60
        assert rows[client, SECOND]["oldestWaitingSeconds"] is None
    assert rows["rq", THIRD]["jobs"]["waiting"] == 1
    assert 0 <= rows["rq", THIRD]["oldestWaitingSeconds"] < 60
    # RQ keeps no such set: nothing is said rather than none.
    assert "stalled" not in rows["rq", THIRD]["jobs"]


@pytest.mark.parametrize("client", ["bull", "bullmq"])
def test_jobs_of_a_paused_queue_are_told_from_those_that_workers_would_take(
    server: RedisServer, node_clients: NodeClients, exported_queue: ExportedQueue, client: str
):
    prefix = exported_queue.config[f"{client.upper()}_PREFIX"]
    at = {"url": server.url("orchestrator"), "prefix": prefix}
    paused = ({"add": 2}, {"pause": True}, {"add": 1}, {"add": 1, "options": PRIORITY})
    node_clients.run(client, *paused, **at, queue=FIRST)
    node_clients.run(client, {"add": 1}, **at, queue=SECOND)
    rows = found(run_jobs(server.url("orchestrator"), "--json"))
    row = rows[client, FIRST]
    assert (row["jobs"]["waiting"], row["jobs"]["paused"]) == (0, 4)
    assert 0 <= row["oldestWaitingSeconds"] < 60
    other = rows[client, SECOND]["jobs"]
    assert (other["waiting"], other["paused"]) == (1, 0)
    said = run_jobs(server.url("orchestrator"))
    assert "1 jobs wait, 4 stand in paused queues" in said.stdout
    node_clients.run(client, {"resume": True}, **at, queue=FIRST)
    row = found(run_jobs(server.url("orchestrator"), "--json"))[client, FIRST]
    assert (row["jobs"]["waiting"], row["jobs"]["paused"]) == (4, 0)


def test_suspended_workers_of_rq_leave_all_its_jobs_paused(server: RedisServer):
    with Redis.from_url(server.url("orchestrator")) as connection:
        RqQueue(THIRD, connection=connection).enqueue(time.sleep, 0)
        suspend(connection)
        row = found(run_jobs(server.url("orchestrator"), "--json"))["rq", THIRD]
        assert (row["jobs"]["waiting"], row["jobs"]["paused"]) == (0, 1)
        resume(connection)
        row = found(run_jobs(server.url("orchestrator"), "--json"))["rq", THIRD]
        assert (row["jobs"]["waiting"], row["jobs"]["paused"]) == (1, 0)


def test_jobs_that_wait_for_others_are_seen(
    server: RedisServer, node_clients: NodeClients, exported_queue: ExportedQueue
):
    prefix = exported_queue.config["BULLMQ_PREFIX"]
    at = {"url": server.url("orchestrator"), "prefix": prefix, "queue": FIRST}
    node_clients.run("bullmq", {"family": SECOND}, **at)
    with Redis.from_url(server.url("orchestrator")) as connection:
        queue = RqQueue(THIRD, connection=connection)
        queue.enqueue(time.sleep, 0, depends_on=queue.enqueue(time.sleep, 0))
    rows = found(run_jobs(server.url("orchestrator"), "--json"))
    for row in (rows["bullmq", FIRST], rows["rq", THIRD]):
        assert row["jobs"]["blocked"] == 1
    assert rows["bullmq", FIRST]["jobs"]["waiting"] == 0
    assert rows["bullmq", SECOND]["jobs"]["waiting"] == 1
    # Bull knows no such jobs.
    assert "blocked" not in rows["bull", FIRST]["jobs"]


def test_a_paused_queue_at_the_critical_depth_fails_and_is_to_be_resumed(server: RedisServer):
    depth = PLAN.thresholds.queue_depth
    with server.connect() as tester:
        tester.rpush(f"bull:{FIRST}:paused", *range(depth.critical))
    result = run_jobs(server.url("orchestrator"))
    assert result.returncode == 1
    assert f"0 jobs wait, {depth.critical} stand in paused queues" in result.stdout
    assert "resume" in result.stdout
    assert depth.action not in result.stdout


def test_the_plans_critical_depth_fails_the_check_and_names_the_action(server: RedisServer):
    depth = PLAN.thresholds.queue_depth
    with server.connect() as tester:
        tester.rpush(f"bull:{FIRST}:wait", *range(depth.warning - 1))
        assert run_jobs(server.url("orchestrator")).returncode == 0
        tester.rpush(f"bull:{FIRST}:wait", *range(depth.critical))
    result = run_jobs(server.url("orchestrator"))
    assert result.returncode == 1
    assert f"{depth.critical + depth.warning - 1} jobs wait" in result.stdout
    assert depth.action in result.stdout


def test_looking_needs_no_right_to_change_and_is_refused_to_other_applications(server: RedisServer):
    with server.connect() as tester:
        tester.execute_command(
            "ACL", "SETUSER", "looker", "on", f">{server.password}", "~*", "-@all", "+@read"
        )
    assert run_jobs(server.url("looker"), "--json").returncode == 0
    result = run_jobs(server.url("collaboration"))
    assert result.returncode == 1
    assert server.password not in result.stdout + result.stderr
    assert "127.0.0.1" in result.stderr
