"""The plan's tables that guide growth and reports: projections, paths, thresholds, phases."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import Field

from scaleplan.sizes import Section


class Projection(Section):
    """One measure of load: today, and expected in six and twelve months."""

    current: Annotated[int, Field(ge=0, le=100_000_000, description="today")]
    six_months: Annotated[int, Field(ge=0, le=100_000_000, description="expected in six months")]
    twelve_months: Annotated[
        int, Field(ge=0, le=100_000_000, description="expected in twelve months")
    ]


class Projections(Section):
    """The plan's "Load Projections", a row each."""

    concurrent_users: Annotated[Projection, Field(description="users at once")]
    requests_per_second: Annotated[Projection, Field(description="requests to the API a second")]
    data_volume_gb: Annotated[Projection, Field(description="data in the database, GB")]
    worker_jobs_per_hour: Annotated[Projection, Field(description="jobs that come in an hour")]


class UserRange(Section):
    """Users from `min_users` up to, not including, `below_users` (None: no end)."""

    min_users: int
    below_users: int | None = None


class ScaleEstimate(Section):
    """One size of "Resource Estimates by Scale"."""

    users: UserRange


class ShardingPlan(Section):
    """Sharding by organization, which the plan considers from `from_users` on."""

    from_users: int
    distribution_column: str
    distributed_tables: tuple[str, ...]
    reference_tables: tuple[str, ...]


class PlanIndicator(Section):
    """A sign that it is time to scale, and what to do; the number in percent where it has one."""

    indicator: str
    action: str
    threshold_percent: int | None = None


class Indicators(Section):
    """The signs for scaling up (vertical) and out (horizontal)."""

    vertical: tuple[PlanIndicator, ...]
    horizontal: tuple[PlanIndicator, ...]


class VerticalStep(Section):
    """The database class to take from so many concurrent users on."""

    from_concurrent_users: int
    instance_class: str
    vcpus: int
    memory_gb: int


class VerticalPath(Section):
    """The plan's "Database Vertical Scaling Path", smallest first, and what follows it."""

    steps: tuple[VerticalStep, ...]
    afterwards: str


class HorizontalStep(Section):
    """The pods to run from so many concurrent users on, and what is added with them."""

    from_concurrent_users: int
    orchestrators: int
    workers: int
    addition: str | None = None


class HorizontalPath(Section):
    """The plan's "Application Horizontal Scaling Path", smallest first, and what follows it."""

    steps: tuple[HorizontalStep, ...]
    afterwards: str
    afterwards_from_concurrent_users: int


class Decision(Section):
    """A row of "Decision Matrix", its cells as the plan words them."""

    component: str
    vertical_first: str
    horizontal_first: str
    hybrid: str
    vertical_limit_gb: int | None = None


class Threshold(Section):
    """When a metric warns, when it is critical, and what the plan does about it."""

    metric: str
    warning: int
    critical: int
    unit: Literal["percent", "jobs", "seconds"]
    action: str


class Thresholds(Section):
    """The plan's "Alerting Thresholds"."""

    cpu_utilization: Threshold
    memory_utilization: Threshold
    queue_depth: Threshold
    database_connections: Threshold
    response_latency: Threshold
