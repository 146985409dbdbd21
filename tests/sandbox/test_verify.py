"""The world is read back, and a difference from the plan is found."""

from __future__ import annotations

import json
from typing import Any

from rf.shared.sandbox.comparisons import Check, ReadBack
from rf.shared.sandbox.verify import verify
from tests.sandbox.conftest import Network, SmallPlan

GROUP = "aws:ec2/securityGroup:SecurityGroup"
INGRESS = "aws:vpc/securityGroupIngressRule:SecurityGroupIngressRule"


def differences(small_plan: SmallPlan) -> list[tuple[str, str, str]]:
    checks = verify(small_plan.world.api, small_plan.plan, small_plan.world.not_emulated)
    return [(c.kind, c.name, c.subject) for c in checks if c.status is ReadBack.DIFFERS]


def found(small_plan: SmallPlan, subject: str) -> list[Check]:
    return [c for c in verify(small_plan.world.api, small_plan.plan) if c.subject == subject]


def client(small_plan: SmallPlan, service: str) -> Any:
    return small_plan.world.api.client(service)


def test_a_world_as_planned_has_no_difference(small_plan: SmallPlan, network: Network) -> None:
    network()
    assert differences(small_plan) == []
    assert len(found(small_plan, "zone")) == 2


def test_a_subnet_that_vanished_is_missed(small_plan: SmallPlan, network: Network) -> None:
    _, subnets = network()
    client(small_plan, "ec2").delete_subnet(SubnetId=subnets[0])
    assert ("subnet", "subnet-a", "exists") in differences(small_plan)
    assert ("VPC", "all", "subnets") in differences(small_plan)


def test_a_subnet_that_gives_out_public_addresses_is_found(
    small_plan: SmallPlan, network: Network
) -> None:
    _, subnets = network()
    client(small_plan, "ec2").modify_subnet_attribute(
        SubnetId=subnets[1], MapPublicIpOnLaunch={"Value": True}
    )
    assert differences(small_plan) == [("subnet", "subnet-b", "public addresses")]


def test_a_port_opened_behind_the_plan_s_back_is_found(
    small_plan: SmallPlan, network: Network
) -> None:
    vpc, _ = network()
    group = small_plan.create(GROUP, "web", {"vpcId": vpc, "description": "web"}).id
    rule = {"securityGroupId": group, "ipProtocol": "tcp", "fromPort": 443, "toPort": 443}
    small_plan.create(INGRESS, "https", rule | {"cidrIpv4": "10.0.0.0/16"})
    small_plan.create(INGRESS, "itself", rule | {"referencedSecurityGroupId": group})
    assert differences(small_plan) == []
    client(small_plan, "ec2").authorize_security_group_ingress(
        GroupId=group, IpProtocol="tcp", FromPort=22, ToPort=22, CidrIp="0.0.0.0/0"
    )
    assert differences(small_plan) == [
        ("security group", "web", "ingress rules"),
        ("VPC", "all", "ingress rules open to the internet"),
    ]


def test_a_database_and_its_replica_are_compared(small_plan: SmallPlan, network: Network) -> None:
    _, subnets = network()
    group = small_plan.create("aws:rds/subnetGroup:SubnetGroup", "data", {"subnetIds": subnets})
    common = {"instanceClass": "db.r7g.xlarge", "storageType": "gp3", "publiclyAccessible": False}
    primary = {
        "identifier": "primary",
        "engine": "postgres",
        "engineVersion": "16",
        "allocatedStorage": 400,
        "multiAz": True,
        "storageEncrypted": True,
        "username": "ros",
        "password": "not-a-real-one",
        "dbSubnetGroupName": group.id,
        "backupRetentionPeriod": 7,
        "skipFinalSnapshot": True,
    }
    small_plan.create("aws:rds/instance:Instance", "primary", common | primary)
    replica = {"identifier": "replica", "replicateSourceDb": "primary", "storageEncrypted": True}
    small_plan.create("aws:rds/instance:Instance", "replica", common | replica)
    assert differences(small_plan) == []
    rds = client(small_plan, "rds")
    rds.modify_db_instance(
        DBInstanceIdentifier="primary", DBInstanceClass="db.t4g.large", ApplyImmediately=True
    )
    rds.delete_db_instance(DBInstanceIdentifier="replica", SkipFinalSnapshot=True)
    assert set(differences(small_plan)) == {
        ("database", "primary", "class"),
        ("database", "replica", "exists"),
        ("database", "all", "instances"),
    }


