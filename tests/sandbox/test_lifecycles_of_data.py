"""Databases, keys, secrets and brokers change in place and go, as the provider has them do."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import pytest

from rf.aws.mq import BROKER
from rf.aws.rds.groups import SUBNET_GROUP
from rf.aws.rds.instance import INSTANCE
from rf.shared.cards.answers import RequestError
from rf.shared.cards.lifecycle import Inputs, Lifecycle, Reading, Standing, Task
from rf.shared.offline.invention import ACCOUNT_ID
from rf.shared.sandbox.api import Api
from rf.shared.sandbox.registry import lifecycle_of
from tests.sandbox.conftest import REGION, Network

PARAMETER_GROUP = "aws:rds/parameterGroup:ParameterGroup"
EVENTS = "aws:rds/eventSubscription:EventSubscription"
BACKUPS = "aws:rds/instanceAutomatedBackupsReplication:InstanceAutomatedBackupsReplication"
KEY = "aws:kms/key:Key"
REPLICA_KEY = "aws:kms/replicaKey:ReplicaKey"
ALIAS = "aws:kms/alias:Alias"
SECRET = "aws:secretsmanager/secret:Secret"
VERSION = "aws:secretsmanager/secretVersion:SecretVersion"

DATABASE = {
    "identifier": "db",
    "instanceClass": "db.t4g.medium",
    "engine": "postgres",
    "engineVersion": "16",
    "allocatedStorage": 20,
    "username": "ros",
    "password": "only-here",
    "enabledCloudwatchLogsExports": ["postgresql"],
    "skipFinalSnapshot": False,
    "finalSnapshotIdentifier": "db-final",
    "tags": {"stack": "test", "old": "1"},
}


@dataclass
class Thing:
    """One resource by its card's lifecycle, from its creation on."""

    lifecycle: Lifecycle
    task: Task
    standing: Standing

    def update(self, **changes: Any) -> None:
        """Change these inputs in place; None takes one away."""
        wanted = {k: v for k, v in {**self.standing.inputs, **changes}.items() if v is not None}
        inputs = Inputs(wanted)
        updated = self.lifecycle.update(self.task, self.standing, inputs)
        assert not inputs
        outputs = {**self.standing.outputs, **updated.outputs}
        self.standing = Standing(id=updated.id, inputs=wanted, outputs=outputs)

    def read(self) -> Reading | None:
        return self.lifecycle.read(self.task, self.standing)

    def shown(self, *keys: str) -> dict[str, Any]:
        reading = self.read()
        assert reading is not None
        return {key: reading.shown[key] for key in keys}

    def as_planned(self, *left_out: str) -> bool:
        """Whether all inputs, but those left out, are shown as they were last given."""
        planned = {k: v for k, v in self.standing.inputs.items() if k not in left_out}
        return self.shown(*planned) == planned

    def delete(self) -> None:
        """Take it away, twice: the second time it is gone already."""
        self.lifecycle.delete(self.task, self.standing)
        self.lifecycle.delete(self.task, self.standing)


def make(api: Api, token: str, inputs: Mapping[str, Any], region: str = REGION) -> Thing:
    task = Task(
        api=api,
        urn=f"urn:pulumi:test::researchflow::{token}::it",
        name="it",
        region=region,
        account_id=ACCOUNT_ID,
        invented={},
    )
    lifecycle = lifecycle_of(token)
    created = lifecycle.create(task, Inputs(inputs))
    standing = Standing(id=created.id, inputs=dict(inputs), outputs=created.outputs)
    return Thing(lifecycle, task, standing)


def of_rds(api: Api) -> Any:
    return api.client("rds")


def test_a_database_takes_its_changes_in_place(api: Api) -> None:
    database = make(api, INSTANCE, DATABASE)
    database.update(
        engineVersion="17.2",
        allowMajorVersionUpgrade=True,
        allocatedStorage=40,
        enabledCloudwatchLogsExports=["upgrade"],
        tags={"stack": "test", "new": "2"},
    )
    unseen = ("password", "skipFinalSnapshot", "finalSnapshotIdentifier")
    assert database.as_planned(*unseen, "allowMajorVersionUpgrade")


