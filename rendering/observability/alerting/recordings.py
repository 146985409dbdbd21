"""The plan's four metrics and those that alerts and dashboards need: each summed to what it means.

Of every measure only what exists is recorded: an exporter that is gone leaves nothing, not a zero.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from rendering.observability.alerting.rule import Recording, matching
from rendering.observability.alerting.subject import (
    APPLICATION_NAMESPACE,
    WORKLOADS,
    Subject,
)
from rendering.observability.cloudwatch_metrics import IO_WAIT
from rendering.queue.age import PAUSED
from rendering.queue.keys import JobState, QueueKey
from scaleplan.applications.workloads import SERVED
from scaleplan.sizes import QueueClient

WINDOW = "5m"
"""The plan's own, and ten scrapes: one missed does not bend a rate."""

BUDGET_WINDOWS = ("5m", "30m", "1h", "2h", "6h", "1d", "3d")
"""Those of the burn rates (Google SRE workbook, "Alerting on SLOs")."""

_APPS = f'namespace="{APPLICATION_NAMESPACE}"'
_ORCHESTRATOR = f'{_APPS},service="orchestrator"'


def plan_recordings(subject: Subject) -> list[Recording]:
    """The plan's four, under its names."""
    return [
        Recording(
            record="orchestrator:requests_per_second",
            expr=f"sum(rate(http_requests_total{{{_ORCHESTRATOR}}}[{WINDOW}]))",
        ),
        *(_queue_depth(subject, queue) for queue in subject.plan.queue.names),
        Recording(
            record="postgres:connections_used_percent",
            # Both sides summed to one series a server: the exporter splits connections by eight
            # labels that the limit has not.
            expr=(
                "100 * sum by (instance) (pg_stat_activity_count)"
                " / on (instance) max by (instance) (pg_settings_max_connections)"
            ),
        ),
        Recording(
            record="redis:memory_used_percent",
            expr=(
                "100 * max by (store, instance) (redis_memory_used_bytes)"
                # Without a limit there is no share of it.
                " / on (store, instance) max by (store, instance) (redis_memory_max_bytes > 0)"
            ),
        ),
    ]


def _queue_depth(subject: Subject, queue: str) -> Recording:
    """Jobs that wait in one queue. Redis deletes an empty list, and the exporter says nothing of a
    key that is not there: so zero as long as the exporter reaches Redis, and nothing after that."""
    labels = {"queue": queue}
    if subject.uses_rabbitmq:
        selector = matching(dimension_Queue=queue)
        series = "aws_amazonmq_message_ready_count_average"
        return Recording(
            record="worker:queue_depth", expr=f"sum({series}{{{selector}}})", labels=labels
        )
    waiting = by_client(subject.job_keys(queue, JobState.WAITING))
    counted = [
        _lengths(keys)
        + (f" unless {_is_paused(client, queue)}" if subject.pauses_in_place(client) else "")
        for client, keys in waiting.items()
    ]
    return Recording(record="worker:queue_depth", expr=_jobs_of(counted), labels=labels)


def _paused_jobs(subject: Subject, queue: str) -> Recording:
    """Jobs of one queue that nobody takes until it is resumed: no worker more would help them, so
    they are no part of the depth. Some libraries move them, with others they stay and are marked.
    """
    waiting = by_client(subject.job_keys(queue, JobState.WAITING))
    counted = [
        f"{_lengths(keys)} and {_is_paused(client, queue)}"
        for client, keys in waiting.items()
        if subject.pauses_in_place(client)
    ]
    moved = subject.job_keys(queue, JobState.PAUSED)
    if moved:
        counted.insert(0, _lengths(moved))
    return Recording(record="worker:paused_jobs", expr=_jobs_of(counted), labels={"queue": queue})


def _lengths(keys: Iterable[QueueKey]) -> str:
    return f'redis_key_size{{store="queue",key=~"{"|".join(key.key for key in keys)}"}}'


def _is_paused(client: QueueClient, queue: str) -> str:
    mark = f'redis_script_values{{store="queue",key="{PAUSED}{client}:{queue}"}}'
    return f"on (store) ({mark} == 1)"


