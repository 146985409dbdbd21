"""What a recorded plan asks of an account: the numbers behind the quotas, at the maxima."""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from ipaddress import IPv4Network
from typing import Any

from rf.shared.offline.invention import ACCOUNT_ID
from rf.shared.plan import RecordedPlan, redact
from scaleplan.applications.workloads import SERVED, application
from scaleplan.catalog import load_catalog
from scaleplan.settings import Settings

STANDARD_FAMILIES = frozenset("acdhimrtz")
"""First letters of the EC2 families that share the vCPU quota "Standard" (EC2, "EC2 quotas")."""

INTERFACES_PER_VCPU = 1.5
"""Upper bound of a node's network interfaces: 3 on a large of 2 vCPUs, 4 on 4, 4 on 8, 8 on 16
(EC2, "Maximum IP addresses per network interface")."""

ADDRESSES_PER_NODE = 129
"""Upper bound: 110 pods need 7 prefixes of 16 addresses, one more is kept warm
(`WARM_PREFIX_TARGET`), and one address is the node's own (amazon-vpc-cni-k8s, prefix mode)."""

CLUSTER_INTERFACES = 4
"""Of the EKS control plane in our subnets (EKS, "VPC and subnet requirements")."""

BALANCER_INTERFACES_PER_ZONE = 8
"""Addresses that an Application Load Balancer wants free in each subnet to scale (ELB guide)."""

CLOUDFRONT_LIST_WEIGHT = 55
"""Rules that CloudFront's prefix list counts for in a security group (CloudFront, "Use the
CloudFront managed prefix list")."""

INSTANCE = "aws:rds/instance:Instance"
REPLICATION_GROUP = "aws:elasticache/replicationGroup:ReplicationGroup"
NODE_GROUP = "aws:eks/nodeGroup:NodeGroup"
NODE_POOL = "kubernetes:karpenter.sh/v1:NodePool"


@dataclass(frozen=True, kw_only=True)
class NodeNeeds:
    """The nodes at their most: managed groups at `maxSize`, Karpenter's pools at their limits."""

    standard_vcpus: int
    other_families: tuple[str, ...]
    nodes: int
    disk_gib: int
    largest_group: int


