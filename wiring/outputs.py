"""What the stack tells of itself to people, commands and other stacks."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import pulumi

from components.applications.artifacts import Artifacts
from components.applications.registry import Registry
from components.applications.web import Web
from components.cluster.cluster import Cluster
from components.database.database import Database
from components.edge.dns import Dns
from components.edge.edge import Edge
from components.identity.break_glass import BreakGlass
from components.observability.observability import Observability
from components.recovery.disaster_recovery import DisasterRecovery


def export(*told: Mapping[str, Any]) -> None:
    """Export all of it."""
    for outputs in told:
        for key, value in outputs.items():
            pulumi.export(key, value)


def inside(
    cluster: Cluster,
    break_glass: BreakGlass,
    database: Database,
    artifacts: Artifacts,
    registry: Registry,
) -> dict[str, Any]:
    """How people get in, and where data and images are."""
    return {
        "clusterName": cluster.cluster_name,
        "kubeconfig": cluster.kubeconfig,
        "breakGlassRoleArn": break_glass.role_arn,
        "databaseSecretArn": database.secret_arn,
        "databaseEventsTopicArn": database.events_topic_arn,
        "artifactsBucket": artifacts.bucket_name,
        "repositories": registry.repository_urls,
    }


def way_in(edge: Edge | None, web: Web, dns: Dns | None) -> dict[str, Any]:
    """Where users come in and files are published, and what other stacks need of the names."""
    told: dict[str, Any] = {}
    if edge:
        told |= {"url": edge.url, "distributionId": edge.distribution_id}
    if web.bucket:
        told["staticBucket"] = web.bucket.name
    if dns:
        told["zoneId"] = dns.zone_id
    if dns and dns.name_servers:
        told["nameServers"] = dns.name_servers
    if edge and edge.organization_directory_arn:
        told["organizationDirectoryArn"] = edge.organization_directory_arn
    return told


def told_of(monitoring: Observability) -> dict[str, Any]:
    """Where people are told of trouble."""
    return {"alertTopicArns": monitoring.topic_arns}


def copies(recovery: DisasterRecovery | None, edge: Edge | None) -> dict[str, Any]:
    """What a recovery site reads of the stack's copies."""
    if recovery is None:
        return {}
    check = edge.site_check_id if edge else None
    return {"recovery": {**recovery.handover, "siteCheckId": check or ""}}
