"""Each table of `plan.yaml` against the plan document's numbers, which stand here by hand."""

from __future__ import annotations

from itertools import pairwise

import pytest
from pydantic import ValidationError

from scaleplan.catalog import load_catalog
from scaleplan.model import Plan, load_plan
from scaleplan.sizes import Section, Size

PLAN = load_plan()

MINUTE = 60
HOUR = 60 * MINUTE


def test_load_projections() -> None:
    load = PLAN.projections
    rows = [
        (row.current, row.six_months, row.twelve_months)
        for row in (
            load.concurrent_users,
            load.requests_per_second,
            load.data_volume_gb,
            load.worker_jobs_per_hour,
        )
    ]
    assert rows == [(50, 200, 1000), (10, 50, 200), (10, 50, 200), (100, 500, 2000)]


@pytest.mark.parametrize(
    ("size", "replicas", "memory_mib", "cpu_millicores"),
    [("small", (2, 2), 512, 500), ("medium", (3, 5), 1024, 1000), ("large", (5, 10), 2048, 2000)],
)
def test_orchestrator_by_size(
    size: Size, replicas: tuple[int, int], memory_mib: int, cpu_millicores: int
) -> None:
    row = PLAN.sizes[Size(size)].orchestrator
    assert (row.min_replicas, row.max_replicas) == replicas
    assert (row.memory_mib, row.cpu_millicores) == (memory_mib, cpu_millicores)


@pytest.mark.parametrize(
    ("size", "replicas", "memory_mib", "cpu_millicores"),
    [
        # The plan's small says 2; KEDA, which the plan gives every worker, needs room above that.
        ("small", (2, 5), 1024, 1000),
        ("medium", (5, 10), 2048, 2000),
        ("large", (10, 20), 4096, 4000),
    ],
)
def test_worker_by_size(
    size: Size, replicas: tuple[int, int], memory_mib: int, cpu_millicores: int
) -> None:
    row = PLAN.sizes[Size(size)].worker
    assert (row.min_replicas, row.max_replicas) == replicas
    assert (row.memory_mib, row.cpu_millicores) == (memory_mib, cpu_millicores)


@pytest.mark.parametrize(
    ("size", "users"), [("small", (0, 100)), ("medium", (100, 1000)), ("large", (1000, None))]
)
def test_each_size_has_the_plans_users(size: str, users: tuple[int, int | None]) -> None:
    row = PLAN.estimates[Size(size)]
    assert (row.users.min_users, row.users.below_users) == users


@pytest.mark.parametrize(("size", "gib"), [("small", 8), ("medium", 32)])
def test_database_class_has_the_plans_memory(size: str, gib: int) -> None:
    name = PLAN.sizes[Size(size)].database.instance_class
    assert load_catalog().instance_class(name).memory_gib == gib


@pytest.mark.parametrize(("size", "replicas"), [("small", 0), ("medium", 2), ("large", 2)])
def test_database_has_the_plans_read_replicas(size: str, replicas: int) -> None:
    assert PLAN.sizes[Size(size)].database.read_replicas == replicas


@pytest.mark.parametrize(
    ("size", "nodes", "gib"), [("small", 1, 1), ("medium", 3, 4), ("large", 6, 8)]
)
def test_cache_has_the_plans_nodes_and_enough_memory_after_the_reserve(
    size: str, nodes: int, gib: int
) -> None:
    cache = PLAN.sizes[Size(size)].cache
    assert cache.shards * (1 + cache.replicas_per_shard) == nodes
    # A quarter of maxmemory is ElastiCache's default reserve (reserved-memory-percent 25).
    assert load_catalog().instance_class(cache.node_class).memory_gib * 0.75 >= gib


@pytest.mark.parametrize(("size", "replicas"), [("small", 2), ("medium", 2), ("large", 3)])
def test_pgbouncer_replicas_by_size(size: str, replicas: int) -> None:
    assert PLAN.sizes[Size(size)].pgbouncer.replicas == replicas


def test_every_size_has_its_row_and_estimate() -> None:
    assert list(PLAN.sizes) == list(Size)
    assert list(PLAN.estimates) == list(Size)


def test_pgbouncer() -> None:
    plan = PLAN.pgbouncer
    assert (plan.listen_port, plan.service_port) == (6432, 5432)
    assert (plan.database_alias, plan.database_name) == ("researchflow", "ros")
    assert plan.pool_mode == "transaction"
    assert plan.reserve_pool_timeout_seconds == 3
    assert plan.server_idle_timeout_seconds == 600
    assert plan.server_connect_timeout_seconds == 15
    assert plan.query_timeout_seconds == 300
    pod = plan.resources
    assert (pod.memory_request_mib, pod.cpu_request_millicores) == (64, 400)
    assert (pod.memory_limit_mib, pod.cpu_limit_millicores) == (128, 1000)
    live, ready = plan.liveness_probe, plan.readiness_probe
    assert (live.initial_delay_seconds, live.period_seconds) == (10, 10)
    assert (ready.initial_delay_seconds, ready.period_seconds) == (5, 5)


