"""Faults of PostgreSQL and of the poolers before it."""

from __future__ import annotations

import re
from typing import Any

from policy.rules.database import pgbouncer
from policy.rules.shared import tokens
from tests.faults.change import parameter, put, remove, text
from tests.faults.fault import Fault, PlanFault, StackFileFault, breaks

PRIMARY = f"{tokens.DATABASE}::database-primary"
REPLICA = f"{tokens.DATABASE}::database-replica-b"
PARAMETERS = f"{tokens.DATABASE_PARAMETERS}::database-postgres16"
POOLER = f"{pgbouncer.CONFIG_MAP}::pgbouncer-config"
INI = "data[pgbouncer.ini]"
SECRET = f"{tokens.CLUSTER_SECRET}::connections-postgres"
MIGRATOR = f"{tokens.CLUSTER_SECRET}::database-bootstrap-migrator"
BOOTSTRAP = f"{tokens.JOB}::database-bootstrap-job"


def lead_to_citus(inputs: dict[str, Any]) -> None:
    """Put Citus behind the system's name."""
    ini = inputs["data"]["pgbouncer.ini"]
    inputs["data"]["pgbouncer.ini"] = re.sub(
        r"(?m)^researchflow_system = .*$",
        "researchflow_system = host=citus.citus.svc port=5433 dbname=ros",
        ini,
    )


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
        "database-logs-exported",
        "nobody can read why an upgrade failed",
        PRIMARY,
        put("enabledCloudwatchLogsExports", ["postgresql"]),
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
    breaks(
        "database-logs-no-values",
        "the log has patients' values",
        PARAMETERS,
        parameter("log_parameter_max_length", "-1"),
    ),
    breaks(
        "database-logs-no-values",
        "the log has the values of what failed",
        PARAMETERS,
        parameter("log_parameter_max_length_on_error", "64"),
    ),
    breaks(
        "database-logs-no-values",
        "the audit has patients' values",
        PARAMETERS,
        parameter("pgaudit.log_parameter", "1"),
    ),
    breaks(
        "database-audits-changes",
        "the audit records nothing",
        PARAMETERS,
        parameter("pgaudit.log", "none"),
    ),
    breaks(
        "database-commits-durable",
        "RDS confirms before it writes",
        PARAMETERS,
        parameter("synchronous_commit", "off"),
    ),
    breaks(
        "database-own-parameters",
        "a replica runs with AWS' parameters",
        REPLICA,
        put("parameterGroupName", "default.postgres16"),
        wired=("parameterGroupName", ""),
    ),
    breaks(
        "database-watched",
        "nobody sees the database's I/O waits",
        PRIMARY,
        put("monitoringInterval", 0),
    ),
    breaks(
        "database-watched",
        "nobody sees a replica's slow statements",
        REPLICA,
        put("performanceInsightsEnabled", False),
    ),
    breaks(
        "database-replicas-apart",
        "both read replicas in one zone",
        REPLICA,
        put("availabilityZone", "us-east-1c"),
    ),
    breaks(
        "database-replicas-possible",
        "RDS keeps the password, and refuses replicas",
        PRIMARY,
        put("manageMasterUserPassword", True),
    ),
    breaks(
        "database-replicas-possible",
        "a replica names its engine",
        REPLICA,
        put("engineVersion", "16"),
    ),
    breaks(
        "database-major-by-runbook",
        "the next major version comes by itself",
        PRIMARY,
        put("allowMajorVersionUpgrade", True),
    ),
    breaks(
        "database-major-by-runbook",
        "the provider exchanges the database",
        PRIMARY,
        put("blueGreenUpdate", {"enabled": True}),
    ),
    breaks(
        "stores-change-in-windows",
        "the database restarts at noon",
        PRIMARY,
        put("applyImmediately", True),
    ),
    PlanFault(
        name="a failover of the waiting site's database is told to nobody",
        caught_by="policy: database-events-told",
        on=f"{tokens.DATABASE_EVENTS}::database-events-subscription",
        change=put("eventCategories", ["maintenance"]),
        stack="prod-dr",
    ),
    breaks(
        "clients-verify-servers",
        "applications believe any pooler",
        SECRET,
        text("stringData.url", "sslmode=verify-full", "sslmode=require"),
    ),
    breaks(
        "clients-verify-servers",
        "the bootstrap sends the master's password to any server",
        BOOTSTRAP,
        put("spec.template.spec.containers[0].env[4].value", "require"),
    ),
    breaks(
        "clients-verify-servers",
        "Redis' exporter skips the certificate",
        f"{tokens.DEPLOYMENT}::observability-exporters-queue-pod",
        put("spec.template.spec.containers[0].args[0]", "--skip-tls-verification"),
    ),
    breaks(
        "database-urls-served",
        "reads go to a name that PgBouncer hasn't",
        SECRET,
        text("stringData.replica-url", "/researchflow_ro?", "/researchflow_reads?"),
    ),
    breaks(
        "database-urls-served",
        "applications log in as somebody unknown",
        SECRET,
        text("stringData.url", "researchflow_app:", "ros:"),
    ),
    breaks(
        "system-database-on-rds",
        "the system's database is looked for on Citus",
        SECRET,
        text("stringData.system-url", "/researchflow_system?", "/researchflow?"),
    ),
    breaks(
        "system-database-on-rds",
        "PgBouncer leads the system's name to Citus",
        POOLER,
        lead_to_citus,
    ),
    breaks(
        "system-database-on-rds",
        "migrations look for the system's tables on Citus",
        MIGRATOR,
        put(
            "stringData.system-url", "postgresql://m:p@citus.citus.svc:5433/ros?sslmode=verify-full"
        ),
    ),
    breaks(
        "pooler-follows-failover",
        "PgBouncer keeps a failed primary's address",
        POOLER,
        text(INI, "dns_max_ttl = 5", "dns_max_ttl = 300"),
    ),
    breaks(
        "pooler-follows-failover",
        "PgBouncer waits for a server that vanished",
        POOLER,
        text(INI, "tcp_user_timeout = 30000", "tcp_user_timeout = 0"),
    ),
    breaks(
        "pooler-bounded",
        "PgBouncer opens more than is counted",
        POOLER,
        text(INI, "max_db_connections = 25", "max_db_connections = 0"),
    ),
    breaks(
        "pooler-bounded",
        "PgBouncer forgets prepared statements",
        POOLER,
        text(INI, "max_prepared_statements = 200", "max_prepared_statements = 0"),
    ),
)
