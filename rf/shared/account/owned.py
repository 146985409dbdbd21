"""Which of an account's things are this very stack's: those count as its own, not against it."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from rf.shared.account.account import Account
from rf.shared.account.need import Need

_NAME_KEYS = (
    "name",
    "identifier",
    "replicationGroupId",
    "userId",
    "userGroupId",
    "bucket",
    "brokerName",
    "domainName",
)
"""Inputs that hold a physical name, by the provider's words."""


@dataclass(frozen=True, kw_only=True)
class Owner:
    """A stack's mark on what it made: its tags, and the very names that its plan gives."""

    project: str
    stack: str
    cluster: str
    names: frozenset[str]

    @classmethod
    def of(cls, need: Need) -> Owner:
        """The owner of all that a plan creates."""
        aws = [each for token in need.types() for each in need.inputs(token)]
        names = {each[key] for each in aws for key in _NAME_KEYS if isinstance(each.get(key), str)}
        # Names of a domain that a distribution answers to; a record's aliases are objects.
        names |= {
            alias for each in aws for alias in each.get("aliases") or () if isinstance(alias, str)
        }
        return cls(
            project=need.settings.project,
            stack=need.settings.stack,
            cluster=need.settings.prefix,
            names=frozenset(names),
        )

    def named(self, name: str) -> bool:
        """Whether the plan has something of that name."""
        return name in self.names

    def tagged(self, tags: Iterable[Mapping[str, str]] | None) -> bool:
        """Whether the provider's default tags of this stack are there, or its cluster's own."""
        values = {_of(tag, "Key"): _of(tag, "Value") for tag in tags or ()}
        ours = (values.get("project"), values.get("stack")) == (self.project, self.stack)
        nodes = self.cluster in (
            values.get("eks:cluster-name"),
            values.get("eks:eks-cluster-name"),
        )
        return ours or nodes or f"kubernetes.io/cluster/{self.cluster}" in values

    def vpc_ids(self, account: Account) -> set[str]:
        """The stack's VPC, where it is there already. Raises UnreadableError."""
        listed = account.listed("ec2", "DescribeVpcs", "Vpcs")
        return {vpc["VpcId"] for vpc in listed if self.tagged(vpc.get("Tags"))}


def _of(tag: Mapping[str, Any], key: str) -> str:
    """Services spell a tag's members with a capital or without one."""
    return str(tag.get(key, tag.get(key.lower(), "")))
