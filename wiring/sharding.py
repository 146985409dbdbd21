"""Arguments of Citus, for the stacks whose stage asks for it."""

from __future__ import annotations

from components.citus.citus import CitusArgs
from components.cluster.cluster import Cluster
from components.cluster.platform import Platform
from components.database.credentials import DatabaseCredentials
from components.database.database import Database
from components.database.pooler_admin import PoolerAdmin
from components.identity.authority import Authority
from components.identity.encryption import Encryption
from components.network.network import Network
from components.recovery.primary_site import PrimarySite
from rendering.database.role_timeouts import statement_timeouts
from wiring.site import Site, stack_tags


def citus_args(
    site: Site,
    encryption: Encryption,
    network: Network,
    cluster: Cluster,
    *,
    platform: Platform,
    authority: Authority,
    database: Database,
    credentials: DatabaseCredentials,
    admin: PoolerAdmin,
    primary: PrimarySite | None,
) -> CitusArgs:
    """The sharded database on nodes of its own, open to the applications' namespace alone.

    Its roles have the names and passwords that they have on RDS, so that PgBouncer needs one each.
    """
    settings = site.settings
    return CitusArgs(
        prefix=settings.prefix,
        region=settings.region,
        account_id=site.account_id,
        availability_zones=settings.availability_zones,
        cluster_name=cluster.cluster_name,
        kubernetes_version=settings.kubernetes_version,
        cluster_ready=cluster.ready,
        node_role_arn=cluster.node_role_arn,
        subnet_ids=network.private_subnet_ids,
        data_key_arn=encryption.data_key_arn,
        architecture=settings.architecture,
        stage=settings.sharding,
        settings=settings.citus,
        plan=site.plan.sharding,
        pgbouncer=settings.pgbouncer,
        pooler_port=site.plan.pgbouncer.listen_port,
        pooler_admin_password=admin.password,
        database=database.database_name,
        roles=credentials.roles,
        statement_timeouts=statement_timeouts(site.plan, settings.migrations),
        client_namespace=platform.namespace,
        authority=authority,
        tags=stack_tags(settings),
        protect=settings.protect_data,
        backups_copy=primary.citus_bucket if primary else None,
    )
