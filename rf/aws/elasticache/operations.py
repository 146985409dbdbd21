"""A Redis by ElastiCache's API: made, read, grown and deleted."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

from rf.shared.cards.calls import (
    Calls,
    Name,
    Tagging,
    differing,
    look_up,
    named_by,
    parameters_of,
    take_away,
)
from rf.shared.cards.lifecycle import Created, Inputs, Reading, Standing, Task, as_planned

TAGGING = Tagging(add="AddTagsToResource", remove="RemoveTagsFromResource", by="ResourceName")


GROUP_RENAMES = {
    "description": "ReplicationGroupDescription",
    "nodeType": "CacheNodeType",
    "parameterGroupName": "CacheParameterGroupName",
    "subnetGroupName": "CacheSubnetGroupName",
    "maintenanceWindow": "PreferredMaintenanceWindow",
    "securityGroupNames": "CacheSecurityGroupNames",
    "nodeGroupConfigurations": "NodeGroupConfiguration",
}


def _with_log_details(_task: Task, inputs: Inputs) -> None:
    deliveries = inputs.take("logDeliveryConfigurations")
    if deliveries:
        inputs["logDeliveryConfigurations"] = [_log_delivery(each) for each in deliveries]


def _log_delivery(delivery: dict[str, Any]) -> dict[str, Any]:
    shaped = dict(delivery)
    destination = shaped.pop("destination")
    details = {
        "cloudwatch-logs": {"cloudWatchLogsDetails": {"logGroup": destination}},
        "kinesis-firehose": {"kinesisFirehoseDetails": {"deliveryStream": destination}},
    }
    return shaped | {"destinationDetails": details[shaped["destinationType"]]}


def _endpoints(group: Mapping[str, Any]) -> dict[str, Any]:
    """The endpoints that the emulator answered: a cluster's configuration one, or a primary."""
    endpoints: dict[str, Any] = {}
    address = (group.get("ConfigurationEndpoint") or {}).get("Address")
    if address:
        endpoints["configurationEndpointAddress"] = address
    elif group.get("NodeGroups"):
        first = group["NodeGroups"][0]
        for member, output in (
            ("PrimaryEndpoint", "primaryEndpointAddress"),
            ("ReaderEndpoint", "readerEndpointAddress"),
        ):
            address = (first.get(member) or {}).get("Address")
            if address:
                endpoints[output] = address
    return endpoints


CALLS = Calls(
    service="elasticache",
    create="CreateReplicationGroup",
    read="DescribeReplicationGroups",
    update="ModifyReplicationGroup",
    delete="DeleteReplicationGroup",
    name=Name(key="replicationGroupId", parameter="ReplicationGroupId", limit=40),
    renames=GROUP_RENAMES,
    provider_only=("applyImmediately", "finalSnapshotIdentifier", "authTokenUpdateStrategy"),
    prepare=_with_log_details,
    gone={"Status": "deleting"},
    outputs={"arn": "ARN"},
    tagging=TAGGING,
)


def create_group(task: Task, inputs: Inputs) -> Created:
    """By one call, which the emulator takes in the one of its two forms alone."""
    name = named_by(CALLS, task, inputs)
    wanted = parameters_of(CALLS, task, inputs, {})
    task.api.validate("elasticache", "CreateReplicationGroup", wanted)
    nodes = wanted.pop("NumCacheClusters", 1)
    if nodes > 1:
        # The same group by the API's other form; the emulator overlooks a number of nodes.
        wanted |= {"NumNodeGroups": 1, "ReplicasPerNodeGroup": nodes - 1}
        task.api.simplified.add(f"Redis {name}: its {nodes} nodes are asked for as replicas")
    answer = task.call("elasticache", "CreateReplicationGroup", **wanted)["ReplicationGroup"]
    return Created(name, {"arn": answer["ARN"], "replicationGroupId": name} | _endpoints(answer))


def read_group(task: Task, standing: Standing) -> Reading | None:
    """Logs are told by their destination, which the API wraps by its kind."""
    reading = look_up(CALLS, task, standing)
    if reading is None or "LogDeliveryConfigurations" not in reading.thing:
        return reading
    deliveries = [_planned_delivery(each) for each in reading.thing["LogDeliveryConfigurations"]]
    ordered = as_planned(standing, "logDeliveryConfigurations", deliveries)
    return reading.showing(standing, logDeliveryConfigurations=ordered)


def _planned_delivery(delivery: Mapping[str, Any]) -> dict[str, Any]:
    details = delivery.get("DestinationDetails") or {}
    (kind,) = details.values()
    (destination,) = kind.values()
    return {
        "destination": destination,
        "destinationType": delivery["DestinationType"],
        "logFormat": delivery["LogFormat"],
        "logType": delivery["LogType"],
    }


def update_group(task: Task, standing: Standing, inputs: Inputs) -> Created:
    """A Redis that grows or shrinks: copies first, then the group itself, then shards."""
    inputs.drop(*CALLS.provider_only, "preferredCacheClusterAzs")
    target = {"ReplicationGroupId": standing.id, "ApplyImmediately": True}
    before, copies = copies_of(standing.inputs), copies_of(inputs)
    shards = int(inputs.take("numNodeGroups", 1))
    inputs.drop("replicasPerNodeGroup", "numCacheClusters", "replicationGroupId")
    if copies > before:
        task.call("elasticache", "IncreaseReplicaCount", NewReplicaCount=copies, **target)
    changed = differing(standing.inputs, inputs.rest())
    if changed:
        task.send("elasticache", "ModifyReplicationGroup", changed, GROUP_RENAMES, **target)
    if copies < before:
        task.call("elasticache", "DecreaseReplicaCount", NewReplicaCount=copies, **target)
    if shards != int(standing.inputs.get("numNodeGroups", 1)):
        task.call(
            "elasticache",
            "ModifyReplicationGroupShardConfiguration",
            NodeGroupCount=shards,
            **target,
        )
    return Created(standing.id, standing.outputs)


def copies_of(inputs: Mapping[str, Any]) -> int:
    """Copies of each shard's primary."""
    return int(inputs.get("replicasPerNodeGroup", int(inputs.get("numCacheClusters", 1)) - 1))


def delete_group(task: Task, standing: Standing) -> None:
    """With a last snapshot, where the program names one."""
    snapshot = standing.inputs.get("finalSnapshotIdentifier")
    last = {"FinalSnapshotIdentifier": snapshot} if snapshot else {}
    take_away(replace(CALLS, fixed_by_delete=last), task, standing)
