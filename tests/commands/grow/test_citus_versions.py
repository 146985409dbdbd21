"""StackGres, PostgreSQL's minor and Citus are raised in the one order that works."""

from __future__ import annotations

import json

import pytest

from rf.grow.classify import GrowthStep, Kind, step_between
from rf.grow.runbook import RunbookStep, runbook_of
from rf.kubernetes.stackgres import SHARDED_CLUSTER
from rf.shared.plan_document import PlanDocument
from tests.commands.grow.growth_cases import RELEASE, plan, resource


def citus(operator: str, minor: str, extension: str | None = "14.0.0") -> PlanDocument:
    """A plan of operator and cluster in these versions; None where the plan names no Citus."""
    postgres: dict[str, object] = {"version": minor}
    if extension is not None:
        postgres["extensions"] = [{"name": "citus", "version": extension}]
    release = {"name": "stackgres-operator", "version": operator}
    return plan(
        resource(RELEASE, "citus-operator", release, protect=False),
        resource(SHARDED_CLUSTER, "citus-cluster", {"spec": {"postgres": postgres}}),
    )


def grown(before: PlanDocument, after: PlanDocument) -> tuple[GrowthStep, list[RunbookStep]]:
    step = step_between(before, after, names=("v1", "v2"))
    return step, list(runbook_of(step, "prod").steps)


def test_operator_then_security_upgrade_then_minor():
    step, steps = grown(citus("1.18.6", "16.13"), citus("1.19.0", "16.14"))
    assert step.safe
    assert [each.title.split(":")[0] for each in steps[:3]] == [
        "Citus, first the operator",
        "Citus, then the security upgrade",
        "Citus, last the minor version",
    ]


def test_the_minor_is_held_back_until_its_turn():
    _, (operator, security, minor, *_) = grown(citus("1.18.6", "16.13"), citus("1.19.0", "16.14"))
    hold = "pulumi config set --stack prod --path 'researchflow:citus.postgresVersion'"
    up = "pulumi up --stack prod"
    assert operator.commands[-2:] == (f"{hold} '16.13'", up)
    assert up not in security.commands
    assert minor.commands[:2] == (f"{hold} '16.14'", up)


def test_what_is_done_by_the_operator_is_an_object_that_it_takes():
    _, (_, security, minor, *_) = grown(citus("1.18.6", "16.13"), citus("1.19.0", "16.14"))
    operations = {}
    for each in (security, minor):
        (command,) = [line for line in each.commands if line.startswith("echo ")]
        made = json.loads(command.removeprefix("echo '").removesuffix("' | kubectl create -f -"))
        assert (made["apiVersion"], made["kind"]) == ("stackgres.io/v1", "SGShardedDbOps")
        assert made["metadata"]["namespace"] == made["spec"]["sgShardedCluster"] == "citus"
        operations[made["spec"]["op"]] = made["spec"][made["spec"]["op"]]
        assert each.commands[-1].startswith(
            f"kubectl -n citus wait sgshardeddbops/{made['metadata']['name']} "
        )
    # The operations that the CRD of 1.18 has; a minor is none of them.
    assert operations == {
        "securityUpgrade": {"method": "InPlace"},
        "restart": {"method": "InPlace", "onlyPendingRestart": True},
    }


def test_an_operator_alone_holds_nothing_back():
    _, steps = grown(citus("1.18.6", "16.13"), citus("1.18.7", "16.13"))
    assert [each.title for each in steps[:2]] == [
        "Citus, first the operator: StackGres 1.18.6 -> 1.18.7",
        "Citus, then the security upgrade: the servers get the new operator's images",
    ]
    assert not any("citus.postgresVersion" in line for each in steps for line in each.commands)


def test_a_minor_alone_is_deployed_and_taken_by_a_restart():
    step, steps = grown(citus("1.18.6", "16.12"), citus("1.18.6", "16.13"))
    assert step.safe
    assert step.changes[0].kind is Kind.RESTART
    assert steps[0].title == "Citus, last the minor version: PostgreSQL 16.12 -> 16.13"
    assert steps[0].windows


def test_naming_the_minor_that_runs_asks_for_it_first():
    step, steps = grown(citus("1.18.6", "16", None), citus("1.18.6", "16.13"))
    assert step.safe
    assert steps[0].title == "Citus: name the minor that runs already"
    assert steps[0].commands[0].endswith("-o jsonpath='{.spec.postgres.version}'")
    assert not any("SGShardedDbOps" in line for line in steps[0].commands)


def test_citus_own_tables_follow_its_library():
    _, steps = grown(citus("1.18.6", "16.13"), citus("1.18.6", "16.13", "14.1.0"))
    assert steps[0].title == "Citus' own tables: 14.0.0 -> 14.1.0"
    assert steps[0].commands[-1].endswith("CALL citus_finish_citus_upgrade()")


@pytest.mark.parametrize(
    ("before", "after", "what"),
    [
        (("1.16.3", "16.13"), ("1.19.0", "16.13"), "it takes 2 minor releases at once at most"),
        (("1.18.6", "16.13"), ("2.0.0", "16.13"), "it takes 2 minor releases at once at most"),
        (("1.18.6", "16.13"), ("1.18.5", "16.13"), "an older operator does not know"),
        (("1.18.6", "16.13"), ("1.18.6", "17.9"), "another major version is no operation"),
        (("1.18.6", "16.13"), ("1.19.0", "16.13", "14.1.0"), "is raised together with Citus"),
    ],
)
def test_a_step_that_the_operator_refuses_is_told(before, after, what):
    step, _ = grown(citus(*before), citus(*after))
    assert [finding for finding in step.findings if what in finding.what]


@pytest.mark.parametrize("after", ["1.18.7", "1.20.0"])
def test_two_minor_releases_at_once_are_fine(after):
    step, _ = grown(citus("1.18.6", "16.13"), citus(after, "16.13"))
    assert step.safe


def test_nothing_raised_adds_nothing():
    _, steps = grown(citus("1.18.6", "16.13"), citus("1.18.6", "16.13"))
    assert not [each for each in steps if each.title.startswith("Citus")]
