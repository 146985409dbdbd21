"""The VPC and its subnets."""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping
from dataclasses import replace
from ipaddress import IPv4Network
from typing import TYPE_CHECKING, Any

from rf.aws.ec2.common import TAGGING, arn_of, tagged
from rf.aws.ec2.gateways import ENDPOINT, NAT_GATEWAY
from rf.aws.ec2.rules import INGRESS, rules_of
from rf.aws.eks.cluster import CLUSTER, machines_of
from rf.aws.elasticache.replication_group import redis_nodes
from rf.aws.lb.balancer import LOAD_BALANCER
from rf.aws.mq import BROKER
from rf.aws.rds.instance import INSTANCE
from rf.shared.account import usage
from rf.shared.cards.calls import Calls, change, differing, look_up, make
from rf.shared.cards.card import Card
from rf.shared.cards.changes import DANGEROUS, IN_PLACE, REPLACE, Changes
from rf.shared.cards.control_plane import REGIONAL
from rf.shared.cards.creation import SECONDS
from rf.shared.cards.inventing import of_ec2
from rf.shared.cards.lifecycle import Created, Inputs, Reading, Standing, Task
from rf.shared.cards.prices import Free
from rf.shared.cards.quota import Quota, count_of
from rf.shared.cards.residency import IN_REGION
from rf.shared.cards.source import provider
from rf.shared.cards.values import by_model
from rf.shared.cards.verification import Verification
from rf.shared.cards.without import OWN_NAME
from rf.shared.offline.invention import Computed, Registration
from rf.shared.plan import reveal

if TYPE_CHECKING:
    from rf.shared.account.need import Need
    from rf.shared.sandbox.reader import Reader

VPC = "aws:ec2/vpc:Vpc"
SUBNET = "aws:ec2/subnet:Subnet"

_VPC_ATTRIBUTES = {
    "enableDnsSupport": True,
    "enableDnsHostnames": None,
    "enableNetworkAddressUsageMetrics": None,
}
_SUBNET_ATTRIBUTES = {
    "mapPublicIpOnLaunch": False,
    "assignIpv6AddressOnCreation": False,
    "enableResourceNameDnsARecordOnLaunch": False,
    "privateDnsHostnameTypeOnLaunch": None,
}
"""Inputs that the API takes one at a time, after creation, and what the provider makes them when
they are no longer given: by its schema's defaults, None where it leaves them as they are."""

INTERFACES_PER_VCPU = 1.5
"""Upper bound of a node's network interfaces: 3 on a large of 2 vCPUs, 4 on 4, 4 on 8, 8 on 16
(EC2, "Maximum IP addresses per network interface")."""

CLUSTER_INTERFACES = 4
"""Of the EKS control plane in our subnets (EKS, "VPC and subnet requirements")."""

BALANCER_INTERFACES_PER_ZONE = 8
"""Addresses that an Application Load Balancer wants free in each subnet to scale (ELB guide)."""

ANYWHERE = ("0.0.0.0/0", "::/0")


def _set_attributes(
    task: Task, operation: str, which: Mapping[str, str], attributes: Mapping[str, Any]
) -> None:
    """Each by a request of its own. The API wraps a switch, and nothing else."""
    for key, value in attributes.items():
        wrapped = {"value": value} if isinstance(value, bool) else value
        task.send("ec2", operation, {key: wrapped}, **which)


def _given(attributes: Mapping[str, Any], inputs: Mapping[str, Any]) -> dict[str, Any]:
    return {key: inputs[key] for key in attributes if inputs.get(key) is not None}


def _changed(
    attributes: Mapping[str, Any], standing: Standing, inputs: Mapping[str, Any]
) -> dict[str, Any]:
    known, wanted = (
        {**attributes, **_given(attributes, each)} for each in (standing.inputs, inputs)
    )
    return _given(attributes, differing(known, wanted))


def _invented_vpc(registration: Registration) -> Computed:
    computed = of_ec2("vpc", "vpc")(registration)
    return Computed(
        computed.id,
        {
            **computed.outputs,
            "defaultSecurityGroupId": f"sg-{registration.hex(17, 'sg')}",
            "defaultRouteTableId": f"rtb-{registration.hex(17, 'rtb')}",
            "mainRouteTableId": f"rtb-{registration.hex(17, 'rtb')}",
            "defaultNetworkAclId": f"acl-{registration.hex(17, 'acl')}",
            "dhcpOptionsId": f"dopt-{registration.hex(17, 'dopt')}",
        },
    )


