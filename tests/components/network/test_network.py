"""The VPC: what is public, what leaves by which gateway, and what nothing can leave."""

from ipaddress import IPv4Network

import pulumi
import pytest

from components.network.network import Network, NetworkArgs
from components.network.private_endpoints import INTERFACE_SERVICES
from scaleplan.sizes import NetworkSettings
from tests.components.recorded_once import recorded_once
from tests.components.values import keys, place

SUBNET, ROUTE = "aws:ec2/subnet:Subnet", "aws:ec2/route:Route"
ASSOCIATION = "aws:ec2/routeTableAssociation:RouteTableAssociation"
TABLE, NAT = "aws:ec2/routeTable:RouteTable", "aws:ec2/natGateway:NatGateway"
ENDPOINT = "aws:ec2/vpcEndpoint:VpcEndpoint"


@pytest.fixture
def network(build):
    @recorded_once
    def run(nat_gateways=3, *, protect=True, export=False):
        def construct(opts):
            component = Network(
                "network",
                NetworkArgs(
                    place=place(
                        availability_zones=("us-east-1a", "us-east-1b", "us-east-1d"),
                        protect=protect,
                    ),
                    keys=keys(),
                    vpc_cidr=IPv4Network("10.0.0.0/16"),
                    settings=NetworkSettings(nat_gateways=nat_gateways),
                ),
                opts,
            )
            if export:
                pulumi.export("private", component.private_subnet_ids)
                pulumi.export("data", component.data_subnet_ids)

        return build(construct)

    return run


def tier(built, name):
    return [r for r in built.of_type(SUBNET) if r.name.startswith(f"network-{name}-")]


def table_of(built, subnet):
    """The route table that the subnet of that name is associated with, by name."""
    subnet_id = built.named(SUBNET, subnet).resource_id
    (table_id,) = [
        r.inputs["routeTableId"]
        for r in built.of_type(ASSOCIATION)
        if r.inputs["subnetId"] == subnet_id
    ]
    return next(r for r in built.of_type(TABLE) if r.resource_id == table_id)


def routes_of(built, table):
    return [r.inputs for r in built.of_type(ROUTE) if r.inputs["routeTableId"] == table.resource_id]


def test_each_tier_has_a_subnet_in_each_zone_at_its_pinned_address(network):
    built = network()
    placed = {
        r.name: (r.inputs["availabilityZone"], r.inputs["cidrBlock"]) for r in built.of_type(SUBNET)
    }
    assert placed == {
        "network-private-a": ("us-east-1a", "10.0.0.0/18"),
        "network-private-b": ("us-east-1b", "10.0.64.0/18"),
        "network-private-c": ("us-east-1d", "10.0.128.0/18"),
        "network-public-a": ("us-east-1a", "10.0.192.0/22"),
        "network-public-b": ("us-east-1b", "10.0.196.0/22"),
        "network-public-c": ("us-east-1d", "10.0.200.0/22"),
        "network-data-a": ("us-east-1a", "10.0.204.0/22"),
        "network-data-b": ("us-east-1b", "10.0.208.0/22"),
        "network-data-c": ("us-east-1d", "10.0.212.0/22"),
    }
    assert not any(r.inputs["mapPublicIpOnLaunch"] for r in built.of_type(SUBNET))


def test_data_subnets_have_no_way_out(network):
    built = network()
    for subnet in tier(built, "data"):
        assert routes_of(built, table_of(built, subnet.name)) == []


@pytest.mark.parametrize("gateways", [1, 2, 3])
def test_private_subnets_leave_by_a_nat_gateway_only(network, gateways):
    built = network(gateways)
    in_public = {r.inputs["subnetId"] for r in built.of_type(NAT)}
    assert in_public <= {r.resource_id for r in tier(built, "public")}
    assert len(in_public) == gateways
    used = set()
    for subnet in tier(built, "private"):
        (route,) = routes_of(built, table_of(built, subnet.name))
        assert "gatewayId" not in route
        used.add(route["natGatewayId"])
    assert used == {r.resource_id for r in built.of_type(NAT)}


