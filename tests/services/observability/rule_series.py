"""Raw series of the exporters that put one measure at one value, as promtool's tests take them."""

from __future__ import annotations

from collections.abc import Callable

from rendering.observability.alerting.subject import COORDINATOR, Subject
from rendering.observability.prometheus_stack import NAMESPACE as MONITORING
from rendering.observability.prometheus_stack import stack_values
from rendering.queue.keys import JobState
from scaleplan.sizes import QueueClient

Series = list[tuple[str, str]]
MINUTES = 100
"""Length of a series, a sample a minute: above the longest `for` and what comes before it."""


def constant(series: str, value: float) -> tuple[str, str]:
    return series, f"{value!r}+0x{MINUTES}"


def growing(series: str, per_minute: float) -> tuple[str, str]:
    return series, f"0+{per_minute!r}x{MINUTES}"


def workload_cpu(_: Subject, percent: float) -> Series:
    pod = 'namespace="researchflow",pod="orchestrator-1",container="orchestrator"'
    return [
        growing(f"container_cpu_usage_seconds_total{{{pod}}}", percent / 100 * 2 * 60),
        constant(f'kube_pod_container_resource_requests{{{pod},resource="cpu"}}', 2),
        # A finished pod requests nothing any more.
        constant(
            'kube_pod_container_resource_requests{namespace="researchflow",pod="orchestrator-0",'
            'container="orchestrator",resource="cpu"}',
            50,
        ),
        constant(
            'kube_pod_status_phase{namespace="researchflow",pod="orchestrator-1",phase="Running"}',
            1,
        ),
        constant(
            'kube_pod_status_phase{namespace="researchflow",pod="orchestrator-0",phase="Running"}',
            0,
        ),
    ]


def workload_memory(_: Subject, percent: float) -> Series:
    series = []
    # The fullest of two pods counts.
    for pod, used in (("worker-1", percent), ("worker-2", 5)):
        labels = f'namespace="researchflow",pod="{pod}",container="worker"'
        series.append(constant(f"container_memory_working_set_bytes{{{labels}}}", used * 1e6))
        series.append(
            constant(f'kube_pod_container_resource_limits{{{labels},resource="memory"}}', 1e8)
        )
    return series


def latency(_: Subject, seconds: float) -> Series:
    name = "http_request_duration_seconds_bucket"
    labels = 'namespace="researchflow",service="orchestrator",pod="orchestrator-1"'
    # All requests in one bucket of a second, so placed that its 99th hundredth is at `seconds`.
    low, high = f"{seconds - 0.99:.2f}", f"{seconds + 0.01:.2f}"
    return [
        growing(f'{name}{{{labels},le="{low}"}}', 0),
        growing(f'{name}{{{labels},le="{high}"}}', 600),
        growing(f'{name}{{{labels},le="+Inf"}}', 600),
    ]


def node_cpu(_: Subject, percent: float) -> Series:
    idle = (100 - percent) / 100 * 60
    return [
        growing(f'node_cpu_seconds_total{{node="n1",cpu="{cpu}",mode="idle"}}', idle)
        for cpu in (0, 1)
    ]


def node_memory(_: Subject, percent: float) -> Series:
    return [
        constant('node_memory_MemTotal_bytes{node="n1"}', 1e10),
        constant('node_memory_MemAvailable_bytes{node="n1"}', (100 - percent) * 1e8),
    ]


def volume_free(_: Subject, percent: float) -> Series:
    series = []
    # The fullest counts by itself, whatever the others have left.
    for claim, free in (("data-citus-0", percent), ("data-citus-1", 60)):
        labels = f'namespace="citus",persistentvolumeclaim="{claim}"'
        series.append(constant(f"kubelet_volume_stats_available_bytes{{{labels}}}", free * 1e9))
        series.append(constant(f"kubelet_volume_stats_capacity_bytes{{{labels}}}", 1e11))
    return series


