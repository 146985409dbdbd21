"""Redis replication groups with their groups of parameters, subnets and users."""

# ruff: noqa: D103 - the token above each handler says what it creates

from __future__ import annotations

from typing import Any

from rf.shared.sandbox.registry import Created, Inputs, Task, handles

GROUP_RENAMES = {
    "description": "ReplicationGroupDescription",
    "nodeType": "CacheNodeType",
    "parameterGroupName": "CacheParameterGroupName",
    "subnetGroupName": "CacheSubnetGroupName",
    "maintenanceWindow": "PreferredMaintenanceWindow",
    "securityGroupNames": "CacheSecurityGroupNames",
    "nodeGroupConfigurations": "NodeGroupConfiguration",
}


@handles("aws:elasticache/subnetGroup:SubnetGroup")
def subnet_group(task: Task, inputs: Inputs) -> Created:
    name = inputs.take("name") or task.auto_name("name", 255)
    description = inputs.take("description") or "Managed by Pulumi"
    answer = task.send(
        "elasticache",
        "CreateCacheSubnetGroup",
        inputs.rest(),
        CacheSubnetGroupName=name,
        CacheSubnetGroupDescription=description,
    )["CacheSubnetGroup"]
    return Created(name, {"name": name, "arn": answer["ARN"]})


@handles("aws:elasticache/parameterGroup:ParameterGroup")
def parameter_group(task: Task, inputs: Inputs) -> Created:
    name = inputs.take("name") or task.auto_name("name", 255)
    parameters = inputs.take("parameters") or []
    description = inputs.take("description") or "Managed by Pulumi"
    task.send(
        "elasticache",
        "CreateCacheParameterGroup",
        inputs.rest(),
        {"family": "CacheParameterGroupFamily"},
        CacheParameterGroupName=name,
        Description=description,
    )
    if parameters:
        task.send(
            "elasticache",
            "ModifyCacheParameterGroup",
            {"parameterNameValues": parameters},
            {"name": "ParameterName", "value": "ParameterValue"},
            CacheParameterGroupName=name,
        )
    arn = f"arn:aws:elasticache:{task.region}:{task.account_id}:parametergroup:{name}"
    return Created(name, {"name": name, "arn": arn})


@handles("aws:elasticache/user:User")
def user(task: Task, inputs: Inputs) -> Created:
    answer = task.send("elasticache", "CreateUser", inputs.rest())
    return Created(answer["UserId"], {"arn": answer["ARN"]})


@handles("aws:elasticache/userGroup:UserGroup")
def user_group(task: Task, inputs: Inputs) -> Created:
    name = inputs["userGroupId"]
    task.send("elasticache", "CreateUserGroup", inputs.rest())
    return Created(name)


@handles("aws:elasticache/replicationGroup:ReplicationGroup")
def replication_group(task: Task, inputs: Inputs) -> Created:
    name = inputs.take("replicationGroupId") or task.auto_name("replicationGroupId", 40)
    inputs.drop("applyImmediately", "finalSnapshotIdentifier", "authTokenUpdateStrategy")
    deliveries = inputs.take("logDeliveryConfigurations") or []
    logs = {"logDeliveryConfigurations": [_log_delivery(each) for each in deliveries]}
    wanted: dict[str, Any] = task.api.fitted(
        "elasticache",
        "CreateReplicationGroup",
        inputs.rest() | (logs if deliveries else {}),
        GROUP_RENAMES,
    )
    wanted["ReplicationGroupId"] = name
    task.api.validate("elasticache", "CreateReplicationGroup", wanted)
    nodes = wanted.pop("NumCacheClusters", 1)
    if nodes > 1:
        # The same group by the API's other form; the emulator overlooks a number of nodes.
        wanted |= {"NumNodeGroups": 1, "ReplicasPerNodeGroup": nodes - 1}
        task.api.simplified.add(f"Redis {name}: its {nodes} nodes are asked for as replicas")
    answer = task.call("elasticache", "CreateReplicationGroup", **wanted)["ReplicationGroup"]
    return Created(name, {"arn": answer["ARN"], "replicationGroupId": name} | _endpoints(answer))


def _log_delivery(delivery: dict[str, Any]) -> dict[str, Any]:
    shaped = dict(delivery)
    destination = shaped.pop("destination")
    details = {
        "cloudwatch-logs": {"cloudWatchLogsDetails": {"logGroup": destination}},
        "kinesis-firehose": {"kinesisFirehoseDetails": {"deliveryStream": destination}},
    }
    return shaped | {"destinationDetails": details[shaped["destinationType"]]}


def _endpoints(group: dict[str, Any]) -> dict[str, Any]:
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
