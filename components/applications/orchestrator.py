"""The orchestrator: the API behind the load balancer, scaled on CPU and on requests."""

from __future__ import annotations

from dataclasses import dataclass

from pulumi import ComponentResource, Resource, ResourceOptions

from components.applications.autoscaler import horizontal_pod_autoscaler, pods_metric, scales
from components.applications.pod_template import ApplicationPods, PodTemplate
from components.applications.workload import (
    TargetGroup,
    Workload,
    WorkloadArgs,
    target_group_binding,
)
from rendering.applications.pods import SERVING
from rendering.observability.metrics_adapter import REQUESTS_METRIC
from rendering.shared.endpoints import ORCHESTRATOR


@dataclass(frozen=True, kw_only=True)
class OrchestratorArgs:
    """The API's pods, where the load balancer finds them, and what scales them."""

    pods: ApplicationPods
    target_group: TargetGroup

    role: Resource
    """Lets the pods reach the artifacts. They get it at admission, so they wait for it."""

    requests_per_pod: int
    """The rate, in requests a second, at which a pod calls for another."""

    metrics_ready: Resource
    """What serves that rate to the autoscaler."""


class Orchestrator(ComponentResource):
    """Pods that answer /api, read and write artifacts, and put jobs into the queue."""

    service_name: str

    def __init__(
        self, name: str, args: OrchestratorArgs, opts: ResourceOptions | None = None
    ) -> None:
        settings = args.pods.settings
        summary = {
            "replicas": f"{settings.min_replicas}-{settings.max_replicas}",
            "autoscaled": scales(settings),
        }
        super().__init__("researchflow:apps:Orchestrator", name, summary, opts)
        pods = Workload(
            f"{name}-workload",
            WorkloadArgs(
                pod=self._pod(args),
                autoscaled=scales(settings),
                after=(args.role, args.target_group.controller_ready),
            ),
            ResourceOptions(parent=self),
        )
        target_group_binding(
            f"{name}-targets",
            ORCHESTRATOR,
            namespace=args.pods.namespace,
            target_group=args.target_group,
            parent=self,
            pods=pods,
        )
        if scales(settings):
            self._autoscaler(name, args, pods)
        self.service_name = ORCHESTRATOR.application
        self.register_outputs({"serviceName": self.service_name})

    def _pod(self, args: OrchestratorArgs) -> PodTemplate:
        return PodTemplate(
            application=ORCHESTRATOR.application,
            pods=args.pods,
            port=ORCHESTRATOR.port,
            serves=True,
            measured=True,
            drain_seconds=ORCHESTRATOR.drain_seconds,
            priority=SERVING,
        )

    def _autoscaler(self, name: str, args: OrchestratorArgs, pods: Workload) -> None:
        # The plan gives one scaling behaviour, for the workers' HPA; it serves here as well.
        plan = args.pods.autoscaling.worker_hpa
        horizontal_pod_autoscaler(
            f"{name}-autoscaler",
            ORCHESTRATOR.application,
            namespace=args.pods.namespace,
            settings=args.pods.settings,
            utilization_percents={"cpu": plan.cpu_utilization_percent},
            more=[pods_metric(REQUESTS_METRIC, args.requests_per_pod)],
            up=plan.scale_up,
            down=plan.scale_down,
            opts=ResourceOptions(parent=self, depends_on=[pods.deployment, args.metrics_ready]),
        )