def test_pool_maxima() -> None:
    assert (PLAN.pools.primary_max, PLAN.pools.replica_max) == (20, 50)


def test_replication() -> None:
    plan = PLAN.replication
    assert (plan.from_concurrent_users, plan.replicas) == (10_000, 2)
    assert plan.engine_major_version == 16
    assert (plan.max_wal_senders, plan.max_replication_slots) == (10, 10)
    assert plan.wal_keep_size_mib == 1024
    assert plan.synchronous_commit == "on"


def test_sharding() -> None:
    plan = PLAN.sharding
    assert plan.from_users == 100_000
    assert plan.distribution_column == "organization_id"
    assert plan.distributed_tables == ("patients", "artifacts", "audit_logs")
    assert plan.reference_tables == ("organizations", "feature_flags")


def test_queue() -> None:
    assert PLAN.queue.names == ("analysis", "extraction", "validation")
    assert PLAN.queue.job_name == "process"
    job = PLAN.queue.job
    assert (job.attempts, job.backoff_type, job.backoff_delay_milliseconds) == (
        3,
        "exponential",
        1000,
    )
    assert job.timeout_seconds == 5 * MINUTE
    assert (job.keep_completed, job.keep_failed, job.default_priority) == (100, 500, 5)


def test_worker_autoscaler() -> None:
    hpa = PLAN.autoscaling.worker_hpa
    assert hpa.queue_metric == "redis_queue_length"
    assert (hpa.queue_length_per_replica, hpa.cpu_utilization_percent) == (5, 70)
    up, down = hpa.scale_up, hpa.scale_down
    assert (up.stabilization_window_seconds, up.pods, up.period_seconds) == (60, 4, 60)
    assert (down.stabilization_window_seconds, down.pods, down.period_seconds) == (300, 2, 120)


def test_keda() -> None:
    keda = PLAN.autoscaling.keda
    assert (keda.polling_interval_seconds, keda.cooldown_period_seconds) == (15, 300)
    assert keda.list_length == 10


def test_workflows() -> None:
    plan = PLAN.workflows
    assert plan.start_to_close_timeout_seconds == 10 * MINUTE
    assert plan.maximum_attempts == 3
    assert (plan.task_queue, plan.namespace, plan.history_shards) == (
        "analysis",
        "researchflow",
        512,
    )


def test_cache_patterns() -> None:
    patterns = PLAN.cache_patterns
    rows = [
        (row.name, row.ttl_seconds)
        for row in (
            patterns.user_session,
            patterns.api_responses,
            patterns.feature_flags,
            patterns.literature_search,
            patterns.ai_responses,
        )
    ]
    assert rows == [
        ("User session", 24 * HOUR),
        ("API responses", 5 * MINUTE),
        ("Feature flags", 1 * MINUTE),
        ("Literature search", 24 * HOUR),
        ("AI responses (prompt cache)", 1 * HOUR),
    ]


def test_cache_client() -> None:
    client = PLAN.cache_client
    assert client.max_retries_per_request == 3
    assert client.enable_ready_check
    assert client.lazy_connect


def test_edge() -> None:
    plan = PLAN.edge
    assert plan.default_root_object == "index.html"
    assert (plan.http_port, plan.https_port) == (80, 443)
    assert (plan.origin_protocol_policy, plan.origin_tls_versions) == ("https-only", ("TLSv1.2",))
    assert (plan.viewer_tls_version, plan.ssl_support_method) == ("TLSv1.2_2021", "sni-only")
    assert plan.geo_restriction == "none"


def test_edge_of_static_files() -> None:
    static = PLAN.edge.static_behavior
    assert static.allowed_methods == ("GET", "HEAD")
    assert static.cached_methods == ("GET", "HEAD")
    assert static.viewer_protocol_policy == "redirect-to-https"
    times = (static.min_ttl_seconds, static.default_ttl_seconds, static.max_ttl_seconds)
    assert times == (0, 86_400, 31_536_000)


def test_edge_of_the_api() -> None:
    api = PLAN.edge.api_behavior
    assert api.path_pattern == "/api/*"
    assert api.allowed_methods == ("DELETE", "GET", "HEAD", "OPTIONS", "PATCH", "POST", "PUT")
    assert api.cached_methods == ("GET", "HEAD")
    assert api.viewer_protocol_policy == "https-only"
    times = (api.min_ttl_seconds, api.default_ttl_seconds, api.max_ttl_seconds)
    assert times == (0, 0, 0)


