"""Roles, what they may do, and the profiles by which machines take them."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from typing import TYPE_CHECKING, Any

from rf.shared.account import usage
from rf.shared.account.unreadable import GLOBAL_REGION
from rf.shared.cards.calls import Calls
from rf.shared.cards.card import Card
from rf.shared.cards.changes import REPLACE, Changes, Unruled
from rf.shared.cards.control_plane import ControlPlane
from rf.shared.cards.inventing import of_inputs
from rf.shared.cards.lifecycle import Created, Inputs, Reading, Task
from rf.shared.cards.prices import Free
from rf.shared.cards.quota import Quota, count_of
from rf.shared.cards.residency import GLOBAL_SETTINGS
from rf.shared.cards.source import provider
from rf.shared.cards.values import by_model
from rf.shared.cards.verification import Comparison, Verification
from rf.shared.cards.without import NO_QUOTA, NOT_COMPARED, OWN_NAME, Without
from rf.shared.offline.invention import Computed, Invent, Registration
from rf.shared.plan import reveal

if TYPE_CHECKING:
    from rf.shared.sandbox.reader import Reader

CONTROL_PLANE = ControlPlane(
    name="IAM",
    service="iam",
    goes_on="roles and policies that exist are evaluated in every region",
)

ROLE = "aws:iam/role:Role"


def _invented_unique_id(prefix: str) -> Invent:
    """IAM principals: named, and with an unchangeable id that begins with its kind's letters."""
    kind = {"AROA": "role", "AIDA": "user", "ANPA": "policy", "AIPA": "instance-profile"}[prefix]

    def invent(registration: Registration) -> Computed:
        name = registration.named()
        arn = registration.arn("iam", f"{kind}/{name}", region="")
        unique = f"{prefix}{registration.letters(17)}"
        resource_id = arn if kind == "policy" else name
        return Computed(
            resource_id, {"name": name, "arn": arn, "uniqueId": unique, "policyId": unique}
        )

    return invent


def _create_instance_profile(task: Task, inputs: Inputs) -> Created:
    name = inputs.take("name") or task.auto_name("name", 128)
    owner = inputs.take("role")
    answer = task.send("iam", "CreateInstanceProfile", inputs.rest(), InstanceProfileName=name)
    if owner:
        task.call("iam", "AddRoleToInstanceProfile", InstanceProfileName=name, RoleName=owner)
    return Created(name, {"arn": answer["InstanceProfile"]["Arn"], "name": name})


def _text(document: object) -> str | None:
    """The policy's text; the SDK also takes a document as an object."""
    if isinstance(document, dict):
        return json.dumps(document, sort_keys=True)
    return document if isinstance(document, str) else None


def _create_policy(task: Task, inputs: Inputs) -> Created:
    name = inputs.take("name") or task.auto_name("name", 128)
    document = inputs.take("policy")
    answer = task.send(
        "iam", "CreatePolicy", inputs.rest(), PolicyName=name, PolicyDocument=_text(document)
    )["Policy"]
    return Created(
        answer["Arn"], {"arn": answer["Arn"], "name": name, "policyId": answer["PolicyId"]}
    )


def _create_role(task: Task, inputs: Inputs) -> Created:
    name = inputs.take("name") or task.auto_name("name", 64)
    inputs.drop("forceDetachPolicies")
    attached = inputs.take("managedPolicyArns") or []
    inline = inputs.take("inlinePolicies") or []
    answer = task.send(
        "iam",
        "CreateRole",
        inputs.rest(),
        {"assumeRolePolicy": "AssumeRolePolicyDocument"},
        RoleName=name,
    )["Role"]
    for arn in attached:
        task.call("iam", "AttachRolePolicy", RoleName=name, PolicyArn=arn)
    for policy in inline:
        task.call(
            "iam",
            "PutRolePolicy",
            RoleName=name,
            PolicyName=policy["name"],
            PolicyDocument=policy["policy"],
        )
    return Created(name, {"arn": answer["Arn"], "name": name, "uniqueId": answer["RoleId"]})


def _of_role(reader: Reader, kind: str, name: str) -> Iterator[Mapping[str, Any]]:
    token = f"aws:iam/{kind[0].lower()}{kind[1:]}:{kind}"
    for resource in reader.plan.of_type(token):
        inputs = reveal(resource.inputs)
        if inputs["role"] == name:
            yield inputs


def _document(policy: Any) -> Any:
    return json.loads(policy) if isinstance(policy, str) else policy


