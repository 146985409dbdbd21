"""Workers of Temporal's task queue: the orchestrator's image, taking tasks instead of requests."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

import pulumi_kubernetes as k8s
from pulumi import ComponentResource, Input, Output, Resource, ResourceOptions
from pulumi_kubernetes.apiextensions import CustomResource

from components.applications.pod_template import ApplicationPods, PodTemplate
from components.applications.workload import Workload, WorkloadArgs
from rendering.applications.pods import JOBS
from rendering.shared.endpoints import WORKER_HEALTH_PORT
from rendering.workflows.client import SERVICE_ROLE, WORKER_POOLS
from rendering.workflows.scaling import workflow_authentication, workflow_scaled_object
from scaleplan.applications.workloads import WORKFLOW_WORKER
from scaleplan.layers import WorkflowsPlan


@dataclass(frozen=True, kw_only=True)
class WorkflowWorkerArgs:
    """The workers' pods, whose environment has the orchestrator's variables and those that reach
    Temporal, and what scales them."""

    pods: ApplicationPods

    plan: WorkflowsPlan
    """The task queue that they take from, and the longest activity."""

    role: Resource
    """Lets the pods reach the artifacts. They get it at admission, so they wait for it."""

    client_secret_name: Input[str]
    """The Secret with the certificate by which KEDA reads the task queue."""

    keda_ready: Resource | None
    """What must exist before KEDA's custom resources can; None where the stack goes without
    KEDA."""

    after: tuple[Resource, ...] = ()
    """What the pods find when they start: the server, and its certificate for clients."""


class WorkflowWorker(ComponentResource):
    """Pods that run workflows and their activities.

    A pod told to stop takes no further task and has an activity's time-out for the ones it holds;
    what is cut off all the same, Temporal gives to another pod.
    """

    def __init__(
        self, name: str, args: WorkflowWorkerArgs, opts: ResourceOptions | None = None
    ) -> None:
        settings = args.pods.settings
        summary = {
            "replicas": f"{settings.min_replicas}-{settings.max_replicas}",
            "taskQueue": args.plan.task_queue,
            "scaledBy": "nobody" if args.keda_ready is None else "keda",
        }
        super().__init__("researchflow:apps:WorkflowWorker", name, summary, opts)
        pods = Workload(
            f"{name}-workload",
            WorkloadArgs(
                pod=self._pod(args),
                autoscaled=args.keda_ready is not None,
                after=(args.role, *args.after),
            ),
            ResourceOptions(parent=self),
        )
        if args.keda_ready is not None:
            self._scaled_object(name, args, [args.keda_ready, pods.deployment])
        self.register_outputs({"deployment": pods.deployment.metadata.name})

    def _pod(self, args: WorkflowWorkerArgs) -> PodTemplate:
        return PodTemplate(
            application=WORKFLOW_WORKER,
            pods=replace(
                args.pods,
                environment=[
                    *(each for each in args.pods.environment if each.name not in WORKER_POOLS),
                    *(
                        k8s.core.v1.EnvVarArgs(name=key, value=value)
                        for key, value in {**WORKER_POOLS, **SERVICE_ROLE}.items()
                    ),
                ],
            ),
            port=WORKER_HEALTH_PORT,
            serves=False,
            measured=True,
            drain_seconds=args.plan.start_to_close_timeout_seconds,
            priority=JOBS,
        )

    def _scaled_object(
        self, name: str, args: WorkflowWorkerArgs, after: Sequence[Resource]
    ) -> None:
        authentication = CustomResource(
            f"{name}-temporal-login",
            api_version="keda.sh/v1alpha1",
            kind="TriggerAuthentication",
            metadata=k8s.meta.v1.ObjectMetaArgs(
                name="workflow-worker-temporal", namespace=args.pods.namespace
            ),
            spec=Output.from_input(args.client_secret_name).apply(workflow_authentication),
            opts=ResourceOptions(parent=self, depends_on=list(after)),
        )
        CustomResource(
            f"{name}-scaling",
            api_version="keda.sh/v1alpha1",
            kind="ScaledObject",
            metadata=k8s.meta.v1.ObjectMetaArgs(
                name=WORKFLOW_WORKER, namespace=args.pods.namespace
            ),
            spec=workflow_scaled_object(
                WORKFLOW_WORKER,
                settings=args.pods.settings,
                plan=args.plan,
                autoscaling=args.pods.autoscaling,
                authentication="workflow-worker-temporal",
            ),
            opts=ResourceOptions(parent=self, depends_on=[*after, authentication]),
        )
