"""Redis: the replication group."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import TYPE_CHECKING, Any

from rf.aws.elasticache.operations import (
    CALLS,
    copies_of,
    create_group,
    delete_group,
    read_group,
    update_group,
)
from rf.shared.account import usage
from rf.shared.account.names import existing, free, of_stack
from rf.shared.cards.card import Card
from rf.shared.cards.changes import DANGEROUS, IN_PLACE, REPLACE, RESTART, Changes, PropertyRule
from rf.shared.cards.control_plane import REGIONAL
from rf.shared.cards.creation import Creation
from rf.shared.cards.lifecycle import Reading
from rf.shared.cards.naming import Answer, Leftover, Naming
from rf.shared.cards.permissions import ServiceLinkedRole
from rf.shared.cards.prices import Counted, Priced, fixed
from rf.shared.cards.quota import Quota
from rf.shared.cards.residency import IN_REGION
from rf.shared.cards.source import guide, provider, thread
from rf.shared.cards.values import ClosedValues
from rf.shared.cards.verification import NOT_SHOWN, Row, Verification, always
from rf.shared.offline.invention import Computed, Registration
from rf.shared.plan import RecordedPlan, RecordedResource

if TYPE_CHECKING:
    from rf.shared.account.account import Account
    from rf.shared.account.need import Need
    from rf.shared.account.owned import Owner
    from rf.shared.sandbox.reader import Reader

REPLICATION_GROUP = "aws:elasticache/replicationGroup:ReplicationGroup"


_SHORT_REGIONS = {
    "us-east-1": "use1",
    "us-east-2": "use2",
    "us-west-1": "usw1",
    "us-west-2": "usw2",
}
"""ElastiCache's abbreviations of regions in host names; others follow the same pattern."""


def _invented_short(region: str) -> str:
    known = _SHORT_REGIONS.get(region)
    area, direction, number = region.split("-", maxsplit=1)[0], region.split("-")[1], region[-1]
    return known or f"{area}{direction[0]}{number}"


def _invented_replication_group(registration: Registration) -> Computed:
    group = registration.named("replicationGroupId")
    short, unique = _invented_short(registration.where), registration.hex(6)
    domain = f"{unique}.{short}.cache.amazonaws.com"
    shards = registration.inputs.get("numNodeGroups")
    clustered = shards is not None or registration.text("clusterMode") == "enabled"
    nodes = int(registration.inputs.get("numCacheClusters") or 1)
    replicas = int(registration.inputs.get("replicasPerNodeGroup") or 0)
    if clustered:
        count = int(shards or 1)
        members = [
            f"{group}-{shard:04d}-{node:03d}"
            for shard in range(1, count + 1)
            for node in range(1, replicas + 2)
        ]
    else:
        members = [f"{group}-{node:03d}" for node in range(1, nodes + 1)]
    outputs = {
        "replicationGroupId": group,
        "arn": registration.arn("elasticache", f"replicationgroup:{group}"),
        "port": registration.inputs.get("port", 6379),
        "clusterEnabled": clustered,
        "memberClusters": members,
        "configurationEndpointAddress": f"clustercfg.{group}.{domain}" if clustered else "",
        "primaryEndpointAddress": "" if clustered else f"master.{group}.{domain}",
        "readerEndpointAddress": "" if clustered else f"replica.{group}.{domain}",
    }
    return Computed(group, outputs)


def _shards(inputs: Mapping[str, Any], reading: Reading) -> tuple[Any, Any]:
    return int(inputs.get("numNodeGroups") or 1), len(reading.thing["NodeGroups"])


def _nodes_a_shard(inputs: Mapping[str, Any], reading: Reading) -> tuple[Any, Any]:
    shards = int(inputs.get("numNodeGroups") or 1)
    groups = reading.thing["NodeGroups"]
    members = [len(group.get("NodeGroupMembers") or []) for group in groups]
    return [1 + copies_of(inputs)] * shards, members


def _zones(inputs: Mapping[str, Any], reading: Reading) -> tuple[Any, Any] | None:
    """Of its nodes, the primary's first."""
    planned = inputs.get("preferredCacheClusterAzs")
    if not planned:
        return None
    shards = reading.thing["NodeGroups"]
    nodes = [node for shard in shards for node in shard.get("NodeGroupMembers") or []]
    zones = [node.get("PreferredAvailabilityZone") for node in nodes]
    return planned, zones if all(zones) else NOT_SHOWN


def _cluster_mode(inputs: Mapping[str, Any], reading: Reading) -> tuple[Any, Any] | None:
    mode = inputs.get("clusterMode")
    return (mode == "enabled", reading.thing["ClusterEnabled"]) if mode else None


def _enabled(key: str, name: str) -> Row:
    """A switch that the API describes by a word."""

    def row(inputs: Mapping[str, Any], reading: Reading) -> tuple[Any, Any]:
        planned = "enabled" if inputs.get(key) else "disabled"
        return planned, reading.thing.get(name, NOT_SHOWN)

    return row


