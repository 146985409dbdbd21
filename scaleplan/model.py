"""The whole plan as one frozen value, and the one place that reads `plan.yaml`."""

from __future__ import annotations

from functools import cache
from importlib.resources import files

import yaml
from pydantic import field_validator

from scaleplan.assumptions import ASSUMPTION_KEYS, Assumptions, StatedAssumption
from scaleplan.layers import (
    AutoscalingPlan,
    CacheClientPlan,
    CachePatternPlan,
    ConnectionPools,
    EdgePlan,
    PgbouncerPlan,
    QueuePlan,
    ReplicationPlan,
    WorkflowsPlan,
)
from scaleplan.observability.alerts import ObservabilityPlan
from scaleplan.sizes import Section, Size, SizeProfile
from scaleplan.tables import (
    Decision,
    HorizontalPath,
    Indicators,
    Projections,
    ScaleEstimate,
    ShardingPlan,
    Thresholds,
    VerticalPath,
)

__all__ = [
    "AutoscalingPlan",
    "CacheClientPlan",
    "CachePatternPlan",
    "ConnectionPools",
    "EdgePlan",
    "PgbouncerPlan",
    "Plan",
    "QueuePlan",
    "ReplicationPlan",
    "WorkflowsPlan",
    "load_plan",
]


class Plan(Section):
    """The scale plan: each table and number of the plan document that something here reads."""

    sizes: dict[Size, SizeProfile]
    projections: Projections
    assumptions: dict[str, StatedAssumption]
    estimates: dict[Size, ScaleEstimate]
    pgbouncer: PgbouncerPlan
    pools: ConnectionPools
    replication: ReplicationPlan
    sharding: ShardingPlan
    queue: QueuePlan
    autoscaling: AutoscalingPlan
    workflows: WorkflowsPlan
    cache_patterns: CachePatternPlan
    cache_client: CacheClientPlan
    edge: EdgePlan
    indicators: Indicators
    vertical_path: VerticalPath
    horizontal_path: HorizontalPath
    decision_matrix: tuple[Decision, ...]
    thresholds: Thresholds
    observability: ObservabilityPlan

    @field_validator("assumptions")
    @classmethod
    def _every_assumption_is_stated(
        cls, stated: dict[str, StatedAssumption]
    ) -> dict[str, StatedAssumption]:
        if set(stated) != set(ASSUMPTION_KEYS):
            odd = ", ".join(sorted(set(stated) ^ set(ASSUMPTION_KEYS)))
            raise ValueError(f"stated, or known, but not both: {odd}")
        return stated

    @property
    def assumed(self) -> Assumptions:
        """The plan's own value of each assumption."""
        values = {key: entry.value for key, entry in self.assumptions.items()}
        return Assumptions.model_validate(values)


@cache
def load_plan() -> Plan:
    """Read `plan.yaml`. Raises pydantic.ValidationError when the file itself is wrong."""
    text = files("scaleplan").joinpath("plan.yaml").read_text(encoding="utf-8")
    return Plan.model_validate(yaml.load(text, yaml.CSafeLoader), strict=False)
