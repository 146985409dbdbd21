"""What each role may do, and that no document says more."""

import json

import pytest

from rendering.applications.repository_lifecycle import keep_newest_images
from rendering.cluster.documents import (
    NODE_TRUST,
    cluster_arn,
    cluster_trust,
    secrets_key_use,
    volume_key_use,
)
from rendering.cluster.karpenter_documents import (
    controller_policy,
    event_patterns,
    interruption_queue_policy,
)
from rendering.cluster.kubeconfig import kubeconfig
from rendering.cluster.load_balancer_controller_documents import target_registration_policy
from rendering.edge.external_dns_documents import zone_records_policy
from rendering.identity.break_glass_documents import role_policy, session_log_policy
from rendering.identity.key_policies import data_key_policy, logs_key_policy, plain_key_policy
from rendering.identity.trail_documents import trail_arn
from rendering.network.flow_log_documents import flow_logs_policy, flow_logs_trust
from rendering.shared.bucket_documents import bucket_name, tls_only_policy
from rendering.shared.iam_documents import pod_trust, policy_document, statement

ACCOUNT, REGION, CLUSTER = "123456789012", "eu-west-1", "researchflow-prod"
KEY = f"arn:aws:kms:{REGION}:{ACCOUNT}:key/1234"
NODE_ROLE = f"arn:aws:iam::{ACCOUNT}:role/node"
QUEUE = f"arn:aws:sqs:{REGION}:{ACCOUNT}:interruptions"
TRAIL = trail_arn(REGION, ACCOUNT, CLUSTER)
LOG_GROUP = f"arn:aws:logs:{REGION}:{ACCOUNT}:log-group:/aws/vpc/flow"

KARPENTER = controller_policy(
    REGION, ACCOUNT, CLUSTER, node_role_arn=NODE_ROLE, queue_arn=QUEUE, spot=False
)
PERMISSIONS = {
    "flow logs": flow_logs_policy(LOG_GROUP),
    "control plane": secrets_key_use(KEY),
    "volumes": volume_key_use(KEY),
    "targets": target_registration_policy(REGION, ACCOUNT),
    "karpenter": KARPENTER,
    "external-dns": zone_records_policy("Z1", "a.example.com", ("origin.a.example.com",)),
    "session log": session_log_policy(LOG_GROUP, REGION, ACCOUNT),
    "break-glass": role_policy(
        region=REGION,
        account_id=ACCOUNT,
        prefix=CLUSTER,
        node_name=f"{CLUSTER}-system",
        session_document=f"{CLUSTER}-break-glass",
        secret_arn=f"arn:aws:secretsmanager:{REGION}:{ACCOUNT}:secret:database",
        data_key_arn=KEY,
    ),
}
READS = ("Describe", "Get", "List")


def statements(document):
    return json.loads(document)["Statement"]


def by_sid(document):
    return {entry["Sid"]: entry for entry in statements(document)}


@pytest.mark.parametrize("document", PERMISSIONS.values(), ids=PERMISSIONS)
def test_only_reads_are_allowed_on_everything(document):
    for entry in statements(document):
        assert "*" not in "".join(entry["Action"]), entry["Sid"]
        if entry["Resource"] == ["*"]:
            verbs = [action.split(":")[1] for action in entry["Action"]]
            assert all(verb.startswith(READS) for verb in verbs), entry["Sid"]


@pytest.mark.parametrize("document", PERMISSIONS.values(), ids=PERMISSIONS)
def test_statement_ids_are_unique_and_in_the_letters_iam_takes(document):
    sids = [entry["Sid"] for entry in statements(document)]
    assert len(set(sids)) == len(sids)
    assert all(sid.isalnum() and sid.isascii() for sid in sids)


def test_karpenters_policies_fit_what_a_role_can_hold():
    # IAM quotas: 10,240 characters of inline policies a role, white space not counted.
    assert len("".join((KARPENTER + volume_key_use(KEY)).split())) < 10_240


def test_the_same_statements_give_the_same_text():
    one = policy_document(statement("Read", ["s3:GetObject", "s3:GetBucketTagging"], ["b", "a"]))
    other = policy_document(statement("Read", ["s3:GetBucketTagging", "s3:GetObject"], ["a", "b"]))
    assert one == other


def test_a_pod_role_opens_to_one_service_account_of_one_cluster():
    (trust,) = statements(
        pod_trust(cluster_arn(REGION, ACCOUNT, CLUSTER), "researchflow", "worker")
    )
    assert trust["Principal"] == {"Service": "pods.eks.amazonaws.com"}
    assert trust["Action"] == ["sts:AssumeRole", "sts:TagSession"]
    assert trust["Condition"]["StringEquals"] == {
        "aws:RequestTag/eks-cluster-arn": f"arn:aws:eks:{REGION}:{ACCOUNT}:cluster/{CLUSTER}",
        "aws:RequestTag/kubernetes-namespace": "researchflow",
        "aws:RequestTag/kubernetes-service-account": "worker",
    }


