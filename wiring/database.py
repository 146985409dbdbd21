"""Arguments of RDS, its roles, the poolers before it, and the applications' tables."""

from __future__ import annotations

from pulumi import Input, Output

from components.database.bootstrap import Coordinator, DatabaseBootstrapArgs
from components.database.credentials import DatabaseCredentialsArgs
from components.database.database import Database, DatabaseArgs
from components.database.migration import DatabaseMigration, DatabaseMigrationArgs
from components.database.pgbouncer import PgbouncerArgs, Upstream
from components.database.pooler_admin import PoolerAdminArgs
from components.database.pooler_reconnect import PoolerReconnectArgs
from components.database.source import DatabaseSource
from components.recovery.primary_site import PrimarySite
from rendering.database.rds_authority import rds_authority
from rendering.database.role_timeouts import statement_timeouts
from rendering.database.roles import RoleKey
from scaleplan.applications.workloads import APPLICATIONS_POOL, ORCHESTRATOR
from scaleplan.recovery.disaster_recovery import RecoveryMode
from wiring.applications import image_of, nodes_of
from wiring.stack import Stack


def database_args(stack: Stack) -> DatabaseArgs:
    """RDS in the data subnets, open to the cluster's pods alone."""
    primary = stack.primary_site
    return DatabaseArgs(
        place=stack.place,
        keys=stack.keys,
        network=stack.data_network,
        settings=stack.settings.database,
        replication=stack.plan.replication,
        source=_source(stack, primary) if primary else None,
    )


def _source(stack: Stack, primary: PrimarySite) -> DatabaseSource:
    """A recovery site's data: the other database's, followed where warm, else restored."""
    recovery = stack.settings.disaster_recovery
    if recovery.mode is RecoveryMode.BACKUP:
        return DatabaseSource(automated_backup_arn=primary.automated_backup_arn)
    return DatabaseSource(primary_arn=primary.database_arn, promoted=not recovery.standby)


def database_credentials_args(stack: Stack) -> DatabaseCredentialsArgs:
    """Passwords of the roles that applications and migrations use."""
    database = stack.database
    return DatabaseCredentialsArgs(
        place=stack.place,
        keys=stack.keys,
        primary_address=database.primary_address,
        replica_addresses=database.replica_addresses,
        port=database.port,
        database_name=database.database_name,
        workflows=stack.settings.workflows.enabled,
    )


def pooler_admin_args(stack: Stack) -> PoolerAdminArgs:
    """The login by which poolers are told to reconnect."""
    return PoolerAdminArgs(namespace=stack.platform.namespace)


def database_bootstrap_args(stack: Stack) -> DatabaseBootstrapArgs:
    """The roles themselves, made at RDS by the master user, and at Citus where it serves."""
    database, citus = stack.database, stack.serving_citus
    return DatabaseBootstrapArgs(
        images=stack.place.images,
        namespace=stack.platform.namespace,
        host=database.primary_address,
        port=database.port,
        database_name=database.database_name,
        master_user=database.user,
        master_password=database.password,
        roles=stack.credentials.roles,
        statement_timeouts=statement_timeouts(stack.plan, stack.settings.migrations),
        authority=rds_authority(stack.settings.region),
        coordinator=Coordinator(host=citus.host, port=citus.port) if citus else None,
    )


def database_migration_args(stack: Stack) -> DatabaseMigrationArgs:
    """The orchestrator's migrations, at the servers that its tables are on."""
    return DatabaseMigrationArgs(
        images=stack.place.images,
        namespace=stack.platform.namespace,
        image=image_of(stack, ORCHESTRATOR),
        version=stack.settings.images.orchestrator,
        settings=stack.settings.migrations,
        credentials_secret=stack.bootstrap.migrator_secret_name,
        cluster_authority=stack.authority.config_map_name,
        database_authority=stack.bootstrap.authority_config_map,
        node_selector=nodes_of(stack, APPLICATIONS_POOL),
    )


def pgbouncer_args(stack: Stack) -> PgbouncerArgs:
    """Pools for the roles of the applications: before RDS, and before Citus where it serves."""
    database = stack.database
    primary = Upstream(hosts=[database.primary_address], port=database.port)
    writer, readers = primary, _replicas(database) or primary
    # RDS signs with its region's root, Citus' servers are signed by the in-cluster authority.
    authorities: Input[str] = rds_authority(stack.settings.region)
    citus = stack.serving_citus
    if citus:
        writer = Upstream(hosts=[citus.host], port=citus.port)
        readers = Upstream(hosts=[citus.readers_host], port=citus.port)
        authorities = Output.concat(authorities, stack.authority.certificate_pem)
    pooled = [stack.credentials.roles[key] for key in (RoleKey.APPLICATION, RoleKey.READ_ONLY)]
    return PgbouncerArgs(
        images=stack.place.images,
        namespace=stack.platform.namespace,
        settings=stack.settings.pgbouncer,
        plan=stack.plan.pgbouncer,
        writer=writer,
        readers=readers,
        system=primary,
        passwords={role.user: role.password for role in pooled},
        admin_password=stack.pooler_admin.password,
        credentials_versions=Output.all(*(role.version for role in pooled)).apply(",".join),
        authority=stack.authority,
        server_authorities=authorities,
        after=(stack.bootstrap.job,),
    )


def _replicas(database: Database) -> Upstream | None:
    hosts = database.replica_addresses
    return Upstream(hosts=hosts, port=database.port) if hosts else None


def pooler_reconnect_args(stack: Stack, migration: DatabaseMigration) -> PoolerReconnectArgs:
    """Every pooler's new connections, when the migration has ended and before pods that need it."""
    return PoolerReconnectArgs(
        images=stack.place.images,
        namespace=stack.platform.namespace,
        migration=migration.job_name,
        migrated=migration.job,
        poolers=stack.settings.pgbouncer.replicas,
        port=stack.plan.pgbouncer.listen_port,
        pooling=stack.pgbouncer.pods,
        admin_secret=stack.pooler_admin.secret_name,
        cluster_authority=stack.authority.config_map_name,
    )
