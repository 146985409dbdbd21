"""Faults of versions that someone would resolve later."""

from __future__ import annotations

from policy.rules.shared import tokens
from tests.faults.change import put, remove
from tests.faults.fault import Fault, breaks

CITUS = f"{tokens.CITUS}::citus-cluster"
NODE_CLASS = f"{tokens.NODE_CLASS}::platform-karpenter-nodes"
BOOTSTRAP_IMAGE = "spec.jobTemplate.spec.template.spec.containers[0].image"

FAULTS: tuple[Fault, ...] = (
    breaks(
        "versions-named",
        "the operator chooses PostgreSQL's minor",
        CITUS,
        put("spec.postgres.version", "16"),
    ),
    breaks(
        "versions-named",
        "Citus' PostgreSQL is the latest",
        CITUS,
        put("spec.postgres.version", "latest"),
    ),
    breaks(
        "versions-named",
        "EKS chooses an add-on's version",
        "aws:eks/addon:Addon::cluster-pods-coredns",
        remove("addonVersion"),
    ),
    breaks(
        "versions-named", "EKS chooses Kubernetes", f"{tokens.CLUSTER}::cluster", remove("version")
    ),
    breaks(
        "versions-named",
        "EKS chooses the nodes' Kubernetes",
        f"{tokens.NODE_GROUP}::cluster-system",
        remove("version"),
    ),
    breaks(
        "versions-named",
        "RDS chooses PostgreSQL's major",
        f"{tokens.DATABASE}::database-primary",
        remove("engineVersion"),
    ),
    breaks(
        "versions-named",
        "ElastiCache chooses Redis",
        f"{tokens.REDIS}::queue-group",
        put("engineVersion", "7"),
    ),
    breaks(
        "versions-named",
        "Helm chooses a chart's patch release",
        f"{tokens.RELEASE}::platform-keda",
        put("version", "2.20"),
    ),
    breaks(
        "extensions-named",
        "the operator chooses Citus",
        CITUS,
        remove("spec.postgres.extensions"),
    ),
    breaks(
        "extensions-named",
        "the catalogue chooses Citus",
        CITUS,
        remove("spec.postgres.extensions[0].version"),
    ),
    breaks(
        "machine-image-dated",
        "Karpenter takes an image by its tags",
        NODE_CLASS,
        put("spec.amiSelectorTerms", [{"tags": {"team": "platform"}}]),
    ),
    breaks(
        "machine-image-dated",
        "Karpenter's image is of no day",
        NODE_CLASS,
        put("spec.amiSelectorTerms[0].alias", "al2023"),
    ),
    breaks(
        "image-tags-whole",
        "a job runs psql of whatever release is newest",
        f"{tokens.CRON_JOB}::citus-distribution",
        put(BOOTSTRAP_IMAGE, "postgres:16-alpine"),
    ),
)
