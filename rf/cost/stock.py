"""What a recorded plan holds of everything that is paid by the piece, by the key of its price.

Counted from the inputs of the resources themselves, apart from the arithmetic of the settings: two
ways to the same numbers, so that neither can forget a resource alone.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

from rf.shared.plan import RecordedPlan, RecordedResource
from scaleplan.citus.data_nodes import FREE_IOPS, FREE_MIB_PER_SECOND


@dataclass(frozen=True)
class Quantity:
    """At the least and at the most, as an autoscaler's bounds have it."""

    low: Decimal = Decimal(0)
    high: Decimal = Decimal(0)

    def __add__(self, other: Quantity) -> Quantity:
        return Quantity(self.low + other.low, self.high + other.high)


Counted = Iterator[tuple[str, Quantity]]


def stock_of(plan: RecordedPlan) -> dict[str, Quantity]:
    """Quantity of each key, of what is no usage and not bought by Karpenter."""
    stock: dict[str, Quantity] = {}
    for resource in plan.resources:
        count = _COUNTERS.get(resource.type)
        for key, quantity in count(resource, plan) if count else ():
            stock[key] = stock.get(key, Quantity()) + quantity
    return stock


def _fixed(value: int | str | Decimal) -> Quantity:
    return Quantity(Decimal(value), Decimal(value))


def _each(key: str) -> Callable[[RecordedResource, RecordedPlan], Counted]:
    def count(_resource: RecordedResource, _plan: RecordedPlan) -> Counted:
        yield key, _fixed(1)

    return count


def _endpoint(resource: RecordedResource, _plan: RecordedPlan) -> Counted:
    if resource.inputs.get("vpcEndpointType") == "Interface":
        yield "endpoint:interface", _fixed(len(resource.inputs["subnetIds"]))


def _firewall(resource: RecordedResource, _plan: RecordedPlan) -> Counted:
    yield "waf:acl", _fixed(1)
    yield "waf:rule", _fixed(len(resource.inputs.get("rules", ())))


def _database(resource: RecordedResource, plan: RecordedPlan) -> Counted:
    inputs = resource.inputs
    suffix = "-multi-az" if inputs.get("multiAz") else ""
    yield f"rds{suffix}:{inputs['instanceClass']}", _fixed(1)
    allocated = inputs.get("allocatedStorage") or _source_storage(inputs, plan)
    if not allocated:
        return  # as much as its source has, in another plan
    most = inputs.get("maxAllocatedStorage") or allocated
    yield (
        f"rds-storage{suffix}:{inputs['storageType']}",
        Quantity(Decimal(allocated), Decimal(most)),
    )


def _source_storage(inputs: Mapping[str, object], plan: RecordedPlan) -> int:
    """A replica begins with its source's storage; the source is named by identifier or ARN."""
    source = str(inputs.get("replicateSourceDb", "")).rsplit(":", 1)[-1]
    for resource in plan.of_type("aws:rds/instance:Instance"):
        if resource.inputs.get("identifier") == source:
            return int(resource.inputs.get("allocatedStorage", 0))
    return 0


def _secret(resource: RecordedResource, _plan: RecordedPlan) -> Counted:
    yield "secrets-manager:secret", _fixed(1 + len(resource.inputs.get("replicas") or ()))


def _health_check(resource: RecordedResource, _plan: RecordedPlan) -> Counted:
    yield "route53:health-check", _fixed(1)
    if str(resource.inputs["type"]).startswith("HTTPS"):
        yield "route53:health-check-https", _fixed(1)


def _redis(resource: RecordedResource, _plan: RecordedPlan) -> Counted:
    inputs = resource.inputs
    nodes = inputs.get("numCacheClusters")
    if nodes is None:
        nodes = inputs.get("numNodeGroups", 1) * (1 + inputs.get("replicasPerNodeGroup", 0))
    yield f"elasticache:{inputs['nodeType']}", _fixed(int(nodes))


def _broker(resource: RecordedResource, _plan: RecordedPlan) -> Counted:
    cluster = resource.inputs.get("deploymentMode") == "CLUSTER_MULTI_AZ"
    yield f"mq:{resource.inputs['hostInstanceType']}", _fixed(3 if cluster else 1)


