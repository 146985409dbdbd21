"""Every Helm chart of the table of versions, and which stack installs it."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from scaleplan.cluster.controllers import CONTROLLERS
from scaleplan.settings import Settings
from scaleplan.versions.table import ChartDefinitions, DefinitionsBy, load_versions

KEPT = {"helm.sh/resource-policy": "keep"}
"""The annotation by which Helm deletes an object with no release: neither when one is uninstalled,
nor when an atomic installation fails, which would take every object of a CRD's kind with it."""

_AT_LEAST = re.compile(r">=\s*v?(\d+\.\d+)\.0-0")
_BETWEEN = re.compile(r"v?(\d+\.\d+)\.0-0 - v?(\d+\.\d+)\.x-\w+")


@dataclass(frozen=True, kw_only=True)
class Chart:
    """A Helm chart at one version; `repository` is None when the name is an `oci://` address.

    `kube_version` is what its Chart.yaml declares, word for word: Helm installs and upgrades the
    chart on no other Kubernetes version. None where it declares nothing. `definitions` are its
    CRDs, None where it has none.
    Raises ValueError where that is a constraint of a form that nobody has read yet.
    """

    name: str
    repository: str | None
    version: str
    kube_version: str | None = None
    definitions: ChartDefinitions | None = None

    def __post_init__(self) -> None:
        _bounds(self)

    @property
    def short_name(self) -> str:
        """The name without an address: that of the release and of the list of its values' keys."""
        return self.name.rsplit("/", maxsplit=1)[-1]

    @property
    def leaves_definitions(self) -> bool:
        """Whether its CRDs have a chart of their own, so that Helm is to make none of its own."""
        return self.definitions is not None and self.definitions.by is DefinitionsBy.OWN_CHART

    @property
    def keeping_definitions(self) -> Mapping[str, Any]:
        """Values by which its CRDs outlive their release.

        Raises ValueError where no value annotates them.
        """
        key = self.definitions.annotations if self.definitions is not None else ""
        if not key:
            message = f"{self}: no value of it annotates its CRDs"
            raise ValueError(message)
        values: Mapping[str, Any] = KEPT
        for part in reversed(key.split(".")):
            values = {part: values}
        return values

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


def _pinned(name: str) -> Chart:
    pin = load_versions().pin(name)
    return Chart(
        name=pin.address,
        repository=pin.repository,
        version=pin.pinned,
        kube_version=pin.kube_version,
        definitions=pin.definitions,
    )


KEDA = _pinned("keda")
LOAD_BALANCER_CONTROLLER = _pinned("aws-load-balancer-controller")
METRICS_SERVER = _pinned("metrics-server")
EXTERNAL_DNS = _pinned("external-dns")
KARPENTER = _pinned("karpenter")
KARPENTER_DEFINITIONS = _pinned("karpenter-crd")
STACKGRES_OPERATOR = _pinned("stackgres-operator")
KUBE_PROMETHEUS_STACK = _pinned("kube-prometheus-stack")
PROMETHEUS_DEFINITIONS = _pinned("prometheus-operator-crds")
PROMETHEUS_ADAPTER = _pinned("prometheus-adapter")
TEMPORAL = _pinned("temporal")

CHARTS = (
    KEDA,
    LOAD_BALANCER_CONTROLLER,
    METRICS_SERVER,
    EXTERNAL_DNS,
    KARPENTER,
    KARPENTER_DEFINITIONS,
    STACKGRES_OPERATOR,
    KUBE_PROMETHEUS_STACK,
    PROMETHEUS_DEFINITIONS,
    PROMETHEUS_ADAPTER,
    TEMPORAL,
)
"""All that some stack installs."""


def installed_charts(settings: Settings) -> tuple[Chart, ...]:
    """The charts that a stack installs: those of its controllers, of their CRDs, and Temporal's."""
    releases = {row.release for row in CONTROLLERS if row.replicas_of(settings)}
    if settings.workflows.enabled:
        releases.add(TEMPORAL.short_name)
    releases |= {
        chart.definitions.chart
        for chart in CHARTS
        if chart.short_name in releases and chart.definitions is not None
    }
    return tuple(chart for chart in CHARTS if chart.short_name in releases)