def test_cache_headers() -> None:
    public = PLAN.edge.public_api
    assert public.path_prefix == "/api/public/"
    assert (public.max_age_seconds, public.stale_while_revalidate_seconds) == (300, 60)
    assert public.cache_control == "public, max-age=300, stale-while-revalidate=60"
    others = PLAN.edge.cache_control
    assert (others.mutation, others.authenticated) == ("no-store", "private, no-cache")


def test_indicators() -> None:
    vertical = [
        (row.indicator, row.action, row.threshold_percent) for row in PLAN.indicators.vertical
    ]
    assert vertical == [
        ("Database CPU > 80%", "Upgrade instance class", 80),
        ("Memory pressure (swapping)", "Add RAM", None),
        ("Single-threaded bottleneck", "Faster CPU", None),
        ("I/O wait > 20%", "Upgrade to SSD/NVMe", 20),
    ]
    assert [(row.indicator, row.action) for row in PLAN.indicators.horizontal] == [
        ("Request latency increasing", "Add more replicas"),
        ("Queue depth growing", "Add more workers"),
        ("Connection limits hit", "Add connection pooling"),
        ("Single point of failure", "Add redundancy"),
    ]


def test_vertical_path() -> None:
    rows = [
        (row.from_concurrent_users, row.instance_class, row.vcpus, row.memory_gb)
        for row in PLAN.vertical_path.steps
    ]
    assert rows == [
        (0, "db.t3.medium", 2, 4),
        (100, "db.r5.large", 2, 16),
        (500, "db.r5.xlarge", 4, 32),
        (1000, "db.r5.2xlarge", 8, 64),
    ]
    assert PLAN.vertical_path.afterwards == "Consider read replicas"


def test_horizontal_path() -> None:
    rows = [
        (row.from_concurrent_users, row.orchestrators, row.workers, row.addition)
        for row in PLAN.horizontal_path.steps
    ]
    assert rows == [
        (0, 1, 1, None),
        (50, 2, 3, "Load Balancer"),
        (200, 3, 5, "Auto-scaling"),
        (1000, 5, 10, "Queue-based processing"),
    ]
    assert PLAN.horizontal_path.afterwards == "Consider microservices decomposition"
    assert PLAN.horizontal_path.afterwards_from_concurrent_users == 5000


def test_decision_matrix() -> None:
    rows = [
        (row.component, row.vertical_first, row.horizontal_first, row.hybrid)
        for row in PLAN.decision_matrix
    ]
    assert rows == [
        ("PostgreSQL", "Yes", "No", "Read replicas"),
        ("Redis", "Yes (to 64GB)", "Then cluster", "Cluster"),
        ("Orchestrator", "No", "Yes", "N/A"),
        ("Worker", "No", "Yes", "N/A"),
        ("Web Frontend", "No", "Yes (CDN)", "N/A"),
    ]
    limits = [row.vertical_limit_gb for row in PLAN.decision_matrix]
    assert limits == [None, 64, None, None, None]


def test_thresholds() -> None:
    table = PLAN.thresholds
    rows = [
        (row.metric, row.warning, row.critical, row.unit, row.action)
        for row in (
            table.cpu_utilization,
            table.memory_utilization,
            table.queue_depth,
            table.database_connections,
            table.response_latency,
        )
    ]
    assert rows == [
        ("CPU utilization", 70, 85, "percent", "Scale out"),
        ("Memory utilization", 80, 90, "percent", "Scale up"),
        ("Queue depth", 100, 500, "jobs", "Add workers"),
        ("DB connections", 70, 85, "percent", "Add pooling"),
        ("Response latency (p99)", 2, 5, "seconds", "Investigate"),
    ]


def test_no_size_has_less_than_the_one_below() -> None:
    numbers = [_numbers(PLAN.sizes[size]) for size in (Size.SMALL, Size.MEDIUM, Size.LARGE)]
    falling = [
        path for lower, upper in pairwise(numbers) for path in lower if upper[path] < lower[path]
    ]
    # Small's nodes carry the applications too, for which medium has Karpenter's. Medium keeps two
    # copies of its one shard; large has three shards with one copy each.
    assert falling == ["nodes.system.min_nodes", "cache.replicas_per_shard"]


def _numbers(section: Section, path: str = "") -> dict[str, int]:
    found: dict[str, int] = {}
    for name in type(section).model_fields:
        value = getattr(section, name)
        if isinstance(value, Section):
            found |= _numbers(value, f"{path}{name}.")
        elif isinstance(value, int):
            found[f"{path}{name}"] = value
    return found


def test_a_key_that_the_plan_does_not_have_is_refused() -> None:
    text = PLAN.model_dump(by_alias=True, mode="json")
    with pytest.raises(ValidationError, match="Extra inputs are not permitted"):
        Plan.model_validate(text | {"colour": "blue"}, strict=False)


def test_the_plan_cannot_be_changed_at_run_time() -> None:
    with pytest.raises(ValidationError, match="frozen"):
        PLAN.pools.primary_max = 30