def _node_group(resource: RecordedResource, plan: RecordedPlan) -> Counted:
    scaling = resource.inputs["scalingConfig"]
    nodes = Quantity(Decimal(scaling["minSize"]), Decimal(scaling["maxSize"]))
    yield f"ec2:{resource.inputs['instanceTypes'][0]}", nodes
    template = resource.inputs["launchTemplate"]["id"]
    for launch_template in plan.of_type("aws:ec2/launchTemplate:LaunchTemplate"):
        if launch_template.resource_id == template:
            disk = Decimal(
                sum(
                    each["ebs"]["volumeSize"]
                    for each in launch_template.inputs["blockDeviceMappings"]
                )
            )
            yield "ebs:gp3", Quantity(nodes.low * disk, nodes.high * disk)


def _citus(resource: RecordedResource, plan: RecordedPlan) -> Counted:
    spec = resource.inputs["spec"]
    coordinator, shards = spec["coordinator"], spec["shards"]
    gib = coordinator["instances"] * _gib(coordinator)
    volumes = shards["clusters"] * shards["instancesPerCluster"]
    gib += volumes * _gib(shards)
    yield "ebs:gp3", _fixed(gib)
    for storage_class in plan.of_type("kubernetes:storage.k8s.io/v1:StorageClass"):
        if _claims(spec, storage_class.inputs["metadata"]["name"]):
            given = storage_class.inputs["parameters"]
            volumes += coordinator["instances"]
            yield "ebs-iops:gp3", _fixed(volumes * (int(given["iops"]) - FREE_IOPS))
            megabytes = int(given["throughput"]) - FREE_MIB_PER_SECOND
            yield "ebs-throughput:gp3", _fixed(volumes * megabytes)


def _claims(spec: Mapping[str, Any], storage_class: str) -> bool:
    """Whether the cluster's volumes are of that class; coordinator and shards have the same."""
    return spec["shards"]["pods"]["persistentVolume"]["storageClass"] == storage_class


def _gib(group: Mapping[str, object]) -> int:
    pods = group["pods"]
    assert isinstance(pods, Mapping)  # noqa: S101 - the object's schema says so
    return int(str(pods["persistentVolume"]["size"]).removesuffix("Gi"))


def _chart(resource: RecordedResource, _plan: RecordedPlan) -> Counted:
    for gib in _volumes(resource.inputs.get("values"), pods=1):
        yield "ebs:gp3", _fixed(gib)


def _volumes(values: Any, pods: int) -> Iterator[int]:
    """GiB that a chart's values claim: a claim's template a pod, or a size of persistence, as
    charts spell it."""
    if isinstance(values, Mapping):
        pods = int(values.get("replicas") or pods)
        template = values.get("volumeClaimTemplate")
        if isinstance(template, Mapping):
            claimed = template["spec"]["resources"]["requests"]["storage"]
            yield pods * int(str(claimed).removesuffix("Gi"))
        elif values.get("enabled") is not False and {"storageClassName", "size"} <= set(values):
            yield pods * int(str(values["size"]).removesuffix("Gi"))
        else:
            for item in values.values():
                yield from _volumes(item, pods)
    elif isinstance(values, list):
        for item in values:
            yield from _volumes(item, pods)


_COUNTERS: Mapping[str, Callable[[RecordedResource, RecordedPlan], Counted]] = {
    "aws:ec2/natGateway:NatGateway": _each("nat:gateway"),
    "aws:ec2/eip:Eip": _each("ipv4:address"),
    "aws:ec2/vpcEndpoint:VpcEndpoint": _endpoint,
    "aws:kms/key:Key": _each("kms:key"),
    "aws:kms/replicaKey:ReplicaKey": _each("kms:key"),
    "aws:secretsmanager/secret:Secret": _secret,
    "aws:eks/cluster:Cluster": _each("eks:cluster"),
    "aws:eks/nodeGroup:NodeGroup": _node_group,
    "aws:rds/instance:Instance": _database,
    "aws:elasticache/replicationGroup:ReplicationGroup": _redis,
    "aws:mq/broker:Broker": _broker,
    "aws:lb/loadBalancer:LoadBalancer": _each("alb:balancer"),
    "aws:route53/zone:Zone": _each("route53:zone"),
    "aws:route53/healthCheck:HealthCheck": _health_check,
    "aws:wafv2/webAcl:WebAcl": _firewall,
    "aws:cloudwatch/metricAlarm:MetricAlarm": _each("cloudwatch:alarm"),
    "kubernetes:helm.sh/v3:Release": _chart,
    "kubernetes:stackgres.io/v1alpha1:SGShardedCluster": _citus,
}
"""What counts each type; a type that is not here is paid by usage, or not at all."""
