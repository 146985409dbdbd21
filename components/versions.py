"""Every pinned version: charts, images, cluster add-ons and the node image.

Raise one at a time. Each entry says where the number was seen; nothing follows "latest".
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from types import MappingProxyType


@dataclass(frozen=True, kw_only=True)
class Chart:
    """A Helm chart at one version; `repository` is None when the name is an `oci://` address."""

    name: str
    repository: str | None
    version: str

    @property
    def short_name(self) -> str:
        """The name without an address: that of the release and of the list of its values' keys."""
        return self.name.rsplit("/", maxsplit=1)[-1]


# Newest release with tested Kubernetes versions 1.33 to 1.35 (kedacore/charts, tag v2.20.2).
KEDA = Chart(name="keda", repository="https://kedacore.github.io/charts", version="2.20.2")

# kubernetes-sigs/aws-load-balancer-controller, tag v3.5.0, helm/…/Chart.yaml.
LOAD_BALANCER_CONTROLLER = Chart(
    name="aws-load-balancer-controller",
    repository="https://aws.github.io/eks-charts",
    version="3.5.0",
)

# Application 0.8.1 (kubernetes-sigs/metrics-server, charts/metrics-server/Chart.yaml).
METRICS_SERVER = Chart(
    name="metrics-server",
    repository="https://kubernetes-sigs.github.io/metrics-server/",
    version="3.13.1",
)

# Application 0.21.0 (kubernetes-sigs/external-dns, tag external-dns-helm-chart-1.21.1).
EXTERNAL_DNS = Chart(
    name="external-dns",
    repository="https://kubernetes-sigs.github.io/external-dns/",
    version="1.21.1",
)

# aws/karpenter-provider-aws, tag v1.14.1, charts/karpenter/Chart.yaml.
KARPENTER = Chart(
    name="oci://public.ecr.aws/karpenter/karpenter", repository=None, version="1.14.1"
)

# Newest release, Kubernetes 1.18 to 1.35 (ongres/stackgres, tag 1.18.6, helm/…/Chart.yaml).
STACKGRES_OPERATOR = Chart(
    name="stackgres-operator",
    repository="https://stackgres.io/downloads/stackgres-k8s/stackgres/helm/",
    version="1.18.6",
)

# Prometheus operator 0.93.1, Prometheus 3.14, Alertmanager 0.34, Grafana 13.2
# (prometheus-community/helm-charts, charts/kube-prometheus-stack).
KUBE_PROMETHEUS_STACK = Chart(
    name="kube-prometheus-stack",
    repository="https://prometheus-community.github.io/helm-charts",
    version="88.5.3",
)

# Application 0.12.0 (same repository, charts/prometheus-adapter).
PROMETHEUS_ADAPTER = Chart(
    name="prometheus-adapter",
    repository="https://prometheus-community.github.io/helm-charts",
    version="5.3.0",
)

# Server 1.31.2 (temporalio/helm-charts, tag temporal-1.6.0, charts/temporal/Chart.yaml).
TEMPORAL = Chart(name="temporal", repository="https://go.temporal.io/helm-charts", version="1.6.0")

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
