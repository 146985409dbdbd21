"""Changes of resources that stand, as a deployment of the recovery site makes them in place."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from rf.drill.control_planes import HOME, control_plane_of
from rf.drill.deployment import Changes, Delete, DeployedResource, Update
from rf.drill.fence import FencedApi
from rf.shared.sandbox.api import RequestError
from rf.shared.sandbox.handlers.elasticache import GROUP_RENAMES
from rf.shared.sandbox.handlers.rds import INHERITED_BY_REPLICA, RENAMES, UPDATE_ONLY
from rf.shared.sandbox.registry import Created, CreationError, Request
from rf.shared.sandbox.requests import TranslationError

_NOT_SENT = ("region", "tags", "tagsAll")


def changes_by(hands: FencedApi) -> Changes:
    """Changes in place, and deletions, by these hands.

    Both raise CreationError for what fails, and for a type that they have no rule for: a failover
    is to change little and to take nothing away, so each is written down.
    """
    return Changes(update=_updates_by(hands), delete=_deletions_by(hands))


def _updates_by(hands: FencedApi) -> Update:

    def update(request: Request, there: DeployedResource) -> Created:
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
            return change(hands, request, there)
        except (RequestError, TranslationError) as error:
            raise CreationError(f"{request.urn}: {error}") from error

    return update


Change = Callable[[FencedApi, Request, DeployedResource], Created]


def _same(there: DeployedResource) -> Created:
    return Created(there.id, there.outputs)


def _instance(hands: FencedApi, request: Request, there: DeployedResource) -> Created:
    """A database instance. One that no longer has a source is promoted, which is for good."""
    inputs = _sent(request, *UPDATE_ONLY, *INHERITED_BY_REPLICA, "identifier")
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
    return _same(there)


def _replication_group(hands: FencedApi, request: Request, there: DeployedResource) -> Created:
    """A Redis that grows: copies first, then larger nodes and fail-over, then more shards."""
    inputs = request.inputs
    copies = int(inputs.get("replicasPerNodeGroup", int(inputs.get("numCacheClusters", 1)) - 1))
    target = {"ReplicationGroupId": there.id, "ApplyImmediately": True}
    if copies:
        hands.call(
            "elasticache",
            "IncreaseReplicaCount",
            request.region,
            NewReplicaCount=copies,
            **target,
        )
    unchanged = ("nodeType", "automaticFailoverEnabled", "multiAzEnabled", "snapshotRetentionLimit")
    changed = {key: inputs[key] for key in unchanged if key in inputs}
    fitted = hands.fitted("elasticache", "ModifyReplicationGroup", changed, GROUP_RENAMES)
    hands.call("elasticache", "ModifyReplicationGroup", request.region, **target, **fitted)
    if int(inputs.get("numNodeGroups", 1)) > 1:
        hands.call(
            "elasticache",
            "ModifyReplicationGroupShardConfiguration",
            request.region,
            NodeGroupCount=int(inputs["numNodeGroups"]),
            **target,
        )
    return _same(there)


def _node_group(hands: FencedApi, request: Request, there: DeployedResource) -> Created:
    hands.call(
        "eks",
        "UpdateNodegroupConfig",
        request.region,
        clusterName=request.inputs["clusterName"],
        nodegroupName=there.id.rsplit(":", 1)[-1],
        scalingConfig=dict(request.inputs["scalingConfig"]),
    )
    return _same(there)


def _route(hands: FencedApi, request: Request, there: DeployedResource) -> Created:
    hands.call(
        "ec2",
        "ReplaceRoute",
        request.region,
        RouteTableId=request.inputs["routeTableId"],
        DestinationCidrBlock=request.inputs["destinationCidrBlock"],
        NatGatewayId=request.inputs["natGatewayId"],
    )
    return _same(there)


def _endpoint(hands: FencedApi, request: Request, there: DeployedResource) -> Created:
    """An interface endpoint, which may come to stand in more zones."""
    answer = hands.call("ec2", "DescribeVpcEndpoints", request.region, VpcEndpointIds=[there.id])
    has = set(answer["VpcEndpoints"][0].get("SubnetIds") or [])
    wanted = set(request.inputs.get("subnetIds") or [])
    changes = {"AddSubnetIds": wanted - has, "RemoveSubnetIds": has - wanted}
    hands.call(
        "ec2",
        "ModifyVpcEndpoint",
        request.region,
        VpcEndpointId=there.id,
        **{key: sorted(subnets) for key, subnets in changes.items() if subnets},
    )
    return _same(there)


def _secret_version(hands: FencedApi, request: Request, _: DeployedResource) -> Created:
    """A secret's new content is a version beside the old one."""
    answer = hands.call(
        "secretsmanager",
        "PutSecretValue",
        request.region,
        SecretId=request.inputs["secretId"],
        SecretString=request.inputs["secretString"],
    )
    known = {"versionId": answer["VersionId"], "arn": answer["ARN"]}
    return Created(f"{request.inputs['secretId']}|{answer['VersionId']}", known)


def _event_subscription(hands: FencedApi, request: Request, there: DeployedResource) -> Created:
    for source in request.inputs.get("sourceIds") or []:
        hands.call(
            "rds",
            "AddSourceIdentifierToSubscription",
            request.region,
            SubscriptionName=there.id,
            SourceIdentifier=source,
        )
    return _same(there)


def _sent(request: Request, *left_out: str) -> dict[str, Any]:
    skipped = {*_NOT_SENT, *left_out}
    return {key: value for key, value in request.inputs.items() if key not in skipped}


_CHANGES: Mapping[str, Change] = {
    "aws:rds/instance:Instance": _instance,
    "aws:elasticache/replicationGroup:ReplicationGroup": _replication_group,
    "aws:rds/eventSubscription:EventSubscription": _event_subscription,
    "aws:secretsmanager/secretVersion:SecretVersion": _secret_version,
    "aws:eks/nodeGroup:NodeGroup": _node_group,
    "aws:ec2/route:Route": _route,
    "aws:ec2/vpcEndpoint:VpcEndpoint": _endpoint,
}


def _deletions_by(hands: FencedApi) -> Delete:
    def delete(urn: str, there: DeployedResource, region: str) -> None:
        if "aws:lb/listenerRule:ListenerRule::" not in urn:
            raise CreationError(f"{urn}: the failover would delete it")
        try:
            hands.call("elbv2", "DeleteRule", region, RuleArn=there.id)
        except RequestError as error:
            raise CreationError(f"{urn}: {error}") from error

    return delete
