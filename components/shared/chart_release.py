"""How a pinned Helm chart is installed here: whole or not at all, on the system nodes."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import pulumi
import pulumi_kubernetes as kubernetes
from pulumi import Output, ResourceOptions

from rendering.cluster.node_pools import POOL_LABEL
from rendering.network.controller_flows import NAME_LABEL
from rendering.shared.chart_images import with_images
from rendering.shared.chart_values import check_values
from rendering.shared.quantities import cpu, memory
from scaleplan.applications.pods import SYSTEM_POOL
from scaleplan.cluster.charts import Chart
from scaleplan.cluster.controllers import controller
from scaleplan.cluster.machines import ResourceTotals
from scaleplan.images.image import ImageSource

TIMEOUT_SECONDS = 600
"""Twice Helm's default: a first deployment also pulls every image."""

ON_SYSTEM_NODES = {POOL_LABEL: SYSTEM_POOL}
"""Controllers stay off the machines that they, or Karpenter, may take away."""


class HelmRelease(kubernetes.helm.v3.Release):
    """A Helm release; one that has rendered nothing yet may have empty `resourceNames`.

    One output is left untyped: the SDK stops the program, after everything has been created, when
    an object of a declared type arrives as an empty list. Nothing here reads it.
    """

    @property
    @pulumi.getter(name="resourceNames")
    def resource_names(self) -> Output[Any]:
        """Whatever the provider answered."""
        return pulumi.get(self, "resource_names")


def chart_release(
    parent: pulumi.Resource,
    name: str,
    chart: Chart,
    *,
    namespace: str,
    values: Mapping[str, Any],
    images: ImageSource,
    wait_for: Sequence[pulumi.Resource],
) -> kubernetes.helm.v3.Release:
    """Release of `chart` under the chart's own short name; a failed upgrade rolls itself back.

    Helm makes no CRDs where these have a release of their own, which `wait_for` then holds.
    Raises UnlistedChartValue for a key in `values` that the chart's list doesn't have, and
    UnreadChartImages where nobody has read the images of its version.
    """
    check_values(chart.short_name, chart.version, values)
    return _release(
        name,
        chart,
        namespace,
        with_images(values, chart.short_name, chart.version, images),
        ResourceOptions(parent=parent, depends_on=list(wait_for)),
        skip_crds=True if chart.leaves_definitions else None,
    )


def definitions_release(
    parent: pulumi.Resource,
    name: str,
    chart: Chart,
    *,
    namespace: str,
    protect: bool,
    wait_for: Sequence[pulumi.Resource],
) -> kubernetes.helm.v3.Release:
    """Release of a chart that is CRDs alone: its upgrade changes them, before their controller's.

    Those that stand, as Helm made them of the controller's chart, it takes over. They outlive it,
    so that no release that goes takes every object of their kinds with it.
    """
    values = chart.keeping_definitions
    check_values(chart.short_name, chart.version, values)
    return _release(
        name,
        chart,
        namespace,
        values,
        ResourceOptions(parent=parent, protect=protect, depends_on=list(wait_for)),
        take_ownership=True,
    )


def _release(
    name: str,
    chart: Chart,
    namespace: str,
    values: Mapping[str, Any],
    opts: ResourceOptions,
    *,
    skip_crds: bool | None = None,
    take_ownership: bool | None = None,
) -> kubernetes.helm.v3.Release:
    repository = None
    if chart.repository is not None:
        repository = kubernetes.helm.v3.RepositoryOptsArgs(repo=chart.repository)
    return HelmRelease(
        name,
        name=chart.short_name,
        chart=chart.name,
        version=chart.version,
        repository_opts=repository,
        namespace=namespace,
        create_namespace=True,
        atomic=True,
        timeout=TIMEOUT_SECONDS,
        skip_crds=skip_crds,
        take_ownership=take_ownership,
        values=values,
        opts=opts,
    )


def disruption_budget(replicas: int, *, unready_may_go: bool = True) -> dict[str, int | str]:
    """One replica may go at a time; no budget at all for a single one.

    `unready_may_go`: whether the chart takes the key by which a replica that isn't ready may leave
    though no other is: else two that never get ready keep their machines for ever.
    """
    if replicas == 1:
        return {}
    always: dict[str, int | str] = {"unhealthyPodEvictionPolicy": "AlwaysAllow"}
    return {"maxUnavailable": 1, **(always if unready_may_go else {})}


def apart(name: str) -> list[dict[str, Any]]:
    """Constraints for pods of that `app.kubernetes.io/name`: never two on a machine, and better not
    in a zone. A rollout's old pods don't count, or the new ones might find no machine.
    """
    return [
        {
            "maxSkew": 1,
            "topologyKey": key,
            "whenUnsatisfiable": unsatisfiable,
            "labelSelector": {"matchLabels": {NAME_LABEL: name}},
            "matchLabelKeys": ["pod-template-hash"],
        }
        for key, unsatisfiable in (
            # Where there is but one zone left, or one machine to spare in it, all may stand there.
            ("topology.kubernetes.io/zone", "ScheduleAnyway"),
            ("kubernetes.io/hostname", "DoNotSchedule"),
        )
    ]


def resources_of(name: str) -> dict[str, dict[str, str]]:
    """Requests and limits of that controller's pod, as a chart takes them.

    Raises KeyError when `scaleplan.cluster.controllers` has no such row, ValueError when it has no
    limits.
    """
    row = controller(name)
    if row.limits is None:
        message = f"{name} belongs to an add-on, which has limits of its own"
        raise ValueError(message)
    return {"requests": _amounts(row.requests), "limits": _amounts(row.limits)}


def _amounts(amounts: ResourceTotals) -> dict[str, str]:
    return {"cpu": cpu(amounts.cpu_millicores), "memory": memory(amounts.memory_mib)}
