"""Faults of the network."""

from __future__ import annotations

from typing import Any

from policy.rules.shared import tokens
from tests.faults.change import put, remove
from tests.faults.fault import Fault, breaks

INGRESS = "aws:vpc/securityGroupIngressRule:SecurityGroupIngressRule"
EGRESS = "aws:vpc/securityGroupEgressRule:SecurityGroupEgressRule"
DATABASE_DOOR = f"{INGRESS}::database-clients"
POLICY = tokens.NETWORK_POLICY
BALANCER = f"{tokens.LOAD_BALANCER}::ingress-balancer"


def open_to_world(inputs: dict[str, Any]) -> None:
    """Let in everybody in place of the cluster."""
    del inputs["referencedSecurityGroupId"]
    inputs["cidrIpv4"] = "0.0.0.0/0"


def office_reaches(inputs: dict[str, Any]) -> None:
    """Let in an office's network in place of the cluster."""
    del inputs["referencedSecurityGroupId"]
    inputs["cidrIpv4"] = "203.0.113.0/24"


def office_enters(inputs: dict[str, Any]) -> None:
    """Let in an office's network in place of CloudFront."""
    del inputs["prefixListId"]
    inputs["cidrIpv4"] = "203.0.113.0/24"


def reach_inside(inputs: dict[str, Any]) -> None:
    """Take back what the way out of the network leaves out."""
    blocks = (
        peer["ipBlock"]
        for rule in inputs["spec"]["egress"]
        for peer in rule["to"]
        if "ipBlock" in peer
    )
    del next(each for each in blocks if each["cidr"] == "0.0.0.0/0")["except"]


NAT = "aws:ec2/natGateway:NatGateway"
SUBNET = "aws:ec2/subnet:Subnet"


FAULTS: tuple[Fault, ...] = (
    breaks(
        "no-open-ingress",
        "the database is open to the world",
        DATABASE_DOOR,
        open_to_world,
        also=("stores-open-to-cluster-alone",),
    ),
    breaks(
        "no-open-ingress",
        "the load balancer is open to the world",
        f"{INGRESS}::ingress-from-cloudfront",
        put("cidrIpv4", "0.0.0.0/0"),
    ),
    breaks(
        "no-open-ingress",
        "the cache is open to IPv6",
        f"{INGRESS}::cache-foundation-clients",
        put("cidrIpv6", "::/0"),
        also=("stores-open-to-cluster-alone",),
    ),
    breaks(
        "no-open-egress",
        "the load balancer may call anybody",
        f"{EGRESS}::ingress-to-web",
        put("cidrIpv4", "0.0.0.0/0"),
    ),
    breaks(
        "one-port-per-rule", "every port of the database", DATABASE_DOOR, put("ipProtocol", "-1")
    ),
    breaks(
        "one-port-per-rule", "all high ports of the database", DATABASE_DOOR, put("toPort", 65535)
    ),
    breaks(
        "no-public-address",
        "machines get public addresses",
        "aws:ec2/subnet:Subnet::network-private-a",
        put("mapPublicIpOnLaunch", True),
    ),
    breaks(
        "balancer-internal",
        "the load balancer faces the internet",
        BALANCER,
        put("internal", False),
    ),
    breaks(
        "service-inside",
        "the API has a load balancer of its own",
        "kubernetes:core/v1:Service::orchestrator-workload-service",
        put("spec.type", "LoadBalancer"),
    ),
    breaks(
        "default-group-closed",
        "the default group is open",
        "aws:ec2/defaultSecurityGroup:DefaultSecurityGroup::network-default",
        put("ingress", [{"protocol": "-1", "fromPort": 0, "toPort": 0, "self": True}]),
    ),
    breaks(
        "vpc-flow-log",
        "nobody sees who talked to whom",
        f"{tokens.FLOW_LOG}::network-flow",
        drop=True,
    ),
    breaks(
        "vpc-flow-log",
        "only refused traffic is logged",
        f"{tokens.FLOW_LOG}::network-flow",
        put("trafficType", "REJECT"),
    ),
    breaks(
        "stores-open-to-cluster-alone",
        "the whole network reaches the database",
        DATABASE_DOOR,
        put("cidrIpv4", "10.2.0.0/16"),
    ),
    breaks(
        "stores-open-to-cluster-alone",
        "a block of addresses reaches the queue in the cluster's place",
        f"{INGRESS}::queue-foundation-clients",
        office_reaches,
    ),
    breaks(
        "balancer-behind-cloudfront",
        "an office reaches the load balancer past the firewall",
        f"{INGRESS}::ingress-from-cloudfront",
        office_enters,
    ),
    breaks(
        "nat-per-zone",
        "zone b leaves by zone a's gateway",
        "aws:ec2/route:Route::network-private-b-internet",
        wired=("natGatewayId", f"{NAT}::network-nat-a"),
    ),
    breaks(
        "stores-without-way-out",
        "the data subnets get a way out",
        "aws:ec2/route:Route::network-private-c-internet",
        wired=("routeTableId", "aws:ec2/routeTable:RouteTable::network-data"),
        also=("nat-per-zone",),
    ),
    breaks(
        "nothing-in-public-subnets",
        "machines stand in a public subnet",
        "aws:eks/nodeGroup:NodeGroup::cluster-system",
        wired=("subnetIds", f"{SUBNET}::network-public-a"),
    ),
    breaks(
        "nothing-in-public-subnets",
        "Karpenter finds a public subnet",
        f"{SUBNET}::network-public-b",
        put("tags", {"karpenter.sh/discovery": "researchflow-prod"}),
    ),
    breaks(
        "nothing-in-public-subnets",
        "the database's subnets reach the internet",
        "aws:ec2/routeTableAssociation:RouteTableAssociation::network-data-a",
        wired=("routeTableId", "aws:ec2/routeTable:RouteTable::network-public"),
        also=("stores-without-way-out",),
    ),
    breaks(
        "endpoints-by-name",
        "nobody finds the endpoint of ECR",
        "aws:ec2/vpcEndpoint:VpcEndpoint::network-endpoints-ecr-api",
        put("privateDnsEnabled", False),
    ),
    breaks(
        "stateful-protected",
        "a subnet loses its protect",
        f"{SUBNET}::network-data-a",
        bare=True,
    ),
    breaks(
        "network-policy-names-peers",
        "whoever likes reaches the API's pods",
        f"{POLICY}::platform-researchflow-network-orchestrator",
        remove("spec.ingress[0].from"),
    ),
    breaks(
        "egress-outside-alone",
        "the worker reaches the machine's credentials",
        f"{POLICY}::platform-researchflow-network-worker",
        reach_inside,
    ),
    breaks(
        "network-policies-enforced",
        "network policies are for show",
        f"{tokens.ADDON}::cluster-network-vpc-cni",
        put("configurationValues", "{}"),
    ),
)
