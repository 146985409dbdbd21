"""The layers that serve users, in the order of deployment; a waiting recovery site has none."""

from __future__ import annotations

from collections.abc import Mapping

from pulumi import Output

import components as layers
from wiring import (
    applications,
    citus,
    database,
    edge,
    observability,
    outputs,
    recovery,
    workflows,
)
from wiring.stack import Stack


def serve(stack: Stack, secrets: Mapping[str, Output[str]]) -> None:
    """Databases' roles, poolers, applications, the edge, and what watches and copies it all.

    `secrets` are the stack's own, by config key.
    """
    settings, on_aws, on_cluster = stack.settings, stack.on_aws, stack.on_cluster
    stack.pooler_admin = layers.PoolerAdmin(
        "pooler-admin", database.pooler_admin_args(stack), on_cluster
    )
    if settings.sharding.present:
        stack.citus = layers.Citus("citus", citus.citus_args(stack), on_cluster)
    stack.bootstrap = layers.DatabaseBootstrap(
        "database-bootstrap", database.database_bootstrap_args(stack), on_cluster
    )
    if settings.migrations.command:
        stack.migration = layers.DatabaseMigration(
            "database-migration", database.database_migration_args(stack), on_cluster
        )
    stack.pgbouncer = layers.Pgbouncer("pgbouncer", database.pgbouncer_args(stack), on_cluster)
    if stack.migration:
        stack.pooler_reconnect = layers.PoolerReconnect(
            "pooler-reconnect",
            database.pooler_reconnect_args(stack, stack.migration),
            on_cluster,
        )
    stack.connections = layers.Connections(
        "connections", applications.connections_args(stack), on_cluster
    )

    # What sees it all, and what the API's autoscaler asks how many requests there are.
    stack.observability = layers.Observability(
        "observability", observability.observability_args(stack, secrets), on_cluster
    )
    if temporal_args := workflows.temporal_args(stack):
        stack.temporal = layers.Temporal("temporal", temporal_args, on_cluster)
    api = applications.orchestrator_args(stack, workflows.workflow_variables(stack))
    layers.Orchestrator("orchestrator", api, on_cluster)
    layers.Collaboration("collaboration", applications.collaboration_args(stack), on_cluster)
    stack.web = layers.Web("web", applications.web_args(stack), on_cluster)
    layers.Worker("worker", applications.worker_args(stack), on_cluster)
    if edge_args := edge.edge_args(stack):
        stack.edge = layers.Edge("edge", edge_args, on_aws)
    if recovery_args := recovery.disaster_recovery_args(stack):
        stack.recovery = layers.DisasterRecovery("recovery", recovery_args, on_aws)
    outputs.export(outputs.serving_outputs(stack))