def test_a_renamed_database_has_another_address(api: Api) -> None:
    database = make(api, INSTANCE, DATABASE)
    before = database.standing.outputs
    database.update(identifier="other")
    after = database.standing.outputs
    assert database.standing.id == after["identifier"] == "other"
    assert all(before[key] != after[key] for key in ("arn", "address", "endpoint"))
    assert database.read() is not None


def test_a_deleted_database_leaves_the_snapshot_that_it_names(api: Api) -> None:
    database = make(api, INSTANCE, DATABASE)
    database.delete()
    assert database.read() is None
    snapshots = of_rds(api).describe_db_snapshots()["DBSnapshots"]
    assert [each["DBSnapshotIdentifier"] for each in snapshots] == ["db-final"]


@pytest.mark.parametrize(
    ("settings", "reason"),
    [
        ({"deletionProtection": True}, "deletion protection"),
        ({"finalSnapshotIdentifier": None}, "finalSnapshotIdentifier is required"),
    ],
)
def test_a_protected_or_unsaved_database_stays(
    api: Api, settings: Mapping[str, Any], reason: str
) -> None:
    database = make(api, INSTANCE, {**DATABASE, **settings})
    with pytest.raises(RequestError, match=reason):
        database.delete()
    assert database.read() is not None


def test_a_replica_follows_its_source_and_goes_without_a_snapshot(api: Api) -> None:
    make(api, INSTANCE, DATABASE)
    replica = make(
        api,
        INSTANCE,
        {
            "identifier": "replica",
            "replicateSourceDb": "db",
            "instanceClass": "db.t4g.large",
            "backupRetentionPeriod": 0,
            "skipFinalSnapshot": True,
        },
    )
    replica.update(instanceClass="db.t4g.medium")
    assert replica.as_planned("skipFinalSnapshot")
    replica.delete()
    assert replica.read() is None
    snapshots = of_rds(api).describe_db_snapshots(SnapshotType="manual")["DBSnapshots"]
    assert snapshots == []


def test_parameters_come_and_go(api: Api) -> None:
    first = {"name": "log_lock_waits", "value": "1", "applyMethod": "immediate"}
    second = {"name": "max_connections", "value": "200", "applyMethod": "pending-reboot"}
    group = make(
        api,
        PARAMETER_GROUP,
        {"name": "pg", "family": "postgres16", "parameters": [first], "tags": {"a": "1"}},
    )
    group.update(parameters=[{**first, "value": "0"}, second], tags={"b": "2"})
    assert group.as_planned()
    group.update(parameters=[second])
    assert [gap.operation for gap in api.missing] == ["ResetDBParameterGroup"]
    group.delete()
    assert group.read() is None


def test_a_subnet_group_shows_its_subnets_in_the_plan_s_order(api: Api, network: Network) -> None:
    _, subnets = network()
    planned = {"name": "data", "description": "d", "subnetIds": subnets[::-1], "tags": {"a": "1"}}
    group = make(api, SUBNET_GROUP, planned)
    assert group.as_planned()
    group.update(tags={})
    assert group.shown("tags") == {"tags": {}}
    group.delete()
    assert group.read() is None


def test_what_the_emulator_lacks_of_events_and_backups_is_checked_by_the_model(api: Api) -> None:
    database = make(api, INSTANCE, DATABASE)
    events = make(
        api,
        EVENTS,
        {
            "name": "events",
            "snsTopic": f"arn:aws:sns:us-east-1:{ACCOUNT_ID}:topic",
            "sourceType": "db-instance",
            "sourceIds": ["db"],
            "eventCategories": ["failover"],
            "tags": {"a": "1"},
        },
    )
    assert events.as_planned()
    events.update(sourceIds=["other"], eventCategories=["failure"])
    backups = make(
        api,
        BACKUPS,
        {"sourceDbInstanceArn": database.standing.outputs["arn"], "retentionPeriod": 7},
        region="us-east-2",
    )
    backups.delete()
    assert {gap.operation for gap in api.missing} == {
        "AddSourceIdentifierToSubscription",
        "RemoveSourceIdentifierFromSubscription",
        "ModifyEventSubscription",
        "StartDBInstanceAutomatedBackupsReplication",
        "StopDBInstanceAutomatedBackupsReplication",
    }
    events.delete()
    assert events.read() is None


