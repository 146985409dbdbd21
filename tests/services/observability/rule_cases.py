"""For each alert series that fire it and series that do not, and the file that promtool reads."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any

from rendering.observability.alerting.objectives import BURNS
from rendering.observability.alerting.rule import Alert, Graded
from rendering.observability.alerting.subject import Subject
from rendering.observability.prometheus_rules import alerts
from rendering.queue.keys import JobState
from scaleplan.cluster.rotation import MACHINE_DAYS
from tests.services.observability import rule_series as series
from tests.services.observability.rule_series import MINUTES, Series, constant, growing

AT_MINUTE = 25
"""Ten minutes, over which rates build up, and the 15 that most alerts hold."""

LONGER = {
    "NodeCpuHigh": 45,
    "PostgresStorageLow": 45,
    "CitusBackupOld": 45,
    "CertificateExpiring": 75,
    "NodeOld": 75,
}


@dataclass(frozen=True)
class Case:
    """Series, and whether the alert with these labels has fired after `at` of them."""

    name: str
    labels: dict[str, str]
    series: Series
    fires: bool
    interval: str = "1m"
    at: str = ""

    def as_test(self) -> dict[str, Any]:
        selector = ",".join(f'{key}="{value}"' for key, value in self.labels.items())
        return {
            "name": f"{self.name} {'fires' if self.fires else 'is silent'} {self.labels}",
            "interval": self.interval,
            "input_series": [{"series": name, "values": values} for name, values in self.series],
            "promql_expr_test": [
                {
                    "expr": (
                        f'count(ALERTS{{alertname="{self.name}",alertstate="firing",{selector}}})'
                        " > bool 0 or vector(0)"
                    ),
                    "eval_time": self.at or f"{LONGER.get(self.name, AT_MINUTE)}m",
                    "exp_samples": [{"labels": "{}", "value": int(self.fires)}],
                }
            ],
        }


Measure = Callable[[Subject, float], Series]


def measures(subject: Subject) -> dict[tuple[str, str], tuple[Measure, Graded, dict[str, str]]]:
    """What puts a graded alert's measure at a value, by the alert and a word where it has two."""
    plan, own = subject.plan.thresholds, subject.plan.observability
    found: dict[tuple[str, str], tuple[Measure, Graded, dict[str, str]]] = {
        ("WorkloadCpuHigh", ""): (series.workload_cpu, plan.cpu_utilization, {}),
        ("WorkloadMemoryHigh", ""): (series.workload_memory, plan.memory_utilization, {}),
        ("ResponseLatencyHigh", ""): (series.latency, plan.response_latency, {}),
        ("NodeCpuHigh", ""): (series.node_cpu, plan.cpu_utilization, {}),
        ("NodeMemoryHigh", ""): (series.node_memory, plan.memory_utilization, {}),
        ("PostgresCpuHigh", ""): (series.postgres_cpu, plan.cpu_utilization, {}),
        ("PostgresMemoryHigh", ""): (series.postgres_memory, plan.memory_utilization, {}),
        ("PostgresConnectionsHigh", ""): (series.connections, plan.database_connections, {}),
        ("PostgresStorageLow", ""): (series.postgres_storage_free, own.storage_free_percent, {}),
        ("PgbouncerClientsWaiting", ""): (series.client_wait, own.client_wait_seconds, {}),
        ("PgbouncerPoolSaturated", ""): (series.pool_used, own.pool_used_percent, {}),
        ("PgbouncerClientsHigh", ""): (series.pool_clients, plan.database_connections, {}),
        ("RedisCpuHigh", ""): (series.redis_cpu, plan.cpu_utilization, {}),
        ("QueueDepthHigh", ""): (series.queue_depth, plan.queue_depth, {"queue": "analysis"}),
        ("CertificateExpiring", ""): (series.certificate_days, own.certificate_days, {}),
        ("VolumeSpaceLow", ""): (series.volume_free, own.volume_free_percent, {}),
    }
    for store in ("cache", "queue"):
        found["RedisMemoryHigh", store] = (
            series.redis_memory(store),
            plan.memory_utilization,
            {"store": store},
        )
    if not subject.uses_rabbitmq:
        # RabbitMQ says of no job how long it has waited.
        oldest = (series.oldest_job, own.oldest_job_seconds, {"queue": "extraction"})
        found["QueueOldestJobOld", ""] = oldest
    if subject.replicas:
        found["PostgresReplicaLag", ""] = (series.replica_lag, own.replica_lag_seconds, {})
    if subject.has_coordinator:
        found["CitusBackupOld", ""] = (series.citus_backup_age, own.backup_age_hours, {})
    return found


