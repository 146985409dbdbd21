"""Service quotas: what the plan needs at its maxima, beside what others use already."""

from __future__ import annotations

import math
from collections.abc import Iterator
from typing import Any

from rf.aws.ec2.network import private_subnets
from rf.aws.eks.cluster import machines_of
from rf.preflight.row import PreflightRow, RowStatus, status_of
from rf.shared.account.account import Account, UnreadableError
from rf.shared.account.need import Need
from rf.shared.account.owned import Owner
from rf.shared.cards.quota import Quota
from rf.shared.cards.registry import all_cards
from rf.shared.cards.without import Without

CHECK = "quota"

ADDRESSES_PER_NODE = 129
"""Upper bound: 110 pods need 7 prefixes of 16 addresses, one more is kept warm
(`WARM_PREFIX_TARGET`), and one address is the node's own (amazon-vpc-cni-k8s, prefix mode)."""

RESERVED_ADDRESSES = 5
"""Of each subnet, AWS's own (VPC, "Subnet CIDR blocks")."""


def quotas(account: Account, need: Need, owner: Owner) -> Iterator[PreflightRow]:
    """A row for each quota that the plan touches."""
    for quota in all_quotas():
        demand = quota.demand(need)
        if demand > 0:
            yield _row(account, owner, quota, demand)
    for family in machines_of(need).other_families:
        yield PreflightRow(
            check=CHECK,
            subject=f"EC2 vCPUs of family {family}",
            status=RowStatus.UNKNOWN,
            needed="a quota of its own",
            found="preflight knows the code of the standard families' quota only",
            fix="aws service-quotas list-service-quotas --service-code ec2",
        )


def all_quotas() -> list[Quota]:
    """The quotas of all cards."""
    return [
        quota
        for card in all_cards()
        if not isinstance(card.quotas, Without)
        for quota in card.quotas
    ]


def addresses(_account: Account, need: Need, _owner: Owner) -> Iterator[PreflightRow]:
    """Addresses of the private subnets; by the plan alone, so it can be told of any account.

    All nodes of Karpenter may come into one zone, so each zone is measured against all of them.
    """
    nodes = machines_of(need).nodes
    wanted = nodes * ADDRESSES_PER_NODE
    for network in private_subnets(need):
        room = network.num_addresses - RESERVED_ADDRESSES
        yield PreflightRow(
            check="addresses",
            subject=f"subnet {network}",
            status=status_of(fine=wanted <= room),
            needed=f"{wanted} for {nodes} nodes at most, all in one zone",
            found=str(room),
            fix="" if wanted <= room else "lower worker.maxReplicas or nodes.system.maxNodes",
        )


def _row(account: Account, owner: Owner, quota: Quota, demand: float) -> PreflightRow:
    region = quota.region or account.region
    subject = f"{quota.service} {quota.name} ({quota.code})"
    used, use_text, total = 0.0, "", demand
    try:
        limit, adjustable = _limit(account, quota, region)
    except UnreadableError as error:
        return PreflightRow(
            check=CHECK,
            subject=subject,
            status=RowStatus.UNKNOWN,
            needed=_number(demand),
            found=f"the quota could not be read: {error}",
            fix=f"aws service-quotas get-service-quota --service-code {quota.service}"
            f" --quota-code {quota.code} --region {region}",
        )
    unread: UnreadableError | None = None
    if quota.used is not None:
        try:
            used = quota.used(account, owner)
            total = used + demand
            use_text = f", others use {_number(used)}"
        except UnreadableError as error:
            unread = error
            use_text = f", others' use could not be read: {error}"
    fine = total <= limit
    status = status_of(fine=fine)
    if fine and unread is not None:
        status = RowStatus.UNKNOWN
    return PreflightRow(
        check=CHECK,
        subject=subject,
        status=status,
        needed=_number(demand),
        found=f"{_number(limit)}{use_text}",
        fix="" if fine else _fix(quota, total, region, adjustable=adjustable),
    )


def _limit(account: Account, quota: Quota, region: str) -> tuple[float, bool]:
    """The account's value, or AWS's default where none was ever set for it."""
    at: dict[str, Any] = {"ServiceCode": quota.service, "QuotaCode": quota.code}
    try:
        answer = account.read("service-quotas", "GetServiceQuota", region=region, **at)["Quota"]
    except UnreadableError as error:
        if error.code != "NoSuchResourceException":
            raise
        answer = account.read("service-quotas", "GetAWSDefaultServiceQuota", region=region, **at)[
            "Quota"
        ]
    if "Value" not in answer:
        raise UnreadableError("service-quotas", "GetServiceQuota", "answered without a value")
    return float(answer["Value"]), bool(answer.get("Adjustable", True))


def _fix(quota: Quota, total: float, region: str, *, adjustable: bool) -> str:
    if not adjustable:
        return "AWS doesn't raise this quota: use less of it, or another account or region"
    return (
        f"aws service-quotas request-service-quota-increase --service-code {quota.service}"
        f" --quota-code {quota.code} --desired-value {math.ceil(total)} --region {region}"
    )


def _number(value: float) -> str:
    return f"{value:.1f}".rstrip("0").rstrip(".")
