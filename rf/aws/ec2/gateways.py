"""Ways out of the VPC: gateways, their addresses, and endpoints."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from functools import partial
from typing import TYPE_CHECKING, Any

from rf.aws.ec2.common import TAGGING, arn_of, tagged, take_away_listed
from rf.shared.account import usage
from rf.shared.cards.answers import RequestError
from rf.shared.cards.calls import (
    Calls,
    change,
    differing,
    look_up,
    make,
    retag,
    take_away,
)
from rf.shared.cards.card import Card
from rf.shared.cards.changes import IN_PLACE, REFUSED, REPLACE, Changes, PropertyRule
from rf.shared.cards.control_plane import REGIONAL
from rf.shared.cards.creation import SECONDS, Creation
from rf.shared.cards.inventing import of_ec2
from rf.shared.cards.lifecycle import Created, Inputs, Reading, Standing, Task
from rf.shared.cards.prices import Counted, Free, Priced, each, fixed
from rf.shared.cards.quota import Quota, count_of
from rf.shared.cards.residency import NO_DATA
from rf.shared.cards.source import assumed, guide, provider, thread
from rf.shared.cards.values import ClosedValues, by_model
from rf.shared.cards.verification import Verification
from rf.shared.cards.without import NOT_COMPARED, OWN_NAME
from rf.shared.offline.invention import Computed, Registration
from rf.shared.plan import RecordedPlan, RecordedResource

if TYPE_CHECKING:
    from rf.shared.account.need import Need

INTERNET_GATEWAY = "aws:ec2/internetGateway:InternetGateway"
ADDRESS = "aws:ec2/eip:Eip"
NAT_GATEWAY = "aws:ec2/natGateway:NatGateway"
ENDPOINT = "aws:ec2/vpcEndpoint:VpcEndpoint"


_INTERNET_GATEWAY = Calls(
    service="ec2",
    create="CreateInternetGateway",
    read="DescribeInternetGateways",
    delete="DeleteInternetGateway",
    identifier="InternetGatewayId",
    by={"InternetGatewayId": "{id}"},
    provider_only=("vpcId",),
    prepare=tagged("internet-gateway"),
    outputs={"arn": arn_of("internet-gateway"), "vpcId": "Attachments.0.VpcId"},
    tagging=TAGGING,
)


def _create_internet_gateway(task: Task, inputs: Inputs) -> Created:
    vpc_id = inputs.get("vpcId")
    created = make(_INTERNET_GATEWAY, task, inputs)
    if vpc_id:
        task.call("ec2", "AttachInternetGateway", InternetGatewayId=created.id, VpcId=vpc_id)
    return created


def _update_internet_gateway(task: Task, standing: Standing, inputs: Inputs) -> Created:
    """From one VPC to another."""
    vpc_id = inputs.get("vpcId")
    if vpc_id != standing.inputs.get("vpcId"):
        _detach(task, standing)
        if vpc_id:
            task.call("ec2", "AttachInternetGateway", InternetGatewayId=standing.id, VpcId=vpc_id)
    return change(_INTERNET_GATEWAY, task, standing, inputs)


def _detach(task: Task, standing: Standing) -> None:
    vpc_id = standing.inputs.get("vpcId")
    if not vpc_id:
        return
    try:
        task.call("ec2", "DetachInternetGateway", InternetGatewayId=standing.id, VpcId=vpc_id)
    except RequestError as error:
        if not error.says_gone and error.code != "Gateway.NotAttached":
            raise


def _delete_internet_gateway(task: Task, standing: Standing) -> None:
    """The API deletes none that is attached."""
    _detach(task, standing)
    take_away(_INTERNET_GATEWAY, task, standing)


def _invented_address(registration: Registration) -> Computed:
    computed = of_ec2("eipalloc", "elastic-ip")(registration)
    last = int(registration.hex(2, "address"), 16)
    # 203.0.113.0/24 is reserved for documentation (RFC 5737): nobody's real address.
    address = f"203.0.113.{last}"
    return Computed(
        computed.id, {**computed.outputs, "allocationId": computed.id, "publicIp": address}
    )


_ADDRESS = Calls(
    service="ec2",
    create="AllocateAddress",
    read="DescribeAddresses",
    delete="ReleaseAddress",
    identifier="AllocationId",
    by={"AllocationId": "{id}"},
    prepare=tagged("elastic-ip"),
    outputs={"arn": arn_of("elastic-ip")},
    tagging=TAGGING,
)


_NAT_GATEWAY = Calls(
    service="ec2",
    create="CreateNatGateway",
    read="DescribeNatGateways",
    delete="DeleteNatGateway",
    identifier="NatGatewayId",
    by={"NatGatewayId": "{id}"},
    gone={"State": "deleted"},
    prepare=tagged("natgateway"),
    outputs={"allocationId": "NatGatewayAddresses.0.AllocationId"},
    tagging=TAGGING,
)


def _addresses(inputs: Mapping[str, Any], reading: Reading) -> tuple[Any, Any]:
    addresses = reading.thing["NatGatewayAddresses"]
    return [inputs["allocationId"]], [address["AllocationId"] for address in addresses]


def _invented_vpc_endpoint(registration: Registration) -> Computed:
    computed = of_ec2("vpce", "vpc-endpoint")(registration)
    host = f"{computed.id}.{registration.text('serviceName')}.vpce.amazonaws.com"
    entries = [{"dnsName": host, "hostedZoneId": f"Z{registration.letters(13)}"}]
    return Computed(
        computed.id,
        {
            **computed.outputs,
            "dnsEntries": entries,
            "prefixListId": f"pl-{registration.hex(8)}",
            "networkInterfaceIds": [f"eni-{registration.hex(17, 'eni')}"],
            "state": "available",
        },
    )


_ENDPOINT = Calls(
    service="ec2",
    create="CreateVpcEndpoint",
    read="DescribeVpcEndpoints",
    update="ModifyVpcEndpoint",
    delete="DeleteVpcEndpoints",
    identifier="VpcEndpointId",
    by={"VpcEndpointId": "{id}"},
    gone={"State": "deleted"},
    renames={"policy": "PolicyDocument"},
    provider_only=("autoAccept",),
    prepare=tagged("vpc-endpoint"),
    outputs={"arn": arn_of("vpc-endpoint")},
    tagging=TAGGING,
)

_ENDPOINT_LISTS = {
    "subnetIds": "SubnetIds",
    "routeTableIds": "RouteTableIds",
    "securityGroupIds": "SecurityGroupIds",
}
"""What comes and goes one by one, by the input: the API's noun after `Add` and `Remove`."""


