"""Roles, what they may do, and the profiles by which machines take them."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from dataclasses import replace
from typing import TYPE_CHECKING, Any

from rf.shared.account import usage
from rf.shared.account.names import described, of_stack
from rf.shared.account.unreadable import GLOBAL_REGION
from rf.shared.cards.answers import RequestError
from rf.shared.cards.calls import (
    AS_CREATED,
    Calls,
    Name,
    Tagging,
    change,
    differing,
    look_up,
    make,
    retag,
    take_away,
)
from rf.shared.cards.card import Card
from rf.shared.cards.changes import IN_PLACE, REPLACE, Changes
from rf.shared.cards.control_plane import ControlPlane
from rf.shared.cards.creation import SECONDS
from rf.shared.cards.inventing import of_inputs
from rf.shared.cards.lifecycle import Created, Inputs, Reading, Standing, Task
from rf.shared.cards.naming import Answer, Naming
from rf.shared.cards.prices import Free
from rf.shared.cards.quota import Quota, count_of
from rf.shared.cards.residency import GLOBAL_SETTINGS
from rf.shared.cards.source import provider
from rf.shared.cards.values import by_model
from rf.shared.cards.verification import Comparison, Verification
from rf.shared.cards.without import NO_QUOTA, NOT_COMPARED, NOT_ENUMERATED, OWN_NAME
from rf.shared.offline.invention import Computed, Invent, Registration
from rf.shared.plan import reveal

if TYPE_CHECKING:
    from rf.shared.account.account import Account
    from rf.shared.account.owned import Owner
    from rf.shared.sandbox.reader import Reader

CONTROL_PLANE = ControlPlane(
    name="IAM",
    service="iam",
    goes_on="roles and policies that exist are evaluated in every region",
)

ROLE = "aws:iam/role:Role"


ROLE_POLICY = "aws:iam/rolePolicy:RolePolicy"


ROLE_POLICY_ATTACHMENT = "aws:iam/rolePolicyAttachment:RolePolicyAttachment"


_SESSION_SECONDS = 3600
"""The longest session of a role that says nothing of it."""


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


def _text(document: object) -> str | None:
    """The policy's text; the SDK also takes a document as an object."""
    if isinstance(document, dict):
        return json.dumps(document, sort_keys=True)
    return document if isinstance(document, str) else None


def _document(policy: Any) -> Any:
    return json.loads(policy) if isinstance(policy, str) else policy


def _with_planned_text(reading: Reading | None, planned: Any, key: str) -> Reading | None:
    """The reading with its policy in the plan's own words where both say the same."""
    if reading is None or key not in reading.shown:
        return reading
    actual = reading.shown[key]
    same = planned is not None and _document(planned) == _document(actual)
    return replace(reading, shown={**reading.shown, key: planned if same else _text(actual)})


_INSTANCE_PROFILE = Calls(
    service="iam",
    create="CreateInstanceProfile",
    read="GetInstanceProfile",
    delete="DeleteInstanceProfile",
    name=Name(parameter="InstanceProfileName", limit=128),
    renames={"name": "InstanceProfileName"},
    provider_only=("role",),
    outputs={"arn": "Arn", "uniqueId": "InstanceProfileId", "role": "Roles.0.RoleName"},
    tagging=Tagging(
        add="TagInstanceProfile",
        remove="UntagInstanceProfile",
        by="InstanceProfileName",
        of="{id}",
    ),
)


def _create_instance_profile(task: Task, inputs: Inputs) -> Created:
    """The profile, and then its role: the API makes it without one."""
    role = inputs.get("role")
    created = make(_INSTANCE_PROFILE, task, inputs)
    _give_role(task, created.id, role)
    return created


def _update_instance_profile(task: Task, standing: Standing, inputs: Inputs) -> Created:
    """A profile has one role at most: the old one goes first."""
    role = inputs.get("role")
    if role != standing.inputs.get("role"):
        _take_role(task, standing)
        _give_role(task, standing.id, role)
    return change(_INSTANCE_PROFILE, task, standing, inputs)


def _delete_instance_profile(task: Task, standing: Standing) -> None:
    _take_role(task, standing)
    take_away(_INSTANCE_PROFILE, task, standing)


