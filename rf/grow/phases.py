"""The order of layers in which a stack grows, and what to look at after each."""

from __future__ import annotations

from dataclasses import dataclass

from scaleplan.applications.workloads import APPLICATIONS

_APPLICATIONS = tuple(each.name for each in APPLICATIONS)


@dataclass(frozen=True, kw_only=True)
class Phase:
    """One stage of growing. `layers` are components at the stack's root, `keys` config sections.

    `verify` says what to look at before the next one; `{name}` stands for a changed resource.
    """

    title: str
    layers: tuple[str, ...]
    keys: tuple[str, ...]
    verify: tuple[str, ...]


PHASES = (
    Phase(
        title="Network: ways out of each zone",
        layers=("network",),
        keys=("network",),
        verify=("aws ec2 describe-nat-gateways: state available in each zone that has one",),
    ),
    Phase(
        title="Cluster: room for what comes",
        layers=("cluster", "platform", "authority"),
        keys=("nodes",),
        verify=(
            "kubectl get nodes: all Ready",
            "kubectl get pods -A: none Pending for ten minutes",
        ),
    ),
    Phase(
        title="Monitoring: room for what comes",
        layers=("observability",),
        keys=("observability",),
        verify=(
            "kubectl -n monitoring get pods: all Running and ready",
            "kubectl -n monitoring get pvc: CAPACITY as large as what was set",
        ),
    ),
    Phase(
        title="Database: a standby, storage and class, then replicas",
        layers=("database", "database-credentials"),
        keys=("database",),
        verify=(
            "aws rds describe-db-instances: DBInstanceStatus available, PendingModifiedValues {}",
            "CloudWatch ReplicaLag below a second on each replica",
        ),
    ),
    Phase(
        title="Cache, queue and broker",
        layers=("cache", "queue", "broker"),
        keys=("cache", "queue"),
        verify=(
            "aws elasticache describe-replication-groups: Status available, each shard with its"
            " copies",
            "CloudWatch Evictions of the cache as before, of the queue 0",
        ),
    ),
    Phase(
        title="Citus: nodes, instances, volumes",
        layers=("citus",),
        keys=("citus",),
        verify=(
            "kubectl -n citus get sgshardedclusters: every instance ready",
            "SELECT * FROM citus_get_active_worker_nodes(): one row a shard cluster; then rebalance"
            " (docs/sharding.md)",
            "kubectl -n citus exec citus-coord-0 -c patroni -- patronictl show-config:"
            " failsafe_mode: true; so on the first server of each shard",
        ),
    ),
    Phase(
        title="Pooler, and what applications are told",
        layers=("pgbouncer", "connections", "database-bootstrap"),
        keys=("pgbouncer",),
        verify=(
            "kubectl rollout status deployment/pgbouncer",
            "SHOW POOLS on each pooler: cl_waiting 0",
        ),
    ),
    Phase(
        title="Workflows",
        layers=("temporal",),
        keys=("workflows",),
        verify=("kubectl -n temporal get pods: all Running and ready, where workflows are on",),
    ),
    Phase(
        title="Applications",
        layers=_APPLICATIONS,
        keys=_APPLICATIONS,
        verify=(
            "kubectl rollout status of each Deployment",
            "response latency (p99) below the plan's 2 s, queue depth below 100",
        ),
    ),
    Phase(
        title="Edge",
        layers=("edge", "ingress", "dns"),
        keys=("edge",),
        verify=("the distribution is Deployed, and the site answers 200",),
    ),
)
"""Room before what fills it, stores before those who use them, and users last."""

LAYERS = frozenset(layer for phase in PHASES for layer in phase.layers)

POD_ROLES = "pod-roles"


def layer_to_grow(layer: str, name: str) -> str:
    """The layer that a resource changes with: for a role, the one whose pods have it.

    All roles are in a layer of their own, and begin with the name of that other layer.
    """
    if layer != POD_ROLES:
        return layer
    return next((each for each in LAYERS if name.startswith(f"{each}-")), layer)


REST = Phase(title="Everything else", layers=(), keys=(), verify=("pulumi preview: no change",))

FIRST_OF_DATABASE = ("multiAz",)
"""Alone and first: with a standby, the change of class that follows is a failover instead of an
outage (RDS user guide, "Multi-AZ DB instance deployments")."""

LAST_OF_DATABASE = ("readReplicas",)
"""Last: a replica is made from a snapshot of the primary as it is, with its class and storage."""
