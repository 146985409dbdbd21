"""Managed nodes, and what all of a plan's machines come to."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from decimal import Decimal
from typing import TYPE_CHECKING, Any

from rf.aws.eks.cluster import NODE_GROUP, _invented_of_cluster, machines_of
from rf.shared.cards.calls import Calls, differing
from rf.shared.cards.card import Card
from rf.shared.cards.changes import IN_PLACE, REPLACE, RESTART, Changes, PropertyRule
from rf.shared.cards.control_plane import REGIONAL
from rf.shared.cards.lifecycle import Created, Inputs, Reading, Standing, Task
from rf.shared.cards.prices import Counted, Priced, Quantity
from rf.shared.cards.quota import Quota, count_of
from rf.shared.cards.residency import NO_DATA
from rf.shared.cards.source import provider
from rf.shared.cards.values import by_model
from rf.shared.cards.verification import NOT_SHOWN, Comparison, Verification
from rf.shared.cards.without import OWN_NAME
from rf.shared.plan import RecordedPlan, RecordedResource

if TYPE_CHECKING:
    from rf.shared.sandbox.reader import Reader


def _create_node_group(task: Task, inputs: Inputs) -> Created:
    name = inputs.take("nodeGroupName") or task.auto_name("nodeGroupName", 63)
    inputs.drop("forceUpdateVersion")
    owner = inputs["clusterName"]
    taints = inputs.take("taints") or []
    answer = task.send(
        "eks",
        "CreateNodegroup",
        inputs.rest() | ({"taints": taints} if taints else {}),
        {"nodeRoleArn": "nodeRole", "subnetIds": "subnets"},
        nodegroupName=name,
    )["nodegroup"]
    known = {"arn": answer["nodegroupArn"], "nodeGroupName": name, "status": answer["status"]}
    return Created(f"{owner}:{name}", known)


def _verify_node_group(
    reader: Reader, identifier: str, inputs: Mapping[str, Any], _reading: Reading
) -> Iterator[Comparison]:
    """Class, sizes, zones, image kind, labels and taints."""
    cluster_name, name = identifier.split(":", 1)
    actual = reader.read("eks", "DescribeNodegroup", clusterName=cluster_name, nodegroupName=name)[
        "nodegroup"
    ]
    yield "status", "ACTIVE", actual["status"]
    yield "classes", list(inputs["instanceTypes"]), actual.get("instanceTypes", NOT_SHOWN)
    sizes = inputs["scalingConfig"]
    for key in ("minSize", "desiredSize", "maxSize"):
        yield key, int(sizes[key]), actual["scalingConfig"][key]
    yield "subnets", sorted(inputs["subnetIds"]), sorted(actual["subnets"])
    yield "image kind", inputs.get("amiType"), actual.get("amiType")
    yield "labels", dict(inputs.get("labels") or {}), actual.get("labels") or {}
    wanted = [(t["key"], t.get("value"), t["effect"]) for t in inputs.get("taints") or []]
    taints = [(t["key"], t.get("value"), t["effect"]) for t in actual.get("taints") or []]
    yield "taints", sorted(wanted), sorted(taints)


def _node_group(resource: RecordedResource, plan: RecordedPlan) -> Counted:
    scaling = resource.inputs["scalingConfig"]
    nodes = Quantity(Decimal(scaling["minSize"]), Decimal(scaling["maxSize"]))
    yield f"ec2:{resource.inputs['instanceTypes'][0]}", nodes
    template = resource.inputs["launchTemplate"]["id"]
    for launch_template in plan.of_type("aws:ec2/launchTemplate:LaunchTemplate"):
        if launch_template.resource_id == template:
            disk = Decimal(
                sum(
                    each["ebs"]["volumeSize"]
                    for each in launch_template.inputs["blockDeviceMappings"]
                )
            )
            yield "ebs:gp3", Quantity(nodes.low * disk, nodes.high * disk)


_NODE_GROUP_QUOTAS = (
    Quota(
        service="eks",
        code="L-6D54EA21",
        name="Managed node groups per cluster",
        demand=count_of(NODE_GROUP),
    ),
    Quota(
        service="eks",
        code="L-BD136A63",
        name="Nodes per managed node group",
        demand=lambda need: machines_of(need).largest_group,
    ),
)


def _update_node_group(task: Task, standing: Standing, inputs: Inputs) -> Created:
    """What its configuration takes in one call; a new version or template is another."""
    which = {
        "clusterName": inputs.take("clusterName"),
        "nodegroupName": standing.id.rsplit(":", 1)[-1],
    }
    inputs.drop("nodeGroupName", "forceUpdateVersion")
    changed = differing(standing.inputs, inputs.rest())
    versions = {
        key: changed.pop(key)
        for key in ("launchTemplate", "version", "releaseVersion")
        if key in changed
    }
    if versions:
        task.send("eks", "UpdateNodegroupVersion", versions, **which)
    if changed:
        task.send("eks", "UpdateNodegroupConfig", changed, **which)
    return Created(standing.id, standing.outputs)


CARDS = (
    Card(
        type=NODE_GROUP,
        computed=_invented_of_cluster("nodegroup", "nodeGroupName"),
        values=by_model("eks:CreateNodegroup"),
        lifecycle=Calls(service="eks", create="CreateNodegroup").lifecycle(
            create=_create_node_group, update=_update_node_group
        ),
        verification=Verification(kind="node group", more=_verify_node_group),
        changes=Changes(
            source=(provider("eks/node_group.go"),),
            properties={
                "amiType": REPLACE,
                "capacityType": REPLACE,
                "clusterName": REPLACE,
                "diskSize": REPLACE,
                "instanceTypes": PropertyRule(
                    effect=REPLACE,
                    outage=(
                        "a new group is made first; pods then move, Citus' one at a time as "
                        "their disruption budgets allow"
                    ),
                ),
                "nodeRoleArn": REPLACE,
                "subnetIds": REPLACE,
                "nodeGroupName": REPLACE,
                "launchTemplate": PropertyRule(
                    effect=RESTART, outage="nodes are replaced one at a time"
                ),
                "version": PropertyRule(effect=RESTART, outage="nodes are replaced one at a time"),
                "releaseVersion": PropertyRule(
                    effect=RESTART, outage="nodes are replaced one at a time"
                ),
                "scalingConfig": IN_PLACE,
                "labels": IN_PLACE,
                "taints": IN_PLACE,
                "updateConfig": IN_PLACE,
                "nodeRepairConfig": IN_PLACE,
            },
        ),
        price=Priced(
            keys=(
                "ec2:",
                "ebs:",
            ),
            count=_node_group,
        ),
        quotas=_NODE_GROUP_QUOTAS,
        naming=OWN_NAME,
        permissions=(
            "eks:CreateNodegroup",
            "iam:PassRole",
        ),
        residency=NO_DATA,
        control_plane=REGIONAL,
    ),
)
