"""The VPC, its subnets, the log of its traffic, and tags."""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Iterator, Mapping
from ipaddress import IPv4Network
from typing import TYPE_CHECKING, Any

from rf.aws.eks.cluster import CLUSTER, machines_of
from rf.aws.elasticache.replication_group import redis_nodes
from rf.aws.lb.balancer import LOAD_BALANCER
from rf.aws.mq import BROKER
from rf.aws.rds.instance import INSTANCE
from rf.shared.account import usage
from rf.shared.cards.calls import Calls
from rf.shared.cards.card import Card
from rf.shared.cards.changes import DANGEROUS, IN_PLACE, REPLACE, Changes, Unruled
from rf.shared.cards.control_plane import REGIONAL
from rf.shared.cards.inventing import of_ec2, physical_name
from rf.shared.cards.lifecycle import Created, Inputs, Reading, Task
from rf.shared.cards.prices import Free
from rf.shared.cards.quota import Quota, count_of
from rf.shared.cards.residency import IN_REGION, NO_DATA
from rf.shared.cards.source import provider
from rf.shared.cards.values import by_model
from rf.shared.cards.verification import Comparison, Verification
from rf.shared.cards.without import NO_QUOTA, NOT_COMPARED, OWN_NAME, Without
from rf.shared.offline.invention import Computed, Registration
from rf.shared.plan import reveal

if TYPE_CHECKING:
    from rf.shared.account.need import Need
    from rf.shared.sandbox.reader import Reader


def _create_flow_log(task: Task, inputs: Inputs) -> Created:
    owner, kind = next(
        (inputs.take(key), kind)
        for key, kind in (
            ("vpcId", "VPC"),
            ("subnetId", "Subnet"),
            ("eniId", "NetworkInterface"),
        )
        if key in inputs
    )
    tags = tag_specifications("vpc-flow-log", inputs)
    answer = task.send(
        "ec2",
        "CreateFlowLogs",
        inputs.rest(),
        {"iamRoleArn": "DeliverLogsPermissionArn"},
        ResourceIds=[owner],
        ResourceType=kind,
        **tags,
    )
    return Created(answer["FlowLogIds"][0])


def tag_specifications(kind: str, inputs: Inputs) -> dict[str, Any]:
    """The `TagSpecifications` parameter from the plan's tags; empty when it has none."""
    tags = inputs.take("tags")
    if not tags:
        return {}
    pairs = [{"Key": key, "Value": value} for key, value in sorted(tags.items())]
    return {"TagSpecifications": [{"ResourceType": kind, "Tags": pairs}]}


INGRESS = "aws:vpc/securityGroupIngressRule:SecurityGroupIngressRule"


Rule = tuple[str, Any, Any, str]
"""Protocol, first and last port, and who is on the other side."""


def _rule(protocol: str, first: Any, last: Any, other: Any) -> Rule:
    # EC2 has no ports for "all protocols"; the emulator answers -1 or nothing for them.
    if protocol == "-1":
        first = last = None
    return (str(protocol), first, last, str(other))


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


SUBNET_ATTRIBUTES = {
    "mapPublicIpOnLaunch": "MapPublicIpOnLaunch",
    "assignIpv6AddressOnCreation": "AssignIpv6AddressOnCreation",
}


def _create_subnet(task: Task, inputs: Inputs) -> Created:
    attributes = {name: inputs.take(key) for key, name in SUBNET_ATTRIBUTES.items()}
    tags = tag_specifications("subnet", inputs)
    answer = task.send("ec2", "CreateSubnet", inputs.rest(), **tags)["Subnet"]
    for name, value in attributes.items():
        if value is not None:
            task.call(
                "ec2",
                "ModifySubnetAttribute",
                SubnetId=answer["SubnetId"],
                **{name: {"Value": value}},
            )
    known = {"arn": answer["SubnetArn"], "availabilityZone": answer["AvailabilityZone"]}
    return Created(answer["SubnetId"], known)


def _verify_subnet(
    reader: Reader, identifier: str, inputs: Mapping[str, Any], _reading: Reading
) -> Iterator[Comparison]:
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


def _create_tag(task: Task, inputs: Inputs) -> Created:
    """One tag of a resource that another service made, such as the cluster's security group."""
    owner, key, value = inputs.take("resourceId"), inputs.take("key"), inputs.take("value")
    task.call("ec2", "CreateTags", Resources=[owner], Tags=[{"Key": key, "Value": value}])
    return Created(f"{owner},{key}")


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