def _read_vpc_endpoint(task: Task, standing: Standing) -> Reading | None:
    """With its groups, which the API describes by name too. Its lists stand in no order: what the
    plan has comes in the plan's."""
    reading = look_up(_ENDPOINT, task, standing)
    if reading is None:
        return None
    groups = [group["GroupId"] for group in reading.thing.get("Groups") or []]
    found = {**reading.shown, "securityGroupIds": groups}
    for key in found.keys() & _ENDPOINT_LISTS.keys():
        planned = list(standing.inputs.get(key) or [])
        known = [each for each in planned if each in found[key]]
        found[key] = known + [each for each in found[key] if each not in planned]
    return Reading(thing=reading.thing, shown=found)


def _update_vpc_endpoint(task: Task, standing: Standing, inputs: Inputs) -> Created:
    """All by one request, as the provider sends it: the API refuses another one meanwhile."""
    retag("ec2", TAGGING, task, standing, inputs.take("tags") or {})
    inputs.drop(*_ENDPOINT.provider_only)
    parameters: dict[str, Any] = {}
    for key, noun in _ENDPOINT_LISTS.items():
        wanted, known = set(inputs.take(key) or []), set(standing.inputs.get(key) or [])
        parameters[f"Add{noun}"] = sorted(wanted - known)
        parameters[f"Remove{noun}"] = sorted(known - wanted)
    listed = {key: value for key, value in parameters.items() if value}
    changed = differing(standing.inputs, inputs.rest())
    if listed or changed:
        which = {"VpcEndpointId": standing.id}
        task.send("ec2", "ModifyVpcEndpoint", changed, _ENDPOINT.renames, **which, **listed)
    return Created(standing.id, standing.outputs)


