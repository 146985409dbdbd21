"""Changes of resources that stand, as a deployment of the recovery site makes them in place."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from rf.drill.control_planes import HOME, control_plane_of
from rf.drill.fence import FencedApi
from rf.drill.standing import StandingResource, Update
from rf.sandbox.api import RequestError
from rf.sandbox.handlers.elasticache import GROUP_RENAMES
from rf.sandbox.handlers.rds import INHERITED_BY_REPLICA, RENAMES, UPDATE_ONLY
from rf.sandbox.registry import Created, CreationError, Request
from rf.sandbox.requests import TranslationError

_NOT_SENT = ("region", "tags", "tagsAll")


def updates_by(hands: FencedApi) -> Update:
    """Changes in place by these hands.

    The update raises CreationError for what fails, and for a type that it has no rule for: a
    failover is to change little, so each is written down.
    """

    def update(request: Request, there: StandingResource) -> Created:
        plane = control_plane_of(request.token, request.region)
        if plane is not None and hands.lost == HOME:
            raise CreationError(
                f"{request.urn}: changing it needs the control plane of {plane.name}, "
                f"which is lost with {HOME}"
            )
        change = _CHANGES.get(request.token)
        if change is None:
            raise CreationError(
                f"{request.urn}: planned otherwise, and no change of {request.token} is written in "
                "rf/drill/updates.py"
            )
        try:
            outputs = change(hands, request, there)
        except (RequestError, TranslationError) as error:
            raise CreationError(f"{request.urn}: {error}") from error
        return Created(there.id, {**there.outputs, **outputs})

    return update


Change = Callable[[FencedApi, Request, StandingResource], Mapping[str, Any]]


def _instance(hands: FencedApi, request: Request, there: StandingResource) -> Mapping[str, Any]:
    """A database instance. One that no longer has a source is promoted, which is for good."""
    inputs = _sent(request, *UPDATE_ONLY, *INHERITED_BY_REPLICA, "identifier", "password")
    if "replicateSourceDb" not in request.inputs:
        hands.call(
            "rds",
            "PromoteReadReplica",
            request.region,
            DBInstanceIdentifier=there.id,
            BackupRetentionPeriod=int(request.inputs.get("backupRetentionPeriod", 1)),
        )
    inputs.pop("replicateSourceDb", None)
    unchangeable = ("availabilityZone", "kmsKeyId", "dbSubnetGroupName", "port")
    for key in unchangeable:
        inputs.pop(key, None)
    logs = inputs.pop("enabledCloudwatchLogsExports", None)
    fitted = hands.fitted("rds", "ModifyDBInstance", inputs, RENAMES)
    if logs:
        fitted["CloudwatchLogsExportConfiguration"] = {"EnableLogTypes": logs}
    hands.call(
        "rds",
        "ModifyDBInstance",
        request.region,
        DBInstanceIdentifier=there.id,
        ApplyImmediately=True,
        **fitted,
    )
    return {}


def _replication_group(
    hands: FencedApi, request: Request, there: StandingResource
) -> Mapping[str, Any]:
    kept = ("nodeType", "automaticFailoverEnabled", "multiAzEnabled", "snapshotRetentionLimit")
    inputs = {key: request.inputs[key] for key in kept if key in request.inputs}
    fitted = hands.fitted("elasticache", "ModifyReplicationGroup", inputs, GROUP_RENAMES)
    hands.call(
        "elasticache",
        "ModifyReplicationGroup",
        request.region,
        ReplicationGroupId=there.id,
        ApplyImmediately=True,
        **fitted,
    )
    return {}


def _node_group(hands: FencedApi, request: Request, there: StandingResource) -> Mapping[str, Any]:
    hands.call(
        "eks",
        "UpdateNodegroupConfig",
        request.region,
        clusterName=request.inputs["clusterName"],
        nodegroupName=there.id.rsplit(":", 1)[-1],
        scalingConfig=dict(request.inputs["scalingConfig"]),
    )
    return {}


def _sent(request: Request, *left_out: str) -> dict[str, Any]:
    skipped = {*_NOT_SENT, *left_out}
    return {key: value for key, value in request.inputs.items() if key not in skipped}


_CHANGES: Mapping[str, Change] = {
    "aws:rds/instance:Instance": _instance,
    "aws:elasticache/replicationGroup:ReplicationGroup": _replication_group,
    "aws:eks/nodeGroup:NodeGroup": _node_group,
}
