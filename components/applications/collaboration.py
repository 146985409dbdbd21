"""The collaboration server: WebSockets over several pods, scaled in slowly."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import pulumi_kubernetes as k8s
from pulumi import ComponentResource, Input, Resource, ResourceOptions

from components.applications.autoscaler import horizontal_pod_autoscaler, scales
from components.applications.pod_template import PodTemplate
from components.applications.workload import Workload, WorkloadArgs, target_group_binding
from rendering.applications.priorities import SERVING
from rendering.shared.endpoints import COLLABORATION
from scaleplan.layers import AutoscalingPlan, ScalingPolicy
from scaleplan.sizes import WorkloadSettings

MEMORY_UTILIZATION_PERCENT = 80
"""A socket costs memory before it costs CPU; the plan's memory warning ("Alerting Thresholds")."""

SCALE_IN = ScalingPolicy(stabilization_window_seconds=1800, pods=1, period_seconds=600)
"""Each pod that goes makes its users reconnect: one in ten minutes, after half an hour of calm.
Not in the plan, which asks for sticky sessions only."""


@dataclass(frozen=True, kw_only=True)
class CollaborationArgs:
    """`environment` and `annotations` are what `Connections` gives.

    `load_balancer_controller_ready` must exist before pods can be registered in `target_group_arn`.
    """

    namespace: Input[str]
    image: Input[str]
    settings: WorkloadSettings
    autoscaling: AutoscalingPlan
    environment: Sequence[k8s.core.v1.EnvVarArgs]
    annotations: Mapping[str, Input[str]]
    ca_config_map: Input[str]
    target_group_arn: Input[str]
    load_balancer_controller_ready: Resource
    node_selector: Mapping[str, str] | None = None


class Collaboration(ComponentResource):
    """Holds the sockets of documents being edited together.

    That a user stays on one pod is the target group's cookie; a Service's own affinity would do
    nothing, because the load balancer sends to pods directly.
    """

    service_name: str

    def __init__(
        self, name: str, args: CollaborationArgs, opts: ResourceOptions | None = None
    ) -> None:
        settings = args.settings
        summary = {
            "replicas": f"{settings.min_replicas}-{settings.max_replicas}",
            "autoscaled": scales(settings),
        }
        super().__init__("researchflow:apps:Collaboration", name, summary, opts)
        pods = Workload(
            f"{name}-workload",
            WorkloadArgs(
                namespace=args.namespace,
                pod=self._pod(args),
                autoscaled=scales(settings),
                after=(args.load_balancer_controller_ready,),
            ),
            ResourceOptions(parent=self),
        )
        target_group_binding(
            f"{name}-targets",
            COLLABORATION,
            namespace=args.namespace,
            target_group_arn=args.target_group_arn,
            parent=self,
            after=[args.load_balancer_controller_ready, pods],
        )
        if scales(settings):
            plan = args.autoscaling.worker_hpa
            horizontal_pod_autoscaler(
                f"{name}-autoscaler",
                COLLABORATION.application,
                namespace=args.namespace,
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
            image=args.image,
            settings=args.settings,
            port=COLLABORATION.port,
            serves=True,
            measured=True,
            drain_seconds=COLLABORATION.drain_seconds,
            priority=SERVING,
            environment=args.environment,
            annotations=args.annotations,
            ca_config_map=args.ca_config_map,
            node_selector=args.node_selector,
        )
