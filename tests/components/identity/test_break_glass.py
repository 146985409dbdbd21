"""The way in when all others fail: narrow, logged, and nobody's by default."""

import json

import pulumi_aws as aws
import pytest

from components.identity.break_glass import BreakGlass, BreakGlassArgs
from tests.components.recorded_once import recorded_once
from tests.components.values import cluster_handle, keys, place

PERSON = "arn:aws:iam::123456789012:role/on-call"
SECRET = "arn:aws:secretsmanager:us-east-1:123456789012:secret:database-AbCdEf"
DATA_KEY = "arn:aws:kms:us-east-1:123456789012:key/data"
ROLE, POLICY = "aws:iam/role:Role", "aws:iam/rolePolicy:RolePolicy"


@pytest.fixture
def break_glass(build):
    @recorded_once
    def run(*principals):
        def construct(opts):
            ready = aws.eks.Addon(
                "names", cluster_name="researchflow-test", addon_name="coredns", opts=opts
            )
            return BreakGlass(
                "break-glass",
                BreakGlassArgs(
                    place=place(),
                    keys=keys(data_arn=DATA_KEY),
                    cluster=cluster_handle(ready),
                    principals=principals,
                    secret_arn=SECRET,
                ),
                opts,
            )

        return build(construct)

    return run


def trust_of(built):
    (entry,) = json.loads(built.inputs(ROLE, "break-glass-role")["assumeRolePolicy"])["Statement"]
    return entry


def permissions(built):
    document = json.loads(built.inputs(POLICY, "break-glass-role")["policy"])
    return {entry["Sid"]: entry for entry in document["Statement"]}


def test_unless_somebody_is_named_it_takes_a_second_factor(break_glass):
    entry = trust_of(break_glass())
    assert entry["Principal"] == {"AWS": "arn:aws:iam::123456789012:root"}
    assert entry["Condition"] == {"Bool": {"aws:MultiFactorAuthPresent": "true"}}


def test_those_named_may_assume_it_and_nobody_else(break_glass):
    entry = trust_of(break_glass(PERSON))
    assert entry["Principal"] == {"AWS": [PERSON]}
    assert "Condition" not in entry


def test_sessions_reach_this_stacks_system_nodes_by_two_documents(break_glass):
    found = permissions(break_glass())
    condition = found["EnterNodes"]["Condition"]
    assert condition["StringEquals"] == {"ssm:resourceTag/Name": "researchflow-test-system"}
    assert condition["BoolIfExists"] == {"ssm:SessionDocumentAccessCheck": "true"}
    assert found["ByTheseDocuments"]["Resource"] == [
        "arn:aws:ssm:us-east-1:123456789012:document/researchflow-test-break-glass",
        "arn:aws:ssm:us-east-1::document/AWS-StartPortForwardingSessionToRemoteHost",
    ]


def test_it_reads_one_password_and_changes_nothing_in_aws(break_glass):
    found = permissions(break_glass())
    assert found["ReadDatabasePassword"]["Resource"] == [SECRET]
    assert found["DecryptIt"]["Resource"] == [DATA_KEY]
    via = found["DecryptIt"]["Condition"]["StringEquals"]["kms:ViaService"]
    assert via == "secretsmanager.us-east-1.amazonaws.com"
    everything = [sid for sid, entry in found.items() if entry["Resource"] == ["*"]]
    assert everything == ["FindNodes"]
    actions = {action for entry in found.values() for action in entry["Action"]}
    assert actions == {
        "ec2:DescribeInstances",
        "eks:DescribeCluster",
        "kms:Decrypt",
        "rds:DescribeDBInstances",
        "secretsmanager:GetSecretValue",
        "ssm:ResumeSession",
        "ssm:StartSession",
        "ssm:TerminateSession",
    }


def test_a_shell_is_logged_encrypted_while_it_is_typed(break_glass):
    built = break_glass()
    document = built.inputs("aws:ssm/document:Document", "break-glass-shell")
    group = built.inputs("aws:cloudwatch/logGroup:LogGroup", "break-glass-sessions")
    inputs = json.loads(document["content"])["inputs"]
    assert document["documentType"] == "Session"
    assert inputs["cloudWatchLogGroupName"] == group["name"]
    assert inputs["cloudWatchEncryptionEnabled"] is inputs["cloudWatchStreamingEnabled"] is True
    assert group["kmsKeyId"].endswith("key/logs")
    assert built.inputs(POLICY, "break-glass-session-log")["role"] == "node"


def test_in_the_cluster_it_is_an_administrator_for_an_hour(break_glass):
    built = break_glass()
    role = built.named(ROLE, "break-glass-role")
    entry = built.inputs("aws:eks/accessEntry:AccessEntry", "break-glass-cluster")
    assert entry["principalArn"] == role.outputs["arn"]
    policy = built.inputs(
        "aws:eks/accessPolicyAssociation:AccessPolicyAssociation", "break-glass-cluster"
    )
    assert policy["policyArn"].endswith("/AmazonEKSClusterAdminPolicy")
    assert policy["accessScope"] == {"type": "cluster"}
    assert role.inputs["maxSessionDuration"] == 3600
