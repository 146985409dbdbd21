"""Alarms that CloudWatch raises by itself: what must be heard of when the cluster is gone."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Literal

from rendering.observability.alerting.rule import Route
from rendering.observability.alerting.subject import Subject
from rendering.observability.alertmanager import HEARTBEAT_MINUTES

FIVE_MINUTES = 300
_DAY = 86_400

RDS_ALARM_CATEGORIES = ("availability", "failover", "failure", "low storage")
"""RDS's events that page; all the others are on the events' own topic (RDS user guide, "Amazon RDS
event categories")."""


@dataclass(frozen=True, kw_only=True)
class Alarm:
    """One metric on one resource. `missing` is what no data means: `breaching` where silence is the
    very fault."""

    key: str
    description: str
    namespace: str
    metric: str
    statistic: Literal["Average", "Maximum", "Minimum", "Sum"]
    dimensions: Mapping[str, str]
    comparison: Literal["LessThanThreshold", "GreaterThanThreshold"]
    threshold: float
    period_seconds: int
    periods: int
    missing: Literal["breaching", "notBreaching", "missing"]
    route: Route = Route.PAGE


def database_alarms(subject: Subject) -> list[Alarm]:
    """Storage of each RDS instance, and CPU credits where it has any."""
    own = subject.plan.observability
    alarms: list[Alarm] = []
    for identifier in (subject.primary, *subject.replicas):
        role = identifier.removeprefix(f"{subject.settings.prefix}-")
        dimensions = {"DBInstanceIdentifier": identifier}
        percent = own.storage_free_percent.critical
        alarms.append(
            Alarm(
                key=f"{role}-storage",
                description=f"{identifier}: under {percent} % free of the storage at the start",
                namespace="AWS/RDS",
                metric="FreeStorageSpace",
                statistic="Minimum",
                dimensions=dimensions,
                comparison="LessThanThreshold",
                threshold=subject.storage_bytes * percent // 100,
                period_seconds=FIVE_MINUTES,
                periods=3,
                missing="missing",
            )
        )
        if subject.burstable:
            alarms.append(
                Alarm(
                    key=f"{role}-credits",
                    description=f"{identifier}: CPU credits run out; it then slows down or costs",
                    namespace="AWS/RDS",
                    metric="CPUCreditBalance",
                    statistic="Minimum",
                    dimensions=dimensions,
                    comparison="LessThanThreshold",
                    threshold=own.cpu_credits,
                    period_seconds=FIVE_MINUTES,
                    periods=3,
                    missing="missing",
                )
            )
    return alarms


def redis_alarms(subject: Subject) -> list[Alarm]:
    """Memory of each node: a full queue refuses jobs, a full cache only evicts."""
    settings = subject.settings
    limit = subject.plan.thresholds.memory_utilization.critical
    # ElastiCache names nodes by shard and number, by number alone where there are no shards.
    queue = [f"{number:03d}" for number in range(1, settings.queue.nodes + 1)]
    cache = [
        f"{shard:04d}-{number:03d}"
        for shard in range(1, settings.cache.shards + 1)
        for number in range(1, settings.cache.replicas_per_shard + 2)
    ]
    return [
        Alarm(
            key=f"{store}-{node}-memory",
            description=f"{settings.prefix}-{store}-{node}: over {limit} % of its memory is used",
            namespace="AWS/ElastiCache",
            metric="DatabaseMemoryUsagePercentage",
            statistic="Maximum",
            dimensions={"CacheClusterId": f"{settings.prefix}-{store}-{node}"},
            comparison="GreaterThanThreshold",
            threshold=limit,
            period_seconds=FIVE_MINUTES,
            periods=3,
            missing="missing",
            route=route,
        )
        for store, nodes, route in (
            ("queue", queue, Route.PAGE),
            ("cache", cache, Route.TICKET),
        )
        for node in nodes
    ]


def cluster_alarms(subject: Subject) -> list[Alarm]:
    """The API server. It is asked without pause, so that a minute without requests is its end."""
    dimensions = {"ClusterName": subject.settings.prefix}
    return [
        Alarm(
            key="kubernetes-api-silent",
            description="The cluster's API server has answered nobody for five minutes",
            namespace="AWS/EKS",
            metric="apiserver_request_total",
            statistic="Sum",
            dimensions=dimensions,
            comparison="LessThanThreshold",
            threshold=1,
            period_seconds=60,
            periods=5,
            missing="breaching",
        ),
        Alarm(
            key="kubernetes-api-errors",
            description="The cluster's API server answers with errors of its own",
            namespace="AWS/EKS",
            metric="apiserver_request_total_5XX",
            statistic="Sum",
            dimensions=dimensions,
            comparison="GreaterThanThreshold",
            # A busy cluster asks some thousand times a minute; 100 in five are not chance.
            threshold=100,
            period_seconds=FIVE_MINUTES,
            periods=3,
            missing="notBreaching",
        ),
    ]


def heartbeat_alarm(topic_name: str) -> Alarm:
    """The dead man's switch's other end: Alertmanager no longer sends what it always sends."""
    return Alarm(
        key="heartbeat",
        description="Prometheus or Alertmanager is silent: no alert of theirs would arrive",
        namespace="AWS/SNS",
        metric="NumberOfMessagesPublished",
        statistic="Sum",
        dimensions={"TopicName": topic_name},
        comparison="LessThanThreshold",
        threshold=1,
        period_seconds=HEARTBEAT_MINUTES * 60,
        periods=3,
        missing="breaching",
    )


def certificate_alarm(key: str, certificate_arn: str, days: int) -> Alarm:
    """A certificate that ACM fails to renew. The measure comes twice a day."""
    return Alarm(
        key=f"certificate-{key}",
        description=f"Certificate of the {key} ends in less than {days} days",
        namespace="AWS/CertificateManager",
        metric="DaysToExpiry",
        statistic="Minimum",
        dimensions={"CertificateArn": certificate_arn},
        comparison="LessThanThreshold",
        threshold=days,
        period_seconds=_DAY,
        periods=1,
        missing="missing",
    )


def stack_alarms(subject: Subject) -> Sequence[Alarm]:
    """All whose resources have names that the program knows."""
    return [*database_alarms(subject), *redis_alarms(subject), *cluster_alarms(subject)]
