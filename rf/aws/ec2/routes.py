"""Routes, and which subnets have them."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import Any
from zlib import crc32

from rf.aws.ec2.common import TAGGING, arn_of, tagged
from rf.shared.cards.calls import Calls, shown, take_away
from rf.shared.cards.card import Card
from rf.shared.cards.changes import IN_PLACE, REPLACE, RESTART, Changes, PropertyRule
from rf.shared.cards.control_plane import REGIONAL
from rf.shared.cards.creation import SECONDS
from rf.shared.cards.inventing import of_ec2
from rf.shared.cards.lifecycle import Created, Inputs, Reading, Standing, Task
from rf.shared.cards.paths import dig
from rf.shared.cards.prices import Free
from rf.shared.cards.quota import Quota
from rf.shared.cards.residency import NO_DATA
from rf.shared.cards.source import provider
from rf.shared.cards.values import by_model
from rf.shared.cards.verification import Verification
from rf.shared.cards.without import NO_QUOTA, NOT_COMPARED, NOT_ENUMERATED, OWN_NAME
from rf.shared.offline.invention import Computed, Registration

ROUTE_TABLE = "aws:ec2/routeTable:RouteTable"

_DESTINATIONS = {
    "destinationCidrBlock": "DestinationCidrBlock",
    "destinationIpv6CidrBlock": "DestinationIpv6CidrBlock",
    "destinationPrefixListId": "DestinationPrefixListId",
}
"""What a table has one route of, by the input that says it: the API's member."""


def _found_by(task: Task, name: str, value: str) -> Mapping[str, Any]:
    """The route table that the filter finds; empty where there is none."""
    filters = [{"Name": name, "Values": [value]}]
    answer = task.call("ec2", "DescribeRouteTables", Filters=filters)
    return dig(answer.data, "RouteTables.0") or {}


_ROUTE_TABLE = Calls(
    service="ec2",
    create="CreateRouteTable",
    read="DescribeRouteTables",
    delete="DeleteRouteTable",
    identifier="RouteTableId",
    by={"RouteTableId": "{id}"},
    prepare=tagged("route-table"),
    outputs={"arn": arn_of("route-table")},
    tagging=TAGGING,
)


def _delete_route_table(task: Task, standing: Standing) -> None:
    """As the provider does: without the subnets that still go by it."""
    table = _found_by(task, "route-table-id", standing.id)
    for association in table.get("Associations") or []:
        if not association["Main"]:
            which = association["RouteTableAssociationId"]
            task.call("ec2", "DisassociateRouteTable", AssociationId=which)
    take_away(_ROUTE_TABLE, task, standing)


def _invented_route(registration: Registration) -> Computed:
    return Computed(f"r-{registration.text('routeTableId')}{registration.hex(10)}", {})


_ROUTE = Calls(
    service="ec2",
    create="CreateRoute",
    read="DescribeRouteTables",
    update="ReplaceRoute",
    delete="DeleteRoute",
)


def _destination(inputs: Mapping[str, Any]) -> str:
    """The input that says where the route leads."""
    return next((key for key in _DESTINATIONS if inputs.get(key)), "destinationCidrBlock")


def _create_route(task: Task, inputs: Inputs) -> Created:
    """A route has no id but the provider's, of its table and a checksum of its destination."""
    checksum = crc32(str(inputs.get(_destination(inputs))).encode())
    identifier = f"r-{inputs['routeTableId']}{checksum}"
    task.send("ec2", "CreateRoute", inputs.rest())
    return Created(identifier)


def _read_route(task: Task, standing: Standing) -> Reading | None:
    """One row of its table."""
    key = _destination(standing.inputs)
    table = _found_by(task, "route-table-id", standing.inputs["routeTableId"])
    for row in table.get("Routes") or []:
        if row.get(_DESTINATIONS[key]) == standing.inputs[key]:
            found = shown(_ROUTE, task, "RouteTables.0.Routes.0", row, standing)
            return Reading(thing=row, shown={**found, "routeTableId": table["RouteTableId"]})
    return None


def _update_route(task: Task, standing: Standing, inputs: Inputs) -> Created:
    """The API wants the table, the destination and the target each time."""
    task.send("ec2", "ReplaceRoute", inputs.rest())
    return Created(standing.id, standing.outputs)


def _delete_route(task: Task, standing: Standing) -> None:
    key = _destination(standing.inputs)
    which = {"RouteTableId": "{routeTableId}", _DESTINATIONS[key]: f"{{{key}}}"}
    take_away(replace(_ROUTE, by=which), task, standing)


