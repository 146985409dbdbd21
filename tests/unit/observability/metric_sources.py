"""Who shows which metric: every raw metric that a rule or a dashboard may ask for, with its source.

A rule on a metric that nobody shows never fires, and a panel on one stays empty: a test compares.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass

from rendering.observability.alerting.subject import Subject
from rendering.observability.cloudwatch_metrics import (
    BROKER,
    CERTIFICATES,
    CLOUDFRONT,
    ELASTICACHE,
    IO_WAIT,
    LOAD_BALANCER,
    RDS,
    backup_count,
)


@dataclass(frozen=True, kw_only=True)
class MetricSource:
    """One exporter at its pinned version, where its names were read, and the names in use."""

    exporter: str
    version: str
    source: str
    metrics: frozenset[str]


SOURCES = (
    MetricSource(
        exporter="redis_exporter",
        version="1.88.0",
        source="oliver006/redis_exporter, exporter/exporter.go",
        metrics=frozenset(
            {
                "redis_commands_processed_total",
                "redis_connected_clients",
                "redis_evicted_keys_total",
                "redis_key_size",
                "redis_keyspace_hits_total",
                "redis_keyspace_misses_total",
                "redis_memory_max_bytes",
                "redis_memory_used_bytes",
                "redis_script_values",
                "redis_up",
            }
        ),
    ),
    MetricSource(
        exporter="postgres_exporter",
        version="0.19.1",
        source="prometheus-community/postgres_exporter, collector/*.go, exporter/",
        metrics=frozenset(
            {
                "pg_database_size_bytes",
                "pg_replication_lag_seconds",
                "pg_settings_max_connections",
                "pg_stat_activity_count",
                "pg_stat_activity_max_tx_duration",
                "pg_stat_database_blks_hit",
                "pg_stat_database_blks_read",
                "pg_stat_database_deadlocks",
                "pg_stat_database_xact_commit",
                "pg_stat_database_xact_rollback",
                "pg_up",
            }
        ),
    ),
    MetricSource(
        exporter="pgbouncer_exporter",
        version="0.12.1",
        source="prometheus-community/pgbouncer_exporter, collector.go",
        metrics=frozenset(
            {
                "pgbouncer_pools_client_active_connections",
                "pgbouncer_pools_client_maxwait_seconds",
                "pgbouncer_pools_client_waiting_connections",
                "pgbouncer_pools_server_active_connections",
                "pgbouncer_pools_server_idle_connections",
                "pgbouncer_up",
            }
        ),
    ),
    MetricSource(
        exporter="kube-state-metrics",
        version="2.20.0",
        source="kubernetes/kube-state-metrics, docs/metrics/{cluster,workload}; SGBackup by its "
        "customResourceState (rendering/observability/prometheus_stack.py)",
        metrics=frozenset(
            {
                "kube_horizontalpodautoscaler_spec_max_replicas",
                "kube_horizontalpodautoscaler_status_condition",
                "kube_horizontalpodautoscaler_status_current_replicas",
                "kube_node_created",
                "kube_pod_container_resource_limits",
                "kube_pod_container_resource_requests",
                "kube_pod_container_status_restarts_total",
                "kube_pod_status_phase",
                "stackgres_backup_end_timestamp_seconds",
            }
        ),
    ),
    MetricSource(
        exporter="Patroni",
        version="4.1.0",
        source="patroni/patroni, patroni/api.py, do_GET_metrics",
        metrics=frozenset({"patroni_failsafe_mode_is_active", "patroni_primary"}),
    ),
    MetricSource(
        exporter="Temporal",
        version="1.31.2",
        source="temporalio/temporal, common/metrics/metric_defs.go",
        metrics=frozenset(
            {
                "approximate_backlog_age_seconds",
                "persistence_errors",
                "persistence_requests",
                "service_errors",
                "service_requests",
            }
        ),
    ),
    MetricSource(
        exporter="kubelet (cAdvisor)",
        version="the node's",
        source="google/cadvisor, docs/storage/prometheus.md",
        metrics=frozenset(
            {"container_cpu_usage_seconds_total", "container_memory_working_set_bytes"}
        ),
    ),
    MetricSource(
        exporter="kubelet",
        version="the node's",
        source="kubernetes/kubernetes, pkg/kubelet/metrics/collectors/volume_stats.go",
        metrics=frozenset(
            {"kubelet_volume_stats_available_bytes", "kubelet_volume_stats_capacity_bytes"}
        ),
    ),
    MetricSource(
        exporter="node_exporter",
        version="1.12.1",
        source="prometheus/node_exporter, collectors cpu and meminfo",
        metrics=frozenset(
            {
                "node_cpu_seconds_total",
                "node_memory_MemAvailable_bytes",
                "node_memory_MemTotal_bytes",
            }
        ),
    ),
    MetricSource(
        exporter="KEDA",
        version="2.20.2",
        source="kedacore/keda, pkg/metricscollector/prommetrics.go",
        metrics=frozenset({"keda_scaled_object_errors_total", "keda_scaler_metrics_value"}),
    ),
    MetricSource(
        exporter="Karpenter",
        version="1.14.1",
        source="aws/karpenter-provider-aws, website/content/en/docs/reference/metrics.md",
        metrics=frozenset(
            {"karpenter_build_info", "karpenter_nodepools_limit", "karpenter_nodepools_usage"}
        ),
    ),
    MetricSource(
        exporter="the applications",
        version="their images'",
        source="docs/application-contract.md, which the program writes for them",
        metrics=frozenset(
            {
                "http_request_duration_seconds_bucket",
                "http_request_duration_seconds_count",
                "http_requests_total",
            }
        ),
    ),
    MetricSource(
        exporter="Prometheus itself",
        version="3.14.0",
        source="Prometheus' documentation, automatically generated series; prometheus/prometheus,"
        " tsdb/db.go",
        metrics=frozenset({"prometheus_tsdb_retention_limit_bytes", "up"}),
    ),
)


def cloudwatch_source(subject: Subject) -> MetricSource:
    """What YACE is told to read, under the names that it makes of CloudWatch's."""
    read = (*RDS, *ELASTICACHE, *LOAD_BALANCER, *CLOUDFRONT, *CERTIFICATES, *BROKER, IO_WAIT)
    backups = backup_count(subject.plan.observability.backup_age_hours.warning)
    return MetricSource(
        exporter="yet-another-cloudwatch-exporter",
        version="0.67.0",
        source="prometheus-community/yet-another-cloudwatch-exporter, pkg/promutil/migrate.go; "
        "CloudWatch's names in rendering/observability/cloudwatch_metrics.py",
        metrics=frozenset(metric.series for metric in (*read, backups)),
    )


def shown_metrics(subject: Subject) -> frozenset[str]:
    """All raw metrics of the table."""
    sources = (*SOURCES, cloudwatch_source(subject))
    return frozenset[str]().union(*(source.metrics for source in sources))


_STRINGS = re.compile(r'"(?:[^"\\]|\\.)*"')
_NO_METRICS = (
    re.compile(r"\{[^{}]*\}"),
    re.compile(r"\[[^\[\]]*\]"),
    re.compile(r"\b(?:by|without|on|ignoring|group_left|group_right)\s*\([^()]*\)"),
)
_KEYWORDS = frozenset({"and", "bool", "by", "group_left", "group_right", "on", "or", "unless"})


def metrics_of(expressions: Iterable[str]) -> frozenset[str]:
    """Names of the metrics that PromQL expressions ask for."""
    names: set[str] = set()
    for expression in expressions:
        text = _STRINGS.sub('""', expression)
        for pattern in _NO_METRICS:
            text = pattern.sub(" ", text)
        words = re.findall(r"(?<![\w.])[A-Za-z_:][\w:]*(?![\w:]*\s*\()", text)
        names.update(words)
    return frozenset(names - _KEYWORDS)