def graded_cases(subject: Subject) -> Iterator[Case]:
    """Just short of the warning nothing, between the two the warning alone, then both."""
    for (name, _), (measure, grade, labels) in measures(subject).items():
        step = 1 if grade.critical > grade.warning else -1
        warning = {"severity": "warning", **labels}
        critical = {"severity": "critical", **labels}
        calm = measure(subject, grade.warning - step * 0.5)
        middling = measure(subject, grade.warning + step * 0.5)
        high = measure(subject, grade.critical + step * 0.5)
        yield Case(name, warning, calm, fires=False)
        yield Case(name, warning, middling, fires=True)
        yield Case(name, critical, middling, fires=False)
        yield Case(name, critical, high, fires=True)


def other_cases(subject: Subject) -> Iterator[Case]:
    """The alerts that are no measure with two thresholds."""
    yield from _single_cases(subject)
    yield from _autoscaler_cases(subject)
    gone = series.presence(subject)
    for alert in every_alert(subject):
        if alert.name == "MetricsMissing":
            source = alert.labels["source"]
            labels = {"source": source}
            others = [each for name, each in gone.items() if name != source]
            # Other phases of the same exporter would be a presence too.
            yield Case(alert.name, labels, others, fires=True)
            yield Case(alert.name, labels, [gone[source]], fires=False)
    for source in ("queue", "cache"):
        # The exporter answers, and says that it does not reach Redis.
        down = [constant(f'redis_up{{store="{source}",instance="x"}}', 0)]
        yield Case("MetricsMissing", {"source": source}, down, fires=True)