def _kind(inputs: Mapping[str, Any], reading: Reading) -> tuple[Any, Any]:
    return inputs.get("vpcEndpointType", "Gateway"), reading.thing["VpcEndpointType"]


def _subnets(inputs: Mapping[str, Any], reading: Reading) -> tuple[Any, Any]:
    return sorted(inputs.get("subnetIds") or []), sorted(reading.thing.get("SubnetIds") or [])


def _endpoint(resource: RecordedResource, _plan: RecordedPlan) -> Counted:
    if resource.inputs.get("vpcEndpointType") == "Interface":
        yield "endpoint:interface", fixed(len(resource.inputs["subnetIds"]))


def _endpoints(need: Need, kind: str) -> int:
    """VPC endpoints of a type, `Interface` or `Gateway`."""
    kinds = Counter(each.get("vpcEndpointType") or "Gateway" for each in need.inputs(ENDPOINT))
    return kinds[kind]


_ENDPOINT_QUOTAS = (
    Quota(
        service="vpc",
        code="L-1B52E74A",
        name="Gateway VPC endpoints per Region",
        demand=lambda need: _endpoints(need, "Gateway"),
        used=usage.gateway_endpoints,
    ),
    Quota(
        service="vpc",
        code="L-29B6F2EB",
        name="Interface VPC endpoints per VPC",
        demand=lambda need: _endpoints(need, "Interface"),
    ),
)


def _endpoint_minutes(inputs: Mapping[str, Any]) -> float:
    """A gateway is a line in a route table."""
    return 1.5 if inputs.get("vpcEndpointType") == "Interface" else 1 / 30


