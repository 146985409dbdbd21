"""Security groups."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping
from typing import TYPE_CHECKING, Any

from rf.aws.ec2.network import INGRESS, Rule, _rule, _rules_of, tag_specifications
from rf.shared.account import usage
from rf.shared.cards.calls import Calls
from rf.shared.cards.card import Card
from rf.shared.cards.changes import REPLACE, Changes, Unruled
from rf.shared.cards.control_plane import REGIONAL
from rf.shared.cards.inventing import of_ec2
from rf.shared.cards.lifecycle import Created, Inputs, Reading, Task
from rf.shared.cards.prices import Free
from rf.shared.cards.quota import Quota
from rf.shared.cards.residency import NO_DATA
from rf.shared.cards.source import provider
from rf.shared.cards.values import by_model
from rf.shared.cards.verification import Comparison, Verification
from rf.shared.cards.without import NO_QUOTA, OWN_NAME, Without
from rf.shared.offline.invention import Computed, Registration
from rf.shared.plan import reveal

if TYPE_CHECKING:
    from rf.shared.sandbox.reader import Reader


def _invented_security_group(registration: Registration) -> Computed:
    computed = of_ec2("sg", "security-group")(registration)
    return Computed(computed.id, {**computed.outputs, "name": registration.named()})


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


def _authorize_inline(task: Task, group: str, inline: dict[str, list[dict[str, Any]]]) -> None:
    operations = {
        "ingress": "AuthorizeSecurityGroupIngress",
        "egress": "AuthorizeSecurityGroupEgress",
    }
    for way, rules in inline.items():
        if rules:
            permissions = [_inline_permission(rule, group) for rule in rules]
            task.call("ec2", operations[way], GroupId=group, IpPermissions=permissions)


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


def _create_default_security_group(task: Task, inputs: Inputs) -> Created:
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


def _verify_default_security_group(
    reader: Reader, identifier: str, inputs: Mapping[str, Any], _reading: Reading
) -> Iterator[Comparison]:
    """That what carries no group of its own can reach nothing, where the plan says so."""
    actual = reader.one("ec2", "DescribeSecurityGroups", "SecurityGroups", GroupIds=[identifier])
    for way, member in (("ingress", "IpPermissions"), ("egress", "IpPermissionsEgress")):
        yield f"{way} rules", len(inputs.get(way) or []), len(actual[member])


def _create_security_group(task: Task, inputs: Inputs) -> Created:
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


EGRESS = "aws:vpc/securityGroupEgressRule:SecurityGroupEgressRule"


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


def _planned_rules(reader: Reader, group: str) -> dict[str, Counter[Rule]]:
    planned: dict[str, Counter[Rule]] = {"ingress": Counter(), "egress": Counter()}
    for way, token in (("ingress", INGRESS), ("egress", EGRESS)):
        for resource in reader.plan.of_type(token):
            inputs = reveal(resource.inputs)
            if inputs.pop("securityGroupId") != group:
                continue
            inputs.pop("tags", None)
            permission = permission_of({k: v for k, v in inputs.items() if v is not None})
            other = next(
                value
                for member in ("IpRanges", "Ipv6Ranges", "UserIdGroupPairs", "PrefixListIds")
                for entry in permission.get(member, [])
                for key, value in entry.items()
                if key != "Description"
            )
            ports = permission.get("FromPort"), permission.get("ToPort")
            planned[way][_rule(permission["IpProtocol"], *ports, other)] += 1
    return planned


def _rule_texts(rules: Counter[Rule]) -> list[str]:
    return sorted(
        f"{protocol} {'all' if first is None else first if first == last else f'{first}-{last}'}"
        f" {other}"
        for protocol, first, last, other in rules.elements()
    )


def _verify_security_group(
    reader: Reader, identifier: str, inputs: Mapping[str, Any], _reading: Reading
) -> Iterator[Comparison]:
    """Its open ports: exactly the plan's rules, in both directions."""
    rules = _rules_of(reader, identifier)
    planned = _planned_rules(reader, identifier)
    for way in ("ingress", "egress"):
        if not inputs.get(way):
            yield f"{way} rules", _rule_texts(planned[way]), _rule_texts(rules[way])


CARDS = (
    Card(
        type="aws:ec2/securityGroup:SecurityGroup",
        computed=_invented_security_group,
        values=by_model("ec2:CreateSecurityGroup"),
        lifecycle=Calls(service="ec2", create="CreateSecurityGroup").lifecycle(
            create=_create_security_group
        ),
        verification=Verification(kind="security group", more=_verify_security_group),
        changes=Changes(
            source=(provider("ec2/vpc_security_group.go"),),
            properties={"name": REPLACE, "description": REPLACE, "vpcId": REPLACE},
        ),
        price=Free(reason="rules cost nothing"),
        quotas=(
            Quota(
                service="vpc",
                code="L-E79EC296",
                name="VPC security groups per Region",
                # EKS makes one of its own, and the VPC has a default one.
                demand=lambda need: need.count("aws:ec2/securityGroup:SecurityGroup") + 2,
                used=usage.in_other_vpcs("ec2", "DescribeSecurityGroups", "SecurityGroups"),
            ),
        ),
        naming=OWN_NAME,
        permissions=(
            "ec2:CreateSecurityGroup",
            "ec2:CreateTags",
        ),
        residency=NO_DATA,
        control_plane=REGIONAL,
    ),
    Card(
        type="aws:ec2/defaultSecurityGroup:DefaultSecurityGroup",
        computed=_invented_security_group,
        values=Without("no model enumerates its inputs"),
        lifecycle=Calls(service="ec2", create="?").lifecycle(create=_create_default_security_group),
        verification=Verification(kind="security group", more=_verify_default_security_group),
        changes=Unruled(),
        price=Free(reason="rules cost nothing"),
        quotas=NO_QUOTA,
        naming=OWN_NAME,
        permissions=(
            "ec2:RevokeSecurityGroupIngress",
            "ec2:RevokeSecurityGroupEgress",
        ),
        residency=NO_DATA,
        control_plane=REGIONAL,
    ),
)
