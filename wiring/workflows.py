"""Arguments of Temporal and of the workers of its workflows."""

from __future__ import annotations

from dataclasses import replace

import pulumi_kubernetes as k8s
from pulumi import Input

from components.identity.pod_role import PodRole
from components.workflows.temporal import TemporalArgs
from components.workflows.worker import WorkflowWorkerArgs
from rendering.database.rds_authority import rds_authority
from rendering.database.roles import RoleKey
from rendering.workflows.client import CLIENT_CERTIFICATE
from rendering.workflows.client import workflow_variables as address_variables
from rendering.workflows.temporal_names import CLIENT_SECRET
from scaleplan.applications.workloads import APPLICATIONS_POOL, ORCHESTRATOR, WORKERS_POOL
from wiring.applications import connected_pods, nodes_of
from wiring.network import flow_table
from wiring.stack import Stack


def temporal_args(stack: Stack) -> TemporalArgs | None:
    """The server, on the system database whatever serves tenants' data; None where it is off."""
    database, worker_role = stack.database, stack.pod_roles.workflow_worker
    if worker_role is None:
        return None
    return TemporalArgs(
        place=stack.place,
        cluster=stack.cluster.handle,
        settings=stack.settings.workflows,
        plan=stack.plan.workflows,
        database_host=database.primary_address,
        database_port=database.port,
        database_authority=rds_authority(stack.settings.region),
        credentials=stack.credentials.roles[RoleKey.WORKFLOWS],
        database_ready=stack.bootstrap.job,
        authority=stack.authority,
        client_namespace=stack.platform.namespace,
        flows=flow_table(stack),
        worker=_worker_args(stack, worker_role),
        node_selector=nodes_of(stack, APPLICATIONS_POOL),
    )


def _worker_args(stack: Stack, role: PodRole) -> WorkflowWorkerArgs:
    """The orchestrator once more, with its logins: the plan's workflows are in its sources."""
    return WorkflowWorkerArgs(
        pods=replace(
            connected_pods(stack, ORCHESTRATOR, _variables(stack, CLIENT_SECRET)),
            settings=stack.settings.workflows.worker,
            node_selector=nodes_of(stack, WORKERS_POOL),
        ),
        plan=stack.plan.workflows,
        role=role,
        client_secret_name=CLIENT_SECRET,
        keda_ready=stack.platform.keda_ready,
    )


def workflow_variables(stack: Stack) -> list[k8s.core.v1.EnvVarArgs]:
    """What an application needs to start workflows; nothing where there is no server for them."""
    temporal = stack.temporal
    return _variables(stack, temporal.client_secret_name) if temporal else []


def _variables(stack: Stack, secret_name: Input[str]) -> list[k8s.core.v1.EnvVarArgs]:
    """Where Temporal is, and by which certificate it lets an application in."""
    return [
        *(
            k8s.core.v1.EnvVarArgs(name=name, value=value)
            for name, value in address_variables(stack.plan.workflows).items()
        ),
        *(
            k8s.core.v1.EnvVarArgs(
                name=name,
                value_from=k8s.core.v1.EnvVarSourceArgs(
                    secret_key_ref=k8s.core.v1.SecretKeySelectorArgs(name=secret_name, key=key)
                ),
            )
            for name, key in CLIENT_CERTIFICATE.items()
        ),
    ]
