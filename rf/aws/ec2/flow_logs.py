"""The log of a network's traffic."""

from __future__ import annotations

from functools import partial

from rf.aws.ec2.common import TAGGING, arn_of, tagged, take_away_listed
from rf.shared.cards.calls import Calls
from rf.shared.cards.card import Card
from rf.shared.cards.changes import REPLACE, Changes
from rf.shared.cards.control_plane import REGIONAL
from rf.shared.cards.creation import SECONDS
from rf.shared.cards.inventing import of_ec2
from rf.shared.cards.lifecycle import Inputs, Task
from rf.shared.cards.prices import Free
from rf.shared.cards.residency import NO_DATA
from rf.shared.cards.source import provider
from rf.shared.cards.values import by_model
from rf.shared.cards.without import NO_QUOTA, NOT_COMPARED, OWN_NAME

_OWNERS = {"vpcId": "VPC", "subnetId": "Subnet", "eniId": "NetworkInterface"}
"""What may be logged, by the input that names it: EC2's word for it."""


def _with_owner(task: Task, inputs: Inputs) -> None:
    tagged("vpc-flow-log")(task, inputs)
    for key, kind in _OWNERS.items():
        owner = inputs.take(key)
        if owner:
            inputs["resourceIds"], inputs["resourceType"] = [owner], kind


_FLOW_LOG = Calls(
    service="ec2",
    create="CreateFlowLogs",
    read="DescribeFlowLogs",
    delete="DeleteFlowLogs",
    identifier="FlowLogIds.0",
    by={"FlowLogId": "{id}"},
    described="",
    renames={"iamRoleArn": "DeliverLogsPermissionArn"} | dict.fromkeys(_OWNERS, "ResourceId"),
    prepare=_with_owner,
    outputs={"arn": arn_of("vpc-flow-log")},
    tagging=TAGGING,
)


CARDS = (
    Card(
        type="aws:ec2/flowLog:FlowLog",
        computed=of_ec2("fl", "vpc-flow-log"),
        values=by_model("ec2:CreateFlowLogs"),
        lifecycle=_FLOW_LOG.lifecycle(delete=partial(take_away_listed, _FLOW_LOG)),
        creation=SECONDS,
        verification=NOT_COMPARED,
        changes=Changes(
            alone="AWS takes no second log of the same traffic to the same place",
            source=(provider("ec2/vpc_flow_log.go (no update but of tags)"),),
            properties={
                **dict.fromkeys(
                    (
                        "iamRoleArn",
                        "logDestination",
                        "logDestinationType",
                        "trafficType",
                        "vpcId",
                        "logFormat",
                        "maxAggregationInterval",
                        "destinationOptions",
                    ),
                    REPLACE,
                )
            },
        ),
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
)
