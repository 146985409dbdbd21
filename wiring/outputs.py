"""What the stack tells of itself to people, commands and other stacks."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import pulumi

from wiring.stack import Stack


def export(outputs: Mapping[str, Any]) -> None:
    """Outputs of the stack under these keys."""
    for key, value in outputs.items():
        pulumi.export(key, value)


def foundation_outputs(stack: Stack) -> dict[str, Any]:
    """How people get in, and where data and images are."""
    return {
        "clusterName": stack.cluster.handle.name,
        "kubeconfig": stack.cluster.kubeconfig,
        "breakGlassRoleArn": stack.break_glass.role_arn,
        "databaseSecretArn": stack.database.secret_arn,
        "databaseEventsTopicArn": stack.database.events_topic_arn,
        "artifactsBucket": stack.artifacts.bucket_name,
        "repositories": stack.registry.repository_urls,
    }


def serving_outputs(stack: Stack) -> dict[str, Any]:
    """Where users come in, who is told of trouble, and what a recovery site reads of the copies."""
    return {
        **_entry(stack),
        "alertTopicArns": stack.observability.topic_arns,
        **_recovery(stack),
    }


def _entry(stack: Stack) -> dict[str, Any]:
    """Where users come in and files are published, and what other stacks need of the names."""
    edge, bucket, dns = stack.edge, stack.web.bucket, stack.dns
    outputs: dict[str, Any] = {}
    if edge:
        outputs |= {"url": edge.url, "distributionId": edge.distribution_id}
    if bucket:
        outputs["staticBucket"] = bucket.name
    if dns:
        outputs["zoneId"] = dns.zone_id
    if dns and dns.name_servers:
        outputs["nameServers"] = dns.name_servers
    if edge and edge.organization_directory_arn:
        outputs["organizationDirectoryArn"] = edge.organization_directory_arn
    return outputs


def _recovery(stack: Stack) -> dict[str, Any]:
    if stack.recovery is None:
        return {}
    check = stack.edge.site_check_id if stack.edge else None
    return {"recovery": {**stack.recovery.handover, "siteCheckId": check or ""}}
