"""Dashboards of what serves: applications, database, Redis."""

from __future__ import annotations

from rendering.observability.alerting.subject import APPLICATION_NAMESPACE, Subject
from rendering.observability.dashboards.panel import Board, Graph, single

_APPS = f'namespace="{APPLICATION_NAMESPACE}"'


def applications(subject: Subject) -> Board:
    """Requests, latency, errors, pods and their autoscalers."""
    plan = subject.plan.thresholds
    pods = f"sum by (pod) (kube_pod_container_status_restarts_total{{{_APPS}}})"
    errors = (
        f'sum by (service) (rate(http_requests_total{{{_APPS},status=~"5.."}}[5m]))'
        " / on (service) service:requests_per_second"
    )
    replicas = f"kube_horizontalpodautoscaler_status_current_replicas{{{_APPS}}}"
    most = f"kube_horizontalpodautoscaler_spec_max_replicas{{{_APPS}}}"
    name = "{{horizontalpodautoscaler}}"
    return Board(
        name="applications",
        title="ResearchFlow / Applications",
        rows=(
            (
                "Requests",
                (
                    single("Requests", "service:requests_per_second", "{{service}}", "reqps"),
                    single(
                        "Latency p99",
                        "service:latency_p99_seconds",
                        "{{service}}",
                        "s",
                        plan.response_latency,
                    ),
                    single("Share of errors", errors, "{{service}}", "percentunit"),
                ),
            ),
            (
                "Pods",
                (
                    single(
                        "CPU of what is requested",
                        "workload:cpu_used_percent",
                        "{{workload}}",
                        "percent",
                        plan.cpu_utilization,
                    ),
                    single(
                        "Memory of the fullest pod",
                        "workload:memory_used_percent",
                        "{{workload}}",
                        "percent",
                        plan.memory_utilization,
                    ),
                    Graph(
                        title="Replicas and their maximum",
                        queries=((replicas, name), (most, f"{name} at most")),
                    ),
                    single("Restarts", pods, "{{pod}}"),
                ),
            ),
        ),
    )


def database(subject: Subject) -> Board:
    """RDS, Citus' coordinator and PgBouncer."""
    plan, own = subject.plan.thresholds, subject.plan.observability
    hits = "sum by (instance) (rate(pg_stat_database_blks_hit[5m]))"
    reads = "sum by (instance) (rate(pg_stat_database_blks_read[5m]))"
    commits = "sum by (instance) (rate(pg_stat_database_xact_commit[5m]))"
    rollbacks = "sum by (instance) (rate(pg_stat_database_xact_rollback[5m]))"
    instance = "{{instance}}"
    pool = "{{pod}} {{database}} {{user}}"
    return Board(
        name="database",
        title="ResearchFlow / Database",
        rows=(
            (
                "Machines",
                (
                    single(
                        "CPU",
                        "postgres:cpu_used_percent",
                        instance,
                        "percent",
                        plan.cpu_utilization,
                    ),
                    single(
                        "Memory",
                        "postgres:memory_used_percent",
                        instance,
                        "percent",
                        plan.memory_utilization,
                    ),
                    single("I/O wait", "postgres:io_wait_percent", instance, "percent"),
                    single(
                        "Free storage, of that at the start",
                        "postgres:storage_free_percent",
                        instance,
                        "percent",
                        own.storage_free_percent,
                        below=True,
                    ),
                ),
            ),
            (
                "Servers",
                (
                    single(
                        "Connections",
                        "postgres:connections_used_percent",
                        instance,
                        "percent",
                        plan.database_connections,
                    ),
                    Graph(
                        title="Transactions",
                        queries=(
                            (commits, f"{instance} committed"),
                            (rollbacks, f"{instance} undone"),
                        ),
                        unit="ops",
                    ),
                    single(
                        "Blocks found in memory",
                        f"{hits} / ({hits} + {reads})",
                        instance,
                        "percentunit",
                    ),
                    single(
                        "Longest transaction",
                        "max by (instance) (pg_stat_activity_max_tx_duration)",
                        instance,
                        "s",
                    ),
                    single(
                        "Lag of replicas",
                        "postgres:replica_lag_seconds",
                        instance,
                        "s",
                        own.replica_lag_seconds,
                    ),
                    single(
                        "Size",
                        "sum by (instance, datname) (pg_database_size_bytes)",
                        "{{instance}} {{datname}}",
                        "bytes",
                    ),
                ),
            ),
            (
                "PgBouncer",
                (
                    single(
                        "Pools",
                        "pgbouncer:pool_used_percent",
                        pool,
                        "percent",
                        own.pool_used_percent,
                    ),
                    single(
                        "Clients",
                        "pgbouncer:clients_used_percent",
                        "{{pod}}",
                        "percent",
                        plan.database_connections,
                    ),
                    single(
                        "Longest wait for a server",
                        "max by (pod, database, user) (pgbouncer_pools_client_maxwait_seconds)",
                        pool,
                        "s",
                        own.client_wait_seconds,
                    ),
                ),
            ),
        ),
    )


def redis(subject: Subject) -> Board:
    """Cache and queue, as stores."""
    plan = subject.plan.thresholds
    hits = 'sum by (instance) (rate(redis_keyspace_hits_total{store="cache"}[5m]))'
    misses = 'sum by (instance) (rate(redis_keyspace_misses_total{store="cache"}[5m]))'
    node = "{{store}} {{instance}}"
    return Board(
        name="redis",
        title="ResearchFlow / Redis",
        rows=(
            (
                "Cache and queue",
                (
                    single(
                        "Memory",
                        "redis:memory_used_percent",
                        node,
                        "percent",
                        plan.memory_utilization,
                    ),
                    single("CPU", "redis:cpu_used_percent", node, "percent", plan.cpu_utilization),
                    single("Evictions", "rate(redis_evicted_keys_total[5m])", node, "ops"),
                    single("Commands", "rate(redis_commands_processed_total[5m])", node, "ops"),
                    single("Clients", "redis_connected_clients", node),
                    single(
                        "Answers from the cache",
                        f"{hits} / ({hits} + {misses})",
                        "{{instance}}",
                        "percentunit",
                    ),
                ),
            ),
        ),
    )
