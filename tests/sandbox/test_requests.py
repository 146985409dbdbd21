"""Requests fit the API's model, and what does not fit is refused before it is sent."""

from __future__ import annotations

from typing import Any

import pytest

from rf.shared.cards.answers import TranslationError
from rf.shared.sandbox.api import Api, Missing, RequestError
from rf.shared.sandbox.emulator import require_loopback
from rf.shared.sandbox.registry import CreationError
from tests.sandbox.conftest import SmallPlan


def test_a_plan_s_words_become_the_api_s(api: Api) -> None:
    inputs = {"vpcId": "vpc-1", "cidrBlock": "10.0.0.0/24", "availabilityZone": None}
    assert api.fitted("ec2", "CreateSubnet", inputs) == {
        "VpcId": "vpc-1",
        "CidrBlock": "10.0.0.0/24",
    }


def test_tags_become_pairs_and_text_becomes_a_number(api: Api) -> None:
    inputs = {"dBInstanceIdentifier": "a", "allocatedStorage": "20", "tags": {"b": "2", "a": "1"}}
    fitted = api.fitted("rds", "CreateDBInstance", inputs)
    assert fitted["AllocatedStorage"] == 20
    assert fitted["Tags"] == [{"Key": "a", "Value": "1"}, {"Key": "b", "Value": "2"}]


def test_an_input_the_api_does_not_know_is_refused_by_name(api: Api) -> None:
    with pytest.raises(TranslationError, match="cidrBlok"):
        api.fitted("ec2", "CreateVpc", {"cidrBlok": "10.0.0.0/16"})


@pytest.mark.parametrize(
    ("service", "operation", "parameters", "said"),
    [
        ("ec2", "CreateVpc", {"CidrBlock": 5}, "CidrBlock"),
        (
            "ec2",
            "CreateVpc",
            {"CidrBlock": "10.0.0.0/16", "InstanceTenancy": "shared"},
            "dedicated",
        ),
        ("eks", "CreateAddon", {"addonName": "vpc-cni"}, "clusterName"),
        (
            "eks",
            "CreateAddon",
            {"clusterName": "c", "addonName": "vpc-cni", "resolveConflicts": "ALWAYS"},
            "OVERWRITE",
        ),
        ("iam", "GetRole", {"RoleName": "a" * 65}, "at most 64"),
        ("kms", "CreateAlias", {"AliasName": "alias/a b", "TargetKeyId": "k"}, "must match"),
    ],
)
def test_a_request_that_breaks_the_model_is_never_sent(
    api: Api, service: str, operation: str, parameters: dict[str, Any], said: str
) -> None:
    with pytest.raises(RequestError, match=said):
        api.call(service, operation, None, **parameters)
    assert api.requests == 0


def test_an_operation_the_emulator_lacks_is_validated_and_listed(small_plan: SmallPlan) -> None:
    api = small_plan.world.api
    addon = {"clusterName": "c", "addonName": "vpc-cni", "resolveConflictsOnCreate": "OVERWRITE"}
    small_plan.create("aws:eks/addon:Addon", "cni", addon)
    group = {"family": "redis7", "parameters": [{"name": "timeout", "value": "300"}]}
    small_plan.create("aws:elasticache/parameterGroup:ParameterGroup", "cache", group)
    assert api.missing == {
        Missing("eks", "CreateAddon"): 1,
        Missing("elasticache", "CreateCacheParameterGroup"): 1,
        Missing("elasticache", "ModifyCacheParameterGroup"): 1,
    }
    assert len(small_plan.world.not_emulated) == 2


def test_a_wrong_enum_is_refused_where_the_emulator_lacks_the_operation_too(
    small_plan: SmallPlan,
) -> None:
    addon = {"clusterName": "c", "addonName": "vpc-cni", "resolveConflictsOnCreate": "MAYBE"}
    with pytest.raises(CreationError, match=r"::cni.*MAYBE"):
        small_plan.create("aws:eks/addon:Addon", "cni", addon)
    assert not small_plan.world.api.missing


