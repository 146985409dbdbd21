"""PostgreSQL instances, primaries and read replicas, with their groups."""

# ruff: noqa: D103 - the token above each handler says what it creates

from __future__ import annotations

from rf.shared.sandbox.registry import Created, Inputs, Task, handles

RENAMES = {
    "identifier": "DBInstanceIdentifier",
    "instanceClass": "DBInstanceClass",
    "username": "MasterUsername",
    "password": "MasterUserPassword",
    "parameterGroupName": "DBParameterGroupName",
    "backupWindow": "PreferredBackupWindow",
    "maintenanceWindow": "PreferredMaintenanceWindow",
    "iamDatabaseAuthenticationEnabled": "EnableIAMDatabaseAuthentication",
    "performanceInsightsEnabled": "EnablePerformanceInsights",
    "enabledCloudwatchLogsExports": "EnableCloudwatchLogsExports",
    "caCertIdentifier": "CACertificateIdentifier",
    "customerOwnedIpEnabled": "EnableCustomerOwnedIp",
    "replicateSourceDb": "SourceDBInstanceIdentifier",
}

UPDATE_ONLY = (
    "applyImmediately",
    "allowMajorVersionUpgrade",
    "blueGreenUpdate",
    "skipFinalSnapshot",
    "finalSnapshotIdentifier",
    "deleteAutomatedBackups",
)
"""Inputs of a later update or deletion, which creation does not send."""

REPLICA_LATER = {"backupRetentionPeriod", "backupWindow", "maintenanceWindow"}
"""What a read replica takes only by a modification after it exists; the provider does so too."""

INHERITED_BY_REPLICA = ("engine", "engineVersion", "storageEncrypted", "dbName", "username")
"""What a replica has from its source. The API has no parameter for it."""


@handles("aws:rds/subnetGroup:SubnetGroup")
def subnet_group(task: Task, inputs: Inputs) -> Created:
    name = inputs.take("name") or task.auto_name("name", 255)
    description = inputs.take("description") or "Managed by Pulumi"
    answer = task.send(
        "rds",
        "CreateDBSubnetGroup",
        inputs.rest(),
        DBSubnetGroupName=name,
        DBSubnetGroupDescription=description,
    )["DBSubnetGroup"]
    return Created(name, {"name": name, "arn": answer["DBSubnetGroupArn"]})


@handles("aws:rds/parameterGroup:ParameterGroup")
def parameter_group(task: Task, inputs: Inputs) -> Created:
    name = _group_name(task, inputs)
    parameters = inputs.take("parameters") or []
    description = inputs.take("description") or "Managed by Pulumi"
    inputs.drop("skipDestroy")
    answer = task.send(
        "rds",
        "CreateDBParameterGroup",
        inputs.rest(),
        {"family": "DBParameterGroupFamily"},
        DBParameterGroupName=name,
        Description=description,
    )["DBParameterGroup"]
    for start in range(0, len(parameters), PARAMETERS_A_REQUEST):
        batch = [
            # The provider's default; AWS has none and refuses a parameter without a method.
            {"applyMethod": "immediate"} | parameter
            for parameter in parameters[start : start + PARAMETERS_A_REQUEST]
        ]
        task.send(
            "rds",
            "ModifyDBParameterGroup",
            {"parameters": batch},
            {"name": "ParameterName", "value": "ParameterValue"},
            DBParameterGroupName=name,
        )
    return Created(name, {"name": name, "arn": answer["DBParameterGroupArn"]})


PARAMETERS_A_REQUEST = 20
"""What ModifyDBParameterGroup takes at most; stated in its documentation, not in its model."""


def _group_name(task: Task, inputs: Inputs) -> str:
    prefix = inputs.take("namePrefix")
    name = inputs.take("name")
    return name or (f"{prefix}{task.auto_name('', 40)[-7:]}" if prefix else task.auto_name())


def _stands_elsewhere(task: Task, source: str) -> bool:
    """Whether a replica's source, an ARN then, stands in another region."""
    return source.startswith("arn:") and source.split(":")[3] != task.region


@handles("aws:rds/instance:Instance")
def instance(task: Task, inputs: Inputs) -> Created:
    inputs.drop(*UPDATE_ONLY)
    name = inputs.take("identifier") or task.auto_name("identifier")
    operation = "CreateDBInstance"
    later: dict[str, object] = {}
    if "replicateSourceDb" in inputs:
        operation = "CreateDBInstanceReadReplica"
        late = REPLICA_LATER
        if _stands_elsewhere(task, str(inputs["replicateSourceDb"])):
            late = REPLICA_LATER | {"dbSubnetGroupName"}
            task.api.simplified.add(
                f"replica {name}: gets its subnet group when it exists, because the emulator looks"
                " for it in the source's region"
            )
        later = {key: inputs.take(key) for key in sorted(late) if key in inputs}
        inputs.drop(*INHERITED_BY_REPLICA)
    answer = task.send("rds", operation, inputs.rest(), RENAMES, DBInstanceIdentifier=name)
    described = answer["DBInstance"]
    if later:
        task.send("rds", "ModifyDBInstance", later, RENAMES, DBInstanceIdentifier=name)
    address, port = described["Endpoint"]["Address"], described["Endpoint"]["Port"]
    return Created(
        name,
        {
            "arn": described["DBInstanceArn"],
            "identifier": name,
            "address": address,
            "port": port,
            "endpoint": f"{address}:{port}",
            "resourceId": described.get("DbiResourceId"),
        },
    )