def _born_with(task: Task, vpc_id: str) -> dict[str, str]:
    """The ids of what a VPC has from its first day on."""
    outputs: dict[str, str] = {}
    for operation, member, name, value, keys in (
        (
            "DescribeRouteTables",
            "RouteTableId",
            "association.main",
            "true",
            ("mainRouteTableId", "defaultRouteTableId"),
        ),
        (
            "DescribeSecurityGroups",
            "GroupId",
            "group-name",
            "default",
            ("defaultSecurityGroupId",),
        ),
        ("DescribeNetworkAcls", "NetworkAclId", "default", "true", ("defaultNetworkAclId",)),
    ):
        filters = {"vpc-id": vpc_id, name: value}
        answer = task.call(
            "ec2",
            operation,
            Filters=[{"Name": key, "Values": [wanted]} for key, wanted in filters.items()],
        )
        [thing] = answer[operation.removeprefix("Describe")]
        outputs.update(dict.fromkeys(keys, str(thing[member])))
    return outputs


_VPC = Calls(
    service="ec2",
    create="CreateVpc",
    read="DescribeVpcs",
    update="ModifyVpcTenancy",
    delete="DeleteVpc",
    identifier="VpcId",
    by={"VpcId": "{id}"},
    renames={"assignGeneratedIpv6CidrBlock": "AmazonProvidedIpv6CidrBlock"},
    provider_only=tuple(_VPC_ATTRIBUTES),
    prepare=tagged("vpc"),
    outputs={"arn": arn_of("vpc"), "cidrBlock": "CidrBlock"},
    tagging=TAGGING,
)


def _create_vpc(task: Task, inputs: Inputs) -> Created:
    attributes = _given(_VPC_ATTRIBUTES, inputs)
    created = make(_VPC, task, inputs)
    _set_attributes(task, "ModifyVpcAttribute", {"VpcId": created.id}, attributes)
    return Created(created.id, {**created.outputs, **_born_with(task, created.id)})


def _read_vpc(task: Task, standing: Standing) -> Reading | None:
    """With its attributes, which the API answers one at a time."""
    reading = look_up(_VPC, task, standing)
    if reading is None:
        return None
    found = {**reading.shown, "assignGeneratedIpv6CidrBlock": bool(_generated(reading.thing))}
    for key in _given(_VPC_ATTRIBUTES, standing.inputs):
        answer = task.call("ec2", "DescribeVpcAttribute", VpcId=standing.id, Attribute=key)
        found[key] = answer[f"{key[0].upper()}{key[1:]}"]["Value"]
    return Reading(thing=reading.thing, shown=found)


def _update_vpc(task: Task, standing: Standing, inputs: Inputs) -> Created:
    attributes = _changed(_VPC_ATTRIBUTES, standing, inputs)
    _set_attributes(task, "ModifyVpcAttribute", {"VpcId": standing.id}, attributes)
    asked = bool(inputs.take("assignGeneratedIpv6CidrBlock"))
    if asked != bool(standing.inputs.get("assignGeneratedIpv6CidrBlock")):
        _assign_ipv6(task, standing, asked=asked)
    return change(_VPC, task, standing, inputs)


def _assign_ipv6(task: Task, standing: Standing, *, asked: bool) -> None:
    if asked:
        task.call(
            "ec2", "AssociateVpcCidrBlock", VpcId=standing.id, AmazonProvidedIpv6CidrBlock=True
        )
        return
    vpc = task.call("ec2", "DescribeVpcs", VpcIds=[standing.id])["Vpcs"][0]
    for association in _generated(vpc):
        task.call("ec2", "DisassociateVpcCidrBlock", AssociationId=association)


def _generated(vpc: Mapping[str, Any]) -> list[str]:
    """Associations of its IPv6 ranges that are Amazon's."""
    return [
        block["AssociationId"]
        for block in vpc.get("Ipv6CidrBlockAssociationSet") or []
        if block["Ipv6CidrBlockState"]["State"] == "associated" and block["Ipv6Pool"] == "Amazon"
    ]