def test_a_refusal_of_the_emulator_is_a_failure_and_not_a_gap(small_plan: SmallPlan) -> None:
    subnet = {"vpcId": "vpc-00000000000000000", "cidrBlock": "10.0.0.0/24"}
    with pytest.raises(CreationError, match=r"::lost: .*InvalidVpcID.NotFound"):
        small_plan.create("aws:ec2/subnet:Subnet", "lost", subnet)
    assert not small_plan.world.api.missing


def test_a_managed_policy_that_aws_does_not_have_is_refused(small_plan: SmallPlan) -> None:
    trust = '{"Version": "2012-10-17", "Statement": []}'
    role = small_plan.create("aws:iam/role:Role", "node", {"assumeRolePolicy": trust})
    token = "aws:iam/rolePolicyAttachment:RolePolicyAttachment"
    arn = "arn:aws:iam::aws:policy/AmazonEKSWorkerNodePolicy"
    small_plan.create(token, "right", {"role": role.id, "policyArn": arn})
    with pytest.raises(CreationError, match="NoSuchEntity"):
        small_plan.create(token, "wrong", {"role": role.id, "policyArn": f"{arn}s"})


def test_a_type_without_a_card_is_named(small_plan: SmallPlan) -> None:
    with pytest.raises(
        CreationError,
        match=r"no card of aws:neptune/cluster:Cluster: add one to rf/aws/neptune\.py",
    ):
        small_plan.create("aws:neptune/cluster:Cluster", "queue", {})


def test_an_input_that_no_request_carries_is_an_error(small_plan: SmallPlan) -> None:
    vpc = small_plan.create("aws:ec2/vpc:Vpc", "v", {"cidrBlock": "10.0.0.0/16"}).id
    with pytest.raises(CreationError, match="leaves out surprise"):
        small_plan.create(
            "aws:ec2/defaultSecurityGroup:DefaultSecurityGroup", "d", {"vpcId": vpc, "surprise": 1}
        )


def test_only_this_machine_is_spoken_to() -> None:
    require_loopback("http://127.0.0.1:5000")
    with pytest.raises(ValueError, match=r"sts\.amazonaws\.com"):
        require_loopback("https://sts.amazonaws.com")


def test_the_shell_s_profile_and_credentials_do_not_matter(
    api: Api, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("AWS_PROFILE", "production")
    monkeypatch.setenv("AWS_ACCESS_KEY_ID", "AKIAREALREALREALREAL")
    monkeypatch.setenv("AWS_ENDPOINT_URL", "https://example.com")
    monkeypatch.setenv("AWS_CONFIG_FILE", "/nowhere/config")
    client = Api(api.server, "eu-west-1").client("ec2")
    assert client.meta.endpoint_url.startswith("http://127.0.0.1:")
    assert client._request_signer._credentials.access_key == "sandbox"
    assert client.describe_vpcs()["ResponseMetadata"]["HTTPStatusCode"] == 200


def test_a_broker_is_asked_for_in_the_api_s_capitals_and_answers_its_endpoint(
    small_plan: SmallPlan,
) -> None:
    created = small_plan.create(
        "aws:mq/broker:Broker",
        "broker",
        {
            "brokerName": "b",
            "engineType": "RabbitMQ",
            "engineVersion": "4.2",
            "hostInstanceType": "mq.m7g.large",
            "deploymentMode": "CLUSTER_MULTI_AZ",
            "storageType": "ebs",
            "authenticationStrategy": "simple",
            "publiclyAccessible": False,
            "autoMinorVersionUpgrade": True,
            "users": [{"username": "u", "password": "Correct0Horse1"}],
        },
    )
    (instance,) = created.outputs["instances"]
    assert instance["endpoints"][0].startswith("amqps://")
