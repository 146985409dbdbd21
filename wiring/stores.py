"""Arguments of what holds data, and of how applications reach it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from pulumi import Input, Output

from components.applications.artifacts import Artifacts
from components.applications.connections import ConnectionsArgs
from components.citus.citus import Citus
from components.cluster.cluster import Cluster
from components.cluster.platform import Platform
from components.database.bootstrap import Coordinator, DatabaseBootstrap, DatabaseBootstrapArgs
from components.database.credentials import DatabaseCredentials, DatabaseCredentialsArgs
from components.database.database import Database, DatabaseArgs
from components.database.migration import DatabaseMigration
from components.database.pgbouncer import Pgbouncer, PgbouncerArgs, Upstream
from components.database.pooler_admin import PoolerAdmin
from components.database.pooler_reconnect import PoolerReconnectArgs
from components.database.source import DatabaseSource
from components.identity.authority import Authority
from components.identity.break_glass import BreakGlassArgs
from components.identity.encryption import Encryption
from components.network.network import Network
from components.queue.broker import Broker, BrokerArgs
from components.queue.queue import Queue, QueueArgs
from components.recovery.primary_site import PrimarySite
from components.redis.cache import Cache, CacheArgs
from rendering.applications.config import ApplicationPlan
from rendering.database.rds_authority import rds_authority
from rendering.database.role_timeouts import statement_timeouts
from rendering.database.roles import RoleKey
from rendering.redis.access import COLLABORATION, ORCHESTRATOR, WORKER, queue_users
from scaleplan.applications.scaling import WorkerScaler
from scaleplan.database.connections import SYSTEM_POOL_MAX
from scaleplan.recovery.disaster_recovery import RecoveryMode
from wiring.site import Site


@dataclass(frozen=True)
class Backend:
    """What PgBouncer stands before; `citus` only where tenants' data is on it."""

    database: Database
    credentials: DatabaseCredentials
    bootstrap: DatabaseBootstrap
    citus: Citus | None


@dataclass(frozen=True)
class Stores:
    """What holds data. `migrated` comes when the applications' tables are there, None where a stack
    has no migrations. `citus` is there from the moment that it stands, not only where it serves."""

    backend: Backend
    cache: Cache
    queue: Queue
    broker: Broker | None
    artifacts: Artifacts
    migrated: Input[str] | None
    citus: Citus | None = None


def database_args(
    site: Site,
    encryption: Encryption,
    network: Network,
    cluster: Cluster,
    primary: PrimarySite | None,
) -> DatabaseArgs:
    """RDS in the data subnets, open to the cluster's pods alone."""
    settings = site.settings
    return DatabaseArgs(
        prefix=settings.prefix,
        account_id=site.account_id,
        vpc_id=network.vpc_id,
        data_subnet_ids=network.data_subnet_ids,
        client_security_group_id=cluster.security_group_id,
        data_key_arn=encryption.data_key_arn,
        logs_key_arn=encryption.logs_key_arn,
        availability_zones=settings.availability_zones,
        settings=settings.database,
        replication=site.plan.replication,
        protect=settings.protect_data,
        recovery=encryption.recovery,
        source=_source(site, primary) if primary else None,
    )


def _source(site: Site, primary: PrimarySite) -> DatabaseSource:
    """A recovery site's data: the other database's, followed where warm, else restored."""
    recovery = site.settings.disaster_recovery
    if recovery.mode is RecoveryMode.BACKUP:
        return DatabaseSource(automated_backup_arn=primary.automated_backup_arn)
    return DatabaseSource(primary_arn=primary.database_arn, promoted=not recovery.standby)


def break_glass_args(
    site: Site, encryption: Encryption, cluster: Cluster, database: Database
) -> BreakGlassArgs:
    """The way to cluster and database when all others fail."""
    return BreakGlassArgs(
        prefix=site.settings.prefix,
        region=site.settings.region,
        account_id=site.account_id,
        principals=site.settings.access.break_glass,
        cluster_name=cluster.cluster_name,
        cluster_ready=cluster.ready,
        node_role_name=cluster.node_role_name,
        secret_arn=database.secret_arn,
        data_key_arn=encryption.data_key_arn,
        logs_key_arn=encryption.logs_key_arn,
    )


