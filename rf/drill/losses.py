"""What data a loss costs, class by class: seconds of work, against the stack's target."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from rf.drill.steps import Lost
from scaleplan.model import load_plan
from scaleplan.recovery.objectives import objectives_of
from scaleplan.recovery.times import CITUS_LOG_SECONDS, RDS_LOG_SECONDS
from scaleplan.settings import Settings

STANDBY = (
    "https://docs.aws.amazon.com/AmazonRDS/latest/UserGuide/Concepts.MultiAZSingleStandby.html"
)
POINT_IN_TIME = "https://docs.aws.amazon.com/AmazonRDS/latest/UserGuide/USER_PIT.html"
STACKGRES = "https://stackgres.io/doc/latest/reference/crd/sgshardedcluster/"


@dataclass(frozen=True, kw_only=True)
class DataLoss:
    """One class of data. `rpo_seconds` None: all of it is lost, and `lost` says why that is borne.

    `counts`: nothing else holds it, so the target applies.
    """

    key: str
    rpo_seconds: float | None
    lost: str
    counts: bool
    source: str


def losses_of(settings: Settings, lost: Lost) -> tuple[DataLoss, ...]:
    """What is lost with a region as `scaleplan.recovery.objectives` has it; with less, what copies
    lack."""
    if lost is Lost.REGION:
        return tuple(
            DataLoss(
                key=objective.key,
                rpo_seconds=objective.rpo_seconds,
                lost=objective.lost,
                counts=objective.counts,
                source=", ".join(
                    (
                        "scaleplan/recovery/objectives.py, from the settings",
                        *(f"load.assumptions.{key}" for key in objective.assumptions),
                    )
                ),
            )
            for objective in objectives_of(settings, load_plan())
        )
    return tuple(_inside_the_region(settings))


def _inside_the_region(settings: Settings) -> Iterator[DataLoss]:
    standby = settings.database.multi_az
    yield DataLoss(
        key="database",
        rpo_seconds=0 if standby else RDS_LOG_SECONDS,
        lost="nothing committed: the standby confirms each commit"
        if standby
        else "the log that RDS had not archived",
        counts=True,
        source=STANDBY if standby else POINT_IN_TIME,
    )
    tenants = 0 if standby else RDS_LOG_SECONDS
    if settings.sharding.present:
        chosen = settings.citus
        replicated = min(chosen.coordinator_instances, chosen.instances_per_shard_cluster) > 1
        tenants = 0 if replicated else CITUS_LOG_SECONDS
        yield DataLoss(
            key="tenant-data",
            rpo_seconds=tenants,
            lost="nothing committed: a standby in another zone confirms each commit"
            if replicated
            else "the log that was not archived",
            counts=True,
            source=STACKGRES,
        )
    yield DataLoss(
        key="jobs",
        rpo_seconds=tenants,
        lost="what Redis had not sent to its replica: replayed from the database's rows",
        counts=True,
        source="docs/queues.md",
    )
    yield DataLoss(
        key="cache",
        rpo_seconds=None,
        lost="entries that no replica had: the cache fills itself",
        counts=False,
        source="docs/queues.md",
    )
