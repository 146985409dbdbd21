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
    Unruled,
)
from rf.shared.cards.kinds import kubernetes_card
from rf.shared.cards.prices import Counted, Free, Priced, fixed
from rf.shared.cards.source import FactSource, kubernetes
from rf.shared.plan import RecordedPlan, RecordedResource
from scaleplan.citus.data_nodes import FREE_IOPS, FREE_MIB_PER_SECOND


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


CARDS = (
    kubernetes_card(
        "kubernetes:stackgres.io/v1:SGInstanceProfile",
        changes=Unruled(),
        price=Free(reason="an object of the API server"),
    ),
    kubernetes_card(
        "kubernetes:stackgres.io/v1:SGPostgresConfig",
        changes=Unruled(),
        price=Free(reason="an object of the API server"),
    ),
    kubernetes_card(
        "kubernetes:stackgres.io/v1:SGScript",
        changes=Unruled(),
        price=Free(reason="an object of the API server"),
    ),
    kubernetes_card(
        "kubernetes:stackgres.io/v1alpha1:SGShardedCluster",
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
                "spec.type": REFUSED,
                "spec.database": REFUSED,
                "spec.profile": IN_PLACE,
                "spec.postgres.version": PropertyRule(
                    up=DANGEROUS,
                    down=REFUSED,
                    why=(
                        "a major version is an operation of its own (SGShardedDbOps), with a "
                        "rehearsal and backups"
                    ),
                ),
                "spec.postgres.ssl": PropertyRule(
                    effect=RESTART, outage="one instance after another, a failover of seconds each"
                ),
                "spec.replication.mode": IN_PLACE,
                "spec.coordinator.instances": PropertyRule(
                    up=IN_PLACE,
                    down=IN_PLACE,
                    why="copies come and go without touching the primary",
                ),
                "spec.coordinator.replication.mode": IN_PLACE,
                "spec.coordinator.sgInstanceProfile": PropertyRule(
                    effect=RESTART, outage="one instance after another"
                ),
                "spec.coordinator.pods.persistentVolume.size": PropertyRule(
                    up=IN_PLACE,
                    down=REFUSED,
                    why="volumes never shrink; EBS allows one change in six hours",
                ),
                "spec.coordinator.pods.persistentVolume.storageClass": REFUSED,
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
                "spec.shards.instancesPerCluster": PropertyRule(
                    up=IN_PLACE,
                    down=IN_PLACE,
                    why="copies come and go without touching the primaries",
                ),
                "spec.shards.replication.mode": IN_PLACE,
                "spec.shards.sgInstanceProfile": PropertyRule(
                    effect=RESTART, outage="one instance after another"
                ),
                "spec.shards.pods.persistentVolume.size": PropertyRule(
                    up=IN_PLACE,
                    down=REFUSED,
                    why="volumes never shrink; EBS allows one change in six hours",
                ),
                "spec.shards.pods.persistentVolume.storageClass": REFUSED,
                "spec.shards.pods.persistentVolume.fsGroupChangePolicy": IN_PLACE,
                "spec.shards.pods.scheduling": PropertyRule(
                    widened=IN_PLACE,
                    effect=DANGEROUS,
                    why=(
                        "a volume cannot follow its pod into another zone; further zones take "
                        "further copies"
                    ),
                ),
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
                "spec.shards.managedSql": IN_PLACE,
                "spec.configurations": IN_PLACE,
                "spec.initialData": PropertyRule(
                    effect=REFUSED,
                    why=(
                        "read when the cluster is made; StackGres refuses any change of it: "
                        "sharding.restoreFromBackup is set before that, and stays"
                    ),
                    source=(
                        FactSource(
                            name="StackGres 1.18", page="RestoreConfigValidator", version="1.18.6"
                        ),
                    ),
                ),
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
        changes=Unruled(),
        price=Free(reason="an object of the API server"),
    ),
)
