"""Real exporters on real servers, scraped by a real Prometheus: nothing that is asked is empty.

Exporters, flags, logins, monitors, rules and dashboards are as exported; addresses, passwords and
certificates are this machine's. Exporters are those that `.ci/exporters` builds.
"""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import ExitStack
from dataclasses import dataclass
from pathlib import Path

import psycopg
import pytest
import redis
from rq import Queue as RqQueue

from components.observability.exporters import CACHE_EXPORTER, QUEUE_EXPORTER
from rendering.observability.alerting.subject import SERVED, Subject
from rendering.observability.prometheus_stack import NAMESPACE
from rendering.queue.keys import prefix_of
from rendering.redis.access import API_RESPONSE_PREFIX
from rf.shared.servers.postgres import APPLICATION_USER, DATABASE, DatabaseServers
from rf.shared.servers.processes import wait_until
from rf.shared.servers.programs import MissingServersError, Programs
from scaleplan.model import load_plan
from scaleplan.sizes import QueueClient, Size
from tests.conftest import Planned
from tests.services.database.bootstrapped import fresh_database
from tests.services.observability.monitored import (
    OVERRIDES,
    STACK,
    Monitored,
    metrics_by_exporter,
    read_monitored,
)
from tests.services.observability.prometheus_server import Prometheus
from tests.services.observability.scraped import REQUESTS_PER_SECOND, Site
from tests.services.queue.node_clients import NodeClients
from tests.stack_config import accepted

pytestmark = pytest.mark.services

PLAN = load_plan()

RUN_HERE = frozenset(
    {
        "redis_exporter",
        "postgres_exporter",
        "pgbouncer_exporter",
        "node_exporter",
        "Prometheus itself",
    }
)

NOT_RUN_HERE = {
    "kube-state-metrics": "it reads an API server: tests/apiserver/test_state_metrics.py",
    "yet-another-cloudwatch-exporter": "it reads CloudWatch, which no registry has",
    "kubelet": "it reads the volumes of a node's pods",
    "kubelet (cAdvisor)": "it reads the containers of a node's kubelet",
    "KEDA": "it scales objects of a cluster with controllers",
    "Karpenter": "it buys machines at AWS",
    "Patroni": "it starts PostgreSQL itself, in tests/cluster/test_control_plane_away.py",
    "Temporal": "its server stands beside a cluster, in the tests of tests/cluster/scaling",
}
"""Exporters of the table whose metrics come from nothing here, and why: of them the table's own
sources speak."""

STAND_IN = frozenset({"the applications"})
"""They show what docs/application-contract.md asks of them, by a stand-in of the tests."""

STORES = 2
REPLICAS = len(Subject(PLAN, accepted(size="large")).replicas)

PUSHED = 3


@dataclass(frozen=True, kw_only=True)
class Scraped:
    """What runs: `cache` is a client that finds what it asks for."""

    monitored: Monitored
    prometheus: Prometheus
    cache: redis.Redis


@pytest.fixture(scope="module")
def monitored(planned: Planned) -> Monitored:
    return read_monitored(planned(STACK, overrides=OVERRIDES))


@pytest.fixture(scope="module")
def site(
    programs: Programs, run_directory: Path, databases: DatabaseServers, monitored: Monitored
) -> Iterator[Site]:
    """The exporters of PostgreSQL and of this machine run in it."""
    directory = run_directory / "exporters"
    directory.mkdir()
    directory.chmod(0o755)
    with ExitStack() as stack:
        bootstrapped = stack.enter_context(fresh_database(programs, databases))
        assert bootstrapped.run().returncode == 0
        site = Site(stack=stack, directory=directory, programs=programs, monitored=monitored)
        try:
            site.start_database_exporters(databases, bootstrapped)
            site.start_node_exporter()
            site.start_applications()
        except MissingServersError as error:
            if os.environ.get("CI") == "true":
                pytest.fail(str(error), pytrace=False)
            pytest.skip(str(error))
        yield site


@pytest.fixture(scope="module")
def scraped(site: Site, databases: DatabaseServers, node_clients: NodeClients) -> Scraped:
    site.start_store("queue", QUEUE_EXPORTER)
    site.start_store("cache", CACHE_EXPORTER)
    pooler = site.start_pooler(databases)
    _push_jobs(site, node_clients)
    cache = site.stack.enter_context(site.stores["cache"].connect())
    cache.set(f"{API_RESPONSE_PREFIX}x", "1")
    client = site.stack.enter_context(psycopg.connect(pooler.conninfo(DATABASE)))
    # A transaction, and so a server of the pool, is open from here on.
    client.execute("select 1")
    return Scraped(monitored=site.monitored, prometheus=site.start_prometheus(), cache=cache)


def _push_jobs(site: Site, node_clients: NodeClients) -> None:
    """Jobs as the libraries write them, on one queue of three; and on another, which is paused."""
    server = site.stores["queue"]
    # The exported stack has all libraries on one Redis, where BullMQ's prefix is its own.
    jobs = PLAN.sizes[Size.LARGE].queue.model_copy(update={"clients": tuple(QueueClient)})
    node_clients.run(
        str(QueueClient.BULLMQ),
        {"add": PUSHED},
        {"pause": True},
        url=server.url("orchestrator"),
        prefix=prefix_of(QueueClient.BULLMQ, jobs),
        queue="extraction",
    )
    for client in (QueueClient.BULLMQ, QueueClient.BULL):
        node_clients.run(
            str(client),
            {"add": PUSHED, "bytes": 10},
            url=server.url("orchestrator"),
            prefix=prefix_of(client, jobs),
            queue="analysis",
        )
    with server.connect() as tester:
        RqQueue("analysis", connection=tester).enqueue("builtins.print", "hello")


