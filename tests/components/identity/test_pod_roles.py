"""The roles of pods: they stand whether their pods do or not, and are the ones that stood."""

import json

import pytest

from components.identity.pod_roles import PodRoles, PodRolesArgs
from components.observability.observability import topic_names
from rendering.observability.prometheus_stack import ALERTMANAGER_ACCOUNT
from tests.components.applications.deployed import controller
from tests.components.recorded_once import recorded_once
from tests.components.values import cluster_handle, keys, place

ROLE = "aws:iam/role:Role"
POLICY = "aws:iam/rolePolicy:RolePolicy"
ASSOCIATION = "aws:eks/podIdentityAssociation:PodIdentityAssociation"
KEY = "arn:aws:kms:us-east-1:123456789012:key"
EARLIER = {
    "orchestrator-artifacts": "apps:Orchestrator",
    "worker-artifacts": "apps:Worker",
    "temporal-worker-artifacts": "apps:Temporal$researchflow:apps:WorkflowWorker",
    "citus-backups-coord": "data:Citus$researchflow:data:CitusBackups",
    "citus-backups-shard0": "data:Citus$researchflow:data:CitusBackups",
    "observability-stack-alertmanager": (
        "observability:Observability$researchflow:observability:PrometheusStack"
    ),
    "observability-exporters-cloudwatch": (
        "observability:Observability$researchflow:observability:Exporters"
    ),
}
"""The components that each role was in, as the addresses of those that stand name them."""


@pytest.fixture
def pod_roles(build):
    @recorded_once
    def run(*, workflows=True, groups=("coord", "shard0")):
        def construct(opts):
            args = PodRolesArgs(
                place=place(),
                keys=keys(),
                cluster=cluster_handle(controller(opts)),
                artifacts_bucket_arn="arn:aws:s3:::artifacts",
                workflows=workflows,
                sharding_stage="serving",
                citus_bucket_arn="arn:aws:s3:::backups",
                citus_groups=groups,
                topic_names=topic_names(),
            )
            return PodRoles("pod-roles", args, opts)

        return build(construct)

    return run


def reached(built, name):
    """What a role's one policy names, by its actions."""
    statements = json.loads(built.inputs(POLICY, name)["policy"])["Statement"]
    return {tuple(each["Action"]): each["Resource"] for each in statements}


def test_a_role_that_stands_in_another_layer_is_moved_and_not_made_again(pod_roles):
    built = pod_roles()
    assert {role.name for role in built.of_type(ROLE)} == EARLIER.keys()
    for role in built.of_type(ROLE):
        path = f"researchflow:{EARLIER[role.name]}$researchflow:security:PodRole${ROLE}"
        assert [alias.split("::")[2] for alias in role.aliases] == [path]
        assert role.aliases[0].endswith(f"::{role.name}")
    for kind in (POLICY, ASSOCIATION):
        assert all(len(each.aliases) == 1 for each in built.of_type(kind))


def test_a_stack_without_workflows_or_citus_lacks_their_roles(pod_roles):
    names = {role.name for role in pod_roles(workflows=False, groups=()).of_type(ROLE)}
    assert names == {name for name in EARLIER if not name.startswith(("temporal", "citus"))}


def test_pods_get_their_roles_when_the_cluster_is_ready_for_them(pod_roles):
    built = pod_roles()
    (ready,) = built.of_type("kubernetes:core/v1:ConfigMap")
    associations = built.of_type(ASSOCIATION)
    assert all(ready.urn in each.dependencies for each in associations)
    accounts = {(each.inputs["namespace"], each.inputs["serviceAccount"]) for each in associations}
    assert accounts == {
        ("researchflow", "orchestrator"),
        ("researchflow", "worker"),
        ("researchflow", "workflow-worker"),
        ("citus", "citus-coord-patroni"),
        ("citus", "citus-shard0-patroni"),
        ("monitoring", ALERTMANAGER_ACCOUNT),
        ("monitoring", "cloudwatch-exporter"),
    }


@pytest.mark.parametrize(
    ("role", "bucket"),
    [
        ("orchestrator-artifacts", "artifacts"),
        ("worker-artifacts", "artifacts"),
        ("temporal-worker-artifacts", "artifacts"),
        ("citus-backups-coord", "backups"),
        ("citus-backups-shard0", "backups"),
    ],
)
def test_pods_reach_their_bucket_with_its_key_and_nothing_else(pod_roles, role, bucket):
    policy = reached(pod_roles(), f"{role}-bucket")
    assert {arn for resources in policy.values() for arn in resources} == {
        f"arn:aws:s3:::{bucket}",
        f"arn:aws:s3:::{bucket}/*",
        f"{KEY}/data",
    }
    assert not any("s3:DeleteObjectVersion" in actions for actions in policy)


def test_alertmanager_may_publish_to_the_topics_and_nothing_else(pod_roles):
    topics = "arn:aws:sns:us-east-1:123456789012:researchflow-test"
    assert reached(pod_roles(), "observability-stack-alertmanager-topics") == {
        ("sns:Publish",): sorted(f"{topics}-{name}" for name in ("pages", "tickets", "heartbeat")),
        ("kms:Decrypt", "kms:GenerateDataKey"): [f"{KEY}/logs"],
    }


def test_cloudwatch_is_read_by_a_role_that_reads_metrics_and_tags(pod_roles):
    (actions,) = reached(pod_roles(), "observability-exporters-cloudwatch-metrics")
    assert set(actions) == {
        "cloudwatch:GetMetricData",
        "cloudwatch:ListMetrics",
        "tag:GetResources",
    }
