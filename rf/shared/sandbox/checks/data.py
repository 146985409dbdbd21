"""Databases and Redis: the classes, replicas and encryption of what holds data."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from typing import Any

from rf.shared.sandbox.comparisons import NOT_SHOWN, Comparison, Reader, verifies, verifies_world

INSTANCE = "aws:rds/instance:Instance"
REPLICATION_GROUP = "aws:elasticache/replicationGroup:ReplicationGroup"

_INSTANCE_PROPERTIES = {
    "class": ("instanceClass", "DBInstanceClass"),
    "engine": ("engine", "Engine"),
    "multi-AZ": ("multiAz", "MultiAZ"),
    "encrypted": ("storageEncrypted", "StorageEncrypted"),
    "key": ("kmsKeyId", "KmsKeyId"),
    "storage GiB": ("allocatedStorage", "AllocatedStorage"),
    "storage type": ("storageType", "StorageType"),
    "public": ("publiclyAccessible", "PubliclyAccessible"),
    "backup days": ("backupRetentionPeriod", "BackupRetentionPeriod"),
    "deletion protection": ("deletionProtection", "DeletionProtection"),
    "database": ("dbName", "DBName"),
    "source": ("replicateSourceDb", "ReadReplicaSourceDBInstanceIdentifier"),
}


@verifies(INSTANCE, "database")
def instance(reader: Reader, identifier: str, inputs: Mapping[str, Any]) -> Iterator[Comparison]:
    """What carries the plan's load and keeps its data."""
    actual = reader.one(
        "rds", "DescribeDBInstances", "DBInstances", DBInstanceIdentifier=identifier
    )
    yield "status", "available", actual["DBInstanceStatus"]
    for subject, (key, member) in _INSTANCE_PROPERTIES.items():
        if inputs.get(key) is not None:
            yield subject, inputs[key], actual.get(member)
    if inputs.get("engineVersion"):
        wanted = str(inputs["engineVersion"])
        # The plan may name the major version alone; AWS then takes its newest minor.
        yield "engine version", wanted, _as_precise(str(actual["EngineVersion"]), wanted)
    if inputs.get("parameterGroupName"):
        groups = [group["DBParameterGroupName"] for group in actual["DBParameterGroups"]]
        yield "parameter group", [inputs["parameterGroupName"]], groups
    groups = [group["VpcSecurityGroupId"] for group in actual["VpcSecurityGroups"]]
    if inputs.get("vpcSecurityGroupIds"):
        yield "security groups", sorted(inputs["vpcSecurityGroupIds"]), sorted(groups)


def _as_precise(version: str, wanted: str) -> str:
    return ".".join(version.split(".")[: wanted.count(".") + 1])


@verifies("aws:rds/parameterGroup:ParameterGroup", "parameter group")
def parameter_group(
    reader: Reader, identifier: str, inputs: Mapping[str, Any]
) -> Iterator[Comparison]:
    """Its family, and the value of each parameter the plan sets."""
    group = reader.one(
        "rds", "DescribeDBParameterGroups", "DBParameterGroups", DBParameterGroupName=identifier
    )
    yield "family", inputs["family"], group["DBParameterGroupFamily"]
    rows = reader.read("rds", "DescribeDBParameters", DBParameterGroupName=identifier)["Parameters"]
    values = {row["ParameterName"]: str(row.get("ParameterValue")) for row in rows}
    for parameter in inputs.get("parameters") or []:
        name = parameter["name"]
        yield name, str(parameter["value"]), values.get(name)


@verifies("aws:rds/subnetGroup:SubnetGroup", "database subnets")
def subnet_group(
    reader: Reader, identifier: str, inputs: Mapping[str, Any]
) -> Iterator[Comparison]:
    """The subnets, and with them the zones, that instances may stand in."""
    group = reader.one(
        "rds", "DescribeDBSubnetGroups", "DBSubnetGroups", DBSubnetGroupName=identifier
    )
    actual = [subnet["SubnetIdentifier"] for subnet in group["Subnets"]]
    yield "subnets", sorted(inputs["subnetIds"]), sorted(actual)


@verifies("aws:rds/eventSubscription:EventSubscription", "database events")
def event_subscription(
    reader: Reader, identifier: str, inputs: Mapping[str, Any]
) -> Iterator[Comparison]:
    """Of which instances, of what, and whom it tells."""
    actual = reader.one(
        "rds", "DescribeEventSubscriptions", "EventSubscriptionsList", SubscriptionName=identifier
    )
    yield "topic", inputs["snsTopic"], actual["SnsTopicArn"]
    yield "sources", sorted(inputs["sourceIds"]), sorted(actual["SourceIdsList"])
    yield "categories", sorted(inputs["eventCategories"]), sorted(actual["EventCategoriesList"])