def prometheus_disk(subject: Subject, claim_gib: int) -> Series:
    """What Prometheus may keep, and its disks: one of the stack's size, one of `claim_gib`."""
    spec = stack_values(
        subject.settings.observability,
        subject.plan.observability,
        node_selector={},
        alertmanager_config={},
        has_channels=False,
        watches_citus=False,
    )["prometheus"]["prometheusSpec"]
    limit = int(spec["retentionSize"].removesuffix("GiB"))
    # A file system's own tables take a sixtieth of its volume.
    sizes = {"1": claim_gib, "0": subject.settings.observability.volume_gib}
    return [
        constant(
            f'prometheus_tsdb_retention_limit_bytes{{namespace="{MONITORING}",pod="p"}}',
            limit * 2**30,
        ),
        *(
            constant(
                f'kubelet_volume_stats_capacity_bytes{{namespace="{MONITORING}",'
                f'persistentvolumeclaim="prometheus-stack-db-prometheus-stack-{ordinal}"}}',
                gib * 2**30 * 59 / 60,
            )
            for ordinal, gib in sizes.items()
        ),
        # Alertmanager's is smaller by far.
        constant(
            f'kubelet_volume_stats_capacity_bytes{{namespace="{MONITORING}",'
            'persistentvolumeclaim="alertmanager-stack-db-alertmanager-stack-0"}',
            2**31,
        ),
    ]


def _rds(name: str) -> Callable[[Subject, float], Series]:
    def series(subject: Subject, value: float) -> Series:
        own = f'dimension_DBInstanceIdentifier="{subject.primary}"'
        # Another stack's database in the same account is none of ours.
        other = 'dimension_DBInstanceIdentifier="another-database"'
        return [
            constant(f"{name}{{{own}}}", value),
            constant(f"{name}{{{other}}}", 1e3 if "percent" in name or "cpu" in name else 0),
        ]

    return series


postgres_cpu = _rds("aws_rds_cpuutilization_average")
io_wait = _rds("aws_researchflow_database_io_wait_percent_average")


def postgres_memory(subject: Subject, percent: float) -> Series:
    free = subject.database_memory_bytes * (100 - percent) / 100
    return _rds("aws_rds_freeable_memory_average")(subject, free)


def postgres_storage_free(subject: Subject, percent: float) -> Series:
    free = subject.storage_bytes * percent / 100
    return _rds("aws_rds_free_storage_space_average")(subject, free)


def connections(subject: Subject, percent: float) -> Series:
    server = f'instance="{subject.primary}"'
    # The exporter splits them by state, user and more.
    split = {"active": percent - 10, "idle": 10}
    return [
        *(
            constant(f'pg_stat_activity_count{{{server},datname="ros",state="{state}"}}', count)
            for state, count in split.items()
        ),
        constant(f"pg_settings_max_connections{{{server}}}", 100),
    ]


def replica_lag(subject: Subject, seconds: float) -> Series:
    return [
        constant(f'pg_replication_lag_seconds{{instance="{subject.replicas[0]}"}}', seconds),
        constant(f'pg_replication_lag_seconds{{instance="{subject.primary}"}}', 0),
    ]


def citus_backup_age(_: Subject, hours: float) -> Series:
    # promtool's clock starts at zero and moves a minute a sample: the age stays the same.
    return [
        (
            'stackgres_backup_end_timestamp_seconds{cluster="citus"}',
            f"{-hours * 3600!r}+60x{MINUTES}",
        )
    ]


_POOL = 'pod="pgbouncer-1",database="researchflow",user="researchflow_app"'


def client_wait(_: Subject, seconds: float) -> Series:
    return [constant(f"pgbouncer_pools_client_maxwait_seconds{{{_POOL}}}", seconds)]


def pool_used(subject: Subject, percent: float) -> Series:
    used = subject.pool_connections * percent / 100
    return [constant(f"pgbouncer_pools_server_active_connections{{{_POOL}}}", used)]


def pool_clients(subject: Subject, percent: float) -> Series:
    clients = subject.settings.pgbouncer.max_client_connections * percent / 100
    other = _POOL.replace("researchflow_app", "researchflow_readonly")
    return [
        constant(f"pgbouncer_pools_client_active_connections{{{_POOL}}}", clients - 2),
        constant(f"pgbouncer_pools_client_active_connections{{{other}}}", 1),
        constant(f"pgbouncer_pools_client_waiting_connections{{{_POOL}}}", 1),
    ]


def redis_memory(store: str) -> Callable[[Subject, float], Series]:
    def series(_: Subject, percent: float) -> Series:
        labels = f'store="{store}",instance="10.0.0.1:6379"'
        return [
            constant(f"redis_memory_used_bytes{{{labels}}}", percent * 1e7),
            constant(f"redis_memory_max_bytes{{{labels}}}", 1e9),
        ]

    return series


