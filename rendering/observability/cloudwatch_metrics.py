"""What is read from CloudWatch, and the names that YACE gives it in Prometheus."""

from __future__ import annotations

from dataclasses import dataclass

PERIOD_SECONDS = 60
"""CloudWatch's resolution of the metrics in use, where nothing else is said."""

LENGTH_SECONDS = 300
"""How far back YACE looks: CloudWatch is up to three minutes late."""

DATABASE_NAMESPACE = "ResearchFlow/Database"
IO_WAIT_METRIC = "IoWaitPercent"
"""Made by a filter on enhanced monitoring's log: CloudWatch itself has no such metric of RDS."""

BACKUP_PERIOD_SECONDS = 3600


@dataclass(frozen=True, kw_only=True)
class CloudWatchMetric:
    """One metric and statistic of a namespace."""

    namespace: str
    name: str
    statistic: str
    period_seconds: int = PERIOD_SECONDS
    length_seconds: int = LENGTH_SECONDS
    nil_to_zero: bool = False

    @property
    def series(self) -> str:
        """Its name in Prometheus (YACE 0.67, pkg/promutil/migrate.go, `BuildMetricName`)."""
        namespace = _snake(self.namespace.lower())
        name = _snake(self.name)
        prefix = "" if namespace.startswith("aws") else "aws_"
        return f"{prefix}{namespace}_{name}_{_snake(self.statistic)}"


def _snake(text: str) -> str:
    """YACE's `PromString`: separators become `_`, and one stands before an upper-case letter that
    follows a lower-case one or a digit."""
    out = ""
    before = ""
    for letter in text:
        if letter in " ,\t/\\.-:=@<>()":
            out += "_"
        elif letter == "%":
            out += "_percent"
        else:
            if letter.isupper() and (before.islower() or before.isdigit()):
                out += "_"
            out += letter.lower()
        before = letter
    return out


def _of(namespace: str, statistic: str, *names: str) -> tuple[CloudWatchMetric, ...]:
    return tuple(
        CloudWatchMetric(namespace=namespace, name=name, statistic=statistic) for name in names
    )


RDS = (
    *_of(
        "AWS/RDS",
        "Average",
        "CPUUtilization",
        "CPUCreditBalance",
        "DatabaseConnections",
        "FreeableMemory",
        "FreeStorageSpace",
        "ReadIOPS",
        "ReadLatency",
        "WriteIOPS",
        "WriteLatency",
    ),
    *_of("AWS/RDS", "Maximum", "ReplicaLag"),
)
ELASTICACHE = (
    *_of(
        "AWS/ElastiCache",
        "Average",
        "CurrConnections",
        "DatabaseMemoryUsagePercentage",
        "EngineCPUUtilization",
    ),
    *_of("AWS/ElastiCache", "Sum", "Evictions"),
)
LOAD_BALANCER = (
    *_of("AWS/ApplicationELB", "Sum", "HTTPCode_ELB_5XX_Count", "RequestCount"),
    *_of("AWS/ApplicationELB", "Sum", "HTTPCode_Target_5XX_Count"),
    *_of("AWS/ApplicationELB", "p99", "TargetResponseTime"),
    *_of("AWS/ApplicationELB", "Minimum", "HealthyHostCount"),
)
CLOUDFRONT = (
    *_of("AWS/CloudFront", "Sum", "BytesDownloaded", "Requests"),
    *_of("AWS/CloudFront", "Average", "4xxErrorRate", "5xxErrorRate"),
)
"""In us-east-1 whatever the stack's region (CloudFront guide, "Monitor metrics")."""

CERTIFICATES = (
    CloudWatchMetric(
        namespace="AWS/CertificateManager",
        name="DaysToExpiry",
        statistic="Minimum",
        # Published twice a day (ACM guide, "Supported CloudWatch metrics").
        period_seconds=86_400,
        length_seconds=172_800,
    ),
)
BROKER = (
    *_of("AWS/AmazonMQ", "Average", "MessageReadyCount", "MessageUnacknowledgedCount"),
    *_of("AWS/AmazonMQ", "Average", "SystemCpuUtilization"),
    *_of("AWS/AmazonMQ", "Average", "RabbitMQMemUsed", "RabbitMQMemLimit"),
)
IO_WAIT = CloudWatchMetric(namespace=DATABASE_NAMESPACE, name=IO_WAIT_METRIC, statistic="Average")


def backup_count(window_hours: int) -> CloudWatchMetric:
    """Backups of the database that ended within the last so many hours.

    Counted by an EventBridge rule, because RDS has no metric of them. Zero where there were none.
    """
    return CloudWatchMetric(
        namespace="AWS/Events",
        name="Invocations",
        statistic="Sum",
        period_seconds=BACKUP_PERIOD_SECONDS,
        length_seconds=window_hours * 3600,
        nil_to_zero=True,
    )
