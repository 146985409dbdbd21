"""What the applications ask of the nodes at their autoscalers' maxima."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from scaleplan.sizes import SizeProfile, WorkloadSettings

ROLLOUT_SURGE_PODS = 1
"""Pods beyond the maximum while a Deployment rolls out (`maxSurge: 1` on every workload)."""

NODE_OVERHEAD_PERCENT = 25
"""Room for daemonsets, the kubelet's reserve and packing loss on Karpenter's nodes. Our assumption:
on an 8-CPU node the reserve and the daemonsets take about 10 %, and bin packing leaves the rest."""


@dataclass(frozen=True, kw_only=True)
class ResourceTotals:
    """CPU and memory summed over pods."""

    cpu_millicores: int
    memory_mib: int

    def __add__(self, other: ResourceTotals) -> ResourceTotals:
        return ResourceTotals(
            cpu_millicores=self.cpu_millicores + other.cpu_millicores,
            memory_mib=self.memory_mib + other.memory_mib,
        )

    def with_overhead(self, percent: int) -> ResourceTotals:
        """The totals raised by `percent`, rounded up."""
        return ResourceTotals(
            cpu_millicores=-(-self.cpu_millicores * (100 + percent) // 100),
            memory_mib=-(-self.memory_mib * (100 + percent) // 100),
        )


@dataclass(frozen=True, kw_only=True)
class PoolLimits:
    """Upper bounds of the two Karpenter pools: what they may buy, whatever asks for pods."""

    applications: ResourceTotals
    workers: ResourceTotals


def at_maximum(workloads: Iterable[WorkloadSettings]) -> ResourceTotals:
    """Requests of these workloads at their maximum replicas during a rollout."""
    total = ResourceTotals(cpu_millicores=0, memory_mib=0)
    for workload in workloads:
        pods = workload.max_replicas + ROLLOUT_SURGE_PODS
        total += ResourceTotals(
            cpu_millicores=pods * workload.cpu_millicores, memory_mib=pods * workload.memory_mib
        )
    return total


def pool_limits(size: SizeProfile) -> PoolLimits:
    """Karpenter's limits: each pool's pods at their maxima, with room for what nodes keep."""
    applications = at_maximum((size.orchestrator, size.collaboration, size.web))
    workers = at_maximum((size.worker,))
    return PoolLimits(
        applications=applications.with_overhead(NODE_OVERHEAD_PERCENT),
        workers=workers.with_overhead(NODE_OVERHEAD_PERCENT),
    )