def cache_args(site: Site, encryption: Encryption, network: Network, cluster: Cluster) -> CacheArgs:
    """The evicting Redis in the data subnets, open to the cluster's pods alone."""
    return CacheArgs(
        prefix=site.settings.prefix,
        vpc_id=network.vpc_id,
        data_subnet_ids=network.data_subnet_ids,
        client_security_group_id=cluster.security_group_id,
        data_key_arn=encryption.data_key_arn,
        logs_key_arn=encryption.logs_key_arn,
        settings=site.settings.cache,
        protect=site.settings.protect_data,
    )


def queue_args(site: Site, encryption: Encryption, network: Network, cluster: Cluster) -> QueueArgs:
    """The Redis that keeps jobs, in the data subnets, open to the cluster's pods alone."""
    return QueueArgs(
        prefix=site.settings.prefix,
        vpc_id=network.vpc_id,
        data_subnet_ids=network.data_subnet_ids,
        client_security_group_id=cluster.security_group_id,
        data_key_arn=encryption.data_key_arn,
        logs_key_arn=encryption.logs_key_arn,
        availability_zones=site.settings.availability_zones,
        settings=site.settings.queue,
        users=queue_users(
            site.plan.queue.names,
            site.settings.queue,
            scaled_by_keda=site.settings.scaling.worker is WorkerScaler.KEDA,
        ),
        protect=site.settings.protect_data,
    )


def broker_args(
    site: Site, _encryption: Encryption, network: Network, cluster: Cluster
) -> BrokerArgs:
    """RabbitMQ in the data subnets, open to the cluster's pods alone."""
    return BrokerArgs(
        prefix=site.settings.prefix,
        vpc_id=network.vpc_id,
        data_subnet_ids=network.data_subnet_ids,
        client_security_group_id=cluster.security_group_id,
        instance_class=site.settings.queue.broker_class,
        protect=site.settings.protect_data,
    )


def database_credentials_args(
    site: Site, encryption: Encryption, database: Database
) -> DatabaseCredentialsArgs:
    """Passwords of the roles that applications and migrations use."""
    return DatabaseCredentialsArgs(
        prefix=site.settings.prefix,
        primary_address=database.primary_address,
        replica_addresses=database.replica_addresses,
        port=database.port,
        database_name=database.database_name,
        data_key_arn=encryption.data_key_arn,
        workflows=site.settings.workflows.enabled,
        protect=site.settings.protect_data,
        recovery=encryption.recovery,
    )


def database_bootstrap_args(
    site: Site,
    platform: Platform,
    database: Database,
    credentials: DatabaseCredentials,
    citus: Citus | None,
) -> DatabaseBootstrapArgs:
    """The roles themselves, made at RDS by the master user; `citus` only where it serves."""
    return DatabaseBootstrapArgs(
        namespace=platform.namespace,
        host=database.primary_address,
        port=database.port,
        database_name=database.database_name,
        master_user=database.user,
        master_password=database.password,
        roles=credentials.roles,
        statement_timeouts=statement_timeouts(site.plan, site.settings.migrations),
        authority=rds_authority(site.settings.region),
        coordinator=Coordinator(host=citus.host, port=citus.port) if citus else None,
    )


def pgbouncer_args(
    site: Site, platform: Platform, backend: Backend, authority: Authority, admin: PoolerAdmin
) -> PgbouncerArgs:
    """Pools for the roles of the applications: before RDS, and before Citus where it serves."""
    primary = Upstream(hosts=[backend.database.primary_address], port=backend.database.port)
    writer, readers = primary, _replicas(backend.database) or primary
    # RDS signs with its region's root, Citus' servers are signed by the in-cluster authority.
    authorities: Input[str] = rds_authority(site.settings.region)
    citus = backend.citus
    if citus:
        writer = Upstream(hosts=[citus.host], port=citus.port)
        readers = Upstream(hosts=[citus.readers_host], port=citus.port)
        authorities = Output.concat(authorities, authority.certificate_pem)
    pooled = [backend.credentials.roles[key] for key in (RoleKey.APPLICATION, RoleKey.READ_ONLY)]
    return PgbouncerArgs(
        namespace=platform.namespace,
        settings=site.settings.pgbouncer,
        plan=site.plan.pgbouncer,
        writer=writer,
        readers=readers,
        system=primary,
        passwords={role.user: role.password for role in pooled},
        admin_password=admin.password,
        credentials_versions=Output.all(*(role.version for role in pooled)).apply(",".join),
        authority=authority,
        server_authorities=authorities,
        after=(backend.bootstrap.job,),
    )


