"""One dashboard a layer."""

from __future__ import annotations

from rendering.alerting.rule import Graded
from rendering.alerting.subject import APPLICATION_NAMESPACE, Subject
from rendering.dashboards.panel import Board, Graph

_APPS = f'namespace="{APPLICATION_NAMESPACE}"'


def _graph(
    title: str,
    expression: str,
    legend: str,
    unit: str = "short",
    thresholds: Graded | None = None,
    *,
    below: bool = False,
) -> Graph:
    return Graph(
        title=title,
        queries=((expression, legend),),
        unit=unit,
        thresholds=thresholds,
        below=below,
    )


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
                    _graph("Requests", "service:requests_per_second", "{{service}}", "reqps"),
                    _graph(
                        "Latency p99",
                        "service:latency_p99_seconds",
                        "{{service}}",
                        "s",
                        plan.response_latency,
                    ),
                    _graph("Share of errors", errors, "{{service}}", "percentunit"),
                ),
            ),
            (
                "Pods",
                (
                    _graph(
                        "CPU of what is requested",
                        "workload:cpu_used_percent",
                        "{{workload}}",
                        "percent",
                        plan.cpu_utilization,
                    ),
                    _graph(
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
                    _graph("Restarts", pods, "{{pod}}"),
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
                    _graph(
                        "CPU",
                        "postgres:cpu_used_percent",
                        instance,
                        "percent",
                        plan.cpu_utilization,
                    ),
                    _graph(
                        "Memory",
                        "postgres:memory_used_percent",
                        instance,
                        "percent",
                        plan.memory_utilization,
                    ),
                    _graph("I/O wait", "postgres:io_wait_percent", instance, "percent"),
                    _graph(
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
                    _graph(
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
                    _graph(
                        "Blocks found in memory",
                        f"{hits} / ({hits} + {reads})",
                        instance,
                        "percentunit",
                    ),
                    _graph(
                        "Longest transaction",
                        "max by (instance) (pg_stat_activity_max_tx_duration)",
                        instance,
                        "s",
                    ),
                    _graph(
                        "Lag of replicas",
                        "postgres:replica_lag_seconds",
                        instance,
                        "s",
                        own.replica_lag_seconds,
                    ),
                    _graph(
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
                    _graph(
                        "Pools",
                        "pgbouncer:pool_used_percent",
                        pool,
                        "percent",
                        own.pool_used_percent,
                    ),
                    _graph(
                        "Clients",
                        "pgbouncer:clients_used_percent",
                        "{{pod}}",
                        "percent",
                        plan.database_connections,
                    ),
                    _graph(
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
                    _graph(
                        "Memory",
                        "redis:memory_used_percent",
                        node,
                        "percent",
                        plan.memory_utilization,
                    ),
                    _graph("CPU", "redis:cpu_used_percent", node, "percent", plan.cpu_utilization),
                    _graph("Evictions", "rate(redis_evicted_keys_total[5m])", node, "ops"),
                    _graph("Commands", "rate(redis_commands_processed_total[5m])", node, "ops"),
                    _graph("Clients", "redis_connected_clients", node),
                    _graph(
                        "Answers from the cache",
                        f"{hits} / ({hits} + {misses})",
                        "{{instance}}",
                        "percentunit",
                    ),
                ),
            ),
        ),
    )


def queue(subject: Subject) -> Board:
    """Jobs and the workers that they call for."""
    plan, own = subject.plan.thresholds, subject.plan.observability
    graphs = [
        _graph("Waiting jobs", "worker:queue_depth", "{{queue}}", "short", plan.queue_depth),
        _graph(
            "Workers",
            f'kube_horizontalpodautoscaler_status_current_replicas{{{_APPS},horizontalpodautoscaler=~".*worker"}}',
            "pods",
        ),
    ]
    if not subject.uses_rabbitmq:
        graphs.insert(
            1,
            _graph(
                "Oldest waiting job",
                "worker:oldest_job_seconds",
                "{{queue}}",
                "s",
                own.oldest_job_seconds,
            ),
        )
        keys = 'redis_key_size{store="queue"}'
        graphs.append(_graph("Every key of the queues", keys, "{{key}}"))
    if subject.uses_keda:
        read = f'keda_scaler_metrics_value{{scaledObject="worker",{_APPS}}}'
        graphs.append(_graph("What KEDA reads", read, "{{metric}}"))
    return Board(name="queue", title="ResearchFlow / Queue", rows=(("Jobs", tuple(graphs)),))


def platform(subject: Subject) -> Board:
    """Nodes, pods without a place, certificates, backups."""
    plan, own = subject.plan.thresholds, subject.plan.observability
    pending = 'sum by (namespace) (kube_pod_status_phase{phase="Pending"})'
    days = "min by (dimension_CertificateArn) (aws_certificatemanager_days_to_expiry_minimum)"
    graphs = [
        _graph(
            "CPU of nodes", "node:cpu_used_percent", "{{node}}", "percent", plan.cpu_utilization
        ),
        _graph(
            "Memory of nodes",
            "node:memory_used_percent",
            "{{node}}",
            "percent",
            plan.memory_utilization,
        ),
        _graph("Pods without a place", pending, "{{namespace}}"),
        _graph(
            "Days until a certificate ends",
            days,
            "{{dimension_CertificateArn}}",
            "d",
            own.certificate_days,
            below=True,
        ),
    ]
    if subject.settings.nodes.karpenter:
        share = (
            "100 * sum by (nodepool, resource_type) (karpenter_nodepools_usage)"
            " / sum by (nodepool, resource_type) (karpenter_nodepools_limit)"
        )
        graphs.append(_graph("Node pools", share, "{{nodepool}} {{resource_type}}", "percent"))
    return Board(
        name="platform", title="ResearchFlow / Platform", rows=(("Cluster", tuple(graphs)),)
    )


def edge(subject: Subject) -> Board:
    """CloudFront and the load balancer, as AWS counts them."""
    latency = subject.plan.thresholds.response_latency
    balancer = "{{dimension_LoadBalancer}}"
    return Board(
        name="edge",
        title="ResearchFlow / Edge",
        rows=(
            (
                "CloudFront",
                (
                    _graph("Requests a minute", "sum(aws_cloudfront_requests_sum)", "requests"),
                    _graph(
                        "Errors of ours",
                        "max(aws_cloudfront_5xx_error_rate_average)",
                        "5xx",
                        "percent",
                    ),
                    _graph(
                        "Errors of clients",
                        "max(aws_cloudfront_4xx_error_rate_average)",
                        "4xx",
                        "percent",
                    ),
                    _graph(
                        "Sent a minute",
                        "sum(aws_cloudfront_bytes_downloaded_sum)",
                        "bytes",
                        "bytes",
                    ),
                ),
            ),
            (
                "Load balancer",
                (
                    _graph(
                        "Requests a minute",
                        "max by (dimension_LoadBalancer) (aws_applicationelb_request_count_sum)",
                        balancer,
                    ),
                    _graph(
                        "Latency p99",
                        "max by (dimension_LoadBalancer)"
                        " (aws_applicationelb_target_response_time_p99)",
                        balancer,
                        "s",
                        latency,
                    ),
                    _graph(
                        "Healthy pods",
                        "min by (dimension_TargetGroup)"
                        " (aws_applicationelb_healthy_host_count_minimum)",
                        "{{dimension_TargetGroup}}",
                    ),
                ),
            ),
        ),
    )
