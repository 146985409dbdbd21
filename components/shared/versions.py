"""What components run, by the table of versions (`scaleplan/versions.yaml`): images and add-ons."""

from __future__ import annotations

from scaleplan.versions.table import load_versions

REDIS_EXPORTER = "redis-exporter"
POSTGRES_EXPORTER = "postgres-exporter"
CLOUDWATCH_EXPORTER = "cloudwatch-exporter"
PGBOUNCER = "pgbouncer"
PGBOUNCER_EXPORTER = "pgbouncer-exporter"
POSTGRES_CLIENT = "postgres-client"

_NODE_IMAGE = load_versions().pin("node-image")
NODE_IMAGE_ALIAS = f"{_NODE_IMAGE.address}@{_NODE_IMAGE.pinned}"
"""The image of Karpenter's nodes, as an EC2NodeClass names it."""


def addon_version(name: str, kubernetes_version: str) -> str:
    """The build of an EKS add-on on that minor version of the cluster."""
    return load_versions().pin(name).version_on(kubernetes_version)