def test_a_key_takes_its_changes_in_place_and_goes_after_its_window(api: Api) -> None:
    policy = json.dumps({"Version": "2012-10-17", "Statement": []})
    key = make(api, KEY, {"description": "d", "enableKeyRotation": True, "tags": {"a": "1"}})
    key.update(
        description="other", policy=policy, enableKeyRotation=False, isEnabled=False, tags={}
    )
    assert key.as_planned()
    key.update(isEnabled=True, enableKeyRotation=True, deletionWindowInDays=7)
    assert key.as_planned("deletionWindowInDays")
    key.delete()
    assert key.read() is None
    state = api.client("kms").describe_key(KeyId=key.standing.id)["KeyMetadata"]
    assert (state["DeletionDate"] - state["CreationDate"]).days in (6, 7)


def test_a_replica_of_a_key_changes_and_goes_alone(api: Api) -> None:
    key = make(api, KEY, {"multiRegion": True})
    replica = make(
        api, REPLICA_KEY, {"primaryKeyArn": key.standing.outputs["arn"]}, region="us-east-2"
    )
    assert replica.standing.id == key.standing.id
    replica.update(description="there", enabled=False, tags={"a": "1"})
    assert replica.as_planned()
    replica.delete()
    assert replica.read() is None
    assert key.read() is not None


def test_an_alias_points_to_another_key(api: Api) -> None:
    keys = [make(api, KEY, {}).standing.id for _ in range(2)]
    alias = make(api, ALIAS, {"name": "alias/it", "targetKeyId": keys[0]})
    alias.update(targetKeyId=keys[1])
    assert alias.as_planned()
    alias.delete()
    assert alias.read() is None


def test_a_secret_takes_its_changes_in_place_and_goes_with_its_content(api: Api) -> None:
    policy = json.dumps({"Version": "2012-10-17", "Statement": []})
    secret = make(
        api,
        SECRET,
        {
            "name": "login",
            "description": "d",
            "policy": policy,
            "replicas": [{"region": "us-east-2"}],
            "recoveryWindowInDays": 7,
            "tags": {"a": "1"},
        },
    )
    content = make(api, VERSION, {"secretId": secret.standing.id, "secretString": "only-here"})
    assert content.as_planned()
    secret.update(
        kmsKeyId="alias/other", policy=None, replicas=[{"region": "eu-west-1"}], tags={"b": "2"}
    )
    assert secret.as_planned("replicas", "recoveryWindowInDays")
    reading = secret.read()
    assert reading is not None
    assert [each["Region"] for each in reading.thing["ReplicationStatus"]] == ["eu-west-1"]
    secret.delete()
    assert secret.read() is None
    assert content.read() is None


def test_a_secret_without_a_window_frees_its_name(api: Api) -> None:
    inputs = {"name": "login", "recoveryWindowInDays": 0}
    make(api, SECRET, inputs).delete()
    assert make(api, SECRET, inputs).read() is not None


def test_a_broker_takes_its_changes_in_place(api: Api) -> None:
    broker = make(
        api,
        BROKER,
        {
            "brokerName": "queue",
            "engineType": "RabbitMQ",
            "engineVersion": "3.13",
            "hostInstanceType": "mq.m7g.medium",
            "deploymentMode": "SINGLE_INSTANCE",
            "publiclyAccessible": False,
            "applyImmediately": True,
            "users": [{"username": "it", "password": "only-here-and-now"}],
            "tags": {"a": "1"},
        },
    )
    broker.update(engineVersion="4.2", hostInstanceType="mq.m7g.large", tags={"b": "2"})
    assert broker.as_planned("applyImmediately", "users")
    # Once: the emulator fails over a broker that is gone.
    broker.lifecycle.delete(broker.task, broker.standing)
    assert broker.read() is None