def _target(inputs: Mapping[str, Any], reading: Reading) -> tuple[Any, Any] | None:
    """That the table sends the destination to the plan's gateway."""
    expected = inputs.get("natGatewayId") or inputs.get("gatewayId")
    if inputs.get("destinationCidrBlock") is None or expected is None:
        return None
    return [expected], [reading.thing.get("NatGatewayId") or reading.thing.get("GatewayId")]


def _invented_association(registration: Registration) -> Computed:
    return Computed(f"rtbassoc-{registration.hex(17)}", {})


_ASSOCIATION = Calls(
    service="ec2",
    create="AssociateRouteTable",
    read="DescribeRouteTables",
    delete="DisassociateRouteTable",
    identifier="AssociationId",
    by={"AssociationId": "{id}"},
    described="",
)


def _read_association(task: Task, standing: Standing) -> Reading | None:
    """One of those that its table has."""
    table = _found_by(task, "association.route-table-association-id", standing.id)
    for row in table.get("Associations") or []:
        if row["RouteTableAssociationId"] == standing.id:
            found = shown(_ASSOCIATION, task, "RouteTables.0.Associations.0", row, standing)
            return Reading(thing=row, shown=found)
    return None


def _update_association(task: Task, standing: Standing, inputs: Inputs) -> Created:
    """Another table is another association, by the API, with an id of its own."""
    table = inputs.take("routeTableId")
    inputs.drop("subnetId", "gatewayId")
    answer = task.call(
        "ec2", "ReplaceRouteTableAssociation", AssociationId=standing.id, RouteTableId=table
    )
    return Created(answer["NewAssociationId"], standing.outputs)


CARDS = (
    Card(
        type=ROUTE_TABLE,
        computed=of_ec2("rtb", "route-table"),
        values=by_model("ec2:AssociateRouteTable", "ec2:CreateRouteTable"),
        lifecycle=_ROUTE_TABLE.lifecycle(delete=_delete_route_table),
        creation=SECONDS,
        verification=NOT_COMPARED,
        changes=Changes(
            source=(provider("ec2/vpc_route_table.go"),), properties={"vpcId": REPLACE}
        ),
        price=Free(reason="routing costs nothing"),
        quotas=(
            Quota(
                service="vpc",
                code="L-589F43AA",
                name="Route tables per VPC",
                demand=lambda need: need.count(ROUTE_TABLE) + 1,
            ),
        ),
        naming=OWN_NAME,
        permissions=("ec2:CreateRouteTable",),
        residency=NO_DATA,
        control_plane=REGIONAL,
    ),
    Card(
        type="aws:ec2/route:Route",
        computed=_invented_route,
        values=by_model("ec2:CreateRoute"),
        lifecycle=_ROUTE.lifecycle(
            create=_create_route, read=_read_route, update=_update_route, delete=_delete_route
        ),
        creation=SECONDS,
        verification=Verification(kind="route", rows={"target": _target}),
        changes=Changes(
            source=(provider("ec2/vpc_route.go"),),
            properties={
                "routeTableId": REPLACE,
                "destinationCidrBlock": REPLACE,
                **dict.fromkeys(
                    (
                        "gatewayId",
                        "natGatewayId",
                        "networkInterfaceId",
                        "vpcEndpointId",
                        "vpcPeeringConnectionId",
                        "transitGatewayId",
                    ),
                    PropertyRule(
                        effect=RESTART,
                        outage="connections through the old gateway break; clients reconnect",
                    ),
                ),
            },
        ),
        price=Free(reason="routing costs nothing"),
        quotas=NO_QUOTA,
        naming=OWN_NAME,
        permissions=("ec2:CreateRoute",),
        residency=NO_DATA,
        control_plane=REGIONAL,
    ),
    Card(
        type="aws:ec2/routeTableAssociation:RouteTableAssociation",
        computed=_invented_association,
        values=NOT_ENUMERATED,
        lifecycle=_ASSOCIATION.lifecycle(read=_read_association, update=_update_association),
        creation=SECONDS,
        verification=NOT_COMPARED,
        changes=Changes(
            source=(provider("ec2/vpc_route_table_association.go"),),
            properties={"subnetId": REPLACE, "gatewayId": REPLACE, "routeTableId": IN_PLACE},
        ),
        price=Free(reason="routing costs nothing"),
        quotas=NO_QUOTA,
        naming=OWN_NAME,
        permissions=("ec2:AssociateRouteTable",),
        residency=NO_DATA,
        control_plane=REGIONAL,
    ),
)
