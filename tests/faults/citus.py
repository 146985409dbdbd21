"""Faults of Citus."""

from __future__ import annotations

from policy.rules.shared import tokens
from tests.faults.change import put, remove
from tests.faults.fault import Fault, breaks

CITUS = f"{tokens.CITUS}::citus-cluster"
HBA = "spec.shards.configurations.patroni.dynamicConfig.postgresql.pg_hba"

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
)
