"""Faults of what carries jobs."""

from __future__ import annotations

from policy.rules.shared import tokens
from tests.configurations import RABBITMQ
from tests.faults.change import put, remove
from tests.faults.fault import Fault, breaks

QUEUE = f"{tokens.REDIS}::queue-group"

FAULTS: tuple[Fault, ...] = (
    breaks("stateful-protected", "the queue loses its protect", QUEUE, bare=True),
    breaks("queue-not-a-cluster", "the queue is a cluster", QUEUE, put("clusterMode", "enabled")),
    breaks("queue-snapshots", "no snapshot of the queue", QUEUE, put("snapshotRetentionLimit", 0)),
    breaks(
        "broker-private-and-logged",
        "RabbitMQ is public",
        "aws:mq/broker:Broker::broker-cluster",
        put("publiclyAccessible", True),
        overrides=RABBITMQ,
        also=("no-public-address",),
    ),
    breaks(
        "broker-private-and-logged",
        "RabbitMQ in one zone",
        "aws:mq/broker:Broker::broker-cluster",
        put("deploymentMode", "SINGLE_INSTANCE"),
        overrides=RABBITMQ,
    ),
    breaks(
        "queue-snapshots",
        "the queue leaves no last snapshot",
        QUEUE,
        remove("finalSnapshotIdentifier"),
    ),
)
