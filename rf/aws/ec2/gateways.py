"""Ways out of the VPC: gateways, their addresses, and endpoints."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping
from typing import TYPE_CHECKING, Any

from rf.aws.ec2.network import ENDPOINT, NAT_GATEWAY, tag_specifications
from rf.shared.account import usage
from rf.shared.cards.calls import Calls, differing
from rf.shared.cards.card import Card
from rf.shared.cards.changes import REPLACE, Changes, Unruled
from rf.shared.cards.control_plane import REGIONAL
from rf.shared.cards.inventing import of_ec2
from rf.shared.cards.lifecycle import Created, Inputs, Reading, Standing, Task
from rf.shared.cards.prices import Counted, Free, Priced, each, fixed
from rf.shared.cards.quota import Quota, count_of
from rf.shared.cards.residency import NO_DATA
from rf.shared.cards.source import provider
from rf.shared.cards.values import ClosedValues, by_model
from rf.shared.cards.verification import Comparison, Verification
from rf.shared.cards.without import NOT_COMPARED, OWN_NAME
from rf.shared.offline.invention import Computed, Registration
from rf.shared.plan import RecordedPlan, RecordedResource

if TYPE_CHECKING:
    from rf.shared.account.need import Need
    from rf.shared.sandbox.reader import Reader


def _invented_address(registration: Registration) -> Computed:
    computed = of_ec2("eipalloc", "elastic-ip")(registration)
    last = int(registration.hex(2, "address"), 16)
    # 203.0.113.0/24 is reserved for documentation (RFC 5737): nobody's real address.
    address = f"203.0.113.{last}"
    return Computed(
        computed.id, {**computed.outputs, "allocationId": computed.id, "publicIp": address}
    )


def _create_elastic_ip(task: Task, inputs: Inputs) -> Created:
    tags = tag_specifications("elastic-ip", inputs)
    answer = task.send("ec2", "AllocateAddress", inputs.rest(), **tags)
    known = {"allocationId": answer["AllocationId"], "publicIp": answer["PublicIp"]}
    return Created(answer["AllocationId"], known)


def _create_internet_gateway(task: Task, inputs: Inputs) -> Created:
    vpc_id = inputs.take("vpcId")
    tags = tag_specifications("internet-gateway", inputs)
    answer = task.send("ec2", "CreateInternetGateway", inputs.rest(), **tags)["InternetGateway"]
    identifier = answer["InternetGatewayId"]
    if vpc_id:
        task.call("ec2", "AttachInternetGateway", InternetGatewayId=identifier, VpcId=vpc_id)
    return Created(identifier)


def _create_nat_gateway(task: Task, inputs: Inputs) -> Created:
    tags = tag_specifications("natgateway", inputs)
    answer = task.send("ec2", "CreateNatGateway", inputs.rest(), **tags)["NatGateway"]
    return Created(answer["NatGatewayId"])


def _verify_nat_gateway(
    reader: Reader, identifier: str, inputs: Mapping[str, Any], _reading: Reading
) -> Iterator[Comparison]:
    """Where it stands and with which address."""
    actual = reader.one("ec2", "DescribeNatGateways", "NatGateways", NatGatewayIds=[identifier])
    yield "subnet", inputs["subnetId"], actual["SubnetId"]
    addresses = [address["AllocationId"] for address in actual["NatGatewayAddresses"]]
    yield "address", [inputs["allocationId"]], addresses


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


def _create_vpc_endpoint(task: Task, inputs: Inputs) -> Created:
    inputs.drop("autoAccept")
    policy = inputs.take("policy")
    documents = {"PolicyDocument": policy} if policy else {}
    tags = tag_specifications("vpc-endpoint", inputs)
    answer = task.send("ec2", "CreateVpcEndpoint", inputs.rest(), **tags, **documents)[
        "VpcEndpoint"
    ]
    return Created(answer["VpcEndpointId"], {"state": answer.get("State", "available")})


def _verify_vpc_endpoint(
    reader: Reader, identifier: str, inputs: Mapping[str, Any], _reading: Reading
) -> Iterator[Comparison]:
    """Its service, kind and subnets."""
    actual = reader.one("ec2", "DescribeVpcEndpoints", "VpcEndpoints", VpcEndpointIds=[identifier])
    yield "service", inputs["serviceName"], actual["ServiceName"]
    yield "type", inputs.get("vpcEndpointType", "Gateway"), actual["VpcEndpointType"]
    yield "subnets", sorted(inputs.get("subnetIds") or []), sorted(actual.get("SubnetIds", []))


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


def _update_vpc_endpoint(task: Task, standing: Standing, inputs: Inputs) -> Created:
    """Subnets, tables and groups come and go; the policy is put whole."""
    parameters: dict[str, Any] = {}
    for key, noun in (
        ("subnetIds", "SubnetIds"),
        ("routeTableIds", "RouteTableIds"),
        ("securityGroupIds", "SecurityGroupIds"),
    ):
        wanted, known = set(inputs.take(key) or []), set(standing.inputs.get(key) or [])
        parameters[f"Add{noun}"] = sorted(wanted - known)
        parameters[f"Remove{noun}"] = sorted(known - wanted)
    inputs.drop("autoAccept", "vpcId", "serviceName", "vpcEndpointType", "tags")
    changed = differing(standing.inputs, inputs.rest())
    if "policy" in changed:
        changed["policyDocument"] = changed.pop("policy")
    wanted = {key: value for key, value in parameters.items() if value}
    if wanted or changed:
        task.send("ec2", "ModifyVpcEndpoint", changed, VpcEndpointId=standing.id, **wanted)
    return Created(standing.id, standing.outputs)


CARDS = (
    Card(
        type="aws:ec2/internetGateway:InternetGateway",
        computed=of_ec2("igw", "internet-gateway"),
        values=by_model("ec2:CreateInternetGateway"),
        lifecycle=Calls(service="ec2", create="CreateInternetGateway").lifecycle(
            create=_create_internet_gateway
        ),
        verification=NOT_COMPARED,
        changes=Unruled(),
        price=Free(reason="costs nothing; traffic in is free, none goes out there"),
        quotas=(
            Quota(
                service="vpc",
                code="L-A4707A72",
                name="Internet gateways per Region",
                demand=count_of("aws:ec2/internetGateway:InternetGateway"),
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
        type="aws:ec2/eip:Eip",
        computed=_invented_address,
        values=by_model("ec2:AllocateAddress"),
        lifecycle=Calls(service="ec2", create="AllocateAddress").lifecycle(
            create=_create_elastic_ip
        ),
        verification=NOT_COMPARED,
        changes=Unruled(),
        price=Priced(keys=("ipv4:",), count=each("ipv4:address")),
        quotas=(
            Quota(
                service="ec2",
                code="L-0263D0A3",
                name="EC2-VPC Elastic IPs",
                demand=count_of("aws:ec2/eip:Eip"),
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
        lifecycle=Calls(service="ec2", create="CreateNatGateway").lifecycle(
            create=_create_nat_gateway
        ),
        verification=Verification(kind="NAT gateway", more=_verify_nat_gateway),
        changes=Changes(
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
        lifecycle=Calls(service="ec2", create="CreateVpcEndpoint").lifecycle(
            create=_create_vpc_endpoint, update=_update_vpc_endpoint
        ),
        verification=Verification(kind="VPC endpoint", more=_verify_vpc_endpoint),
        changes=Changes(
            source=(provider("ec2/vpc_endpoint.go"),),
            properties={"serviceName": REPLACE, "vpcId": REPLACE, "vpcEndpointType": REPLACE},
        ),
        price=Priced(keys=("endpoint:",), count=_endpoint),
        quotas=_ENDPOINT_QUOTAS,
        naming=OWN_NAME,
        permissions=("ec2:CreateVpcEndpoint",),
        residency=NO_DATA,
        control_plane=REGIONAL,
    ),
)
