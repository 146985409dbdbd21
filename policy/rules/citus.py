"""Rules of Citus, the sharded PostgreSQL."""

from __future__ import annotations

from collections.abc import Iterator

from .database.instances import BACKUP_DAYS
from .shared.objects import named, object_named
from .shared.rule import Resource, Rule, RuleLayer, StackResources
from .shared.tokens import CITUS, DISRUPTION_BUDGET, OBJECT_STORAGE, POSTGRES_CONFIG
from .shared.values import at, is_true, leaves, listed

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
    for part in ("", "coordinator.", "shards."):
        if at(spec, f"{part}replication.mode") == "async":
            yield f"{part}replication.mode is async: a failover loses what was confirmed"


def _outlives_control_plane(resource: Resource, stack: StackResources) -> Iterator[str]:
    for part in ("coordinator", "shards"):
        config = at(resource.inputs, f"spec.{part}.configurations.patroni.dynamicConfig", {})
        if not is_true(config, "failsafe_mode"):
            yield f"its {part} takes no writes while the control plane is away"


GROUP_LABEL = "stackgres.io/cluster-name"


def _apart(resource: Resource, stack: StackResources) -> Iterator[str]:
    if at(resource.inputs, "spec.profile", "production") != "production":
        yield "may have two servers on one machine"
    parts = [("coordinator", at(resource.inputs, "spec.coordinator", {}))]
    parts += [
        (f"shard {at(each, 'index')}", each)
        for each in listed(resource.inputs, "spec.shards.overrides")
    ]
    for name, part in parts:
        spread = listed(part, "pods.scheduling.topologySpreadConstraints")
        if not any(at(each, "whenUnsatisfiable") == "DoNotSchedule" for each in spread):
            yield f"may have all servers of its {name} in one zone"


def _own_config(resource: Resource, stack: StackResources) -> Iterator[str]:
    namespace, _ = named(resource)
    for part in ("coordinator", "shards"):
        name = at(resource.inputs, f"spec.{part}.configurations.sgPostgresConfig", "")
        config = object_named(namespace, name, stack, POSTGRES_CONFIG)
        if config is None:
            yield f"runs its {part} with the operator's own settings"
            continue
        settings = at(config.inputs, "spec[postgresql.conf]", {})
        if settings.get("password_encryption", "scram-sha-256") != "scram-sha-256":
            yield f"keeps passwords of its {part} as {settings['password_encryption']}"
        connections = int(settings.get("max_connections", 100))
        if int(settings.get("max_prepared_transactions", 32)) < connections:
            yield f"its {part} prepares fewer transactions than there are connections"


def _backups_by_role(resource: Resource, stack: StackResources) -> Iterator[str]:
    if not is_true(resource.inputs, "spec.s3.awsCredentials.useIAMRole"):
        yield "is written with a key that never expires, not with the pods' role"


def _leaves_one_by_one(resource: Resource, stack: StackResources) -> Iterator[str]:
    namespace, name = named(resource)
    kept = {
        value
        for each in stack.of_type(DISRUPTION_BUDGET)
        if named(each)[0] == namespace and at(each.inputs, "spec.minAvailable") == 1
        for path, value in leaves(at(each.inputs, "spec.selector.matchLabels", {}))
        if path == GROUP_LABEL
    }
    groups = [f"{name}-coord"]
    groups += [
        f"{name}-shard{index}" for index in range(at(resource.inputs, "spec.shards.clusters", 0))
    ]
    for group in groups:
        if group not in kept:
            yield f"may lose all servers of {group} to one drain"


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
    Rule(
        id="citus-servers-apart",
        layer=RuleLayer.DATABASE,
        demand="Each server of Citus has a machine of its own, those of a group a zone each.",
        reason="A copy beside its primary is lost with it.",
        source="StackGres docs, SGShardedCluster, profile; Kubernetes docs, Topology Spread",
        remedy="keep `rendering/citus/sharded_cluster.py` as it is",
        types=(CITUS,),
        check=_apart,
    ),
    Rule(
        id="citus-outlives-control-plane",
        layer=RuleLayer.DATABASE,
        demand="Primaries of Citus go on while the API server is away and their copies answer.",
        reason="Patroni's lock lives there: every group would stop taking writes at once.",
        source="Patroni docs, DCS Failsafe Mode; StackGres docs, Patroni Configuration",
        remedy="keep `PATRONI_CONFIG` of `rendering/citus/sharded_cluster.py`",
        types=(CITUS,),
        check=_outlives_control_plane,
    ),
    Rule(
        id="citus-own-settings",
        layer=RuleLayer.DATABASE,
        demand="Citus runs with the stack's settings, and every connection may prepare a write.",
        reason="A write over several shards is prepared on each; the 33rd would fail by default.",
        source="Patroni docs, Citus support; StackGres docs, SGPostgresConfig",
        remedy="keep `rendering/citus/postgres.py` and what names its SGPostgresConfig",
        types=(CITUS,),
        check=_own_config,
        whole_stack=True,
    ),
    Rule(
        id="citus-backups-by-role",
        layer=RuleLayer.DATABASE,
        demand="Citus writes its backups with the role of its pods.",
        reason="A key beside the database opens every backup, from anywhere, for ever.",
        source="StackGres docs, SGObjectStorage, useIAMRole; EKS best practices, Pod Identity",
        remedy="keep `rendering/citus/sharded_cluster.py` as it is",
        types=(OBJECT_STORAGE,),
        check=_backups_by_role,
    ),
    Rule(
        id="citus-leaves-one-by-one",
        layer=RuleLayer.DATABASE,
        demand="From medium a drain takes one server of a group of Citus at a time.",
        reason="The operator makes no budget: an upgrade of machines would take both copies.",
        source="Kubernetes docs, Specifying a Disruption Budget; StackGres docs, pod labels",
        remedy="keep the budgets of `components/citus/sharded_cluster.py`",
        types=(CITUS,),
        from_size="medium",
        check=_leaves_one_by_one,
        whole_stack=True,
    ),
)
