"""StackGres' kinds: Citus' cluster and what it is configured with."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from rf.kubernetes.storage import STORAGE_CLASS
from rf.shared.cards.changes import (
    DANGEROUS,
    IN_PLACE,
    REFUSED,
    REPLACE,
    RESTART,
    Changes,
    PropertyRule,
)
from rf.shared.cards.kinds import kubernetes_card
from rf.shared.cards.prices import Counted, Free, Priced, fixed
from rf.shared.cards.source import FactSource, guide, kubernetes
from rf.shared.plan import RecordedPlan, RecordedResource
from scaleplan.citus.data_nodes import FREE_IOPS, FREE_MIB_PER_SECOND

SHARDED_CLUSTER = "kubernetes:stackgres.io/v1alpha1:SGShardedCluster"


def _claims(spec: Mapping[str, Any], storage_class: str) -> bool:
    """Whether the cluster's volumes are of that class; coordinator and shards have the same."""
    return spec["shards"]["pods"]["persistentVolume"]["storageClass"] == storage_class


def _gib(group: Mapping[str, object]) -> int:
    pods = group["pods"]
    assert isinstance(pods, Mapping)  # noqa: S101 - the object's schema says so
    return int(str(pods["persistentVolume"]["size"]).removesuffix("Gi"))


def _citus(resource: RecordedResource, plan: RecordedPlan) -> Counted:
    spec = resource.inputs["spec"]
    coordinator, shards = spec["coordinator"], spec["shards"]
    gib = coordinator["instances"] * _gib(coordinator)
    volumes = shards["clusters"] * shards["instancesPerCluster"]
    gib += volumes * _gib(shards)
    yield "ebs:gp3", fixed(gib)
    for storage_class in plan.of_type(STORAGE_CLASS):
        if _claims(spec, storage_class.inputs["metadata"]["name"]):
            given = storage_class.inputs["parameters"]
            volumes += coordinator["instances"]
            yield "ebs-iops:gp3", fixed(volumes * (int(given["iops"]) - FREE_IOPS))
            megabytes = int(given["throughput"]) - FREE_MIB_PER_SECOND
            yield "ebs-throughput:gp3", fixed(volumes * megabytes)


_OPERATOR = "1.18.6"
_VALIDATORS = FactSource(
    name="StackGres",
    page="the operator's webhooks (io.stackgres.operator.validation)",
    version=_OPERATOR,
)
_EBS = guide("EBS user guide", "Modify an Amazon EBS volume using Elastic Volumes operations")
_ANOTHER_CLUSTER_WAY = (
    "make another SGShardedCluster beside it, with the new value",
    "copy the tenants' data into it and let PgBouncer go over to it (docs/sharding.md), then give"
    " the old one up by hand",
)
_ANOTHER_CLUSTER = PropertyRule(
    effect=REFUSED,
    why="the operator's webhook takes no other one for a cluster that stands",
    way=_ANOTHER_CLUSTER_WAY,
    source=(_VALIDATORS,),
)
_VOLUME = PropertyRule(
    up=IN_PLACE,
    down=REFUSED,
    again="EBS changes a volume once in six hours",
    why="the operator enlarges claims of a class that can expand; volumes never shrink",
    way=_ANOTHER_CLUSTER_WAY,
    source=(_VALIDATORS, _EBS),
)
_CLASS = PropertyRule(
    effect=REFUSED,
    why="a claim keeps the class that it was bound with",
    way=(
        "make the new class beside the old one, and a group of shards that names it",
        "let the rebalancer drain the old groups into it (docs/sharding.md), then take those away",
    ),
    source=(kubernetes('"Persistent Volumes" (a claim is immutable but for its size)'),),
)
_REPLICATION = PropertyRule(
    to={"async": DANGEROUS},
    effect=IN_PLACE,
    why="a failover would lose what was committed on the primary alone",
)
_FAILSAFE = PropertyRule(
    to={"true": IN_PLACE},
    effect=DANGEROUS,
    why=(
        "the operator hands it to Patroni of a standing cluster, without a restart; without it"
        " every primary stops taking writes while the API server is away"
    ),
    source=(
        FactSource(name="StackGres", page="PatroniConfigReconciliator", version=_OPERATOR),
        FactSource(name="Patroni", page='"DCS Failsafe Mode"', version="4.1.0"),
    ),
)
_FAILSAFE_MODE = "configurations.patroni.dynamicConfig.failsafe_mode"
_COPIES = PropertyRule(
    to={"1": DANGEROUS},
    effect=IN_PLACE,
    why=(
        "copies come and go without touching the primary; without one, a lost instance is a"
        " restore or a wait for its volume"
    ),
)
_ELSEWHERE = PropertyRule(
    effect=DANGEROUS,
    why="backups that exist stay where they are, and a restore looks for them in the new place",
)
_PROFILE = Changes(
    source=(FactSource(name="StackGres 1.18", page='"SGInstanceProfile"', version=_OPERATOR),),
    properties={
        "spec": PropertyRule(effect=RESTART, outage="one instance after another, a failover each")
    },
)
_CONFIG = Changes(
    source=(
        FactSource(name="StackGres 1.18", page='"SGPostgresConfig"', version=_OPERATOR),
        _VALIDATORS,
    ),
    properties={
        "spec.postgresVersion": PropertyRule(
            effect=REFUSED,
            why="the operator's webhook: postgresVersion is not updatable",
            way=(
                "make a configuration of another name for the new version",
                "let the cluster name it in the operation that raises the version",
            ),
        ),
        "spec.postgresql": PropertyRule(
            effect=RESTART, outage="one instance after another where a parameter needs it"
        ),
    },
)
_SCRIPT = Changes(
    source=(FactSource(name="StackGres 1.18", page='"SGScript"', version=_OPERATOR), _VALIDATORS),
    properties={
        "spec": PropertyRule(
            effect=IN_PLACE, why="a script of another version runs once more on each cluster"
        )
    },
)
_STORAGE = Changes(
    source=(FactSource(name="StackGres 1.18", page='"SGObjectStorage"', version=_OPERATOR),),
    properties={"spec": _ELSEWHERE},
)