VPC_ATTRIBUTES = {
    "enableDnsSupport": "EnableDnsSupport",
    "enableDnsHostnames": "EnableDnsHostnames",
}
"""Attributes of a VPC that the API changes one at a time, after creation."""


def _born_with(task: Task, vpc_id: str) -> dict[str, str]:
    of_vpc = [
        {"Name": "vpc-id", "Values": [vpc_id]},
        {"Name": "association.main", "Values": ["true"]},
    ]
    tables = task.call("ec2", "DescribeRouteTables", Filters=of_vpc)["RouteTables"]
    groups = task.call(
        "ec2",
        "DescribeSecurityGroups",
        Filters=[of_vpc[0], {"Name": "group-name", "Values": ["default"]}],
    )["SecurityGroups"]
    return {
        "mainRouteTableId": tables[0]["RouteTableId"],
        "defaultSecurityGroupId": groups[0]["GroupId"],
    }


def _create_vpc(task: Task, inputs: Inputs) -> Created:
    attributes = {name: inputs.take(key) for key, name in VPC_ATTRIBUTES.items()}
    tags = tag_specifications("vpc", inputs)
    answer = task.send("ec2", "CreateVpc", inputs.rest(), **tags)["Vpc"]
    for name, value in attributes.items():
        if value is not None:
            task.call(
                "ec2", "ModifyVpcAttribute", VpcId=answer["VpcId"], **{name: {"Value": value}}
            )
    owner = answer.get("OwnerId", task.account_id)
    arn = f"arn:aws:ec2:{task.region}:{owner}:vpc/{answer['VpcId']}"
    tables = _born_with(task, answer["VpcId"])
    return Created(answer["VpcId"], {"arn": arn, "cidrBlock": answer["CidrBlock"]} | tables)


VPC = "aws:ec2/vpc:Vpc"


def _verify_vpc(
    reader: Reader, identifier: str, inputs: Mapping[str, Any], _reading: Reading
) -> Iterator[Comparison]:
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


SUBNET = "aws:ec2/subnet:Subnet"


ENDPOINT = "aws:ec2/vpcEndpoint:VpcEndpoint"


NAT_GATEWAY = "aws:ec2/natGateway:NatGateway"


INTERFACES_PER_VCPU = 1.5
"""Upper bound of a node's network interfaces: 3 on a large of 2 vCPUs, 4 on 4, 4 on 8, 8 on 16
(EC2, "Maximum IP addresses per network interface")."""


CLUSTER_INTERFACES = 4
"""Of the EKS control plane in our subnets (EKS, "VPC and subnet requirements")."""


BALANCER_INTERFACES_PER_ZONE = 8
"""Addresses that an Application Load Balancer wants free in each subnet to scale (ELB guide)."""


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


ANYWHERE = ("0.0.0.0/0", "::/0")


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
        for (_, _, _, other), count in _rules_of(reader, group)["ingress"].items()
        if other in ANYWHERE
    )


CARDS = (
    Card(
        type=VPC,
        computed=_invented_vpc,
        values=by_model("ec2:CreateVpc"),
        lifecycle=Calls(service="ec2", create="CreateVpc").lifecycle(create=_create_vpc),
        verification=Verification(kind="VPC", more=_verify_vpc, world=_whole_reach),
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
        lifecycle=Calls(service="ec2", create="CreateSubnet").lifecycle(create=_create_subnet),
        verification=Verification(kind="subnet", more=_verify_subnet),
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
    Card(
        type="aws:ec2/flowLog:FlowLog",
        computed=of_ec2("fl", "vpc-flow-log"),
        values=by_model("ec2:CreateFlowLogs"),
        lifecycle=Calls(service="ec2", create="CreateFlowLogs").lifecycle(create=_create_flow_log),
        verification=NOT_COMPARED,
        changes=Unruled(),
        price=Free(reason="paid as the logs it writes"),
        quotas=NO_QUOTA,
        naming=OWN_NAME,
        permissions=(
            "ec2:CreateFlowLogs",
            "iam:PassRole",
        ),
        residency=NO_DATA,
        control_plane=REGIONAL,
    ),
    Card(
        type="aws:ec2/tag:Tag",
        computed=physical_name,
        values=Without("no model enumerates its inputs"),
        lifecycle=Calls(service="ec2", create="?").lifecycle(create=_create_tag),
        verification=NOT_COMPARED,
        changes=Unruled(),
        price=Free(reason="costs nothing"),
        quotas=NO_QUOTA,
        naming=OWN_NAME,
        permissions=("ec2:CreateTags",),
        residency=NO_DATA,
        control_plane=REGIONAL,
    ),
)
