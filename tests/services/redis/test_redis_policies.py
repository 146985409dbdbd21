"""The exported parameter groups on real servers: what a full cache does, and a full queue."""

from __future__ import annotations

import time

import pytest
from redis import exceptions as redis_exceptions
from redis.cluster import RedisCluster
from rq import Queue as RqQueue
from rq import Worker as RqWorker

from components.redis.cache import EVICTION_POLICY
from rendering.redis import access as cache_keys
from rf.shared.servers.processes import DEADLINE_SECONDS
from rf.shared.servers.redis_servers import RedisServer
from scaleplan.model import load_plan
from tests.services.queue.node_clients import NodeClients
from tests.services.queue.queue_export import ExportedQueue
from tests.services.shared.starting import StartRedis

pytestmark = pytest.mark.services

PLAN = load_plan()
SMALL = "12mb"
"""Instead of a node's memory, so that it is soon full."""

ENTRY = b"x" * 20_000


def cluster(server: RedisServer, user: str) -> RedisCluster:
    return RedisCluster.from_url(server.url(user))


def test_a_full_cache_evicts_and_takes_every_write(redis: StartRedis):
    server = redis("cache", maxmemory=SMALL)
    with cluster(server, "orchestrator") as orchestrator:
        for number in range(1500):
            assert orchestrator.set(f"{cache_keys.API_RESPONSE_PREFIX}{number}", ENTRY, ex=300)
        assert orchestrator.get(f"{cache_keys.API_RESPONSE_PREFIX}1499") == ENTRY
    with server.connect() as tester:
        # Others gave way, and nothing else is missing. Which ones is a draw here: Redis looks at
        # five at a time and tells their ages apart by the second, in which all of these came.
        now = tester.info()
        assert now["evicted_keys"] > 0
        assert now["evicted_keys"] + now["db0"]["keys"] == 1500
        assert now["maxmemory_policy"] == EVICTION_POLICY


def test_a_full_queue_refuses_jobs_and_loses_none(
    redis: StartRedis, node_clients: NodeClients, exported_queue: ExportedQueue
):
    server = redis("queue", maxmemory=SMALL)
    prefix = exported_queue.config["BULLMQ_PREFIX"]
    outcome = node_clients.run(
        "bullmq",
        {"add": 1500, "bytes": len(ENTRY)},
        url=server.url("orchestrator"),
        prefix=prefix,
        queue="analysis",
    )
    assert "OOM" in outcome["refused"]
    assert 0 < outcome["added"] < 1500
    with server.connect() as tester:
        assert tester.info("stats")["evicted_keys"] == 0
        assert tester.llen(f"{prefix}:analysis:wait") == outcome["added"]
        for number in range(1, outcome["added"] + 1):
            assert tester.exists(f"{prefix}:analysis:{number}")
        # A session, too, is refused rather than that another be forgotten.
        with pytest.raises(redis_exceptions.OutOfMemoryError):
            server.connect("orchestrator").set("session:new", ENTRY)


def test_rq_can_not_run_on_a_cluster_which_is_why_the_queue_is_none(redis: StartRedis):
    server = redis("cache")
    connection = server.connect()
    with pytest.raises(redis_exceptions.RedisError, match=r"CROSSSLOT|slot"):
        RqQueue("analysis", connection=connection).enqueue(time.sleep, 0)
    queues = [RqQueue(name, connection=connection) for name in PLAN.queue.names]
    with pytest.raises(redis_exceptions.RedisError, match=r"CROSSSLOT|slot"):
        RqWorker(queues, connection=connection).work(burst=True, logging_level="CRITICAL")


def test_a_pattern_is_invalidated_by_scan_and_keys_is_refused(redis: StartRedis):
    server = redis("cache")
    prefix = cache_keys.API_RESPONSE_PREFIX
    with cluster(server, "orchestrator") as orchestrator:
        for number in range(50):
            orchestrator.set(f"{prefix}studies:{number}", "{}")
        orchestrator.set(f"{prefix}users:1", "{}")
        for key in list(orchestrator.scan_iter(match=f"{prefix}studies:*")):
            orchestrator.delete(key)
        assert list(orchestrator.scan_iter(match=f"{prefix}*")) == [f"{prefix}users:1".encode()]
    with server.connect("orchestrator") as direct:
        for command in ("KEYS *", "FLUSHALL", "CONFIG GET *"):
            with pytest.raises(redis_exceptions.NoPermissionError):
                direct.execute_command(*command.split())


def test_each_application_touches_its_own_kinds_of_entries(redis: StartRedis):
    server = redis("cache")
    allowed = {
        "orchestrator": ("api:1", "flag:1", "literature:1", "ai:1"),
        "worker": ("flag:1", "literature:1", "ai:1"),
        "collaboration": ("flag:1", "collaboration:1"),
    }
    every = {key for keys in allowed.values() for key in keys} | {"session:1"}
    for user, keys in allowed.items():
        with server.connect(user) as client:
            for key in sorted(every):
                if key in keys:
                    assert client.set(key, "1", ex=60)
                else:
                    with pytest.raises(redis_exceptions.NoPermissionError):
                        client.set(key, "1", ex=60)


def test_edits_are_heard_by_collaboration_servers_alone(redis: StartRedis):
    server = redis("cache")
    channel = f"{cache_keys.COLLABORATION_PREFIX}document-1"
    with server.connect("collaboration") as one, server.connect("collaboration") as other:
        ears = other.pubsub(ignore_subscribe_messages=True)
        ears.ssubscribe(channel)
        ears.get_sharded_message(timeout=DEADLINE_SECONDS)
        assert one.execute_command("SPUBLISH", channel, "edit") == 1
        heard = ears.get_sharded_message(timeout=DEADLINE_SECONDS)
        assert heard
        assert heard["data"] == b"edit"
        with pytest.raises(redis_exceptions.NoPermissionError):
            one.execute_command("PUBLISH", "elsewhere", "edit")
        # Of patterns the login's own alone, not what lies within it.
        by_pattern = other.pubsub()
        by_pattern.psubscribe(f"{cache_keys.COLLABORATION_PREFIX}*")
        answer = by_pattern.get_message(timeout=5)
        assert answer
        assert answer["type"] == "psubscribe"
        with pytest.raises(redis_exceptions.NoPermissionError):
            one.execute_command("PSUBSCRIBE", f"{cache_keys.COLLABORATION_PREFIX}document-*")
    for user in ("orchestrator", "worker"):
        with server.connect(user) as client, pytest.raises(redis_exceptions.NoPermissionError):
            client.execute_command("SPUBLISH", channel, "edit")