def _jobs_of(counted: Sequence[str]) -> str:
    return f'sum({" or ".join(counted)}) or 0 * max(redis_up{{store="queue"}} == 1)'


def by_client(keys: Iterable[QueueKey]) -> dict[QueueClient, list[QueueKey]]:
    """The keys of each library."""
    keys_of: dict[QueueClient, list[QueueKey]] = {}
    for key in keys:
        keys_of.setdefault(key.client, []).append(key)
    return keys_of


def workload_recordings() -> list[Recording]:
    """CPU, memory and latency of pods and nodes, and what is left of volumes."""
    containers = f'{_APPS},container=~"{"|".join(WORKLOADS)}"'
    running = 'on (namespace, pod) group_left () (kube_pod_status_phase{phase="Running"} == 1)'
    served = f'{_APPS},service=~"{"|".join(SERVED)}"'
    by_workload = '"workload", "$1", "container", "(.+)"'
    cpu = f"sum by (container) (rate(container_cpu_usage_seconds_total{{{containers}}}[{WINDOW}]))"
    # One of two replicas of kube-state-metrics or of a rollout would count a pod twice.
    cpu_requests = (
        f"max by (namespace, pod, container)"
        f' (kube_pod_container_resource_requests{{{containers},resource="cpu"}})'
    )
    memory = (
        f"max by (namespace, pod, container) (container_memory_working_set_bytes{{{containers}}})"
    )
    memory_limits = (
        f"max by (namespace, pod, container)"
        f' (kube_pod_container_resource_limits{{{containers},resource="memory"}})'
    )
    return [
        Recording(
            record="workload:cpu_used_percent",
            expr=(
                f"sum by (workload) (label_replace(100 * {cpu}"
                f" / sum by (container) ({cpu_requests} * {running}), {by_workload}))"
            ),
        ),
        Recording(
            record="workload:memory_used_percent",
            # The fullest pod: one over its limit is killed, whatever the others have left.
            expr=(
                f"max by (workload) (label_replace(100 * {memory}"
                f" / on (namespace, pod, container) {memory_limits}, {by_workload}))"
            ),
        ),
        Recording(
            record="workload:autoscaler_has_room",
            expr=(
                "max by (workload) (label_replace("
                f"kube_horizontalpodautoscaler_status_current_replicas{{{_APPS}}}"
                " < bool on (horizontalpodautoscaler)"
                f" kube_horizontalpodautoscaler_spec_max_replicas{{{_APPS}}},"
                ' "workload", "$1", "horizontalpodautoscaler", "(?:keda-hpa-)?(.+)"))'
            ),
        ),
        Recording(
            record="service:requests_per_second",
            expr=f"sum by (service) (rate(http_requests_total{{{served}}}[{WINDOW}]))",
        ),
        Recording(
            record="service:latency_p99_seconds",
            expr=(
                "histogram_quantile(0.99, sum by (service, le)"
                f" (rate(http_request_duration_seconds_bucket{{{served}}}[{WINDOW}])))"
            ),
        ),
        Recording(
            record="node:cpu_used_percent",
            expr=(
                f'100 * (1 - avg by (node) (rate(node_cpu_seconds_total{{mode="idle"}}[{WINDOW}])))'
            ),
        ),
        Recording(
            record="node:memory_used_percent",
            expr=(
                "100 * (1 - max by (node) (node_memory_MemAvailable_bytes)"
                " / max by (node) (node_memory_MemTotal_bytes))"
            ),
        ),
        Recording(
            record="volume:free_percent",
            expr=(
                "100 * min by (namespace, persistentvolumeclaim)"
                " (kubelet_volume_stats_available_bytes / kubelet_volume_stats_capacity_bytes)"
            ),
        ),
    ]


