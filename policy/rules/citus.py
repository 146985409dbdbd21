"""Rules of Citus, the sharded PostgreSQL."""

from __future__ import annotations

from collections.abc import Iterator

from .database.instances import BACKUP_DAYS
from .shared.rule import Resource, Rule, RuleLayer, StackResources
from .shared.tokens import CITUS
from .shared.values import at, is_true, listed

SERVER_AUTH = ("scram-sha-256",)


def _citus(resource: Resource, stack: StackResources) -> Iterator[str]:
    spec = resource.inputs["spec"]
    if not is_true(spec, "postgres.ssl.enabled"):
        yield "talks without TLS"
    backups = listed(spec, "configurations.backups")
    if not backups or at(backups[0], "retention", 0) < BACKUP_DAYS:
        yield f"keeps backups of fewer than {BACKUP_DAYS} days"
    for part in ("coordinator", "shards"):
        rules = at(spec, f"{part}.configurations.patroni.dynamicConfig.postgresql.pg_hba", [])
        if "hostnossl all all all reject" not in rules:
            yield f"its {part} lets clients in without TLS"
        weak = [rule for rule in rules if rule.split()[-1] not in (*SERVER_AUTH, "reject")]
        if weak:
            yield f"its {part} accepts {weak[0].split()[-1]}"


def _citus_copies(resource: Resource, stack: StackResources) -> Iterator[str]:
    spec = resource.inputs["spec"]
    for key in ("coordinator.instances", "shards.instancesPerCluster"):
        if at(spec, key, 0) < 2:
            yield f"{key} is {at(spec, key, 0)}: a lost machine is a restore"
    if at(spec, "replication.mode") == "async":
        yield "replicates asynchronously: a failover loses what was confirmed"


RULES = (
    Rule(
        id="citus-tls-and-backups",
        layer=RuleLayer.DATABASE,
        demand="Citus takes TLS and SCRAM alone, and is backed up.",
        reason="At stage serving it holds all tenants' data.",
        source="StackGres docs, SGShardedCluster, postgres.ssl and configurations.backups",
        remedy="keep `rendering/citus/sharded_cluster.py` as it is",
        types=(CITUS,),
        check=_citus,
    ),
    Rule(
        id="citus-copies",
        layer=RuleLayer.DATABASE,
        demand="From medium each Citus group has a second instance, replicated synchronously.",
        reason="Otherwise one lost machine takes a third of the tenants out.",
        source="scale plan, Phase 3; StackGres docs, SGShardedCluster, replication",
        remedy="raise citus.coordinatorInstances or citus.instancesPerShardCluster to 2",
        types=(CITUS,),
        from_size="medium",
        check=_citus_copies,
    ),
)
