"""What others already use of a quota, read from the account: this stack's own is left out."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable
from typing import TYPE_CHECKING

from rf.shared.account.unreadable import GLOBAL_REGION

if TYPE_CHECKING:
    from rf.shared.account.account import Account
    from rf.shared.account.owned import Owner

STANDARD_FAMILIES = frozenset("acdhimrtz")
"""First letters of the EC2 families that share the vCPU quota "Standard" (EC2, "EC2 quotas")."""

Usage = Callable[["Account", "Owner"], float]
"""Raises UnreadableError where the account can't be read."""


def tagged(service: str, operation: str, member: str) -> Usage:
    """Things that bear tags, all of them but the stack's."""

    def count(account: Account, owner: Owner) -> float:
        things = account.listed(service, operation, member)
        return sum(not owner.tagged(each.get("Tags") or each.get("TagSet")) for each in things)

    return count


def named(
    service: str, operation: str, member: str, key: str = "", *, region: str | None = None
) -> Usage:
    """Things that are told by the name under `key`, or that are names themselves."""

    def count(account: Account, owner: Owner) -> float:
        things = account.listed(service, operation, member, region=region)
        return sum(not owner.named(each[key] if key else each) for each in things)

    return count


def in_other_vpcs(service: str, operation: str, member: str) -> Usage:
    """Things that stand in a VPC, those in the stack's own left out."""

    def count(account: Account, owner: Owner) -> float:
        own = owner.vpc_ids(account)
        things = account.listed(service, operation, member)
        return sum(each.get("VpcId") not in own for each in things)

    return count


def running_vcpus(account: Account, owner: Owner) -> float:
    """vCPUs of others' running on-demand instances of the standard families."""
    listed = account.listed(
        "ec2",
        "DescribeInstances",
        "Reservations",
        Filters=[{"Name": "instance-state-name", "Values": ["pending", "running"]}],
    )
    return sum(
        int(each["CpuOptions"]["CoreCount"]) * int(each["CpuOptions"]["ThreadsPerCore"])
        for reservation in listed
        for each in reservation["Instances"]
        if each["InstanceType"][0] in STANDARD_FAMILIES
        and each.get("InstanceLifecycle") != "spot"
        and not owner.tagged(each.get("Tags"))
    )


def gateways_of_one_zone(account: Account, owner: Owner) -> float:
    """NAT gateways in the zone that has most of them."""
    gateways = account.listed("ec2", "DescribeNatGateways", "NatGateways")
    subnets = account.listed("ec2", "DescribeSubnets", "Subnets")
    zones = {each["SubnetId"]: each["AvailabilityZone"] for each in subnets}
    counts = Counter(
        zones.get(each["SubnetId"])
        for each in gateways
        if each["State"] in ("pending", "available") and not owner.tagged(each.get("Tags"))
    )
    return max(counts.values(), default=0)


def gateway_endpoints(account: Account, owner: Owner) -> float:
    """Gateway endpoints of the region."""
    listed = account.listed("ec2", "DescribeVpcEndpoints", "VpcEndpoints")
    return sum(
        each["VpcEndpointType"] == "Gateway" and not owner.tagged(each.get("Tags"))
        for each in listed
    )


def volume_tib(account: Account, owner: Owner) -> float:
    """gp3 volumes, in TiB."""
    listed = account.listed(
        "ec2",
        "DescribeVolumes",
        "Volumes",
        Filters=[{"Name": "volume-type", "Values": ["gp3"]}],
    )
    return sum(each["Size"] for each in listed if not owner.tagged(each.get("Tags"))) / 1024


def database_gib(account: Account, owner: Owner) -> float:
    """Storage of RDS instances."""
    listed = account.listed("rds", "DescribeDBInstances", "DBInstances")
    return sum(
        each["AllocatedStorage"] for each in listed if not owner.named(each["DBInstanceIdentifier"])
    )


def redis_nodes(account: Account, owner: Owner) -> float:
    """Nodes of all clusters and replication groups."""
    listed = account.listed("elasticache", "DescribeCacheClusters", "CacheClusters")
    return sum(
        int(each.get("NumCacheNodes") or 1)
        for each in listed
        if not owner.named(str(each.get("ReplicationGroupId")))
    )


def application_balancers(account: Account, owner: Owner) -> float:
    """Load balancers of the kind that we make."""
    own = owner.vpc_ids(account)
    listed = account.listed("elbv2", "DescribeLoadBalancers", "LoadBalancers")
    return sum(each["Type"] == "application" and each["VpcId"] not in own for each in listed)


def keys(account: Account, owner: Owner) -> float:
    """Customer keys; the stack's are told by their aliases."""
    aliases = account.listed("kms", "ListAliases", "Aliases")
    own = {each.get("TargetKeyId") for each in aliases if owner.named(each["AliasName"])}
    managed = {
        each.get("TargetKeyId") for each in aliases if each["AliasName"].startswith("alias/aws/")
    }
    listed = account.listed("kms", "ListKeys", "Keys")
    return sum(each["KeyId"] not in own | managed for each in listed)


def distributions(account: Account, owner: Owner) -> float:
    """CloudFront distributions; of a stack's own, those that bear no alias count too."""
    listed = account.listed(
        "cloudfront", "ListDistributions", "DistributionList.Items", region=GLOBAL_REGION
    )
    return sum(
        not any(owner.named(alias) for alias in (each.get("Aliases") or {}).get("Items") or ())
        for each in listed
    )


def cloudfront_policies(operation: str, member: str) -> Usage:
    """The account's own policies of a kind; those of this stack count too, having no fixed name."""

    def count(account: Account, _owner: Owner) -> float:
        listed = account.listed(
            "cloudfront", operation, f"{member}.Items", region=GLOBAL_REGION, Type="custom"
        )
        return len(listed)

    return count


def summed_up(entry: str) -> Usage:
    """A number of IAM's summary; what this stack has already made counts too."""

    def count(account: Account, _owner: Owner) -> float:
        return account.read("iam", "GetAccountSummary")["SummaryMap"][entry]

    return count
