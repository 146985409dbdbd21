"""Rules of security groups: what opens which port to whom."""

from __future__ import annotations

from collections import Counter
from dataclasses import replace
from functools import partial
from typing import TYPE_CHECKING

from rf.aws.ec2.common import TAGGING, arn_of, tagged
from rf.aws.ec2.rules import EGRESS, INGRESS, permission_of
from rf.shared.cards.calls import Calls, differing, retag, take_away
from rf.shared.cards.card import Card
from rf.shared.cards.changes import IN_PLACE, REPLACE, Changes
from rf.shared.cards.control_plane import REGIONAL
from rf.shared.cards.creation import SECONDS
from rf.shared.cards.lifecycle import Created, Inputs, Lifecycle, Standing, Task
from rf.shared.cards.prices import Free
from rf.shared.cards.quota import Quota
from rf.shared.cards.residency import NO_DATA
from rf.shared.cards.source import provider
from rf.shared.cards.values import ClosedValues
from rf.shared.cards.without import NOT_COMPARED, OWN_NAME, Without
from rf.shared.offline.invention import Computed, Registration

if TYPE_CHECKING:
    from rf.shared.account.need import Need

_PROTOCOLS = frozenset({"tcp", "udp", "icmp", "icmpv6", "-1", *map(str, range(256))})
"""Names, IANA protocol numbers, or -1 for all (EC2 API reference, IpPermission)."""

CLOUDFRONT_LIST_WEIGHT = 55
"""Rules that CloudFront's prefix list counts for in a security group (CloudFront, "Use the
CloudFront managed prefix list")."""


def _invented_security_group_rule(registration: Registration) -> Computed:
    rule_id = f"sgr-{registration.hex(17)}"
    return Computed(
        rule_id,
        {
            "arn": registration.arn("ec2", f"security-group-rule/{rule_id}"),
            "securityGroupRuleId": rule_id,
        },
    )


def _as_permission(task: Task, inputs: Inputs) -> None:
    """The form in which a group is given a rule; its tags stay beside."""
    tagged("security-group-rule")(task, inputs)
    beside = {"groupId": inputs.take("securityGroupId")}
    tags = inputs.take("tagSpecifications")
    if tags:
        beside["tagSpecifications"] = tags
    inputs.update({**beside, "ipPermissions": [permission_of(inputs.rest())]})


_RULE = Calls(
    service="ec2",
    create="AuthorizeSecurityGroupIngress",
    read="DescribeSecurityGroupRules",
    update="ModifySecurityGroupRules",
    delete="RevokeSecurityGroupIngress",
    identifier="SecurityGroupRuleId",
    by={"SecurityGroupRuleId": "{id}"},
    renames={"securityGroupId": "GroupId"},
    prepare=_as_permission,
    outputs={
        "arn": arn_of("security-group-rule"),
        "securityGroupRuleId": "SecurityGroupRuleId",
        "referencedSecurityGroupId": "ReferencedGroupInfo.GroupId",
    },
    tagging=TAGGING,
)


def _update_rule(task: Task, standing: Standing, inputs: Inputs) -> Created:
    """The API wants all of a rule, whatever differs."""
    retag("ec2", TAGGING, task, standing, inputs.take("tags") or {})
    old = {key: value for key, value in standing.inputs.items() if key != "tags"}
    group, rule = inputs.take("securityGroupId"), inputs.rest()
    if differing(old, rule) or old.keys() - {"securityGroupId"} != rule.keys():
        task.send(
            "ec2",
            "ModifySecurityGroupRules",
            {
                "groupId": group,
                "securityGroupRules": [
                    {"securityGroupRuleId": standing.id, "securityGroupRule": rule}
                ],
            },
            {"referencedSecurityGroupId": "ReferencedGroupId"},
        )
    return Created(standing.id, standing.outputs)


def _lifecycle(direction: str) -> Lifecycle:
    """That of rules of a direction, as the API's operations end in it."""
    calls = replace(
        _RULE,
        create=f"AuthorizeSecurityGroup{direction}",
        delete=f"RevokeSecurityGroup{direction}",
    )
    # To be revoked it takes its group too.
    revoking = replace(calls, by={**_RULE.by, "GroupId": "{securityGroupId}"})
    return calls.lifecycle(update=_update_rule, delete=partial(take_away, revoking))


def _rules_of_one_group(need: Need) -> int:
    """Rules of the security group that has the most, in one direction."""
    groups: Counter[tuple[str, tuple[str, ...]]] = Counter()
    for token in (INGRESS, EGRESS):
        for rule in need.plan.of_type(token):
            owner = rule.property_dependencies.get("securityGroupId", ())
            weight = CLOUDFRONT_LIST_WEIGHT if rule.inputs.get("prefixListId") else 1
            groups[token, tuple(owner)] += weight
    return max(groups.values(), default=0)


_RULE_CHANGES = Changes(
    source=(provider("ec2/vpc_security_group_ingress_rule.go, vpc_security_group_egress_rule.go"),),
    properties={
        "securityGroupId": REPLACE,
        **dict.fromkeys(
            (
                "cidrIpv4",
                "cidrIpv6",
                "description",
                "fromPort",
                "ipProtocol",
                "prefixListId",
                "referencedSecurityGroupId",
                "toPort",
            ),
            IN_PLACE,
        ),
    },
)


CARDS = (
    Card(
        type=EGRESS,
        computed=_invented_security_group_rule,
        values=ClosedValues(
            operations=("ec2:AuthorizeSecurityGroupEgress",),
            closed={"ipProtocol": _PROTOCOLS},
            source="EC2 API reference, IpPermission",
        ),
        lifecycle=_lifecycle("Egress"),
        creation=SECONDS,
        verification=NOT_COMPARED,
        changes=_RULE_CHANGES,
        price=Free(reason="rules cost nothing"),
        quotas=Without("counted with those of the other direction"),
        naming=OWN_NAME,
        permissions=(
            "ec2:AuthorizeSecurityGroupEgress",
            "ec2:DescribeSecurityGroupRules",
            "ec2:CreateTags",
        ),
        residency=NO_DATA,
        control_plane=REGIONAL,
    ),
    Card(
        type=INGRESS,
        computed=_invented_security_group_rule,
        values=ClosedValues(
            operations=("ec2:AuthorizeSecurityGroupIngress",),
            closed={"ipProtocol": _PROTOCOLS},
            source="EC2 API reference, IpPermission",
        ),
        lifecycle=_lifecycle("Ingress"),
        creation=SECONDS,
        verification=NOT_COMPARED,
        changes=_RULE_CHANGES,
        price=Free(reason="rules cost nothing"),
        quotas=(
            Quota(
                service="vpc",
                code="L-0EA8095F",
                name="Inbound or outbound rules per security group",
                demand=_rules_of_one_group,
            ),
        ),
        naming=OWN_NAME,
        permissions=(
            "ec2:AuthorizeSecurityGroupIngress",
            "ec2:DescribeSecurityGroupRules",
            "ec2:CreateTags",
        ),
        residency=NO_DATA,
        control_plane=REGIONAL,
    ),
)
