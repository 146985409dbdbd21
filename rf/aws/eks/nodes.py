"""Managed nodes."""

from __future__ import annotations

from collections.abc import Mapping
from decimal import Decimal
from typing import Any

from rf.aws.eks.addons import invented_of_cluster
from rf.aws.eks.cluster import NODE_GROUP, TAGGING, machines_of
from rf.shared.cards.answers import RequestError
from rf.shared.cards.calls import Calls, Name, differing, retag, told_by
from rf.shared.cards.card import Card
from rf.shared.cards.changes import IN_PLACE, REPLACE, RESTART, Changes, PropertyRule
from rf.shared.cards.control_plane import REGIONAL
from rf.shared.cards.creation import Creation
from rf.shared.cards.lifecycle import Created, Inputs, Reading, Standing, Task
from rf.shared.cards.permissions import ServiceLinkedRole
from rf.shared.cards.prices import Counted, Priced, Quantity
from rf.shared.cards.quota import Quota, count_of
from rf.shared.cards.residency import NO_DATA
from rf.shared.cards.source import provider, thread
from rf.shared.cards.values import by_model
from rf.shared.cards.verification import Row, Verification, always
from rf.shared.cards.without import OWN_NAME
from rf.shared.plan import RecordedPlan, RecordedResource

_VERSIONS = ("launchTemplate", "version", "releaseVersion")
"""What a group's machines are made from."""


_SETTINGS = ("scalingConfig", "updateConfig", "nodeRepairConfig", "warmPoolConfig")
"""What is set as a whole."""


_NODE_GROUP = Calls(
    service="eks",
    create="CreateNodegroup",
    read="DescribeNodegroup",
    delete="DeleteNodegroup",
    name=Name(key="nodeGroupName", parameter="nodegroupName", limit=63),
    identifier="{clusterName}:{nodeGroupName}",
    by={"clusterName": "{clusterName}", "nodegroupName": "{nodeGroupName}"},
    renames={"nodeRoleArn": "nodeRole", "subnetIds": "subnets"},
    provider_only=("forceUpdateVersion",),
    gone={"status": "DELETING"},
    outputs={"arn": "nodegroupArn", "status": "status"},
)


def _update_node_group(task: Task, standing: Standing, inputs: Inputs) -> Created:
    """A new version or template first, as nodes are replaced by it; then what is set in place."""
    old, wanted = standing.inputs, inputs.rest()
    which = told_by(_NODE_GROUP, task, "UpdateNodegroupConfig", standing)
    retag("eks", TAGGING, task, standing, wanted.pop("tags", None) or {})
    changed = differing(old, wanted, without=_NODE_GROUP.provider_only)
    versions = {key: changed.pop(key) for key in _VERSIONS if key in changed}
    if versions:
        # A group with a template of its own takes a version together with it.
        template = {key: wanted[key] for key in ("launchTemplate",) if key in wanted}
        force = {"force": True} if wanted.get("forceUpdateVersion") else {}
        task.send("eks", "UpdateNodegroupVersion", versions | template, **which, **force)
    settings = {key: changed.pop(key) for key in _SETTINGS if key in changed}
    settings |= {
        key: payload
        for key, payload in (("labels", _labels(old, wanted)), ("taints", _taints(old, wanted)))
        if payload
    }
    left = changed.keys() - {"labels", "taints"}
    if left:
        raise RequestError(f"{', '.join(sorted(left))}: the API changes nothing in place")
    if settings:
        task.send("eks", "UpdateNodegroupConfig", settings, **which)
    return Created(standing.id, standing.outputs)


def _labels(old: Mapping[str, Any], wanted: Mapping[str, Any]) -> dict[str, Any]:
    before: Mapping[str, str] = old.get("labels") or {}
    after: Mapping[str, str] = wanted.get("labels") or {}
    payload = {
        "addOrUpdateLabels": differing(before, after),
        "removeLabels": sorted(before.keys() - after.keys()),
    }
    return {key: value for key, value in payload.items() if value}


def _taints(old: Mapping[str, Any], wanted: Mapping[str, Any]) -> dict[str, Any]:
    """A taint is known by its key and its effect."""
    before: list[Mapping[str, Any]] = old.get("taints") or []
    after: list[Mapping[str, Any]] = wanted.get("taints") or []
    remaining = {(each["key"], each["effect"]) for each in after}
    payload = {
        "addOrUpdateTaints": [each for each in after if each not in before],
        "removeTaints": [each for each in before if (each["key"], each["effect"]) not in remaining],
    }
    return {key: value for key, value in payload.items() if value}


def _size(key: str) -> Row:
    def row(inputs: Mapping[str, Any], reading: Reading) -> tuple[Any, Any]:
        return int(inputs["scalingConfig"][key]), reading.thing["scalingConfig"][key]

    return row


def _subnets(inputs: Mapping[str, Any], reading: Reading) -> tuple[Any, Any]:
    return sorted(inputs["subnetIds"]), sorted(reading.thing["subnets"])


def _image_kind(inputs: Mapping[str, Any], reading: Reading) -> tuple[Any, Any]:
    return inputs.get("amiType"), reading.thing.get("amiType")


def _all_labels(inputs: Mapping[str, Any], reading: Reading) -> tuple[Any, Any]:
    return dict(inputs.get("labels") or {}), reading.thing.get("labels") or {}


def _all_taints(inputs: Mapping[str, Any], reading: Reading) -> tuple[Any, Any]:
    wanted, actual = (
        sorted((t["key"], t.get("value"), t["effect"]) for t in each.get("taints") or [])
        for each in (inputs, reading.thing)
    )
    return wanted, actual


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


CARDS = (
    Card(
        type=NODE_GROUP,
        computed=invented_of_cluster("nodegroup", "nodeGroupName"),
        values=by_model("eks:CreateNodegroup"),
        lifecycle=_NODE_GROUP.lifecycle(update=_update_node_group),
        creation=Creation(
            minutes=2,
            source=(
                thread("DevopsArtFactory/terraform-provisioning#46", "1 min 48 s and 1 min 59 s"),
            ),
        ),
        verification=Verification(
            kind="node group",
            rows={
                "status": always("ACTIVE", "status"),
                "classes": "instanceTypes",
                "minSize": _size("minSize"),
                "desiredSize": _size("desiredSize"),
                "maxSize": _size("maxSize"),
                "subnets": _subnets,
                "image kind": _image_kind,
                "labels": _all_labels,
                "taints": _all_taints,
            },
        ),
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
            ServiceLinkedRole(
                principal="eks-nodegroup.amazonaws.com", name="AWSServiceRoleForAmazonEKSNodegroup"
            ),
            "iam:PassRole",
        ),
        residency=NO_DATA,
        control_plane=REGIONAL,
    ),
)
