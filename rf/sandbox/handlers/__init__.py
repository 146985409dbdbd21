"""One handler a resource type, a file a service. Importing the package registers them all."""

from __future__ import annotations

from rf.sandbox.handlers import (
    alarms,
    certificates,
    cloudfront,
    eks,
    elasticache,
    events,
    firewall,
    gateways,
    iam,
    load_balancing,
    logs_and_keys,
    mq,
    network,
    notifications,
    rds,
    registry_and_secrets,
    s3,
    security_groups,
    tagging,
)

__all__ = [
    "alarms",
    "certificates",
    "cloudfront",
    "eks",
    "elasticache",
    "events",
    "firewall",
    "gateways",
    "iam",
    "load_balancing",
    "logs_and_keys",
    "mq",
    "network",
    "notifications",
    "rds",
    "registry_and_secrets",
    "s3",
    "security_groups",
    "tagging",
]