def _redis(resource: RecordedResource, _plan: RecordedPlan) -> Counted:
    inputs = resource.inputs
    nodes = inputs.get("numCacheClusters")
    if nodes is None:
        nodes = inputs.get("numNodeGroups", 1) * (1 + inputs.get("replicasPerNodeGroup", 0))
    yield f"elasticache:{inputs['nodeType']}", fixed(int(nodes))


def _redis_state(account: Account, owner: Owner, name: str) -> Answer:
    found = existing(
        account,
        "elasticache",
        "DescribeReplicationGroups",
        "ReplicationGroups",
        ReplicationGroupId=name,
    )
    return of_stack(
        owner,
        found,
        lambda each: account.listed(
            "elasticache", "ListTagsForResource", "TagList", ResourceName=each["ARN"]
        ),
    )


def redis_nodes(need: Need) -> dict[str, int]:
    """Nodes of each replication group, by its name."""
    counts: dict[str, int] = {}
    for group in need.inputs(REPLICATION_GROUP):
        shards = int(group.get("numNodeGroups") or 0)
        sharded = shards * (1 + int(group.get("replicasPerNodeGroup") or 0))
        counts[group["replicationGroupId"]] = sharded or int(group["numCacheClusters"])
    return counts


_GROUP_QUOTAS = (
    Quota(
        service="elasticache",
        code="L-DFE45DF3",
        name="Nodes per Region",
        demand=lambda need: sum(redis_nodes(need).values()),
        used=usage.redis_nodes,
    ),
    Quota(
        service="elasticache",
        code="L-AF354865",
        name="Nodes per cluster (cluster mode enabled)",
        demand=lambda need: max(
            (
                redis_nodes(need)[each["replicationGroupId"]]
                for each in need.inputs(REPLICATION_GROUP)
                if each.get("numNodeGroups")
            ),
            default=0,
        ),
    ),
)


def _snapshot_state(account: Account, name: str) -> Answer:
    return free(
        existing(account, "elasticache", "DescribeSnapshots", "Snapshots", SnapshotName=name)
    )


_SNAPSHOT = Leftover(
    title="ElastiCache snapshot",
    key="finalSnapshotIdentifier",
    fix="aws elasticache copy-snapshot it to another name, then aws elasticache delete-snapshot"
    " --snapshot-name {name}",
    state=_snapshot_state,
)


def _whole_account(reader: Reader) -> Iterator[tuple[str, str, Any, Any]]:
    """As many Redis groups as the plan has, without those that are on their way out."""
    groups = reader.read("elasticache", "DescribeReplicationGroups")["ReplicationGroups"]
    there = [group for group in groups if group["Status"] != "deleting"]
    yield "Redis", "groups", len(reader.plan.of_type(REPLICATION_GROUP)), len(there)


_STANDBY = PropertyRule(
    to={"true": IN_PLACE}, effect=DANGEROUS, why="no copy takes over from a lost node or zone"
)


