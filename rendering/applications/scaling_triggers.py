"""KEDA's view of the job queues: what it reads, and how many workers that asks for.

The plan's literal list `analysis` is written by nobody; `rendering/queue/keys.py` has the keys that
clients write. KEDA's redis trigger takes the length of a list or of a sorted set alike.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Protocol

from rendering.queue.keys import JobState, backlog_keys
from scaleplan.layers import AutoscalingPlan, QueuePlan, ScalingPolicy
from scaleplan.sizes import QueueEngine, QueueSettings, WorkloadSettings

FALLBACK_AFTER_FAILURES = 4
"""Failed reads in a row before the fallback: one minute at the plan's 15 s polling.

KEDA 2.20 counts none of what it can't connect to (pkg/scaling/scale_handler.go: it reads through
scalers that it has to build first, and building one connects). Then no fallback comes, and
Kubernetes alone keeps the pods; tests/cluster/scaling shows both."""


class Watched(Protocol):
    """A number of jobs that KEDA reads. `per_pod` is how many of them one worker stands for."""

    @property
    def name(self) -> str:
        """The trigger's name, unique in the ScaledObject and a word of the formula."""
        ...

    @property
    def per_pod(self) -> int:
        """Jobs that one worker stands for."""
        ...

    def trigger(self, authentication: str) -> dict[str, Any]:
        """The trigger of the ScaledObject; `authentication` is the TriggerAuthentication's name."""
        ...


@dataclass(frozen=True, kw_only=True)
class WatchedKey:
    """The length of one Redis key."""

    name: str
    key: str
    per_pod: int

    def trigger(self, authentication: str) -> dict[str, Any]:
        """A redis trigger over TLS."""
        return {
            "type": "redis",
            "name": self.name,
            "metricType": "AverageValue",
            "metadata": {
                "listName": self.key,
                "listLength": str(self.per_pod),
                # ElastiCache's certificate chains to a public root: the system's roots verify it.
                "enableTLS": "true",
            },
            "authenticationRef": {"name": authentication},
        }


@dataclass(frozen=True, kw_only=True)
class WatchedQueue:
    """The jobs ready in one RabbitMQ queue, without those that a worker holds unacknowledged.

    Read over AMQP, which counts ready jobs only; KEDA refuses `excludeUnacknowledged` there,
    where it would change nothing. The management API would count both, but Amazon MQ asks to read
    single queues there once a minute at most ("RabbitMQ 4"), and the plan polls every 15 s.
    """

    name: str
    queue: str
    per_pod: int

    def trigger(self, authentication: str) -> dict[str, Any]:
        """A rabbitmq trigger; the address, which is amqps, comes with the authentication."""
        return {
            "type": "rabbitmq",
            "name": self.name,
            "metricType": "AverageValue",
            "metadata": {
                "protocol": "amqp",
                "queueName": self.queue,
                "mode": "QueueLength",
                "value": str(self.per_pod),
            },
            "authenticationRef": {"name": authentication},
        }


def watched_jobs(
    queue: QueuePlan, jobs: QueueSettings, waiting_per_pod: int, running_per_pod: int
) -> list[WatchedKey] | list[WatchedQueue]:
    """What the stack's engine and clients make of the plan's queues, in the order of the queues."""
    if jobs.engine is QueueEngine.RABBITMQ:
        return [
            WatchedQueue(
                name=f"{name}_ready".replace("-", "_"), queue=name, per_pod=waiting_per_pod
            )
            for name in queue.names
        ]
    per_pod = {JobState.WAITING: waiting_per_pod, JobState.RUNNING: running_per_pod}
    return [
        WatchedKey(name=key.trigger, key=key.key, per_pod=per_pod[key.state])
        for key in backlog_keys(queue.names, jobs)
    ]


def pods_wanted_formula(watched: Sequence[Watched]) -> str:
    """Worker pods that the queues ask for: the sum of all numbers of jobs / per_pod.

    Without a formula the autoscaler would take the largest trigger, and 50 waiting jobs would
    scale ten busy workers in to five. The outer `float()` is what KEDA would put there itself.
    """
    by_share: dict[int, list[str]] = {}
    for jobs in watched:
        by_share.setdefault(jobs.per_pod, []).append(jobs.name)
    terms = [f"({' + '.join(names)}) / {per_pod}" for per_pod, names in by_share.items()]
    return f"float({' + '.join(terms)})"


def worker_scaled_object(
    deployment: str,
    *,
    settings: WorkloadSettings,
    watched: Sequence[Watched],
    autoscaling: AutoscalingPlan,
    authentication: str,
) -> dict[str, Any]:
    """Spec of the workers' ScaledObject (keda.sh/v1alpha1), the one owner of their replicas.

    CPU is a trigger beside the queues, because a second autoscaler on one Deployment is refused.
    When the queue can't be read the workers stay as they are, unless CPU asks for more: that stops
    no job.
    """
    spec = scaled_object(deployment, settings, autoscaling)
    spec["advanced"]["scalingModifiers"] = {
        "formula": pods_wanted_formula(watched),
        "target": "1",
        "metricType": "AverageValue",
    }
    spec["triggers"] += [jobs.trigger(authentication) for jobs in watched]
    return spec


def scaled_object(
    deployment: str, settings: WorkloadSettings, autoscaling: AutoscalingPlan
) -> dict[str, Any]:
    """What the ScaledObjects of all workers share: bounds, behaviour, and CPU as a trigger."""
    keda, hpa = autoscaling.keda, autoscaling.worker_hpa
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
            }
        },
        "triggers": [cpu_trigger(hpa.cpu_utilization_percent)],
    }


AUTHENTICATION_PARAMETERS = {
    QueueEngine.REDIS: ("address", "username", "password"),
    QueueEngine.RABBITMQ: ("host", "username", "password"),
}
"""Parameters of KEDA's triggers that come from the Secret, under keys of the same names."""


def queue_authentication(secret_name: str, engine: QueueEngine) -> dict[str, Any]:
    """Spec of the TriggerAuthentication: address and login from the scaler's own Secret."""
    return {
        "secretTargetRef": [
            {"parameter": parameter, "name": secret_name, "key": parameter}
            for parameter in AUTHENTICATION_PARAMETERS[engine]
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


def cpu_trigger(percent: int) -> dict[str, Any]:
    """CPU of what the pods request, percent."""
    return {"type": "cpu", "metricType": "Utilization", "metadata": {"value": str(percent)}}
