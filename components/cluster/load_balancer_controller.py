"""The AWS Load Balancer Controller: puts pods into the target groups that the stack made."""

from __future__ import annotations

from dataclasses import dataclass

import pulumi
from pulumi import ComponentResource, Input, ResourceOptions

from components.cluster.handle import ClusterHandle
from components.identity.pod_role import PodRole, PodRoleArgs
from components.shared.chart_release import (
    ON_SYSTEM_NODES,
    chart_release,
    disruption_budget,
    resources_of,
)
from components.shared.place import Place
from rendering.cluster.load_balancer_controller_documents import target_registration_policy
from scaleplan.cluster import charts

NAMESPACE = "kube-system"
SERVICE_ACCOUNT = "aws-load-balancer-controller"


@dataclass(frozen=True, kw_only=True)
class LoadBalancerControllerArgs:
    """Where the controller finds pods and target groups."""

    place: Place
    cluster: ClusterHandle

    vpc_id: Input[str]
    """The VPC of the target groups, given because pods can't ask the machine's metadata service."""

    watch_namespace: Input[str]
    """The only namespace whose TargetGroupBindings count."""

    replicas: int
    """How many pods the controller has, of which one leads."""


class LoadBalancerController(ComponentResource):
    """The controller: all but TargetGroupBinding is off, as its role couldn't do it anyway."""

    release: pulumi.Resource

    def __init__(
        self, name: str, args: LoadBalancerControllerArgs, opts: ResourceOptions | None = None
    ) -> None:
        chart = charts.LOAD_BALANCER_CONTROLLER
        summary = {"chart": chart.version, "replicas": args.replicas}
        super().__init__("researchflow:platform:LoadBalancerController", name, summary, opts)
        role = PodRole(
            name,
            PodRoleArgs(
                place=args.place,
                cluster_name=args.cluster.name,
                namespace=NAMESPACE,
                service_account=SERVICE_ACCOUNT,
                policies={
                    "targets": target_registration_policy(args.place.region, args.place.account_id)
                },
                cluster_ready=args.cluster.ready,
            ),
            ResourceOptions(parent=self),
        )
        self.release = chart_release(
            self,
            name,
            chart,
            namespace=NAMESPACE,
            images=args.place.images,
            wait_for=[role],
            values={
                "clusterName": args.cluster.name,
                # Given, because pods can't ask the machine's metadata service.
                "region": args.place.region,
                "vpcId": args.vpc_id,
                "replicaCount": args.replicas,
                "podDisruptionBudget": disruption_budget(args.replicas),
                "nodeSelector": ON_SYSTEM_NODES,
                "serviceAccount": {"name": SERVICE_ACCOUNT},
                "watchNamespace": args.watch_namespace,
                "createIngressClassResource": False,
                "ingressClassParams": {"create": False},
                "webhookConfig": {"disableIngressValidation": True},
                # With this webhook on, no Service can be made while the controller is down.
                "enableServiceMutatorWebhook": False,
                "enableBackendSecurityGroup": False,
                "enableShield": False,
                "enableWaf": False,
                "enableWafv2": False,
                "controllerConfig": {
                    "featureGates": {
                        "ALBGatewayAPI": False,
                        "EnableServiceController": False,
                        "NLBGatewayAPI": False,
                    }
                },
                "resources": resources_of("aws-load-balancer-controller"),
            },
        )
        self.register_outputs({})