@dataclass(frozen=True, kw_only=True)
class Need:
    """A plan with the settings that made it, and what can be counted of it.

    `account_id` takes the place of the one that an offline plan invents, in names above all.
    """

    plan: RecordedPlan
    settings: Settings
    account_id: str

    def inputs(self, token: str) -> list[Mapping[str, Any]]:
        """The inputs of all resources of a type, secrets redacted."""
        return [
            _in_account(redact(resource.inputs), self.account_id)
            for resource in self.plan.of_type(token)
        ]

    def types(self) -> list[str]:
        """The types of AWS resources in the plan, sorted."""
        return sorted({each.type for each in self.plan.resources if each.type.startswith("aws:")})

    def count(self, token: str) -> int:
        """How many resources of a type there are."""
        return len(self.plan.of_type(token))

    def in_region(self, token: str, region: str) -> int:
        """How many of them stand in that region: their own, or else the stack's."""
        home = self.settings.region
        return sum((each.get("region") or home) == region for each in self.inputs(token))

    @property
    def machines(self) -> NodeNeeds:
        """The nodes at their most."""
        families: Counter[str] = Counter()
        nodes = disk = largest = 0
        for group in self.inputs(NODE_GROUP):
            most = int(group["scalingConfig"]["maxSize"])
            name = group["instanceTypes"][0]
            families[name[0]] += most * load_catalog().instance_class(name).vcpus
            nodes += most
            largest = max(largest, most)
        disk = nodes * self.settings.nodes.system.disk_gib
        for pool in self.inputs(NODE_POOL):
            vcpus = math.ceil(cores(pool["spec"]["limits"]["cpu"]))
            smallest = min(map(int, requirement(pool, "instance-cpu")))
            # The pool's limit is one for all its families, which have one quota.
            families[requirement(pool, "instance-category")[0]] += vcpus
            nodes += vcpus // smallest
            disk += vcpus // smallest * self.settings.nodes.system.disk_gib
        return NodeNeeds(
            standard_vcpus=sum(n for letter, n in families.items() if letter in STANDARD_FAMILIES),
            other_families=tuple(sorted(set(families) - STANDARD_FAMILIES)),
            nodes=nodes,
            disk_gib=disk,
            largest_group=largest,
        )

    @property
    def volumes_gib(self) -> int:
        """gp3 volumes: the nodes' root disks and the database pods' own."""
        citus = self.settings.citus
        pods = citus.coordinator_instances + citus.shard_clusters * (
            citus.instances_per_shard_cluster
        )
        sharded = pods * citus.volume_gib if self.settings.sharding.present else 0
        return self.machines.disk_gib + sharded

    @property
    def redis_nodes(self) -> dict[str, int]:
        """Nodes of each replication group, by its name."""
        counts: dict[str, int] = {}
        for group in self.inputs(REPLICATION_GROUP):
            shards = int(group.get("numNodeGroups") or 0)
            sharded = shards * (1 + int(group.get("replicasPerNodeGroup") or 0))
            counts[group["replicationGroupId"]] = sharded or int(group["numCacheClusters"])
        return counts

    @property
    def database_gib(self) -> int:
        """Storage of all RDS instances when each has grown to its ceiling."""
        return sum(
            int(each.get("maxAllocatedStorage") or each.get("allocatedStorage") or 0)
            for each in self.inputs(INSTANCE)
        )

    @property
    def network_interfaces(self) -> int:
        """Upper bound over nodes, endpoints, gateways, databases, balancers and the control plane.

        A multi-AZ instance has its standby's too.
        """
        databases = sum(2 if each.get("multiAz") else 1 for each in self.inputs(INSTANCE))
        endpoints = sum(len(each.get("subnetIds") or ()) for each in self.inputs(_ENDPOINT))
        balancers = sum(
            BALANCER_INTERFACES_PER_ZONE * len(each.get("subnets") or ())
            for each in self.inputs("aws:lb/loadBalancer:LoadBalancer")
        )
        brokers = sum(len(each["subnetIds"]) for each in self.inputs("aws:mq/broker:Broker"))
        machines = self.machines
        return (
            math.ceil(machines.standard_vcpus * INTERFACES_PER_VCPU)
            + databases
            + endpoints
            + balancers
            + brokers
            + sum(self.redis_nodes.values())
            + self.count("aws:ec2/natGateway:NatGateway")
            + CLUSTER_INTERFACES * self.count("aws:eks/cluster:Cluster")
        )

    @property
    def endpoints(self) -> Counter[str]:
        """VPC endpoints by type, `Interface` and `Gateway`."""
        return Counter(each.get("vpcEndpointType") or "Gateway" for each in self.inputs(_ENDPOINT))

    @property
    def rules_of_one_group(self) -> int:
        """Rules of the security group that has the most, in one direction."""
        groups: Counter[tuple[str, tuple[str, ...]]] = Counter()
        for direction in ("Ingress", "Egress"):
            token = f"aws:vpc/securityGroup{direction}Rule:SecurityGroup{direction}Rule"
            for rule in self.plan.of_type(token):
                owner = rule.property_dependencies.get("securityGroupId", ())
                weight = CLOUDFRONT_LIST_WEIGHT if rule.inputs.get("prefixListId") else 1
                groups[direction, tuple(owner)] += weight
        return max(groups.values(), default=0)

    @property
    def targets(self) -> dict[str, int]:
        """Pods behind the load balancer at their most, by application."""
        served = {each["metadata"]["name"] for each in self.inputs("kubernetes:core/v1:Service")}
        most = {
            name: application(name).settings_of(self.settings).max_replicas
            for name in SERVED
            if name in served
        }
        # A rollout has one pod more.
        return {name: replicas + 1 for name, replicas in most.items()}

    @property
    def private_subnets(self) -> list[IPv4Network]:
        """Where nodes and pods have their addresses."""
        return [
            IPv4Network(each["cidrBlock"])
            for each in self.inputs("aws:ec2/subnet:Subnet")
            if "karpenter.sh/discovery" in (each.get("tags") or {})
            or "kubernetes.io/role/internal-elb" in (each.get("tags") or {})
        ]


def _in_account(value: Any, account_id: str) -> Any:
    match value:
        case str():
            return value.replace(ACCOUNT_ID, account_id)
        case Mapping():
            return {key: _in_account(item, account_id) for key, item in value.items()}
        case list():
            return [_in_account(item, account_id) for item in value]
        case _:
            return value


_ENDPOINT = "aws:ec2/vpcEndpoint:VpcEndpoint"


def requirement(pool: Mapping[str, Any], key: str) -> list[str]:
    """The values that a Karpenter pool requires of a key, or none."""
    requirements: Iterable[Mapping[str, Any]] = pool["spec"]["template"]["spec"]["requirements"]
    return next(
        (list(each["values"]) for each in requirements if each["key"].endswith(f"/{key}")), []
    )


def cores(quantity: str) -> float:
    """CPUs of a Kubernetes quantity such as `76000m` or `76`."""
    text = str(quantity)
    return int(text[:-1]) / 1000 if text.endswith("m") else float(text)
