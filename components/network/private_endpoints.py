"""Ways from the VPC to AWS services that don't leave Amazon's network."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from ipaddress import IPv4Network
from types import MappingProxyType

import pulumi_aws as aws
from pulumi import ComponentResource, Input, ResourceOptions

from components.shared.place import Place

INTERFACE_SERVICES: Mapping[str, str] = MappingProxyType(
    {
        "ec2": "the CNI plugin attaches interfaces and prefixes; the CSI driver attaches volumes",
        "ecr.api": "nodes log in to the image registry",
        "ecr.dkr": "nodes pull image manifests (layers come from S3, through the gateway endpoint)",
        "eks": "nodes read the cluster's endpoint and certificate when they join",
        "eks-auth": "the Pod Identity agent exchanges a pod's token for credentials",
        "elasticloadbalancing": "the load balancer controller registers pods as targets",
        "ssm": "nodes register with Session Manager, the way in when all others fail",
        "ssmmessages": "its sessions, which must work without a way to the internet too",
    }
)
"""Services a node and its pods call to start and to serve, with the reason for each.

Only these have an endpoint, because each costs about 0.01 USD an hour and zone. STS, KMS, Secrets
Manager and Logs have none: no pod calls them (Pod Identity needs no STS; secrets arrive as
Kubernetes Secrets; EC2 and S3 call KMS on their own side). Karpenter's SQS and pricing calls go
through the NAT gateways.
"""


@dataclass(frozen=True, kw_only=True)
class PrivateEndpointsArgs:
    """Where the endpoints stand, and who reaches them."""

    place: Place

    vpc_id: Input[str]
    """The VPC that the endpoints belong to."""

    vpc_cidr: IPv4Network
    """The addresses that may connect to the interfaces: the VPC's own."""

    subnet_ids: Sequence[Input[str]]
    """Subnets of the interfaces, at most one a zone."""

    route_table_ids: Sequence[Input[str]]
    """Route tables that get the way to S3."""


class PrivateEndpoints(ComponentResource):
    """S3 by a gateway (free, and images and artifacts are the bulk), the rest by interfaces."""

    def __init__(
        self, name: str, args: PrivateEndpointsArgs, opts: ResourceOptions | None = None
    ) -> None:
        summary = {"interfaces": len(INTERFACE_SERVICES), "zones": len(args.subnet_ids)}
        super().__init__("researchflow:network:PrivateEndpoints", name, summary, opts)
        aws.ec2.VpcEndpoint(
            f"{name}-s3",
            vpc_id=args.vpc_id,
            vpc_endpoint_type="Gateway",
            service_name=f"com.amazonaws.{args.place.region}.s3",
            route_table_ids=list(args.route_table_ids),
            tags={"Name": f"{args.place.prefix}-s3"},
            opts=ResourceOptions(parent=self),
        )
        group = self._security_group(name, args)
        for service in INTERFACE_SERVICES:
            role = service.replace(".", "-")
            aws.ec2.VpcEndpoint(
                f"{name}-{role}",
                vpc_id=args.vpc_id,
                vpc_endpoint_type="Interface",
                service_name=f"com.amazonaws.{args.place.region}.{service}",
                private_dns_enabled=True,
                subnet_ids=list(args.subnet_ids),
                security_group_ids=[group.id],
                tags={"Name": f"{args.place.prefix}-{role}"},
                opts=ResourceOptions(parent=self),
            )
        self.register_outputs({})

    def _security_group(self, name: str, args: PrivateEndpointsArgs) -> aws.ec2.SecurityGroup:
        group = aws.ec2.SecurityGroup(
            f"{name}-interfaces",
            description="Interface endpoints: HTTPS from the VPC",
            vpc_id=args.vpc_id,
            tags={"Name": f"{args.place.prefix}-endpoints"},
            opts=ResourceOptions(parent=self),
        )
        aws.vpc.SecurityGroupIngressRule(
            f"{name}-interfaces-https",
            security_group_id=group.id,
            description="HTTPS from the VPC",
            ip_protocol="tcp",
            from_port=443,
            to_port=443,
            cidr_ipv4=str(args.vpc_cidr),
            opts=ResourceOptions(parent=self),
        )
        return group