def private_subnets(need: Need) -> list[IPv4Network]:
    """Where nodes and pods have their addresses."""
    return [
        IPv4Network(each["cidrBlock"])
        for each in need.inputs(SUBNET)
        if "karpenter.sh/discovery" in (each.get("tags") or {})
        or "kubernetes.io/role/internal-elb" in (each.get("tags") or {})
    ]


def _network_interfaces(need: Need) -> int:
    """Upper bound over nodes, endpoints, gateways, databases, balancers and the control plane.

    A multi-AZ instance has its standby's too.
    """
    databases = sum(2 if each.get("multiAz") else 1 for each in need.inputs(INSTANCE))
    endpoints = sum(len(each.get("subnetIds") or ()) for each in need.inputs(ENDPOINT))
    balancers = sum(
        BALANCER_INTERFACES_PER_ZONE * len(each.get("subnets") or ())
        for each in need.inputs(LOAD_BALANCER)
    )
    brokers = sum(len(each["subnetIds"]) for each in need.inputs(BROKER))
    return (
        math.ceil(machines_of(need).standard_vcpus * INTERFACES_PER_VCPU)
        + databases
        + endpoints
        + balancers
        + brokers
        + sum(redis_nodes(need).values())
        + need.count(NAT_GATEWAY)
        + CLUSTER_INTERFACES * need.count(CLUSTER)
    )


_VPC_QUOTAS = (
    Quota(
        service="vpc",
        code="L-F678F1CE",
        name="VPCs per Region",
        demand=count_of(VPC),
        used=usage.tagged("ec2", "DescribeVpcs", "Vpcs"),
    ),
    Quota(
        service="vpc",
        code="L-DF5E4CA3",
        name="Network interfaces per Region",
        demand=_network_interfaces,
        used=usage.in_other_vpcs("ec2", "DescribeNetworkInterfaces", "NetworkInterfaces"),
    ),
)
"""Those of everything that stands in it too."""


def _whole_reach(reader: Reader) -> Iterator[tuple[str, str, Any, Any]]:
    """Nothing beyond the plan: no further subnet, NAT gateway or rule open to the internet."""
    for planned in reader.plan.of_type(VPC):
        of_vpc = [{"Name": "vpc-id", "Values": [planned.resource_id]}]
        subnets = reader.read("ec2", "DescribeSubnets", Filters=of_vpc)["Subnets"]
        yield "VPC", "subnets", len(reader.plan.of_type(SUBNET)), len(subnets)
        gateways = reader.read("ec2", "DescribeNatGateways", Filter=of_vpc)["NatGateways"]
        live = [gateway for gateway in gateways if gateway["State"] != "deleted"]
        expected = len(reader.plan.of_type(NAT_GATEWAY))
        yield "VPC", "NAT gateways", expected, len(live)
        groups = reader.read("ec2", "DescribeSecurityGroups", Filters=of_vpc)["SecurityGroups"]
        yield (
            "VPC",
            "ingress rules open to the internet",
            _planned_open(reader),
            sum(_open_rules(reader, group["GroupId"]) for group in groups),
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
        for (_, _, _, other), count in rules_of(reader, group)["ingress"].items()
        if other in ANYWHERE
    )


_SUBNET = Calls(
    service="ec2",
    create="CreateSubnet",
    read="DescribeSubnets",
    delete="DeleteSubnet",
    identifier="SubnetId",
    by={"SubnetId": "{id}"},
    provider_only=tuple(_SUBNET_ATTRIBUTES),
    prepare=tagged("subnet"),
    outputs={"arn": "SubnetArn", "availabilityZone": "AvailabilityZone"},
    tagging=TAGGING,
)

_LAUNCH_OPTIONS = {
    "enableResourceNameDnsARecordOnLaunch": (
        "PrivateDnsNameOptionsOnLaunch.EnableResourceNameDnsARecord"
    ),
    "privateDnsHostnameTypeOnLaunch": "PrivateDnsNameOptionsOnLaunch.HostnameType",
}
"""Attributes whose place in a subnet's description is another one."""


