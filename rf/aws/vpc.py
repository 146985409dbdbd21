"""Rules of security groups: what opens which port to whom."""

from __future__ import annotations

from collections import Counter
from typing import TYPE_CHECKING

from rf.aws.ec2.groups import permission_of
from rf.aws.ec2.network import tag_specifications
from rf.shared.cards.calls import Calls
from rf.shared.cards.card import Card
from rf.shared.cards.changes import Unruled
from rf.shared.cards.control_plane import REGIONAL
from rf.shared.cards.lifecycle import Created, Inputs, Task
from rf.shared.cards.prices import Free
from rf.shared.cards.quota import Quota
from rf.shared.cards.residency import NO_DATA
from rf.shared.cards.values import ClosedValues
from rf.shared.cards.without import NOT_COMPARED, OWN_NAME, Without
from rf.shared.offline.invention import Computed, Registration

if TYPE_CHECKING:
    from rf.shared.account.need import Need

_PROTOCOLS = frozenset({"tcp", "udp", "icmp", "icmpv6", "-1", *map(str, range(256))})
"""Names, IANA protocol numbers, or -1 for all (EC2 API reference, IpPermission)."""


def _invented_security_group_rule(registration: Registration) -> Computed:
    rule_id = f"sgr-{registration.hex(17)}"
    return Computed(
        rule_id,
        {
            "arn": registration.arn("ec2", f"security-group-rule/{rule_id}"),
            "securityGroupRuleId": rule_id,
        },
    )


def _rule(task: Task, inputs: Inputs, operation: str) -> Created:
    group = inputs.take("securityGroupId")
    tags = tag_specifications("security-group-rule", inputs)
    permission = permission_of(inputs.rest())
    answer = task.call("ec2", operation, GroupId=group, IpPermissions=[permission], **tags)
    rules = answer["SecurityGroupRules"]
    return Created(rules[0]["SecurityGroupRuleId"])


def _create_egress_rule(task: Task, inputs: Inputs) -> Created:
    return _rule(task, inputs, "AuthorizeSecurityGroupEgress")


def _create_ingress_rule(task: Task, inputs: Inputs) -> Created:
    return _rule(task, inputs, "AuthorizeSecurityGroupIngress")


INGRESS = "aws:vpc/securityGroupIngressRule:SecurityGroupIngressRule"
EGRESS = "aws:vpc/securityGroupEgressRule:SecurityGroupEgressRule"

CLOUDFRONT_LIST_WEIGHT = 55
"""Rules that CloudFront's prefix list counts for in a security group (CloudFront, "Use the
CloudFront managed prefix list")."""


def _rules_of_one_group(need: Need) -> int:
    """Rules of the security group that has the most, in one direction."""
    groups: Counter[tuple[str, tuple[str, ...]]] = Counter()
    for token in (INGRESS, EGRESS):
        for rule in need.plan.of_type(token):
            owner = rule.property_dependencies.get("securityGroupId", ())
            weight = CLOUDFRONT_LIST_WEIGHT if rule.inputs.get("prefixListId") else 1
            groups[token, tuple(owner)] += weight
    return max(groups.values(), default=0)


CARDS = (
    Card(
        type=EGRESS,
        computed=_invented_security_group_rule,
        values=ClosedValues(
            operations=("ec2:AuthorizeSecurityGroupEgress",),
            closed={"ipProtocol": _PROTOCOLS},
            source="EC2 API reference, IpPermission",
        ),
        lifecycle=Calls(service="ec2", create="AuthorizeSecurityGroupEgress").lifecycle(
            create=_create_egress_rule
        ),
        verification=NOT_COMPARED,
        changes=Unruled(),
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
        lifecycle=Calls(service="ec2", create="AuthorizeSecurityGroupIngress").lifecycle(
            create=_create_ingress_rule
        ),
        verification=NOT_COMPARED,
        changes=Unruled(),
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
