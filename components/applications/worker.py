"""The workers: they take jobs from the queue, and there are as many as the queue asks for."""

from __future__ import annotations

from dataclasses import dataclass, replace

import pulumi_kubernetes as k8s
from pulumi import ComponentResource, Input, Output, Resource, ResourceOptions
from pulumi_kubernetes.apiextensions import CustomResource

from components.applications.autoscaler import backlog_metric, horizontal_pod_autoscaler
from components.applications.pod_template import ApplicationPods, PodTemplate
from components.applications.workload import Workload, WorkloadArgs
from rendering.applications.pods import JOBS
from rendering.applications.scaling_triggers import (
    queue_authentication,
    watched_jobs,
    worker_scaled_object,
)
from rendering.shared.endpoints import WORKER_HEALTH_PORT
from scaleplan.applications.workloads import WORKER
from scaleplan.layers import QueuePlan
from scaleplan.queue.backlog import JOBS_PER_POD
from scaleplan.sizes import QueueSettings


@dataclass(frozen=True, kw_only=True)
class Keda:
    """KEDA as the workers' scaler."""

    secret_name: Input[str]
    """The Secret with address and login of the queue."""

    ready: Resource
    """What must exist before KEDA's custom resources can."""


@dataclass(frozen=True, kw_only=True)
class WorkerArgs:
    """The workers' pods, the jobs that they take, and what scales them."""

    pods: ApplicationPods

    queue: QueuePlan
    """The plan's queues by name, and a job's defaults."""

    jobs: QueueSettings
    """What carries the jobs: Redis or RabbitMQ, and the libraries that write them."""

    role: Resource
    """Lets the pods reach the artifacts. They get it at admission, so they wait for it."""

    keda: Keda | None
    """What scales by the queue itself; None for the plan's own autoscaler, by a metric that someone
    else must serve."""


class Worker(ComponentResource):
    """Pods that run the jobs of the plan's queues.

    A pod told to stop takes no further job and finishes the one it holds: its grace is the job
    timeout and a margin, so neither a scale-in nor a drain kills a job.
    """

    def __init__(self, name: str, args: WorkerArgs, opts: ResourceOptions | None = None) -> None:
        settings = args.pods.settings
        summary = {
            "replicas": f"{settings.min_replicas}-{settings.max_replicas}",
            "queues": len(args.queue.names),
            "scaledBy": "hpa" if args.keda is None else "keda",
        }
        super().__init__("researchflow:apps:Worker", name, summary, opts)
        pods = Workload(
            f"{name}-workload",
            WorkloadArgs(pod=self._pod(args), autoscaled=True, after=(args.role,)),
            ResourceOptions(parent=self),
        )
        if args.keda is None:
            self._autoscaler(name, args, pods)
        else:
            self._scaled_object(name, args, args.keda, pods)
        self.register_outputs({"deployment": pods.deployment.metadata.name})

    def _pod(self, args: WorkerArgs) -> PodTemplate:
        own = {
            "QUEUE_NAMES": ",".join(args.queue.names),
            "WORKER_CONCURRENCY": str(JOBS_PER_POD),
        }
        return PodTemplate(
            application=WORKER,
            pods=replace(
                args.pods,
                environment=[
                    *args.pods.environment,
                    *(k8s.core.v1.EnvVarArgs(name=key, value=value) for key, value in own.items()),
                ],
            ),
            port=WORKER_HEALTH_PORT,
            serves=False,
            measured=True,
            drain_seconds=args.queue.job.timeout_seconds,
            priority=JOBS,
        )

    def _scaled_object(self, name: str, args: WorkerArgs, keda: Keda, pods: Workload) -> None:
        authentication = CustomResource(
            f"{name}-queue-login",
            api_version="keda.sh/v1alpha1",
            kind="TriggerAuthentication",
            metadata=k8s.meta.v1.ObjectMetaArgs(name="worker-queue", namespace=args.pods.namespace),
            spec=Output.from_input(keda.secret_name).apply(
                lambda secret_name: queue_authentication(secret_name, args.jobs.engine)
            ),
            opts=ResourceOptions(parent=self, depends_on=[keda.ready]),
        )
        CustomResource(
            f"{name}-scaling",
            api_version="keda.sh/v1alpha1",
            kind="ScaledObject",
            metadata=k8s.meta.v1.ObjectMetaArgs(name=WORKER, namespace=args.pods.namespace),
            spec=worker_scaled_object(
                deployment=WORKER,
                settings=args.pods.settings,
                watched=watched_jobs(
                    args.queue, args.jobs, args.pods.autoscaling.keda.list_length, JOBS_PER_POD
                ),
                autoscaling=args.pods.autoscaling,
                authentication="worker-queue",
            ),
            opts=ResourceOptions(
                parent=self, depends_on=[keda.ready, authentication, pods.deployment]
            ),
        )

    def _autoscaler(self, name: str, args: WorkerArgs, pods: Workload) -> None:
        plan = args.pods.autoscaling.worker_hpa
        horizontal_pod_autoscaler(
            f"{name}-autoscaler",
            WORKER,
            namespace=args.pods.namespace,
            settings=args.pods.settings,
            utilization_percents={"cpu": plan.cpu_utilization_percent},
            more=[
                backlog_metric(plan.queue_metric, args.queue.names, plan.queue_length_per_replica)
            ],
            up=plan.scale_up,
            down=plan.scale_down,
            opts=ResourceOptions(parent=self, depends_on=[pods.deployment]),
        )