def _create_subnet(task: Task, inputs: Inputs) -> Created:
    attributes = _given(_SUBNET_ATTRIBUTES, inputs)
    created = make(_SUBNET, task, inputs)
    _set_attributes(task, "ModifySubnetAttribute", {"SubnetId": created.id}, attributes)
    return created


def _read_subnet(task: Task, standing: Standing) -> Reading | None:
    outputs = {**_SUBNET.outputs, **_LAUNCH_OPTIONS}
    return look_up(replace(_SUBNET, outputs=outputs), task, standing)


def _update_subnet(task: Task, standing: Standing, inputs: Inputs) -> Created:
    attributes = _changed(_SUBNET_ATTRIBUTES, standing, inputs)
    _set_attributes(task, "ModifySubnetAttribute", {"SubnetId": standing.id}, attributes)
    return change(_SUBNET, task, standing, inputs)


def _public_addresses(inputs: Mapping[str, Any], reading: Reading) -> tuple[Any, Any]:
    """That nothing in it gets a public address unasked."""
    return bool(inputs.get("mapPublicIpOnLaunch")), reading.thing["MapPublicIpOnLaunch"]


CARDS = (
    Card(
        type=VPC,
        computed=_invented_vpc,
        values=by_model("ec2:CreateVpc"),
        lifecycle=_VPC.lifecycle(create=_create_vpc, read=_read_vpc, update=_update_vpc),
        creation=SECONDS,
        verification=Verification(
            kind="VPC",
            rows={
                "CIDR": "cidrBlock",
                "enableDnsSupport": "enableDnsSupport",
                "enableDnsHostnames": "enableDnsHostnames",
            },
            world=_whole_reach,
        ),
        changes=Changes(
            holds="the network that all stores stand in",
            source=(provider("ec2/vpc_.go"),),
            properties={
                "cidrBlock": REPLACE,
                "ipv4IpamPoolId": REPLACE,
                "ipv4NetmaskLength": REPLACE,
                "instanceTenancy": DANGEROUS,
                "enableDnsHostnames": IN_PLACE,
                "enableDnsSupport": IN_PLACE,
                "enableNetworkAddressUsageMetrics": IN_PLACE,
                "assignGeneratedIpv6CidrBlock": IN_PLACE,
                "tags": IN_PLACE,
            },
        ),
        price=Free(reason="costs nothing"),
        quotas=_VPC_QUOTAS,
        naming=OWN_NAME,
        permissions=(
            "ec2:CreateVpc",
            "ec2:ModifyVpcAttribute",
        ),
        residency=IN_REGION,
        control_plane=REGIONAL,
    ),
    Card(
        type=SUBNET,
        computed=of_ec2("subnet", "subnet"),
        values=by_model("ec2:CreateSubnet"),
        lifecycle=_SUBNET.lifecycle(
            create=_create_subnet, read=_read_subnet, update=_update_subnet
        ),
        creation=SECONDS,
        verification=Verification(
            kind="subnet",
            rows={
                "CIDR": "cidrBlock",
                "zone": "availabilityZone",
                "VPC": "vpcId",
                "public addresses": _public_addresses,
            },
        ),
        changes=Changes(
            holds="the addresses of what stands in it",
            source=(provider("ec2/vpc_subnet.go"),),
            properties={
                "availabilityZone": REPLACE,
                "availabilityZoneId": REPLACE,
                "cidrBlock": REPLACE,
                "vpcId": REPLACE,
                "mapPublicIpOnLaunch": IN_PLACE,
                "assignIpv6AddressOnCreation": IN_PLACE,
                "enableResourceNameDnsARecordOnLaunch": IN_PLACE,
                "privateDnsHostnameTypeOnLaunch": IN_PLACE,
                "tags": IN_PLACE,
            },
        ),
        price=Free(reason="costs nothing"),
        quotas=(
            Quota(
                service="vpc",
                code="L-407747CB",
                name="Subnets per VPC",
                demand=count_of(SUBNET),
            ),
        ),
        naming=OWN_NAME,
        permissions=(
            "ec2:CreateSubnet",
            "ec2:ModifySubnetAttribute",
        ),
        residency=IN_REGION,
        control_plane=REGIONAL,
    ),
)
