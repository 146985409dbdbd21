"""Whether something takes over what is lost. Without a loss there is nothing to check."""

from __future__ import annotations

from scaleplan.capacity.result import CapacityTerm, CheckName, CheckResult, Loss
from scaleplan.capacity.survivors import lost_with_zone
from scaleplan.load import Load
from scaleplan.settings import Settings


def check_failover(settings: Settings, load: Load, loss: Loss | None) -> CheckResult:
    """What is lost against the copies that take over by themselves.

    The primary of RDS has its standby, not a replica, which somebody would have to promote. A lost
    cache is empty, not gone, and so is no loss here.
    """
    del load
    terms: list[CapacityTerm] = []
    if loss in (Loss.AZ, Loss.PRIMARY):
        terms += _primaries(settings)
    if loss in (Loss.AZ, Loss.REPLICA):
        terms += _readers(settings)
    if loss in (Loss.AZ, Loss.POOLER):
        terms += _poolers(settings, loss)
    if loss is Loss.AZ:
        terms += _others(settings)
    return CheckResult(name=CheckName.FAILOVER, terms=tuple(terms))


def _primaries(settings: Settings) -> list[CapacityTerm]:
    standby = int(settings.database.multi_az)
    terms = [_term("RDS primary", 1, standby, "database.multiAz: a standby in another zone")]
    if settings.sharding.present:
        citus = settings.citus
        coordinators = citus.coordinator_instances - 1
        terms += [
            _term("Citus coordinator", 1, coordinators, "citus.coordinatorInstances less 1"),
            _term(
                "primary of a shard",
                1,
                citus.instances_per_shard_cluster - 1,
                "citus.instancesPerShardCluster less 1",
            ),
        ]
    return terms


def _readers(settings: Settings) -> list[CapacityTerm]:
    """Without replicas the primary reads, and no replica can be lost."""
    replicas = settings.database.read_replicas
    if not replicas or settings.sharding.serving:
        return []
    return [_term("read replicas", 1, replicas - 1, "database.readReplicas less 1")]


def _poolers(settings: Settings, loss: Loss | None) -> list[CapacityTerm]:
    count = settings.pgbouncer.replicas
    lost = lost_with_zone(count) if loss is Loss.AZ else 1
    return [_term("PgBouncer pods", lost, count - 1, "pgbouncer.replicas less 1")]


def _others(settings: Settings) -> list[CapacityTerm]:
    """What else a zone takes with it."""
    nat = settings.network.nat_gateways
    return [
        _term("queue Redis", 1, settings.queue.nodes - 1, "queue.nodes less 1: its copies"),
        _term("NAT gateways", 1, nat - 1, "network.natGateways less 1"),
    ]


def _term(what: str, lost: int, copies: int, working: str) -> CapacityTerm:
    return CapacityTerm(
        name=f"lost: {what}",
        working="in the worst zone or case",
        value=lost,
        unit="",
        limit=copies,
        limit_working=working,
    )
