"""Faults of logs and of topics."""

from __future__ import annotations

from tests.faults.change import put, remove, text
from tests.faults.fault import Fault, breaks

LOG_GROUP = "aws:cloudwatch/logGroup:LogGroup::network-flow"
STACK = "kubernetes:helm.sh/v3:Release::observability-stack-release"


FAULTS: tuple[Fault, ...] = (
    breaks(
        "messages-encrypted",
        "alerts in the clear",
        "aws:sns/topic:Topic::observability-topics-pages",
        remove("kmsMasterKeyId"),
    ),
    breaks("logs-kept", "logs for ever", LOG_GROUP, remove("retentionInDays")),
    breaks("logs-kept", "logs for a week", LOG_GROUP, put("retentionInDays", 7)),
    breaks("logs-encrypted", "logs under no key", LOG_GROUP, remove("kmsKeyId")),
    breaks(
        "messages-tls-only",
        "alerts over plain HTTP",
        "aws:sns/topicPolicy:TopicPolicy::observability-topics-pages",
        text("policy", '"aws:SecureTransport": "false"', '"aws:SecureTransport": "true"'),
    ),
    breaks(
        "messages-tls-only",
        "Karpenter's queue over plain HTTP",
        "aws:sqs/queuePolicy:QueuePolicy::platform-karpenter-interruptions",
        text("policy", '"aws:SecureTransport": "false"', '"aws:SecureTransport": "true"'),
    ),
    breaks(
        "alarms-tell",
        "a full disk tells nobody",
        "aws:cloudwatch/metricAlarm:MetricAlarm::observability-alarms-database-replica-b-storage",
        put("alarmActions", []),
    ),
    breaks(
        "silence-told",
        "nobody hears that alerting is dead",
        "aws:cloudwatch/metricAlarm:MetricAlarm::observability-alarms-heartbeat",
        put("treatMissingData", "notBreaching"),
    ),
    breaks(
        "silence-told",
        "Prometheus forgets with its pod",
        STACK,
        remove("values.prometheus.prometheusSpec.storageSpec"),
    ),
    breaks(
        "controllers-survive-machine",
        "one Prometheus",
        STACK,
        put("values.prometheus.prometheusSpec.replicas", 1),
        also=("chart-budgets-let-go",),
    ),
    breaks(
        "controllers-apart",
        "both of Prometheus on one machine",
        STACK,
        put("values.prometheus.prometheusSpec.podAntiAffinity", "soft"),
    ),
    breaks(
        "no-readable-secret",
        "a webhook in a chart's values",
        STACK,
        put("values.alertmanager.config.slack", "https://hooks.slack.com/services/T0/B0/x"),
    ),
)
