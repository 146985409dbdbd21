"""The workers: they take jobs from the queue, and KEDA keeps as many as the queue asks for."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import pulumi_kubernetes as k8s
from pulumi import ComponentResource, Input, Output, Resource, ResourceOptions
from pulumi_kubernetes.apiextensions import CustomResource

from components.artifact_access import ArtifactAccess
from components.endpoints import STOP_MARGIN_SECONDS, WORKER_HEALTH_PORT
from components.pod_template import PodTemplate
from components.workload import Workload, WorkloadArgs
from rendering.scaling_triggers import queue_authentication, worker_scaled_object
from scaleplan.layers import AutoscalingPlan, QueuePlan
from scaleplan.sizes import WorkloadSettings

APPLICATION = "worker"

JOBS_PER_POD = 1
"""Jobs that a pod runs at once: the plan gives a whole pod's CPU and memory to a job, and both RQ
and BullMQ's worker start with one."""


@dataclass(frozen=True, kw_only=True)
class WorkerArgs:
    """`queue_secret_name` holds address, username and password of the queue; `keda_ready` must
    exist before KEDA's custom resources can."""

    namespace: Input[str]
    image: Input[str]
    settings: WorkloadSettings
    queue: QueuePlan
    autoscaling: AutoscalingPlan
    environment: Sequence[k8s.core.v1.EnvVarArgs]
    ca_config_map: Input[str]
    queue_secret_name: Input[str]
    artifacts: ArtifactAccess
    keda_ready: Resource
    node_selector: Mapping[str, str] | None = None


class Worker(ComponentResource):
    """Runs the jobs of the plan's queues.

    A pod told to stop takes no further job and finishes the one it holds: its grace is the job
    timeout and a margin, so neither a scale-in nor a drain kills a job.
    """

    scaled_object_name: str

    def __init__(self, name: str, args: WorkerArgs, opts: ResourceOptions | None = None) -> None:
        settings = args.settings
        summary = {
            "replicas": f"{settings.min_replicas}-{settings.max_replicas}",
            "queues": len(args.queue.names),
        }
        super().__init__("researchflow:apps:Worker", name, summary, opts)
        role = args.artifacts.grant_to(APPLICATION, f"{name}-artifacts", parent=self)
        pods = Workload(
            f"{name}-workload",
            WorkloadArgs(
                namespace=args.namespace, pod=self._pod(args), autoscaled=True, after=(role,)
            ),
            ResourceOptions(parent=self),
        )
        self._scaled_object(name, args, pods)
        self.scaled_object_name = APPLICATION
        self.register_outputs({"scaledObjectName": self.scaled_object_name})

    def _pod(self, args: WorkerArgs) -> PodTemplate:
        own = {
            "QUEUE_NAMES": ",".join(args.queue.names),
            "WORKER_CONCURRENCY": str(JOBS_PER_POD),
            "WORKER_DRAIN_SECONDS": str(args.queue.job.timeout_seconds),
        }
        return PodTemplate(
            application=APPLICATION,
            image=args.image,
            settings=args.settings,
            port=WORKER_HEALTH_PORT,
            serves=False,
            termination_grace_seconds=args.queue.job.timeout_seconds + STOP_MARGIN_SECONDS,
            environment=[
                *args.environment,
                *(k8s.core.v1.EnvVarArgs(name=key, value=value) for key, value in own.items()),
            ],
            ca_config_map=args.ca_config_map,
            node_selector=args.node_selector,
        )

    def _scaled_object(self, name: str, args: WorkerArgs, pods: Workload) -> None:
        authentication = CustomResource(
            f"{name}-queue-login",
            api_version="keda.sh/v1alpha1",
            kind="TriggerAuthentication",
            metadata=k8s.meta.v1.ObjectMetaArgs(name="worker-queue", namespace=args.namespace),
            spec=Output.from_input(args.queue_secret_name).apply(queue_authentication),
            opts=ResourceOptions(parent=self, depends_on=[args.keda_ready]),
        )
        CustomResource(
            f"{name}-scaling",
            api_version="keda.sh/v1alpha1",
            kind="ScaledObject",
            metadata=k8s.meta.v1.ObjectMetaArgs(name=APPLICATION, namespace=args.namespace),
            spec=worker_scaled_object(
                deployment=APPLICATION,
                settings=args.settings,
                queue=args.queue,
                autoscaling=args.autoscaling,
                jobs_per_pod=JOBS_PER_POD,
                authentication="worker-queue",
            ),
            opts=ResourceOptions(
                parent=self, depends_on=[args.keda_ready, authentication, pods.deployment]
            ),
        )