def _give_role(task: Task, profile: str, role: str | None) -> None:
    if role:
        task.call("iam", "AddRoleToInstanceProfile", InstanceProfileName=profile, RoleName=role)


def _take_role(task: Task, standing: Standing) -> None:
    if role := standing.inputs.get("role"):
        _unless_gone(
            task, "RemoveRoleFromInstanceProfile", InstanceProfileName=standing.id, RoleName=role
        )


def _unless_gone(task: Task, operation: str, **parameters: Any) -> None:
    """The operation, on what may be gone already."""
    try:
        task.call("iam", operation, **parameters)
    except RequestError as error:
        if not error.says_gone:
            raise


def _with_trust_as_text(_task: Task, inputs: Inputs) -> None:
    if "assumeRolePolicy" in inputs:
        inputs["assumeRolePolicy"] = _text(inputs["assumeRolePolicy"])


_ROLE = Calls(
    service="iam",
    create="CreateRole",
    read="GetRole",
    delete="DeleteRole",
    name=Name(parameter="RoleName", limit=64),
    renames={
        "name": "RoleName",
        "assumeRolePolicy": "AssumeRolePolicyDocument",
    },
    provider_only=(
        "forceDetachPolicies",
        "managedPolicyArns",
        "inlinePolicies",
    ),
    prepare=_with_trust_as_text,
    outputs={
        "arn": "Arn",
        "uniqueId": "RoleId",
        "permissionsBoundary": "PermissionsBoundary.PermissionsBoundaryArn",
    },
    tagging=Tagging(add="TagRole", remove="UntagRole", by="RoleName", of="{id}"),
)


def _create_role(task: Task, inputs: Inputs) -> Created:
    """The role, and then its policies, each by a call of its own."""
    wanted = dict(inputs)
    created = make(_ROLE, task, inputs)
    _set_policies(task, created.id, {}, wanted)
    return created


def _read_role(task: Task, standing: Standing) -> Reading | None:
    reading = look_up(_ROLE, task, standing)
    return _with_planned_text(reading, standing.inputs.get("assumeRolePolicy"), "assumeRolePolicy")


def _update_role(task: Task, standing: Standing, inputs: Inputs) -> Created:
    """Each of its settings has a call of its own."""
    old, wanted = standing.inputs, inputs.rest()
    changed = {key for key in {*old, *wanted} if old.get(key) != wanted.get(key)}
    if "assumeRolePolicy" in changed:
        trust = _text(wanted["assumeRolePolicy"])
        task.call("iam", "UpdateAssumeRolePolicy", RoleName=standing.id, PolicyDocument=trust)
    if changed & {"description", "maxSessionDuration"}:
        # Both at once: the API sets what is left out back to its default.
        task.call(
            "iam",
            "UpdateRole",
            RoleName=standing.id,
            Description=wanted.get("description", ""),
            MaxSessionDuration=int(wanted.get("maxSessionDuration", _SESSION_SECONDS)),
        )
    if "permissionsBoundary" in changed:
        _set_boundary(task, standing.id, wanted.get("permissionsBoundary"))
    _set_policies(task, standing.id, old, wanted)
    if _ROLE.tagging is not None:
        retag("iam", _ROLE.tagging, task, standing, wanted.get("tags") or {})
    return Created(standing.id, standing.outputs)


def _set_boundary(task: Task, role: str, arn: str | None) -> None:
    if arn:
        task.call("iam", "PutRolePermissionsBoundary", RoleName=role, PermissionsBoundary=arn)
    else:
        task.call("iam", "DeleteRolePermissionsBoundary", RoleName=role)


def _set_policies(task: Task, role: str, old: Mapping[str, Any], wanted: Mapping[str, Any]) -> None:
    """The role's policies that it names itself; those of resources of their own stay."""
    known = set(old.get("managedPolicyArns") or [])
    arns = set(wanted.get("managedPolicyArns") or [])
    for arn in sorted(arns - known):
        task.call("iam", "AttachRolePolicy", RoleName=role, PolicyArn=arn)
    for arn in sorted(known - arns):
        _unless_gone(task, "DetachRolePolicy", RoleName=role, PolicyArn=arn)
    before, inline = _inline(old), _inline(wanted)
    for name, document in differing(before, inline).items():
        task.call(
            "iam", "PutRolePolicy", RoleName=role, PolicyName=name, PolicyDocument=_text(document)
        )
    for name in sorted(before.keys() - inline.keys()):
        _unless_gone(task, "DeleteRolePolicy", RoleName=role, PolicyName=name)


