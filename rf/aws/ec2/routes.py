"""Routes, and which subnets have them."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import TYPE_CHECKING, Any

from rf.aws.ec2.network import tag_specifications
from rf.shared.cards.calls import Calls
from rf.shared.cards.card import Card
from rf.shared.cards.changes import REPLACE, RESTART, Changes, PropertyRule
from rf.shared.cards.control_plane import REGIONAL
from rf.shared.cards.inventing import of_ec2
from rf.shared.cards.lifecycle import Created, Inputs, Reading, Standing, Task
from rf.shared.cards.prices import Free
from rf.shared.cards.quota import Quota
from rf.shared.cards.residency import NO_DATA
from rf.shared.cards.source import provider
from rf.shared.cards.values import by_model
from rf.shared.cards.verification import Comparison, Verification
from rf.shared.cards.without import NO_QUOTA, NOT_COMPARED, OWN_NAME, Without
from rf.shared.offline.invention import Computed, Invent, Registration

if TYPE_CHECKING:
    from rf.shared.sandbox.reader import Reader


def _invented_route(registration: Registration) -> Computed:
    return Computed(f"r-{registration.text('routeTableId')}{registration.hex(10)}", {})


def _create_route(task: Task, inputs: Inputs) -> Created:
    table = inputs["routeTableId"]
    destination = inputs.get("destinationCidrBlock") or inputs.get("destinationIpv6CidrBlock")
    task.send("ec2", "CreateRoute", inputs.rest())
    return Created(f"r-{table}-{destination}")


def _verify_route(
    reader: Reader, _: str, inputs: Mapping[str, Any], _reading: Reading
) -> Iterator[Comparison]:
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


def _create_route_table(task: Task, inputs: Inputs) -> Created:
    tags = tag_specifications("route-table", inputs)
    answer = task.send("ec2", "CreateRouteTable", inputs.rest(), **tags)["RouteTable"]
    return Created(answer["RouteTableId"])


def _invented_association(prefix: str) -> Invent:
    return lambda registration: Computed(f"{prefix}-{registration.hex(17)}", {})


def _create_route_table_association(task: Task, inputs: Inputs) -> Created:
    answer = task.send("ec2", "AssociateRouteTable", inputs.rest())
    return Created(answer["AssociationId"])


def _update_route(task: Task, standing: Standing, inputs: Inputs) -> Created:
    task.send("ec2", "ReplaceRoute", inputs.rest())
    return Created(standing.id, standing.outputs)


CARDS = (
    Card(
        type="aws:ec2/routeTable:RouteTable",
        computed=of_ec2("rtb", "route-table"),
        values=by_model("ec2:AssociateRouteTable", "ec2:CreateRouteTable"),
        lifecycle=Calls(service="ec2", create="AssociateRouteTable").lifecycle(
            create=_create_route_table
        ),
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
                demand=lambda need: need.count("aws:ec2/routeTable:RouteTable") + 1,
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
        lifecycle=Calls(service="ec2", create="CreateRoute").lifecycle(
            create=_create_route, update=_update_route
        ),
        verification=Verification(kind="route", more=_verify_route),
        changes=Changes(
            source=(provider("ec2/vpc_route.go"),),
            properties={
                "routeTableId": REPLACE,
                "destinationCidrBlock": REPLACE,
                "natGatewayId": PropertyRule(
                    effect=RESTART,
                    outage="connections through the old gateway break; clients reconnect",
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
        computed=_invented_association("rtbassoc"),
        values=Without("no model enumerates its inputs"),
        lifecycle=Calls(service="ec2", create="?").lifecycle(
            create=_create_route_table_association
        ),
        verification=NOT_COMPARED,
        changes=Changes(
            source=(provider("ec2/vpc_route_table_association.go"),),
            properties={"subnetId": REPLACE, "gatewayId": REPLACE},
        ),
        price=Free(reason="routing costs nothing"),
        quotas=NO_QUOTA,
        naming=OWN_NAME,
        permissions=("ec2:AssociateRouteTable",),
        residency=NO_DATA,
        control_plane=REGIONAL,
    ),
)
