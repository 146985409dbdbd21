"""VPC, subnets, ways out, and who may open a connection to what."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping
from typing import Any

from rf.shared.plan import reveal
from rf.shared.sandbox.comparisons import Comparison, Reader, verifies, verifies_world
from rf.shared.sandbox.handlers.security_groups import permission_of

INGRESS = "aws:vpc/securityGroupIngressRule:SecurityGroupIngressRule"
EGRESS = "aws:vpc/securityGroupEgressRule:SecurityGroupEgressRule"
VPC = "aws:ec2/vpc:Vpc"
ANYWHERE = ("0.0.0.0/0", "::/0")


@verifies(VPC, "VPC")
def vpc(reader: Reader, identifier: str, inputs: Mapping[str, Any]) -> Iterator[Comparison]:
    """Its address range and whether it resolves names."""
    actual = reader.one("ec2", "DescribeVpcs", "Vpcs", VpcIds=[identifier])
    yield "CIDR", inputs["cidrBlock"], actual["CidrBlock"]
    for key, attribute in (
        ("enableDnsSupport", "EnableDnsSupport"),
        ("enableDnsHostnames", "EnableDnsHostnames"),
    ):
        if key in inputs:
            name = f"{attribute[0].lower()}{attribute[1:]}"
            answer = reader.read("ec2", "DescribeVpcAttribute", VpcId=identifier, Attribute=name)
            yield key, inputs[key], answer[attribute]["Value"]


@verifies("aws:ec2/subnet:Subnet", "subnet")
def subnet(reader: Reader, identifier: str, inputs: Mapping[str, Any]) -> Iterator[Comparison]:
    """Its range, its zone, and that nothing in it gets a public address unasked."""
    actual = reader.one("ec2", "DescribeSubnets", "Subnets", SubnetIds=[identifier])
    yield "CIDR", inputs["cidrBlock"], actual["CidrBlock"]
    yield "zone", inputs["availabilityZone"], actual["AvailabilityZone"]
    yield "VPC", inputs["vpcId"], actual["VpcId"]
    yield (
        "public addresses",
        bool(inputs.get("mapPublicIpOnLaunch")),
        actual["MapPublicIpOnLaunch"],
    )


@verifies("aws:ec2/natGateway:NatGateway", "NAT gateway")
def nat_gateway(reader: Reader, identifier: str, inputs: Mapping[str, Any]) -> Iterator[Comparison]:
    """Where it stands and with which address."""
    actual = reader.one("ec2", "DescribeNatGateways", "NatGateways", NatGatewayIds=[identifier])
    yield "subnet", inputs["subnetId"], actual["SubnetId"]
    addresses = [address["AllocationId"] for address in actual["NatGatewayAddresses"]]
    yield "address", [inputs["allocationId"]], addresses


@verifies("aws:ec2/route:Route", "route")
def route(reader: Reader, _: str, inputs: Mapping[str, Any]) -> Iterator[Comparison]:
    """That the table sends the destination to the plan's gateway."""
    table = reader.one(
        "ec2", "DescribeRouteTables", "RouteTables", RouteTableIds=[inputs["routeTableId"]]
    )
    destination = inputs.get("destinationCidrBlock")
    expected = inputs.get("natGatewayId") or inputs.get("gatewayId")
    if destination is None or expected is None:
        return
    targets = [
        row.get("NatGatewayId") or row.get("GatewayId")
        for row in table["Routes"]
        if row.get("DestinationCidrBlock") == destination
    ]
    yield "target", [expected], targets


@verifies("aws:ec2/vpcEndpoint:VpcEndpoint", "VPC endpoint")
def vpc_endpoint(
    reader: Reader, identifier: str, inputs: Mapping[str, Any]
) -> Iterator[Comparison]:
    """Its service, kind and subnets."""
    actual = reader.one("ec2", "DescribeVpcEndpoints", "VpcEndpoints", VpcEndpointIds=[identifier])
    yield "service", inputs["serviceName"], actual["ServiceName"]
    yield "type", inputs.get("vpcEndpointType", "Gateway"), actual["VpcEndpointType"]
    yield "subnets", sorted(inputs.get("subnetIds") or []), sorted(actual.get("SubnetIds", []))


@verifies("aws:ec2/defaultSecurityGroup:DefaultSecurityGroup", "security group")
def default_security_group(
    reader: Reader, identifier: str, inputs: Mapping[str, Any]
) -> Iterator[Comparison]:
    """That what carries no group of its own can reach nothing, where the plan says so."""
    actual = reader.one("ec2", "DescribeSecurityGroups", "SecurityGroups", GroupIds=[identifier])
    for way, member in (("ingress", "IpPermissions"), ("egress", "IpPermissionsEgress")):
        yield f"{way} rules", len(inputs.get(way) or []), len(actual[member])