def test_every_exporter_of_the_table_runs_here_or_is_listed_with_a_reason():
    known = metrics_by_exporter(Subject(PLAN, accepted()))
    assert known.keys() == RUN_HERE | STAND_IN | NOT_RUN_HERE.keys()


def told(scraped: Scraped, expression: str, label: str, count: int) -> dict[str, float]:
    """The values of an expression by a label, once it gives so many series."""

    def complete() -> dict[str, float] | None:
        found = scraped.prometheus.values(expression)
        return {labels[label]: each for labels, each in found} if len(found) == count else None

    return wait_until(complete, f"{count} series of {expression}", interval_seconds=0.5)


def test_every_exporter_is_scraped_and_reaches_its_server(scraped: Scraped):
    # An exporter answers, too, where its login or its certificate is refused.
    for reached, count in {"redis_up": STORES, "pg_up": 1 + REPLICAS, "pgbouncer_up": 1}.items():
        assert set(told(scraped, reached, "instance", count).values()) == {1.0}, reached
    targets = wait_until(
        lambda: _all_asked(scraped.prometheus.targets()), "every target was scraped once"
    )
    errors = {each["labels"]["instance"]: each["lastError"] for each in targets}
    assert set(errors.values()) == {""}, errors


def _all_asked(targets):
    return targets if targets and all(each["health"] != "unknown" for each in targets) else None


@pytest.mark.parametrize("exporter", sorted(RUN_HERE))
def test_an_exporter_shows_every_metric_that_the_table_says_of_it(scraped: Scraped, exporter: str):
    named = metrics_by_exporter(Subject(PLAN, accepted()))[exporter]
    assert named
    missing: frozenset[str] = frozenset()

    def all_there() -> bool:
        nonlocal missing
        missing = named - scraped.prometheus.names()
        return not missing

    try:
        wait_until(all_there, "every metric is there", interval_seconds=0.5)
    except TimeoutError:
        pytest.fail(f"{exporter} does not show {', '.join(sorted(missing))}")


def test_prometheus_says_what_it_may_keep_in_the_words_of_the_alert(scraped: Scraped):
    name = "prometheus_tsdb_retention_limit_bytes"
    found = told(scraped, f'{name}{{namespace="{NAMESPACE}"}}', "__name__", 1)
    kept = scraped.monitored.prometheus["retentionSize"]
    assert found == {name: int(kept.removesuffix("GiB")) * 2**30}


def test_every_rule_and_every_panel_on_these_exporters_gives_something(scraped: Scraped):
    by_exporter = metrics_by_exporter(Subject(PLAN, accepted()))
    shown = frozenset[str]().union(*(by_exporter[exporter] for exporter in RUN_HERE | STAND_IN))
    left = [query for query in scraped.monitored.queries() if query.metrics <= shown]
    assert left

    def all_answered() -> bool:
        # A share of answers from the cache needs answers.
        scraped.cache.get(f"{API_RESPONSE_PREFIX}x")
        left[:] = [each for each in left if not scraped.prometheus.values(each.expression)]
        return not left

    try:
        wait_until(all_answered, "every query gives something", interval_seconds=0.5)
    except TimeoutError:
        pytest.fail("\n".join(f"empty: {each.place}: {each.expression}" for each in left))


def test_the_queues_numbers_are_those_of_the_jobs(scraped: Scraped):
    empty = dict.fromkeys(PLAN.queue.names, 0.0)
    expected = empty | {"analysis": 2.0 * PUSHED + 1}
    depths = told(scraped, "worker:queue_depth", "queue", len(expected))
    assert depths == expected
    paused = told(scraped, "worker:paused_jobs", "queue", len(expected))
    assert paused == empty | {"extraction": float(PUSHED)}
    ages = told(scraped, "worker:oldest_job_seconds", "queue", len(expected))
    assert ages.pop("analysis") > 0
    assert ages.pop("extraction") > 0
    assert set(ages.values()) == {0.0}


def test_the_stores_numbers_are_of_each_server(scraped: Scraped):
    memory = told(scraped, "redis:memory_used_percent", "store", STORES)
    assert memory.keys() == {"cache", "queue"}
    used = told(scraped, "postgres:connections_used_percent", "instance", 1 + REPLICAS)
    lag = told(scraped, "postgres:replica_lag_seconds", "instance", REPLICAS)
    assert lag.keys() == {instance for instance in used if "-replica-" in instance}
    pool = f'pgbouncer:pool_used_percent{{database="{DATABASE}",user="{APPLICATION_USER}"}}'
    pools = told(scraped, pool, "pod", 1)
    assert pools.keys() == {"pgbouncer-0"}
    percents = {**memory, **used, **pools}
    assert {each: one for each, one in percents.items() if not 0 < one < 100} == {}


def test_the_applications_numbers_are_by_service(scraped: Scraped):
    rates = told(scraped, "service:requests_per_second", "service", len(SERVED))
    assert rates.keys() == set(SERVED)
    # Of the five minutes there are but seconds.
    assert all(0 < rate <= REQUESTS_PER_SECOND for rate in rates.values())
    # The bucket up to here holds them all.
    slow = PLAN.thresholds.response_latency.warning
    latency = told(scraped, "service:latency_p99_seconds", "service", len(SERVED))
    assert all(0 < value <= slow for value in latency.values())