def _verify_role(
    reader: Reader, identifier: str, inputs: Mapping[str, Any], _reading: Reading
) -> Iterator[Comparison]:
    """Its trust, and exactly the plan's policies on it."""
    actual = reader.read("iam", "GetRole", RoleName=identifier)["Role"]
    yield (
        "trust",
        _document(inputs["assumeRolePolicy"]),
        _document(actual["AssumeRolePolicyDocument"]),
    )
    attached = reader.read("iam", "ListAttachedRolePolicies", RoleName=identifier)
    planned = [
        inputs["policyArn"] for inputs in _of_role(reader, "RolePolicyAttachment", identifier)
    ] + list(inputs.get("managedPolicyArns") or [])
    arns = [policy["PolicyArn"] for policy in attached["AttachedPolicies"]]
    yield "attached policies", sorted(planned), sorted(arns)
    inline = reader.read("iam", "ListRolePolicies", RoleName=identifier)["PolicyNames"]
    wanted = len(list(_of_role(reader, "RolePolicy", identifier)))
    yield "inline policies", wanted + len(inputs.get("inlinePolicies") or []), len(inline)


def _create_role_policy(task: Task, inputs: Inputs) -> Created:
    name = inputs.take("name") or task.auto_name("name", 128)
    owner, document = inputs.take("role"), inputs.take("policy")
    task.send(
        "iam",
        "PutRolePolicy",
        inputs.rest(),
        RoleName=owner,
        PolicyName=name,
        PolicyDocument=_text(document),
    )
    return Created(f"{owner}:{name}", {"name": name})


def _verify_role_policy(
    reader: Reader, identifier: str, inputs: Mapping[str, Any], _reading: Reading
) -> Iterator[Comparison]:
    """The document as planned."""
    owner, name = identifier.split(":", 1)
    actual = reader.read("iam", "GetRolePolicy", RoleName=owner, PolicyName=name)
    yield "document", _document(inputs["policy"]), _document(actual["PolicyDocument"])


def _create_role_policy_attachment(task: Task, inputs: Inputs) -> Created:
    owner, arn = inputs.take("role"), inputs.take("policyArn")
    task.send("iam", "AttachRolePolicy", inputs.rest(), RoleName=owner, PolicyArn=arn)
    return Created(f"{owner}-{arn}")


CARDS = (
    Card(
        type="aws:iam/instanceProfile:InstanceProfile",
        computed=_invented_unique_id("AIPA"),
        values=by_model("iam:CreateInstanceProfile"),
        lifecycle=Calls(service="iam", create="CreateInstanceProfile").lifecycle(
            create=_create_instance_profile
        ),
        verification=NOT_COMPARED,
        changes=Unruled(),
        price=Free(reason="IAM costs nothing"),
        quotas=NO_QUOTA,
        naming=OWN_NAME,
        permissions=(
            "iam:CreateInstanceProfile",
            "iam:AddRoleToInstanceProfile",
        ),
        residency=GLOBAL_SETTINGS,
        control_plane=CONTROL_PLANE,
    ),
    Card(
        type=ROLE,
        computed=_invented_unique_id("AROA"),
        values=by_model("iam:CreateRole", "iam:UpdateRole"),
        lifecycle=Calls(service="iam", create="CreateRole").lifecycle(create=_create_role),
        verification=Verification(kind="role", more=_verify_role),
        changes=Changes(
            source=(provider("iam/role.go"),),
            properties={"name": REPLACE, "namePrefix": REPLACE, "path": REPLACE},
        ),
        price=Free(reason="IAM costs nothing"),
        quotas=(
            Quota(
                service="iam",
                code="L-FE177D64",
                name="Roles per account",
                demand=count_of(ROLE),
                used=usage.summed_up("Roles"),
                region=GLOBAL_REGION,
            ),
        ),
        naming=OWN_NAME,
        permissions=(
            "iam:CreateRole",
            "iam:TagRole",
        ),
        residency=GLOBAL_SETTINGS,
        control_plane=CONTROL_PLANE,
    ),
    Card(
        type="aws:iam/rolePolicy:RolePolicy",
        computed=of_inputs("role", "name"),
        values=by_model("iam:PutRolePolicy"),
        lifecycle=Calls(service="iam", create="PutRolePolicy").lifecycle(
            create=_create_role_policy
        ),
        verification=Verification(kind="inline policy", more=_verify_role_policy),
        changes=Unruled(),
        price=Free(reason="IAM costs nothing"),
        quotas=NO_QUOTA,
        naming=OWN_NAME,
        permissions=("iam:PutRolePolicy",),
        residency=GLOBAL_SETTINGS,
        control_plane=CONTROL_PLANE,
    ),
    Card(
        type="aws:iam/rolePolicyAttachment:RolePolicyAttachment",
        computed=of_inputs("role", "policyArn", separator="/"),
        values=Without("no model enumerates its inputs"),
        lifecycle=Calls(service="iam", create="?").lifecycle(create=_create_role_policy_attachment),
        verification=NOT_COMPARED,
        changes=Unruled(),
        price=Free(reason="IAM costs nothing"),
        quotas=NO_QUOTA,
        naming=OWN_NAME,
        permissions=("iam:AttachRolePolicy",),
        residency=GLOBAL_SETTINGS,
        control_plane=CONTROL_PLANE,
    ),
)
