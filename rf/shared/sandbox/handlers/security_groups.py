"""Security groups and their rules: what opens which port to whom."""

# ruff: noqa: D103 - the token above each handler says what it creates

from __future__ import annotations

from typing import Any

from rf.shared.sandbox.handlers.network import tag_specifications
from rf.shared.sandbox.registry import Created, Inputs, Task, handles


@handles("aws:ec2/securityGroup:SecurityGroup")
def security_group(task: Task, inputs: Inputs) -> Created:
    inputs.drop("revokeRulesOnDelete")
    name = inputs.take("name") or task.auto_name("name", 255)
    # The provider's own default, since the API insists on a description.
    description = inputs.take("description") or "Managed by Pulumi"
    inline = {way: inputs.take(way) or [] for way in ("ingress", "egress")}
    vpc_id = inputs.take("vpcId")
    tags = tag_specifications("security-group", inputs)
    answer = task.send(
        "ec2",
        "CreateSecurityGroup",
        inputs.rest(),
        GroupName=name,
        Description=description,
        **({"VpcId": vpc_id} if vpc_id else {}),
        **tags,
    )
    identifier = answer["GroupId"]
    # Like the provider: EC2's own "everything may leave" goes, what the plan opens stays.
    _revoke_all(task, identifier)
    _authorize_inline(task, identifier, inline)
    arn = f"arn:aws:ec2:{task.region}:{task.account_id}:security-group/{identifier}"
    return Created(identifier, {"arn": arn, "name": name})


@handles("aws:ec2/defaultSecurityGroup:DefaultSecurityGroup")
def default_security_group(task: Task, inputs: Inputs) -> Created:
    """Takes over the group that came with the VPC and leaves it only the plan's rules."""
    inline = {way: inputs.take(way) or [] for way in ("ingress", "egress")}
    groups = task.call(
        "ec2",
        "DescribeSecurityGroups",
        Filters=[
            {"Name": "vpc-id", "Values": [inputs.take("vpcId")]},
            {"Name": "group-name", "Values": ["default"]},
        ],
    )["SecurityGroups"]
    identifier = groups[0]["GroupId"]
    _revoke_all(task, identifier)
    _authorize_inline(task, identifier, inline)
    tags = inputs.take("tags") or {}
    if tags:
        pairs = [{"Key": key, "Value": value} for key, value in sorted(tags.items())]
        task.call("ec2", "CreateTags", Resources=[identifier], Tags=pairs)
    return Created(identifier)


@handles("aws:vpc/securityGroupIngressRule:SecurityGroupIngressRule")
def ingress_rule(task: Task, inputs: Inputs) -> Created:
    return _rule(task, inputs, "AuthorizeSecurityGroupIngress")


@handles("aws:vpc/securityGroupEgressRule:SecurityGroupEgressRule")
def egress_rule(task: Task, inputs: Inputs) -> Created:
    return _rule(task, inputs, "AuthorizeSecurityGroupEgress")


def _rule(task: Task, inputs: Inputs, operation: str) -> Created:
    group = inputs.take("securityGroupId")
    tags = tag_specifications("security-group-rule", inputs)
    permission = permission_of(inputs.rest())
    answer = task.call("ec2", operation, GroupId=group, IpPermissions=[permission], **tags)
    rules = answer["SecurityGroupRules"]
    return Created(rules[0]["SecurityGroupRuleId"])


def permission_of(rule: dict[str, Any]) -> dict[str, Any]:
    """A rule resource's inputs as EC2's permission; one source or target a rule.

    Raises KeyError when the rule opens to nobody.
    """
    permission: dict[str, Any] = {"IpProtocol": str(rule.pop("ipProtocol"))}
    for key, member in (("fromPort", "FromPort"), ("toPort", "ToPort")):
        port = rule.pop(key, None)
        if port is not None:
            permission[member] = int(port)
    words = rule.pop("description", None)
    described = {"Description": words} if words else {}
    ranges = {
        "cidrIpv4": ("IpRanges", "CidrIp"),
        "cidrIpv6": ("Ipv6Ranges", "CidrIpv6"),
        "referencedSecurityGroupId": ("UserIdGroupPairs", "GroupId"),
        "prefixListId": ("PrefixListIds", "PrefixListId"),
    }
    [(key, value)] = rule.items()
    member, field = ranges[key]
    permission[member] = [{field: value} | described]
    return permission


def _revoke_all(task: Task, group: str) -> None:
    rules = task.call(
        "ec2", "DescribeSecurityGroupRules", Filters=[{"Name": "group-id", "Values": [group]}]
    )["SecurityGroupRules"]
    for outward, operation in (
        (False, "RevokeSecurityGroupIngress"),
        (True, "RevokeSecurityGroupEgress"),
    ):
        rule_ids = [rule["SecurityGroupRuleId"] for rule in rules if rule["IsEgress"] == outward]
        if rule_ids:
            task.call("ec2", operation, GroupId=group, SecurityGroupRuleIds=rule_ids)


def _authorize_inline(task: Task, group: str, inline: dict[str, list[dict[str, Any]]]) -> None:
    operations = {
        "ingress": "AuthorizeSecurityGroupIngress",
        "egress": "AuthorizeSecurityGroupEgress",
    }
    for way, rules in inline.items():
        if rules:
            permissions = [_inline_permission(rule, group) for rule in rules]
            task.call("ec2", operations[way], GroupId=group, IpPermissions=permissions)


def _inline_permission(rule: dict[str, Any], group: str) -> dict[str, Any]:
    words = {"Description": rule["description"]} if rule.get("description") else {}
    groups = [*(rule.get("securityGroups") or []), *([group] if rule.get("self") else [])]
    permission: dict[str, Any] = {
        "IpProtocol": str(rule["protocol"]),
        "FromPort": int(rule["fromPort"]),
        "ToPort": int(rule["toPort"]),
    }
    for member, field, values in (
        ("IpRanges", "CidrIp", rule.get("cidrBlocks")),
        ("Ipv6Ranges", "CidrIpv6", rule.get("ipv6CidrBlocks")),
        ("PrefixListIds", "PrefixListId", rule.get("prefixListIds")),
        ("UserIdGroupPairs", "GroupId", groups),
    ):
        if values:
            permission[member] = [{field: value} | words for value in values]
    return permission
