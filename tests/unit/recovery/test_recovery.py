"""What the loss of a region costs, and which recovery settings are refused."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from rendering.citus.postgres import postgres_config_spec
from scaleplan.cluster.machines import ResourceTotals
from scaleplan.model import load_plan
from scaleplan.recovery.objectives import misses_of, objectives_of
from scaleplan.recovery.steps import steps_of
from tests.stack_config import accepted, the_mistake

PLAN = load_plan()
EUROPEAN = {
    "region": "eu-west-1",
    "availabilityZones": ["eu-west-1a", "eu-west-1b", "eu-west-1c"],
    "cell": {"organizations": "EU"},
}


def prepared(mode="warm", size="large", *, sharded=True, **changes):
    """Settings of a stack with a recovery region."""
    sharding = {"stage": "serving", "freshInstall": True} if sharded else {}
    recovery = {"region": "us-east-2", "mode": mode, **changes}
    return accepted(size=size, sharding=sharding, disasterRecovery=recovery)


def rpo(settings):
    return {entry.key: entry.rpo_seconds for entry in objectives_of(settings, PLAN)}


def test_without_a_recovery_region_nothing_is_promised():
    assert (objectives_of(accepted(), PLAN), steps_of(accepted())) == ((), ())
    assert misses_of(accepted(), PLAN) == ()


def test_a_replica_loses_what_pages_somebody_and_backups_lose_two_intervals_of_the_log():
    assert rpo(prepared("warm"))["database"] == PLAN.observability.replica_lag_seconds.critical
    assert rpo(prepared("backup"))["database"] == 600


def test_jobs_lose_what_the_database_loses_that_holds_their_rows():
    serving, before = rpo(prepared()), rpo(prepared(sharded=False))
    assert serving["jobs"] == serving["tenant-data"] == 960
    assert before["jobs"] == before["database"]
    assert "tenant-data" not in before


def test_citus_archives_its_log_as_often_as_its_objective_says():
    pod = ResourceTotals(cpu_millicores=7000, memory_mib=57_344)
    spec = postgres_config_spec(pod, 500, 800)
    assert spec["postgresql.conf"]["archive_timeout"] == "60s"


@given(volume=st.integers(20, 16_384), minutes=st.integers(1, 1_440))
def test_a_site_is_back_after_all_of_its_steps_and_later_with_more_to_do(volume, minutes):
    few = accepted(
        size="large",
        sharding={"stage": "serving", "freshInstall": True},
        citus={"volumeGib": volume},
        disasterRecovery={"region": "us-east-2", "mode": "warm", "decisionMinutes": minutes},
    )
    whole = sum(step.seconds for step in steps_of(few))
    assert all(entry.rto_seconds >= whole for entry in objectives_of(few, PLAN))
    assert whole >= 60 * minutes + volume * 1024 / 170 - 1


def test_a_warm_site_is_back_sooner_than_one_that_must_be_built():
    warm, backup = (sum(s.seconds for s in steps_of(prepared(m))) for m in ("warm", "backup"))
    assert warm < backup


def test_a_measured_time_of_a_step_replaces_the_assumed_one_and_says_so():
    measured = {"load": {"assumptions": {"promoteSeconds": 420}}}
    recovery = {"region": "us-east-2", "mode": "warm"}
    before = {step.key: step for step in steps_of(accepted(disasterRecovery=recovery))}
    after = {step.key: step for step in steps_of(accepted(disasterRecovery=recovery, **measured))}
    assert after.keys() == before.keys()
    assert {key for key in after if after[key] != before[key]} == {"promote"}
    assert after["promote"].seconds == 420
    own = "the stack's or the load's own; the plan file has 600"
    assert after["promote"].source == f"load.assumptions.promoteSeconds: {own}"


def test_what_is_over_its_target_is_named_with_both_figures():
    assert misses_of(prepared(), PLAN) == ()
    missed = {
        m.key: (m.seconds, m.target_seconds) for m in misses_of(prepared(rpoMinutes=10), PLAN)
    }
    assert missed == {
        "tenant-data": (960, 600),
        "artifacts": (900, 600),
        "jobs": (960, 600),
    }
    (late,) = misses_of(prepared(rtoMinutes=30), PLAN)
    assert (late.key, late.target_seconds) == ("site", 1800)


@pytest.mark.parametrize(
    ("changes", "key", "allowed"),
    [
        ({"disasterRecovery": {"region": "us-east-1"}}, "disasterRecovery", "us-east-2"),
        ({"disasterRecovery": {"phase": "active"}}, "disasterRecovery.phase", "siteOf"),
        (
            {"disasterRecovery": {"siteOf": "prod", "mode": "backup"}},
            "disasterRecovery.phase",
            "built when it is needed",
        ),
        (
            {"disasterRecovery": {"siteOf": "prod", "region": "us-east-2"}},
            "disasterRecovery.siteOf",
            "no further",
        ),
        ({"disasterRecovery": {"siteOf": "test", "mode": "warm"}}, "disasterRecovery", "another"),
        (
            {"disasterRecovery": {"imageRulesAdopted": True}},
            "disasterRecovery.imageRulesAdopted",
            "recovery region",
        ),
        ({"disasterRecovery": {"region": "us-east-2"}} | EUROPEAN, "disasterRecovery", "European"),
        ({"disasterRecovery": {"region": "eu-west-2"}} | EUROPEAN, "disasterRecovery", "European"),
    ],
)
def test_a_recovery_site_that_cannot_be_is_refused(changes, key, allowed):
    mistake = the_mistake(**changes)
    assert mistake.key == f"researchflow:{key}"
    assert allowed in mistake.allowed


def test_european_data_may_be_copied_within_the_union():
    settings = accepted(disasterRecovery={"region": "eu-central-1"}, **EUROPEAN)
    assert settings.disaster_recovery.prepared
