"""Arguments of what holds data, and of how applications reach it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from pulumi import Input

from components.artifacts import Artifacts
from components.authority import Authority
from components.broker import Broker, BrokerArgs
from components.cache import Cache, CacheArgs
from components.cluster import Cluster
from components.connections import ConnectionsArgs
from components.database import Database, DatabaseArgs
from components.encryption import Encryption
from components.network import Network
from components.pgbouncer import Pgbouncer, PgbouncerArgs
from components.platform import Platform
from components.queue import Queue, QueueArgs
from rendering.application_config import ApplicationPlan
from rendering.redis_access import COLLABORATION, ORCHESTRATOR, WORKER, queue_users
from scaleplan.sizes import WorkerScaler
from wiring.site import Site


@dataclass(frozen=True, kw_only=True)
class Stores:
    """What holds data."""

    database: Database
    cache: Cache
    queue: Queue
    broker: Broker | None
    artifacts: Artifacts


def database_args(
    site: Site, encryption: Encryption, network: Network, cluster: Cluster
) -> DatabaseArgs:
    """RDS in the data subnets, open to the cluster's pods alone."""
    settings = site.settings
    return DatabaseArgs(
        prefix=settings.prefix,
        vpc_id=network.vpc_id,
        data_subnet_ids=network.data_subnet_ids,
        client_security_group_id=cluster.security_group_id,
        data_key_arn=encryption.data_key_arn,
        logs_key_arn=encryption.logs_key_arn,
        availability_zones=settings.availability_zones,
        settings=settings.database,
        replication=site.plan.replication,
        protect=settings.protect_data,
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


def pgbouncer_args(
    site: Site, platform: Platform, database: Database, authority: Authority
) -> PgbouncerArgs:
    """Pools before the database's primary and replicas."""
    return PgbouncerArgs(
        namespace=platform.namespace,
        settings=site.settings.pgbouncer,
        plan=site.plan.pgbouncer,
        primary_address=database.primary_address,
        replica_addresses=database.replica_addresses,
        database_port=database.port,
        user=database.user,
        password=database.password,
        authority=authority,
    )


def connections_args(
    site: Site, platform: Platform, pgbouncer: Pgbouncer, stores: Stores
) -> ConnectionsArgs:
    """What the applications are told of everything they connect to."""
    plan = site.plan
    return ConnectionsArgs(
        namespace=platform.namespace,
        region=site.settings.region,
        pgbouncer_host=pgbouncer.host,
        pgbouncer_port=pgbouncer.port,
        database=pgbouncer.database,
        database_user=stores.database.user,
        database_password=stores.database.password,
        urls=_urls(stores),
        scaler_login=(stores.broker or stores.queue).scaler_login,
        artifacts_bucket=stores.artifacts.bucket_name,
        plan=ApplicationPlan(
            pools=plan.pools,
            cache_patterns=plan.cache_patterns,
            cache_client=plan.cache_client,
            queue=plan.queue,
            jobs=site.settings.queue,
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
