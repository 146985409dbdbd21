"""Every pinned Helm chart, the Kubernetes versions that it declares, and which stack installs it.

Raise one at a time. Each entry says where the number was seen; nothing follows "latest".
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass

from scaleplan.cluster.controllers import CONTROLLERS
from scaleplan.config.mistakes import Mistake, nearest, shown
from scaleplan.settings import Settings

_AT_LEAST = re.compile(r">=\s*v?(\d+\.\d+)\.0-0")
_BETWEEN = re.compile(r"v?(\d+\.\d+)\.0-0 - v?(\d+\.\d+)\.x-\w+")


@dataclass(frozen=True, kw_only=True)
class Chart:
    """A Helm chart at one version; `repository` is None when the name is an `oci://` address.

    `kube_version` is what its Chart.yaml declares, word for word: Helm installs and upgrades the
    chart on no other Kubernetes version. None where it declares nothing.
    Raises ValueError where that is a constraint of a form that nobody has read yet.
    """

    name: str
    repository: str | None
    version: str
    kube_version: str | None = None

    def __post_init__(self) -> None:
        _bounds(self)

    @property
    def short_name(self) -> str:
        """The name without an address: that of the release and of the list of its values' keys."""
        return self.name.rsplit("/", maxsplit=1)[-1]

    def admits(self, kubernetes_version: str) -> bool:
        """Whether Helm takes the chart on that minor version of EKS, as 1.35."""
        first, last = _bounds(self)
        minor = _ordered(kubernetes_version)
        return (first is None or _ordered(first) <= minor) and (
            last is None or minor <= _ordered(last)
        )

    def __str__(self) -> str:
        named = f"chart {self.short_name} {self.version}"
        return named if self.kube_version is None else f"{named} (kubeVersion {self.kube_version})"


def _bounds(chart: Chart) -> tuple[str | None, str | None]:
    """First and last minor version that the chart declares; None where it names no bound.

    Both forms admit EKS' versions, as v1.35.3-eks-0a1b2c3: the suffix after the patch level makes
    a constraint speak of pre-releases (Masterminds/semver 3.4, by which Helm reads it).
    """
    declared = chart.kube_version
    if declared is None:
        return None, None
    if bounds := _AT_LEAST.fullmatch(declared):
        return bounds[1], None
    if bounds := _BETWEEN.fullmatch(declared):
        return bounds[1], bounds[2]
    message = f"chart {chart.short_name} {chart.version}: kubeVersion {declared!r} has a new form"
    raise ValueError(message)


def _ordered(minor: str) -> tuple[int, ...]:
    return tuple(int(part) for part in minor.split("."))


# Newest release with tested Kubernetes versions 1.33 to 1.35 (kedacore/charts, tag v2.20.2).
KEDA = Chart(
    name="keda",
    repository="https://kedacore.github.io/charts",
    version="2.20.2",
    kube_version=">=v1.23.0-0",
)

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

# aws/karpenter-provider-aws, charts/karpenter/Chart.yaml. Declares nothing to Helm; the program
# itself is for Kubernetes 1.26 to 1.36 (tag v1.14.1, pkg/providers/version/version.go).
KARPENTER = Chart(
    name="oci://public.ecr.aws/karpenter/karpenter", repository=None, version="1.14.1"
)

# Newest release (ongres/stackgres, tag 1.18.6, stackgres-k8s/install/helm/…/Chart.yaml; the last
# letter is an O there, which Helm reads as it would a zero).
STACKGRES_OPERATOR = Chart(
    name="stackgres-operator",
    repository="https://stackgres.io/downloads/stackgres-k8s/stackgres/helm/",
    version="1.18.6",
    kube_version="1.18.0-0 - 1.35.x-O",
)

# Prometheus operator 0.93.1, Prometheus 3.14, Alertmanager 0.34, Grafana 13.2
# (prometheus-community/helm-charts, charts/kube-prometheus-stack).
KUBE_PROMETHEUS_STACK = Chart(
    name="kube-prometheus-stack",
    repository="https://prometheus-community.github.io/helm-charts",
    version="88.5.3",
    kube_version=">=1.25.0-0",
)

# Application 0.12.0 (same repository, charts/prometheus-adapter).
PROMETHEUS_ADAPTER = Chart(
    name="prometheus-adapter",
    repository="https://prometheus-community.github.io/helm-charts",
    version="5.3.0",
)

# Server 1.31.2 (temporalio/helm-charts, tag temporal-1.6.0, charts/temporal/Chart.yaml).
TEMPORAL = Chart(name="temporal", repository="https://go.temporal.io/helm-charts", version="1.6.0")

CHARTS = (
    KEDA,
    LOAD_BALANCER_CONTROLLER,
    METRICS_SERVER,
    EXTERNAL_DNS,
    KARPENTER,
    STACKGRES_OPERATOR,
    KUBE_PROMETHEUS_STACK,
    PROMETHEUS_ADAPTER,
    TEMPORAL,
)
"""All that some stack installs."""


def installed_charts(settings: Settings) -> tuple[Chart, ...]:
    """The charts that a stack installs: those of its controllers, and Temporal's."""
    releases = {row.release for row in CONTROLLERS if row.replicas_of(settings)}
    if settings.workflows.enabled:
        releases.add(TEMPORAL.short_name)
    return tuple(chart for chart in CHARTS if chart.short_name in releases)


def holding_back(settings: Settings, kubernetes_version: str) -> tuple[Chart, ...]:
    """The stack's charts that Helm would not take on that Kubernetes version."""
    charts = installed_charts(settings)
    return tuple(chart for chart in charts if not chart.admits(kubernetes_version))


def version_mistakes(settings: Settings, versions: Iterable[str], prefix: str) -> list[Mistake]:
    """The mistake of a Kubernetes version that a chart of the stack is not for; of all `versions`
    it names those that would do."""
    held_by = holding_back(settings, settings.kubernetes_version)
    if not held_by:
        return []
    fitting = [version for version in versions if not holding_back(settings, version)]
    because = "; ".join(map(str, held_by))
    return [
        Mistake(
            key=f"{prefix}:kubernetesVersion",
            value=shown(settings.kubernetes_version),
            allowed=f"{', '.join(fitting) or 'none'}, because the stack installs {because}",
            nearest=nearest(settings.kubernetes_version, fitting),
        )
    ]
