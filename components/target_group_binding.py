"""Registers an application's pods in its target group."""

from __future__ import annotations

from pulumi import Input, Resource, ResourceOptions
from pulumi_kubernetes.apiextensions import CustomResource
from pulumi_kubernetes.meta.v1 import ObjectMetaArgs

from rendering.endpoints import Endpoint


def target_group_binding(
    name: str,
    endpoint: Endpoint,
    *,
    namespace: Input[str],
    target_group_arn: Input[str],
    parent: Resource,
    after: list[Resource],
) -> CustomResource:
    """Let the load balancer controller keep the target group equal to the Service's ready pods.

    `networking` is left out on purpose: the security group rules are the ingress layer's, and with
    it the controller would write rules of its own beside them. `after` holds the controller (its
    webhook must answer) and the Service.
    """
    return CustomResource(
        name,
        api_version="elbv2.k8s.aws/v1beta1",
        kind="TargetGroupBinding",
        metadata=ObjectMetaArgs(name=endpoint.application, namespace=namespace),
        spec={
            "serviceRef": {"name": endpoint.application, "port": endpoint.port},
            "targetGroupARN": target_group_arn,
            "targetType": "ip",
        },
        opts=ResourceOptions(parent=parent, depends_on=after),
    )
