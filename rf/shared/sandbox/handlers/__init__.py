"""One handler a resource type, a file a service. Importing the package registers them all."""

from __future__ import annotations

from rf.shared.sandbox.handlers import (
    alarms,
    audit,
    certificates,
    cloudfront,
    eks,
    elasticache,
    events,
    gateways,
    iam,
    load_balancing,
    logs_and_keys,
    network,
    notifications,
    rds,
    recovery,
    registry_and_secrets,
    s3,
    security_groups,
)

__all__ = [
    "alarms",
    "audit",
    "certificates",
    "cloudfront",
    "eks",
    "elasticache",
    "events",
    "gateways",
    "iam",
    "load_balancing",
    "logs_and_keys",
    "network",
    "notifications",
    "rds",
    "recovery",
    "registry_and_secrets",
    "s3",
    "security_groups",
]
