"""Roles, their policies, instance profiles and identity providers."""

# ruff: noqa: D103 - the token above each handler says what it creates

from __future__ import annotations

import json

from rf.shared.sandbox.registry import Created, Inputs, Task, handles


@handles("aws:iam/role:Role")
def role(task: Task, inputs: Inputs) -> Created:
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


@handles("aws:iam/rolePolicy:RolePolicy")
def role_policy(task: Task, inputs: Inputs) -> Created:
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


@handles("aws:iam/rolePolicyAttachment:RolePolicyAttachment")
def role_policy_attachment(task: Task, inputs: Inputs) -> Created:
    owner, arn = inputs.take("role"), inputs.take("policyArn")
    task.send("iam", "AttachRolePolicy", inputs.rest(), RoleName=owner, PolicyArn=arn)
    return Created(f"{owner}-{arn}")


@handles("aws:iam/policy:Policy")
def policy(task: Task, inputs: Inputs) -> Created:
    name = inputs.take("name") or task.auto_name("name", 128)
    document = inputs.take("policy")
    answer = task.send(
        "iam", "CreatePolicy", inputs.rest(), PolicyName=name, PolicyDocument=_text(document)
    )["Policy"]
    return Created(
        answer["Arn"], {"arn": answer["Arn"], "name": name, "policyId": answer["PolicyId"]}
    )


@handles("aws:iam/instanceProfile:InstanceProfile")
def instance_profile(task: Task, inputs: Inputs) -> Created:
    name = inputs.take("name") or task.auto_name("name", 128)
    owner = inputs.take("role")
    answer = task.send("iam", "CreateInstanceProfile", inputs.rest(), InstanceProfileName=name)
    if owner:
        task.call("iam", "AddRoleToInstanceProfile", InstanceProfileName=name, RoleName=owner)
    return Created(name, {"arn": answer["InstanceProfile"]["Arn"], "name": name})


@handles("aws:iam/openIdConnectProvider:OpenIdConnectProvider")
def open_id_connect_provider(task: Task, inputs: Inputs) -> Created:
    answer = task.send(
        "iam", "CreateOpenIDConnectProvider", inputs.rest(), {"clientIdLists": "ClientIDList"}
    )
    arn = answer["OpenIDConnectProviderArn"]
    return Created(arn, {"arn": arn})


def _text(document: object) -> str | None:
    """The policy's text; the SDK also takes a document as an object."""
    if isinstance(document, dict):
        return json.dumps(document, sort_keys=True)
    return document if isinstance(document, str) else None
