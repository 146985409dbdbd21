"""Arguments of the four applications."""

from __future__ import annotations

from dataclasses import dataclass

from pulumi import Output

from components.applications.artifact_access import ArtifactAccess
from components.applications.artifacts import Artifacts
from components.applications.collaboration import CollaborationArgs
from components.applications.connections import Connections
from components.applications.orchestrator import OrchestratorArgs
from components.applications.registry import Registry
from components.applications.web import WebArgs
from components.applications.worker import Keda, WorkerArgs
from components.cluster.cluster import Cluster
from components.cluster.platform import NAMESPACE, Platform
from components.database.bootstrap import DatabaseBootstrap
from components.database.migration import DatabaseMigrationArgs
from components.edge.ingress import Ingress
from components.identity.authority import Authority
from components.identity.encryption import Encryption
from components.observability.observability import Observability
from rendering.applications.repository_lifecycle import image_reference
from rendering.cluster.node_pools import APPLICATIONS_POOL, WORKERS_POOL, node_selector
from rendering.observability.alerting.subject import Subject
from rendering.observability.metrics_adapter import requests_per_pod
from rendering.redis.access import COLLABORATION, ORCHESTRATOR, WORKER
from wiring.site import Site


@dataclass(frozen=True)
class Hosting:
    """What every application finds: cluster platform, image, connections, authority, bucket."""

    platform: Platform
    registry: Registry
    connections: Connections
    authority: Authority
    access: ArtifactAccess


def artifact_access(
    site: Site, encryption: Encryption, cluster: Cluster, artifacts: Artifacts
) -> ArtifactAccess:
    """The artifacts bucket as orchestrator and worker may use it."""
    return ArtifactAccess(
        account_id=site.account_id,
        region=site.settings.region,
        cluster_name=cluster.cluster_name,
        cluster_ready=cluster.ready,
        namespace=NAMESPACE,
        bucket_arn=artifacts.bucket_arn,
        data_key_arn=encryption.data_key_arn,
    )


def database_migration_args(
    site: Site,
    platform: Platform,
    registry: Registry,
    authority: Authority,
    bootstrap: DatabaseBootstrap,
) -> DatabaseMigrationArgs:
    """The orchestrator's migrations, at the servers that its tables are on."""
    pin = site.settings.images.orchestrator
    return DatabaseMigrationArgs(
        namespace=platform.namespace,
        image=image_of(registry, "orchestrator", pin),
        version=pin,
        settings=site.settings.migrations,
        credentials_secret=bootstrap.migrator_secret_name,
        cluster_authority=authority.config_map_name,
        database_authority=bootstrap.authority_config_map,
        node_selector=_nodes(site, APPLICATIONS_POOL),
    )


def orchestrator_args(
    site: Site, hosting: Hosting, ingress: Ingress, observability: Observability
) -> OrchestratorArgs:
    """The API's pods."""
    return OrchestratorArgs(
        namespace=hosting.platform.namespace,
        image=image_of(hosting.registry, "orchestrator", site.settings.images.orchestrator),
        settings=site.settings.orchestrator,
        autoscaling=site.plan.autoscaling,
        environment=hosting.connections.environment(ORCHESTRATOR),
        annotations=hosting.connections.annotations(ORCHESTRATOR),
        ca_config_map=hosting.authority.config_map_name,
        artifacts=hosting.access,
        target_group_arn=ingress.target_group_arns["orchestrator"],
        requests_per_pod=requests_per_pod(Subject(site.plan, site.settings)),
        metrics_ready=observability.metrics_ready,
        load_balancer_controller_ready=hosting.platform.load_balancer_controller_ready,
        node_selector=_nodes(site, APPLICATIONS_POOL),
    )


def worker_args(site: Site, hosting: Hosting) -> WorkerArgs:
    """The workers' pods and what scales them."""
    return WorkerArgs(
        namespace=hosting.platform.namespace,
        image=image_of(hosting.registry, "worker", site.settings.images.worker),
        settings=site.settings.worker,
        queue=site.plan.queue,
        jobs=site.settings.queue,
        autoscaling=site.plan.autoscaling,
        environment=hosting.connections.environment(WORKER),
        annotations=hosting.connections.annotations(WORKER),
        ca_config_map=hosting.authority.config_map_name,
        artifacts=hosting.access,
        keda=_keda(hosting),
        node_selector=_nodes(site, WORKERS_POOL),
    )


def collaboration_args(site: Site, hosting: Hosting, ingress: Ingress) -> CollaborationArgs:
    """The WebSocket server's pods."""
    return CollaborationArgs(
        namespace=hosting.platform.namespace,
        image=image_of(hosting.registry, "collaboration", site.settings.images.collaboration),
        settings=site.settings.collaboration,
        autoscaling=site.plan.autoscaling,
        environment=hosting.connections.environment(COLLABORATION),
        annotations=hosting.connections.annotations(COLLABORATION),
        ca_config_map=hosting.authority.config_map_name,
        target_group_arn=ingress.target_group_arns["collaboration"],
        load_balancer_controller_ready=hosting.platform.load_balancer_controller_ready,
        node_selector=_nodes(site, APPLICATIONS_POOL),
    )


def web_args(site: Site, hosting: Hosting, ingress: Ingress) -> WebArgs:
    """The frontend's pods and the bucket of its files."""
    return WebArgs(
        prefix=site.settings.prefix,
        account_id=site.account_id,
        region=site.settings.region,
        namespace=hosting.platform.namespace,
        image=image_of(hosting.registry, "web", site.settings.images.web),
        settings=site.settings.web,
        autoscaling=site.plan.autoscaling,
        target_group_arn=ingress.target_group_arns["web"],
        load_balancer_controller_ready=hosting.platform.load_balancer_controller_ready,
        protect=site.settings.protect_data,
        at_edge=not site.settings.disaster_recovery.site_of,
        node_selector=_nodes(site, APPLICATIONS_POOL),
    )


def _keda(hosting: Hosting) -> Keda | None:
    ready, secret_name = hosting.platform.keda_ready, hosting.connections.scaler_secret_name
    if ready is None or secret_name is None:
        return None
    return Keda(secret_name=secret_name, ready=ready)


def image_of(registry: Registry, application: str, pin: str) -> Output[str]:
    """The application's image in the stack's own repository."""
    return registry.repository_urls[application].apply(lambda url: image_reference(url, pin))


def _nodes(site: Site, pool: str) -> dict[str, str] | None:
    return node_selector(pool, karpenter=site.settings.nodes.karpenter)
