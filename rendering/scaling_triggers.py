"""KEDA's view of the job queues: which keys it reads, and how many workers they ask for.

BullMQ keeps a queue's jobs in three places (bullmq `queue-keys.ts`, prefix `bull`): the list
`wait`, the sorted set `prioritized` for jobs with a priority, which the plan gives to all, and the
list `active` for jobs that a worker holds. The plan's literal list `analysis` is written by nobody.
KEDA's redis trigger takes the length of a list or of a sorted set alike.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from scaleplan.layers import AutoscalingPlan, QueuePlan, ScalingPolicy
from scaleplan.sizes import WorkloadSettings

FALLBACK_AFTER_FAILURES = 4
"""Failed reads in a row before the fallback: one minute at the plan's 15 s polling."""

_BULLMQ_PREFIX = "bull"


@dataclass(frozen=True, kw_only=True)
class WatchedKey:
    """One Redis key of a queue. `per_pod` is how many of its entries one worker pod stands for."""

    name: str
    key: str
    per_pod: int


def watched_keys(
    queues: Sequence[str], waiting_per_pod: int, active_per_pod: int
) -> list[WatchedKey]:
    """The keys that BullMQ writes for each queue, in the order of the queues."""
    parts = {"wait": waiting_per_pod, "prioritized": waiting_per_pod, "active": active_per_pod}
    return [
        WatchedKey(name=f"{queue}_{part}", key=f"{_BULLMQ_PREFIX}:{queue}:{part}", per_pod=per_pod)
        for queue in queues
        for part, per_pod in parts.items()
    ]


def pods_wanted_formula(keys: Sequence[WatchedKey]) -> str:
    """Worker pods that the queues ask for: the sum over all keys of length / per_pod.

    Without a formula the autoscaler would take the largest trigger, and 50 waiting jobs would
    scale ten busy workers in to five. The outer `float()` is what KEDA would put there itself.
    """
    by_share: dict[int, list[str]] = {}
    for key in keys:
        by_share.setdefault(key.per_pod, []).append(key.name)
    terms = [f"({' + '.join(names)}) / {per_pod}" for per_pod, names in by_share.items()]
    return f"float({' + '.join(terms)})"


def worker_scaled_object(
    deployment: str,
    *,
    settings: WorkloadSettings,
    queue: QueuePlan,
    autoscaling: AutoscalingPlan,
    jobs_per_pod: int,
    authentication: str,
) -> dict[str, Any]:
    """Spec of the workers' ScaledObject (keda.sh/v1alpha1), the one owner of their replicas.

    CPU is a trigger beside the queues, because a second autoscaler on one Deployment is refused.
    When the queue can't be read the workers stay as they are: that stops no job.
    """
    keda, hpa = autoscaling.keda, autoscaling.worker_hpa
    keys = watched_keys(queue.names, keda.list_length, jobs_per_pod)
    return {
        "scaleTargetRef": {"apiVersion": "apps/v1", "kind": "Deployment", "name": deployment},
        "pollingInterval": keda.polling_interval_seconds,
        # Acts on a scale to zero only; above zero `behavior.scaleDown` is what slows scale-in.
        "cooldownPeriod": keda.cooldown_period_seconds,
        "minReplicaCount": settings.min_replicas,
        "maxReplicaCount": settings.max_replicas,
        "fallback": {
            "failureThreshold": FALLBACK_AFTER_FAILURES,
            "replicas": settings.min_replicas,
            "behavior": "currentReplicasIfHigher",
        },
        "advanced": {
            "horizontalPodAutoscalerConfig": {
                "behavior": scaling_behavior(hpa.scale_up, hpa.scale_down)
            },
            "scalingModifiers": {
                "formula": pods_wanted_formula(keys),
                "target": "1",
                "metricType": "AverageValue",
            },
        },
        "triggers": [
            _cpu_trigger(hpa.cpu_utilization_percent),
            *(_redis_trigger(key, authentication) for key in keys),
        ],
    }


def queue_authentication(secret_name: str) -> dict[str, Any]:
    """Spec of the TriggerAuthentication: address and login from the queue's Secret."""
    return {
        "secretTargetRef": [
            {"parameter": parameter, "name": secret_name, "key": parameter}
            for parameter in ("address", "username", "password")
        ]
    }


def scaling_behavior(up: ScalingPolicy, down: ScalingPolicy) -> dict[str, Any]:
    """The `behavior` of an autoscaling/v2 HorizontalPodAutoscaler."""
    return {"scaleUp": _direction(up), "scaleDown": _direction(down)}


def _direction(policy: ScalingPolicy) -> dict[str, Any]:
    return {
        "stabilizationWindowSeconds": policy.stabilization_window_seconds,
        "policies": [
            {"type": "Pods", "value": policy.pods, "periodSeconds": policy.period_seconds}
        ],
    }


def _cpu_trigger(percent: int) -> dict[str, Any]:
    return {"type": "cpu", "metricType": "Utilization", "metadata": {"value": str(percent)}}


def _redis_trigger(key: WatchedKey, authentication: str) -> dict[str, Any]:
    return {
        "type": "redis",
        "name": key.name,
        "metricType": "AverageValue",
        "metadata": {
            "listName": key.key,
            "listLength": str(key.per_pod),
            # ElastiCache's certificate chains to a public root, so the system's roots verify it.
            "enableTLS": "true",
        },
        "authenticationRef": {"name": authentication},
    }