def store_recordings(subject: Subject) -> list[Recording]:
    """RDS, ElastiCache and PgBouncer: shares of what this stack has."""
    own = f'dimension_DBInstanceIdentifier=~"{subject.primary}(-replica-.+)?"'
    pool, clients = subject.pool_connections, subject.settings.pgbouncer.max_client_connections
    prefix = subject.settings.prefix
    recordings = [
        Recording(
            record="postgres:cpu_used_percent",
            expr=_by_instance(f"aws_rds_cpuutilization_average{{{own}}}"),
        ),
        Recording(
            record="postgres:memory_used_percent",
            expr=_by_instance(
                f"100 * (1 - aws_rds_freeable_memory_average{{{own}}}"
                f" / {subject.database_memory_bytes})"
            ),
        ),
        Recording(
            record="postgres:io_wait_percent", expr=_by_instance(f"{IO_WAIT.series}{{{own}}}")
        ),
        Recording(
            record="postgres:storage_free_percent",
            # Of the storage allocated at the start; what it has now is in no metric.
            expr=_by_instance(
                f"100 * aws_rds_free_storage_space_average{{{own}}} / {subject.storage_bytes}"
            ),
        ),
        Recording(
            record="postgres:replica_lag_seconds",
            expr='max by (instance) (pg_replication_lag_seconds{instance=~".+-replica-.+"})',
        ),
        *(
            Recording(
                record="redis:cpu_used_percent",
                expr=_by_node(
                    "aws_elasticache_engine_cpuutilization_average"
                    f'{{dimension_CacheClusterId=~"{prefix}-{store}-.+"}}'
                ),
                labels={"store": store},
            )
            for store in ("cache", "queue")
        ),
        Recording(
            record="pgbouncer:pool_used_percent",
            expr=(
                "100 * max by (pod, database, user) (pgbouncer_pools_server_active_connections)"
                f" / {pool}"
            ),
        ),
        Recording(
            record="pgbouncer:clients_used_percent",
            expr=(
                "100 * (sum by (pod) (pgbouncer_pools_client_active_connections)"
                " + sum by (pod) (pgbouncer_pools_client_waiting_connections))"
                f" / {clients}"
            ),
        ),
    ]
    if not subject.uses_rabbitmq:
        recordings += (_paused_jobs(subject, queue) for queue in subject.plan.queue.names)
        recordings.append(
            Recording(
                record="worker:oldest_job_seconds",
                expr=(
                    "max by (queue) (label_replace("
                    f'redis_script_values{{store="queue",key!~"{PAUSED}.+"}},'
                    ' "queue", "$1", "key", "[^:]+:(.+)"))'
                ),
            )
        )
    return recordings


def objective_recordings(subject: Subject) -> list[Recording]:
    """Shares of the API's requests that fail and that are slow, over the windows of the alerts."""
    slow = subject.plan.thresholds.response_latency.warning
    total = "http_request_duration_seconds_count"
    return [
        recording
        for window in BUDGET_WINDOWS
        for recording in (
            Recording(
                record=f"orchestrator:errors:ratio_rate{window}",
                # No series of a status that was never answered: then the share is zero.
                expr=(
                    f'(sum(rate(http_requests_total{{{_ORCHESTRATOR},status=~"5.."}}[{window}]))'
                    f" or 0 * sum(rate(http_requests_total{{{_ORCHESTRATOR}}}[{window}])))"
                    f" / sum(rate(http_requests_total{{{_ORCHESTRATOR}}}[{window}]))"
                ),
            ),
            Recording(
                record=f"orchestrator:slow:ratio_rate{window}",
                # Prometheus 3 writes the bound as 2.0, clients as 2 or 2.0.
                expr=(
                    "1 - sum(rate(http_request_duration_seconds_bucket"
                    f'{{{_ORCHESTRATOR},le=~"{slow}|{slow}\\\\.0"}}[{window}]))'
                    f" / sum(rate({total}{{{_ORCHESTRATOR}}}[{window}]))"
                ),
            ),
        )
    ]


def _by_instance(expr: str) -> str:
    """CloudWatch's and the exporter's metrics of one server under one label."""
    if "dimension_DBInstanceIdentifier" not in expr:
        return f"max by (instance) ({expr})"
    return (
        f"max by (instance) (label_replace({expr},"
        ' "instance", "$1", "dimension_DBInstanceIdentifier", "(.+)"))'
    )


def _by_node(expr: str) -> str:
    return (
        f"max by (instance) (label_replace({expr},"
        ' "instance", "$1", "dimension_CacheClusterId", "(.+)"))'
    )
