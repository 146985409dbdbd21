"""What the stack tells of itself to people, commands and other stacks."""

from __future__ import annotations

from typing import Any

from components.artifacts import Artifacts
from components.break_glass import BreakGlass
from components.cluster import Cluster
from components.database import Database
from components.disaster_recovery import DisasterRecovery
from components.dns import Dns
from components.edge import Edge
from components.observability import Observability
from components.registry import Registry
from components.web import Web


def way_in(edge: Edge, web: Web, dns: Dns | None) -> dict[str, Any]:
    """Where users come in and files are published, and what other stacks need of the names."""
    told: dict[str, Any] = {
        "url": edge.url,
        "distributionId": edge.distribution_id,
        "staticBucket": web.bucket_name,
    }
    if dns:
        told["zoneId"] = dns.zone_id
    if dns and dns.name_servers:
        told["nameServers"] = dns.name_servers
    if edge.organization_directory_arn:
        told["organizationDirectoryArn"] = edge.organization_directory_arn
    return told


def inside(
    cluster: Cluster, break_glass: BreakGlass, database: Database, monitoring: Observability
) -> dict[str, Any]:
    """How people get in, and where they are told of trouble."""
    return {
        "clusterName": cluster.cluster_name,
        "kubeconfig": cluster.kubeconfig,
        "breakGlassRoleArn": break_glass.role_arn,
        "databaseSecretArn": database.secret_arn,
        "databaseEventsTopicArn": database.events_topic_arn,
        "alertTopicArns": monitoring.topic_arns,
    }


def copies(
    artifacts: Artifacts, registry: Registry, recovery: DisasterRecovery | None, edge: Edge
) -> dict[str, Any]:
    """Where files and images are, and what a recovery site reads of their copies."""
    told: dict[str, Any] = {
        "artifactsBucket": artifacts.bucket_name,
        "repositories": registry.repository_urls,
    }
    if recovery:
        told["recovery"] = {**recovery.handover, "siteCheckId": edge.site_check_id or ""}
    return told
