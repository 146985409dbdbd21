"""Cards change what stands as the provider does, show it, and take away what belongs to it."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import pytest

from rf.shared.cards.answers import RequestError
from rf.shared.cards.lifecycle import Inputs, Lifecycle, Reading, Standing, Task
from rf.shared.offline.invention import ACCOUNT_ID
from rf.shared.sandbox.api import Api, Missing
from rf.shared.sandbox.registry import lifecycle_of, used_up
from tests.sandbox.conftest import REGION

ROLE = "aws:iam/role:Role"
CLUSTER = "aws:eks/cluster:Cluster"
FEATURE = "aws:guardduty/detectorFeature:DetectorFeature"


def trust(service: str) -> str:
    statement = {
        "Effect": "Allow",
        "Action": "sts:AssumeRole",
        "Principal": {"Service": f"{service}.amazonaws.com"},
    }
    return json.dumps({"Version": "2012-10-17", "Statement": [statement]})


READ_ONLY = "arn:aws:iam::aws:policy/ReadOnlyAccess"
SECURITY_AUDIT = "arn:aws:iam::aws:policy/SecurityAudit"


@dataclass
class Thing:
    """One resource of a type, by its card."""

    lifecycle: Lifecycle
    task: Task
    token: str
    standing: Standing

    def update(self, inputs: Mapping[str, Any]) -> None:
        with used_up(self.token, inputs) as wanted:
            created = self.lifecycle.update(self.task, self.standing, wanted)
        self.standing = Standing(id=created.id, inputs=inputs, outputs=created.outputs)

    def read(self) -> Reading | None:
        return self.lifecycle.read(self.task, self.standing)

    @property
    def shown(self) -> Mapping[str, Any]:
        reading = self.read()
        assert reading is not None
        return {key: reading.shown[key] for key in self.standing.inputs if key in reading.shown}

    def delete(self) -> None:
        self.lifecycle.delete(self.task, self.standing)


@dataclass(frozen=True)
class World:
    api: Api

    def create(self, token: str, name: str, inputs: Mapping[str, Any]) -> Thing:
        lifecycle = lifecycle_of(token)
        urn = f"urn:pulumi:test::researchflow::{token}::{name}"
        task = Task(
            api=self.api, urn=urn, name=name, region=REGION, account_id=ACCOUNT_ID, invented={}
        )
        created = lifecycle.create(task, Inputs(inputs))
        standing = Standing(id=created.id, inputs=inputs, outputs=created.outputs)
        return Thing(lifecycle, task, token, standing)


@pytest.fixture
def world(api: Api) -> World:
    return World(api)


def role_inputs(**inputs: Any) -> dict[str, Any]:
    return {"name": "keeper", "assumeRolePolicy": trust("eks"), **inputs}


def inline(name: str, action: str) -> dict[str, str]:
    statement = {"Effect": "Allow", "Action": action, "Resource": "*"}
    return {
        "name": name,
        "policy": json.dumps({"Version": "2012-10-17", "Statement": [statement]}),
    }


def test_a_role_changes_by_the_calls_of_its_parts(world: World) -> None:
    role = world.create(
        ROLE,
        "keeper",
        role_inputs(
            managedPolicyArns=[READ_ONLY],
            inlinePolicies=[inline("old", "s3:*"), inline("both", "s3:*")],
            tags={"team": "a", "gone": "1"},
        ),
    )
    boundary = "arn:aws:iam::aws:policy/PowerUserAccess"
    role.update(
        role_inputs(
            assumeRolePolicy=trust("ec2"),
            description="watches",
            maxSessionDuration=7200,
            permissionsBoundary=boundary,
            managedPolicyArns=[SECURITY_AUDIT],
            inlinePolicies=[inline("both", "sqs:*"), inline("new", "s3:*")],
            tags={"team": "b"},
        )
    )
    apart = {"managedPolicyArns", "inlinePolicies"}
    assert role.shown == {k: v for k, v in role.standing.inputs.items() if k not in apart}
    iam = world.api.client("iam")
    attached = iam.list_attached_role_policies(RoleName="keeper")["AttachedPolicies"]
    assert [each["PolicyArn"] for each in attached] == [SECURITY_AUDIT]
    assert sorted(iam.list_role_policies(RoleName="keeper")["PolicyNames"]) == ["both", "new"]
    both = iam.get_role_policy(RoleName="keeper", PolicyName="both")["PolicyDocument"]
    assert both["Statement"][0]["Action"] == "sqs:*"
    role.update(role_inputs(description="watches"))
    assert role.shown == role.standing.inputs
    assert "PermissionsBoundary" not in iam.get_role(RoleName="keeper")["Role"]


def test_a_role_goes_out_of_its_profiles_and_with_its_own_policies(world: World) -> None:
    policies = {"managedPolicyArns": [READ_ONLY], "inlinePolicies": [inline("own", "s3:*")]}
    role = world.create(ROLE, "keeper", role_inputs(**policies))
    profile = world.create(
        "aws:iam/instanceProfile:InstanceProfile", "nodes", {"name": "nodes", "role": "keeper"}
    )
    assert profile.shown["role"] == "keeper"
    role.delete()
    assert role.read() is None
    role.delete()
    profile.delete()
    assert profile.read() is None


def test_a_policy_that_is_not_the_role_s_own_keeps_it_unless_it_is_forced(world: World) -> None:
    role = world.create(ROLE, "keeper", role_inputs())
    world.create(
        "aws:iam/rolePolicyAttachment:RolePolicyAttachment",
        "reads",
        {"role": "keeper", "policyArn": READ_ONLY},
    )
    with pytest.raises(RequestError, match="DeleteConflict"):
        role.delete()
    role.update(role_inputs(forceDetachPolicies=True))
    role.delete()
    assert role.read() is None


def test_a_profile_changes_its_role(world: World) -> None:
    for name in ("one", "other"):
        world.create(ROLE, name, role_inputs(name=name))
    token = "aws:iam/instanceProfile:InstanceProfile"
    profile = world.create(token, "nodes", {"name": "nodes", "role": "one"})
    profile.update({"name": "nodes", "role": "other"})
    assert profile.shown == {"name": "nodes", "role": "other"}


def cluster_inputs(world: World) -> dict[str, Any]:
    ec2 = world.api.client("ec2")
    vpc = ec2.create_vpc(CidrBlock="10.0.0.0/16")["Vpc"]["VpcId"]
    subnet = ec2.create_subnet(VpcId=vpc, CidrBlock="10.0.0.0/24")["Subnet"]["SubnetId"]
    return {
        "name": "main",
        "version": "1.34",
        "roleArn": f"arn:aws:iam::{ACCOUNT_ID}:role/main",
        "vpcConfig": {"subnetIds": [subnet], "endpointPublicAccess": False},
        "enabledClusterLogTypes": ["audit", "api"],
        "tags": {"team": "a"},
    }


def test_a_cluster_goes_with_the_security_group_that_eks_made(world: World) -> None:
    cluster = world.create(CLUSTER, "main", cluster_inputs(world))
    assert cluster.shown == cluster.standing.inputs
    group = cluster.standing.outputs["vpcConfig"]["clusterSecurityGroupId"]
    named = [{"Name": "group-name", "Values": ["eks-cluster-sg-main"]}]
    ec2 = world.api.client("ec2")
    (made,) = ec2.describe_security_groups(Filters=named)["SecurityGroups"]
    assert made["GroupId"] == group
    cluster.delete()
    assert cluster.read() is None
    assert not ec2.describe_security_groups(Filters=named)["SecurityGroups"]
    cluster.delete()


def test_a_cluster_changes_one_kind_of_setting_a_call(world: World) -> None:
    inputs = cluster_inputs(world)
    cluster = world.create(CLUSTER, "main", inputs)
    world.api.missing.clear()
    before = world.api.requests
    cluster.update(
        inputs
        | {
            "version": "1.35",
            "enabledClusterLogTypes": ["audit"],
            "accessConfig": {
                "authenticationMode": "API",
                "bootstrapClusterCreatorAdminPermissions": True,
            },
            "upgradePolicy": {"supportType": "STANDARD"},
            "deletionProtection": True,
            "tags": {"team": "b"},
        }
    )
    assert world.api.missing == {Missing("eks", "UpdateClusterVersion"): 1}
    # Its version, its tags, and four settings.
    assert world.api.requests == before + 6
    assert cluster.shown["enabledClusterLogTypes"] == ["audit"]
    assert cluster.shown["tags"] == {"team": "b"}
    without = {k: v for k, v in cluster.standing.inputs.items() if k != "enabledClusterLogTypes"}
    cluster.update(without)
    reading = cluster.read()
    assert reading is not None
    assert reading.shown["enabledClusterLogTypes"] == []


def test_labels_and_taints_of_nodes_come_change_and_go(world: World) -> None:
    cluster = cluster_inputs(world)
    world.create(CLUSTER, "main", cluster)
    inputs: dict[str, Any] = {
        "clusterName": "main",
        "nodeGroupName": "nodes",
        "nodeRoleArn": cluster["roleArn"],
        "subnetIds": cluster["vpcConfig"]["subnetIds"],
        "scalingConfig": {"minSize": 1, "desiredSize": 1, "maxSize": 2},
        "labels": {"pool": "data", "gone": "1"},
        "taints": [
            {"key": "pool", "value": "data", "effect": "NO_SCHEDULE"},
            {"key": "gone", "effect": "NO_EXECUTE"},
        ],
    }
    nodes = world.create("aws:eks/nodeGroup:NodeGroup", "nodes", inputs)
    assert nodes.shown == inputs
    nodes.update(
        inputs
        | {
            "scalingConfig": {"minSize": 1, "desiredSize": 1, "maxSize": 4},
            "labels": {"pool": "system"},
            "taints": [{"key": "pool", "value": "system", "effect": "NO_SCHEDULE"}],
        }
    )
    assert nodes.shown == nodes.standing.inputs
    left_out = ("labels", "taints")
    nodes.update({k: v for k, v in nodes.standing.inputs.items() if k not in left_out})
    reading = nodes.read()
    assert reading is not None
    assert (reading.thing["labels"], reading.thing["taints"]) == ({}, [])
    with pytest.raises(RequestError, match="amiType: the API changes nothing in place"):
        nodes.update({**nodes.standing.inputs, "amiType": "AL2023_ARM_64_STANDARD"})


def test_each_feature_of_a_detector_stays_when_another_is_set(world: World) -> None:
    detector = world.create("aws:guardduty/detector:Detector", "watch", {"enable": True})
    names = ("EKS_AUDIT_LOGS", "S3_DATA_EVENTS")
    audit, data = (
        world.create(
            FEATURE,
            name.lower(),
            {"detectorId": detector.standing.id, "name": name, "status": "ENABLED"},
        )
        for name in names
    )
    audit.update({**audit.standing.inputs, "status": "DISABLED"})
    assert audit.shown == audit.standing.inputs
    assert data.shown == data.standing.inputs
    detector.update({"enable": False, "findingPublishingFrequency": "ONE_HOUR"})
    assert detector.shown == detector.standing.inputs
    audit.delete()
    assert audit.read() is not None
    detector.delete()
    assert (detector.read(), audit.read()) == (None, None)


def test_a_session_document_opens_by_its_newest_version(world: World) -> None:
    def document(minutes: str, **tags: str) -> dict[str, Any]:
        content = {
            "schemaVersion": "1.0",
            "description": "A shell",
            "sessionType": "Standard_Stream",
            "inputs": {"idleSessionTimeout": minutes},
        }
        return {
            "name": "shell",
            "documentType": "Session",
            "documentFormat": "JSON",
            "content": json.dumps(content),
            "tags": tags,
        }

    shell = world.create("aws:ssm/document:Document", "shell", document("15", team="a", gone="1"))
    shell.update(document("30", team="b"))
    assert shell.shown == shell.standing.inputs
    shell.delete()
    assert shell.read() is None
    shell.delete()


def test_a_trail_starts_stops_and_selects(world: World) -> None:
    world.api.client("s3").create_bucket(Bucket="records")
    selectors = [
        {
            "name": "management",
            "fieldSelectors": [{"field": "eventCategory", "equals": ["Management"]}],
        }
    ]
    inputs: dict[str, Any] = {
        "name": "trail",
        "s3BucketName": "records",
        "enableLogFileValidation": True,
        "tags": {"team": "a", "gone": "1"},
    }
    trail = world.create("aws:cloudtrail/trail:Trail", "trail", inputs)
    assert trail.shown == inputs
    trail.update(
        inputs
        | {
            "enableLogging": False,
            "enableLogFileValidation": False,
            "isMultiRegionTrail": True,
            "advancedEventSelectors": selectors,
            "tags": {"team": "b"},
        }
    )
    assert trail.shown == trail.standing.inputs
    trail.update(inputs)
    reading = trail.read()
    assert reading is not None
    assert reading.shown["enableLogging"] is True
    assert reading.thing["EventSelectors"][0]["ReadWriteType"] == "All"
    trail.delete()
    assert trail.read() is None


def test_a_repository_s_settings_change_and_its_images_go_when_told(world: World) -> None:
    token, inputs = "aws:ecr/repository:Repository", {"name": "web", "tags": {"team": "a"}}
    repository = world.create(token, "web", inputs)
    setting = {
        "imageTagMutability": "IMMUTABLE",
        "imageScanningConfiguration": {"scanOnPush": True},
        "tags": {"team": "b"},
    }
    repository.update(inputs | setting)
    assert repository.shown == repository.standing.inputs
    repository.update(inputs)
    reading = repository.read()
    assert reading is not None
    assert reading.thing["imageTagMutability"] == "MUTABLE"
    assert reading.thing["imageScanningConfiguration"] == {"scanOnPush": False}
    world.api.client("ecr").put_image(
        repositoryName="web",
        imageManifest=json.dumps({"schemaVersion": 2}),
        imageManifestMediaType="application/vnd.oci.image.manifest.v1+json",
        imageTag="one",
    )
    with pytest.raises(RequestError, match="RepositoryNotEmpty"):
        repository.delete()
    repository.update({**inputs, "forceDelete": True})
    repository.delete()
    assert repository.read() is None


def test_a_registry_without_rules_counts_as_without_its_replication(world: World) -> None:
    rule = {"destinations": [{"region": "us-east-2", "registryId": ACCOUNT_ID}]}
    inputs = {"replicationConfiguration": {"rules": [rule]}}
    rules = world.create(
        "aws:ecr/replicationConfiguration:ReplicationConfiguration", "rules", inputs
    )
    assert rules.shown == inputs
    rules.delete()
    assert rules.read() is None
