"""StackGres' objects: the sharded cluster, what an instance gets, where backups go.

Fields and rules: StackGres 1.18.6, `common/src/main/resources/crds` and the operator's source.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from rendering.citus import names
from rendering.cluster.node_pools import POOL_LABEL
from scaleplan.citus.data_nodes import Placement
from scaleplan.citus.sharding import ShardingSettings
from scaleplan.cluster.machines import ResourceTotals
from scaleplan.versions.table import load_versions
from scaleplan.windows import CITUS_BACKUP

CITUS_VERSION = load_versions().pin("citus").pinned

_EXTENSIONS = ("citus", "citus_columnar")
"""What the operator installs of itself on a sharded cluster, both of one version."""

ZONE_LABEL = "topology.kubernetes.io/zone"

TOLERATION = {
    "key": POOL_LABEL,
    "operator": "Equal",
    "value": names.DATA_POOL,
    "effect": "NoSchedule",
}

TLS_ONLY_RULES = (
    # Within the pod, the operator's own containers.
    "host all all 127.0.0.1/32 scram-sha-256",
    "host all all ::1/128 scram-sha-256",
    "hostnossl all all all reject",
    "hostnossl replication all all reject",
)
"""Stand before the operator's own rules, which would let a client in without TLS."""


PATRONI_CONFIG = {
    # Patroni's lock is an object of the API server. Without this a primary that can't renew it
    # stops taking writes: all groups at once, for as long as the control plane is away.
    "failsafe_mode": True,
    "postgresql": {"pg_hba": list(TLS_ONLY_RULES)},
}
"""What the operator adds to its own configuration of Patroni, on a standing cluster too and without
a restart; `ttl`, `loop_wait` and `retry_timeout` stay at its 30, 10 and 10 seconds
(`PatroniConfigEndpoints`, `PatroniConfigReconciliator`)."""


def instance_profile_spec(pod: ResourceTotals) -> dict[str, Any]:
    """Spec of the SGInstanceProfile (stackgres.io/v1): a pod that fills its node.

    The requests are the whole pod's, from which the operator subtracts those of its side-cars to
    get PostgreSQL's; the limits are PostgreSQL's own.
    """
    whole = {"cpu": f"{pod.cpu_millicores}m", "memory": f"{pod.memory_mib // 1024}Gi"}
    return {**whole, "requests": whole}


def object_storage_spec(bucket: Any, region: str) -> dict[str, Any]:
    """Spec of the SGObjectStorage (stackgres.io/v1beta1). `bucket` passes through.

    WAL-G 3.0.8 in StackGres' images is built with aws-sdk-go 1.55.5, which knows EKS Pod Identity
    (from 1.47.11 on), so the pods' role does and no key has to exist.
    """
    return {
        "type": "s3",
        "s3": {"bucket": bucket, "region": region, "awsCredentials": {"useIAMRole": True}},
    }


def roles_script_spec(database: str, secret: Any, key: str) -> dict[str, Any]:
    """Spec of an SGScript (stackgres.io/v1) whose SQL holds passwords, hence is in a Secret.

    Tried again until Citus' own tables exist on the node.
    """
    return {
        "managedVersions": True,
        "continueOnError": False,
        "scripts": [
            {
                "name": "roles",
                "database": database,
                "retryOnError": True,
                "scriptFrom": {"secretKeyRef": {"name": secret, "key": key}},
            }
        ],
    }