CARDS = (
    Card(
        type=INTERNET_GATEWAY,
        computed=of_ec2("igw", "internet-gateway"),
        values=by_model("ec2:CreateInternetGateway"),
        lifecycle=_INTERNET_GATEWAY.lifecycle(
            create=_create_internet_gateway,
            update=_update_internet_gateway,
            delete=_delete_internet_gateway,
        ),
        creation=SECONDS,
        verification=NOT_COMPARED,
        changes=Changes(
            source=(
                provider("ec2/vpc_internet_gateway.go (detached, then attached)"),
                guide("VPC user guide", "Delete an internet gateway"),
            ),
            properties={
                "vpcId": PropertyRule(
                    effect=REFUSED,
                    why="it is detached only from a VPC that has no public address left",
                    way=(
                        "delete what has a public address in the old VPC, NAT gateways before all",
                        "make a gateway of the new VPC beside it, then take this one away",
                    ),
                )
            },
        ),
        price=Free(reason="costs nothing; traffic in is free, none goes out there"),
        quotas=(
            Quota(
                service="vpc",
                code="L-A4707A72",
                name="Internet gateways per Region",
                demand=count_of(INTERNET_GATEWAY),
                used=usage.tagged("ec2", "DescribeInternetGateways", "InternetGateways"),
            ),
        ),
        naming=OWN_NAME,
        permissions=(
            "ec2:CreateInternetGateway",
            "ec2:AttachInternetGateway",
        ),
        residency=NO_DATA,
        control_plane=REGIONAL,
    ),
    Card(
        type=ADDRESS,
        computed=_invented_address,
        values=by_model("ec2:AllocateAddress"),
        lifecycle=_ADDRESS.lifecycle(),
        creation=SECONDS,
        verification=NOT_COMPARED,
        changes=Changes(
            source=(provider("ec2/ec2_eip.go"),),
            properties={
                **dict.fromkeys(
                    (
                        "domain",
                        "address",
                        "customerOwnedIpv4Pool",
                        "ipamPoolId",
                        "networkBorderGroup",
                        "publicIpv4Pool",
                    ),
                    REPLACE,
                ),
                "instance": IN_PLACE,
                "networkInterface": IN_PLACE,
                "associateWithPrivateIp": IN_PLACE,
            },
        ),
        price=Priced(keys=("ipv4:",), count=each("ipv4:address")),
        quotas=(
            Quota(
                service="ec2",
                code="L-0263D0A3",
                name="EC2-VPC Elastic IPs",
                demand=count_of(ADDRESS),
                used=usage.tagged("ec2", "DescribeAddresses", "Addresses"),
            ),
        ),
        naming=OWN_NAME,
        permissions=(
            "ec2:AllocateAddress",
            "ec2:CreateTags",
        ),
        residency=NO_DATA,
        control_plane=REGIONAL,
    ),
    Card(
        type=NAT_GATEWAY,
        computed=of_ec2("nat", "natgateway"),
        values=by_model("ec2:CreateNatGateway"),
        lifecycle=_NAT_GATEWAY.lifecycle(),
        creation=Creation(
            minutes=2,
            source=(
                thread(
                    "hashicorp/terraform-provider-aws#38363",
                    "212 s with its subnet and the deletion of both",
                ),
            ),
        ),
        verification=Verification(
            kind="NAT gateway", rows={"subnet": "subnetId", "address": _addresses}
        ),
        changes=Changes(
            alone="its address is the old one's until that is gone",
            source=(provider("ec2/vpc_nat_gateway.go"),),
            properties={"allocationId": REPLACE, "subnetId": REPLACE, "connectivityType": REPLACE},
        ),
        price=Priced(keys=("nat:",), count=each("nat:gateway")),
        quotas=(
            Quota(
                service="vpc",
                code="L-FE5A380F",
                name="NAT gateways per Availability Zone",
                demand=lambda need: min(1, need.count(NAT_GATEWAY)),
                used=usage.gateways_of_one_zone,
            ),
        ),
        naming=OWN_NAME,
        permissions=("ec2:CreateNatGateway",),
        residency=NO_DATA,
        control_plane=REGIONAL,
    ),
    Card(
        type=ENDPOINT,
        computed=_invented_vpc_endpoint,
        values=ClosedValues(
            operations=(
                "ec2:CreateVpcEndpoint",
                "ec2:ModifyVpcEndpoint",
            ),
            open={
                "serviceName": "the provider takes names that the API splits into several fields"
            },
        ),
        lifecycle=_ENDPOINT.lifecycle(
            read=_read_vpc_endpoint,
            update=_update_vpc_endpoint,
            delete=partial(take_away_listed, _ENDPOINT),
        ),
        creation=Creation(
            minutes=_endpoint_minutes,
            source=(assumed("an interface takes most of what a NAT gateway does"),),
        ),
        verification=Verification(
            kind="VPC endpoint",
            rows={"service": "serviceName", "type": _kind, "subnets": _subnets},
        ),
        changes=Changes(
            source=(provider("ec2/vpc_endpoint.go"),),
            properties={
                "serviceName": REPLACE,
                "vpcId": REPLACE,
                "vpcEndpointType": REPLACE,
                **dict.fromkeys(
                    (
                        "privateDnsEnabled",
                        "routeTableIds",
                        "securityGroupIds",
                        "subnetIds",
                        "policy",
                        "dnsOptions",
                        "ipAddressType",
                    ),
                    IN_PLACE,
                ),
            },
        ),
        price=Priced(keys=("endpoint:",), count=_endpoint),
        quotas=_ENDPOINT_QUOTAS,
        naming=OWN_NAME,
        permissions=("ec2:CreateVpcEndpoint",),
        residency=NO_DATA,
        control_plane=REGIONAL,
    ),
)
