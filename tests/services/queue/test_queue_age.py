"""The oldest job's age on a real Redis, by the exporter's own login and nothing more."""

import time

import pytest
from redis import exceptions
from rq import Queue as RqQueue
from rq.suspension import suspend

from rendering.queue.age import oldest_job_script
from rendering.queue.keys import prefix_of
from scaleplan.model import load_plan
from scaleplan.sizes import QueueClient, Size
from tests.services.queue.node_clients import NodeClients
from tests.services.shared.starting import StartRedis

pytestmark = pytest.mark.services

PLAN = load_plan()
ALL = PLAN.sizes[Size.LARGE].queue.model_copy(
    update={"clients": (QueueClient.BULLMQ, QueueClient.BULL, QueueClient.RQ)}
)


def ages(connection):
    """As redis_exporter asks, and reads the answer."""
    script = oldest_job_script(PLAN.queue.names, ALL)
    answer = [part.decode() for part in connection.execute_command("EVAL_RO", script, 0, 0)]
    return {name: float(age) for name, age in zip(answer[::2], answer[1::2], strict=True)}


def test_empty_queues_are_zero_for_every_client(redis: StartRedis):
    found = ages(redis("queue").connect("exporter"))
    names = [f"{client}:{queue}" for client in ALL.clients for queue in PLAN.queue.names]
    # Bull moves the jobs of a paused queue, and has no mark.
    marks = [f"paused:{name}" for name in names if not name.startswith("bull:")]
    assert found == dict.fromkeys([*names, *marks], 0.0)


@pytest.mark.parametrize("client", ["bullmq", "bull"])
def test_a_node_job_ages_from_the_moment_it_was_added(
    redis: StartRedis, node_clients: NodeClients, client
):
    server = redis("queue")
    prefix = prefix_of(QueueClient(client), ALL)
    outcome = node_clients.run(
        client,
        {"add": 3, "bytes": 10},
        url=server.url("orchestrator"),
        prefix=prefix,
        queue="analysis",
    )
    assert outcome["added"] == 3
    with server.connect() as tester:
        # The first of them, half an hour ago.
        key = f"{prefix}:analysis:1"
        added = tester.hget(key, "timestamp")
        assert added is not None
        tester.hset(key, "timestamp", int(added) - 1_800_000)
    found = ages(server.connect("exporter"))
    assert found[f"{client}:analysis"] == pytest.approx(1800, abs=30)
    assert {age for name, age in found.items() if name != f"{client}:analysis"} == {0.0}


@pytest.mark.parametrize("client", ["bullmq", "bull"])
def test_a_paused_job_ages_and_a_queue_paused_in_its_place_is_marked(
    redis: StartRedis, node_clients: NodeClients, client
):
    server = redis("queue")
    prefix = prefix_of(QueueClient(client), ALL)
    at = {"url": server.url("orchestrator"), "prefix": prefix, "queue": "analysis"}
    node_clients.run(client, {"add": 1}, {"pause": True}, **at)
    with server.connect() as tester:
        tester.hset(f"{prefix}:analysis:1", "timestamp", int((time.time() - 600) * 1000))
    found = ages(server.connect("exporter"))
    assert found[f"{client}:analysis"] == pytest.approx(600, abs=30)
    assert {name for name, mark in found.items() if name.startswith("paused:") and mark} == (
        {"paused:bullmq:analysis"} if client == "bullmq" else set()
    )


def test_suspended_workers_of_rq_pause_all_its_queues(redis: StartRedis):
    server = redis("queue")
    suspend(server.connect("orchestrator"))
    found = ages(server.connect("exporter"))
    marks = {name for name, mark in found.items() if name.startswith("paused:") and mark}
    assert marks == {f"paused:rq:{queue}" for queue in PLAN.queue.names}


def test_a_job_with_a_priority_ages_too(redis: StartRedis):
    server = redis("queue")
    prefix = prefix_of(QueueClient.BULLMQ, ALL)
    with server.connect() as tester:
        added = int((time.time() - 60) * 1000)
        tester.zadd(f"{prefix}:extraction:prioritized", {"7": 1})
        tester.hset(f"{prefix}:extraction:7", "timestamp", added)
    assert ages(server.connect("exporter"))["bullmq:extraction"] == pytest.approx(60, abs=30)


def test_an_rq_job_ages_from_its_date(redis: StartRedis):
    server = redis("queue")
    with server.connect() as tester:
        job = RqQueue("validation", connection=tester).enqueue("builtins.print", "hello")
        for stamp, age in (
            ("2024-02-29T23:59:59.500000Z", None),
            (time.strftime("%Y-%m-%dT%H:%M:%S.000001Z", time.gmtime(time.time() - 600)), 600),
        ):
            tester.hset(f"rq:job:{job.id}", "enqueued_at", stamp)
            found = ages(server.connect("exporter"))["rq:validation"]
            expected = time.time() - 1709251199.5 if age is None else age
            assert found == pytest.approx(expected, abs=30)


def test_the_exporter_reads_lengths_and_ages_and_can_do_no_more(redis: StartRedis):
    exporter = redis("queue").connect("exporter")
    exporter.info()
    for command in (
        ("SET", "session:x", "1"),
        ("GET", "session:x"),
        ("LPUSH", "bullmq:analysis:wait", "1"),
        ("EVAL", "return 1", 0),
        ("EVAL_RO", "return redis.call('DEL', 'bullmq:analysis:wait')", 0),
        ("KEYS", "*"),
        ("SLOWLOG", "GET", "1"),
        ("CLIENT", "LIST"),
        ("CONFIG", "GET", "*"),
    ):
        with pytest.raises(exceptions.ResponseError):
            exporter.execute_command(*command)


def test_the_cache_tells_its_exporter_of_memory_and_nodes_alone(redis: StartRedis):
    server = redis("cache")
    exporter = server.connect("exporter")
    assert "used_memory" in exporter.info()
    assert exporter.execute_command("CLUSTER NODES")
    with pytest.raises(exceptions.NoPermissionError):
        exporter.execute_command("GET", "api:x")