def sharded_cluster_spec(
    groups: Sequence[Placement],
    *,
    database: str,
    postgres_version: str,
    volume_gib: int,
    backups_kept: int,
    sharding: ShardingSettings,
) -> dict[str, Any]:
    """Spec of the SGShardedCluster (stackgres.io/v1alpha1); `groups` begin with the coordinator.

    The profile `production` forbids two database pods on one node. Each group is bound to its own
    zones, one instance a zone. A commit waits for the copy, so that a failover loses none of it.
    PostgreSQL's minor and Citus' version are named: what is not, the operator chooses anew at every
    change, and differently after it was raised itself (DefaultPostgresVersionMutator,
    getCitusShardedClusterExtensions).
    """
    coordinator, *shards = groups
    return {
        "type": "citus",
        "profile": "production",
        "database": database,
        "postgres": {
            "version": postgres_version,
            "extensions": [{"name": name, "version": CITUS_VERSION} for name in _EXTENSIONS],
            "ssl": {
                "enabled": True,
                "certificateSecretKeySelector": _key(names.SERVER_CERTIFICATE, "tls.crt"),
                "privateKeySecretKeySelector": _key(names.SERVER_CERTIFICATE, "tls.key"),
            },
        },
        "replication": {"mode": "sync" if coordinator.instances > 1 else "async"},
        "coordinator": {
            "instances": coordinator.instances,
            "replication": {"mode": "sync" if coordinator.instances > 1 else "async"},
            **_instances(coordinator, volume_gib),
        },
        "shards": {
            "clusters": len(shards),
            "instancesPerCluster": shards[0].instances,
            "replication": {"mode": "sync" if shards[0].instances > 1 else "async"},
            **_instances(shards[0], volume_gib),
            "overrides": [
                {"index": index, "pods": {"scheduling": _scheduling(shard)}}
                for index, shard in enumerate(shards)
            ],
        },
        "configurations": {
            "backups": [
                {
                    "sgObjectStorage": names.OBJECT_STORAGE,
                    "cronSchedule": CITUS_BACKUP.cron(),
                    "retention": backups_kept,
                    "compression": "lz4",
                }
            ]
        },
        **_initial_data(sharding),
    }


def _initial_data(sharding: ShardingSettings) -> dict[str, Any]:
    """What the cluster is made from. The operator refuses any change of it, and makes an empty
    cluster without a word where there is no backup of the name
    (`ShardedClusterRestoreBackupContextAppender`)."""
    if sharding.restore_from_backup is None:
        return {}
    source: dict[str, Any] = {"name": sharding.restore_from_backup}
    if sharding.restore_to_timestamp is not None:
        source["pointInTimeRecovery"] = {"restoreToTimestamp": sharding.restore_to_timestamp}
    return {"initialData": {"restore": {"fromBackup": source}}}


def _instances(group: Placement, volume_gib: int) -> dict[str, Any]:
    return {
        "sgInstanceProfile": names.INSTANCE_PROFILE,
        "pods": {
            "persistentVolume": {
                "size": f"{volume_gib}Gi",
                "storageClass": names.STORAGE_CLASS,
                # Else each start of a pod walks through all files to set their owner.
                "fsGroupChangePolicy": "OnRootMismatch",
            },
            "scheduling": _scheduling(group),
        },
        "configurations": {
            "sgPostgresConfig": names.POSTGRES_CONFIG,
            "patroni": {"dynamicConfig": dict(PATRONI_CONFIG)},
        },
        "managedSql": {"scripts": [{"sgScript": names.ROLES}]},
    }


def _scheduling(group: Placement) -> dict[str, Any]:
    """The whole section, as an override replaces it. One instance of a group a zone: a copy in the
    primary's zone would be lost with it."""
    in_zones = {"key": ZONE_LABEL, "operator": "In", "values": sorted(set(group.zones))}
    return {
        "nodeSelector": {POOL_LABEL: names.DATA_POOL},
        "tolerations": [TOLERATION],
        "nodeAffinity": {
            "requiredDuringSchedulingIgnoredDuringExecution": {
                "nodeSelectorTerms": [{"matchExpressions": [in_zones]}]
            }
        },
        "topologySpreadConstraints": [
            {
                "maxSkew": 1,
                "topologyKey": ZONE_LABEL,
                "whenUnsatisfiable": "DoNotSchedule",
                "labelSelector": {"matchLabels": names.pod_labels(group.name)},
            }
        ],
    }


def _key(secret: str, key: str) -> dict[str, str]:
    return {"name": secret, "key": key}
