"""Who may do what in the cluster, and which pods have which role."""

from __future__ import annotations

from rf.aws.eks.cluster import _invented_of_cluster
from rf.shared.cards.calls import Calls
from rf.shared.cards.card import Card
from rf.shared.cards.changes import Unruled
from rf.shared.cards.control_plane import REGIONAL
from rf.shared.cards.inventing import of_inputs
from rf.shared.cards.lifecycle import Created, Inputs, Task
from rf.shared.cards.prices import Free
from rf.shared.cards.residency import NO_DATA
from rf.shared.cards.values import by_model
from rf.shared.cards.without import NO_QUOTA, NOT_COMPARED, OWN_NAME, Without
from rf.shared.offline.invention import Computed, Registration


def _create_access_entry(task: Task, inputs: Inputs) -> Created:
    owner, principal = inputs["clusterName"], inputs["principalArn"]
    task.send("eks", "CreateAccessEntry", inputs.rest(), {"userName": "username"})
    return Created(f"{owner}:{principal}")


def _create_access_policy_association(task: Task, inputs: Inputs) -> Created:
    parts = [inputs[key] for key in ("clusterName", "principalArn", "policyArn")]
    task.send("eks", "AssociateAccessPolicy", inputs.rest())
    return Created("#".join(parts))


def _invented_pod_identity(registration: Registration) -> Computed:
    unique = f"a-{registration.hex(17)}"
    cluster = registration.text("clusterName")
    arn = registration.arn("eks", f"podidentityassociation/{cluster}/{unique}")
    return Computed(unique, {"associationId": unique, "associationArn": arn})


def _create_pod_identity_association(task: Task, inputs: Inputs) -> Created:
    task.send("eks", "CreatePodIdentityAssociation", inputs.rest())
    return Created(str(task.invented.get("associationId") or f"a-{task.name}"))


CARDS = (
    Card(
        type="aws:eks/accessEntry:AccessEntry",
        computed=_invented_of_cluster("access-entry", "principalArn"),
        values=by_model("eks:CreateAccessEntry", "eks:UpdateAccessEntry"),
        lifecycle=Calls(service="eks", create="CreateAccessEntry").lifecycle(
            create=_create_access_entry
        ),
        verification=NOT_COMPARED,
        changes=Unruled(),
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
        values=Without("no model enumerates its inputs"),
        lifecycle=Calls(service="eks", create="?").lifecycle(
            create=_create_access_policy_association
        ),
        verification=NOT_COMPARED,
        changes=Unruled(),
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
        lifecycle=Calls(service="eks", create="CreatePodIdentityAssociation").lifecycle(
            create=_create_pod_identity_association
        ),
        verification=NOT_COMPARED,
        changes=Unruled(),
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
