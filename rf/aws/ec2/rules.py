"""What opens which port of a security group to whom, in the forms of the plan and of EC2."""

from __future__ import annotations

from collections import Counter
from typing import TYPE_CHECKING, Any

from rf.shared.plan import reveal

if TYPE_CHECKING:
    from rf.shared.sandbox.reader import Reader

INGRESS = "aws:vpc/securityGroupIngressRule:SecurityGroupIngressRule"
EGRESS = "aws:vpc/securityGroupEgressRule:SecurityGroupEgressRule"

Rule = tuple[str, Any, Any, str]
"""Protocol, first and last port, and who is on the other side."""


def rule_of(protocol: str, first: Any, last: Any, other: Any) -> Rule:
    """The rule, the same whoever describes it."""
    # EC2 has no ports for "all protocols"; the emulator answers -1 or nothing for them.
    if protocol == "-1":
        first = last = None
    return (str(protocol), first, last, str(other))


def rules_of(reader: Reader, group: str) -> dict[str, Counter[Rule]]:
    """Rules that the group has, by direction."""
    rows = reader.read(
        "ec2", "DescribeSecurityGroupRules", Filters=[{"Name": "group-id", "Values": [group]}]
    )["SecurityGroupRules"]
    actual: dict[str, Counter[Rule]] = {"ingress": Counter(), "egress": Counter()}
    for row in rows:
        other = (
            row.get("CidrIpv4")
            or row.get("CidrIpv6")
            or row.get("PrefixListId")
            or (row.get("ReferencedGroupInfo") or {}).get("GroupId")
        )
        way = "egress" if row["IsEgress"] else "ingress"
        actual[way][rule_of(row["IpProtocol"], row.get("FromPort"), row.get("ToPort"), other)] += 1
    return actual


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


def planned_rules(reader: Reader, group: str) -> dict[str, Counter[Rule]]:
    """Rules of the group that the plan has as resources of their own, by direction."""
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
            planned[way][rule_of(permission["IpProtocol"], *ports, other)] += 1
    return planned
