"""Faults of PostgreSQL and of the poolers before it."""

from __future__ import annotations

from policy.rules.database import pgbouncer
from policy.rules.shared import tokens
from tests.faults.change import parameter, put, remove, text
from tests.faults.fault import Fault, StackFileFault, breaks

PRIMARY = f"{tokens.DATABASE}::database-primary"
REPLICA = f"{tokens.DATABASE}::database-replica-b"
PARAMETERS = f"{tokens.DATABASE_PARAMETERS}::database-postgres16"
POOLER = f"{pgbouncer.CONFIG_MAP}::pgbouncer-config"
INI = "data[pgbouncer.ini]"

FAULTS: tuple[Fault, ...] = (
    breaks("stateful-protected", "the database loses its protect", PRIMARY, bare=True),
    StackFileFault(
        name="a large stack says protectData: false",
        caught_by="policy: data-protected-from-medium",
        stack="prod",
        protects_data=False,
    ),
    breaks(
        "no-public-address",
        "the database has a public address",
        PRIMARY,
        put("publiclyAccessible", True),
    ),
    breaks(
        "database-encrypted",
        "the database is stored in the clear",
        PRIMARY,
        put("storageEncrypted", False),
    ),
    breaks("database-encrypted", "the database loses its own key", PRIMARY, remove("kmsKeyId")),
    breaks("database-backed-up", "backups of three days", PRIMARY, put("backupRetentionPeriod", 3)),
    breaks(
        "database-not-deleted",
        "the database can be deleted",
        PRIMARY,
        put("deletionProtection", False),
    ),
    breaks("database-not-deleted", "no final snapshot", PRIMARY, put("skipFinalSnapshot", True)),
    breaks(
        "database-not-deleted",
        "a replica can be deleted",
        REPLICA,
        put("deletionProtection", False),
    ),
    breaks("database-two-zones", "the standby is dropped", PRIMARY, put("multiAz", False)),
    breaks("database-replicas", "one read replica is dropped", REPLICA, drop=True),
    breaks(
        "database-tls-scram-audit",
        "TLS to the database is optional",
        PARAMETERS,
        parameter("rds.force_ssl", "0"),
    ),
    breaks(
        "database-tls-scram-audit",
        "md5, as the plan writes it",
        PARAMETERS,
        parameter("password_encryption", "md5"),
    ),
    breaks(
        "database-tls-scram-audit",
        "pgaudit is not loaded",
        PARAMETERS,
        parameter("shared_preload_libraries", "pg_stat_statements"),
    ),
    breaks(
        "database-logs-exported",
        "the database's log stays on its disk",
        PRIMARY,
        remove("enabledCloudwatchLogsExports"),
    ),
    breaks(
        "pooler-tls-scram",
        "PgBouncer with md5, as the plan writes it",
        POOLER,
        text(INI, "auth_type = scram-sha-256", "auth_type = md5"),
    ),
    breaks(
        "pooler-tls-scram",
        "PgBouncer takes clients without TLS",
        POOLER,
        text(INI, "client_tls_sslmode = require", "client_tls_sslmode = allow"),
    ),
    breaks(
        "pooler-tls-scram",
        "PgBouncer believes any server",
        POOLER,
        text(INI, "server_tls_sslmode = verify-full", "server_tls_sslmode = require"),
    ),
    breaks(
        "pooler-tls-scram",
        "PgBouncer pools sessions",
        POOLER,
        text(INI, "pool_mode = transaction", "pool_mode = session"),
    ),
)
