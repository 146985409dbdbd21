"""Faults of a config, and those that other parts must catch: settings, capacity checks, growth,
the offline plan."""

from __future__ import annotations

from policy.rules.shared import tokens
from rf.grow.classify import Kind
from tests.configurations import CARELESS
from tests.faults.change import put
from tests.faults.fault import (
    CapacityFault,
    ConfigFault,
    Fault,
    GrowthFault,
    SettingsFault,
    ShapeFault,
)

PRIMARY = f"{tokens.DATABASE}::database-primary"
CACHE = f"{tokens.REDIS}::cache-group"
API = "kubernetes:apps/v1:Deployment::orchestrator-workload-pods"

SETTINGS: tuple[Fault, ...] = (
    SettingsFault(
        name="more minimum than maximum workers",
        key="worker.maxReplicas",
        override="worker.maxReplicas=1",
    ),
    SettingsFault(name="no PgBouncer", key="pgbouncer.replicas", override="pgbouncer.replicas=0"),
    SettingsFault(
        name="an image named latest", key="images.worker", override="images.worker=latest"
    ),
    SettingsFault(
        name="two zones",
        key="availabilityZones",
        override="availabilityZones=[us-east-1a, us-east-1b]",
    ),
    SettingsFault(name="a public block of addresses", key="vpcCidr", override="vpcCidr=8.8.0.0/16"),
    SettingsFault(
        name="the API server open to all",
        key="publicApiCidrs",
        override="publicApiCidrs=[0.0.0.0/0]",
    ),
    SettingsFault(
        name="Citus serves what nobody moved", key="sharding", override="sharding={stage: serving}"
    ),
    SettingsFault(
        name="a class that doesn't exist",
        key="database.instanceClass",
        override="database.instanceClass=db.banana.large",
    ),
    SettingsFault(
        name="one machine carries the controllers",
        key="nodes.system.minNodes",
        override="nodes.system.minNodes=1",
    ),
    SettingsFault(name="a misspelt key", key="worker.maxReplica", override="worker.maxReplica=9"),
    SettingsFault(name="a size that doesn't exist", key="size", override="size=huge"),
)

CONFIG: tuple[Fault, ...] = tuple(
    ConfigFault(name=f"a stack file: {name}", caught_by=f"policy: {rule}", overrides=CARELESS)
    for name, rule in {
        "one NAT gateway for three zones": "nat-per-zone",
        "one read replica": "database-replicas",
        "no standby of the database": "database-two-zones",
        "backups of a week": "database-backed-up",
        "no copy of cache and queue": "redis-survives-zone",
        "one Prometheus": "controllers-survive-machine",
        "the edge's logs for a week": "edge-records-kept",
        "a firewall that counts": "edge-firewall-blocks",
        "one pod of the API": "autoscaler-bounded",
        "one pod of the frontend": "applications-survive-machine",
    }.items()
)

CAPACITY: tuple[Fault, ...] = (
    CapacityFault(
        name="a pooler with room for fifty clients",
        check="connections",
        overrides=("pgbouncer.maxClientConnections=50",),
    ),
    CapacityFault(
        name="jobs five times the plan's in a year",
        check="queue",
        overrides=("worker.minReplicas=1", "worker.maxReplicas=1"),
    ),
    CapacityFault(name="one pooler", check="connections", overrides=("pgbouncer.replicas=1",)),
    CapacityFault(
        name="a database whose disk can't grow",
        check="database-storage",
        overrides=("database.maxStorageGib=120", "database.allocatedStorageGib=100"),
    ),
)

GROWTH: tuple[Fault, ...] = (
    GrowthFault(
        name="the database's disk shrinks",
        on=PRIMARY,
        becomes=Kind.CANNOT,
        change=put("allocatedStorage", 100),
    ),
    GrowthFault(
        name="another user owns the database",
        on=PRIMARY,
        becomes=Kind.REPLACE,
        change=put("username", "other"),
    ),
    GrowthFault(name="the database is deleted", on=PRIMARY, becomes=Kind.DELETE, drop=True),
    GrowthFault(
        name="the data key is deleted",
        on="aws:kms/key:Key::encryption-data",
        becomes=Kind.DELETE,
        drop=True,
    ),
    GrowthFault(
        name="the bucket is renamed",
        on="aws:s3/bucket:Bucket::artifacts-bucket",
        becomes=Kind.REPLACE,
        change=put("bucket", "other"),
    ),
    GrowthFault(
        name="the cache is renamed",
        on=CACHE,
        becomes=Kind.REPLACE,
        change=put("replicationGroupId", "other"),
    ),
    GrowthFault(
        name="the database loses its protect between revisions",
        on=PRIMARY,
        becomes=Kind.IN_PLACE,
        bare=True,
    ),
    GrowthFault(
        name="PostgreSQL's next major version by a config value",
        on=PRIMARY,
        becomes=Kind.CANNOT,
        change=put("engineVersion", "18"),
    ),
    GrowthFault(
        name="a class of Citus' volumes that go with their claims, between revisions",
        on="kubernetes:storage.k8s.io/v1:StorageClass::citus-cluster-volumes",
        becomes=Kind.CANNOT,
        change=put("reclaimPolicy", "Delete"),
    ),
    GrowthFault(
        name="histories of workflows for hours, not days",
        on="kubernetes:helm.sh/v3:Release::temporal-release",
        becomes=Kind.IN_PLACE,
        change=put("values.server.config.namespaces.namespace[0].retention", "7h"),
    ),
    GrowthFault(
        name="the cluster's audit log for a day",
        on="aws:cloudwatch/logGroup:LogGroup::cluster-control-plane",
        becomes=Kind.IN_PLACE,
        change=put("retentionInDays", 1),
    ),
)

SHAPE: tuple[Fault, ...] = (
    ShapeFault(
        name="a misspelt input",
        rule="unknown-input",
        on=PRIMARY,
        change=put("storageEncryptd", True),
    ),
    ShapeFault(
        name="a number where a switch is",
        rule="wrong-type",
        on=PRIMARY,
        change=put("multiAz", "yes please"),
    ),
    ShapeFault(
        name="a pod with a misspelt field",
        rule="kubernetes-schema",
        on=API,
        change=put("spec.template.spec.container", []),
    ),
    ShapeFault(
        name="the text of an unresolved output",
        rule="unresolved-output",
        on=CACHE,
        change=put("description", "Calling __str__ on an Output[T] is not supported"),
    ),
)

FAULTS = (*CONFIG, *SETTINGS, *CAPACITY, *GROWTH, *SHAPE)
