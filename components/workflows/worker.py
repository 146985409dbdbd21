"""Workers of Temporal's task queue: the orchestrator's image, taking tasks instead of requests."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import pulumi_kubernetes as k8s
from pulumi import ComponentResource, Input, Output, Resource, ResourceOptions
from pulumi_kubernetes.apiextensions import CustomResource

from components.applications.artifact_access import ArtifactAccess
from components.applications.pod_template import PodTemplate
from components.applications.workload import Workload, WorkloadArgs
from rendering.applications.priorities import JOBS
from rendering.shared.endpoints import WORKER_HEALTH_PORT
from rendering.workflows.client import SERVICE_ROLE, WORKER_POOLS
from rendering.workflows.scaling import workflow_authentication, workflow_scaled_object
from scaleplan.applications.workload import WorkloadSettings
from scaleplan.layers import AutoscalingPlan, WorkflowsPlan

APPLICATION = "workflow-worker"


@dataclass(frozen=True, kw_only=True)
class WorkflowWorkerArgs:
    """`environment` has the orchestrator's variables and those that reach Temporal.

    `client_secret_name` holds the certificate by which KEDA reads the task queue; `keda_ready` must
    exist before KEDA's custom resources can, and is None where the stack goes without KEDA. `after`
    is what the pods find when they start.
    """

    namespace: Input[str]
    image: Input[str]
    settings: WorkloadSettings
    plan: WorkflowsPlan
    autoscaling: AutoscalingPlan
    environment: Sequence[k8s.core.v1.EnvVarArgs]
    annotations: Mapping[str, Input[str]]
    ca_config_map: Input[str]
    artifacts: ArtifactAccess
    client_secret_name: Input[str]
    keda_ready: Resource | None
    node_selector: Mapping[str, str] | None = None
    after: tuple[Resource, ...] = ()


class WorkflowWorker(ComponentResource):
    """Runs workflows and their activities.

    A pod told to stop takes no further task and has an activity's time-out for the ones it holds;
    what is cut off all the same, Temporal gives to another pod.
    """

    def __init__(
        self, name: str, args: WorkflowWorkerArgs, opts: ResourceOptions | None = None
    ) -> None:
        settings = args.settings
        summary = {
            "replicas": f"{settings.min_replicas}-{settings.max_replicas}",
            "taskQueue": args.plan.task_queue,
            "scaledBy": "nobody" if args.keda_ready is None else "keda",
        }
        super().__init__("researchflow:apps:WorkflowWorker", name, summary, opts)
        role = args.artifacts.grant_to(APPLICATION, f"{name}-artifacts", parent=self)
        pods = Workload(
            f"{name}-workload",
            WorkloadArgs(
                namespace=args.namespace,
                pod=self._pod(args),
                autoscaled=args.keda_ready is not None,
                after=(role, *args.after),
            ),
            ResourceOptions(parent=self),
        )
        if args.keda_ready is not None:
            self._scaled_object(name, args, [args.keda_ready, pods.deployment])
        self.register_outputs({"deployment": pods.deployment.metadata.name})

    def _pod(self, args: WorkflowWorkerArgs) -> PodTemplate:
        return PodTemplate(
            application=APPLICATION,
            image=args.image,
            settings=args.settings,
            port=WORKER_HEALTH_PORT,
            serves=False,
            measured=True,
            drain_seconds=args.plan.start_to_close_timeout_seconds,
            priority=JOBS,
            environment=[
                *(each for each in args.environment if each.name not in WORKER_POOLS),
                *(
                    k8s.core.v1.EnvVarArgs(name=key, value=value)
                    for key, value in {**WORKER_POOLS, **SERVICE_ROLE}.items()
                ),
            ],
            annotations=args.annotations,
            ca_config_map=args.ca_config_map,
            node_selector=args.node_selector,
        )

    def _scaled_object(
        self, name: str, args: WorkflowWorkerArgs, after: Sequence[Resource]
    ) -> None:
        authentication = CustomResource(
            f"{name}-temporal-login",
            api_version="keda.sh/v1alpha1",
            kind="TriggerAuthentication",
            metadata=k8s.meta.v1.ObjectMetaArgs(
                name="workflow-worker-temporal", namespace=args.namespace
            ),
            spec=Output.from_input(args.client_secret_name).apply(workflow_authentication),
            opts=ResourceOptions(parent=self, depends_on=list(after)),
        )
        CustomResource(
            f"{name}-scaling",
            api_version="keda.sh/v1alpha1",
            kind="ScaledObject",
            metadata=k8s.meta.v1.ObjectMetaArgs(name=APPLICATION, namespace=args.namespace),
            spec=workflow_scaled_object(
                APPLICATION,
                settings=args.settings,
                plan=args.plan,
                autoscaling=args.autoscaling,
                authentication="workflow-worker-temporal",
            ),
            opts=ResourceOptions(parent=self, depends_on=[*after, authentication]),
        )
