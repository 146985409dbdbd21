"""What a first deployment waits for: the chain to a served user is no longer than it must be."""

from __future__ import annotations

import re

import pulumi_aws as aws
import pytest
from pulumi import ResourceOptions

from benchmarks.deployment import awaited_by, chain_to, forced_by_aws, scheduled
from researchflow_testing import build
from rf.shared.cards.creation import SECONDS
from rf.shared.plan import RecordedPlan
from rf.shared.project import PROJECT_ROOT
from tests.configurations import BEFORE_CITUS

__all__ = ["build"]

INSTANCE = "aws:rds/instance:Instance"
JOB = "kubernetes:batch/v1:Job"
DEPLOYMENT = "kubernetes:apps/v1:Deployment"
RELEASE = "kubernetes:helm.sh/v3:Release"
ADDON = "aws:eks/addon:Addon"

BOOTSTRAP = (JOB, "database-bootstrap-job")
MIGRATION = (JOB, "database-migration-job")
TEMPORAL = (RELEASE, "temporal-release")
POOLER = (DEPLOYMENT, "pgbouncer-deployment")
API = (DEPLOYMENT, "orchestrator-workload-pods")

WORKFLOW = PROJECT_ROOT / ".github" / "workflows" / "deploy-stack.yml"


def slots_of_the_workflow() -> int:
    """How many operations at once a deployment from GitHub takes."""
    (slots,) = re.findall(r"pulumi up .*--parallel (\d+)", WORKFLOW.read_text(encoding="utf-8"))
    return int(slots)


def replicas_awaited_by(plan: RecordedPlan, token: str, name: str) -> list[str]:
    awaited = awaited_by(plan, plan.named(token, name).urn)
    return [each.name for each in plan.of_type(INSTANCE) if each.urn in awaited][1:]


@pytest.mark.parametrize("waits", [BOOTSTRAP, MIGRATION, TEMPORAL, POOLER, API])
def test_nothing_on_the_way_to_users_waits_for_the_replicas(planned, waits):
    """Half of a first deployment's time; on Citus nobody reads from them before they are there."""
    assert replicas_awaited_by(planned("prod"), *waits) == []


def test_where_reads_go_to_the_replicas_the_pooler_waits_for_them_and_no_job_does(planned):
    plan = planned("prod", size="medium", overrides=BEFORE_CITUS)
    assert replicas_awaited_by(plan, *POOLER) == ["database-replica-b", "database-replica-c"]
    for waits in (BOOTSTRAP, MIGRATION):
        assert replicas_awaited_by(plan, *waits) == []


def test_the_jobs_are_done_before_a_replica_is_there(planned):
    plan = planned("prod")
    ends = scheduled(plan).ends
    first_replica = min(ends[each.urn] for each in plan.of_type(INSTANCE) if "replica" in each.name)
    for waits in (BOOTSTRAP, MIGRATION, TEMPORAL, API):
        assert ends[plan.named(*waits).urn] < first_replica


def test_a_first_deployment_takes_hardly_longer_than_the_chain_that_aws_forces(planned):
    plan = planned("prod")
    shortest = scheduled(forced_by_aws(plan)).minutes
    assert shortest <= scheduled(plan, slots_of_the_workflow()).minutes <= 1.05 * shortest


def test_machines_for_databases_wait_for_the_network_and_not_for_names(planned):
    plan = planned("prod")
    awaited = awaited_by(plan, plan.named("aws:eks/nodeGroup:NodeGroup", "citus-nodes-a").urn)
    addons = {each.inputs["addonName"] for each in plan.of_type(ADDON) if each.urn in awaited}
    assert addons == {"eks-pod-identity-agent", "kube-proxy", "vpc-cni"}


def test_aws_forces_an_order_only_where_one_thing_is_named_in_another(build):
    def construct(opts):
        topic = aws.sns.Topic("topic", opts=opts)
        after = ResourceOptions.merge(opts, ResourceOptions(depends_on=[topic]))
        aws.sns.TopicSubscription(
            "named", topic=topic.arn, protocol="sqs", endpoint="arn:aws:sqs:::q", opts=opts
        )
        aws.cloudwatch.LogGroup("chosen", opts=after)

    forced = {
        each.name: each.dependencies for each in forced_by_aws(build(construct).plan).resources
    }
    topic = forced["named"]
    assert len(topic) == 1
    assert topic[0].endswith("::topic")
    assert forced["chosen"] == forced["topic"] == ()


def test_a_schedule_is_as_long_as_its_chain_or_as_its_slots_make_it(build):
    def construct(opts):
        first = aws.cloudwatch.LogGroup("first", opts=opts)
        for name in ("b", "c", "d"):
            aws.cloudwatch.LogGroup(
                name, opts=ResourceOptions.merge(opts, ResourceOptions(depends_on=[first]))
            )

    plan = build(construct).plan
    each = SECONDS.minutes_of({})
    assert scheduled(plan).minutes == scheduled(plan, 3).minutes == pytest.approx(2 * each)
    assert scheduled(plan, 2).minutes == pytest.approx(3 * each)
    assert scheduled(plan, 1).minutes == pytest.approx(4 * each)
    last = plan.named("aws:cloudwatch/logGroup:LogGroup", "d").urn
    names = [urn.rsplit("::", 1)[-1] for urn in chain_to(plan, scheduled(plan), last)]
    assert names[-2:] == ["first", "d"]