def _inline(inputs: Mapping[str, Any]) -> dict[str, Any]:
    return {each["name"]: each["policy"] for each in inputs.get("inlinePolicies") or []}


def _delete_role(task: Task, standing: Standing) -> None:
    """Out of every profile first. Policies go with it where they are its own or it is told so; any
    other makes the API refuse."""
    inputs, role = standing.inputs, {"RoleName": standing.id}
    force = inputs.get("forceDetachPolicies")
    try:
        for profile in task.call("iam", "ListInstanceProfilesForRole", **role)["InstanceProfiles"]:
            name = profile["InstanceProfileName"]
            _unless_gone(task, "RemoveRoleFromInstanceProfile", InstanceProfileName=name, **role)
        if force or inputs.get("managedPolicyArns"):
            for policy in task.call("iam", "ListAttachedRolePolicies", **role)["AttachedPolicies"]:
                _unless_gone(task, "DetachRolePolicy", PolicyArn=policy["PolicyArn"], **role)
        if force or inputs.get("inlinePolicies"):
            for name in task.call("iam", "ListRolePolicies", **role)["PolicyNames"]:
                _unless_gone(task, "DeleteRolePolicy", PolicyName=name, **role)
    except RequestError as error:
        if not error.says_gone:
            raise
    take_away(_ROLE, task, standing)


def _of_role(reader: Reader, token: str, name: str) -> Iterator[Mapping[str, Any]]:
    for resource in reader.plan.of_type(token):
        inputs = reveal(resource.inputs)
        if inputs["role"] == name:
            yield inputs


def _trust(inputs: Mapping[str, Any], reading: Reading) -> tuple[Any, Any]:
    actual = reading.thing["AssumeRolePolicyDocument"]
    return _document(inputs["assumeRolePolicy"]), _document(actual)


def _policies_on_role(
    reader: Reader, identifier: str, inputs: Mapping[str, Any], _reading: Reading
) -> Iterator[Comparison]:
    """Exactly the plan's policies, which are resources of their own."""
    attached = reader.read("iam", "ListAttachedRolePolicies", RoleName=identifier)
    planned = [
        inputs["policyArn"] for inputs in _of_role(reader, ROLE_POLICY_ATTACHMENT, identifier)
    ] + list(inputs.get("managedPolicyArns") or [])
    arns = [policy["PolicyArn"] for policy in attached["AttachedPolicies"]]
    yield "attached policies", sorted(planned), sorted(arns)
    inline = reader.read("iam", "ListRolePolicies", RoleName=identifier)["PolicyNames"]
    wanted = len(list(_of_role(reader, ROLE_POLICY, identifier)))
    yield "inline policies", wanted + len(inputs.get("inlinePolicies") or []), len(inline)


def _with_policy_as_text(_task: Task, inputs: Inputs) -> None:
    inputs["policy"] = _text(inputs["policy"])


_ROLE_POLICY = Calls(
    service="iam",
    create="PutRolePolicy",
    read="GetRolePolicy",
    update=AS_CREATED,
    delete="DeleteRolePolicy",
    name=Name(parameter="PolicyName", limit=128),
    identifier="{role}:{name}",
    by={"RoleName": "{role}", "PolicyName": "{name}"},
    renames={"name": "PolicyName", "role": "RoleName", "policy": "PolicyDocument"},
    prepare=_with_policy_as_text,
)


def _read_role_policy(task: Task, standing: Standing) -> Reading | None:
    reading = look_up(_ROLE_POLICY, task, standing)
    return _with_planned_text(reading, standing.inputs["policy"], "policy")


def _policy_document(inputs: Mapping[str, Any], reading: Reading) -> tuple[Any, Any]:
    return _document(inputs["policy"]), _document(reading.thing["PolicyDocument"])


_ROLE_POLICY_ATTACHMENT = Calls(
    service="iam",
    create="AttachRolePolicy",
    delete="DetachRolePolicy",
    identifier="{role}-{policyArn}",
    by={"RoleName": "{role}", "PolicyArn": "{policyArn}"},
    renames={"role": "RoleName"},
)


