"""Security groups."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping
from typing import TYPE_CHECKING, Any

from rf.aws.ec2.common import TAGGING, arn_of, tagged
from rf.aws.ec2.rules import Rule, planned_rules, rules_of
from rf.shared.account import usage
from rf.shared.cards.calls import Calls, Name, change, look_up, make, retag, take_away
from rf.shared.cards.card import Card
from rf.shared.cards.changes import IN_PLACE, REPLACE, Changes
from rf.shared.cards.control_plane import REGIONAL
from rf.shared.cards.creation import SECONDS
from rf.shared.cards.inventing import of_ec2
from rf.shared.cards.lifecycle import MANAGED, Created, Inputs, Reading, Standing, Task
from rf.shared.cards.prices import Free
from rf.shared.cards.quota import Quota
from rf.shared.cards.residency import NO_DATA
from rf.shared.cards.source import provider
from rf.shared.cards.values import by_model
from rf.shared.cards.verification import Comparison, Row, Verification
from rf.shared.cards.without import NO_QUOTA, NOT_ENUMERATED, OWN_NAME
from rf.shared.offline.invention import Computed, Registration

if TYPE_CHECKING:
    from rf.shared.sandbox.reader import Reader

SECURITY_GROUP = "aws:ec2/securityGroup:SecurityGroup"

_AUTHORIZE = {
    "ingress": "AuthorizeSecurityGroupIngress",
    "egress": "AuthorizeSecurityGroupEgress",
}
_REVOKE = {"ingress": "RevokeSecurityGroupIngress", "egress": "RevokeSecurityGroupEgress"}
_PERMISSIONS = {"ingress": "IpPermissions", "egress": "IpPermissionsEgress"}
"""Rules by direction, in a group's description."""

_SOURCES = (
    ("IpRanges", "CidrIp", "cidrBlocks"),
    ("Ipv6Ranges", "CidrIpv6", "ipv6CidrBlocks"),
    ("PrefixListIds", "PrefixListId", "prefixListIds"),
    ("UserIdGroupPairs", "GroupId", "securityGroups"),
)
"""Who is on the other side: of EC2's permission, its list and what that has of each; of the plan's
rule, the list."""


def _invented_security_group(registration: Registration) -> Computed:
    computed = of_ec2("sg", "security-group")(registration)
    return Computed(computed.id, {**computed.outputs, "name": registration.named()})


def _permission(rule: Mapping[str, Any], group: str) -> dict[str, Any]:
    """A rule inside of a group's inputs as EC2's permission."""
    words = {"Description": rule["description"]} if rule.get("description") else {}
    permission: dict[str, Any] = {
        "IpProtocol": str(rule["protocol"]),
        "FromPort": int(rule["fromPort"]),
        "ToPort": int(rule["toPort"]),
    }
    for member, field, key in _SOURCES:
        values = list(rule.get(key) or [])
        if key == "securityGroups" and rule.get("self"):
            values.append(group)
        if values:
            permission[member] = [{field: value} | words for value in values]
    return permission


def _rule(permission: Mapping[str, Any], group: str) -> dict[str, Any]:
    """EC2's permission as a rule inside of a group's inputs."""
    rule: dict[str, Any] = {
        "protocol": permission["IpProtocol"],
        "fromPort": permission.get("FromPort", 0),
        "toPort": permission.get("ToPort", 0),
    }
    for member, field, key in _SOURCES:
        for source in permission.get(member) or []:
            if source.get("Description"):
                rule["description"] = source["Description"]
            if source[field] == group:
                rule["self"] = True
            else:
                rule.setdefault(key, []).append(source[field])
    return rule


def _change_rules(
    task: Task, group: str, old: Mapping[str, Any], new: Mapping[str, list[Mapping[str, Any]]]
) -> None:
    """Rules inside of the inputs, by direction: those that are no longer wanted go first."""
    for way, rules in new.items():
        wanted = [_permission(rule, group) for rule in rules]
        known = [_permission(rule, group) for rule in old.get(way) or []]
        for operation, permissions in (
            (_REVOKE[way], [each for each in known if each not in wanted]),
            (_AUTHORIZE[way], [each for each in wanted if each not in known]),
        ):
            if permissions:
                task.call("ec2", operation, GroupId=group, IpPermissions=permissions)


def _revoke_all(task: Task, group: str) -> None:
    filters = [{"Name": "group-id", "Values": [group]}]
    rules = task.call("ec2", "DescribeSecurityGroupRules", Filters=filters)["SecurityGroupRules"]
    for way, operation in _REVOKE.items():
        outward = way == "egress"
        rule_ids = [rule["SecurityGroupRuleId"] for rule in rules if rule["IsEgress"] == outward]
        if rule_ids:
            task.call("ec2", operation, GroupId=group, SecurityGroupRuleIds=rule_ids)