CARDS = (
    Card(
        type=REPLICATION_GROUP,
        computed=_invented_replication_group,
        values=ClosedValues(
            operations=(
                "elasticache:CreateReplicationGroup",
                "elasticache:ModifyReplicationGroup",
            ),
            closed={
                "engine": frozenset({"redis", "valkey"}),
                "authTokenUpdateStrategy": frozenset({"DELETE", "ROTATE", "SET"}),
            },
            source="ElastiCache API reference, CreateReplicationGroup and CreateUser",
        ),
        lifecycle=CALLS.lifecycle(
            create=create_group,
            read=read_group,
            update=update_group,
            delete=delete_group,
        ),
        creation=Creation(
            minutes=9,
            source=(
                thread(
                    "hashicorp/terraform-provider-aws#49221",
                    "563 s in two zones, with its deletion",
                ),
                thread("hashicorp/terraform-provider-aws#17320", "1,086 s"),
            ),
        ),
        verification=Verification(
            kind="Redis",
            rows={
                "status": always("available", "Status"),
                "class": "nodeType",
                "shards": _shards,
                "nodes a shard": _nodes_a_shard,
                "zones": _zones,
                "cluster mode": _cluster_mode,
                "failover": _enabled("automaticFailoverEnabled", "AutomaticFailover"),
                "multi-AZ": _enabled("multiAzEnabled", "MultiAZ"),
                "encrypted in transit": "transitEncryptionEnabled",
                "encrypted at rest": "atRestEncryptionEnabled",
                "key": "kmsKeyId",
                "snapshot days": "snapshotRetentionLimit",
                "parameter group": "parameterGroupName",
            },
            world=_whole_account,
        ),
        changes=Changes(
            holds="sessions and jobs, or the cache",
            source=(provider("elasticache/replication_group.go"),),
            properties={
                "nodeType": PropertyRule(
                    effect=RESTART,
                    outage=(
                        "online; connections break for seconds when each shard switches to "
                        "its new node, without a copy for longer"
                    ),
                    source=(guide("ElastiCache user guide", "Online vertical scaling"),),
                ),
                "preferredCacheClusterAzs": PropertyRule(
                    appended=IN_PLACE,
                    effect=DANGEROUS,
                    why=(
                        "says where nodes are made, and moves none that is there; further "
                        "zones take further copies"
                    ),
                ),
                "numCacheClusters": PropertyRule(
                    to={"1": DANGEROUS},
                    effect=IN_PLACE,
                    why=(
                        "copies come and go without touching the primary; without one, a lost node"
                        " takes what it holds with it"
                    ),
                ),
                "replicasPerNodeGroup": PropertyRule(
                    to={"0": DANGEROUS},
                    effect=IN_PLACE,
                    why=(
                        "copies come and go without touching the primary; without one, a lost node"
                        " takes what it holds with it"
                    ),
                ),
                "numNodeGroups": PropertyRule(
                    up=IN_PLACE,
                    down=DANGEROUS,
                    why=(
                        "slots move online, for hours and at a cost of speed; fewer shards "
                        "must hold all keys, or the change fails halfway"
                    ),
                    source=(guide("ElastiCache user guide", "Online resharding"),),
                ),
                "automaticFailoverEnabled": _STANDBY,
                "multiAzEnabled": _STANDBY,
                "engineVersion": PropertyRule(
                    up=RESTART,
                    down=REPLACE,
                    outage="a failover of seconds; without a copy minutes",
                    source=(
                        provider("customizeDiffEngineVersionForceNewOnDowngrade"),
                        guide("ElastiCache user guide", "Upgrading engine versions"),
                    ),
                ),
                "engine": PropertyRule(
                    to={"valkey": RESTART},
                    effect=REPLACE,
                    outage="as a new version",
                    why="from Redis to Valkey in place, never back",
                ),
                "parameterGroupName": PropertyRule(
                    effect=RESTART,
                    outage=(
                        "none for most parameters; `cluster-enabled` and its like wait for a "
                        "restart"
                    ),
                ),
                "clusterMode": PropertyRule(
                    effect=DANGEROUS,
                    why=(
                        "one way, by way of `compatible`, two applies; clients must speak the "
                        "other protocol"
                    ),
                    source=(guide("ElastiCache user guide", "Modifying cluster mode"),),
                ),
                "transitEncryptionMode": PropertyRule(
                    to={"required": IN_PLACE},
                    effect=DANGEROUS,
                    why="clients without TLS would be let in",
                ),
                "transitEncryptionEnabled": PropertyRule(
                    effect=DANGEROUS,
                    why="every client loses its connection and must be changed at the same moment",
                ),
                "userGroupIds": IN_PLACE,
                "authToken": IN_PLACE,
                "securityGroupIds": IN_PLACE,
                "logDeliveryConfigurations": IN_PLACE,
                "maintenanceWindow": IN_PLACE,
                "snapshotWindow": IN_PLACE,
                "snapshotRetentionLimit": PropertyRule(
                    to={"0": DANGEROUS, "(not set)": DANGEROUS},
                    down=DANGEROUS,
                    effect=IN_PLACE,
                    why="older snapshots are deleted; without any, a lost group is lost",
                ),
                "finalSnapshotIdentifier": PropertyRule(
                    to={"(not set)": DANGEROUS},
                    effect=IN_PLACE,
                    why="a deletion would leave no snapshot",
                ),
                "applyImmediately": IN_PLACE,
                "autoMinorVersionUpgrade": IN_PLACE,
                "description": IN_PLACE,
                "notificationTopicArn": IN_PLACE,
                "tags": IN_PLACE,
                "replicationGroupId": REPLACE,
                "atRestEncryptionEnabled": REPLACE,
                "kmsKeyId": REPLACE,
                "subnetGroupName": REPLACE,
                "port": REPLACE,
                "networkType": REPLACE,
                "dataTieringEnabled": REPLACE,
                "globalReplicationGroupId": REPLACE,
                "nodeGroupConfigurations": REPLACE,
                "securityGroupNames": REPLACE,
                "snapshotArns": REPLACE,
                "snapshotName": REPLACE,
            },
        ),
        price=Priced(keys=("elasticache:",), count=_redis),
        quotas=_GROUP_QUOTAS,
        naming=Naming(
            title="Redis", key="replicationGroupId", state=_redis_state, leftover=_SNAPSHOT
        ),
        permissions=(
            "elasticache:CreateReplicationGroup",
            ServiceLinkedRole(
                principal="elasticache.amazonaws.com", name="AWSServiceRoleForElastiCache"
            ),
            "elasticache:AddTagsToResource",
            "logs:CreateLogDelivery",
            "kms:CreateGrant",
        ),
        residency=IN_REGION,
        control_plane=REGIONAL,
    ),
)
