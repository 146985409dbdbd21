"""What the four applications have in common: Deployment, ServiceAccount, Service, budget."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import pulumi_kubernetes as k8s
from pulumi import ComponentResource, Input, Resource, ResourceOptions
from pulumi_kubernetes.apiextensions import CustomResource
from pulumi_kubernetes.meta.v1 import ObjectMetaArgs

from components.applications.pod_security import service_account
from components.applications.pod_template import PodTemplate, labels, selector
from rendering.applications.pods import STARTUP
from rendering.shared.endpoints import Endpoint
from rendering.shared.rollouts import wait_annotations


@dataclass(frozen=True, kw_only=True)
class TargetGroup:
    """Where the load balancer sends an application's requests."""

    arn: Input[str]
    """Of the group that the application's pods are registered in."""

    controller_ready: Resource
    """The load balancer controller, whose webhook must answer before a pod is registered."""


def target_group_binding(
    name: str,
    endpoint: Endpoint,
    *,
    namespace: Input[str],
    target_group: TargetGroup,
    parent: Resource,
    pods: Workload,
) -> CustomResource:
    """Let the load balancer controller keep the target group equal to the Service's ready pods.

    `networking` is left out on purpose: the security group rules are the ingress layer's, and with
    it the controller would write rules of its own beside them. `pods` have the Service.

    The controller lets no binding change its target group, and no group have two bindings: for
    another group the binding is deleted and made again.
    """
    return CustomResource(
        name,
        api_version="elbv2.k8s.aws/v1beta1",
        kind="TargetGroupBinding",
        metadata=ObjectMetaArgs(name=endpoint.application, namespace=namespace),
        spec={
            "serviceRef": {"name": endpoint.application, "port": endpoint.port},
            "targetGroupARN": target_group.arn,
            "targetType": "ip",
        },
        opts=ResourceOptions(
            parent=parent,
            depends_on=[target_group.controller_ready, pods],
            replace_on_changes=["spec.targetGroupARN", "spec.targetType"],
            delete_before_replace=True,
        ),
    )


SURGE = 1
"""Pods above the number that is asked for during a rollout: one after the other is exchanged, and
none goes before its successor is ready."""

OLD_REVISIONS_KEPT = 5
"""ReplicaSets of earlier rollouts, for `kubectl rollout undo`."""


@dataclass(frozen=True, kw_only=True)
class WorkloadArgs:
    """One application's pods, and what they wait for."""

    pod: PodTemplate
    """The pods' template; its `serves` says whether a Service stands before them."""

    autoscaled: bool
    """Whether an autoscaler owns the number of replicas."""

    after: tuple[Resource, ...] = ()
    """What must exist before the first pod does. For a served application that includes the load
    balancer controller, whose webhook answers for each new pod."""


class Workload(ComponentResource):
    """One application's pods and what keeps them available during drains and rollouts.

    Under an autoscaler the Deployment names no `replicas`: with server-side apply a field that is
    never sent stays the autoscaler's, so neither of the two undoes the other's work.
    """

    deployment: k8s.apps.v1.Deployment
    service: k8s.core.v1.Service | None

    def __init__(self, name: str, args: WorkloadArgs, opts: ResourceOptions | None = None) -> None:
        settings = args.pod.pods.settings
        summary = {
            "replicas": f"{settings.min_replicas}-{settings.max_replicas}",
            "memoryMib": settings.memory_mib,
            "cpuMillicores": settings.cpu_millicores,
        }
        super().__init__("researchflow:apps:Workload", name, summary, opts)
        account = service_account(f"{name}-account", self._metadata(args), self)
        self.deployment = self._deployment(name, args, account)
        self.service = self._service(name, args) if args.pod.serves else None
        self._disruption_budget(name, args)
        self.register_outputs({"deployment": self.deployment.metadata.name})

    def _metadata(
        self, args: WorkloadArgs, annotations: Mapping[str, str] | None = None
    ) -> k8s.meta.v1.ObjectMetaArgs:
        application = args.pod.application
        return k8s.meta.v1.ObjectMetaArgs(
            name=application,
            namespace=args.pod.pods.namespace,
            labels=labels(application),
            annotations=dict(annotations or {}) or None,
        )

    def _deployment(
        self, name: str, args: WorkloadArgs, account: Resource
    ) -> k8s.apps.v1.Deployment:
        awaited = [account, *args.pod.pods.after, *args.after]
        waits = wait_annotations(
            pods=args.pod.pods.settings.max_replicas,
            at_once=SURGE,
            start_seconds=STARTUP.patience_seconds,
            grace_seconds=args.pod.termination_grace_seconds,
        )
        return k8s.apps.v1.Deployment(
            f"{name}-pods",
            metadata=self._metadata(args, waits),
            spec=k8s.apps.v1.DeploymentSpecArgs(
                replicas=None if args.autoscaled else args.pod.pods.settings.min_replicas,
                revision_history_limit=OLD_REVISIONS_KEPT,
                selector=k8s.meta.v1.LabelSelectorArgs(match_labels=selector(args.pod.application)),
                strategy=k8s.apps.v1.DeploymentStrategyArgs(
                    type="RollingUpdate",
                    rolling_update=k8s.apps.v1.RollingUpdateDeploymentArgs(
                        max_surge=SURGE, max_unavailable=0
                    ),
                ),
                template=args.pod.build(),
            ),
            opts=ResourceOptions(parent=self, depends_on=awaited),
        )

    def _service(self, name: str, args: WorkloadArgs) -> k8s.core.v1.Service:
        return k8s.core.v1.Service(
            f"{name}-service",
            metadata=self._metadata(args),
            spec=k8s.core.v1.ServiceSpecArgs(
                type="ClusterIP",
                selector=selector(args.pod.application),
                ports=[
                    k8s.core.v1.ServicePortArgs(
                        name="http", port=args.pod.port, target_port="http", protocol="TCP"
                    )
                ],
            ),
            opts=ResourceOptions(parent=self),
        )

    def _disruption_budget(self, name: str, args: WorkloadArgs) -> None:
        # One pod may always go, so a drain never waits for ever; a pod that is broken anyway may
        # go beyond that.
        k8s.policy.v1.PodDisruptionBudget(
            f"{name}-budget",
            metadata=self._metadata(args),
            spec=k8s.policy.v1.PodDisruptionBudgetSpecArgs(
                max_unavailable=1,
                unhealthy_pod_eviction_policy="AlwaysAllow",
                selector=k8s.meta.v1.LabelSelectorArgs(match_labels=selector(args.pod.application)),
            ),
            opts=ResourceOptions(parent=self),
        )
