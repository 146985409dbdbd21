"""Who may do what in the cluster, and which pods have which role."""

from __future__ import annotations

from dataclasses import replace

from rf.aws.eks.addons import invented_of_cluster
from rf.aws.eks.cluster import TAGGING
from rf.shared.cards.answers import DescribedBy, RequestError
from rf.shared.cards.calls import Calls
from rf.shared.cards.card import Card
from rf.shared.cards.changes import IN_PLACE, REPLACE, Changes
from rf.shared.cards.control_plane import REGIONAL
from rf.shared.cards.creation import SECONDS
from rf.shared.cards.inventing import of_inputs
from rf.shared.cards.lifecycle import Reading, Standing, Task
from rf.shared.cards.prices import Free
from rf.shared.cards.residency import NO_DATA
from rf.shared.cards.source import provider
from rf.shared.cards.values import by_model
from rf.shared.cards.without import NO_QUOTA, NOT_COMPARED, NOT_ENUMERATED, OWN_NAME
from rf.shared.offline.invention import Computed, Registration

_OF_PRINCIPAL = {"clusterName": "{clusterName}", "principalArn": "{principalArn}"}
"""What tells which access is meant."""


_ACCESS_ENTRY = Calls(
    service="eks",
    create="CreateAccessEntry",
    read="DescribeAccessEntry",
    update="UpdateAccessEntry",
    delete="DeleteAccessEntry",
    identifier="{clusterName}:{principalArn}",
    by=_OF_PRINCIPAL,
    outputs={"accessEntryArn": "accessEntryArn"},
    tagging=replace(TAGGING, of="{accessEntryArn}"),
)


_ACCESS_POLICY = Calls(
    service="eks",
    create="AssociateAccessPolicy",
    read="ListAssociatedAccessPolicies",
    delete="DisassociateAccessPolicy",
    identifier="{clusterName}#{principalArn}#{policyArn}",
    by={**_OF_PRINCIPAL, "policyArn": "{policyArn}"},
)


def _read_access_policy(task: Task, standing: Standing) -> Reading | None:
    """One of the policies that the API lists of the principal."""
    which = {key: standing.inputs[key] for key in _OF_PRINCIPAL}
    try:
        answer = task.call("eks", "ListAssociatedAccessPolicies", **which)
    except RequestError as error:
        if error.says_gone:
            return None
        raise
    if not answer.emulated:
        return Reading(thing={}, shown={})
    part = DescribedBy("eks", "ListAssociatedAccessPolicies", "associatedAccessPolicies.0")
    for policy in answer["associatedAccessPolicies"]:
        if policy["policyArn"] == standing.inputs["policyArn"]:
            shown = task.api.shown(part, policy, standing.inputs)
            return Reading(thing=policy, shown={**which, **shown})
    return None


def _invented_pod_identity(registration: Registration) -> Computed:
    unique = f"a-{registration.hex(17)}"
    cluster = registration.text("clusterName")
    arn = registration.arn("eks", f"podidentityassociation/{cluster}/{unique}")
    return Computed(unique, {"associationId": unique, "associationArn": arn})


_POD_IDENTITY = Calls(
    service="eks",
    create="CreatePodIdentityAssociation",
    read="DescribePodIdentityAssociation",
    update="UpdatePodIdentityAssociation",
    delete="DeletePodIdentityAssociation",
    identifier="associationId",
    by={"clusterName": "{clusterName}", "associationId": "{id}"},
    outputs={"associationId": "associationId", "associationArn": "associationArn"},
    tagging=replace(TAGGING, of="{associationArn}"),
)


CARDS = (
    Card(
        type="aws:eks/accessEntry:AccessEntry",
        computed=invented_of_cluster("access-entry", "principalArn"),
        values=by_model("eks:CreateAccessEntry", "eks:UpdateAccessEntry"),
        lifecycle=_ACCESS_ENTRY.lifecycle(),
        creation=SECONDS,
        verification=NOT_COMPARED,
        changes=Changes(
            alone="a principal has one entry in a cluster",
            source=(provider("eks/access_entry.go"),),
            properties={
                "clusterName": REPLACE,
                "principalArn": REPLACE,
                "type": REPLACE,
                "kubernetesGroups": IN_PLACE,
                "userName": IN_PLACE,
            },
        ),
        price=Free(reason="costs nothing"),
        quotas=NO_QUOTA,
        naming=OWN_NAME,
        permissions=("eks:CreateAccessEntry",),
        residency=NO_DATA,
        control_plane=REGIONAL,
    ),
    Card(
        type="aws:eks/accessPolicyAssociation:AccessPolicyAssociation",
        computed=of_inputs("clusterName", "principalArn", "policyArn", separator="#"),
        values=NOT_ENUMERATED,
        lifecycle=_ACCESS_POLICY.lifecycle(read=_read_access_policy),
        creation=SECONDS,
        verification=NOT_COMPARED,
        changes=Changes(
            alone="a principal has a policy once, which the old one's deletion takes away",
            source=(provider("eks/access_policy_association.go (no update)"),),
            properties={
                **dict.fromkeys(
                    (
                        "accessScope",
                        "clusterName",
                        "policyArn",
                        "principalArn",
                    ),
                    REPLACE,
                )
            },
        ),
        price=Free(reason="costs nothing"),
        quotas=NO_QUOTA,
        naming=OWN_NAME,
        permissions=("eks:AssociateAccessPolicy",),
        residency=NO_DATA,
        control_plane=REGIONAL,
    ),
    Card(
        type="aws:eks/podIdentityAssociation:PodIdentityAssociation",
        computed=_invented_pod_identity,
        values=by_model("eks:CreatePodIdentityAssociation"),
        lifecycle=_POD_IDENTITY.lifecycle(),
        creation=SECONDS,
        verification=NOT_COMPARED,
        changes=Changes(
            source=(provider("eks/pod_identity_association.go"),),
            properties={
                "clusterName": REPLACE,
                "namespace": REPLACE,
                "serviceAccount": REPLACE,
                **dict.fromkeys(
                    (
                        "roleArn",
                        "targetRoleArn",
                        "disableSessionTags",
                        "policy",
                    ),
                    IN_PLACE,
                ),
            },
        ),
        price=Free(reason="costs nothing"),
        quotas=NO_QUOTA,
        naming=OWN_NAME,
        permissions=(
            "eks:CreatePodIdentityAssociation",
            "iam:PassRole",
        ),
        residency=NO_DATA,
        control_plane=REGIONAL,
    ),
)
