"""The HorizontalPodAutoscaler of an application."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import pulumi_kubernetes as k8s
from pulumi import Input, ResourceOptions

from scaleplan.layers import ScalingPolicy
from scaleplan.sizes import WorkloadSettings


def scales(settings: WorkloadSettings) -> bool:
    """Whether the replica range leaves an autoscaler anything to decide."""
    return settings.max_replicas > settings.min_replicas


def horizontal_pod_autoscaler(
    name: str,
    application: str,
    *,
    namespace: Input[str],
    settings: WorkloadSettings,
    utilization_percents: Mapping[str, int],
    up: ScalingPolicy,
    down: ScalingPolicy,
    opts: ResourceOptions,
    more: Sequence[k8s.autoscaling.v2.MetricSpecArgs] = (),
) -> k8s.autoscaling.v2.HorizontalPodAutoscaler:
    """Keep the application's Deployment at these utilizations of what its pods request.

    `utilization_percents` maps a resource (`cpu`, `memory`) to its target; of these and of the
    `more` metrics, the one that asks for the most pods wins.
    """
    return k8s.autoscaling.v2.HorizontalPodAutoscaler(
        name,
        metadata=k8s.meta.v1.ObjectMetaArgs(name=application, namespace=namespace),
        spec=k8s.autoscaling.v2.HorizontalPodAutoscalerSpecArgs(
            scale_target_ref=k8s.autoscaling.v2.CrossVersionObjectReferenceArgs(
                api_version="apps/v1", kind="Deployment", name=application
            ),
            min_replicas=settings.min_replicas,
            max_replicas=settings.max_replicas,
            metrics=[
                *more,
                *(
                    _utilization(resource, percent)
                    for resource, percent in sorted(utilization_percents.items())
                ),
            ],
            behavior=k8s.autoscaling.v2.HorizontalPodAutoscalerBehaviorArgs(
                scale_up=_direction(up), scale_down=_direction(down)
            ),
        ),
        opts=opts,
    )


def pods_metric(metric: str, average: int) -> k8s.autoscaling.v2.MetricSpecArgs:
    """A custom metric of the application's own pods, to be kept at this average of them."""
    return k8s.autoscaling.v2.MetricSpecArgs(
        type="Pods",
        pods=k8s.autoscaling.v2.PodsMetricSourceArgs(
            metric=k8s.autoscaling.v2.MetricIdentifierArgs(name=metric),
            target=k8s.autoscaling.v2.MetricTargetArgs(
                type="AverageValue", average_value=str(average)
            ),
        ),
    )


def backlog_metric(
    metric: str, queues: Sequence[str], per_replica: int
) -> k8s.autoscaling.v2.MetricSpecArgs:
    """The jobs of all these queues, `per_replica` of them for each pod.

    One selector for all: the autoscaler adds up what a selector finds, but takes the largest of
    several metrics.
    """
    return k8s.autoscaling.v2.MetricSpecArgs(
        type="External",
        external=k8s.autoscaling.v2.ExternalMetricSourceArgs(
            metric=k8s.autoscaling.v2.MetricIdentifierArgs(
                name=metric,
                selector=k8s.meta.v1.LabelSelectorArgs(
                    match_expressions=[
                        k8s.meta.v1.LabelSelectorRequirementArgs(
                            key="queue", operator="In", values=list(queues)
                        )
                    ]
                ),
            ),
            target=k8s.autoscaling.v2.MetricTargetArgs(
                type="AverageValue", average_value=str(per_replica)
            ),
        ),
    )


def _utilization(resource: str, percent: int) -> k8s.autoscaling.v2.MetricSpecArgs:
    return k8s.autoscaling.v2.MetricSpecArgs(
        type="Resource",
        resource=k8s.autoscaling.v2.ResourceMetricSourceArgs(
            name=resource,
            target=k8s.autoscaling.v2.MetricTargetArgs(
                type="Utilization", average_utilization=percent
            ),
        ),
    )


def _direction(policy: ScalingPolicy) -> k8s.autoscaling.v2.HPAScalingRulesArgs:
    return k8s.autoscaling.v2.HPAScalingRulesArgs(
        stabilization_window_seconds=policy.stabilization_window_seconds,
        policies=[
            k8s.autoscaling.v2.HPAScalingPolicyArgs(
                type="Pods", value=policy.pods, period_seconds=policy.period_seconds
            )
        ],
    )