def test_more_nat_gateways_add_resources_and_change_route_targets_only(network):
    few, many = network(1), network(3)
    later = {r.urn: r.inputs for r in many.resources}
    may_change = {ROUTE: "natGatewayId", ENDPOINT: "subnetIds"}
    for before in few.resources:
        if before.custom:
            moving = may_change.get(before.type)
            unmoved = {k: v for k, v in before.inputs.items() if k != moving}
            assert unmoved == {k: v for k, v in later[before.urn].items() if k != moving}


def test_vpc_and_subnets_are_guarded_unless_the_stack_says_otherwise(network):
    kinds = ("aws:ec2/vpc:Vpc", SUBNET)
    guarded = [r for r in network().resources if r.type in kinds]
    assert len(guarded) == 10
    assert all(r.protect for r in guarded)
    assert not any(r.protect for r in network(protect=False).resources)


def test_the_default_security_group_lets_nothing_through(network):
    built = network()
    inputs = built.inputs("aws:ec2/defaultSecurityGroup:DefaultSecurityGroup", "network-default")
    assert inputs["ingress"] == []
    assert inputs["egress"] == []


def test_interface_endpoints_take_https_from_the_vpc_only(network):
    built = network()
    (rule,) = built.of_type("aws:vpc/securityGroupIngressRule:SecurityGroupIngressRule")
    assert rule.inputs["cidrIpv4"] == "10.0.0.0/16"
    assert (rule.inputs["ipProtocol"], rule.inputs["fromPort"], rule.inputs["toPort"]) == (
        "tcp",
        443,
        443,
    )
    assert not built.of_type("aws:vpc/securityGroupEgressRule:SecurityGroupEgressRule")
    interfaces = [r for r in built.of_type(ENDPOINT) if r.inputs["vpcEndpointType"] == "Interface"]
    assert {r.inputs["serviceName"] for r in interfaces} == {
        f"com.amazonaws.us-east-1.{service}" for service in INTERFACE_SERVICES
    }
    for endpoint in interfaces:
        assert endpoint.inputs["privateDnsEnabled"] is True
        assert endpoint.inputs["securityGroupIds"] == [rule.inputs["securityGroupId"]]


@pytest.mark.parametrize("gateways", [1, 3])
def test_interface_endpoints_stand_in_the_zones_with_a_gateway(network, gateways):
    built = network(gateways)
    expected = {r.resource_id for r in tier(built, "private")[:gateways]}
    for endpoint in built.of_type(ENDPOINT):
        if endpoint.inputs["vpcEndpointType"] == "Interface":
            assert set(endpoint.inputs["subnetIds"]) == expected


def test_private_subnets_reach_s3_without_a_gateway_of_theirs(network):
    built = network(1)
    inputs = built.inputs(ENDPOINT, "network-endpoints-s3")
    assert inputs["vpcEndpointType"] == "Gateway"
    tables = {table_of(built, r.name).resource_id for r in tier(built, "private")}
    assert set(inputs["routeTableIds"]) == tables
    assert len(tables) == 3


def test_flows_are_logged_encrypted_and_for_a_limited_time(network):
    built = network()
    flow = built.inputs("aws:ec2/flowLog:FlowLog", "network-flow")
    group = built.inputs("aws:cloudwatch/logGroup:LogGroup", "network-flow")
    assert flow["trafficType"] == "ALL"
    assert flow["vpcId"] == built.named("aws:ec2/vpc:Vpc", "network-vpc").resource_id
    assert group["kmsKeyId"].endswith("key/logs")
    assert group["retentionInDays"] == 90


def test_controllers_find_the_subnets_by_their_tags(network):
    built = network()
    for subnet in tier(built, "private"):
        assert subnet.inputs["tags"]["karpenter.sh/discovery"] == "researchflow-test"
        assert subnet.inputs["tags"]["kubernetes.io/role/internal-elb"] == "1"
    for subnet in tier(built, "data"):
        assert set(subnet.inputs["tags"]) == {"Name"}


def test_subnet_lists_are_in_the_order_of_the_zones(network):
    built = network(export=True)
    for name in ("private", "data"):
        expected = [built.named(SUBNET, f"network-{name}-{zone}").resource_id for zone in "abc"]
        assert built.exported[name] == expected