@pytest.mark.parametrize(
    ("trust", "service"),
    [
        (cluster_trust(ACCOUNT), "eks.amazonaws.com"),
        (NODE_TRUST, "ec2.amazonaws.com"),
        (flow_logs_trust(ACCOUNT), "vpc-flow-logs.amazonaws.com"),
    ],
)
def test_a_service_role_opens_to_its_service_alone(trust, service):
    (entry,) = statements(trust)
    assert entry["Principal"] == {"Service": service}
    assert entry["Action"] == ["sts:AssumeRole"]


def test_a_service_assumes_a_role_for_this_account_alone_where_it_says_for_whom():
    for trust in (cluster_trust(ACCOUNT), flow_logs_trust(ACCOUNT)):
        (entry,) = statements(trust)
        assert entry["Condition"] == {"StringEquals": {"aws:SourceAccount": ACCOUNT}}
    # EC2 says nothing of the kind when a machine starts: the condition would keep all of them out.
    assert "Condition" not in statements(NODE_TRUST)[0]


def test_flow_logs_are_written_to_their_group_only():
    entry = by_sid(flow_logs_policy(LOG_GROUP))["WriteFlowLogs"]
    assert entry["Resource"] == [LOG_GROUP, f"{LOG_GROUP}:*"]


def test_the_load_balancer_controller_can_fill_target_groups_and_make_nothing():
    document = target_registration_policy(REGION, ACCOUNT)
    writes = [
        action
        for entry in statements(document)
        for action in entry["Action"]
        if not action.split(":")[1].startswith(READS)
    ]
    assert sorted(writes) == [
        "elasticloadbalancing:DeregisterTargets",
        "elasticloadbalancing:RegisterTargets",
    ]
    filled = by_sid(document)["FillTargetGroups"]["Resource"]
    assert filled == [f"arn:aws:elasticloadbalancing:{REGION}:{ACCOUNT}:targetgroup/*/*"]


def test_karpenter_stops_only_machines_of_this_clusters_pools():
    entry = by_sid(KARPENTER)["StopItsMachines"]
    assert entry["Condition"] == {
        "StringEquals": {f"aws:ResourceTag/kubernetes.io/cluster/{CLUSTER}": "owned"},
        "StringLike": {"aws:ResourceTag/karpenter.sh/nodepool": "*"},
    }


def test_karpenter_starts_only_machines_that_carry_the_clusters_tags():
    for sid in ("StartTagged", "TagWhatItCreates"):
        condition = by_sid(KARPENTER)[sid]["Condition"]
        assert condition["StringEquals"]["aws:RequestTag/eks:eks-cluster-name"] == CLUSTER
        assert condition["StringLike"] == {"aws:RequestTag/karpenter.sh/nodepool": "*"}
    created = by_sid(KARPENTER)["TagWhatItCreates"]["Condition"]["StringEquals"]["ec2:CreateAction"]
    assert created == ["CreateFleet", "CreateLaunchTemplate", "RunInstances"]


def test_karpenter_can_hand_over_the_node_role_and_no_other():
    passing = [entry for entry in statements(KARPENTER) if "iam:PassRole" in entry["Action"]]
    assert [entry["Resource"] for entry in passing] == [[NODE_ROLE]]
    assert passing[0]["Condition"] == {"StringEquals": {"iam:PassedToService": "ec2.amazonaws.com"}}


def test_karpenter_makes_no_instance_profiles():
    assert "InstanceProfile" not in "".join(
        action
        for entry in statements(KARPENTER)
        for action in entry["Action"]
        if not action.split(":")[1].startswith(READS)
    )


def test_only_our_rules_reach_the_interruption_queue_and_only_with_tls():
    rules = ["arn:aws:events:eu-west-1:123456789012:rule/b", "arn:…/a"]
    document = by_sid(interruption_queue_policy(QUEUE, rules))
    arrive = document["EventsArrive"]
    assert arrive["Principal"] == {"Service": "events.amazonaws.com"}
    assert arrive["Condition"]["ArnEquals"]["aws:SourceArn"] == sorted(rules)
    assert document["TlsOnly"]["Effect"] == "Deny"
    assert document["TlsOnly"]["Condition"] == {"Bool": {"aws:SecureTransport": "false"}}