@verifies("aws:sns/topic:Topic", "topic")
def topic(reader: Reader, identifier: str, inputs: Mapping[str, Any]) -> Iterator[Comparison]:
    """What it is encrypted with."""
    answer = reader.read("sns", "GetTopicAttributes", TopicArn=identifier)
    yield "key", inputs.get("kmsMasterKeyId"), answer["Attributes"].get("KmsMasterKeyId")


@verifies("aws:sns/topicPolicy:TopicPolicy", "topic policy")
def topic_policy(
    reader: Reader, identifier: str, inputs: Mapping[str, Any]
) -> Iterator[Comparison]:
    """Who may publish."""
    answer = reader.read("sns", "GetTopicAttributes", TopicArn=identifier)
    actual = json.loads(answer["Attributes"]["Policy"])
    yield "policy", json.loads(inputs["policy"]), actual


@verifies(REPLICATION_GROUP, "Redis")
def replication_group(
    reader: Reader, identifier: str, inputs: Mapping[str, Any]
) -> Iterator[Comparison]:
    """Shards, nodes, class, failover, encryption."""
    actual = reader.one(
        "elasticache",
        "DescribeReplicationGroups",
        "ReplicationGroups",
        ReplicationGroupId=identifier,
    )
    shards = int(inputs.get("numNodeGroups") or 1)
    each = (
        1 + int(inputs.get("replicasPerNodeGroup") or 0)
        if inputs.get("numNodeGroups")
        else int(inputs.get("numCacheClusters") or 1)
    )
    yield "status", "available", actual["Status"]
    yield "class", inputs["nodeType"], actual.get("CacheNodeType")
    yield "shards", shards, len(actual["NodeGroups"])
    members = [len(group.get("NodeGroupMembers") or []) for group in actual["NodeGroups"]]
    yield "nodes a shard", [each] * shards, members
    if inputs.get("preferredCacheClusterAzs"):
        yield "zones", inputs["preferredCacheClusterAzs"], _zones_of(actual)
    if inputs.get("clusterMode"):
        yield "cluster mode", inputs["clusterMode"] == "enabled", actual["ClusterEnabled"]
    state = {True: "enabled", False: "disabled"}
    for subject, key, member in (
        ("failover", "automaticFailoverEnabled", "AutomaticFailover"),
        ("multi-AZ", "multiAzEnabled", "MultiAZ"),
    ):
        yield subject, state[bool(inputs.get(key))], actual.get(member, NOT_SHOWN)
    for subject, key, member in (
        ("encrypted in transit", "transitEncryptionEnabled", "TransitEncryptionEnabled"),
        ("encrypted at rest", "atRestEncryptionEnabled", "AtRestEncryptionEnabled"),
        ("key", "kmsKeyId", "KmsKeyId"),
    ):
        if inputs.get(key) is not None:
            yield subject, inputs[key], actual.get(member)
    if inputs.get("snapshotRetentionLimit") is not None:
        days = actual.get("SnapshotRetentionLimit", NOT_SHOWN)
        yield "snapshot days", int(inputs["snapshotRetentionLimit"]), days
    if inputs.get("parameterGroupName"):
        yield "parameter group", inputs["parameterGroupName"], NOT_SHOWN


def _zones_of(group: Mapping[str, Any]) -> Any:
    """Of its nodes, the primary's first."""
    nodes = [each for shard in group["NodeGroups"] for each in shard.get("NodeGroupMembers") or []]
    zones = [node.get("PreferredAvailabilityZone") for node in nodes]
    return zones if all(zones) else NOT_SHOWN


@verifies("aws:mq/broker:Broker", "RabbitMQ")
def broker(reader: Reader, identifier: str, inputs: Mapping[str, Any]) -> Iterator[Comparison]:
    """Engine, class, deployment over zones, and that it is private."""
    actual = reader.read("mq", "DescribeBroker", BrokerId=identifier)
    for subject, key, member in (
        ("version", "engineVersion", "EngineVersion"),
        ("class", "hostInstanceType", "HostInstanceType"),
        ("deployment", "deploymentMode", "DeploymentMode"),
        ("public", "publiclyAccessible", "PubliclyAccessible"),
    ):
        yield subject, inputs[key], actual.get(member, NOT_SHOWN)
    yield "engine", inputs["engineType"].upper(), str(actual["EngineType"]).upper()
    yield "subnets", sorted(inputs["subnetIds"]), sorted(actual["SubnetIds"])
    yield "security groups", inputs["securityGroups"], actual["SecurityGroups"]


@verifies_world
def nothing_else_holds_data(reader: Reader) -> Iterator[tuple[str, str, Any, Any]]:
    """As many databases and Redis groups as the plan has."""
    instances = reader.read("rds", "DescribeDBInstances")["DBInstances"]
    yield "database", "instances", len(reader.plan.of_type(INSTANCE)), len(instances)
    groups = reader.read("elasticache", "DescribeReplicationGroups")["ReplicationGroups"]
    yield "Redis", "groups", len(reader.plan.of_type(REPLICATION_GROUP)), len(groups)
