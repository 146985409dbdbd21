"""The machines that Karpenter may buy for the applications at their autoscalers' maxima."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from scaleplan.sizes import SizeProfile, WorkloadSettings

ROLLOUT_SURGE_PODS = 1
"""Pods beyond the maximum while a Deployment rolls out (`maxSurge: 1` on every workload)."""

MACHINE_VCPUS = (4, 8, 16)
"""Machines that the node pools may buy: below 4 vCPUs the daemonsets eat too much of one, above 16
a lost one takes too many pods with it."""

USABLE_PERCENT = 90
"""Of a machine's CPU, what kubelet and daemonsets leave. Our assumption, on the careful side: EKS
reserves 80 to 110 millicores of 4 to 16 vCPUs, the daemonsets ask for about 200."""

MEMORY_MIB_PER_VCPU = 8192
"""Of the family with the most, `r`: so memory never limits a pool before its CPU does."""


@dataclass(frozen=True, kw_only=True)
class ResourceTotals:
    """CPU and memory of whole machines, which is what a node pool's limits count."""

    cpu_millicores: int
    memory_mib: int


@dataclass(frozen=True, kw_only=True)
class PoolLimits:
    """Upper bounds of the two Karpenter pools: what they may buy, whatever asks for pods."""

    applications: ResourceTotals
    workers: ResourceTotals


def vcpus_at_maximum(workload: WorkloadSettings) -> int:
    """vCPUs of the smallest machines that hold the workload at its maximum during a rollout.

    The smallest, because Karpenter buys for the pods that wait at the moment, often for one alone.
    The largest pod that a stack may ask for, 14 CPU, fits on the largest machine.
    """
    pods = workload.max_replicas + ROLLOUT_SURGE_PODS
    held_by = {
        vcpus: vcpus * 10 * USABLE_PERCENT // workload.cpu_millicores for vcpus in MACHINE_VCPUS
    }
    vcpus, held = next((vcpus, held) for vcpus, held in held_by.items() if held)
    return -(-pods // held) * vcpus


def pool_limits(size: SizeProfile) -> PoolLimits:
    """Karpenter's limits: each pool's pods at their maxima, and one large machine to move them."""
    return PoolLimits(
        applications=_limit((size.orchestrator, size.collaboration, size.web)),
        workers=_limit((size.worker,)),
    )


def _limit(workloads: Iterable[WorkloadSettings]) -> ResourceTotals:
    vcpus = sum(vcpus_at_maximum(workload) for workload in workloads) + MACHINE_VCPUS[-1]
    return ResourceTotals(cpu_millicores=vcpus * 1000, memory_mib=vcpus * MEMORY_MIB_PER_VCPU)