def _read_role_policy_attachment(task: Task, standing: Standing) -> Reading | None:
    """One of the policies that the API lists of the role."""
    role, arn = standing.inputs["role"], standing.inputs["policyArn"]
    try:
        listed = task.call("iam", "ListAttachedRolePolicies", RoleName=role)["AttachedPolicies"]
    except RequestError as error:
        if error.says_gone:
            return None
        raise
    for policy in listed:
        if policy["PolicyArn"] == arn:
            return Reading(thing=policy, shown={"role": role, "policyArn": arn})
    return None


def _role_state(account: Account, owner: Owner, name: str) -> Answer:
    found = described(account, "iam", "GetRole", "Role", region=GLOBAL_REGION, RoleName=name)
    return of_stack(owner, found, lambda each: each.get("Tags"))


CARDS = (
    Card(
        type="aws:iam/instanceProfile:InstanceProfile",
        computed=_invented_unique_id("AIPA"),
        values=by_model("iam:CreateInstanceProfile"),
        lifecycle=_INSTANCE_PROFILE.lifecycle(
            create=_create_instance_profile,
            update=_update_instance_profile,
            delete=_delete_instance_profile,
        ),
        creation=SECONDS,
        verification=NOT_COMPARED,
        changes=Changes(
            source=(provider("iam/instance_profile.go"),),
            properties={"name": REPLACE, "namePrefix": REPLACE, "path": REPLACE, "role": IN_PLACE},
        ),
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
        lifecycle=_ROLE.lifecycle(
            create=_create_role, read=_read_role, update=_update_role, delete=_delete_role
        ),
        creation=SECONDS,
        verification=Verification(kind="role", rows={"trust": _trust}, more=_policies_on_role),
        changes=Changes(
            source=(provider("iam/role.go"),),
            properties={
                "name": REPLACE,
                "namePrefix": REPLACE,
                "path": REPLACE,
                **dict.fromkeys(
                    (
                        "assumeRolePolicy",
                        "description",
                        "maxSessionDuration",
                        "permissionsBoundary",
                        "inlinePolicies",
                        "managedPolicyArns",
                        "forceDetachPolicies",
                    ),
                    IN_PLACE,
                ),
            },
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
        naming=Naming(title="role", key="name", state=_role_state),
        permissions=(
            "iam:CreateRole",
            "iam:TagRole",
        ),
        residency=GLOBAL_SETTINGS,
        control_plane=CONTROL_PLANE,
    ),
    Card(
        type=ROLE_POLICY,
        computed=of_inputs("role", "name"),
        values=by_model("iam:PutRolePolicy"),
        lifecycle=_ROLE_POLICY.lifecycle(read=_read_role_policy),
        creation=SECONDS,
        verification=Verification(kind="inline policy", rows={"document": _policy_document}),
        changes=Changes(
            source=(provider("iam/role_policy.go"),),
            properties={
                "name": REPLACE,
                "namePrefix": REPLACE,
                "role": REPLACE,
                "policy": IN_PLACE,
            },
        ),
        price=Free(reason="IAM costs nothing"),
        quotas=NO_QUOTA,
        naming=OWN_NAME,
        permissions=("iam:PutRolePolicy",),
        residency=GLOBAL_SETTINGS,
        control_plane=CONTROL_PLANE,
    ),
    Card(
        type=ROLE_POLICY_ATTACHMENT,
        computed=of_inputs("role", "policyArn", separator="/"),
        values=NOT_ENUMERATED,
        lifecycle=_ROLE_POLICY_ATTACHMENT.lifecycle(read=_read_role_policy_attachment),
        creation=SECONDS,
        verification=NOT_COMPARED,
        changes=Changes(
            source=(provider("iam/role_policy_attachment.go (no update)"),),
            properties={"policyArn": REPLACE, "role": REPLACE},
        ),
        price=Free(reason="IAM costs nothing"),
        quotas=NO_QUOTA,
        naming=OWN_NAME,
        permissions=("iam:AttachRolePolicy",),
        residency=GLOBAL_SETTINGS,
        control_plane=CONTROL_PLANE,
    ),
)
