"""YACE's configuration: which of CloudWatch's metrics of this stack become Prometheus'."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import yaml

from rendering.observability.alerting.stores import BACKUP_RULE_SUFFIX
from rendering.observability.alerting.subject import Subject
from rendering.observability.cloudwatch_metrics import (
    BROKER,
    CERTIFICATES,
    CLOUDFRONT,
    ELASTICACHE,
    IO_WAIT,
    LOAD_BALANCER,
    RDS,
    CloudWatchMetric,
    backup_count,
)
from rendering.shared.iam_documents import policy_document, statement

CONFIG_FILE = "config.yml"
GLOBAL_REGION = "us-east-1"
"""Where CloudFront's metrics and the certificate of its name are."""


def cloudwatch_exporter_config(subject: Subject) -> str:
    """The file. Resources are found by the stack's own tags, so that no other stack's are read."""
    settings = subject.settings
    home = settings.region
    regions = list(dict.fromkeys([home, GLOBAL_REGION]))
    jobs = [
        _job(subject, "AWS/RDS", [home], RDS),
        _job(subject, "AWS/ElastiCache", [home], ELASTICACHE),
        _job(subject, "AWS/ApplicationELB", [home], LOAD_BALANCER),
        _job(subject, "AWS/CloudFront", [GLOBAL_REGION], CLOUDFRONT),
        _job(subject, "AWS/CertificateManager", regions, CERTIFICATES),
    ]
    if subject.uses_rabbitmq:
        jobs.append(_job(subject, "AWS/AmazonMQ", [home], BROKER))
    backups = backup_count(subject.plan.observability.backup_age_hours.warning)
    document = {
        "apiVersion": "v1alpha1",
        "sts-region": home,
        "discovery": {"jobs": jobs},
        "static": [
            {
                "name": "database-backups",
                "namespace": backups.namespace,
                "regions": [home],
                "dimensions": [
                    {"name": "RuleName", "value": f"{settings.prefix}{BACKUP_RULE_SUFFIX}"}
                ],
                "metrics": [_metric(backups)],
            }
        ],
        "customNamespace": [
            {
                "name": "database-io-wait",
                "namespace": IO_WAIT.namespace,
                "regions": [home],
                "dimensionNameRequirements": ["DBInstanceIdentifier"],
                "metrics": [_metric(IO_WAIT)],
            }
        ],
    }
    return yaml.safe_dump(document, sort_keys=False)


def _job(
    subject: Subject, namespace: str, regions: list[str], metrics: Sequence[CloudWatchMetric]
) -> dict[str, Any]:
    settings = subject.settings
    return {
        "type": namespace,
        "regions": regions,
        "searchTags": [
            {"key": "project", "value": f"^{settings.project}$"},
            {"key": "stack", "value": f"^{settings.stack}$"},
        ],
        "metrics": [_metric(metric) for metric in metrics],
    }


def _metric(metric: CloudWatchMetric) -> dict[str, Any]:
    return {
        "name": metric.name,
        "statistics": [metric.statistic],
        "period": metric.period_seconds,
        "length": metric.length_seconds,
        **({"nilToZero": True} if metric.nil_to_zero else {}),
    }


def cloudwatch_reader_policy() -> str:
    """What YACE asks for discovery and static jobs. None of these actions knows resources (Service
    authorization reference, CloudWatch and Resource Groups Tagging API)."""
    actions = ("cloudwatch:GetMetricData", "cloudwatch:ListMetrics", "tag:GetResources")
    return policy_document(statement("ReadMetrics", actions, ["*"]))
