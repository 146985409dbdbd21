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

from rf.servers.programs import ROOT
from rf.servers.redis_servers import RedisServer, StartRedis
from scaleplan.model import load_plan
from tests.services.node_clients import NodeClients
from tests.services.queue_export import CLIENTS, STACK, ExportedQueue

pytestmark = [pytest.mark.services, pytest.mark.xdist_group("services")]

PLAN = load_plan()
PRIORITY = {"priority": PLAN.queue.job.default_priority}
LONG_AGO_SECONDS = 5000


def run_jobs(url: str, *options: str) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "-m", "rf", "jobs", "--stack", STACK, "--set", CLIENTS, *options]
    return subprocess.run(
        command,
        cwd=ROOT,
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
        at = {"url": server.url("orchestrator"), "prefix": prefix, "queue": "analysis"}
        node_clients.run(client, {"add": 1}, {"work": 1, "fail": True}, **at)
        node_clients.run(client, {"add": 2}, {"add": 2, "options": PRIORITY}, **at)
        with server.connect() as tester:
            # The second job, the first that still waits, as if it had waited for long.
            added = int((time.time() - LONG_AGO_SECONDS) * 1000)
            assert tester.hset(f"{prefix}:analysis:2", "timestamp", added) == 0
    with Redis.from_url(server.url("orchestrator")) as connection:
        RqQueue("validation", connection=connection).enqueue(time.sleep, 0)
    rows = found(run_jobs(server.url("orchestrator"), "--json"))
    assert len(rows) == 9
    for client in ("bull", "bullmq"):
        row = rows[client, "analysis"]
        assert (row["jobs"]["waiting"], row["jobs"]["failed"]) == (4, 1)
        assert LONG_AGO_SECONDS <= row["oldestWaitingSeconds"] < LONG_AGO_SECONDS + 60
        assert rows[client, "extraction"]["oldestWaitingSeconds"] is None
    assert rows["rq", "validation"]["jobs"]["waiting"] == 1
    assert 0 <= rows["rq", "validation"]["oldestWaitingSeconds"] < 60
    # RQ keeps no such set: nothing is said rather than none.
    assert "stalled" not in rows["rq", "validation"]["jobs"]


def test_the_plans_critical_depth_fails_the_check_and_names_the_action(server: RedisServer):
    depth = PLAN.thresholds.queue_depth
    with server.connect() as tester:
        tester.rpush("bull:analysis:wait", *range(depth.warning - 1))
        assert run_jobs(server.url("orchestrator")).returncode == 0
        tester.rpush("bull:analysis:wait", *range(depth.critical))
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