def test_event_patterns_are_the_ones_karpenter_understands():
    patterns = [json.loads(pattern) for pattern in event_patterns(spot=True).values()]
    assert {(pattern["source"][0], pattern["detail-type"][0]) for pattern in patterns} == {
        ("aws.health", "AWS Health Event"),
        ("aws.ec2", "EC2 Instance State-change Notification"),
        ("aws.ec2", "EC2 Spot Instance Interruption Warning"),
        ("aws.ec2", "EC2 Instance Rebalance Recommendation"),
    }
    assert set(event_patterns(spot=False)) == {"health", "state"}


@pytest.mark.parametrize(
    "policy",
    [plain_key_policy(ACCOUNT), data_key_policy(ACCOUNT), logs_key_policy(ACCOUNT, REGION, TRAIL)],
    ids=["cluster", "data", "logs"],
)
def test_the_account_can_always_administer_a_key(policy):
    # KMS refuses nobody but the key's own policy: without this statement a key is lost for good.
    entry = by_sid(policy)["AccountAdministersThroughIam"]
    assert entry["Principal"] == {"AWS": f"arn:aws:iam::{ACCOUNT}:root"}
    assert (entry["Action"], entry["Resource"]) == ("kms:*", "*")


def test_the_data_key_lets_in_auto_scaling_and_nobody_else():
    others = [
        entry
        for entry in statements(data_key_policy(ACCOUNT))
        if entry["Sid"] != "AccountAdministersThroughIam"
    ]
    assert len(others) == 2
    for entry in others:
        assert entry["Condition"]["ArnEquals"]["aws:PrincipalArn"] == (
            f"arn:aws:iam::{ACCOUNT}:role/aws-service-role/autoscaling.amazonaws.com/"
            "AWSServiceRoleForAutoScaling"
        )
    grant = next(entry for entry in others if entry["Action"] == "kms:CreateGrant")
    assert grant["Condition"]["Bool"] == {"kms:GrantIsForAWSResource": "true"}


def test_the_logs_key_serves_log_groups_of_this_account_and_region():
    entry = by_sid(logs_key_policy(ACCOUNT, REGION, TRAIL))["CloudWatchLogs"]
    assert entry["Principal"] == {"Service": f"logs.{REGION}.amazonaws.com"}
    context = entry["Condition"]["ArnLike"]["kms:EncryptionContext:aws:logs:arn"]
    assert context == f"arn:aws:logs:{REGION}:{ACCOUNT}:log-group:*"


def test_volumes_are_handed_to_aws_only():
    entry = by_sid(volume_key_use(KEY))["HandVolumesToEc2"]
    assert "kms:CreateGrant" in entry["Action"]
    assert entry["Condition"] == {"Bool": {"kms:GrantIsForAWSResource": "true"}}


def test_a_bucket_refuses_requests_without_tls():
    (entry,) = statements(tls_only_policy("arn:aws:s3:::b"))
    assert (entry["Effect"], entry["Principal"]) == ("Deny", "*")
    assert entry["Resource"] == ["arn:aws:s3:::b", "arn:aws:s3:::b/*"]


def test_a_bucket_name_that_s3_would_refuse_is_refused_here():
    assert bucket_name("researchflow-prod", "artifacts", ACCOUNT, REGION) == (
        f"researchflow-prod-artifacts-{ACCOUNT}-eu-west-1"
    )
    with pytest.raises(ValueError, match="shorten the stack's name"):
        bucket_name("researchflow-abcdefghijklmnop", "artifacts", ACCOUNT, "eu-central-1")


def test_repositories_keep_the_newest_images():
    (rule,) = json.loads(keep_newest_images())["rules"]
    assert rule["selection"] == {
        "tagStatus": "any",
        "countType": "imageCountMoreThan",
        "countNumber": 50,
    }


def test_the_kubeconfig_gets_a_token_for_its_user_and_holds_no_secret():
    document = json.loads(kubeconfig(CLUSTER, REGION, "https://api", "Y2E="))
    (user,) = document["users"]
    assert set(user["user"]) == {"exec"}
    command = [user["user"]["exec"]["command"], *user["user"]["exec"]["args"]]
    assert " ".join(command) == (
        f"aws --region {REGION} eks get-token --cluster-name {CLUSTER} --output json"
    )
    (cluster,) = document["clusters"]
    assert cluster["cluster"] == {
        "server": "https://api",
        "certificate-authority-data": "Y2E=",
    }
    assert document["current-context"] == document["contexts"][0]["name"]


def test_the_log_key_admits_this_stacks_trail_alone():
    document = by_sid(logs_key_policy(ACCOUNT, REGION, TRAIL))
    for sid in ("TrailEncrypts", "TrailDescribesKey"):
        entry = document[sid]
        assert entry["Principal"] == {"Service": "cloudtrail.amazonaws.com"}
        assert entry["Condition"]["StringEquals"] == {"aws:SourceArn": TRAIL}
