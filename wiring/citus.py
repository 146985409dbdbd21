"""Arguments of Citus, for the stacks whose stage asks for it."""

from __future__ import annotations

from components.citus.citus import CitusArgs
from rendering.database.role_timeouts import statement_timeouts
from wiring.network import flow_table
from wiring.stack import Stack


def citus_args(stack: Stack) -> CitusArgs:
    """The sharded database on nodes of its own, open to the applications' namespace alone.

    Its roles have the names and passwords that they have on RDS, so that PgBouncer needs one each.
    """
    settings, primary = stack.settings, stack.primary_site
    return CitusArgs(
        place=stack.place,
        keys=stack.keys,
        cluster=stack.cluster.handle,
        subnet_ids=stack.network.private_subnet_ids,
        architecture=settings.architecture,
        stage=settings.sharding,
        settings=settings.citus,
        plan=stack.plan.sharding,
        pgbouncer=settings.pgbouncer,
        pooler_port=stack.plan.pgbouncer.listen_port,
        pooler_admin_password=stack.pooler_admin.password,
        database=stack.database.database_name,
        roles=stack.credentials.roles,
        statement_timeouts=statement_timeouts(stack.plan, settings.migrations),
        client_namespace=stack.platform.namespace,
        authority=stack.authority,
        flows=flow_table(stack),
        backup_roles=stack.pod_roles.citus,
        backups_copy=primary.citus_bucket if primary else None,
    )
