"""Alerts on the cluster, on certificates, and on the monitoring itself."""

from __future__ import annotations

from rendering.observability.alerting.rule import Alert, Route, Severity, graded
from rendering.observability.alerting.subject import APPLICATION_NAMESPACE, COORDINATOR, Subject
from rendering.observability.prometheus_stack import NAMESPACE as MONITORING
from rendering.workflows.temporal_names import NAMESPACE as TEMPORAL_NAMESPACE
from scaleplan.applications.workloads import ORCHESTRATOR, SERVED, WORKER, WORKFLOW_WORKER
from scaleplan.cluster.rotation import MACHINE_DAYS

DEAD_MANS_SWITCH = "DeadMansSwitch"

_NAMESPACES = f"{APPLICATION_NAMESPACE}|keda|kube-system|monitoring|citus"


def platform_alerts(subject: Subject) -> list[Alert]:
    """Pods without a machine, machines, certificates, volumes, metrics, the dead man's switch."""
    return [
        Alert(
            name="PodsPending",
            expr=(
                "sum by (namespace)"
                f' (kube_pod_status_phase{{namespace=~"{_NAMESPACES}",phase="Pending"}}) > 0'
            ),
            severity=Severity.WARNING,
            route=Route.TICKET,
            minutes=15,
            because="Karpenter buys a machine in two minutes; images and volumes take some more.",
            summary="{{ $value }} pods of {{ $labels.namespace }} wait for a machine or an image.",
            action="Scale out where no machine has room; roll back where an image is not there.",
        ),
        Alert(
            name="NodeOld",
            expr=f"(time() - max by (node) (kube_node_created)) / 86400 > {MACHINE_DAYS}",
            severity=Severity.WARNING,
            route=Route.TICKET,
            minutes=60,
            because="It is a matter of weeks.",
            summary=(
                "{{ $labels.node }} has run for {{ $value | humanize }} days, with the image that"
                " it began with."
            ),
            action="Raise the image of its pool or update its group: that replaces each in turn.",
        ),
        *graded(
            "CertificateExpiring",
            "min by (dimension_CertificateArn) (aws_certificatemanager_days_to_expiry_minimum)",
            subject.plan.observability.certificate_days,
            minutes=(60, 60),
            because="The measure comes twice a day; an hour hides nothing.",
            summary="{{ $labels.dimension_CertificateArn }} ends in {{ $value }} days.",
            action="Restore the DNS record that ACM validates by; it renews by itself then.",
            below=True,
        ),
        *_volumes(subject),
        *_missing(subject),
        Alert(
            name=DEAD_MANS_SWITCH,
            expr="vector(1)",
            severity=Severity.NONE,
            route=Route.NONE,
            minutes=0,
            because="It always fires: who no longer hears of it knows that alerts don't arrive.",
            summary="Prometheus and Alertmanager work, down to the topic that is listened to.",
            action="None. When it stops, CloudWatch raises an alarm.",
        ),
    ]


def _volumes(subject: Subject) -> list[Alert]:
    """Volumes that fill, and the one that will: a claim keeps its size when its template grows."""
    capacity = (
        f'kubelet_volume_stats_capacity_bytes{{namespace="{MONITORING}",'
        'persistentvolumeclaim=~"prometheus-.+"}'
    )
    limit = f'prometheus_tsdb_retention_limit_bytes{{namespace="{MONITORING}"}}'
    return [
        *graded(
            "VolumeSpaceLow",
            "volume:free_percent",
            subject.plan.observability.volume_free_percent,
            minutes=(15, 5),
            because="A compaction or a checkpoint takes space for minutes and gives it back.",
            summary=(
                "{{ $labels.persistentvolumeclaim }} in {{ $labels.namespace }} has"
                " {{ $value | humanize }} % free."
            ),
            action="Scale up: enlarge the claim, then raise the setting that it came from.",
            below=True,
        ),
        Alert(
            name="PrometheusRetentionTooLarge",
            expr=f"max({limit}) > min({capacity})",
            severity=Severity.WARNING,
            route=Route.TICKET,
            minutes=15,
            because="A claim that is being enlarged has its size within minutes.",
            summary="Prometheus may keep {{ $value | humanize1024 }}B, more than its disk holds.",
            action="Scale up: enlarge Prometheus' claims to observability.volumeGib.",
        ),
    ]


def _missing(subject: Subject) -> list[Alert]:
    """One alert a source: without it the alerts that are built on it are blind."""
    return [
        Alert(
            name="MetricsMissing",
            expr=expr,
            severity=Severity.CRITICAL,
            route=Route.PAGE if pages else Route.TICKET,
            minutes=10,
            because="An exporter's pod that moves to another node is back within minutes.",
            summary=f"No metrics of {source}: its alerts can't fire.",
            action="Restore the exporter or its access; until then look at the source itself.",
            labels={"source": source},
        )
        for source, expr, pages in _sources(subject)
    ]


def _sources(subject: Subject) -> list[tuple[str, str, bool]]:
    """Source, what is true when it is gone, and whether that wakes somebody."""
    servers = [subject.primary, *subject.replicas]
    if subject.has_coordinator:
        servers.append(COORDINATOR)
    sources = [
        ("queue", 'absent(redis_up{store="queue"} == 1)', True),
        ("cache", 'absent(redis_up{store="cache"} == 1)', False),
        *((server, f'absent(pg_up{{instance="{server}"}} == 1)', True) for server in servers),
        ("pgbouncer", "absent(pgbouncer_up == 1)", True),
        *((name, _absent_service(name), name == ORCHESTRATOR) for name in (*SERVED, WORKER)),
        ("cloudwatch", "absent(aws_rds_cpuutilization_average)", False),
        ("kube-state-metrics", "absent(kube_pod_status_phase)", True),
        ("node-exporter", "absent(node_memory_MemTotal_bytes)", False),
        # Prometheus' own volume is always there.
        ("kubelet", "absent(kubelet_volume_stats_capacity_bytes)", False),
    ]
    if subject.has_coordinator:
        sources.append(("patroni", "absent(patroni_primary)", False))
    if subject.uses_rabbitmq:
        sources.append(("broker", "absent(aws_amazonmq_message_ready_count_average)", True))
    if subject.settings.workflows.enabled:
        sources += [
            ("temporal", f'absent(up{{namespace="{TEMPORAL_NAMESPACE}"}} == 1)', True),
            (WORKFLOW_WORKER, _absent_service(WORKFLOW_WORKER), False),
        ]
    if subject.uses_keda:
        sources.append(("keda", "absent(keda_scaler_metrics_value)", True))
    if subject.settings.nodes.karpenter:
        sources.append(("karpenter", "absent(karpenter_build_info)", False))
    return sources


def _absent_service(name: str) -> str:
    return f'absent(up{{namespace="{APPLICATION_NAMESPACE}",service="{name}"}} == 1)'
