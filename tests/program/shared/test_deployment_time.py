"""What a first deployment waits for: the chain to a served user is no longer than it must be."""

from __future__ import annotations

import pulumi_aws as aws
import pytest
from pulumi import ResourceOptions

from benchmarks.deployment import OTHER_SECONDS, awaited_by, chain_to, scheduled
from researchflow_testing import build
from rf.shared.plan import RecordedPlan
from tests.configurations import BEFORE_CITUS

__all__ = ["build"]

INSTANCE = "aws:rds/instance:Instance"
JOB = "kubernetes:batch/v1:Job"
DEPLOYMENT = "kubernetes:apps/v1:Deployment"
RELEASE = "kubernetes:helm.sh/v3:Release"

BOOTSTRAP = (JOB, "database-bootstrap-job")
MIGRATION = (JOB, "database-migration-job")
TEMPORAL = (RELEASE, "temporal-release")
POOLER = (DEPLOYMENT, "pgbouncer-deployment")
API = (DEPLOYMENT, "orchestrator-workload-pods")


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


def test_a_schedule_is_as_long_as_its_chain_or_as_its_slots_make_it(build):
    def construct(opts):
        first = aws.cloudwatch.LogGroup("first", opts=opts)
        for name in ("b", "c", "d"):
            aws.cloudwatch.LogGroup(
                name, opts=ResourceOptions.merge(opts, ResourceOptions(depends_on=[first]))
            )

    plan = build(construct).plan
    chain = 2 * OTHER_SECONDS / 60
    assert scheduled(plan).minutes == scheduled(plan, 3).minutes == chain
    assert scheduled(plan, 2).minutes == 1.5 * chain
    assert scheduled(plan, 1).minutes == 2 * chain
    last = plan.named("aws:cloudwatch/logGroup:LogGroup", "d").urn
    names = [urn.rsplit("::", 1)[-1] for urn in chain_to(plan, scheduled(plan), last)]
    assert names[-2:] == ["first", "d"]