def pooler_reconnect_args(
    site: Site,
    platform: Platform,
    *,
    migration: DatabaseMigration,
    pgbouncer: Pgbouncer,
    authority: Authority,
    admin: PoolerAdmin,
) -> PoolerReconnectArgs:
    """Every pooler's new connections, when the migration has ended and before pods that need it."""
    return PoolerReconnectArgs(
        namespace=platform.namespace,
        migration=migration.job_name,
        migrated=migration.ready,
        poolers=site.settings.pgbouncer.replicas,
        port=site.plan.pgbouncer.listen_port,
        pooling=pgbouncer.pods,
        admin_secret=admin.secret_name,
        cluster_authority=authority.config_map_name,
    )


def _replicas(database: Database) -> Upstream | None:
    hosts = database.replica_addresses
    return Upstream(hosts=hosts, port=database.port) if hosts else None


def connections_args(
    site: Site, platform: Platform, pgbouncer: Pgbouncer, authority: Authority, stores: Stores
) -> ConnectionsArgs:
    """What the applications are told of everything they connect to."""
    plan, roles = site.plan, stores.backend.credentials.roles
    serving = stores.backend.citus is not None
    return ConnectionsArgs(
        namespace=platform.namespace,
        region=site.settings.region,
        pgbouncer_host=pgbouncer.host,
        pgbouncer_port=pgbouncer.port,
        database=pgbouncer.database,
        system_database=pgbouncer.system_database if serving else pgbouncer.database,
        application=roles[RoleKey.APPLICATION],
        read_only=roles[RoleKey.READ_ONLY],
        database_ready=stores.migrated or stores.backend.bootstrap.ready,
        authority_certificate=authority.certificate_pem,
        urls=_urls(stores),
        scaler_login=(stores.broker or stores.queue).scaler_login,
        artifacts_bucket=stores.artifacts.bucket_name,
        plan=ApplicationPlan(
            pools=plan.pools,
            system_pool_max=SYSTEM_POOL_MAX if serving else None,
            cache_patterns=plan.cache_patterns,
            cache_client=plan.cache_client,
            queue=plan.queue,
            jobs=site.settings.queue,
            edge=plan.edge,
        ),
    )


def _urls(stores: Stores) -> Mapping[str, Mapping[str, Input[str]]]:
    """Each application's logins by variable.

    Sessions live in the queue's Redis: the cache evicts what it likes when it is full, which would
    log people out, while this one evicts nothing, has a standby and keeps snapshots. Their prefix
    keeps them apart from the jobs.
    """
    cache, redis, broker = stores.cache.urls, stores.queue.urls, stores.broker

    def jobs(application: str) -> Mapping[str, Input[str]]:
        if broker is not None:
            return {"QUEUE_URL": broker.url}
        # REDIS_URL is the plan's name, which its queue code reads.
        return dict.fromkeys(("QUEUE_URL", "REDIS_URL"), redis[application])

    return {
        ORCHESTRATOR: {
            "CACHE_URL": cache[ORCHESTRATOR],
            **jobs(ORCHESTRATOR),
            "SESSION_STORE_URL": redis[ORCHESTRATOR],
        },
        WORKER: {"CACHE_URL": cache[WORKER], **jobs(WORKER)},
        COLLABORATION: {
            "CACHE_URL": cache[COLLABORATION],
            "SESSION_STORE_URL": redis[COLLABORATION],
        },
    }
