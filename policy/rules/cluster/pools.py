"""Rules of how machines are bought, spread and taken away, and of the volumes on them."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from typing import Any

from ..shared.rule import Resource, Rule, RuleLayer, StackResources
from ..shared.tokens import (
    CITUS,
    EVENT_RULE,
    EVENT_TARGET,
    NODE_GROUP,
    NODE_POOL,
    RELEASE,
    STORAGE_CLASS,
)
from ..shared.values import at, is_true, leaves, listed

POOL_LABEL = "researchflow/pool"
WORKERS = "workers"
SPOT_WARNING = "EC2 Spot Instance Interruption Warning"


def _label(pool: Resource) -> str:
    return str(at(pool.inputs, f"spec.template.metadata.labels[{POOL_LABEL}]", pool.name))


def _buys_spot(pool: Resource) -> bool:
    return any(
        "spot" in listed(each, "values")
        for each in listed(pool.inputs, "spec.template.spec.requirements")
        if at(each, "key") == "karpenter.sh/capacity-type"
    )


def _workers_stay(resource: Resource, stack: StackResources) -> Iterator[str]:
    policy = at(resource.inputs, "spec.disruption.consolidationPolicy", "WhenEmptyOrUnderutilized")
    if _label(resource) == WORKERS and policy != "WhenEmpty":
        yield f"is consolidated {policy}: a worker is moved in the middle of its job"


def _spot_for_workers(resource: Resource, stack: StackResources) -> Iterator[str]:
    if _label(resource) != WORKERS and _buys_spot(resource):
        yield f"buys spot machines for {_label(resource)}, which go at two minutes' notice"


def _hears(resource: Resource, stack: StackResources) -> Iterator[str]:
    if at(resource.inputs, "name") != "karpenter":
        return
    if not at(resource.inputs, "values.settings.interruptionQueue"):
        yield "hears of no machine that AWS is about to take away"
    if any(_buys_spot(pool) for pool in stack.of_type(NODE_POOL)) and not _warned(stack):
        yield "buys spot machines and isn't warned of their end"


def _warned(stack: StackResources) -> bool:
    return any(
        SPOT_WARNING in listed(_pattern(rule), "detail-type")
        and any(True for _ in stack.pointing_at(rule, EVENT_TARGET, "rule"))
        for rule in stack.of_type(EVENT_RULE)
    )


def _pattern(rule: Resource) -> Mapping[str, Any]:
    return json.loads(at(rule.inputs, "eventPattern", "{}"))


def _over_zones(resource: Resource, stack: StackResources) -> Iterator[str]:
    if listed(resource.inputs, "taints"):
        return  # for one kind of pod, which is spread by its own groups
    if len(listed(resource.inputs, "subnetIds")) < 2:
        yield "stands in one zone"
    least = at(resource.inputs, "scalingConfig.minSize", 0)
    if least < 2:
        yield f"may shrink to {least} machine"


def _volume_where_pod_is(resource: Resource, stack: StackResources) -> Iterator[str]:
    if at(resource.inputs, "volumeBindingMode", "Immediate") != "WaitForFirstConsumer":
        yield "makes a volume before its pod has a zone: the pod may never start"
    if not is_true(resource.inputs, "allowVolumeExpansion"):
        yield "makes volumes that can't grow: a full one is a restore"


def _volumes_kept(resource: Resource, stack: StackResources) -> Iterator[str]:
    if not stack.protects_data or at(resource.inputs, "reclaimPolicy", "Delete") == "Retain":
        return
    name = at(resource.inputs, "metadata.name")
    for cluster in stack.of_type(CITUS):
        used = [v for path, v in leaves(cluster.inputs) if path.endswith(".storageClass")]
        if name in used:
            yield f"deletes the volumes of {cluster.name} when their claims go"


RULES = (
    Rule(
        id="workers-not-moved",
        layer=RuleLayer.CLUSTER,
        demand="Karpenter takes a worker's machine away only when it is empty.",
        reason="Else a job of minutes is killed to save a machine for an hour.",
        source="Karpenter docs, Disruption, consolidationPolicy; scale plan, workers",
        remedy="keep consolidationPolicy WhenEmpty in `rendering/cluster/node_pools.py`",
        types=(NODE_POOL,),
        check=_workers_stay,
    ),
    Rule(
        id="spot-for-workers-alone",
        layer=RuleLayer.CLUSTER,
        demand="Spot machines carry workers alone, whose jobs are run again.",
        reason="A request or a socket that is cut is not run again by anybody.",
        source="Karpenter docs, NodePools, karpenter.sh/capacity-type; EC2 user guide, Spot",
        remedy="leave `spot` to the pool of the workers",
        types=(NODE_POOL,),
        check=_spot_for_workers,
    ),
    Rule(
        id="interruptions-heard",
        layer=RuleLayer.CLUSTER,
        demand="Karpenter is told of machines that AWS takes away, of spot ones by their warning.",
        reason="Pods are drained in the two minutes of a warning, or killed at their end.",
        source="Karpenter docs, Disruption, Interruption",
        remedy="set settings.interruptionQueue, and keep the rules of events that fill it",
        types=(RELEASE,),
        check=_hears,
        whole_stack=True,
    ),
    Rule(
        id="machines-over-zones",
        layer=RuleLayer.CLUSTER,
        demand="From medium the machines of a managed group are two at least, in several zones.",
        reason="The controllers, PgBouncer and CoreDNS stand on them.",
        source="EKS best practices, Reliability, Data plane",
        remedy="give the group all private subnets, and two machines or more",
        types=(NODE_GROUP,),
        from_size="medium",
        check=_over_zones,
    ),
    Rule(
        id="volumes-where-pods-are",
        layer=RuleLayer.CLUSTER,
        demand="A StorageClass makes a volume in its pod's zone, and lets it grow.",
        reason="An EBS volume is reached from its own zone alone.",
        source="Kubernetes docs, Storage Classes, Volume binding mode, and Volume expansion",
        remedy="set volumeBindingMode WaitForFirstConsumer and allowVolumeExpansion",
        types=(STORAGE_CLASS,),
        check=_volume_where_pod_is,
    ),
    Rule(
        id="data-volumes-outlive-claims",
        layer=RuleLayer.STORAGE,
        demand="The volumes of Citus stay when their claims are deleted.",
        reason="A deleted cluster object would take every tenant's data along.",
        source="Kubernetes docs, Storage Classes, Reclaim policy",
        remedy="keep reclaimPolicy Retain",
        types=(STORAGE_CLASS,),
        check=_volumes_kept,
        whole_stack=True,
    ),
)
