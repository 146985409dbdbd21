"""Arguments of the applications: images, artifacts, connections, pods, and their quota."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace

import pulumi_kubernetes as k8s
from pulumi import Input, Output

from components.applications.artifacts import ArtifactsArgs
from components.applications.collaboration import CollaborationArgs
from components.applications.connections import ConnectionsArgs
from components.applications.orchestrator import OrchestratorArgs
from components.applications.pod_template import ApplicationPods
from components.applications.registry import RegistryArgs
from components.applications.web import WebArgs
from components.applications.worker import Keda, WorkerArgs
from components.applications.workload import TargetGroup
from rendering.applications.config import ApplicationPlan
from rendering.applications.repository_lifecycle import image_reference
from rendering.cluster.node_pools import node_selector
from rendering.database.pgbouncer_ini import memory_needed_mib
from rendering.database.roles import RoleKey
from rendering.observability.alerting.subject import Subject
from rendering.observability.metrics_adapter import requests_per_pod
from scaleplan.applications.pod_resources import (
    MIGRATION_JOB,
    POOLER_EXPORTER,
    PSQL_JOB,
    application_resources,
    pooler_resources,
)
from scaleplan.applications.quota import NamespaceQuota, QuotaPods, namespace_quota, pods_in_rollout
from scaleplan.applications.workloads import (
    COLLABORATION,
    ORCHESTRATOR,
    WEB,
    WORKER,
    application,
    autoscaled_workloads,
)
from scaleplan.database.connection_chain import SYSTEM_POOL_MAX
from wiring.stack import Stack

PSQL_JOBS = 2
"""The bootstrap, and the poolers' reconnect after a migration."""


def registry_args(stack: Stack) -> RegistryArgs:
    """The applications' image repositories."""
    return RegistryArgs(place=stack.place, keys=stack.keys, copies_at=_copies_at(stack))


def _copies_at(stack: Stack) -> str | None:
    """Where ECR keeps its copies of the images of the stack that a recovery site takes over."""
    settings = stack.settings
    if not settings.disaster_recovery.site_of:
        return None
    host = f"{stack.account_id}.dkr.ecr.{settings.region}.amazonaws.com"
    return f"{host}/{settings.project}-{settings.disaster_recovery.site_of}"


def artifacts_args(stack: Stack) -> ArtifactsArgs:
    """The bucket of what analyses read and write."""
    primary = stack.primary_site
    return ArtifactsArgs(
        place=stack.place,
        keys=stack.keys,
        copy_name=primary.artifacts_bucket if primary else None,
    )


def connections_args(stack: Stack) -> ConnectionsArgs:
    """What the applications are told of everything they connect to."""
    plan, roles, pgbouncer = stack.plan, stack.credentials.roles, stack.pgbouncer
    serving = stack.serving_citus is not None
    return ConnectionsArgs(
        place=stack.place,
        namespace=stack.platform.namespace,
        pgbouncer_host=pgbouncer.host,
        pgbouncer_port=pgbouncer.port,
        database=pgbouncer.database,
        system_database=pgbouncer.system_database if serving else pgbouncer.database,
        application=roles[RoleKey.APPLICATION],
        read_only=roles[RoleKey.READ_ONLY],
        authority_certificate=stack.authority.certificate_pem,
        urls=_urls(stack),
        scaler_login=(stack.broker or stack.queue).scaler_login,
        artifacts_bucket=stack.artifacts.bucket_name,
        plan=ApplicationPlan(
            pools=plan.pools,
            system_pool_max=SYSTEM_POOL_MAX if serving else None,
            cache_patterns=plan.cache_patterns,
            cache_client=plan.cache_client,
            queue=plan.queue,
            jobs=stack.settings.queue,
            edge=plan.edge,
        ),
    )


def _urls(stack: Stack) -> Mapping[str, Mapping[str, Input[str]]]:
    """Each application's logins by variable.

    Sessions live in the queue's Redis: the cache evicts what it likes when it is full, which would
    log people out, while this one evicts nothing, has a standby and keeps snapshots. Their prefix
    keeps them apart from the jobs.
    """
    cache, redis, broker = stack.cache.urls, stack.queue.urls, stack.broker

    def jobs(name: str) -> Mapping[str, Input[str]]:
        if broker is not None:
            return {"QUEUE_URL": broker.url}
        # REDIS_URL is the plan's name, which its queue code reads.
        return dict.fromkeys(("QUEUE_URL", "REDIS_URL"), redis[name])

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


