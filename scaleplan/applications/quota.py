"""The upper bounds of the applications' namespace, from its pods at their maxima."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from scaleplan.applications.pod_resources import UNNAMED
from scaleplan.applications.pods import ROLLOUT_SURGE_PODS
from scaleplan.layers import PodResources

HAND_MADE_PODS = 4
"""Room for pods that people make: a shell beside a fault, a Job started by hand."""


@dataclass(frozen=True, kw_only=True)
class QuotaPods:
    """So many pods at once at most, each with these containers."""

    pods: int
    containers: tuple[PodResources, ...]


@dataclass(frozen=True, kw_only=True)
class NamespaceQuota:
    """What all pods together may ask for, and what one container may take at most."""

    pods: int
    total: PodResources
    largest: PodResources


def pods_in_rollout(replicas: int) -> int:
    """Most pods of a Deployment at once: new ones with the surge, and every old one still draining.

    A stopping pod counts against a quota until its grace has passed (kubernetes/kubernetes,
    pkg/quota/v1/evaluator/core/pods.go), and a worker's lasts as long as its longest job: a
    rollout may have replaced all of them before the first is gone.
    """
    return 2 * replicas + ROLLOUT_SURGE_PODS


def namespace_quota(loads: Sequence[QuotaPods]) -> NamespaceQuota:
    """The sums of all loads and of a few pods made by hand."""
    all_loads = [*loads, QuotaPods(pods=HAND_MADE_PODS, containers=(UNNAMED,))]

    def total(field: str) -> int:
        return sum(
            load.pods * getattr(container, field)
            for load in all_loads
            for container in load.containers
        )

    def largest(field: str) -> int:
        return max(getattr(container, field) for load in all_loads for container in load.containers)

    fields = PodResources.model_fields
    return NamespaceQuota(
        pods=sum(load.pods for load in all_loads),
        total=PodResources(**{field: total(field) for field in fields}),
        largest=PodResources(**{field: largest(field) for field in fields}),
    )