def _single_cases(subject: Subject) -> Iterator[Case]:
    warning, critical = {"severity": "warning"}, {"severity": "critical"}
    yield Case("PostgresIoWaitHigh", warning, series.io_wait(subject, 20.5), fires=True)
    yield Case("PostgresIoWaitHigh", warning, series.io_wait(subject, 19.5), fires=False)
    evicted = 'redis_evicted_keys_total{store="queue",instance="q"}'
    yield Case("QueueEvictions", critical, [growing(evicted, 0.1)], fires=True)
    yield Case("QueueEvictions", critical, [constant(evicted, 7)], fires=False)
    cache = evicted.replace("queue", "cache")
    yield Case("QueueEvictions", critical, [growing(cache, 100)], fires=False)
    pending = 'kube_pod_status_phase{namespace="researchflow",pod="p",phase="Pending"}'
    yield Case("PodsPending", warning, [constant(pending, 1)], fires=True)
    yield Case("PodsPending", warning, [constant(pending, 0)], fires=False)
    made = 'kube_node_created{node="ip-10-0-1-2.ec2.internal"}'
    # promtool's clock begins at 0, so what is older was made before that.
    for seconds, fires in ((60, True), (-2 * 3600, False)):
        age = [constant(made, -(MACHINE_DAYS * 86400 + seconds))]
        yield Case("NodeOld", warning, age, fires=fires)
    # The template grew with the retention, one claim did not.
    own = subject.settings.observability.volume_gib
    for claim_gib, fires in ((own // 2, True), (own, False), (own * 2, False)):
        disk = series.prometheus_disk(subject, claim_gib)
        yield Case("PrometheusRetentionTooLarge", warning, disk, fires=fires)
    if subject.has_coordinator:
        yield from _patroni_cases(subject)
    if subject.settings.workflows.enabled:
        yield from _workflow_cases(subject)
    if not subject.uses_rabbitmq:
        yield from _pause_cases(subject)
    # It fires of nothing, which is its whole point: there are no series that silence it.
    yield Case("DeadMansSwitch", {"severity": "none"}, [constant("anything", 0)], fires=True)


def _pause_cases(subject: Subject) -> Iterator[Case]:
    """Jobs that a library moved, and jobs that stay where they waited: these are no depth then."""
    labels, critical = {"severity": "warning", "queue": "analysis"}, {"severity": "critical"}
    size = 'redis_key_size{{store="queue",db="db0",key="{}"}}'
    for key in subject.job_keys("analysis", JobState.PAUSED):
        yield Case("QueuePaused", labels, [constant(size.format(key.key), 3)], fires=True)
    for key in subject.job_keys("analysis", JobState.WAITING):
        waiting = constant(size.format(key.key), 1000)
        yield Case("QueuePaused", labels, [waiting], fires=False)
        if subject.pauses_in_place(key.client):
            paused, resumed = (series.pause(key.client, mark) for mark in (1, 0))
            yield Case("QueuePaused", labels, [waiting, paused], fires=True)
            yield Case("QueuePaused", labels, [waiting, resumed], fires=False)
            yield Case("QueueDepthHigh", critical, [waiting, paused], fires=False)
            yield Case("QueueDepthHigh", critical, [waiting, resumed], fires=True)


def _patroni_cases(subject: Subject) -> Iterator[Case]:
    """One server that goes on without its lock; a group whose copy was not promoted."""
    critical = {"severity": "critical"}
    of_pod = 'namespace="citus",pod="citus-{}"'
    for active in (1, 0):
        mode = f"patroni_failsafe_mode_is_active{{{of_pod.format('coord-0')}}}"
        yield Case("PatroniFailsafe", critical, [constant(mode, active)], fires=bool(active))
    groups = ["coord", *(f"shard{i}" for i in range(subject.settings.citus.shard_clusters))]
    for missing in (["shard1"], []):
        roles = [
            constant(
                f"patroni_primary{{{of_pod.format(f'{group}-{index}')}}}",
                int(index == 0 and group not in missing),
            )
            for group in groups
            for index in (0, 1)
        ]
        yield Case("CitusPrimaryMissing", critical, roles, fires=bool(missing))


def _workflow_cases(subject: Subject) -> Iterator[Case]:
    for name, severity, kind in (
        ("WorkflowDatabaseFailing", "critical", "persistence"),
        ("WorkflowServiceFailing", "warning", "service"),
    ):
        requests = growing(f'{kind}_requests{{namespace="temporal"}}', 1000)
        for failed, fires in ((60, True), (40, False)):
            errors = growing(f'{kind}_errors{{namespace="temporal"}}', failed)
            yield Case(name, {"severity": severity}, [requests, errors], fires=fires)
    age = 'approximate_backlog_age_seconds{namespace="temporal",taskqueue="analysis"}'
    limit = subject.plan.observability.oldest_job_seconds.critical
    for seconds, fires in ((limit + 1, True), (limit - 1, False)):
        labels = {"severity": "critical"}
        yield Case("WorkflowTasksOld", labels, [constant(age, seconds)], fires=fires)


def backup_cases(subject: Subject) -> Iterator[Case]:
    """A day without a backup, two days, and one each day."""
    rule = f'dimension_RuleName="{subject.settings.prefix}-database-backups"'
    count = f"aws_events_invocations_sum{{{rule}}}"
    age = subject.plan.observability.backup_age_hours
    hourly = {"interval": "1h", "at": f"{age.critical}h"}
    none = [(count, f"1x2 0x{age.critical}")]
    late = [(count, f"1x{age.critical - 3} 0x5")]
    each_day = [(count, f"1x{age.critical + 3}")]
    for severity, fired in (("critical", none), ("warning", late)):
        labels = {"severity": severity}
        yield Case("PostgresBackupOld", labels, fired, fires=True, **hourly)
        yield Case("PostgresBackupOld", labels, each_day, fires=False, **hourly)
    yield Case("PostgresBackupOld", {"severity": "critical"}, late, fires=False, **hourly)


def _autoscaler_cases(subject: Subject) -> Iterator[Case]:
    app = 'namespace="researchflow",horizontalpodautoscaler="{}"'
    worker = app.format("keda-hpa-worker" if subject.uses_keda else "worker")
    current = f"kube_horizontalpodautoscaler_status_current_replicas{{{worker}}}"
    most = constant(f"kube_horizontalpodautoscaler_spec_max_replicas{{{worker}}}", 5)
    warning, labels = {"severity": "warning"}, {"severity": "critical"}
    yield Case("AutoscalerAtMaximum", warning, [constant(current, 5), most], fires=True)
    yield Case("AutoscalerAtMaximum", warning, [constant(current, 4), most], fires=False)
    inactive = (
        f"kube_horizontalpodautoscaler_status_condition{{{worker},"
        'condition="ScalingActive",status="false"}'
    )
    yield Case("AutoscalerTriggerFailing", labels, [constant(inactive, 1)], fires=True)
    yield Case("AutoscalerTriggerFailing", labels, [constant(inactive, 0)], fires=False)
    if subject.uses_keda:
        errors = 'keda_scaled_object_errors_total{namespace="researchflow",scaledObject="worker"}'
        yield Case("AutoscalerTriggerFailing", labels, [growing(errors, 4)], fires=True)
        yield Case("AutoscalerTriggerFailing", labels, [constant(errors, 4)], fires=False)
    # While there are pods to add, high CPU is the autoscaler's work; beyond that it is ours.
    busy = series.workload_cpu(subject, subject.plan.thresholds.cpu_utilization.warning + 1)
    own = app.format("orchestrator")
    now = f"kube_horizontalpodautoscaler_status_current_replicas{{{own}}}"
    limit = constant(f"kube_horizontalpodautoscaler_spec_max_replicas{{{own}}}", 5)
    yield Case("WorkloadCpuHigh", warning, [*busy, constant(now, 3), limit], fires=False)
    yield Case("WorkloadCpuHigh", warning, [*busy, constant(now, 5), limit], fires=True)


def budget_cases(subject: Subject) -> Iterator[Case]:
    """A steady share of bad requests, just over a speed and just under it.

    Five hours are enough for the slowest: over a steady share all windows say the same. A sample
    comes every two minutes, because a range has no left end since Prometheus 3: one of five minutes
    would hold a single sample of those that are five minutes apart, and no rate.
    """
    own = subject.plan.observability
    slow = subject.plan.thresholds.response_latency.warning
    labels = 'namespace="researchflow",service="orchestrator"'
    samples = 6 * 30

    def errors(share: float) -> Series:
        name = "http_requests_total{" + labels + ",status="
        return [
            (f'{name}"500"}}', f"0+{share * 3000!r}x{samples}"),
            (f'{name}"200"}}', f"0+{(1 - share) * 3000!r}x{samples}"),
        ]

    def slowness(share: float) -> Series:
        name = "http_request_duration_seconds"
        return [
            (f"{name}_count{{{labels}}}", f"0+3000x{samples}"),
            (f'{name}_bucket{{{labels},le="{slow}.0"}}', f"0+{(1 - share) * 3000!r}x{samples}"),
        ]

    for name, objective, bad in (
        ("ApiErrorBudgetBurn", own.availability_percent, errors),
        ("ApiLatencyBudgetBurn", own.latency_percent, slowness),
    ):
        for burn in BURNS:
            limit = burn.factor * (100 - objective) / 100
            chosen = {"severity": str(burn.severity), "window": burn.long}
            for factor, fires in ((1.1, True), (0.9, False)):
                yield Case(name, chosen, bad(limit * factor), fires=fires, interval="2m", at="5h")


def every_alert(subject: Subject) -> list[Alert]:
    return [alert for group in alerts(subject).values() for alert in group]


def recording_tests(subject: Subject) -> list[dict[str, Any]]:
    """An empty queue is zero jobs as long as somebody sees it, and unknown after that."""
    if subject.uses_rabbitmq:
        return _broker_recordings(subject)
    up = 'redis_up{store="queue",instance="q"}'
    unreachable = [(up, f"0x{MINUTES}")]
    return [
        _queues(
            "an empty queue", [(up, "1x10")], _depths(dict.fromkeys(subject.plan.queue.names, 0))
        ),
        _queues("an exporter that does not reach Redis", unreachable, []),
    ]


def _broker_recordings(subject: Subject) -> list[dict[str, Any]]:
    """RabbitMQ's own zero is one, and a queue that nobody has declared yet has no depth."""
    first = subject.plan.queue.names[0]
    empty = [(series.ready(queue), "0x10") for queue in subject.plan.queue.names]
    deep = [(series.ready(first), "7x10"), (series.ready("other"), "9x10")]
    return [
        _queues("empty queues", empty, _depths(dict.fromkeys(subject.plan.queue.names, 0))),
        _queues("one queue", deep, _depths({first: 7})),
    ]


def _queues(name: str, rows: Series, expected: list[dict[str, Any]]) -> dict[str, Any]:
    """The depths after five minutes; after half an hour, when the series have ended, none."""
    return {
        "name": name,
        "interval": "1m",
        "input_series": [{"series": series, "values": values} for series, values in rows],
        "promql_expr_test": [
            {"expr": "worker:queue_depth", "eval_time": "5m", "exp_samples": expected},
            {"expr": "worker:queue_depth", "eval_time": "30m", "exp_samples": []},
        ],
    }


def _depths(jobs: dict[str, int]) -> list[dict[str, Any]]:
    return [
        {"labels": f'worker:queue_depth{{queue="{queue}"}}', "value": count}
        for queue, count in jobs.items()
    ]