CARDS = (
    kubernetes_card(
        "kubernetes:stackgres.io/v1:SGInstanceProfile",
        changes=_PROFILE,
        price=Free(reason="an object of the API server"),
    ),
    kubernetes_card(
        "kubernetes:stackgres.io/v1:SGPostgresConfig",
        changes=_CONFIG,
        price=Free(reason="an object of the API server"),
    ),
    kubernetes_card(
        "kubernetes:stackgres.io/v1:SGScript",
        changes=_SCRIPT,
        price=Free(reason="an object of the API server"),
    ),
    kubernetes_card(
        SHARDED_CLUSTER,
        changes=Changes(
            holds="tenants' data",
            source=(
                FactSource(name="StackGres 1.18", page='"SGShardedCluster"', version="1.18.6"),
                kubernetes('"Expanding Persistent Volumes Claims"'),
            ),
            properties={
                "apiVersion": IN_PLACE,
                "kind": REPLACE,
                "metadata.name": REPLACE,
                "metadata.namespace": REPLACE,
                "metadata.labels": IN_PLACE,
                "metadata.annotations": IN_PLACE,
                "spec.type": _ANOTHER_CLUSTER,
                "spec.database": _ANOTHER_CLUSTER,
                "spec.profile": IN_PLACE,
                "spec.postgres.version": PropertyRule(
                    up=RESTART,
                    down=REFUSED,
                    outage="one instance after another, a failover of seconds each, once restarted",
                    way=_ANOTHER_CLUSTER_WAY,
                    why=(
                        "a newer minor follows the operator that knows it and its security "
                        "upgrade; an older one is no way back"
                    ),
                    major=PropertyRule(
                        effect=REFUSED,
                        why="another major version is no operation of an SGShardedCluster",
                        way=_ANOTHER_CLUSTER_WAY,
                    ),
                ),
                "spec.postgres.extensions": PropertyRule(
                    effect=RESTART,
                    outage="one instance after another, a failover of seconds each, once restarted",
                    why="Citus' own tables are raised by hand afterwards (ALTER EXTENSION)",
                ),
                "spec.postgres.ssl": PropertyRule(
                    effect=RESTART, outage="one instance after another, a failover of seconds each"
                ),
                "spec.replication.mode": _REPLICATION,
                "spec.coordinator.instances": _COPIES,
                "spec.coordinator.replication.mode": _REPLICATION,
                "spec.coordinator.sgInstanceProfile": PropertyRule(
                    effect=RESTART, outage="one instance after another"
                ),
                "spec.coordinator.pods.persistentVolume.size": _VOLUME,
                "spec.coordinator.pods.persistentVolume.storageClass": _CLASS,
                "spec.coordinator.pods.persistentVolume.fsGroupChangePolicy": IN_PLACE,
                "spec.coordinator.pods.scheduling": PropertyRule(
                    widened=IN_PLACE,
                    effect=DANGEROUS,
                    why=(
                        "a volume cannot follow its pod into another zone; further zones take "
                        "further copies"
                    ),
                ),
                "spec.coordinator.configurations": PropertyRule(
                    effect=RESTART, outage="one instance after another where a parameter needs it"
                ),
                f"spec.coordinator.{_FAILSAFE_MODE}": _FAILSAFE,
                "spec.coordinator.managedSql": IN_PLACE,
                "spec.shards.clusters": PropertyRule(
                    up=IN_PLACE,
                    down=DANGEROUS,
                    why=(
                        "new groups are empty until the rebalancer moves shards to them; a "
                        "group must be drained before it goes"
                    ),
                    source=(FactSource(name="docs/sharding.md", page="", version="this revision"),),
                ),
                "spec.shards.instancesPerCluster": _COPIES,
                "spec.shards.replication.mode": _REPLICATION,
                "spec.shards.sgInstanceProfile": PropertyRule(
                    effect=RESTART, outage="one instance after another"
                ),
                "spec.shards.pods.persistentVolume.size": _VOLUME,
                "spec.shards.pods.persistentVolume.storageClass": _CLASS,
                "spec.shards.pods.persistentVolume.fsGroupChangePolicy": IN_PLACE,
                "spec.shards.pods.scheduling": PropertyRule(
                    widened=IN_PLACE,
                    effect=DANGEROUS,
                    why=(
                        "a volume cannot follow its pod into another zone; further zones take "
                        "further copies"
                    ),
                ),
                "spec.shards.overrides.pods.persistentVolume.size": _VOLUME,
                "spec.shards.overrides.pods.persistentVolume.storageClass": _CLASS,
                "spec.shards.overrides": PropertyRule(
                    appended=IN_PLACE,
                    widened=IN_PLACE,
                    effect=DANGEROUS,
                    why=(
                        "moves a group to other zones, where its volumes cannot follow; "
                        "further zones take further copies"
                    ),
                ),
                "spec.shards.configurations": PropertyRule(
                    effect=RESTART, outage="one instance after another where a parameter needs it"
                ),
                f"spec.shards.{_FAILSAFE_MODE}": _FAILSAFE,
                "spec.shards.managedSql": IN_PLACE,
                "spec.configurations": IN_PLACE,
                "spec.initialData": PropertyRule(
                    effect=REFUSED,
                    why=(
                        "read when the cluster is made; StackGres refuses any change of it: "
                        "sharding.restoreFromBackup is set before that, and stays"
                    ),
                    way=_ANOTHER_CLUSTER_WAY,
                    source=(
                        FactSource(
                            name="StackGres 1.18", page="RestoreConfigValidator", version="1.18.6"
                        ),
                    ),
                ),
                "spec.configurations.backups": PropertyRule(
                    appended=IN_PLACE,
                    effect=DANGEROUS,
                    why="without them nothing can be restored to a moment",
                ),
                "spec.configurations.backups.compression": IN_PLACE,
                "spec.configurations.backups.cronSchedule": IN_PLACE,
                "spec.configurations.backups.retention": PropertyRule(
                    up=IN_PLACE,
                    effect=DANGEROUS,
                    why="base backups beyond it are deleted at the next one, with their WAL",
                ),
                "spec.configurations.backups.sgObjectStorage": _ELSEWHERE,
            },
        ),
        price=Priced(
            keys=(
                "ec2:",
                "ebs:",
                "ebs-iops:",
                "ebs-throughput:",
            ),
            count=_citus,
        ),
    ),
    kubernetes_card(
        "kubernetes:stackgres.io/v1beta1:SGObjectStorage",
        changes=_STORAGE,
        price=Free(reason="an object of the API server"),
    ),
)
