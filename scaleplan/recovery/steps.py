"""The steps of a failover to the recovery site, one after the other, and how long each takes."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum

from scaleplan.assumptions import Assumptions
from scaleplan.catalog import load_catalog
from scaleplan.citus.data_nodes import VOLUME_MIB_PER_SECOND
from scaleplan.load import stated
from scaleplan.recovery.disaster_recovery import RecoveryMode
from scaleplan.recovery.times import (
    HEALTH_CHECK_FAILURES,
    HEALTH_CHECK_INTERVAL_SECONDS,
    RECORD_TTL_SECONDS,
)
from scaleplan.settings import Settings


class Basis(StrEnum):
    """Where a figure comes from."""

    SETTING = "setting"
    AWS = "AWS"
    ESTIMATE = "estimate"


@dataclass(frozen=True, kw_only=True)
class RecoveryStep:
    """One step from the loss to users at work. `by_hand`: a person decides or runs it."""

    key: str
    name: str
    seconds: float
    basis: Basis
    source: str
    by_hand: bool


def steps_of(settings: Settings) -> tuple[RecoveryStep, ...]:
    """The steps of a failover, one after the other. Empty where there is no recovery region."""
    recovery = settings.disaster_recovery
    if not recovery.prepared:
        return ()
    assumed, warm = settings.load.assumptions, recovery.mode is RecoveryMode.WARM
    steps = [
        RecoveryStep(
            key="detect",
            name="health checks call the region lost",
            seconds=HEALTH_CHECK_INTERVAL_SECONDS * HEALTH_CHECK_FAILURES,
            basis=Basis.AWS,
            source="Route 53: interval times failures",
            by_hand=False,
        ),
        RecoveryStep(
            key="decide",
            name="somebody decides to fail over",
            seconds=recovery.decision_minutes * 60,
            basis=Basis.SETTING,
            source="disasterRecovery.decisionMinutes",
            by_hand=True,
        ),
        *(
            (
                _assumed_step(assumed, "promote", "the replica becomes the database"),
                _assumed_step(assumed, "grow", "the site grows to full size"),
            )
            if warm
            else (
                _assumed_step(assumed, "restore", "the database is restored"),
                _assumed_step(assumed, "build", "the site is built"),
            )
        ),
    ]
    if settings.sharding.present:
        steps.append(_citus_step(settings))
    return (
        *steps,
        _assumed_step(assumed, "verify", "somebody verifies the site"),
        RecoveryStep(
            key="switch",
            name="health checks switch the records, resolvers follow",
            seconds=HEALTH_CHECK_INTERVAL_SECONDS * HEALTH_CHECK_FAILURES + RECORD_TTL_SECONDS,
            basis=Basis.AWS,
            source="Route 53: interval times failures, and the alias's TTL",
            by_hand=False,
        ),
    )


def assumed_time(assumed: Assumptions, key: str) -> tuple[float, str]:
    """Seconds that an assumption gives, and its config key with its ground."""
    assumption = stated(assumed, key)
    return assumption.value, f"load.assumptions.{key}: {assumption.source}"


def _assumed_step(assumed: Assumptions, key: str, name: str) -> RecoveryStep:
    """A person's step whose time is the assumption of its own name."""
    seconds, source = assumed_time(assumed, f"{key}Seconds")
    return RecoveryStep(
        key=key, name=name, seconds=seconds, basis=Basis.ESTIMATE, source=source, by_hand=True
    )


def _citus_step(settings: Settings) -> RecoveryStep:
    return RecoveryStep(
        key="restore-citus",
        name="Citus is restored from its bucket",
        seconds=citus_restore_seconds(settings),
        basis=Basis.ESTIMATE,
        source="citus.volumeGib, full, at the volume's throughput; groups side by side",
        by_hand=True,
    )


def citus_restore_seconds(settings: Settings) -> int:
    """Time to fill one instance's volume from S3; all groups are restored side by side."""
    link_mib = load_catalog().ebs_link(settings.citus.instance_class).throughput_mbps
    return int(settings.citus.volume_gib * 1024 / min(link_mib, VOLUME_MIB_PER_SECOND))
