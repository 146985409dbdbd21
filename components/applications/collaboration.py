"""The collaboration server: WebSockets over several pods, scaled in slowly."""

from __future__ import annotations

from dataclasses import dataclass

from pulumi import ComponentResource, ResourceOptions

from components.applications.autoscaler import horizontal_pod_autoscaler, scales
from components.applications.pod_template import ApplicationPods, PodTemplate
from components.applications.workload import (
    TargetGroup,
    Workload,
    WorkloadArgs,
    target_group_binding,
)
from rendering.applications.pods import SERVING
from rendering.shared.endpoints import COLLABORATION
from scaleplan.layers import ScalingPolicy

MEMORY_UTILIZATION_PERCENT = 80
"""A socket costs memory before it costs CPU; the plan's memory warning ("Alerting Thresholds")."""

SCALE_IN = ScalingPolicy(stabilization_window_seconds=1800, pods=1, period_seconds=600)
"""Each pod that goes makes its users reconnect: one in ten minutes, after half an hour of calm.
Not in the plan, which asks for sticky sessions only."""


@dataclass(frozen=True, kw_only=True)
class CollaborationArgs:
    """The server's pods, and where the load balancer finds them."""

    pods: ApplicationPods
    target_group: TargetGroup


class Collaboration(ComponentResource):
    """Pods that hold the sockets of documents being edited together.

    That a user stays on one pod is the target group's cookie; a Service's own affinity would do
    nothing, because the load balancer sends to pods directly.
    """

    service_name: str

    def __init__(
        self, name: str, args: CollaborationArgs, opts: ResourceOptions | None = None
    ) -> None:
        settings = args.pods.settings
        summary = {
            "replicas": f"{settings.min_replicas}-{settings.max_replicas}",
            "autoscaled": scales(settings),
        }
        super().__init__("researchflow:apps:Collaboration", name, summary, opts)
        pods = Workload(
            f"{name}-workload",
            WorkloadArgs(
                pod=self._pod(args),
                autoscaled=scales(settings),
                after=(args.target_group.controller_ready,),
            ),
            ResourceOptions(parent=self),
        )
        target_group_binding(
            f"{name}-targets",
            COLLABORATION,
            namespace=args.pods.namespace,
            target_group=args.target_group,
            parent=self,
            pods=pods,
        )
        if scales(settings):
            plan = args.pods.autoscaling.worker_hpa
            horizontal_pod_autoscaler(
                f"{name}-autoscaler",
                COLLABORATION.application,
                namespace=args.pods.namespace,
                settings=settings,
                utilization_percents={
                    "cpu": plan.cpu_utilization_percent,
                    "memory": MEMORY_UTILIZATION_PERCENT,
                },
                up=plan.scale_up,
                down=SCALE_IN,
                opts=ResourceOptions(parent=self, depends_on=[pods.deployment]),
            )
        self.service_name = COLLABORATION.application
        self.register_outputs({"serviceName": self.service_name})

    def _pod(self, args: CollaborationArgs) -> PodTemplate:
        return PodTemplate(
            application=COLLABORATION.application,
            pods=args.pods,
            port=COLLABORATION.port,
            serves=True,
            measured=True,
            drain_seconds=COLLABORATION.drain_seconds,
            priority=SERVING,
        )