def orchestrator_args(
    stack: Stack, workflow_variables: Sequence[k8s.core.v1.EnvVarArgs]
) -> OrchestratorArgs:
    """The API's pods, which also start workflows where there is a server for them."""
    return OrchestratorArgs(
        pods=connected_pods(stack, ORCHESTRATOR, workflow_variables),
        target_group=_target_group(stack, ORCHESTRATOR),
        role=stack.pod_roles.orchestrator,
        requests_per_pod=requests_per_pod(Subject(stack.plan, stack.settings)),
        metrics_ready=stack.observability.metrics_ready,
    )


def worker_args(stack: Stack) -> WorkerArgs:
    """The workers' pods and what scales them."""
    return WorkerArgs(
        pods=connected_pods(stack, WORKER),
        queue=stack.plan.queue,
        jobs=stack.settings.queue,
        role=stack.pod_roles.worker,
        keda=_keda(stack),
    )


def collaboration_args(stack: Stack) -> CollaborationArgs:
    """The WebSocket server's pods."""
    return CollaborationArgs(
        pods=connected_pods(stack, COLLABORATION),
        target_group=_target_group(stack, COLLABORATION),
    )


def web_args(stack: Stack) -> WebArgs:
    """The frontend's pods and the bucket of its files.

    The files are static: the pods open no connection, so they get neither secrets nor authority.
    """
    return WebArgs(
        place=stack.place,
        pods=_pods(stack, WEB),
        target_group=_target_group(stack, WEB),
        at_edge=not stack.settings.disaster_recovery.site_of,
    )


def connected_pods(
    stack: Stack, name: str, variables: Sequence[k8s.core.v1.EnvVarArgs] = ()
) -> ApplicationPods:
    """An application's pods with everything that it connects to, and `variables`; none is made
    before roles and tables are there."""
    return replace(
        _pods(stack, name),
        environment=[*stack.connections.environment(name), *variables],
        annotations=stack.connections.annotations(name),
        ca_config_map=stack.authority.config_map_name,
        after=((stack.pooler_reconnect or stack.bootstrap).job,),
    )


def _pods(stack: Stack, name: str) -> ApplicationPods:
    planned, autoscaling = application(name), stack.plan.autoscaling
    if name == WORKER:
        autoscaling = autoscaling.behaving(stack.settings.scaling.behavior)
    return ApplicationPods(
        namespace=stack.platform.namespace,
        image=image_of(stack, name),
        settings=planned.settings_of(stack.settings),
        autoscaling=autoscaling,
        node_selector=nodes_of(stack, planned.pool),
    )


def _target_group(stack: Stack, name: str) -> TargetGroup:
    return TargetGroup(
        arn=stack.ingress.target_group_arns[name],
        controller_ready=stack.platform.load_balancer_controller_ready,
    )


def _keda(stack: Stack) -> Keda | None:
    ready, secret_name = stack.platform.keda_ready, stack.connections.scaler_secret_name
    if ready is None or secret_name is None:
        return None
    return Keda(secret_name=secret_name, ready=ready)


def image_of(stack: Stack, name: str) -> Output[str]:
    """The application's image in the stack's own repository, as the settings pin it."""
    pin = getattr(stack.settings.images, name)
    return stack.registry.repository_urls[name].apply(lambda url: image_reference(url, pin))


def nodes_of(stack: Stack, pool: str) -> dict[str, str] | None:
    """Labels of a pool's nodes; None where there are no pools."""
    return node_selector(pool, karpenter=stack.settings.nodes.karpenter)


def application_quota(stack: Stack) -> NamespaceQuota:
    """The quota of everything that this stack puts into the namespace, all of it in a rollout."""
    settings = stack.settings
    pooler = settings.pgbouncer
    return namespace_quota(
        [
            *(
                QuotaPods(
                    pods=pods_in_rollout(each.max_replicas),
                    containers=(application_resources(each.pod),),
                )
                for each in autoscaled_workloads(settings)
            ),
            QuotaPods(
                pods=pods_in_rollout(pooler.replicas),
                containers=(
                    pooler_resources(stack.plan.pgbouncer.resources, memory_needed_mib(pooler)),
                    POOLER_EXPORTER,
                ),
            ),
            # Two each, because a replaced Job's pod may still be stopping when the next one starts.
            QuotaPods(pods=2 * PSQL_JOBS, containers=(PSQL_JOB,)),
            QuotaPods(pods=2, containers=(MIGRATION_JOB,)),
        ]
    )
