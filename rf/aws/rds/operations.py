"""A PostgreSQL instance by RDS's API: made, read, changed, promoted and deleted."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

from rf.shared.cards.answers import RequestError
from rf.shared.cards.calls import (
    Calls,
    Name,
    Tagging,
    differing,
    look_up,
    make,
    retag,
    take_away,
)
from rf.shared.cards.lifecycle import Created, Inputs, Reading, Standing, Task
from rf.shared.cards.paths import dig

TAGGING = Tagging(add="AddTagsToResource", remove="RemoveTagsFromResource", by="ResourceName")
"""Of an instance, whose description has its tags."""


TAGGING_ALONE = replace(TAGGING, read="ListTagsForResource", found="TagList")
"""Of what has its tags asked for alone."""


_STEERING = (
    "applyImmediately",
    "allowMajorVersionUpgrade",
    "blueGreenUpdate",
    "skipFinalSnapshot",
    "finalSnapshotIdentifier",
    "deleteAutomatedBackups",
)
"""Inputs that say how a later update or deletion goes, which creation does not send."""


_INHERITED = ("engine", "engineVersion", "storageEncrypted", "dbName", "username")
"""What a replica has from its source. The API has no parameter for it."""


_REPLICA_LATER = {"backupRetentionPeriod", "backupWindow", "maintenanceWindow"}
"""What a read replica takes only by a modification after it exists; the provider does so too."""


_LEFT_BY_PROMOTION = ("availabilityZone", "kmsKeyId", "dbSubnetGroupName", "port")
"""What a promotion leaves as the replica has it; RDS takes none of it then."""


PRIMARY = Calls(
    service="rds",
    create="CreateDBInstance",
    read="DescribeDBInstances",
    update="ModifyDBInstance",
    delete="DeleteDBInstance",
    name=Name(key="identifier", parameter="DBInstanceIdentifier", limit=63),
    renames={
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
        "port": "DBPortNumber",
        "tags": "TagList",
    },
    provider_only=_STEERING,
    gone={"DBInstanceStatus": "deleting"},
    outputs={
        "arn": "DBInstanceArn",
        "resourceId": "DbiResourceId",
        "address": "Endpoint.Address",
        "port": "Endpoint.Port",
        "endpoint": "{address}:{port}",
    },
    tagging=TAGGING,
)


_REPLICA = replace(
    PRIMARY, create="CreateDBInstanceReadReplica", provider_only=(*_STEERING, *_INHERITED)
)


def create_instance(task: Task, inputs: Inputs) -> Created:
    """A primary, or a replica of the one that the inputs name."""
    if "replicateSourceDb" not in inputs:
        return make(PRIMARY, task, inputs)
    late = set(_REPLICA_LATER)
    if _stands_elsewhere(task, str(inputs["replicateSourceDb"])):
        late.add("dbSubnetGroupName")
        task.api.simplified.add(
            f"replica {inputs.get('identifier', task.name)}: gets its subnet group when it exists,"
            " because the emulator looks for it in the source's region"
        )
    later = {key: inputs.take(key) for key in sorted(late) if key in inputs}
    created = make(_REPLICA, task, inputs)
    if later:
        _modify(task, created.id, later, {"ApplyImmediately": True})
    return created


def _stands_elsewhere(task: Task, source: str) -> bool:
    """Whether a replica's source, an ARN then, stands in another region."""
    return source.startswith("arn:") and source.split(":")[3] != task.region


def _modify(
    task: Task, identifier: str, inputs: Mapping[str, Any], parameters: Mapping[str, Any]
) -> Mapping[str, Any]:
    which = {"DBInstanceIdentifier": identifier}
    answer = task.send("rds", "ModifyDBInstance", inputs, PRIMARY.renames, **which, **parameters)
    return answer["DBInstance"]


def read_instance(task: Task, standing: Standing) -> Reading | None:
    """What stands, with what its description has in lists or in another form."""
    reading = look_up(PRIMARY, task, standing)
    if reading is None or not reading.thing:
        return reading
    thing = reading.thing
    groups = [group["VpcSecurityGroupId"] for group in thing.get("VpcSecurityGroups") or []]
    return reading.showing(
        standing,
        engineVersion=_as_precise(thing["EngineVersion"], standing.inputs.get("engineVersion")),
        dbSubnetGroupName=dig(thing, "DBSubnetGroup.DBSubnetGroupName"),
        parameterGroupName=dig(thing, "DBParameterGroups.0.DBParameterGroupName"),
        replicateSourceDb=thing.get("ReadReplicaSourceDBInstanceIdentifier"),
        vpcSecurityGroupIds=groups,
    )


def _as_precise(version: str, wanted: Any) -> str:
    """The plan may name the major version alone; AWS then takes its newest minor."""
    return ".".join(version.split(".")[: str(wanted).count(".") + 1]) if wanted else version


def update_instance(task: Task, standing: Standing, inputs: Inputs) -> Created:
    """An instance in place. One that no longer has a source is promoted, which is for good."""
    replica = "replicateSourceDb" in standing.inputs
    promoted = replica and "replicateSourceDb" not in inputs
    parameters: dict[str, Any] = {"ApplyImmediately": bool(inputs.get("applyImmediately"))}
    if inputs.get("allowMajorVersionUpgrade"):
        parameters["AllowMajorVersionUpgrade"] = True
    retag("rds", TAGGING, task, standing, inputs.take("tags") or {})
    inputs.drop(*_STEERING, "replicateSourceDb")
    if replica:
        inputs.drop(*_INHERITED)
    if promoted:
        task.call(
            "rds",
            "PromoteReadReplica",
            DBInstanceIdentifier=standing.id,
            BackupRetentionPeriod=int(inputs.get("backupRetentionPeriod", 1)),
        )
        inputs.drop(*_LEFT_BY_PROMOTION)
    changed = differing(standing.inputs, inputs.rest())
    if not changed:
        return Created(standing.id, standing.outputs)
    identifier = changed.pop("identifier", None)
    if identifier:
        parameters["NewDBInstanceIdentifier"] = identifier
    logs = changed.pop("enabledCloudwatchLogsExports", None)
    if logs is not None:
        before = set(standing.inputs.get("enabledCloudwatchLogsExports") or [])
        parameters["CloudwatchLogsExportConfiguration"] = {
            "EnableLogTypes": sorted(set(logs) - before),
            "DisableLogTypes": sorted(before - set(logs)),
        }
    thing = _modify(task, standing.id, changed, parameters)
    if not identifier:
        return Created(standing.id, standing.outputs)
    # Its ARN and its host name go with its name.
    address, port = thing["Endpoint"]["Address"], thing["Endpoint"]["Port"]
    moved = {"identifier": identifier, "arn": thing["DBInstanceArn"], "address": address}
    return Created(identifier, {**standing.outputs, **moved, "endpoint": f"{address}:{port}"})


def delete_instance(task: Task, standing: Standing) -> None:
    """With a last snapshot, unless the program goes without. RDS refuses one that is protected."""
    inputs = standing.inputs
    last: dict[str, Any] = {"SkipFinalSnapshot": True}
    if not inputs.get("skipFinalSnapshot"):
        if not inputs.get("finalSnapshotIdentifier"):
            raise RequestError(
                "finalSnapshotIdentifier is required where skipFinalSnapshot is not true"
            )
        last = {
            "SkipFinalSnapshot": False,
            "FinalDBSnapshotIdentifier": inputs["finalSnapshotIdentifier"],
        }
    last["DeleteAutomatedBackups"] = inputs.get("deleteAutomatedBackups", True)
    take_away(replace(PRIMARY, fixed_by_delete=last), task, standing)
