"""Rules of subnets: which way traffic leaves them, and what may stand in which."""

from __future__ import annotations

from collections.abc import Iterator

from ..shared.rule import Resource, Rule, RuleLayer, StackResources
from ..shared.tokens import (
    BROKER,
    CLUSTER,
    DATABASE_SUBNETS,
    DEPLOYMENT,
    INTERNET_GATEWAY,
    LOAD_BALANCER,
    NAT_GATEWAY,
    NODE_CLASS,
    NODE_GROUP,
    REDIS_SUBNETS,
    ROUTE,
    ROUTE_TABLE,
    ROUTE_TABLE_USE,
    SUBNET,
    VPC_ENDPOINT,
)
from ..shared.values import at, is_true, listed

STANDS_IN = {
    BROKER: "subnetIds",
    CLUSTER: "vpcConfig",
    DATABASE_SUBNETS: "subnetIds",
    LOAD_BALANCER: "subnets",
    NODE_GROUP: "subnetIds",
    REDIS_SUBNETS: "subnetIds",
    VPC_ENDPOINT: "subnetIds",
}
"""Which input names the subnets that something stands in."""

STORES = (BROKER, DATABASE_SUBNETS, REDIS_SUBNETS)


def _routes(subnet: Resource, stack: StackResources) -> Iterator[Resource]:
    for use in stack.pointing_at(subnet, ROUTE_TABLE_USE, "subnetId"):
        for table in stack.behind(use, "routeTableId", ROUTE_TABLE):
            yield from stack.pointing_at(table, ROUTE, "routeTableId")


def _is_public(subnet: Resource, stack: StackResources) -> bool:
    return any(
        True
        for route in _routes(subnet, stack)
        for _ in stack.behind(route, "gatewayId", INTERNET_GATEWAY)
    )


def _subnets_of(resource: Resource, stack: StackResources) -> Iterator[Resource]:
    if resource.type != NODE_CLASS:
        yield from stack.behind(resource, STANDS_IN[resource.type], SUBNET)
        return
    for term in listed(resource.inputs, "spec.subnetSelectorTerms"):
        wanted = at(term, "tags", {})
        for subnet in stack.of_type(SUBNET):
            if wanted and wanted.items() <= at(subnet.inputs, "tags", {}).items():
                yield subnet


def _own_zones_gateway(resource: Resource, stack: StackResources) -> Iterator[str]:
    if not any(True for _ in stack.of_type(DEPLOYMENT)):
        return  # a recovery site that waits serves nobody
    zone = at(resource.inputs, "availabilityZone")
    for route in _routes(resource, stack):
        for gateway in stack.behind(route, "natGatewayId", NAT_GATEWAY):
            for home in stack.behind(gateway, "subnetId", SUBNET):
                other = at(home.inputs, "availabilityZone")
                if other != zone:
                    yield f"in {zone} leaves by a NAT gateway in {other}, and is lost with it"


def _store_without_way_out(resource: Resource, stack: StackResources) -> Iterator[str]:
    for subnet in _subnets_of(resource, stack):
        if any(True for _ in _routes(subnet, stack)):
            yield f"stands in {subnet.name}, from which a way leads out of the network"


def _not_in_public(resource: Resource, stack: StackResources) -> Iterator[str]:
    if resource.type == LOAD_BALANCER and not is_true(resource.inputs, "internal"):
        return
    for subnet in _subnets_of(resource, stack):
        if _is_public(subnet, stack):
            yield f"stands in {subnet.name}, which the internet reaches"


def _answers_by_name(resource: Resource, stack: StackResources) -> Iterator[str]:
    interface = at(resource.inputs, "vpcEndpointType", "Gateway") == "Interface"
    if interface and not is_true(resource.inputs, "privateDnsEnabled"):
        yield "has no private name: clients go on asking AWS over the internet"


RULES = (
    Rule(
        id="nat-per-zone",
        layer=RuleLayer.NETWORK,
        demand="From medium a subnet leaves by a NAT gateway of its own zone.",
        reason="A gateway stands in one zone: its loss would take the others' way out along.",
        source="VPC user guide, NAT gateway basics; scale plan, Resource Estimates by Scale",
        remedy="set network.natGateways to 3",
        types=(SUBNET,),
        from_size="medium",
        check=_own_zones_gateway,
        whole_stack=True,
    ),
    Rule(
        id="stores-without-way-out",
        layer=RuleLayer.NETWORK,
        demand="What holds data stands in subnets with no way out of the network.",
        reason="A server that is taken over has nowhere to send what it holds.",
        source="VPC user guide, Subnet types, isolated; AWS Security Hub, RDS.46",
        remedy="give the store the data subnets, and their route table no route",
        types=STORES,
        check=_store_without_way_out,
        whole_stack=True,
    ),
    Rule(
        id="nothing-in-public-subnets",
        layer=RuleLayer.NETWORK,
        demand="No machine, store, endpoint or internal balancer stands in a public subnet.",
        reason="There one switch of a security group is all that keeps the internet out.",
        source="EKS best practices, VPC and subnet considerations; AWS Security Hub, RDS.46",
        remedy="give it the private subnets",
        types=(*STANDS_IN, NODE_CLASS),
        check=_not_in_public,
        whole_stack=True,
    ),
    Rule(
        id="endpoints-by-name",
        layer=RuleLayer.NETWORK,
        demand="Interface endpoints answer by the service's own name.",
        reason="Else images, logs and secrets take the NAT gateway, and the endpoint is for show.",
        source="AWS PrivateLink guide, Enable private DNS names",
        remedy="set privateDnsEnabled",
        types=(VPC_ENDPOINT,),
        check=_answers_by_name,
    ),
)