def test_redis_groups_have_their_nodes_and_encryption(
    small_plan: SmallPlan, network: Network
) -> None:
    network()
    token = "aws:elasticache/replicationGroup:ReplicationGroup"
    common = {
        "description": "d",
        "engine": "redis",
        "nodeType": "cache.r7g.large",
        "automaticFailoverEnabled": True,
        "multiAzEnabled": True,
        "transitEncryptionEnabled": True,
        "atRestEncryptionEnabled": True,
    }
    shards = {"clusterMode": "enabled", "numNodeGroups": 3, "replicasPerNodeGroup": 1}
    small_plan.create(token, "cache", common | shards | {"replicationGroupId": "cache"})
    small_plan.create(
        token, "queue", common | {"replicationGroupId": "queue", "numCacheClusters": 2}
    )
    assert differences(small_plan) == []
    assert [c.found for c in found(small_plan, "nodes a shard")] == [[2, 2, 2], [2]]
    client(small_plan, "elasticache").delete_replication_group(ReplicationGroupId="queue")
    assert ("Redis", "queue", "exists") in differences(small_plan)


def test_a_bucket_made_readable_is_found(small_plan: SmallPlan) -> None:
    bucket = {"bucket": "researchflow-test"}
    small_plan.create("aws:s3/bucket:Bucket", "b", bucket)
    keys = ("blockPublicAcls", "blockPublicPolicy", "ignorePublicAcls", "restrictPublicBuckets")
    small_plan.create(
        "aws:s3/bucketPublicAccessBlock:BucketPublicAccessBlock",
        "b",
        bucket | dict.fromkeys(keys, True),
    )
    small_plan.create(
        "aws:s3/bucketVersioning:BucketVersioning",
        "b",
        bucket | {"versioningConfiguration": {"status": "Enabled"}},
    )
    assert differences(small_plan) == []
    s3 = client(small_plan, "s3")
    s3.delete_public_access_block(Bucket="researchflow-test")
    s3.put_bucket_versioning(
        Bucket="researchflow-test", VersioningConfiguration={"Status": "Suspended"}
    )
    assert {subject for _, _, subject in differences(small_plan)} == {"exists", "versioning"}


def test_a_role_that_trusts_another_or_gained_a_policy_is_found(small_plan: SmallPlan) -> None:
    def trust(service: str) -> str:
        allow = {"Effect": "Allow", "Action": "sts:AssumeRole", "Principal": {"Service": service}}
        return json.dumps({"Version": "2012-10-17", "Statement": [allow]})

    role = {"name": "node", "assumeRolePolicy": trust("ec2.amazonaws.com")}
    small_plan.create("aws:iam/role:Role", "node", role)
    assert differences(small_plan) == []
    iam = client(small_plan, "iam")
    iam.update_assume_role_policy(RoleName="node", PolicyDocument=trust("lambda.amazonaws.com"))
    iam.attach_role_policy(RoleName="node", PolicyArn="arn:aws:iam::aws:policy/AdministratorAccess")
    assert differences(small_plan) == [
        ("role", "node", "trust"),
        ("role", "node", "attached policies"),
    ]


def test_what_the_emulator_does_not_answer_is_not_called_fine(small_plan: SmallPlan) -> None:
    small_plan.create(
        "aws:elasticache/replicationGroup:ReplicationGroup",
        "cache",
        {"description": "d", "nodeType": "cache.t4g.small", "parameterGroupName": "ours"},
    )
    [check] = found(small_plan, "parameter group")
    assert check.status is ReadBack.NOT_SHOWN
    assert check.to_json()["found"] is None


def test_a_topic_that_lost_its_key_and_events_of_fewer_kinds_are_found(
    small_plan: SmallPlan,
) -> None:
    key = "arn:aws:kms:us-east-1:123456789012:key/11111111-2222-3333-4444-555555555555"
    topic = small_plan.create("aws:sns/topic:Topic", "events", {"kmsMasterKeyId": key}).id
    statement = {"Effect": "Allow", "Principal": "*", "Action": "sns:Publish", "Resource": topic}
    policy = json.dumps({"Version": "2012-10-17", "Statement": [statement]})
    small_plan.create("aws:sns/topicPolicy:TopicPolicy", "events", {"arn": topic, "policy": policy})
    subscription = {
        "name": "events",
        "snsTopic": topic,
        "sourceType": "db-instance",
        "sourceIds": ["primary"],
        "eventCategories": ["failover", "failure"],
    }
    small_plan.create("aws:rds/eventSubscription:EventSubscription", "events", subscription)
    assert differences(small_plan) == []

    client(small_plan, "sns").set_topic_attributes(
        TopicArn=topic, AttributeName="KmsMasterKeyId", AttributeValue=""
    )
    client(small_plan, "rds").delete_event_subscription(SubscriptionName="events")
    found_now = {(kind, subject) for kind, _, subject in differences(small_plan)}
    assert ("topic", "key") in found_now
    assert ("database events", "exists") in found_now
