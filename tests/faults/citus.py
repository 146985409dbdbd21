"""Faults of Citus."""

from __future__ import annotations

from policy.rules.shared import tokens
from tests.faults.change import put, remove
from tests.faults.fault import Fault, breaks

CITUS = f"{tokens.CITUS}::citus-cluster"
HBA = "spec.shards.configurations.patroni.dynamicConfig.postgresql.pg_hba"
SHARD = "spec.shards.overrides[0].pods.scheduling"
CONFIG = f"{tokens.POSTGRES_CONFIG}::citus-cluster-postgres"
CONF = "spec[postgresql.conf]"


FAULTS: tuple[Fault, ...] = (
    breaks("stateful-protected", "Citus loses its protect", CITUS, bare=True),
    breaks(
        "citus-tls-and-backups", "Citus without TLS", CITUS, put("spec.postgres.ssl.enabled", False)
    ),
    breaks(
        "citus-tls-and-backups",
        "Citus without backups",
        CITUS,
        remove("spec.configurations.backups"),
    ),
    breaks(
        "citus-tls-and-backups",
        "the shards take md5",
        CITUS,
        put(f"{HBA}[0]", "host all all 127.0.0.1/32 md5"),
    ),
    breaks(
        "citus-copies", "shards of one instance", CITUS, put("spec.shards.instancesPerCluster", 1)
    ),
    breaks(
        "citus-copies",
        "Citus replicates asynchronously",
        CITUS,
        put("spec.replication.mode", "async"),
    ),
    breaks(
        "citus-copies",
        "the shards replicate asynchronously",
        CITUS,
        put("spec.shards.replication.mode", "async"),
    ),
    breaks(
        "citus-servers-apart",
        "two servers of Citus on one machine",
        CITUS,
        put("spec.profile", "testing"),
    ),
    breaks(
        "citus-servers-apart",
        "a shard's copies may stand in one zone",
        CITUS,
        put(f"{SHARD}.topologySpreadConstraints[0].whenUnsatisfiable", "ScheduleAnyway"),
    ),
    breaks(
        "citus-outlives-control-plane",
        "the shards stop with the API server",
        CITUS,
        put("spec.shards.configurations.patroni.dynamicConfig.failsafe_mode", False),
    ),
    breaks(
        "citus-outlives-control-plane",
        "the coordinator stops with the API server",
        CITUS,
        remove("spec.coordinator.configurations.patroni.dynamicConfig.failsafe_mode"),
    ),
    breaks(
        "citus-own-settings",
        "the shards run with the operator's settings",
        CITUS,
        put("spec.shards.configurations.sgPostgresConfig", "default"),
    ),
    breaks(
        "citus-own-settings",
        "Citus prepares 32 writes at once",
        CONFIG,
        remove(f"{CONF}.max_prepared_transactions"),
    ),
    breaks(
        "citus-backups-by-role",
        "backups are written with a static key",
        f"{tokens.OBJECT_STORAGE}::citus-cluster-backups",
        put("spec.s3.awsCredentials", {"secretKeySelectors": {}}),
    ),
    breaks(
        "citus-leaves-one-by-one",
        "a drain takes both servers of a shard",
        f"{tokens.DISRUPTION_BUDGET}::citus-cluster-shard1",
        drop=True,
    ),
    breaks(
        "database-logs-no-values",
        "Citus logs patients' values",
        CONFIG,
        remove(f"{CONF}.log_parameter_max_length"),
    ),
    breaks(
        "database-commits-durable",
        "Citus confirms before it writes",
        CONFIG,
        put(f"{CONF}.synchronous_commit", "off"),
    ),
    breaks(
        "data-volumes-outlive-claims",
        "Citus' volumes go with their claims",
        f"{tokens.STORAGE_CLASS}::citus-cluster-volumes",
        put("reclaimPolicy", "Delete"),
    ),
)
