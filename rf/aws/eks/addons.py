"""What AWS runs in the cluster: its add-ons."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

from rf.aws.eks.cluster import TAGGING
from rf.shared.cards.calls import Calls, Name, change, take_away
from rf.shared.cards.card import Card
from rf.shared.cards.changes import IN_PLACE, REPLACE, RESTART, Changes, PropertyRule
from rf.shared.cards.control_plane import REGIONAL
from rf.shared.cards.creation import Creation
from rf.shared.cards.lifecycle import Created, Inputs, Standing, Task
from rf.shared.cards.prices import Free
from rf.shared.cards.residency import NO_DATA
from rf.shared.cards.source import guide, provider, thread
from rf.shared.cards.values import ClosedValues
from rf.shared.cards.without import NO_QUOTA, NOT_COMPARED, OWN_NAME
from rf.shared.offline.invention import Computed, Invent, Registration

ADDON = "aws:eks/addon:Addon"


def invented_of_cluster(kind: str, key: str) -> Invent:
    """What belongs to an EKS cluster: id `cluster:name`."""

    def invent(registration: Registration) -> Computed:
        cluster, name = registration.text("clusterName"), registration.named(key)
        arn = registration.arn("eks", f"{kind}/{cluster}/{name}/{registration.uuid()}")
        return Computed(f"{cluster}:{name}", {key: name, "arn": arn})

    return invent


_ADDON = Calls(
    service="eks",
    create="CreateAddon",
    read="DescribeAddon",
    update="UpdateAddon",
    delete="DeleteAddon",
    name=Name(key="addonName", parameter="addonName", limit=63),
    identifier="{clusterName}:{addonName}",
    by={"clusterName": "{clusterName}", "addonName": "{addonName}"},
    # One parameter, which the provider splits into what creation and what an update does.
    renames={"resolveConflictsOnCreate": "resolveConflicts"},
    provider_only=("resolveConflictsOnUpdate", "preserve"),
    gone={"status": "DELETING"},
    outputs={"arn": "addonArn"},
    tagging=TAGGING,
)


def _update_addon(task: Task, standing: Standing, inputs: Inputs) -> Created:
    """With what is done about conflicts, and its role: an update without one takes it away."""
    always_sent: dict[str, Any] = {
        parameter: inputs[key]
        for key, parameter in (
            ("resolveConflictsOnUpdate", "resolveConflicts"),
            ("serviceAccountRoleArn", "serviceAccountRoleArn"),
        )
        if key in inputs
    }
    inputs.drop("resolveConflictsOnCreate")
    return change(replace(_ADDON, fixed_by_update=always_sent), task, standing, inputs)


def _delete_addon(task: Task, standing: Standing) -> None:
    """Without what it installed, unless the program keeps that."""
    kept = {"preserve": True} if standing.inputs.get("preserve") else {}
    take_away(replace(_ADDON, fixed_by_delete=kept), task, standing)


_PODS_REPLACED = PropertyRule(
    effect=RESTART, outage="the add-on's pods are replaced one after another"
)


CARDS = (
    Card(
        type=ADDON,
        computed=invented_of_cluster("addon", "addonName"),
        values=ClosedValues(
            operations=(
                "eks:CreateAddon",
                "eks:UpdateAddon",
            ),
            closed={
                "resolveConflictsOnCreate": frozenset({"NONE", "OVERWRITE"}),
                "resolveConflictsOnUpdate": frozenset({"NONE", "OVERWRITE", "PRESERVE"}),
            },
            source="EKS API reference, CreateAddon and UpdateAddon",
        ),
        lifecycle=_ADDON.lifecycle(update=_update_addon, delete=_delete_addon),
        creation=Creation(
            minutes=1,
            source=(
                thread(
                    "hashicorp/terraform-provider-aws#26629",
                    "791 s with a cluster and the deletion of both",
                ),
                thread("hashicorp/terraform-provider-aws#40371", "701 s for a cluster alone"),
            ),
        ),
        verification=NOT_COMPARED,
        changes=Changes(
            source=(
                provider("eks/addon.go"),
                guide("EKS user guide", "Update an Amazon EKS add-on"),
            ),
            properties={
                "addonName": REPLACE,
                "clusterName": REPLACE,
                "namespaceConfig": REPLACE,
                "addonVersion": _PODS_REPLACED,
                "configurationValues": _PODS_REPLACED,
                "podIdentityAssociations": _PODS_REPLACED,
                **dict.fromkeys(
                    (
                        "serviceAccountRoleArn",
                        "resolveConflictsOnCreate",
                        "resolveConflictsOnUpdate",
                        "preserve",
                    ),
                    IN_PLACE,
                ),
            },
        ),
        price=Free(reason="AWS's own add-ons cost nothing; their pods run on the nodes"),
        quotas=NO_QUOTA,
        naming=OWN_NAME,
        permissions=(
            "eks:CreateAddon",
            "eks:DescribeAddon",
        ),
        residency=NO_DATA,
        control_plane=REGIONAL,
    ),
)
