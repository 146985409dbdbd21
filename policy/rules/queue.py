"""Rules of what carries jobs: Redis or RabbitMQ."""

from __future__ import annotations

from collections.abc import Iterator

from .redis import QUEUE
from .shared.rule import Resource, Rule, RuleLayer, StackResources
from .shared.tokens import BROKER, REDIS
from .shared.values import at, is_true


def _no_cluster_mode(resource: Resource, stack: StackResources) -> Iterator[str]:
    if resource.is_under(QUEUE) and at(resource.inputs, "clusterMode", "disabled") != "disabled":
        yield "is a cluster, on which RQ can't run and Bull needs hash tags"


def _snapshots(resource: Resource, stack: StackResources) -> Iterator[str]:
    if not resource.is_under(QUEUE):
        return
    if at(resource.inputs, "snapshotRetentionLimit", 0) < 1:
        yield "keeps no snapshot of jobs and sessions"
    if stack.protects_data and not at(resource.inputs, "finalSnapshotIdentifier"):
        yield "leaves no last snapshot when it is deleted"


def _broker(resource: Resource, stack: StackResources) -> Iterator[str]:
    if at(resource.inputs, "publiclyAccessible", False) is not False:
        yield "can be reached from the internet"
    if not is_true(resource.inputs, "logs.general"):
        yield "writes no log"
    if stack.size != "small" and at(resource.inputs, "deploymentMode") != "CLUSTER_MULTI_AZ":
        yield "stands in one zone"


RULES = (
    Rule(
        id="queue-not-a-cluster",
        layer=RuleLayer.REDIS,
        demand="The queue's Redis is no cluster.",
        reason="RQ's transactions cross slots, which a cluster refuses.",
        source="RQ docs, Redis cluster; BullMQ docs, Redis cluster",
        remedy="leave clusterMode disabled",
        types=(REDIS,),
        check=_no_cluster_mode,
    ),
    Rule(
        id="queue-snapshots",
        layer=RuleLayer.REDIS,
        demand="From medium the queue's Redis keeps snapshots.",
        reason="ElastiCache keeps no log of writes: a snapshot is all that outlives both nodes.",
        source="ElastiCache user guide, Snapshot and restore; Security Hub, ElastiCache.1",
        remedy="keep the snapshots of `components/queue/queue.py`",
        types=(REDIS,),
        from_size="medium",
        check=_snapshots,
    ),
    Rule(
        id="broker-private-and-logged",
        layer=RuleLayer.REDIS,
        demand="RabbitMQ is private, logged, and over zones from medium.",
        reason="It carries the jobs in Redis' place; AWS encrypts it with a key of its own.",
        source="Amazon MQ developer guide, Security best practices; Security Hub, MQ.2, MQ.6",
        remedy="keep `components/queue/broker.py` as it is",
        types=(BROKER,),
        check=_broker,
    ),
)
