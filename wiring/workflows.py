"""Arguments of Temporal and of the workers of its workflows."""

from __future__ import annotations

from dataclasses import replace

import pulumi_kubernetes as k8s
from pulumi import Input

from components.applications.orchestrator import OrchestratorArgs
from components.cluster.cluster import Cluster
from components.workflows.temporal import Temporal, TemporalArgs
from components.workflows.worker import WorkflowWorkerArgs
from rendering.cluster.node_pools import node_selector
from rendering.database.rds_authority import rds_authority
from rendering.database.roles import RoleKey
from rendering.redis.access import ORCHESTRATOR
from rendering.workflows.client import CLIENT_CERTIFICATE, workflow_variables
from rendering.workflows.temporal_names import CLIENT_SECRET
from scaleplan.applications.pods import APPLICATIONS_POOL, WORKERS_POOL
from wiring.applications import Hosting, image_of
from wiring.flows import flow_table
from wiring.site import Site
from wiring.stores import Backend


def temporal_args(
    site: Site, cluster: Cluster, hosting: Hosting, backend: Backend
) -> TemporalArgs | None:
    """The server, on the system database whatever serves tenants' data; None where it is off."""
    if not site.settings.workflows.enabled:
        return None
    karpenter = site.settings.nodes.karpenter
    return TemporalArgs(
        settings=site.settings.workflows,
        plan=site.plan.workflows,
        database_host=backend.database.primary_address,
        database_port=backend.database.port,
        database_authority=rds_authority(site.settings.region),
        credentials=backend.credentials.roles[RoleKey.WORKFLOWS],
        database_ready=backend.bootstrap.job,
        authority=hosting.authority,
        client_namespace=hosting.platform.namespace,
        flows=flow_table(site),
        worker=_worker_args(site, hosting),
        node_selector=node_selector(APPLICATIONS_POOL, karpenter=karpenter),
        cluster_ready=cluster.ready,
    )


def _worker_args(site: Site, hosting: Hosting) -> WorkflowWorkerArgs:
    """The orchestrator once more, with its logins: the plan's workflows are in its sources."""
    return WorkflowWorkerArgs(
        namespace=hosting.platform.namespace,
        image=image_of(hosting.registry, "orchestrator", site.settings.images.orchestrator),
        settings=site.settings.workflows.worker,
        plan=site.plan.workflows,
        autoscaling=site.plan.autoscaling,
        environment=[
            *hosting.connections.environment(ORCHESTRATOR),
            *_temporal_environment(site, CLIENT_SECRET),
        ],
        annotations=hosting.connections.annotations(ORCHESTRATOR),
        ca_config_map=hosting.authority.config_map_name,
        artifacts=hosting.access,
        client_secret_name=CLIENT_SECRET,
        keda_ready=hosting.platform.keda_ready,
        node_selector=node_selector(WORKERS_POOL, karpenter=site.settings.nodes.karpenter),
    )


def with_workflows(
    site: Site, args: OrchestratorArgs, temporal: Temporal | None
) -> OrchestratorArgs:
    """The orchestrator starts workflows, where there is a server for them."""
    if temporal is None:
        return args
    more = _temporal_environment(site, temporal.client_secret_name)
    return replace(args, environment=[*args.environment, *more])


def _temporal_environment(site: Site, secret_name: Input[str]) -> list[k8s.core.v1.EnvVarArgs]:
    """Where Temporal is, and by which certificate it lets an application in."""
    return [
        *(
            k8s.core.v1.EnvVarArgs(name=name, value=value)
            for name, value in workflow_variables(site.plan.workflows).items()
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