def redis_cpu(subject: Subject, percent: float) -> Series:
    node = f"{subject.settings.prefix}-cache-0001-001"
    name = "aws_elasticache_engine_cpuutilization_average"
    return [constant(f'{name}{{dimension_CacheClusterId="{node}"}}', percent)]


def queue_depth(subject: Subject, jobs: float) -> Series:
    if subject.uses_rabbitmq:
        return [
            constant(ready("analysis"), jobs),
            # Another queue's jobs are its own, and those at work are no backlog.
            constant(ready("extraction"), 0),
            constant(ready("analysis").replace("message_ready", "message_unacknowledged"), 10_000),
        ]
    first, *others = (key.key for key in subject.job_keys("analysis", JobState.WAITING))
    return [
        constant('redis_up{store="queue",instance="q"}', 1),
        # Jobs with a priority are in a key of their own, and count as well.
        constant(f'redis_key_size{{store="queue",db="db0",key="{first}"}}', jobs - len(others)),
        *(constant(f'redis_key_size{{store="queue",db="db0",key="{key}"}}', 1) for key in others),
        # Those at work are no backlog.
        constant('redis_key_size{store="queue",db="db0",key="bull:analysis:active"}', 10_000),
    ]


def pause(client: QueueClient, mark: int) -> tuple[str, str]:
    """What the exporter's script says of the queue `analysis`."""
    key = f"paused:{client}:analysis"
    return constant(f'redis_script_values{{store="queue",filename="oldest.lua",key="{key}"}}', mark)


def ready(queue: str) -> str:
    """What YACE shows of one queue of Amazon MQ."""
    labels = (
        f'dimension_Broker="researchflow-test",dimension_VirtualHost="/",dimension_Queue="{queue}"'
    )
    return f"aws_amazonmq_message_ready_count_average{{{labels}}}"


def oldest_job(_: Subject, seconds: float) -> Series:
    name = 'redis_script_values{store="queue",filename="oldest.lua",key='
    return [
        constant(f'{name}"bullmq:extraction"}}', seconds),
        constant(f'{name}"bullmq:analysis"}}', 0),
    ]


def certificate_days(_: Subject, days: float) -> Series:
    name = "aws_certificatemanager_days_to_expiry_minimum"
    return [
        constant(f'{name}{{dimension_CertificateArn="arn:1",region="us-east-1"}}', days),
        constant(f'{name}{{dimension_CertificateArn="arn:2",region="eu-west-1"}}', 200),
    ]


def presence(subject: Subject) -> dict[str, tuple[str, str]]:
    """The series by which a source shows that it is there."""
    servers = [subject.primary, *subject.replicas]
    if subject.has_coordinator:
        servers.append(COORDINATOR)
    up = {
        "queue": 'redis_up{store="queue",instance="q"}',
        "cache": 'redis_up{store="cache",instance="c"}',
        **{server: f'pg_up{{instance="{server}"}}' for server in servers},
        "pgbouncer": 'pgbouncer_up{pod="pgbouncer-1"}',
        **{
            name: f'up{{namespace="researchflow",service="{name}"}}'
            for name in ("orchestrator", "collaboration", "web", "worker")
        },
        "patroni": 'patroni_primary{namespace="citus",pod="citus-coord-0"}',
        "broker": ready("analysis"),
        "temporal": 'up{namespace="temporal",pod="temporal-history-1"}',
        "workflow-worker": 'up{namespace="researchflow",service="workflow-worker"}',
        "cloudwatch": 'aws_rds_cpuutilization_average{dimension_DBInstanceIdentifier="x"}',
        "kube-state-metrics": 'kube_pod_status_phase{phase="Running",namespace="n",pod="p"}',
        "node-exporter": 'node_memory_MemTotal_bytes{node="n1"}',
        "kubelet": 'kubelet_volume_stats_capacity_bytes{namespace="monitoring"}',
        "keda": 'keda_scaler_metrics_value{scaledObject="worker"}',
        "karpenter": 'karpenter_build_info{version="1"}',
    }
    return {source: constant(series, 1) for source, series in up.items()}
