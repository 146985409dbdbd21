"""How far a plan is on its way to Citus, and which steps of that way are none."""

from __future__ import annotations

import re
from collections.abc import Iterator

from rf.kubernetes.core import CONFIG_MAP
from rf.shared.plan_document import PlanDocument
from scaleplan.citus.sharding import ShardingStage

CITUS = "researchflow:data:Citus"
POD_ROLES = "researchflow:security:PodRoles"

_SHARD_COUNT = re.compile(r"citus\.shard_count\s*=\s*(\d+)")

_ORDER = list(ShardingStage)


def stage_of(plan: PlanDocument) -> ShardingStage:
    """The stack's stage, whether its servers stand or, at a recovery site that waits, only their
    roles; off where neither tells."""
    stages = {CITUS: "stage", POD_ROLES: "shardingStage"}
    for resource in plan.resources.values():
        key = stages.get(resource.type)
        if key is not None and key in resource.inputs:
            return ShardingStage(str(resource.inputs[key]))
    return ShardingStage.OFF


def stage_findings(before: PlanDocument, after: PlanDocument) -> Iterator[tuple[str, str, str]]:
    """A jump over a stage, forwards or back: resource, what, remedy."""
    old, new = stage_of(before), stage_of(after)
    if abs(_ORDER.index(new) - _ORDER.index(old)) < 2:
        return
    if new is ShardingStage.SERVING:
        yield (
            "sharding.stage",
            f"goes from {old} to {new} without {ShardingStage.PARALLEL}: applications would find"
            " an empty Citus, their data still on RDS",
            "deploy stage parallel, fill and compare (docs/sharding.md), then serving",
        )
    else:
        yield (
            "sharding.stage",
            f"goes from {old} to {new} without {ShardingStage.PARALLEL}: what was written to"
            " Citus since would be lost to applications",
            "go back to parallel, copy what is newer back to RDS, then off",
        )


def shard_count_findings(
    before: PlanDocument, after: PlanDocument
) -> Iterator[tuple[str, str, str]]:
    """Another number of shards for tables that are distributed already."""
    old, new = _shard_counts(before), _shard_counts(after)
    for name in sorted(old.keys() & new.keys()):
        if old[name] != new[name]:
            yield (
                name,
                f"citus.shard_count changes from {old[name]} to {new[name]}: tables made from"
                " then on are not colocated with those that exist, and joins of both fail",
                "keep the count; alter_distributed_table changes it with every table at once",
            )


def _shard_counts(plan: PlanDocument) -> dict[str, str]:
    counts: dict[str, str] = {}
    for resource in plan.resources.values():
        if resource.type != CONFIG_MAP:
            continue
        for text in (resource.inputs.get("data") or {}).values():
            match = _SHARD_COUNT.search(str(text))
            if match:
                counts[resource.name] = match.group(1)
    return counts
