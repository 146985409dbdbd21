"""A cluster without machines on which a stack is deployed: it makes what no kubelet, chart or
operator is there to make."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
from typing import Any

from rf.kubernetes.helm import RELEASE
from rf.shared.cluster.chart_pods import (
    SHARDED_CLUSTER,
    addon_workloads,
    citus_workloads,
    daemonsets,
    release_workloads,
)
from rf.shared.cluster.machines import bought_machines, managed_machines
from rf.shared.cluster.nodes import join
from rf.shared.cluster.objects import ClusterClient, Document, label
from rf.shared.cluster.snapshot import look
from rf.shared.servers.processes import wait_until
from scaleplan.applications.pods import ROLLOUT_SURGE_PODS
from scaleplan.cost.prices import load_prices
from scaleplan.settings import Settings


class UnreadyReleaseError(Exception):
    """A chart's pods were not all ready in the time that its release gives them."""


class PlayedCluster:
    """The machines of a stack, and what its charts, add-ons and operators run.

    Machines are those that the bill has for the autoscalers' minima while everything rolls out.
    """

    def __init__(self, cluster: ClusterClient) -> None:
        self.cluster = cluster
        self._settings: Settings | None = None

    def take(self, settings: Settings, addons: Iterable[Mapping[str, Any]]) -> None:
        """From now on a stack of these settings is deployed: its machines join, beside those that
        are there, with what EKS runs on them, its `addons` by their inputs."""
        self._settings = settings
        for each in daemonsets():
            self.cluster.apply(each)
        bought = bought_machines(
            settings,
            load_prices(),
            lambda each: each.min_replicas + ROLLOUT_SURGE_PODS,
            settings.availability_zones,
        )
        join(self.cluster, (*managed_machines(settings), *bought), settings)
        for addon in addons:
            for each in addon_workloads(addon, settings):
                self.cluster.apply(each)

    def make(self, resource_type: str, inputs: Mapping[str, Any]) -> tuple[Document, ...]:
        """Make what a release or an operator's object lets run, or change it; returns it.

        Raises RefusedError.
        """
        made = tuple(self._workloads(resource_type, inputs))
        for each in made:
            self.cluster.apply(each)
        return made

    def wait_for(
        self, workloads: Iterable[Document], seconds: float, wanted: Callable[[], bool]
    ) -> None:
        """Until all their pods are ready, or nobody wants it any more.

        Raises UnreadyReleaseError, which names what isn't ready and what the scheduler says of it.
        """
        waiting = list(workloads)

        def ready() -> bool:
            waiting[:] = [each for each in waiting if not self._is_ready(each)]
            return not waiting or not wanted()

        try:
            wait_until(ready, "ready", seconds, interval_seconds=0.2)
        except TimeoutError:
            raise UnreadyReleaseError(self._unready(waiting, seconds)) from None

    def remove(self, resource_type: str, inputs: Mapping[str, Any]) -> None:
        """Take away what the release or the object let run."""
        for each in self._workloads(resource_type, inputs):
            self.cluster.delete(each)

    def _workloads(self, resource_type: str, inputs: Mapping[str, Any]) -> Iterator[Document]:
        if self._settings is None:
            return
        if resource_type == RELEASE:
            yield from release_workloads(inputs, self._settings)
        elif resource_type == SHARDED_CLUSTER:
            yield from citus_workloads(inputs, self._settings)

    def _is_ready(self, workload: Document) -> bool:
        found = self.cluster.find(workload)
        if workload["kind"] not in ("Deployment", "StatefulSet"):
            return found is not None
        if found is None:
            return False
        status, wanted = found.get("status", {}), found["spec"]["replicas"]
        return (
            status.get("observedGeneration") == found["metadata"]["generation"]
            and status.get("updatedReplicas", 0) == wanted
            and status.get("availableReplicas", 0) == wanted
        )

    def _unready(self, workloads: Iterable[Document], seconds: float) -> str:
        pods = look(self.cluster)
        lines = [f"after {seconds:g} s not ready:"]
        for each in workloads:
            lines.append(label(each))
            app = each["spec"]["template"]["metadata"]["labels"]["app"]
            lines += [f"  {pod.name}: {pod.refusal}" for pod in pods.of(app) if not pod.ready]
        return "\n".join(lines)