@verifies("aws:ec2/securityGroup:SecurityGroup", "security group")
def security_group(
    reader: Reader, identifier: str, inputs: Mapping[str, Any]
) -> Iterator[Comparison]:
    """Its open ports: exactly the plan's rules, in both directions."""
    rules = _rules_of(reader, identifier)
    planned = _planned_rules(reader, identifier)
    for way in ("ingress", "egress"):
        if not inputs.get(way):
            yield f"{way} rules", _rule_texts(planned[way]), _rule_texts(rules[way])


@verifies_world
def reach_of_the_world(reader: Reader) -> Iterator[tuple[str, str, Any, Any]]:
    """Nothing beyond the plan: no further subnet, NAT gateway or rule open to the internet."""
    for planned in reader.plan.of_type(VPC):
        of_vpc = [{"Name": "vpc-id", "Values": [planned.resource_id]}]
        subnets = reader.read("ec2", "DescribeSubnets", Filters=of_vpc)["Subnets"]
        yield "VPC", "subnets", len(reader.plan.of_type("aws:ec2/subnet:Subnet")), len(subnets)
        gateways = reader.read("ec2", "DescribeNatGateways", Filter=of_vpc)["NatGateways"]
        live = [gateway for gateway in gateways if gateway["State"] != "deleted"]
        expected = len(reader.plan.of_type("aws:ec2/natGateway:NatGateway"))
        yield "VPC", "NAT gateways", expected, len(live)
        groups = reader.read("ec2", "DescribeSecurityGroups", Filters=of_vpc)["SecurityGroups"]
        yield (
            "VPC",
            "ingress rules open to the internet",
            _planned_open(reader),
            sum(_open_rules(reader, group["GroupId"]) for group in groups),
        )


Rule = tuple[str, Any, Any, str]
"""Protocol, first and last port, and who is on the other side."""


def _rules_of(reader: Reader, group: str) -> dict[str, Counter[Rule]]:
    rows = reader.read(
        "ec2", "DescribeSecurityGroupRules", Filters=[{"Name": "group-id", "Values": [group]}]
    )["SecurityGroupRules"]
    actual: dict[str, Counter[Rule]] = {"ingress": Counter(), "egress": Counter()}
    for row in rows:
        other = (
            row.get("CidrIpv4")
            or row.get("CidrIpv6")
            or row.get("PrefixListId")
            or (row.get("ReferencedGroupInfo") or {}).get("GroupId")
        )
        way = "egress" if row["IsEgress"] else "ingress"
        actual[way][_rule(row["IpProtocol"], row.get("FromPort"), row.get("ToPort"), other)] += 1
    return actual


def _planned_rules(reader: Reader, group: str) -> dict[str, Counter[Rule]]:
    planned: dict[str, Counter[Rule]] = {"ingress": Counter(), "egress": Counter()}
    for way, token in (("ingress", INGRESS), ("egress", EGRESS)):
        for resource in reader.plan.of_type(token):
            inputs = reveal(resource.inputs)
            if inputs.pop("securityGroupId") != group:
                continue
            inputs.pop("tags", None)
            permission = permission_of({k: v for k, v in inputs.items() if v is not None})
            other = next(
                value
                for member in ("IpRanges", "Ipv6Ranges", "UserIdGroupPairs", "PrefixListIds")
                for entry in permission.get(member, [])
                for key, value in entry.items()
                if key != "Description"
            )
            ports = permission.get("FromPort"), permission.get("ToPort")
            planned[way][_rule(permission["IpProtocol"], *ports, other)] += 1
    return planned


def _rule(protocol: str, first: Any, last: Any, other: Any) -> Rule:
    # EC2 has no ports for "all protocols"; the emulator answers -1 or nothing for them.
    if protocol == "-1":
        first = last = None
    return (str(protocol), first, last, str(other))


def _rule_texts(rules: Counter[Rule]) -> list[str]:
    return sorted(
        f"{protocol} {'all' if first is None else first if first == last else f'{first}-{last}'}"
        f" {other}"
        for protocol, first, last, other in rules.elements()
    )


def _planned_open(reader: Reader) -> int:
    return sum(
        reveal(resource.inputs).get(key) in ANYWHERE
        for resource in reader.plan.of_type(INGRESS)
        for key in ("cidrIpv4", "cidrIpv6")
    )


def _open_rules(reader: Reader, group: str) -> int:
    return sum(
        count
        for (_, _, _, other), count in _rules_of(reader, group)["ingress"].items()
        if other in ANYWHERE
    )