_GROUP = Calls(
    service="ec2",
    create="CreateSecurityGroup",
    read="DescribeSecurityGroups",
    delete="DeleteSecurityGroup",
    name=Name(parameter="GroupName"),
    identifier="GroupId",
    by={"GroupId": "{id}"},
    described="",
    renames={"name": "GroupName"},
    provider_only=("revokeRulesOnDelete", *_REVOKE),
    defaults={"description": MANAGED},
    prepare=tagged("security-group"),
    outputs={"arn": arn_of("security-group")},
    tagging=TAGGING,
)


def _create_security_group(task: Task, inputs: Inputs) -> Created:
    """With the plan's rules alone: like the provider, without EC2's "everything may leave"."""
    inline = {way: inputs.take(way) or [] for way in _REVOKE}
    created = make(_GROUP, task, inputs)
    _revoke_all(task, created.id)
    _change_rules(task, created.id, {}, inline)
    return created


def _read_security_group(task: Task, standing: Standing) -> Reading | None:
    """With the rules of those directions that its inputs speak of."""
    reading = look_up(_GROUP, task, standing)
    if reading is None:
        return None
    inline = {
        way: [_rule(each, standing.id) for each in reading.thing.get(member) or []]
        for way, member in _PERMISSIONS.items()
        if way in standing.inputs
    }
    return Reading(thing=reading.thing, shown={**reading.shown, **inline})


def _update_security_group(task: Task, standing: Standing, inputs: Inputs) -> Created:
    inline = {way: inputs.take(way) or [] for way in _REVOKE if way in inputs}
    _change_rules(task, standing.id, standing.inputs, inline)
    return change(_GROUP, task, standing, inputs)


def _delete_security_group(task: Task, standing: Standing) -> None:
    """Without its rules first, where the program asks for that."""
    if standing.inputs.get("revokeRulesOnDelete"):
        _revoke_all(task, standing.id)
    take_away(_GROUP, task, standing)


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
    rules = rules_of(reader, identifier)
    planned = planned_rules(reader, identifier)
    for way in ("ingress", "egress"):
        if not inputs.get(way):
            yield f"{way} rules", _rule_texts(planned[way]), _rule_texts(rules[way])


def _take_over(task: Task, inputs: Inputs) -> Created:
    """The group that came with the VPC, which keeps only the plan's rules."""
    inline = {way: inputs.take(way) or [] for way in _REVOKE}
    filters = {"vpc-id": inputs.take("vpcId"), "group-name": "default"}
    groups = task.call(
        "ec2",
        "DescribeSecurityGroups",
        Filters=[{"Name": name, "Values": [value]} for name, value in filters.items()],
    )["SecurityGroups"]
    identifier = groups[0]["GroupId"]
    _revoke_all(task, identifier)
    _change_rules(task, identifier, {}, inline)
    untagged = Standing(id=identifier, inputs={}, outputs={})
    retag("ec2", TAGGING, task, untagged, inputs.take("tags") or {})
    arn = task.arn("ec2", f"security-group/{identifier}")
    return Created(identifier, {"arn": arn, "name": groups[0]["GroupName"]})


def _leave(_task: Task, _standing: Standing) -> None:
    """The VPC's default group goes with the VPC alone; the provider leaves it as it is."""


def _rules(way: str) -> Row:
    """That what carries no group of its own can reach nothing, where the plan says so."""
    return lambda inputs, reading: (
        len(inputs.get(way) or []),
        len(reading.thing[_PERMISSIONS[way]]),
    )


CARDS = (
    Card(
        type=SECURITY_GROUP,
        computed=_invented_security_group,
        values=by_model("ec2:CreateSecurityGroup"),
        lifecycle=_GROUP.lifecycle(
            create=_create_security_group,
            read=_read_security_group,
            update=_update_security_group,
            delete=_delete_security_group,
        ),
        creation=SECONDS,
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
                demand=lambda need: need.count(SECURITY_GROUP) + 2,
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
        values=NOT_ENUMERATED,
        lifecycle=_GROUP.lifecycle(
            create=_take_over,
            read=_read_security_group,
            update=_update_security_group,
            delete=_leave,
        ),
        creation=SECONDS,
        verification=Verification(
            kind="security group",
            rows={"ingress rules": _rules("ingress"), "egress rules": _rules("egress")},
        ),
        changes=Changes(
            source=(provider("ec2/vpc_default_security_group.go"),),
            properties={
                "vpcId": REPLACE,
                "ingress": IN_PLACE,
                "egress": IN_PLACE,
                "revokeRulesOnDelete": IN_PLACE,
            },
        ),
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
