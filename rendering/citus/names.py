"""Names of what belongs to Citus in the cluster, each used by several objects."""

from __future__ import annotations

NAMESPACE = "citus"
"""Its own, because StackGres' pods don't meet the `restricted` standard of the applications'."""

OPERATOR_NAMESPACE = "stackgres"
"""Of StackGres' operator, which the release makes."""

CLUSTER = "citus"
"""Of the SGShardedCluster. Its groups, Services and Secrets begin with it (StackGres 1.18,
`StackGresShardedClusterUtil`)."""

DATA_POOL = "data"
"""Value of the node label and of the taint."""

STORAGE_CLASS = "citus-gp3"
INSTANCE_PROFILE = "citus"
POSTGRES_CONFIG = "citus-postgres-16"
ROLES = "citus-roles"
OBJECT_STORAGE = "citus-backups"
SERVER_CERTIFICATE = "citus-server-certificate"
AUTHORITY = "researchflow-ca"

DISTRIBUTION = "citus-distribution"
"""Of the job that distributes tables, and of its pods."""

PORT = 5433
"""PostgreSQL itself; 5432 is the operator's own pooler (`ShardedClusterServices`)."""

SERVER_PORT = 5432
"""The pod's port of PostgreSQL, to which the Service's leads (`EnvoyUtil.PG_PORT`)."""

PATRONI_PORT = 8009
"""Where each server's Patroni is asked, by the others, and for its metrics."""

PATRONI_PORT_NAME = "patroniport"
PATRONI_CONTAINER = "patroni"
"""A pooler's container has a port of the same name and number (StackGres 1.18, `EnvoyUtil`,
`Patroni`, `PgBouncerPooling`)."""

SUPERUSER = "postgres"
SUPERUSER_PASSWORD_KEY = "superuser-password"  # noqa: S105 - the key under which the operator puts it
"""In the Secret that has the cluster's name (StackGres 1.18, `ShardedClusterSecret`)."""

SERVER_LABELS = {"app": "StackGresCluster", "stackgres.io/cluster": "true"}
"""What every database pod carries, and no pod of a backup or an operation."""

COORDINATOR_HOST = f"{CLUSTER}.{NAMESPACE}.svc"
READERS_HOST = f"{CLUSTER}-reads.{NAMESPACE}.svc"
"""Any coordinator, the primary included."""


def server_names() -> list[str]:
    """All names under which clients may reach a server, for its certificate."""
    services = (CLUSTER, f"{CLUSTER}-reads", f"{CLUSTER}-shards")
    domains = ("", f".{NAMESPACE}", f".{NAMESPACE}.svc", f".{NAMESPACE}.svc.cluster.local")
    return [service + domain for service in services for domain in domains]


def group_name(group: str) -> str:
    """Name of a group of instances: of its SGCluster, and begin of its pods' names."""
    return f"{CLUSTER}-{group}"


def service_account(group: str) -> str:
    """What the group's pods run as, whose role writes their backups (`PatroniUtil.roleName`)."""
    return f"{group_name(group)}-patroni"


def pod_labels(group: str) -> dict[str, str]:
    """Labels that find the group's servers and no other pod of it (`ClusterLabelFactory`)."""
    return {**SERVER_LABELS, "stackgres.io/cluster-name": group_name(group)}
