"""The layers that serve users, in the order of deployment; a waiting recovery site has none."""

from __future__ import annotations

import components as layers
import settings as stack_settings
from wiring import applications, copies, observability, outputs, sharding, stores, traffic
from wiring.standing import Standing
from wiring.workflows import temporal_args, with_workflows


def serve(on: Standing) -> None:
    """Databases' roles, poolers, applications, the edge, and what watches and copies it all."""
    site, settings, on_cluster = on.site, on.site.settings, on.on_cluster
    placed = (site, on.encryption, on.network, on.cluster)
    admin_args = layers.PoolerAdminArgs(namespace=on.platform.namespace)
    admin = layers.PoolerAdmin("pooler-admin", admin_args, on_cluster)
    sharded = sharding.citus_args(
        *placed,
        platform=on.platform,
        authority=on.authority,
        database=on.database,
        credentials=on.credentials,
        admin=admin,
        primary=on.primary,
    )
    citus = layers.Citus("citus", sharded, on_cluster) if settings.sharding.present else None
    serving = citus if settings.sharding.serving else None
    roles = stores.database_bootstrap_args(site, on.platform, on.database, on.credentials, serving)
    bootstrap = layers.DatabaseBootstrap("database-bootstrap", roles, on_cluster)
    backend = stores.Backend(on.database, on.credentials, bootstrap, serving)
    migration = None
    if settings.migrations.command:
        tables = applications.database_migration_args(
            site, on.platform, on.registry, on.authority, bootstrap
        )
        migration = layers.DatabaseMigration("database-migration", tables, on_cluster)
    pooled = stores.pgbouncer_args(site, on.platform, backend, on.authority, admin)
    pgbouncer = layers.Pgbouncer("pgbouncer", pooled, on_cluster)
    migrated = None
    if migration:
        after = stores.pooler_reconnect_args(
            site,
            on.platform,
            migration=migration,
            pgbouncer=pgbouncer,
            authority=on.authority,
            admin=admin,
        )
        migrated = layers.PoolerReconnect("pooler-reconnect", after, on_cluster).ready
    kept = stores.Stores(backend, on.cache, on.queue, on.broker, on.artifacts, migrated, citus)
    told = stores.connections_args(site, on.platform, pgbouncer, on.authority, kept)
    connections = layers.Connections("connections", told, on_cluster)

    # What sees it all, and what the API's autoscaler asks how many requests there are.
    watched = observability.observability_args(
        *placed, authority=on.authority, stores=kept, dns=on.dns, secrets=stack_settings.secrets()
    )
    monitoring = layers.Observability("observability", watched, on_cluster)
    access = applications.artifact_access(site, on.encryption, on.cluster, on.artifacts)
    hosting = applications.Hosting(on.platform, on.registry, connections, on.authority, access)
    served = (site, hosting, on.ingress)
    tasks = temporal_args(site, on.cluster, hosting, backend)
    temporal = layers.Temporal("temporal", tasks, on_cluster) if tasks else None
    api = with_workflows(site, applications.orchestrator_args(*served, monitoring), temporal)
    layers.Orchestrator("orchestrator", api, on_cluster)
    layers.Collaboration("collaboration", applications.collaboration_args(*served), on_cluster)
    web = layers.Web("web", applications.web_args(*served), on_cluster)
    layers.Worker("worker", applications.worker_args(site, hosting), on_cluster)
    before = traffic.edge_args(site, web, on.ingress, on.dns)
    edge = layers.Edge("edge", before, on.on_aws) if before else None

    files = copies.buckets(on.encryption, on.artifacts, web, citus)
    copied = copies.disaster_recovery_args(
        site,
        on.encryption,
        registry=on.registry,
        database=on.database,
        monitoring=monitoring,
        sources=files,
    )
    recovery = layers.DisasterRecovery("recovery", copied, on.on_aws) if copied else None
    outputs.export(
        outputs.way_in(edge, web, on.dns),
        outputs.told_of(monitoring),
        outputs.copies(recovery, edge),
    )
