"""Every pinned version of images, cluster add-ons and the node image.

The charts' stand in scaleplan/cluster/charts.py.

Raise one at a time. Each entry says where the number was seen; nothing follows "latest".
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from types import MappingProxyType

# The newest versions that Go's registry serves (November 2026): the tests run these very ones on
# real servers (.ci/exporters, docs/observability.md). Charts of the same repository run 1.89.0 and
# 0.20.1, whose changelog moves the activity and settings metrics to other collectors: raise each
# together with .ci/exporters.
REDIS_EXPORTER_IMAGE = "oliver006/redis_exporter:v1.88.0"
POSTGRES_EXPORTER_IMAGE = "quay.io/prometheuscommunity/postgres-exporter:v0.19.1"

# What the chart prometheus-yet-another-cloudwatch-exporter runs at its newest version, 0.47.0.
CLOUDWATCH_EXPORTER_IMAGE = "quay.io/prometheuscommunity/yet-another-cloudwatch-exporter:v0.67.0"

# Not below 1.26.1 (2026-10-14, PgBouncer NEWS): up to 1.26.0 whoever knows one user's password can
# log in as any other (CVE-2026-107350), here the exporter's user as the application, and up to
# 1.25.2 anyone can crash it from afar (CVE-2026-19888). Before 1.25.0 verify-full compared the
# certificate with a whole list of hosts, so that the name for reads reached no replica
# (pgbouncer/pgbouncer#1303; seen with 1.24.1). The tag has the shape of edoburu/docker-pgbouncer's;
# v1.26.0-p0 is the newest that public repositories pin, so look for this one before a deployment:
# a missing image stops a rollout, a vulnerable one stops nobody.
PGBOUNCER_IMAGE = "edoburu/pgbouncer:v1.26.1-p0"

# Reads PgBouncer's SHOW commands (prometheus-community/pgbouncer_exporter, tag v0.12.1).
PGBOUNCER_EXPORTER_IMAGE = "prometheuscommunity/pgbouncer-exporter:v0.12.1"

# Only its psql is used, of the database's own major version: `\getenv` came with 15. Several
# public repositories pinned this tag in 2026; compare with the registry before a first deployment.
POSTGRES_CLIENT_IMAGE = "postgres:16.14-alpine3.24"

NODE_IMAGE_ALIAS = "al2023@v20260903"
"""Amazon Linux 2023 for Karpenter's nodes (awslabs/amazon-eks-ami release of 2026-09-03, as two
public repositories pin it). Karpenter's reference advises against `@latest`: every new image would
replace all nodes at a time nobody chose."""


@dataclass(frozen=True, kw_only=True)
class AddonVersions:
    """The EKS add-ons of one minor version of the cluster: raising the one raises the others."""

    coredns: str
    kube_proxy: str
    vpc_cni: str = "v1.22.4-eksbuild.3"
    pod_identity_agent: str = "v1.3.10-eksbuild.3"
    ebs_csi_driver: str = "v1.66.0-eksbuild.1"


ADDONS_BY_KUBERNETES: Mapping[str, AddonVersions] = MappingProxyType(
    {
        "1.33": AddonVersions(coredns="v1.12.4-eksbuild.29", kube_proxy="v1.33.10-eksbuild.21"),
        "1.34": AddonVersions(coredns="v1.12.4-eksbuild.29", kube_proxy="v1.34.6-eksbuild.21"),
        "1.35": AddonVersions(coredns="v1.13.2-eksbuild.21", kube_proxy="v1.35.3-eksbuild.21"),
        "1.36": AddonVersions(coredns="v1.14.3-eksbuild.14", kube_proxy="v1.36.0-eksbuild.17"),
    }
)
"""Defaults that `aws eks describe-addon-versions` gave in 2026, as public repositories recorded
them (the 1.35 pair by two of them independently; the three that are equal for all, on running
1.35 and 1.36 clusters by several). Trust: good that they exist; AWS may withdraw an old build, so
compare with `aws eks describe-addon-versions` before a first deployment."""
