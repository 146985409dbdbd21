"""The quotas that a plan can run into, each with the plan's demand and the account's use.

Codes and names are those of Service Quotas (`aws service-quotas list-service-quotas`).
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from rf.preflight import usage
from rf.preflight.account import GLOBAL_REGION
from rf.preflight.need import NODE_GROUP, REPLICATION_GROUP, Need
from rf.preflight.usage import Usage


@dataclass(frozen=True, kw_only=True)
class Quota:
    """One quota. `region` is where it is kept, None for the stack's own.

    `used` is None for a quota of one thing that the plan itself makes, where others' use can't be.
    """

    service: str
    code: str
    name: str
    demand: Callable[[Need], float]
    used: Usage | None = None
    region: str | None = None


def _count(token: str) -> Callable[[Need], float]:
    return lambda need: need.count(token)


def _certificates(region: str | None) -> Callable[[Need], float]:
    token = "aws:acm/certificate:Certificate"  # noqa: S105 - a type token, no password
    return lambda need: need.in_region(token, region or need.settings.region)


def _one(service: str, code: str, name: str, demand: Callable[[Need], float]) -> Quota:
    """A quota of one thing."""
    return Quota(service=service, code=code, name=name, demand=demand)


def _of_region(
    service: str, code: str, name: str, demand: Callable[[Need], float], used: Usage
) -> Quota:
    return Quota(service=service, code=code, name=name, demand=demand, used=used)


def _global(
    service: str, code: str, name: str, demand: Callable[[Need], float], used: Usage
) -> Quota:
    return Quota(
        service=service, code=code, name=name, demand=demand, used=used, region=GLOBAL_REGION
    )


_MACHINES = (
    _of_region(
        "ec2",
        "L-1216C47A",
        "Running On-Demand Standard instances, vCPUs",
        lambda need: need.machines.standard_vcpus,
        usage.running_vcpus,
    ),
    _of_region(
        "ebs",
        "L-7A658B76",
        "Storage for gp3 volumes, TiB",
        lambda need: need.volumes_gib / 1024,
        usage.volume_tib,
    ),
    _of_region(
        "eks",
        "L-1194D53C",
        "Clusters",
        _count("aws:eks/cluster:Cluster"),
        usage.named("eks", "ListClusters", "clusters"),
    ),
    _one("eks", "L-6D54EA21", "Managed node groups per cluster", _count(NODE_GROUP)),
    _one(
        "eks",
        "L-BD136A63",
        "Nodes per managed node group",
        lambda need: need.machines.largest_group,
    ),
)

_NETWORK = (
    _of_region(
        "vpc",
        "L-F678F1CE",
        "VPCs per Region",
        _count("aws:ec2/vpc:Vpc"),
        usage.tagged("ec2", "DescribeVpcs", "Vpcs"),
    ),
    _of_region(
        "ec2",
        "L-0263D0A3",
        "EC2-VPC Elastic IPs",
        _count("aws:ec2/eip:Eip"),
        usage.tagged("ec2", "DescribeAddresses", "Addresses"),
    ),
    _of_region(
        "vpc",
        "L-FE5A380F",
        "NAT gateways per Availability Zone",
        lambda need: min(1, need.count("aws:ec2/natGateway:NatGateway")),
        usage.gateways_of_one_zone,
    ),
    _of_region(
        "vpc",
        "L-A4707A72",
        "Internet gateways per Region",
        _count("aws:ec2/internetGateway:InternetGateway"),
        usage.tagged("ec2", "DescribeInternetGateways", "InternetGateways"),
    ),
    _of_region(
        "vpc",
        "L-DF5E4CA3",
        "Network interfaces per Region",
        lambda need: need.network_interfaces,
        usage.in_other_vpcs("ec2", "DescribeNetworkInterfaces", "NetworkInterfaces"),
    ),
    _of_region(
        "vpc",
        "L-E79EC296",
        "VPC security groups per Region",
        # EKS makes one of its own, and the VPC has a default one.
        lambda need: need.count("aws:ec2/securityGroup:SecurityGroup") + 2,
        usage.in_other_vpcs("ec2", "DescribeSecurityGroups", "SecurityGroups"),
    ),
    _of_region(
        "vpc",
        "L-1B52E74A",
        "Gateway VPC endpoints per Region",
        lambda need: need.endpoints["Gateway"],
        usage.gateway_endpoints,
    ),
    _one(
        "vpc",
        "L-29B6F2EB",
        "Interface VPC endpoints per VPC",
        lambda need: need.endpoints["Interface"],
    ),
    _one("vpc", "L-407747CB", "Subnets per VPC", _count("aws:ec2/subnet:Subnet")),
    _one(
        "vpc",
        "L-589F43AA",
        "Route tables per VPC",
        lambda need: need.count("aws:ec2/routeTable:RouteTable") + 1,
    ),
    _one(
        "vpc",
        "L-0EA8095F",
        "Inbound or outbound rules per security group",
        lambda need: need.rules_of_one_group,
    ),
    _of_region(
        "elasticloadbalancing",
        "L-53DA6B97",
        "Application Load Balancers per Region",
        _count("aws:lb/loadBalancer:LoadBalancer"),
        usage.application_balancers,
    ),
    _of_region(
        "elasticloadbalancing",
        "L-B22855CB",
        "Target Groups per Region",
        _count("aws:lb/targetGroup:TargetGroup"),
        usage.in_other_vpcs("elbv2", "DescribeTargetGroups", "TargetGroups"),
    ),
    _one(
        "elasticloadbalancing",
        "L-7E6692B2",
        "Targets per Application Load Balancer",
        lambda need: sum(need.targets.values()),
    ),
    _one(
        "elasticloadbalancing",
        "L-A0D0B863",
        "Targets per Target Group per Region",
        lambda need: max(need.targets.values(), default=0),
    ),
    _one(
        "elasticloadbalancing",
        "L-7EED9B64",
        "Rules per Application Load Balancer",
        _count("aws:lb/listenerRule:ListenerRule"),
    ),
)

_DATA = (
    _of_region(
        "rds",
        "L-7B6409FD",
        "DB instances",
        _count("aws:rds/instance:Instance"),
        usage.named("rds", "DescribeDBInstances", "DBInstances", "DBInstanceIdentifier"),
    ),
    _of_region(
        "rds",
        "L-7ADDB58A",
        "Total storage for all DB instances, GB",
        lambda need: need.database_gib,
        usage.database_gib,
    ),
    _one(
        "rds",
        "L-5BC124EF",
        "Read replicas per primary",
        lambda need: need.settings.database.read_replicas,
    ),
    _of_region(
        "rds",
        "L-48C6BF61",
        "DB subnet groups",
        _count("aws:rds/subnetGroup:SubnetGroup"),
        usage.named("rds", "DescribeDBSubnetGroups", "DBSubnetGroups", "DBSubnetGroupName"),
    ),
    _of_region(
        "elasticache",
        "L-DFE45DF3",
        "Nodes per Region",
        lambda need: sum(need.redis_nodes.values()),
        usage.redis_nodes,
    ),
    _one(
        "elasticache",
        "L-AF354865",
        "Nodes per cluster (cluster mode enabled)",
        lambda need: max(
            (
                need.redis_nodes[each["replicationGroupId"]]
                for each in need.inputs(REPLICATION_GROUP)
                if each.get("numNodeGroups")
            ),
            default=0,
        ),
    ),
    _of_region(
        "elasticache",
        "L-80E085C7",
        "Users per Region",
        _count("aws:elasticache/user:User"),
        usage.named("elasticache", "DescribeUsers", "Users", "UserId"),
    ),
    _of_region(
        "elasticache",
        "L-AD484FC5",
        "User Groups per Region",
        _count("aws:elasticache/userGroup:UserGroup"),
        usage.named("elasticache", "DescribeUserGroups", "UserGroups", "UserGroupId"),
    ),
    _of_region(
        "mq",
        "L-4D525FD5",
        "Number of brokers, per region",
        _count("aws:mq/broker:Broker"),
        usage.named("mq", "ListBrokers", "BrokerSummaries", "BrokerName"),
    ),
)

_ACCOUNT = (
    _of_region("kms", "L-C2F1777E", "Customer keys", _count("aws:kms/key:Key"), usage.keys),
    _of_region(
        "ecr",
        "L-CFEB8E8D",
        "Registered repositories",
        _count("aws:ecr/repository:Repository"),
        usage.named("ecr", "DescribeRepositories", "repositories", "repositoryName"),
    ),
    _of_region(
        "acm",
        "L-F141DD1D",
        "ACM certificates",
        _certificates(None),
        usage.named("acm", "ListCertificates", "CertificateSummaryList", "DomainName"),
    ),
    _global(
        "iam",
        "L-FE177D64",
        "Roles per account",
        _count("aws:iam/role:Role"),
        usage.summed_up("Roles"),
    ),
    _global(
        "s3",
        "L-DC2B2D3D",
        "General purpose buckets",
        _count("aws:s3/bucket:Bucket"),
        usage.named("s3", "ListBuckets", "Buckets", "Name", region=GLOBAL_REGION),
    ),
    _global(
        "cloudfront",
        "L-24B04930",
        "Distributions per AWS account",
        _count("aws:cloudfront/distribution:Distribution"),
        usage.distributions,
    ),
    _global(
        "cloudfront",
        "L-7D134442",
        "Cache policies per AWS account",
        _count("aws:cloudfront/cachePolicy:CachePolicy"),
        usage.cloudfront_policies("ListCachePolicies", "CachePolicyList"),
    ),
    _global(
        "cloudfront",
        "L-CF0D4FC5",
        "Response headers policies per AWS account",
        _count("aws:cloudfront/responseHeadersPolicy:ResponseHeadersPolicy"),
        usage.cloudfront_policies("ListResponseHeadersPolicies", "ResponseHeadersPolicyList"),
    ),
)

QUOTAS = (*_MACHINES, *_NETWORK, *_DATA, *_ACCOUNT)
"""All of them, in the order of the report."""
