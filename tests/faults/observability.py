"""Faults of logs and of topics."""

from __future__ import annotations

from tests.faults.change import put, remove
from tests.faults.fault import Fault, breaks

LOG_GROUP = "aws:cloudwatch/logGroup:LogGroup::network-flow"

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
)
